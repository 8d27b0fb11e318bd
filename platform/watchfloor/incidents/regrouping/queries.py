"""SQL of merging and splitting."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal, LiteralString
from uuid import UUID

import msgspec

from watchfloor.alerts.alert import Severity
from watchfloor.kernel.db import TenantTx
from watchfloor.normalise.event import EntityKind

INSERT_MERGE: Final[LiteralString] = """
insert into wf.incident_merges (tenant_id, incident_id, into_id, state)
values ($1, $2, $3, $4)
"""

SELECT_MERGE: Final[LiteralString] = """
select into_id,
       state
  from wf.incident_merges
 where tenant_id = $1
   and incident_id = $2
"""

DELETE_MERGE: Final[LiteralString] = """
delete from wf.incident_merges
 where tenant_id = $1
   and incident_id = $2
"""

NOTE_ALERTS: Final[LiteralString] = """
insert into wf.merged_alerts (tenant_id, incident_id, alert_id)
select tenant_id,
       incident_id,
       id
  from wf.alerts
 where tenant_id = $1
   and incident_id = $2
"""

FORGET_ALERTS: Final[LiteralString] = """
delete from wf.merged_alerts
 where tenant_id = $1
   and incident_id = $2
"""

MOVE_ALL: Final[LiteralString] = """
update wf.alerts
   set incident_id = $3
 where tenant_id = $1
   and incident_id = $2
"""

RETURN_ALERTS: Final[LiteralString] = """
update wf.alerts a
   set incident_id = $2
  from wf.merged_alerts m
 where a.tenant_id = $1
   and a.incident_id = $3
   and m.tenant_id = $1
   and m.incident_id = $2
   and m.alert_id = a.id
"""

UPDATE_MERGED: Final[LiteralString] = """
update wf.incidents
   set state = 'closed',
       closed_at = now(),
       merged_into = $3,
       revision = revision + 1,
       updated_at = now()
 where tenant_id = $1
   and id = $2
"""

UPDATE_UNMERGED: Final[LiteralString] = """
update wf.incidents
   set state = $3,
       closed_at = null,
       merged_into = null,
       revision = revision + 1,
       updated_at = now()
 where tenant_id = $1
   and id = $2
"""

UPDATE_CONTENT: Final[LiteralString] = """
update wf.incidents
   set title = $3,
       severity = $4,
       first_event_at = $5,
       last_event_at = $6,
       revision = revision + 1,
       updated_at = now()
 where tenant_id = $1
   and id = $2
"""

UPDATE_RATING: Final[LiteralString] = """
update wf.incidents
   set severity = $3,
       rated_from = $4,
       revision = revision + 1,
       updated_at = now()
 where tenant_id = $1
   and id = $2
"""

SELECT_CONTENT: Final[LiteralString] = """
select worst.title,
       worst.severity,
       worst.rule_id,
       worst.id as alert_id,
       extent.alerts,
       extent.first_seen,
       extent.last_seen
  from (
         select count(*) as alerts,
                min(first_seen) as first_seen,
                max(last_seen) as last_seen
           from wf.alerts
          where tenant_id = $1
            and incident_id = $2) as extent
 cross join lateral (
         select id,
                title,
                severity,
                rule_id
           from wf.alerts
          where tenant_id = $1
            and incident_id = $2
          order by array_position(array['critical', 'high', 'medium', 'low', 'informational'], severity),
                   first_seen,
                   id
          limit 1) as worst
"""

SELECT_WHOLE: Final[LiteralString] = """
with recursive chain as (
  select id,
         number,
         merged_into,
         1 as depth
    from wf.incidents
   where tenant_id = $1
     and id = $2
   union all
  select i.id,
         i.number,
         i.merged_into,
         c.depth + 1
    from chain c
    join wf.incidents i
      on i.tenant_id = $1
     and i.id = c.merged_into
   where c.depth < 1000)
select c.id,
       c.number,
       t.code
  from chain c
  join wf.tenants t
    on t.tenant_id = $1
 where c.merged_into is null
