"""SQL of what people are shown: the queue, and what stands on a card."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx

SELECT_TENANT: Final[LiteralString] = """
select code,
       name,
       (bundle -> 'sla')::text as sla
  from wf.tenants
 where tenant_id = $1
"""

SELECT_SUMMARY: Final[LiteralString] = """
select count(*) as alerts,
       coalesce(sum(match_count), 0)::bigint as events,
       count(distinct rule_id) as rules
  from wf.alerts
 where tenant_id = $1
   and incident_id = $2
"""

SELECT_RULES: Final[LiteralString] = """
select title,
       severity,
       sum(match_count)::bigint as events,
       (array_agg(rule order by first_seen))[1]::text as rule
  from wf.alerts
 where tenant_id = $1
   and incident_id = $2
 group by rule_id,
          title,
          severity
 order by array_position(array['critical', 'high', 'medium', 'low', 'informational'], severity),
          min(first_seen),
          title
 limit $3
"""

SELECT_ENTITIES: Final[LiteralString] = """
select kind,
       value_index,
       value,
       first_seen,
       last_seen
  from wf.incident_entities
 where tenant_id = $1
   and incident_id = $2
 order by first_seen,
          kind,
          value_index
 limit $3
"""

SELECT_LAST_REPORT: Final[LiteralString] = """
select state,
       language,
       coalesce(ready_at, created_at) as at
  from wf.reports
 where tenant_id = $1
   and incident_id = $2
 order by created_at desc,
          id desc
 limit 1
"""

_LINES: Final[LiteralString] = """
select i.id,
       i.number,
       i.title,
       i.severity,
       i.state,
       i.assignee_id,
       i.verdict,
       i.opened_at,
       i.acknowledged_at,
       s.waiting_since,
       s.snoozed_until,
       s.alerted_at is not null as is_kept,
       a.deadline as acknowledge_by,
       r.deadline as resolve_by,
       i.last_event_at,
       i.updated_at,
       i.revision,
       i.score,
       (select count(*)
          from wf.alerts l
         where l.tenant_id = $1
           and l.incident_id = i.id) as alerts
  from wf.incidents i
  left join wf.incident_stages s
    on s.tenant_id = $1
   and s.incident_id = i.id
  left join wf.incident_sla a
    on a.tenant_id = $1
   and a.incident_id = i.id
   and a.target = 'acknowledge'
  left join wf.incident_sla r
    on r.tenant_id = $1
   and r.incident_id = i.id
   and r.target = 'resolve'
 where i.tenant_id = $1"""

SELECT_QUEUE: Final[LiteralString] = (
    _LINES
    + """
   and i.state = any($2::text[])
   and (i.opened_at, i.id) < ($3, $4)
 order by i.opened_at desc,
          i.id desc
 limit $5
"""
)

COUNT_ENDING: Final[LiteralString] = """
select count(*) as exceptions,
       min(x.expires_at) as first_at
  from wf.rule_exceptions x
 where x.tenant_id = $1
   and x.ended_at is null
   and x.expires_at > now()
   and x.expires_at <= now() + case when x.expires_at - x.created_at > interval '7 days'
                                    then interval '7 days'
                                    else interval '1 day'
                               end
   and x.expires_at - x.created_at > interval '1 day'
"""

SELECT_LINES: Final[LiteralString] = (
    _LINES
    + """
   and i.id = any ($2::uuid[])
"""
)

SELECT_ORIGIN: Final[LiteralString] = """
select kind,
       newcomer,
       gathered
  from wf.incident_origins
 where tenant_id = $1
   and incident_id = $2
"""

COUNT_QUEUE: Final[LiteralString] = """
select severity,
       state,
       count(*) as incidents
  from wf.incidents
 where tenant_id = $1
   and state = any($2::text[])
 group by severity,
          state
"""


class EntityRow(msgspec.Struct, frozen=True, kw_only=True):
    """An entity of an incident, sealed."""

    kind: str
    value_index: bytes
    value: bytes
    first_seen: datetime
    last_seen: datetime


class TenantRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a card needs to know of the tenant; `sla` is the JSON of its bundle's part."""

    code: str
    name: str
    sla: str | None


class SummaryRow(msgspec.Struct, frozen=True, kw_only=True):
    """What an incident is made of."""

    alerts: int
    events: int
    rules: int


