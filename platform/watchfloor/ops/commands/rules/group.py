"""The group `watchfloor rules`. Each of its commands is imported when it is called."""

from typing import Final

import click

from watchfloor.ops.commands.late import LateGroup

_COMMANDS: Final = {
    "compile": "compiling",
    "coverage": "coverage",
    "disable": "overlay",
    "enable": "overlay",
    "except": "overlay",
    "explain": "explain",
    "fill": "overlay",
    "health": "health",
    "import": "imports",
    "level": "overlay",
    "lint": "lint",
    "list": "overlay",
    "test": "samples",
}


@click.group(cls=LateGroup, package=__package__, modules=_COMMANDS)
def rules() -> None:
    """Check, test, import, explain and tune detection rules."""
