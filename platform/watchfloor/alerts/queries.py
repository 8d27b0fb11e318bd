"""SQL of alerts. Written in bulk: a batch costs the same few statements whether it has one match or thousands."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.alerts.dedup import Span
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import AlertId

LOCK: Final[LiteralString] = "select pg_advisory_xact_lock(hashtextextended('wf.alerts:' || $1::uuid::text, 0))"

SELECT_SPANS: Final[LiteralString] = """
select wanted.place,
       a.id,
       a.first_seen,
       a.last_seen,
       a.match_count,
       a.incident_id,
       case when i.state in ('resolved', 'closed')
            then coalesce(i.resolved_at, i.closed_at)
       end as sealed_at
  from unnest($2::integer[], $3::text[], $4::bytea[], $5::timestamptz[], $6::timestamptz[])
       as wanted (place, rule_id, dedup_index, since, until)
  join wf.alerts a
    on a.tenant_id = $1
   and a.rule_id = wanted.rule_id
   and a.dedup_index = wanted.dedup_index
   and a.last_seen >= wanted.since
   and a.first_seen <= wanted.until
  left join wf.incidents i
    on i.tenant_id = $1
   and i.id = a.incident_id
 order by a.first_seen,
          a.id
"""

SELECT_KNOWN: Final[LiteralString] = """
select a.rule_id,
       a.dedup_index,
       a.held_keys is not null as is_standing,
       e.event_key
  from unnest($2::bytea[]) as wanted (event_key)
  join wf.alert_events e
    on e.tenant_id = $1
   and e.event_key = wanted.event_key
  join wf.alerts a
    on a.tenant_id = $1
   and a.id = e.alert_id
"""

SELECT_NAMED: Final[LiteralString] = """
select alert_id,
       value_index
  from wf.alert_entities
 where tenant_id = $1
   and alert_id = any($2::uuid[])
"""

INSERT_ALERTS: Final[LiteralString] = """
insert into wf.alerts (
  tenant_id, id, rule_id, rule_hash, rule, title, severity, dedup_index, first_seen, last_seen, match_count,
  held_keys)
select $1,
       fresh.id,
       fresh.rule_id,
       fresh.rule_hash,
       fresh.rule::jsonb,
       fresh.title,
       fresh.severity,
       fresh.dedup_index,
       fresh.first_seen,
       fresh.last_seen,
       fresh.match_count,
       fresh.held_keys
  from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bytea[],
              $9::timestamptz[], $10::timestamptz[], $11::bigint[], $12::bigint[])
       as fresh (id, rule_id, rule_hash, rule, title, severity, dedup_index, first_seen, last_seen, match_count,
                 held_keys)
"""

EXTEND_ALERTS: Final[LiteralString] = """
update wf.alerts a
   set first_seen = grown.first_seen,
       last_seen = grown.last_seen,
       match_count = a.match_count + grown.added,
       held_keys = a.held_keys + grown.held_keys
  from unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::bigint[], $6::bigint[])
       as grown (id, first_seen, last_seen, added, held_keys)
 where a.tenant_id = $1
   and a.id = grown.id
"""

INSERT_EVENTS: Final[LiteralString] = """
insert into wf.alert_events (tenant_id, alert_id, event_key, occurred_at, source, body)
select $1,
       fresh.alert_id,
       fresh.event_key,
       fresh.occurred_at,
       fresh.source,
       fresh.body
  from unnest($2::uuid[], $3::bytea[], $4::timestamptz[], $5::text[], $6::bytea[])
       as fresh (alert_id, event_key, occurred_at, source, body)
"""

INSERT_ENTITIES: Final[LiteralString] = """
insert into wf.alert_entities (tenant_id, alert_id, kind, value_index, value)
select $1,
       fresh.alert_id,
       fresh.kind,
       fresh.value_index,
       fresh.value
  from unnest($2::uuid[], $3::text[], $4::bytea[], $5::bytea[])
       as fresh (alert_id, kind, value_index, value)
