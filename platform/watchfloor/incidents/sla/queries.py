"""SQL of the service agreement: what was agreed, the log that clocks see, and the clocks as they are kept.

The columns of stages and clocks stand in the order of the fields of `Stages` and `Clock`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, LiteralString
from uuid import UUID

import msgspec

from watchfloor.alerts.alert import Severity
from watchfloor.incidents.sla.agreement import TargetName
from watchfloor.incidents.sla.clock import Clock, Stages
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Unavailable

Point = Literal["risk", "breach"]
"""What is told of a clock: three quarters are used up, the deadline has passed."""

SELECT_AGREED: Final[LiteralString] = """
select (bundle -> 'sla')::text as sla,
       time_zone,
       extract(year from now())::integer as year
  from wf.tenants
 where tenant_id = $1
"""

INSERT_AGREEMENT: Final[LiteralString] = """
insert into wf.sla_agreements (tenant_id, version, body)
values ($1, $2, $3::jsonb)
on conflict (tenant_id, version) do nothing
"""

SELECT_AGREEMENT: Final[LiteralString] = """
select body::text
  from wf.sla_agreements
 where tenant_id = $1
   and version = (select agreement
                    from wf.incident_stages
                   where tenant_id = $1
                     and incident_id = $2)
"""

SELECT_LOG: Final[LiteralString] = """
select id,
       at,
       kind,
       body
  from wf.incident_timeline
 where tenant_id = $1
   and incident_id = $2
   and kind = any($3::text[])
 order by at,
          id
"""

UPSERT_STAGES: Final[LiteralString] = """
insert into wf.incident_stages (
  tenant_id, incident_id, agreement, severity, alerted_at, acknowledged_at, decided_at, contained_at, resolved_at,
  waiting_since, snoozed_until)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict (tenant_id, incident_id) do update
   set severity = excluded.severity,
       alerted_at = excluded.alerted_at,
       acknowledged_at = excluded.acknowledged_at,
       decided_at = excluded.decided_at,
       contained_at = excluded.contained_at,
       resolved_at = excluded.resolved_at,
       waiting_since = excluded.waiting_since,
       snoozed_until = excluded.snoozed_until
