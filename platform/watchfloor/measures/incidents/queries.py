"""SQL of the incidents of a period: when each stage was reached, and what is still open."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.alerts.alert import Severity
from watchfloor.incidents.incident import State, VerdictKind
from watchfloor.incidents.sla.agreement import TargetName
from watchfloor.kernel.db import TenantTx

SELECT_INCIDENTS: Final[LiteralString] = """
select i.id,
       i.number,
       i.title,
       i.severity,
       i.state,
       i.verdict,
       i.verdict_reason,
       i.first_event_at,
       i.opened_at,
       i.resolved_at,
       (select min(a.created_at)
          from wf.alerts a
         where a.tenant_id = $1
           and a.incident_id = i.id) as alerted_at,
       (select count(*) > 0
          from wf.incident_circles c
         where c.tenant_id = $1
           and c.incident_id = i.id) as is_restricted
  from wf.incidents i
 where i.tenant_id = $1
   and i.opened_at >= $2
   and i.opened_at < $3
   and i.merged_into is null
 order by i.opened_at,
          i.id
"""

SELECT_OPEN: Final[LiteralString] = """
select i.id,
       i.number,
       i.title,
       i.severity,
       i.opened_at,
       i.resolved_at,
       (select s.waiting_since
          from wf.incident_stages s
         where s.tenant_id = $1
           and s.incident_id = i.id) as waiting_since,
       (select r.deadline
          from wf.incident_sla r
         where r.tenant_id = $1
           and r.incident_id = i.id
           and r.target = 'resolve') as deadline,
       (select count(*) > 0
          from wf.incident_circles c
         where c.tenant_id = $1
           and c.incident_id = i.id) as is_restricted
  from wf.incidents i
 where i.tenant_id = $1
   and i.opened_at < $2
   and i.merged_into is null
   and (i.resolved_at is null
        or i.resolved_at >= $2)
 order by i.opened_at,
          i.id
"""

SELECT_STEPS: Final[LiteralString] = """
select incident_id,
       kind,
       at,
       actor_kind = 'person' as is_person
  from wf.incident_timeline
 where tenant_id = $1
   and incident_id = any($2::uuid[])
   and kind = any($3::text[])
 order by at,
          id
"""

SELECT_REPORTED: Final[LiteralString] = """
select incident_id,
       min(ready_at) as at
  from wf.reports
 where tenant_id = $1
   and kind = 'incident'
   and state = 'ready'
   and incident_id = any($2::uuid[])
 group by incident_id
"""

SELECT_ASKED: Final[LiteralString] = """
select incident_id,
       min(requested_at) as at
  from wf.actions
 where tenant_id = $1
   and decision = 'customer'
   and incident_id = any($2::uuid[])
 group by incident_id
"""

SELECT_CODE: Final[LiteralString] = """
select code
  from wf.tenants
 where tenant_id = $1
"""

SELECT_CLOCKS: Final[LiteralString] = """
select incident_id,
       target,
       met_at is not null as is_met,
       breached_at is not null or met_at is null and deadline < now() as is_missed
  from wf.incident_sla
 where tenant_id = $1
   and incident_id = any($2::uuid[])
"""


class IncidentRow(msgspec.Struct, frozen=True, kw_only=True):
    """An incident. `alerted_at` is when its first alert was raised, `verdict_reason` is sealed."""

    id: UUID
    number: int
    title: str
    severity: Severity
    state: State
    verdict: VerdictKind | None
    verdict_reason: bytes | None
    first_event_at: datetime
    opened_at: datetime
    resolved_at: datetime | None
    alerted_at: datetime | None
    is_restricted: bool


class OpenRow(msgspec.Struct, frozen=True, kw_only=True):
    """An incident that was not resolved at an instant. `waiting_since` and `deadline` are as of now."""

    id: UUID
    number: int
    title: str
    severity: Severity
    opened_at: datetime
    resolved_at: datetime | None
    waiting_since: datetime | None
    deadline: datetime | None
    is_restricted: bool


class StepRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a timeline, without what it says."""

    incident_id: UUID
    kind: str
    at: datetime
    is_person: bool


class ToldRow(msgspec.Struct, frozen=True, kw_only=True):
    """When the customer was first told of an incident in one of the ways that leave a record."""

    incident_id: UUID
    at: datetime


class ClockRow(msgspec.Struct, frozen=True, kw_only=True):
    """How a target of an incident stands. One that was missed may have been met since."""

    incident_id: UUID
    target: TargetName
    is_met: bool
    is_missed: bool | None


async def select_incidents(tx: TenantTx, *, begin: datetime, end: datetime) -> list[IncidentRow]:
    """The incidents that were opened from an instant until before another, without those that joined another one."""
    return await tx.rows(IncidentRow, SELECT_INCIDENTS, tx.tenant_id, begin, end)


async def select_open(tx: TenantTx, *, at: datetime) -> list[OpenRow]:
    """The incidents that were open at an instant: not resolved before it, nor part of another one."""
    return await tx.rows(OpenRow, SELECT_OPEN, tx.tenant_id, at)


async def select_steps(tx: TenantTx, incidents: Sequence[UUID], *, kinds: Sequence[str]) -> list[StepRow]:
    """The lines of these kinds in the timelines of incidents, in the order in which they were written."""
    return await tx.rows(StepRow, SELECT_STEPS, tx.tenant_id, incidents, kinds)


async def select_reported(tx: TenantTx, incidents: Sequence[UUID]) -> list[ToldRow]:
    """Of which of the incidents there is a report, and since when."""
    return await tx.rows(ToldRow, SELECT_REPORTED, tx.tenant_id, incidents)


async def select_asked(tx: TenantTx, incidents: Sequence[UUID]) -> list[ToldRow]:
    """In which of the incidents the customer was asked to approve an action, and since when."""
    return await tx.rows(ToldRow, SELECT_ASKED, tx.tenant_id, incidents)


async def select_code(tx: TenantTx) -> str:
    """The tenant's code, which references begin with."""
    return await tx.value(str, SELECT_CODE, tx.tenant_id) or ""


async def select_clocks(tx: TenantTx, incidents: Sequence[UUID]) -> list[ClockRow]:
    """The targets of incidents."""
    return await tx.rows(ClockRow, SELECT_CLOCKS, tx.tenant_id, incidents)
