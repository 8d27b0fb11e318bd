"""SQL of work on alerts and incidents over a period: days, clocks, records."""

from datetime import date, datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx

SELECT_WORKED_DAYS: Final[LiteralString] = """
select distinct (at at time zone $4)::date as day
  from wf.incident_timeline
 where tenant_id = $1
   and at >= $2
   and at < $3
   and actor_kind = 'person'
 order by 1
"""

SELECT_HANDOVER_DAYS: Final[LiteralString] = """
select distinct (made_at at time zone $4)::date as day
  from wf.handovers
 where tenant_id = $1
   and made_at >= $2
   and made_at < $3
   and made_by like 'per\\_%'
 order by 1
"""

SELECT_FIRST_RECORD: Final[LiteralString] = """
select at
  from wf.audit_entries
 where tenant_id = $1
   and seq = 1
"""

SELECT_ALERTS: Final[LiteralString] = """
select a.id,
       a.severity,
       a.created_at,
       s.acknowledged_at,
       c.allowed is not null as has_clock,
       c.ended_at is not null as is_ended,
       c.met_at is not null as is_met,
       c.breached_at is not null or c.met_at is null and c.deadline < $4 as is_missed
  from wf.alerts a
  left join wf.incident_stages s
    on s.tenant_id = $1
   and s.incident_id = a.incident_id
  left join wf.incident_sla c
    on c.tenant_id = $1
   and c.incident_id = a.incident_id
   and c.target = 'acknowledge'
 where a.tenant_id = $1
   and a.created_at >= $2
   and a.created_at < $3
 order by a.id
"""

SELECT_EXFILTRATION: Final[LiteralString] = """
select a.id,
       i.verdict is not null as is_decided,
       i.acknowledged_at is not null as is_taken_up
  from wf.alerts a
  left join wf.incidents i
    on i.tenant_id = $1
   and i.id = a.incident_id
 where a.tenant_id = $1
   and a.created_at >= $2
   and a.created_at < $3
   and a.rule -> 'tags' ? 'attack.exfiltration'
 order by a.id
"""

SELECT_INCIDENTS: Final[LiteralString] = """
select i.id,
       s.decided_at,
       s.contained_at,
       c.target,
       c.allowed is not null as has_clock,
       c.ended_at is not null as is_ended,
       c.met_at is not null as is_met,
       c.breached_at is not null or c.met_at is null and c.deadline < $4 as is_missed
  from wf.incidents i
  left join wf.incident_stages s
    on s.tenant_id = $1
   and s.incident_id = i.id
  left join wf.incident_sla c
    on c.tenant_id = $1
   and c.incident_id = i.id
 where i.tenant_id = $1
   and i.opened_at >= $2
   and i.opened_at < $3
   and i.merged_into is null
 order by i.id,
          c.target
"""

SELECT_CLOSED: Final[LiteralString] = """
select i.id,
       i.severity,
       i.closed_at,
       i.verdict is not null as has_verdict,
       i.verdict_reason is not null as has_reason,
       i.assignee_id is not null as has_owner,
       exists (select
                 from wf.incident_timeline t
                where t.tenant_id = $1
                  and t.incident_id = i.id
                  and t.actor_kind = 'person') as has_person
  from wf.incidents i
 where i.tenant_id = $1
   and i.closed_at >= $2
   and i.closed_at < $3
   and i.state = 'closed'
   and i.merged_into is null
 order by i.id
"""


class AlertRow(msgspec.Struct, frozen=True, kw_only=True):
    """An alert, with the clock of its incident."""

    id: UUID
    severity: str
    created_at: datetime
    acknowledged_at: datetime | None
    has_clock: bool
    is_ended: bool
    is_met: bool
    is_missed: bool | None


class ExfiltrationRow(msgspec.Struct, frozen=True, kw_only=True):
    """An alert about data that leaves."""

    id: UUID
    is_decided: bool
    is_taken_up: bool


class IncidentRow(msgspec.Struct, frozen=True, kw_only=True):
    """An incident with one of its clocks; one without clocks comes once."""

    id: UUID
    decided_at: datetime | None
    contained_at: datetime | None
    target: str | None
    has_clock: bool
    is_ended: bool
    is_met: bool
    is_missed: bool | None


class ClosedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A closed incident and what its record has."""

    id: UUID
    severity: str
    closed_at: datetime
    has_verdict: bool
    has_reason: bool
    has_owner: bool
    has_person: bool


async def select_worked_days(tx: TenantTx, *, begin: datetime, until: datetime, zone: str) -> list[date]:
    """The days on which a person worked on an incident."""
    return await tx.values(date, SELECT_WORKED_DAYS, tx.tenant_id, begin, until, zone)


async def select_handover_days(tx: TenantTx, *, begin: datetime, until: datetime, zone: str) -> list[date]:
    """The days on which a person handed the watch over."""
    return await tx.values(date, SELECT_HANDOVER_DAYS, tx.tenant_id, begin, until, zone)


async def select_first_record(tx: TenantTx) -> datetime | None:
    """When the tenant's log begins."""
    return await tx.value(datetime, SELECT_FIRST_RECORD, tx.tenant_id)


async def select_alerts(tx: TenantTx, *, begin: datetime, until: datetime, now: datetime) -> list[AlertRow]:
    """The alerts of a period; a clock without an end is missed when its deadline lies before `now`."""
    return await tx.rows(AlertRow, SELECT_ALERTS, tx.tenant_id, begin, until, now)


async def select_exfiltration(tx: TenantTx, *, begin: datetime, until: datetime) -> list[ExfiltrationRow]:
    """The alerts of a period whose rule is about exfiltration."""
    return await tx.rows(ExfiltrationRow, SELECT_EXFILTRATION, tx.tenant_id, begin, until)


async def select_incidents(tx: TenantTx, *, begin: datetime, until: datetime, now: datetime) -> list[IncidentRow]:
    """The incidents that were opened in a period and are not part of another one, a row a clock."""
    return await tx.rows(IncidentRow, SELECT_INCIDENTS, tx.tenant_id, begin, until, now)


async def select_closed(tx: TenantTx, *, begin: datetime, until: datetime) -> list[ClosedRow]:
    """The incidents that were closed in a period and are not part of another one."""
    return await tx.rows(ClosedRow, SELECT_CLOSED, tx.tenant_id, begin, until)
