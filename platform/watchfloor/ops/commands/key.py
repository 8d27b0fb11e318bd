"""`watchfloor key create`: an API key for a person, made by who runs this machine.

It is how the first person of an installation gets in. Whoever can run it reads the installation's secrets anyway; the
audit entry says that the operator made the key, not the person.
"""

import asyncio
import getpass
from pathlib import Path

import click

from watchfloor.access.api_keys.check import KEY_ENVIRONMENT
from watchfloor.access.api_keys.issue import IssuedKey, create_key
from watchfloor.access.people import principal_with_email
from watchfloor.access.roles import Permission
from watchfloor.audit.append import Actor
from watchfloor.kernel.config import Settings, load_settings
from watchfloor.kernel.db import Database, Role, directory_tx, tenant_tx
from watchfloor.kernel.keyfile import create_private
from watchfloor.tenancy.directory import find_tenant

_DAYS = 90


@click.group()
def key() -> None:
    """Make API keys for people."""


@key.command()
@click.argument("email")
@click.option("--tenant", required=True, metavar="SLUG", help="The tenant; `operator` for staff, for all they reach.")
@click.option("--file", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Where to put the key.")
@click.option("--name", default="command line", show_default=True, help="What the key is called.")
@click.option("--days", default=_DAYS, show_default=True, help="How long it lives, 365 at most.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([str(permission) for permission in Permission]),
    help="What it may do; may be repeated. Without it, all that the person may do in the tenant.",
)
def create(*, email: str, tenant: str, file: Path, name: str, days: int, scopes: tuple[str, ...]) -> None:
    """Make a key for the person with the address EMAIL, who is a member of the tenant.

    The key goes into a file that only you can read; `watchfloor console --key-file` and API clients take it from there.
    """
    wanted = [Permission(scope) for scope in scopes]
    issued = asyncio.run(_create(load_settings(), email, tenant=tenant, name=name, days=days, scopes=wanted))
    create_private(file, f"{issued.text.reveal()}\n".encode())
    click.echo(f"key {issued.id} is in {file}, good until {issued.expires_at:%Y-%m-%d}")


async def _create(
    settings: Settings, email: str, *, tenant: str, name: str, days: int, scopes: list[Permission]
) -> IssuedKey:
    actor = Actor(kind="system", id=f"operator:{getpass.getuser()}"[:64], role="operator", request_id="-")
    database = await Database.open(settings, Role.AUTH, connections=1)
    try:
        async with directory_tx(database) as tx:
            tenant_id = await find_tenant(tx, tenant)
            person = await principal_with_email(tx, email)
        async with tenant_tx(database, tenant_id) as tx:
            return await create_key(
                tx,
                actor,
                principal=person,
                environment=KEY_ENVIRONMENT[settings.environment],
                name=name,
                scopes=scopes or person.permissions_in(tenant_id),
                days=days,
            )
    finally:
        await database.close()