"""

UPSERT_CLOCK: Final[LiteralString] = """
insert into wf.incident_sla (
  tenant_id, incident_id, target, severity, allowed, started_at, measured_at, elapsed, paused, paused_since, warns_at,
  deadline, met_at, breached_at, ended_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
on conflict (tenant_id, incident_id, target) do update
   set severity = excluded.severity,
       allowed = excluded.allowed,
       started_at = excluded.started_at,
       measured_at = excluded.measured_at,
       elapsed = excluded.elapsed,
       paused = excluded.paused,
       paused_since = excluded.paused_since,
       warns_at = excluded.warns_at,
       deadline = excluded.deadline,
       met_at = excluded.met_at,
       breached_at = excluded.breached_at,
       ended_at = excluded.ended_at
"""

SELECT_STAGES: Final[LiteralString] = """
select severity,
       alerted_at,
       acknowledged_at,
       decided_at,
       contained_at,
       resolved_at,
       waiting_since,
       snoozed_until
  from wf.incident_stages
 where tenant_id = $1
   and incident_id = $2
"""

SELECT_CLOCKS: Final[LiteralString] = """
select target,
       severity,
       allowed,
       started_at,
       measured_at,
       elapsed,
       paused,
       paused_since,
       warns_at,
       deadline,
       met_at,
       breached_at,
       ended_at
  from wf.incident_sla
 where tenant_id = $1
   and incident_id = $2
 order by target
"""

SELECT_MOMENT_AFTER: Final[LiteralString] = "select now() + $1::interval"

SELECT_BEGINNINGS: Final[LiteralString] = """
select i.first_event_at as event_at,
       (select min(a.created_at)
          from wf.alerts a
         where a.tenant_id = $1
           and a.incident_id = i.id) as detected_at
  from wf.incidents i
 where i.tenant_id = $1
   and i.id = $2
"""

SELECT_INCIDENTS: Final[LiteralString] = """
select id,
       number
  from wf.incidents
 where tenant_id = $1
   and id > $2
 order by id
 limit $3
"""

SELECT_DUE: Final[LiteralString] = """
select s.incident_id,
       s.target,
       s.severity,
       case when s.deadline < now() then 'breach' else 'risk' end as point,
       case when s.deadline < now() then s.deadline else s.warns_at end as due_at,
       s.deadline,
       i.number,
       i.title,
       t.code
  from wf.incident_sla s
  join wf.incidents i
    on i.tenant_id = $1
   and i.id = s.incident_id
  join wf.tenants t
    on t.tenant_id = $1
 where s.tenant_id = $1
   and s.met_at is null
   and s.ended_at is null
   and s.warns_at <= now()
   and not exists (
         select
           from wf.sla_warnings w
          where w.tenant_id = $1
            and w.incident_id = s.incident_id
            and w.target = s.target
            and w.point = case when s.deadline < now() then 'breach' else 'risk' end)
 order by s.warns_at
 limit $2
"""

INSERT_WARNING: Final[LiteralString] = """
insert into wf.sla_warnings (tenant_id, incident_id, target, point, due_at)
values ($1, $2, $3, $4, $5)
on conflict (tenant_id, incident_id, target, point) do nothing
"""

SELECT_SNOOZE_OVER: Final[LiteralString] = """
select incident_id
  from wf.incident_stages
 where tenant_id = $1
   and snoozed_until <= now()
 order by snoozed_until
 limit $2
"""


class AgreedRow(msgspec.Struct, frozen=True, kw_only=True):
    """What the tenant's bundle says now; `sla` is JSON. `year` is the database's."""

    sla: str | None
    time_zone: str
    year: int


class LogRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the timeline, sealed."""

    id: UUID
    at: datetime
    kind: str
    body: bytes


class BeginningsRow(msgspec.Struct, frozen=True, kw_only=True):
    """When it happened, and when a rule first saw it."""

    event_at: datetime
    detected_at: datetime | None


class NumberRow(msgspec.Struct, frozen=True, kw_only=True):
    """An incident by its number."""

    id: UUID
    number: int


class DueRow(msgspec.Struct, frozen=True, kw_only=True):
    """A clock that has reached a point of which nobody was told yet."""

    incident_id: UUID
    target: TargetName
    severity: Severity
    point: Point
    due_at: datetime
    deadline: datetime | None
    number: int
    title: str
    code: str


async def select_due(tx: TenantTx, *, limit: int) -> list[DueRow]:
    """What is to be told now, the longest due first. Of a clock that is past its deadline, that alone."""
    return await tx.rows(DueRow, SELECT_DUE, tx.tenant_id, limit)


async def insert_warning(tx: TenantTx, due: DueRow) -> bool:
    """Writes down that it is told. False when it was told before."""
    return await tx.execute(INSERT_WARNING, tx.tenant_id, due.incident_id, due.target, due.point, due.due_at) == 1


async def select_snooze_over(tx: TenantTx, *, limit: int) -> list[UUID]:
    """The incidents whose snooze is over."""
    return await tx.values(UUID, SELECT_SNOOZE_OVER, tx.tenant_id, limit)


async def select_agreed(tx: TenantTx) -> AgreedRow | None:
    """What is agreed with the tenant now."""
    return await tx.row(AgreedRow, SELECT_AGREED, tx.tenant_id)


async def insert_agreement(tx: TenantTx, *, version: str, body: str) -> None:
    """Keeps an agreement, once."""
    await tx.execute(INSERT_AGREEMENT, tx.tenant_id, version, body)


async def select_agreement(tx: TenantTx, incident_id: UUID) -> str | None:
    """The agreement by which the incident is measured."""
    return await tx.value(str, SELECT_AGREEMENT, tx.tenant_id, incident_id)


async def select_log(tx: TenantTx, incident_id: UUID, *, kinds: Sequence[str]) -> list[LogRow]:
    """The lines of these kinds, in the order in which they were written."""
    return await tx.rows(LogRow, SELECT_LOG, tx.tenant_id, incident_id, kinds)


async def upsert_stages(tx: TenantTx, incident_id: UUID, stages: Stages, *, agreement: str) -> None:
    """Keeps how far an incident is. The agreement is that of the first time."""
    await tx.execute(UPSERT_STAGES, tx.tenant_id, incident_id, agreement, *msgspec.structs.astuple(stages))


async def upsert_clocks(tx: TenantTx, incident_id: UUID, clocks: Sequence[Clock]) -> None:
    """Keeps the clocks of an incident."""
    rows = [(tx.tenant_id, incident_id, *msgspec.structs.astuple(clock)) for clock in clocks]
    await tx.execute_many(UPSERT_CLOCK, rows)


async def select_stages(tx: TenantTx, incident_id: UUID) -> Stages | None:
    """How far an incident is, as it is kept."""
    return await tx.row(Stages, SELECT_STAGES, tx.tenant_id, incident_id)


async def select_clocks(tx: TenantTx, incident_id: UUID) -> list[Clock]:
    """The clocks of an incident, as they are kept."""
    return await tx.rows(Clock, SELECT_CLOCKS, tx.tenant_id, incident_id)


async def select_moment_after(tx: TenantTx, length: timedelta) -> datetime:
    """The instant so long after now, as the database's clock has it."""
    found = await tx.value(datetime, SELECT_MOMENT_AFTER, length)
    if found is None:
        raise Unavailable("The database has no time.")
    return found


async def select_beginnings(tx: TenantTx, incident_id: UUID) -> BeginningsRow | None:
    """What came before the incident was opened."""
    return await tx.row(BeginningsRow, SELECT_BEGINNINGS, tx.tenant_id, incident_id)


async def select_incidents(tx: TenantTx, *, after: UUID, limit: int) -> list[NumberRow]:
    """Incidents in the order of their ids, from behind `after` on."""
    return await tx.rows(NumberRow, SELECT_INCIDENTS, tx.tenant_id, after, limit)