class RuleRow(msgspec.Struct, frozen=True, kw_only=True):
    """A rule behind an incident's alerts; `rule` is the JSON of `RuleFacts`."""

    title: str
    severity: str
    events: int
    rule: str


class ReportRow(msgspec.Struct, frozen=True, kw_only=True):
    """The last report that was asked for: how far it is, and since when."""

    state: str
    language: str
    at: datetime


class QueueRow(msgspec.Struct, frozen=True, kw_only=True):
    """An incident in the queue. `is_kept` is False for one that was opened before there were clocks."""

    id: UUID
    number: int
    title: str
    severity: str
    state: str
    assignee_id: UUID | None
    verdict: str | None
    opened_at: datetime
    acknowledged_at: datetime | None
    waiting_since: datetime | None
    snoozed_until: datetime | None
    is_kept: bool
    acknowledge_by: datetime | None
    resolve_by: datetime | None
    last_event_at: datetime
    updated_at: datetime
    revision: int
    score: int
    alerts: int


class EndingRow(msgspec.Struct, frozen=True, kw_only=True):
    """How many exceptions end soon, and when the first of them does."""

    exceptions: int
    first_at: datetime | None


class OriginRow(msgspec.Struct, frozen=True, kw_only=True):
    """What opened an incident, for whom, and how much a storm has gathered."""

    kind: str
    newcomer: str | None
    gathered: int


class CountRow(msgspec.Struct, frozen=True, kw_only=True):
    """How many incidents have a severity and a state."""

    severity: str
    state: str
    incidents: int


async def count_ending(tx: TenantTx) -> EndingRow:
    """How many of the tenant's exceptions end within a week, but those that were made for no longer: within a day."""
    return await tx.row(EndingRow, COUNT_ENDING, tx.tenant_id) or EndingRow(exceptions=0, first_at=None)


async def select_entities(tx: TenantTx, incident_id: UUID, *, limit: int) -> list[EntityRow]:
    """The entities of an incident, those seen first first."""
    return await tx.rows(EntityRow, SELECT_ENTITIES, tx.tenant_id, incident_id, limit)


async def select_tenant(tx: TenantTx) -> TenantRow | None:
    """The tenant of the transaction."""
    return await tx.row(TenantRow, SELECT_TENANT, tx.tenant_id)


async def select_summary(tx: TenantTx, incident_id: UUID) -> SummaryRow:
    """How many alerts, events and rules an incident has."""
    found = await tx.row(SummaryRow, SELECT_SUMMARY, tx.tenant_id, incident_id)
    return found or SummaryRow(alerts=0, events=0, rules=0)


async def select_rules(tx: TenantTx, incident_id: UUID, *, limit: int) -> list[RuleRow]:
    """The rules behind an incident, the most severe first."""
    return await tx.rows(RuleRow, SELECT_RULES, tx.tenant_id, incident_id, limit)


async def select_last_report(tx: TenantTx, incident_id: UUID) -> ReportRow | None:
    """The report of an incident that was asked for last."""
    return await tx.row(ReportRow, SELECT_LAST_REPORT, tx.tenant_id, incident_id)


async def select_queue(
    tx: TenantTx, *, states: Sequence[str], before_at: datetime, before_id: UUID, limit: int
) -> list[QueueRow]:
    """Incidents in these states, the newest first, from just behind a place in that order."""
    return await tx.rows(QueueRow, SELECT_QUEUE, tx.tenant_id, states, before_at, before_id, limit)


async def select_origin(tx: TenantTx, incident_id: UUID) -> OriginRow | None:
    """What opened an incident. None for one that was opened before that was noted."""
    return await tx.row(OriginRow, SELECT_ORIGIN, tx.tenant_id, incident_id)


async def select_lines(tx: TenantTx, incident_ids: Sequence[UUID]) -> list[QueueRow]:
    """These incidents, in no order."""
    return await tx.rows(QueueRow, SELECT_LINES, tx.tenant_id, incident_ids)


async def count_queue(tx: TenantTx, *, states: Sequence[str]) -> list[CountRow]:
    """How many incidents there are in these states, by severity and state."""
    return await tx.rows(CountRow, COUNT_QUEUE, tx.tenant_id, states)
