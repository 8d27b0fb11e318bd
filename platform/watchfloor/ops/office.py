"""A customer's records, opened for one command of the operator's, in one transaction.

The audit entries of the tenant say that the operator did it, by the name of the machine's account.
"""

import getpass
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import msgspec

from watchfloor.audit.append import Actor
from watchfloor.kernel.config import Settings, load_settings
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import Database, Role, TenantTx, directory_tx, tenant_tx
from watchfloor.ops.terminal import tell
from watchfloor.ops.up import storage
from watchfloor.tenancy.directory import find_tenant
from watchfloor.tenancy.keyring import Keyring


class Office(msgspec.Struct, frozen=True, kw_only=True):
    """What a command works with."""

    settings: Settings
    tx: TenantTx
    cipher: TenantCipher
    actor: Actor


@asynccontextmanager
async def office_of(slug: str) -> AsyncGenerator[Office]:
    """The records of the tenant with that short name. Raises NotFound, and Unavailable when no database answers."""
    settings = load_settings()
    actor = Actor(kind="system", id=f"operator:{getpass.getuser()}"[:64], role="operator", request_id="-")
    async with storage(settings, tell=tell):
        directory = await Database.open(settings, Role.AUTH, connections=1)
        records = await Database.open(settings, Role.APP, connections=1)
        try:
            async with directory_tx(directory) as tx:
                tenant_id = await find_tenant(tx, slug)
            async with tenant_tx(records, tenant_id) as tx:
                cipher = await Keyring.open(settings).cipher(tx)
                yield Office(settings=settings, tx=tx, cipher=cipher, actor=actor)
        finally:
            await records.close()
            await directory.close()
