"""A tenant's feeds, open for one command: its databases, and who acts.

Who runs commands on this machine reads the installation's secrets anyway; the audit entries say that the operator did
it.
"""

import getpass
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import msgspec

from watchfloor.audit.append import Actor
from watchfloor.feeds.enrolment.trial import Workshop
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.config import load_settings
from watchfloor.kernel.db import Database, Role, directory_tx
from watchfloor.kernel.ids import TenantId
from watchfloor.ops.terminal import tell
from watchfloor.ops.up import storage
from watchfloor.tenancy.directory import find_tenant
from watchfloor.tenancy.keyring import Keyring


class Office(msgspec.Struct, frozen=True, kw_only=True):
    """What a command works with."""

    shop: Workshop
    tenant_id: TenantId
    actor: Actor


@asynccontextmanager
async def open_office(slug: str) -> AsyncGenerator[Office]:
    """Opens the tenant with this short name. Raises NotFound when there is none."""
    settings = load_settings()
    actor = Actor(kind="system", id=f"operator:{getpass.getuser()}"[:64], role="operator", request_id="-")
    async with storage(settings, tell=tell):
        app = await Database.open(settings, Role.APP, connections=2)
        try:
            auth = await Database.open(settings, Role.AUTH, connections=2)
            try:
                async with directory_tx(auth) as tx:
                    tenant_id = await find_tenant(tx, slug)
                keyring, clock = Keyring.open(settings), SystemClock()
                shop = Workshop(settings=settings, app=app, auth=auth, keyring=keyring, clock=clock)
                yield Office(shop=shop, tenant_id=tenant_id, actor=actor)
            finally:
                await auth.close()
        finally:
            await app.close()
