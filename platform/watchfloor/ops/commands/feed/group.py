"""The group `watchfloor feed`. Each of its commands is imported when it is called."""

from importlib import import_module
from typing import Final

import click

_COMMANDS: Final = {
    "add": "credentials",
    "alarms": "listing",
    "clients": "listing",
    "list": "listing",
    "pause": "states",
    "remove": "states",
    "resume": "states",
    "rotate": "credentials",
    "show": "listing",
    "test": "trial",
}


class FeedCommands(click.Group):
    """Commands by name, loaded late: the function `feed_<name>` of the module named beside it."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the interface's
        """All commands' names."""
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - the interface's
        """The command `cmd_name`; None if there is none."""
        module = _COMMANDS.get(cmd_name)
        if module is None:
            return None
        found: object = getattr(import_module(f"watchfloor.ops.commands.feed.{module}"), f"feed_{cmd_name}")
        if not isinstance(found, click.Command):
            raise TypeError(f"{found!r} is not a command")
        return found


@click.group(cls=FeedCommands)
def feed() -> None:
    """Connect senders, and see how well each feed is."""