"""

SELECT_PARTS: Final[LiteralString] = """
select i.number,
       t.code
  from wf.incident_merges m
  join wf.incidents i
    on i.tenant_id = $1
   and i.id = m.incident_id
  join wf.tenants t
    on t.tenant_id = $1
 where m.tenant_id = $1
   and m.into_id = $2
 order by i.number
 limit $3
"""

SELECT_ALERTS_OF_RULE: Final[LiteralString] = """
select id
  from wf.alerts
 where tenant_id = $1
   and incident_id = $2
   and (rule_id = $3 or lower(title) = lower($3))
"""

SELECT_ALERTS_NAMING: Final[LiteralString] = """
select a.id
  from wf.alerts a
 where a.tenant_id = $1
   and a.incident_id = $2
   and exists (
         select
           from wf.alert_entities e
          where e.tenant_id = $1
            and e.alert_id = a.id
            and e.kind = $3
            and e.value_index = $4)
"""

COUNT_ALERTS: Final[LiteralString] = """
select count(*)
  from wf.alerts
 where tenant_id = $1
   and incident_id = $2
"""

SELECT_NAMED_BY_ALERTS: Final[LiteralString] = """
select e.kind,
       e.value_index,
       min(a.first_seen) as first_seen,
       max(a.last_seen) as last_seen
  from wf.alerts a
  join wf.alert_entities e
    on e.tenant_id = $1
   and e.alert_id = a.id
 where a.tenant_id = $1
   and a.incident_id = $2
 group by e.kind,
          e.value_index
 order by min(a.first_seen),
          e.kind,
          e.value_index
"""

SELECT_SEALED: Final[LiteralString] = """
select incident_id,
       kind,
       value_index,
       value,
       first_seen,
       last_seen
  from wf.incident_entities
 where tenant_id = $1
   and incident_id = any($2::uuid[])
"""

DELETE_ENTITIES: Final[LiteralString] = """
delete from wf.incident_entities
 where tenant_id = $1
   and incident_id = $2
"""


class MergeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A merge that stands: into which incident, and from which state."""

    into_id: UUID
    state: Literal["new", "acknowledged", "contained", "resolved"]


class ContentRow(msgspec.Struct, frozen=True, kw_only=True):
    """What an incident's alerts come to: the worst of them, how many they are, and the time that they span."""

    title: str
    severity: Severity
    rule_id: str
    alert_id: UUID
    alerts: int
    first_seen: datetime
    last_seen: datetime


class WholeRow(msgspec.Struct, frozen=True, kw_only=True):
    """The incident of which another is a part in the end."""

    id: UUID
    number: int
    code: str


class PartRow(msgspec.Struct, frozen=True, kw_only=True):
    """An incident that is part of another."""

    number: int
    code: str


class SpanRow(msgspec.Struct, frozen=True, kw_only=True):
    """An entity that an incident's alerts name, and when they saw it."""

    kind: EntityKind
    value_index: bytes
    first_seen: datetime
    last_seen: datetime


class SealedRow(msgspec.Struct, frozen=True, kw_only=True):
    """An entity of an incident, sealed."""

    incident_id: UUID
    kind: EntityKind
    value_index: bytes
    value: bytes
    first_seen: datetime
    last_seen: datetime


async def insert_merge(tx: TenantTx, incident_id: UUID, *, into: UUID, state: str) -> None:
    """Notes a merge, and which alerts come by it."""
    await tx.execute(INSERT_MERGE, tx.tenant_id, incident_id, into, state)
    await tx.execute(NOTE_ALERTS, tx.tenant_id, incident_id)


async def select_merge(tx: TenantTx, incident_id: UUID) -> MergeRow | None:
    """The merge by which an incident is part of another."""
    return await tx.row(MergeRow, SELECT_MERGE, tx.tenant_id, incident_id)


async def delete_merge(tx: TenantTx, incident_id: UUID) -> None:
    """Forgets a merge."""
    await tx.execute(FORGET_ALERTS, tx.tenant_id, incident_id)
    await tx.execute(DELETE_MERGE, tx.tenant_id, incident_id)


