"""SQL of who acted: privileged acts, days of access by the provider, grants; and the operator's rotas over a period."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx
from watchfloor.paging.rota import LayerName

SELECT_ACTS: Final[LiteralString] = """
select seq,
       actor_kind,
       actor_id
  from wf.audit_entries
 where tenant_id = $1
   and at >= $2
   and at < $3
   and as_role = any($4::text[])
   and action <> 'access.refused'
 order by seq
"""

SELECT_ACCESS: Final[LiteralString] = """
select actor_kind,
       actor_id,
       (at at time zone $4)::date as day,
       array_agg(distinct as_role) as roles,
       max(at) as last_at,
       bool_or(object_kind = any($6::text[])) as has_reason
  from wf.audit_entries
 where tenant_id = $1
   and at >= $2
   and at < $3
   and actor_kind in ('person', 'api_key')
   and as_role = any($5::text[])
   and action <> 'access.refused'
 group by actor_kind,
          actor_id,
          day
 order by actor_id,
          day
"""

SELECT_GRANTS: Final[LiteralString] = """
select object_id,
       action,
       at,
       actor_kind,
       actor_id,
       after_hash
  from wf.audit_entries
 where tenant_id = $1
   and object_kind = $2
   and action = $3
 order by object_id,
          seq
"""

SELECT_ROTAS: Final[LiteralString] = """
select set_at,
       document::text as document
  from wf.oncall_rotas
 where tenant_id = $1
   and version > 0
   and set_at < $2
 order by version
"""

SELECT_OVERRIDES: Final[LiteralString] = """
select layer,
       person_id,
       starts_at,
       ends_at,
       made_at
  from wf.oncall_overrides
 where tenant_id = $1
   and ends_at > $2
   and starts_at < $3
 order by starts_at,
          id
"""


class ActRow(msgspec.Struct, frozen=True, kw_only=True):
    """Something done under a privileged role."""

    seq: int
    actor_kind: str
    actor_id: str


class AccessRow(msgspec.Struct, frozen=True, kw_only=True):
    """A day on which one of the provider's people, or a key of theirs, acted in the tenant."""

    actor_kind: str
    actor_id: str
    day: date
    roles: list[str]
    last_at: datetime
    has_reason: bool


class GrantRow(msgspec.Struct, frozen=True, kw_only=True):
    """A membership that was given, or a key that was made."""

    object_id: str
    action: str
    at: datetime
    actor_kind: str
    actor_id: str
    after_hash: bytes | None


class RotaRow(msgspec.Struct, frozen=True, kw_only=True):
    """A rota as JSON, and since when it holds."""

    set_at: datetime
    document: str


class OverrideRow(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who stands in."""

    layer: LayerName
    person_id: UUID
    starts_at: datetime
    ends_at: datetime
    made_at: datetime


async def select_acts(tx: TenantTx, *, begin: datetime, until: datetime, roles: Sequence[str]) -> list[ActRow]:
    """What was done under these roles."""
    return await tx.rows(ActRow, SELECT_ACTS, tx.tenant_id, begin, until, roles)


async def select_access(
    tx: TenantTx, *, begin: datetime, until: datetime, zone: str, roles: Sequence[str], reasons: Sequence[str]
) -> list[AccessRow]:
    """The days of access under these roles; an entry about one of the kinds `reasons` gives the reason."""
    return await tx.rows(AccessRow, SELECT_ACCESS, tx.tenant_id, begin, until, zone, roles, reasons)


async def select_grants(tx: TenantTx) -> list[GrantRow]:
    """Memberships that were given and keys that were made, ever."""
    given = await tx.rows(GrantRow, SELECT_GRANTS, tx.tenant_id, "membership", "member.added")
    return given + await tx.rows(GrantRow, SELECT_GRANTS, tx.tenant_id, "api_key", "key.created")


async def select_rotas(tx: TenantTx, *, until: datetime) -> list[RotaRow]:
    """The rotas that were set before an instant, in the operator's tenant."""
    return await tx.rows(RotaRow, SELECT_ROTAS, tx.tenant_id, until)


async def select_overrides(tx: TenantTx, *, begin: datetime, until: datetime) -> list[OverrideRow]:
    """The overrides that touch a period, in the operator's tenant."""
    return await tx.rows(OverrideRow, SELECT_OVERRIDES, tx.tenant_id, begin, until)
