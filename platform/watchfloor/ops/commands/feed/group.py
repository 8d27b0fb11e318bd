"""The group `watchfloor feed`. Each of its commands is imported when it is called."""

from typing import Final

import click

from watchfloor.ops.commands.late import LateGroup

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


@click.group(cls=LateGroup, package=__package__, modules=_COMMANDS)
def feed() -> None:
    """Connect senders, and see how well each feed is."""
