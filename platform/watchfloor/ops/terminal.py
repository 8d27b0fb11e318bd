"""Words to the person at the terminal, who may have left."""

import contextlib

import click

from watchfloor.kernel.characters import visible


def tell(line: str) -> None:
    """Print a line on standard error, with nothing in it that a terminal would act on.

    Dropped if nobody reads any more: what we do must not end because somebody closed a window.
    """
    with contextlib.suppress(OSError):
        click.echo(visible(line, newline=" "), err=True)
