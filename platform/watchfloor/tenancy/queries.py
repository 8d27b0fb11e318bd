"""SQL of a tenant's keys, and the list of tenants that workers go through."""

from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import DirectoryTx, TenantTx

SELECT_KEYS: Final[LiteralString] = """
select version,
       wrapped
  from wf.tenant_keys
 where tenant_id = $1
 order by version
"""

INSERT_KEY: Final[LiteralString] = """
insert into wf.tenant_keys (tenant_id, version, wrapped)
values ($1, $2, $3)
on conflict do nothing
"""

SELECT_ACTIVE_TENANTS: Final[LiteralString] = """
select id
  from auth.tenants
 where state = 'active'
 order by id
"""

SELECT_TENANT_WITH_SLUG: Final[LiteralString] = """
select id
  from auth.tenants
 where slug = $1
   and state <> 'offboarded'
"""


class KeyRow(msgspec.Struct, frozen=True, kw_only=True):
    """A data key as the database keeps it: sealed by the tenant's key."""

    version: int
    wrapped: bytes


async def select_keys(tx: TenantTx) -> list[KeyRow]:
    """All data keys of the tenant, oldest first."""
    return await tx.rows(KeyRow, SELECT_KEYS, tx.tenant_id)


async def insert_key(tx: TenantTx, *, version: int, wrapped: bytes) -> None:
    """Adds a data key."""
    await tx.execute(INSERT_KEY, tx.tenant_id, version, wrapped)


async def select_active_tenants(tx: DirectoryTx) -> list[UUID]:
    """The tenants that work is done for."""
    return await tx.values(UUID, SELECT_ACTIVE_TENANTS)


async def select_tenant_with_slug(tx: DirectoryTx, slug: str) -> UUID | None:
    """The tenant of this name, as wf_auth."""
    return await tx.value(UUID, SELECT_TENANT_WITH_SLUG, slug)
