"""`watchfloor audit`: the audit log."""

import asyncio

import click

from watchfloor.audit.verify import verify_command
from watchfloor.kernel.config import Settings, load_settings
from watchfloor.ops.terminal import tell
from watchfloor.ops.up import storage


@click.group()
def audit() -> None:
    """Look after the audit log."""


@audit.command()
@click.option("--tenant", metavar="SLUG", help="Only this tenant's chain.")
def verify(*, tenant: str | None) -> None:
    """Recompute every hash and hold the chains against their signed heads; ends with code 1 if one was changed."""
    asyncio.run(_verify(load_settings(), tenant))


async def _verify(settings: Settings, tenant: str | None) -> None:
    async with storage(settings, tell=tell):
        lines = await verify_command(settings, tenant=tenant)
    for line in lines:
        click.echo(line)
