"""SQL of API keys."""

from datetime import datetime, timedelta
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.access.roles import TenantKind
from watchfloor.kernel.db import DirectoryTx, TenantTx

INSERT_KEY: Final[LiteralString] = """
insert into auth.api_keys (id, tenant_id, name, secret_hash, scopes, created_by, expires_at, replaces)
values ($1, $2, $3, $4, $5, $6, now() + $7, $8)
returning expires_at
"""

SELECT_PRESENTED_KEY: Final[LiteralString] = """
select k.id,
       k.tenant_id,
       t.kind as tenant_kind,
       k.secret_hash,
       k.scopes,
       k.created_by,
       k.revoked_at is null and k.expires_at > now() as is_valid,
       coalesce(k.last_used_at < now() - interval '1 minute', true) as is_stale
  from auth.api_keys k
  join auth.tenants t on t.id = k.tenant_id
 where k.id = $1
"""

SELECT_KEYS: Final[LiteralString] = """
select id,
       name,
       scopes,
       created_by,
       created_at,
       expires_at,
       last_used_at,
       revoked_at,
       replaces
  from auth.api_keys
 where tenant_id = $1
   and ($2::uuid is null or created_by = $2)
   and id > $3
 order by id
 limit $4
"""

SELECT_KEY: Final[LiteralString] = """
select id,
       name,
       scopes,
       created_by,
       created_at,
       expires_at,
       last_used_at,
       revoked_at,
       replaces
  from auth.api_keys
 where tenant_id = $1
   and id = $2
   for update
"""

SELECT_KEY_TENANT: Final[LiteralString] = "select tenant_id from auth.api_keys where id = $1"

SELECT_IS_REPLACED: Final[LiteralString] = """
select exists (
  select
    from auth.api_keys
   where tenant_id = $1
     and replaces = $2)
"""

TOUCH_KEY: Final[LiteralString] = """
update auth.api_keys
   set last_used_at = now()
 where id = $1
"""

REVOKE_KEY: Final[LiteralString] = """
update auth.api_keys
   set revoked_at = now()
 where tenant_id = $1
   and id = $2
   and revoked_at is null
"""

SHORTEN_KEY: Final[LiteralString] = """
update auth.api_keys
   set expires_at = least(expires_at, now() + $3)
 where tenant_id = $1
   and id = $2
"""


class PresentedKeyRow(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored of a key that somebody presents. `is_stale`: its last use was noted over a minute ago."""

    id: str
    tenant_id: UUID
    tenant_kind: TenantKind
    secret_hash: bytes
    scopes: list[str]
    created_by: UUID
    is_valid: bool
    is_stale: bool


class KeyRow(msgspec.Struct, frozen=True, kw_only=True):
    """A key as its tenant sees it: all but the secret."""

    id: str
    name: str
    scopes: list[str]
    created_by: UUID
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    replaces: str | None


async def insert_key(
    tx: TenantTx,
    *,
    key_id: str,
    name: str,
    secret_hash: bytes,
    scopes: list[str],
    created_by: UUID,
    lifetime: timedelta,
    replaces: str | None,
) -> datetime:
    """Adds a key and returns when it expires."""
    expires = await tx.values(
        datetime, INSERT_KEY, key_id, tx.tenant_id, name, secret_hash, scopes, created_by, lifetime, replaces
    )
    return expires[0]


async def select_presented_key(tx: DirectoryTx, key_id: str) -> PresentedKeyRow | None:
    """What is stored of the key with this public id, at whatever tenant: the key says which tenant it is for."""
    return await tx.row(PresentedKeyRow, SELECT_PRESENTED_KEY, key_id)


async def select_keys(tx: TenantTx, *, created_by: UUID | None, after: str, limit: int) -> list[KeyRow]:
    """The tenant's keys, or those that one person made, in the order of their ids, beginning behind `after`."""
    return await tx.rows(KeyRow, SELECT_KEYS, tx.tenant_id, created_by, after, limit)


async def select_key(tx: TenantTx, key_id: str) -> KeyRow | None:
    """One key of the tenant, locked."""
    return await tx.row(KeyRow, SELECT_KEY, tx.tenant_id, key_id)


async def select_key_tenant(tx: DirectoryTx, key_id: str) -> UUID | None:
    """The tenant whose key this is, for the platform's staff who were told that it leaked."""
    return await tx.value(UUID, SELECT_KEY_TENANT, key_id)


async def select_is_replaced(tx: TenantTx, key_id: str) -> bool:
    """Whether the key has a successor."""
    return bool(await tx.value(bool, SELECT_IS_REPLACED, tx.tenant_id, key_id))


async def touch_key(tx: DirectoryTx, key_id: str) -> None:
    """Notes that the key is in use."""
    await tx.execute(TOUCH_KEY, key_id)


async def revoke_key(tx: TenantTx, key_id: str) -> bool:
    """Revokes a key. False when it was revoked already."""
    return bool(await tx.execute(REVOKE_KEY, tx.tenant_id, key_id))


async def shorten_key(tx: TenantTx, key_id: str, *, overlap: timedelta) -> None:
    """Lets a key expire after `overlap`, unless it expires sooner anyway."""
    await tx.execute(SHORTEN_KEY, tx.tenant_id, key_id, overlap)
