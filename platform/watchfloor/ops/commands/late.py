"""A group of commands that are imported when they are called, so that a help page costs no start-up."""

from collections.abc import Mapping
from importlib import import_module

import click


class LateGroup(click.Group):
    """Commands by name: the function `<group>_<name>` of the module named beside it, next to the group's own."""

    def __init__(self, *, package: str, modules: Mapping[str, str], **attributes: object) -> None:
        super().__init__(**attributes)  # type: ignore[arg-type]  # click's own, passed through
        self._package = package
        self._modules = modules

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the interface's
        """All commands' names."""
        return sorted(self._modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - the interface's
        """The command `cmd_name`; None if there is none."""
        module = self._modules.get(cmd_name)
        if module is None:
            return None
        found: object = getattr(import_module(f"{self._package}.{module}"), f"{self.name}_{cmd_name}")
        if not isinstance(found, click.Command):
            raise TypeError(f"{found!r} is not a command")
        return found
