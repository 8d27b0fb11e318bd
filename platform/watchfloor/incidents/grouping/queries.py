"""SQL of grouping: opening incidents, widening them, finding those that share an entity."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx
from watchfloor.normalise.event import EntityKind

NEXT_NUMBER: Final[LiteralString] = """
insert into wf.counters as c (tenant_id, name, value)
values ($1, 'incident', 1)
on conflict (tenant_id, name) do update
   set value = c.value + 1
returning c.value
"""

INSERT_INCIDENT: Final[LiteralString] = """
insert into wf.incidents (tenant_id, id, number, title, severity, state, first_event_at, last_event_at)
values ($1, $2, $3, $4, $5, 'new', $6, $7)
"""

UPDATE_EXTENT: Final[LiteralString] = """
update wf.incidents
   set title = $3,
       severity = $4,
       first_event_at = least(first_event_at, $5),
       last_event_at = greatest(last_event_at, $6),
       revision = revision + 1,
       updated_at = now()
 where tenant_id = $1
   and id = $2
"""

ATTACH_ALERTS: Final[LiteralString] = """
update wf.alerts
   set incident_id = $2
 where tenant_id = $1
   and id = any($3::uuid[])
"""

SELECT_NAMED: Final[LiteralString] = """
select kind,
       value_index
  from wf.incident_entities
 where tenant_id = $1
   and incident_id = $2
 order by kind,
          value_index
"""

UPSERT_ENTITIES: Final[LiteralString] = """
insert into wf.incident_entities as e (
  tenant_id, incident_id, kind, value_index, value, first_seen, last_seen)
select $1,
       fresh.incident_id,
       fresh.kind,
       fresh.value_index,
       fresh.value,
       fresh.first_seen,
       fresh.last_seen
  from unnest($2::uuid[], $3::text[], $4::bytea[], $5::bytea[], $6::timestamptz[], $7::timestamptz[])
       as fresh (incident_id, kind, value_index, value, first_seen, last_seen)
on conflict (tenant_id, incident_id, kind, value_index) do update
   set first_seen = least(e.first_seen, excluded.first_seen),
       last_seen = greatest(e.last_seen, excluded.last_seen)
"""

SELECT_CANDIDATES: Final[LiteralString] = """
select e.incident_id,
       e.kind,
       e.value_index,
       exists (
         select
           from wf.incident_entities h
          where h.tenant_id = $1
            and h.incident_id = e.incident_id
            and h.kind = 'host') as has_hosts
  from wf.incident_entities e
  join wf.incidents i
    on i.tenant_id = $1
   and i.id = e.incident_id
 where e.tenant_id = $1
   and e.value_index = any($2::bytea[])
   and i.state in ('new', 'acknowledged', 'contained')
   and i.last_event_at >= $3
   and i.first_event_at <= $4
   and not exists (
         select
           from wf.incident_origins o
          where o.tenant_id = $1
            and o.incident_id = i.id
            and o.kind = 'storm')
"""

COUNT_OPENED: Final[LiteralString] = """
select count(*)
  from wf.incident_origins
 where tenant_id = $1
   and opened_at > now() - $2::interval
   and kind in ('alert', 'newcomer')
"""

SELECT_WEATHER: Final[LiteralString] = """
select wanted.rule_id,
       (select count(*)
          from wf.incident_origins o
         where o.tenant_id = $1
           and o.rule_id = wanted.rule_id
           and o.opened_at > now() - $3::interval
           and o.kind in ('alert', 'newcomer')) as opened,
       (select count(*)
          from wf.incident_origins o
         where o.tenant_id = $1
           and o.rule_id = wanted.rule_id
           and o.opened_at > now() - $3::interval
           and o.kind = 'newcomer') as newcomers,
       (select o.incident_id
          from wf.incident_origins o
          join wf.incidents i
            on i.tenant_id = $1
           and i.id = o.incident_id
         where o.tenant_id = $1
           and o.rule_id = wanted.rule_id
           and o.kind = 'storm'
           and o.last_at > now() - $4::interval
           and i.state in ('new', 'acknowledged', 'contained')
         order by o.last_at desc
         limit 1) as storm_id
  from unnest($2::text[]) as wanted (rule_id)
"""

SELECT_RETURNING: Final[LiteralString] = """
select a.id as alert_id,
       earlier.id as incident_id,
       earlier.number,
       t.code
  from wf.alerts a
 cross join lateral (
         select i.id,
                i.number
           from wf.alerts o
           join wf.incidents i
             on i.tenant_id = $1
            and i.id = o.incident_id
          where o.tenant_id = $1
            and o.rule_id = a.rule_id
            and o.dedup_index = a.dedup_index
            and o.last_seen <= a.first_seen
            and o.id <> a.id
            and i.state in ('resolved', 'closed')
            and coalesce(i.resolved_at, i.closed_at) > now() - $3::interval
          order by o.last_seen desc
          limit 1) as earlier
  join wf.tenants t
    on t.tenant_id = $1
 where a.tenant_id = $1
   and a.id = any($2::uuid[])
   and a.held_keys is null
"""

INSERT_ORIGIN: Final[LiteralString] = """
insert into wf.incident_origins (tenant_id, incident_id, rule_id, kind, newcomer)
values ($1, $2, $3, $4, $5)
"""

ADD_TO_STORM: Final[LiteralString] = """
update wf.incident_origins
   set gathered = gathered + $3,
       last_at = now()
 where tenant_id = $1
   and incident_id = $2
   and kind = 'storm'
