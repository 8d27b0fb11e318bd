"""`watchfloor migrate`: the database as this program needs it."""

import asyncio

import click

from watchfloor.kernel.config import Settings, load_settings
from watchfloor.kernel.errors import Invalid
from watchfloor.ops.up import prepare


@click.command()
def migrate() -> None:
    """Make roles and secrets where they are missing and apply the migrations that are.

    Needs DATABASE_URL with a login that may create roles; `watchfloor up` does the same for its own server.
    """
    settings = load_settings()
    if settings.database_url is None:
        raise Invalid(
            "There is no database server to migrate.",
            where="DATABASE_URL",
            remedy="Set it, or run `watchfloor up`, which migrates its own server when it starts.",
        )
    asyncio.run(_migrate(settings))


async def _migrate(settings: Settings) -> None:
    applied = await prepare(settings)
    for name in applied:
        click.echo(f"applied {name}")
    click.echo("the schema is up to date")
