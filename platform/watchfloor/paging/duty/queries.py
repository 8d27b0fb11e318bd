"""SQL of the rota, its overrides and the watches, in the operator's own tenant."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import DirectoryTx, TenantTx
from watchfloor.paging.rota import LayerName

SELECT_OPERATOR: Final[LiteralString] = """
select id
  from auth.tenants
 where kind = 'operator'
   and state = 'active'
"""

SELECT_NOW: Final[LiteralString] = "select now()"

SELECT_ROTA: Final[LiteralString] = """
select document::text
  from wf.oncall_rotas
 where tenant_id = $1
 order by version desc
 limit 1
"""

INSERT_ROTA: Final[LiteralString] = """
insert into wf.oncall_rotas (tenant_id, version, document, set_by)
select $1,
       coalesce((select version from wf.oncall_rotas where tenant_id = $1 order by version desc limit 1), 0) + 1,
       $2::jsonb,
       $3
"""

SELECT_OVERRIDES: Final[LiteralString] = """
select layer,
       person_id,
       starts_at,
       ends_at,
       made_at
  from wf.oncall_overrides
 where tenant_id = $1
   and ends_at > now()
 order by ends_at,
          id
 limit 1000
"""

INSERT_OVERRIDE: Final[LiteralString] = """
insert into wf.oncall_overrides (tenant_id, id, layer, person_id, starts_at, ends_at, reason, made_by)
values ($1, $2, $3, $4, now(), now() + make_interval(secs => $5), $6, $7)
returning ends_at
"""

INSERT_WATCH: Final[LiteralString] = """
insert into wf.watches (tenant_id, id, lead_id, handover)
values ($1, $2, $3, $4)
"""

SELECT_WATCH: Final[LiteralString] = """
select lead_id,
       handover,
       began_at
  from wf.watches
 where tenant_id = $1
 order by began_at desc
 limit 1
"""

SELECT_STAFF: Final[LiteralString] = """
select p.id,
       lower(p.email) as email,
       bool_or(m.role = 'lead') as leads
  from auth.memberships m
  join auth.people p
    on p.id = m.person_id
 where m.tenant_id = $1
   and m.role in ('analyst', 'lead', 'content_engineer', 'platform_admin')
   and (m.expires_at is null or m.expires_at > now())
   and p.state = 'active'
 group by p.id,
          p.email
 order by p.email
"""


class OverrideRow(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who stands in."""

    layer: LayerName
    person_id: UUID
    starts_at: datetime
    ends_at: datetime
    made_at: datetime


class StaffRow(msgspec.Struct, frozen=True, kw_only=True):
    """One of the MSSP's people; `leads` for who has the role of a lead."""

    id: UUID
    email: str
    leads: bool


class WatchRow(msgspec.Struct, frozen=True, kw_only=True):
    """Who leads the watch, since when, and the code of what was handed over."""

    lead_id: UUID
    handover: str
    began_at: datetime


async def select_operator(tx: DirectoryTx) -> UUID | None:
    """The operator's own tenant."""
    return await tx.value(UUID, SELECT_OPERATOR)


async def select_now(tx: TenantTx) -> datetime:
    """The database's time."""
    found = await tx.value(datetime, SELECT_NOW)
    if found is None:
        raise AssertionError("now() is never null")
    return found


async def select_rota(tx: TenantTx) -> str | None:
    """The rota that holds, as JSON."""
    return await tx.value(str, SELECT_ROTA, tx.tenant_id)


async def insert_rota(tx: TenantTx, document: str, *, set_by: str) -> None:
    """Adds a rota, which holds from now on."""
    await tx.execute(INSERT_ROTA, tx.tenant_id, document, set_by)


async def select_overrides(tx: TenantTx) -> list[OverrideRow]:
    """The overrides that are not over."""
    return await tx.rows(OverrideRow, SELECT_OVERRIDES, tx.tenant_id)


async def insert_override(
    tx: TenantTx,
    override_id: UUID,
    *,
    layer: str,
    person_id: UUID,
    seconds: float,
    reason: bytes,
    made_by: str,
) -> datetime:
    """Adds an override from now on; returns when it ends."""
    arguments = (override_id, layer, person_id, seconds, reason, made_by)
    ends_at = await tx.value(datetime, INSERT_OVERRIDE, tx.tenant_id, *arguments)
    if ends_at is None:
        raise AssertionError("an insert returns its row")
    return ends_at


async def insert_watch(tx: TenantTx, watch_id: UUID, *, lead_id: UUID, handover: str) -> None:
    """Begins a watch."""
    await tx.execute(INSERT_WATCH, tx.tenant_id, watch_id, lead_id, handover)


async def select_watch(tx: TenantTx) -> WatchRow | None:
    """The watch that is on."""
    return await tx.row(WatchRow, SELECT_WATCH, tx.tenant_id)


async def select_staff(tx: DirectoryTx, tenant_id: UUID) -> Sequence[StaffRow]:
    """The MSSP's people, by their addresses. As wf_auth."""
    return await tx.rows(StaffRow, SELECT_STAFF, tenant_id)