returning gathered,
          told
"""

UPDATE_TOLD: Final[LiteralString] = """
update wf.incident_origins
   set told = gathered
 where tenant_id = $1
   and incident_id = $2
"""


class Extent(msgspec.Struct, frozen=True, kw_only=True):
    """What alerts make of an incident: its title and severity, and the time that their events span."""

    title: str
    severity: str
    first_event_at: datetime
    last_event_at: datetime


class CandidateRow(msgspec.Struct, frozen=True, kw_only=True):
    """An open incident that names a wanted entity, and whether it names any host."""

    incident_id: UUID
    kind: EntityKind
    value_index: bytes
    has_hosts: bool


class WeatherRow(msgspec.Struct, frozen=True, kw_only=True):
    """How many incidents a rule opened lately, how many of them for newcomers, and the incident of its storm."""

    rule_id: str
    opened: int
    newcomers: int
    storm_id: UUID | None


class ReturningRow(msgspec.Struct, frozen=True, kw_only=True):
    """An alert whose dedup key an incident had that was worked out lately."""

    alert_id: UUID
    incident_id: UUID
    number: int
    code: str


class GatheredRow(msgspec.Struct, frozen=True, kw_only=True):
    """How many alerts a storm has gathered, and of how many its timeline speaks."""

    gathered: int
    told: int


class NamedRow(msgspec.Struct, frozen=True, kw_only=True):
    """An entity that an incident names, by its keyed hash."""

    kind: EntityKind
    value_index: bytes


class NewEntity(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `wf.incident_entities`. The order is that of UPSERT_ENTITIES."""

    incident_id: UUID
    kind: str
    value_index: bytes
    value: bytes
    first_seen: datetime
    last_seen: datetime


async def next_number(tx: TenantTx) -> int:
    """The number of the tenant's next incident. Numbers have no gaps: a transaction that fails gives its own back."""
    return await tx.value(int, NEXT_NUMBER, tx.tenant_id) or 0


async def insert_incident(tx: TenantTx, incident_id: UUID, *, number: int, extent: Extent) -> None:
    """Opens an incident."""
    await tx.execute(INSERT_INCIDENT, tx.tenant_id, incident_id, number, *msgspec.structs.astuple(extent))


async def update_extent(tx: TenantTx, incident_id: UUID, extent: Extent) -> None:
    """Sets title and severity and widens the incident's time."""
    await tx.execute(UPDATE_EXTENT, tx.tenant_id, incident_id, *msgspec.structs.astuple(extent))


async def attach_alerts(tx: TenantTx, incident_id: UUID, alert_ids: Sequence[UUID]) -> None:
    """Makes alerts part of an incident."""
    await tx.execute(ATTACH_ALERTS, tx.tenant_id, incident_id, alert_ids)


async def select_candidates(
    tx: TenantTx, indexes: Sequence[bytes], *, since: datetime, until: datetime
) -> list[CandidateRow]:
    """The open incidents whose events touch `since` to `until` and that name one of the entities."""
    return await tx.rows(CandidateRow, SELECT_CANDIDATES, tx.tenant_id, indexes, since, until)


async def select_named(tx: TenantTx, incident_id: UUID) -> list[NamedRow]:
    """All entities that an incident names."""
    return await tx.rows(NamedRow, SELECT_NAMED, tx.tenant_id, incident_id)


async def upsert_entities(tx: TenantTx, rows: Sequence[NewEntity]) -> None:
    """Adds entities, or widens the time in which they were seen."""
    columns = [[getattr(row, name) for row in rows] for name in NewEntity.__struct_fields__]
    await tx.execute(UPSERT_ENTITIES, tx.tenant_id, *columns)


async def count_opened(tx: TenantTx, *, within: timedelta) -> int:
    """How many incidents alerts opened in the tenant within a time until now, storms left out."""
    return await tx.value(int, COUNT_OPENED, tx.tenant_id, within) or 0


async def select_weather(
    tx: TenantTx, rule_ids: Sequence[str], *, within: timedelta, busy: timedelta
) -> list[WeatherRow]:
    """What each rule opened within a time until now, and its open storm if that gained something within `busy`."""
    return await tx.rows(WeatherRow, SELECT_WEATHER, tx.tenant_id, rule_ids, within, busy)


async def select_returning(tx: TenantTx, alert_ids: Sequence[UUID], *, within: timedelta) -> list[ReturningRow]:
    """Of these alerts those whose dedup key an incident had that was worked out within a time until now; its last."""
    return await tx.rows(ReturningRow, SELECT_RETURNING, tx.tenant_id, alert_ids, within)


async def insert_origin(tx: TenantTx, incident_id: UUID, *, rule_id: str, kind: str, newcomer: str | None) -> None:
    """Notes what opened an incident."""
    await tx.execute(INSERT_ORIGIN, tx.tenant_id, incident_id, rule_id, kind, newcomer)


async def add_to_storm(tx: TenantTx, incident_id: UUID, *, alerts: int) -> GatheredRow | None:
    """Counts what a storm gained. None for an incident that is no storm."""
    return await tx.row(GatheredRow, ADD_TO_STORM, tx.tenant_id, incident_id, alerts)


async def update_told(tx: TenantTx, incident_id: UUID) -> None:
    """Notes that the timeline speaks of all that the storm has gathered."""
    await tx.execute(UPDATE_TOLD, tx.tenant_id, incident_id)
