"""What the commands on tenants work with: the database as two roles, the keys, the settings, who acts, and the time."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import msgspec

from tenants import queries
from tenants.queries import TenantRow
from watchfloor.alerts.overlay.catalogue import Catalogue
from watchfloor.audit.append import Actor
from watchfloor.kernel.clock import Clock
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, Role, directory_tx
from watchfloor.kernel.errors import NotFound
from watchfloor.ops.rulesets.installed import catalogue
from watchfloor.tenancy.keyring import Keyring


class Installation(msgspec.Struct, frozen=True, kw_only=True):
    """An open installation. `app` writes tenants' records, `auth` the directory."""

    settings: Settings
    app: Database
    auth: Database
    keyring: Keyring
    clock: Clock
    actor: Actor
    rules: Catalogue


@asynccontextmanager
async def open_installation(settings: Settings, *, clock: Clock, request_id: str) -> AsyncGenerator[Installation]:
    """The installation, open inside this block. What is done in it is audited under `request_id`.

    The actor is the system: who runs a command on the server has no identity that Watchfloor could check.
    """
    app = await Database.open(settings, Role.APP, connections=2)
    try:
        auth = await Database.open(settings, Role.AUTH, connections=2)
        try:
            yield Installation(
                settings=settings,
                app=app,
                auth=auth,
                keyring=Keyring.open(settings),
                clock=clock,
                actor=Actor(kind="system", id="watchfloor tenant", role="operator", request_id=request_id),
                rules=catalogue(settings),
            )
        finally:
            await auth.close()
    finally:
        await app.close()


async def find_tenant(installation: Installation, slug: str) -> TenantRow:
    """The tenant with this slug. Raises NotFound."""
    async with directory_tx(installation.auth) as tx:
        row = await queries.select_tenant(tx, slug)
    if row is None:
        raise NotFound("There is no tenant with this slug.", where=slug)
    return row
