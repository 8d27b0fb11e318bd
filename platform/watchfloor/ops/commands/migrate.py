"""`watchfloor migrate`: the database as this program needs it."""

import asyncio

import click

from watchfloor.kernel.config import Settings, load_settings
from watchfloor.ops.terminal import tell
from watchfloor.ops.up import prepare, storage


@click.command(short_help="Bring the database to this program's schema.")
def migrate() -> None:
    """Make the roles and secrets that are missing, and apply the migrations that are.

    DATABASE_URL, where it is set, must be a login that may create roles.
    """
    asyncio.run(_migrate(load_settings()))


async def _migrate(settings: Settings) -> None:
    async with storage(settings, tell=tell):
        applied = await prepare(settings)
    for name in applied:
        click.echo(f"applied {name}")
    click.echo("the schema is up to date")