async def move_all(tx: TenantTx, incident_id: UUID, *, into: UUID) -> int:
    """Moves an incident's alerts into another; returns how many."""
    return await tx.execute(MOVE_ALL, tx.tenant_id, incident_id, into)


async def return_alerts(tx: TenantTx, incident_id: UUID, *, of: UUID) -> int:
    """Moves the alerts that came by a merge and are still there back; returns how many."""
    return await tx.execute(RETURN_ALERTS, tx.tenant_id, incident_id, of)


async def update_merged(tx: TenantTx, incident_id: UUID, *, into: UUID) -> None:
    """Closes an incident as a part of another."""
    await tx.execute(UPDATE_MERGED, tx.tenant_id, incident_id, into)


async def update_unmerged(tx: TenantTx, incident_id: UUID, *, state: str) -> None:
    """Lets an incident stand for itself again."""
    await tx.execute(UPDATE_UNMERGED, tx.tenant_id, incident_id, state)


async def update_content(
    tx: TenantTx, incident_id: UUID, *, title: str, severity: str, first_event_at: datetime, last_event_at: datetime
) -> None:
    """Sets what alerts make of an incident."""
    await tx.execute(UPDATE_CONTENT, tx.tenant_id, incident_id, title, severity, first_event_at, last_event_at)


async def update_rating(tx: TenantTx, incident_id: UUID, *, severity: str, rated_from: str) -> None:
    """Sets the severity that a person gave, and the worst alert's that the person saw."""
    await tx.execute(UPDATE_RATING, tx.tenant_id, incident_id, severity, rated_from)


async def select_content(tx: TenantTx, incident_id: UUID) -> ContentRow | None:
    """What the incident's alerts come to, or None when it has none."""
    return await tx.row(ContentRow, SELECT_CONTENT, tx.tenant_id, incident_id)


async def select_whole(tx: TenantTx, incident_id: UUID) -> WholeRow | None:
    """The incident of which this one is a part in the end; itself if it is none."""
    return await tx.row(WholeRow, SELECT_WHOLE, tx.tenant_id, incident_id)


async def select_parts(tx: TenantTx, incident_id: UUID, *, limit: int) -> list[PartRow]:
    """The incidents that were merged into this one."""
    return await tx.rows(PartRow, SELECT_PARTS, tx.tenant_id, incident_id, limit)


async def select_alerts_of_rule(tx: TenantTx, incident_id: UUID, rule: str) -> list[UUID]:
    """The incident's alerts of a rule, by its id or title."""
    return await tx.values(UUID, SELECT_ALERTS_OF_RULE, tx.tenant_id, incident_id, rule)


async def select_alerts_naming(tx: TenantTx, incident_id: UUID, kind: str, index: bytes) -> list[UUID]:
    """The incident's alerts that name an entity."""
    return await tx.values(UUID, SELECT_ALERTS_NAMING, tx.tenant_id, incident_id, kind, index)


async def count_alerts(tx: TenantTx, incident_id: UUID) -> int:
    """How many alerts an incident has."""
    return await tx.value(int, COUNT_ALERTS, tx.tenant_id, incident_id) or 0


async def select_named_by_alerts(tx: TenantTx, incident_id: UUID) -> list[SpanRow]:
    """What the incident's alerts name, that seen first first."""
    return await tx.rows(SpanRow, SELECT_NAMED_BY_ALERTS, tx.tenant_id, incident_id)


async def select_sealed(tx: TenantTx, incident_ids: Sequence[UUID]) -> list[SealedRow]:
    """The entities of incidents."""
    return await tx.rows(SealedRow, SELECT_SEALED, tx.tenant_id, incident_ids)


async def delete_entities(tx: TenantTx, incident_id: UUID) -> None:
    """Lets an incident name nothing."""
    await tx.execute(DELETE_ENTITIES, tx.tenant_id, incident_id)