on conflict do nothing
"""

SELECT_ALERT: Final[LiteralString] = """
select id,
       rule::text as rule,
       severity,
       first_seen,
       last_seen,
       created_at,
       match_count,
       held_keys,
       incident_id
  from wf.alerts
 where tenant_id = $1
   and id = $2
"""

SELECT_PAGE: Final[LiteralString] = """
select id,
       rule::text as rule,
       severity,
       first_seen,
       last_seen,
       created_at,
       match_count,
       held_keys,
       incident_id
  from wf.alerts
 where tenant_id = $1
   and (created_at, id) < ($2, $3)
 order by created_at desc,
          id desc
 limit $4
"""

SELECT_OF_INCIDENT: Final[LiteralString] = """
select id,
       rule::text as rule,
       severity,
       first_seen,
       last_seen,
       created_at,
       match_count,
       held_keys,
       incident_id
  from wf.alerts
 where tenant_id = $1
   and incident_id = $2
 order by first_seen,
          id
 limit $3
"""

SELECT_ENTITIES: Final[LiteralString] = """
select kind,
       value_index,
       value
  from wf.alert_entities
 where tenant_id = $1
   and alert_id = $2
 order by kind,
          value_index
"""

SELECT_EVIDENCE: Final[LiteralString] = """
select event_key,
       occurred_at,
       source,
       body
  from wf.alert_events
 where tenant_id = $1
   and alert_id = $2
   and body is not null
 order by occurred_at,
          event_key
"""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """One look-up of alerts: those of a rule and dedup key whose extent touches `since` to `until`."""

    place: int
    rule_id: str
    dedup_index: bytes
    since: datetime
    until: datetime


class SpanRow(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that a look-up found. `place` is the look-up's."""

    place: int
    id: UUID
    first_seen: datetime
    last_seen: datetime
    match_count: int
    incident_id: UUID | None
    sealed_at: datetime | None

    def span(self) -> Span:
        """Its extent."""
        return Span(
            alert_id=AlertId(self.id), first_seen=self.first_seen, last_seen=self.last_seen, sealed_at=self.sealed_at
        )


class KnownRow(msgspec.Struct, frozen=True, kw_only=True):
    """An event that an alert counts already. A standing alert counts events of any dedup key."""

    rule_id: str
    dedup_index: bytes
    is_standing: bool
    event_key: bytes


class NamedRow(msgspec.Struct, frozen=True, kw_only=True):
    """An entity that an alert names, by its keyed hash."""

    alert_id: UUID
    value_index: bytes


