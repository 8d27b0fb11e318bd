"""The group `watchfloor connector`. Each of its commands is imported when it is called."""

from typing import Final

import click

from watchfloor.ops.commands.late import LateGroup

_COMMANDS: Final = {
    "add": "changing",
    "backfill": "changing",
    "kinds": "known",
    "list": "listing",
    "pause": "changing",
    "policy": "known",
    "resume": "changing",
    "rotate": "trying",
    "set": "changing",
    "show": "listing",
    "test": "trying",
    "tiers": "known",
}


@click.group(cls=LateGroup, package=__package__, modules=_COMMANDS)
def connector() -> None:
    """Fetch logs from vendors: AWS, Microsoft 365, Entra, Okta, GitHub, Google."""
