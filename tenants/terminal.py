"""The terminal of `watchfloor tenant`: the installation, open for one command, and lines that are safe to print."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager

import click

from tenants.installation import Installation, open_installation
from watchfloor.kernel.characters import visible
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.config import load_settings
from watchfloor.kernel.ids import new_uuid
from watchfloor.ops.up import storage


def run(work: Coroutine[object, object, None]) -> None:
    """Does a command's work."""
    asyncio.run(work)


@asynccontextmanager
async def opened_installation() -> AsyncGenerator[Installation]:
    """The installation on this machine; its database is started for the moment if it is not running."""
    settings = load_settings()
    async with (
        storage(settings, tell=progress),
        open_installation(settings, clock=SystemClock(), request_id=str(new_uuid())) as opened,
    ):
        yield opened


def progress(line: str) -> None:
    """Tells on standard error how far the work is."""
    click.echo(visible(line, newline="\n"), err=True)


def say(line: str) -> None:
    """Prints a line of the answer."""
    click.echo(visible(line, newline="\n"))