class NewAlert(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `wf.alerts` before it is written. The order is that of INSERT_ALERTS."""

    id: UUID
    rule_id: str
    rule_hash: str
    rule: str
    title: str
    severity: str
    dedup_index: bytes
    first_seen: datetime
    last_seen: datetime
    match_count: int
    held_keys: int | None


class Growth(msgspec.Struct, frozen=True, kw_only=True):
    """What an alert gains. The order is that of EXTEND_ALERTS."""

    id: UUID
    first_seen: datetime
    last_seen: datetime
    added: int
    held_keys: int


class NewEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `wf.alert_events`. The order is that of INSERT_EVENTS."""

    alert_id: UUID
    event_key: bytes
    occurred_at: datetime
    source: str
    body: bytes | None


class NewEntity(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `wf.alert_entities`. The order is that of INSERT_ENTITIES."""

    alert_id: UUID
    kind: str
    value_index: bytes
    value: bytes


class AlertRow(msgspec.Struct, frozen=True, kw_only=True):
    """An alert as it is kept; `rule` is the JSON of `RuleFacts`, `held_keys` is None for an ordinary one."""

    id: UUID
    rule: str
    severity: str
    first_seen: datetime
    last_seen: datetime
    created_at: datetime
    match_count: int
    held_keys: int | None
    incident_id: UUID | None


class EntityRow(msgspec.Struct, frozen=True, kw_only=True):
    """An entity of an alert, sealed."""

    kind: str
    value_index: bytes
    value: bytes


class EvidenceRow(msgspec.Struct, frozen=True, kw_only=True):
    """An event that is kept whole, sealed."""

    event_key: bytes
    occurred_at: datetime
    source: str
    body: bytes


async def lock(tx: TenantTx) -> None:
    """Waits until no other transaction writes alerts of this tenant; it stays so until this one ends."""
    await tx.execute(LOCK, tx.tenant_id)


async def select_spans(tx: TenantTx, wanted: Sequence[Wanted]) -> list[SpanRow]:
    """The alerts that the look-ups find, those that begin first first."""
    return await tx.rows(SpanRow, SELECT_SPANS, tx.tenant_id, *_columns(wanted, Wanted))


async def select_known(tx: TenantTx, event_keys: Sequence[bytes]) -> list[KnownRow]:
    """Which of the events are counted already, by which rule and dedup key."""
    return await tx.rows(KnownRow, SELECT_KNOWN, tx.tenant_id, event_keys)


async def select_named(tx: TenantTx, alert_ids: Sequence[UUID]) -> list[NamedRow]:
    """The entities that the alerts name."""
    return await tx.rows(NamedRow, SELECT_NAMED, tx.tenant_id, alert_ids)


async def insert_alerts(tx: TenantTx, rows: Sequence[NewAlert]) -> None:
    """Adds alerts."""
    await tx.execute(INSERT_ALERTS, tx.tenant_id, *_columns(rows, NewAlert))


async def extend_alerts(tx: TenantTx, rows: Sequence[Growth]) -> None:
    """Widens alerts and counts what they gained."""
    await tx.execute(EXTEND_ALERTS, tx.tenant_id, *_columns(rows, Growth))


async def insert_events(tx: TenantTx, rows: Sequence[NewEvent]) -> None:
    """Adds events to their alerts. An event twice in one alert is an error, never a silent skip."""
    await tx.execute(INSERT_EVENTS, tx.tenant_id, *_columns(rows, NewEvent))


async def insert_entities(tx: TenantTx, rows: Sequence[NewEntity]) -> None:
    """Adds entities; those that the alert names already stay as they are."""
    await tx.execute(INSERT_ENTITIES, tx.tenant_id, *_columns(rows, NewEntity))


async def select_alert(tx: TenantTx, alert_id: UUID) -> AlertRow | None:
    """One alert."""
    return await tx.row(AlertRow, SELECT_ALERT, tx.tenant_id, alert_id)


async def select_page(tx: TenantTx, *, before_at: datetime, before_id: UUID, limit: int) -> list[AlertRow]:
    """Alerts, the newest first, from just behind a place in that order."""
    return await tx.rows(AlertRow, SELECT_PAGE, tx.tenant_id, before_at, before_id, limit)


async def select_of_incident(tx: TenantTx, incident_id: UUID, *, limit: int) -> list[AlertRow]:
    """The alerts of an incident, those that begin first first."""
    return await tx.rows(AlertRow, SELECT_OF_INCIDENT, tx.tenant_id, incident_id, limit)


async def select_entities(tx: TenantTx, alert_id: UUID) -> list[EntityRow]:
    """The entities of an alert."""
    return await tx.rows(EntityRow, SELECT_ENTITIES, tx.tenant_id, alert_id)


async def select_evidence(tx: TenantTx, alert_id: UUID) -> list[EvidenceRow]:
    """The events of an alert that are kept whole, in the order of time."""
    return await tx.rows(EvidenceRow, SELECT_EVIDENCE, tx.tenant_id, alert_id)


def _columns(rows: Sequence[msgspec.Struct], kind: type[msgspec.Struct]) -> list[list[object]]:
    """The rows as one list a column, in the order of the struct's fields: what `unnest` takes."""
    return [[getattr(row, name) for row in rows] for name in kind.__struct_fields__]
