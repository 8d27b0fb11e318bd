"""SQL of a handover: what one customer's record says about a shift."""

from datetime import datetime, timedelta
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx

SELECT_OPEN: Final[LiteralString] = """
select i.id,
       i.number,
       i.title,
       i.severity,
       i.state,
       i.assignee_id,
       s.waiting_since,
       s.snoozed_until,
       (select min(c.deadline)
          from wf.incident_sla c
         where c.tenant_id = $1
           and c.incident_id = i.id
           and c.met_at is null
           and c.ended_at is null) as deadline,
       exists (
         select
           from wf.incident_sla c
          where c.tenant_id = $1
            and c.incident_id = i.id
            and c.met_at is null
            and c.ended_at is null
            and c.warns_at <= now()) as is_at_risk
  from wf.incidents i
  left join lateral (
         select g.waiting_since,
                g.snoozed_until
           from wf.incident_stages g
          where g.tenant_id = $1
            and g.incident_id = i.id
          limit 1) s
    on true
 where i.tenant_id = $1
   and i.state = any(array['new', 'acknowledged', 'contained'])
 order by array_position(array['critical', 'high', 'medium', 'low', 'informational'], i.severity),
          i.opened_at,
          i.id
 limit $2
"""

COUNT_SHIFT: Final[LiteralString] = """
select (select count(*)
          from wf.incidents o
         where o.tenant_id = $1
           and o.opened_at > now() - $2::interval) as opened,
       (select count(*)
          from wf.incident_timeline t
         where t.tenant_id = $1
           and t.at > now() - $2::interval
           and t.kind = 'acknowledged') as acknowledged,
       (select count(*)
          from wf.incident_timeline t
         where t.tenant_id = $1
           and t.at > now() - $2::interval
           and t.kind = 'resolved') as resolved
"""

SELECT_SILENT: Final[LiteralString] = """
select f.name,
       a.since
  from wf.feed_alarms a
  join wf.feeds f
    on f.tenant_id = a.tenant_id
   and f.id = a.feed_id
 where a.tenant_id = $1
   and a.cleared_at is null
   and a.kind = 'silent'
 order by a.since,
          f.name
 limit $2
"""

COUNT_PROPOSED: Final[LiteralString] = """
select count(*)
  from wf.actions
 where tenant_id = $1
   and state = 'proposed'
   and expires_at > now()
"""

SELECT_CODE: Final[LiteralString] = """
select code
  from wf.tenants
 where tenant_id = $1
"""

INSERT_HANDOVER: Final[LiteralString] = """
insert into wf.handovers (tenant_id, digest, body, made_by)
values ($1, $2, $3, $4)
on conflict (tenant_id, digest) do nothing
"""

SELECT_HANDOVER: Final[LiteralString] = """
select body
  from wf.handovers
 where tenant_id = $1
   and digest = $2
"""


class OpenRow(msgspec.Struct, frozen=True, kw_only=True):
    """An open incident, as the next shift must know it."""

    id: UUID
    number: int
    title: str
    severity: str
    state: str
    assignee_id: UUID | None
    waiting_since: datetime | None
    snoozed_until: datetime | None
    deadline: datetime | None
    is_at_risk: bool


class ShiftRow(msgspec.Struct, frozen=True, kw_only=True):
    """What happened in the shift."""

    opened: int = 0
    acknowledged: int = 0
    resolved: int = 0


class SilentRow(msgspec.Struct, frozen=True, kw_only=True):
    """A feed that brings nothing, and since when."""

    name: str
    since: datetime


async def select_open(tx: TenantTx, *, limit: int) -> list[OpenRow]:
    """The open incidents, the most severe first."""
    return await tx.rows(OpenRow, SELECT_OPEN, tx.tenant_id, limit)


async def count_shift(tx: TenantTx, *, length: timedelta) -> ShiftRow:
    """What happened within that time."""
    return await tx.row(ShiftRow, COUNT_SHIFT, tx.tenant_id, length) or ShiftRow()


async def select_silent(tx: TenantTx, *, limit: int) -> list[SilentRow]:
    """The feeds that are silent."""
    return await tx.rows(SilentRow, SELECT_SILENT, tx.tenant_id, limit)


async def count_proposed(tx: TenantTx) -> int:
    """How many actions wait for somebody's decision."""
    return await tx.value(int, COUNT_PROPOSED, tx.tenant_id) or 0


async def select_code(tx: TenantTx) -> str:
    """The tenant's short name."""
    return await tx.value(str, SELECT_CODE, tx.tenant_id) or "?"


async def insert_handover(tx: TenantTx, digest: bytes, body: bytes, *, made_by: str) -> None:
    """Keeps what was said, unless the same was kept before."""
    await tx.execute(INSERT_HANDOVER, tx.tenant_id, digest, body, made_by)


async def select_handover(tx: TenantTx, digest: bytes) -> bytes | None:
    """What was said, sealed."""
    return await tx.value(bytes, SELECT_HANDOVER, tx.tenant_id, digest)
