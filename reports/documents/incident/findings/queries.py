"""SQL of what an incident is made of: its events, alerts and entities, listed and counted, as `wf_report`.

An event counts once, however many alerts of the incident it is in, at the earliest time that one of them has for it.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx

SELECT_TOTALS: Final[LiteralString] = """
select (select count(*)
          from wf.alerts a
         where a.tenant_id = $1
           and a.incident_id = $2) as alerts,
       (select count(distinct a.rule_id)
          from wf.alerts a
         where a.tenant_id = $1
           and a.incident_id = $2) as rules,
       count(*) as events,
       min(m.at) as first_at,
       max(m.at) as last_at
  from (select min(e.occurred_at) as at
          from wf.alerts a
          join wf.alert_events e
            on e.tenant_id = $1
           and e.alert_id = a.id
         where a.tenant_id = $1
           and a.incident_id = $2
         group by e.event_key) m
"""

SELECT_EVENT_KEYS: Final[LiteralString] = """
select e.event_key
  from wf.alerts a
  join wf.alert_events e
    on e.tenant_id = $1
   and e.alert_id = a.id
 where a.tenant_id = $1
   and a.incident_id = $2
 group by e.event_key
 order by min(e.occurred_at),
          e.event_key
 limit $3
"""

SELECT_ACTIVITY: Final[LiteralString] = """
select floor(extract(epoch from m.at - $3::timestamptz) / $4::integer)::integer as bucket,
       count(*) as events
  from (select min(e.occurred_at) as at
          from wf.alerts a
          join wf.alert_events e
            on e.tenant_id = $1
           and e.alert_id = a.id
         where a.tenant_id = $1
           and a.incident_id = $2
         group by e.event_key) m
 group by bucket
 order by bucket
"""

SELECT_SOURCES: Final[LiteralString] = """
select a.id as alert_id,
       min(e.source) as source
  from wf.alerts a
  join wf.alert_events e
    on e.tenant_id = $1
   and e.alert_id = a.id
 where a.tenant_id = $1
   and a.incident_id = $2
 group by a.id
"""

SELECT_ENTITIES: Final[LiteralString] = """
select n.kind,
       n.value_index,
       (array_agg(n.alert_id order by n.alert_id))[1] as alert_id,
       (array_agg(n.value order by n.alert_id))[1] as value,
       count(*) as alerts,
       min(a.first_seen) as first_seen,
       max(a.last_seen) as last_seen,
       string_agg(distinct s.source, ', ' order by s.source) as sources
  from wf.alerts a
  join wf.alert_entities n
    on n.tenant_id = $1
   and n.alert_id = a.id
  join (select e.alert_id,
               min(e.source) as source
          from wf.alerts i
          join wf.alert_events e
            on e.tenant_id = $1
           and e.alert_id = i.id
         where i.tenant_id = $1
           and i.incident_id = $2
         group by e.alert_id) s
    on s.alert_id = a.id
 where a.tenant_id = $1
   and a.incident_id = $2
   and n.kind = any($3::text[])
 group by n.kind,
          n.value_index
 order by count(*) desc,
          min(a.first_seen),
          n.kind,
          n.value_index
"""

SELECT_EVIDENCE: Final[LiteralString] = """
select kept.alert_id,
       kept.event_key,
       kept.source,
       kept.body
  from (select e.alert_id,
               e.event_key,
               e.source,
               e.body,
               e.occurred_at,
               row_number() over (partition by e.alert_id order by e.occurred_at, e.event_key) as place
          from wf.alert_events e
         where e.tenant_id = $1
           and e.alert_id = any($2::uuid[])
           and e.body is not null) kept
 where kept.place <= $3
 order by kept.place,
          array_position($2::uuid[], kept.alert_id),
          kept.occurred_at,
          kept.event_key
"""

SELECT_RULES_OF_EVENTS: Final[LiteralString] = """
select distinct e.event_key,
       a.rule_id
  from wf.alert_events e
  join wf.alerts a
    on a.tenant_id = $1
   and a.id = e.alert_id
 where e.tenant_id = $1
   and e.event_key = any($3::bytea[])
   and a.incident_id = $2
 order by e.event_key,
          a.rule_id
"""


class TotalsRow(msgspec.Struct, frozen=True, kw_only=True):
    """What an incident is made of; an event counts once. Without events there are no times."""

    alerts: int
    rules: int
    events: int
    first_at: datetime | None
    last_at: datetime | None


class BucketRow(msgspec.Struct, frozen=True, kw_only=True):
    """How many events happened in one stretch of time."""

    bucket: int
    events: int


class SourceRow(msgspec.Struct, frozen=True, kw_only=True):
    """The kind of log that an alert's events come from."""

    alert_id: UUID
    source: str


class EntityRow(msgspec.Struct, frozen=True, kw_only=True):
    """An entity of an incident's alerts, sealed as it stands in the alert `alert_id`."""

    kind: str
    value_index: bytes
    alert_id: UUID
    value: bytes
    alerts: int
    first_seen: datetime
    last_seen: datetime
    sources: str


class EvidenceRow(msgspec.Struct, frozen=True, kw_only=True):
    """An event that an alert keeps whole, sealed."""

    alert_id: UUID
    event_key: bytes
    source: str
    body: bytes


class RuleOfEventRow(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that matched an event."""

    event_key: bytes
    rule_id: str


async def select_totals(tx: TenantTx, incident_id: UUID) -> TotalsRow:
    """How many alerts, rules and different events an incident has."""
    found = await tx.row(TotalsRow, SELECT_TOTALS, tx.tenant_id, incident_id)
    return found or TotalsRow(alerts=0, rules=0, events=0, first_at=None, last_at=None)


async def select_event_keys(tx: TenantTx, incident_id: UUID, *, limit: int) -> list[bytes]:
    """The keys of the incident's first events."""
    return await tx.values(bytes, SELECT_EVENT_KEYS, tx.tenant_id, incident_id, limit)


async def select_activity(tx: TenantTx, incident_id: UUID, *, start: datetime, seconds: int) -> list[BucketRow]:
    """The incident's events by stretches of so many seconds from `start` on; empty ones are left out."""
    return await tx.rows(BucketRow, SELECT_ACTIVITY, tx.tenant_id, incident_id, start, seconds)


async def select_sources(tx: TenantTx, incident_id: UUID) -> list[SourceRow]:
    """The kind of log behind each alert of an incident."""
    return await tx.rows(SourceRow, SELECT_SOURCES, tx.tenant_id, incident_id)


async def select_entities(tx: TenantTx, incident_id: UUID, *, kinds: Sequence[str]) -> list[EntityRow]:
    """The entities of these kinds that alerts of an incident name, those in most alerts first."""
    return await tx.rows(EntityRow, SELECT_ENTITIES, tx.tenant_id, incident_id, kinds)


def stream_evidence(tx: TenantTx, alert_ids: Sequence[UUID], *, each: int) -> AsyncIterator[EvidenceRow]:
    """The first `each` events that each alert keeps whole: first one of each in the given order, then the second."""
    return tx.stream(EvidenceRow, SELECT_EVIDENCE, tx.tenant_id, alert_ids, each, page=20)


async def select_rules_of_events(tx: TenantTx, incident_id: UUID, event_keys: Sequence[bytes]) -> list[RuleOfEventRow]:
    """The rules of the incident that matched each of these events."""
    return await tx.rows(RuleOfEventRow, SELECT_RULES_OF_EVENTS, tx.tenant_id, incident_id, event_keys)
