"""`watchfloor up`: everything, until Ctrl-C."""

import asyncio

import click

from watchfloor.kernel.config import Settings, load_settings
from watchfloor.ops.terminal import tell
from watchfloor.ops.termination import until_told_to_stop
from watchfloor.ops.up import running


@click.command(short_help="Run everything here, until Ctrl-C.")
def up() -> None:
    """Run everything here: PostgreSQL, Valkey (or yours, by DATABASE_URL and VALKEY_URL) and all programs."""
    asyncio.run(until_told_to_stop(_stay_up(load_settings())))


async def _stay_up(settings: Settings) -> None:
    async with running(settings, tell=tell):
        click.echo(f"Watchfloor is up: {settings.public_url} (Ctrl-C stops it)")
        await asyncio.Event().wait()
