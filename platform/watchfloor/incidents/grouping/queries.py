"""SQL of grouping: opening incidents, widening them, finding those that share an entity."""

from collections.abc import Sequence
from datetime import datetime
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
