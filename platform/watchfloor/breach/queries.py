"""SQL of breach cases, the incidents in them and their log."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx

SELECT_NOW: Final[LiteralString] = "select now()"

NEXT_NUMBER: Final[LiteralString] = """
insert into wf.counters as c (tenant_id, name, value)
values ($1, $2, 1)
on conflict (tenant_id, name) do update
   set value = c.value + 1
returning c.value
"""

SELECT_CONTROLLER: Final[LiteralString] = """
select name,
       language,
       time_zone,
       bundle #>> '{sla,business_hours,holidays,country}' as country,
       bundle #>> '{sla,business_hours,holidays,subdivision}' as subdivision,
       contacts
  from wf.tenants
 where tenant_id = $1
"""

INSERT_CASE: Final[LiteralString] = """
insert into wf.breach_cases (
  tenant_id, id, year, number, status, telling, version, document, created_by, updated_by)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
"""

UPDATE_CASE: Final[LiteralString] = """
update wf.breach_cases
   set status = $3,
       telling = $4,
       version = $5,
       document = $6,
       updated_at = now(),
       updated_by = $7
 where tenant_id = $1
   and id = $2
   and version = $5 - 1
"""

SELECT_CASE: Final[LiteralString] = """
select id,
       document
  from wf.breach_cases
 where tenant_id = $1
   and id = $2
"""

LOCK_CASE: Final[LiteralString] = """
select id,
       document
  from wf.breach_cases
 where tenant_id = $1
   and id = $2
   for update
"""

SELECT_CASE_ID: Final[LiteralString] = """
select id
  from wf.breach_cases
 where tenant_id = $1
   and year = $2
   and number = $3
"""

SELECT_PAGE: Final[LiteralString] = """
select id,
       document
  from wf.breach_cases
 where tenant_id = $1
   and id < $2
 order by id desc
 limit $3
"""

SELECT_OPEN: Final[LiteralString] = """
select id,
       document
  from wf.breach_cases
 where tenant_id = $1
   and status not in ('not_a_breach', 'closed')
 order by updated_at
 limit $2
"""

SELECT_OF_INCIDENTS: Final[LiteralString] = """
select i.incident_id,
       i.case_id,
       c.year,
       c.number
  from wf.breach_incidents i
  join wf.breach_cases c
    on c.tenant_id = $1
   and c.id = i.case_id
 where i.tenant_id = $1
   and i.incident_id = any($2::uuid[])
 order by i.incident_id
"""

INSERT_INCIDENTS: Final[LiteralString] = """
insert into wf.breach_incidents (tenant_id, case_id, incident_id, added_by)
select $1,
       $2,
       incident_id,
       $4
  from unnest($3::uuid[]) as incident_id
"""

INSERT_ENTRY: Final[LiteralString] = """
insert into wf.breach_entries (
  tenant_id, id, case_id, version, place, kind, path, before, after, actor_kind, actor_id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""

SELECT_ENTRIES: Final[LiteralString] = """
select id,
       version,
       place,
       kind,
       path,
       before,
       after,
       actor_kind,
       actor_id,
       at
  from wf.breach_entries
 where tenant_id = $1
   and case_id = $2
   and version > $3
 order by version,
          place
 limit $4
"""

SELECT_ENTITIES: Final[LiteralString] = """
select e.incident_id,
       e.kind,
       e.value_index,
       e.value,
       e.first_seen,
       (select w.weight
          from wf.asset_weights w
         where w.tenant_id = $1
           and w.kind = e.kind
           and w.value_index = e.value_index) as weight
  from wf.incident_entities e
 where e.tenant_id = $1
   and e.incident_id = any($2::uuid[])
   and e.kind = any($3::text[])
 order by e.first_seen,
          e.kind,
          e.value_index
 limit $4
"""

SELECT_FIRST_EVENTS: Final[LiteralString] = """
select a.alert_id,
       e.event_key,
       e.source,
       e.body
  from unnest($2::uuid[]) as a (alert_id)
 cross join lateral (
       select event_key,
              source,
              body
         from wf.alert_events
        where tenant_id = $1
          and alert_id = a.alert_id
          and body is not null
        order by occurred_at,
                 event_key
        limit 1) e
"""


class ControllerRow(msgspec.Struct, frozen=True, kw_only=True):
    """What is on record of the customer; `contacts` is sealed."""

    name: str
    language: str
    time_zone: str
    country: str | None
    subdivision: str | None
    contacts: bytes | None


class CaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """A case, sealed."""

    id: UUID
    document: bytes


class OfIncidentRow(msgspec.Struct, frozen=True, kw_only=True):
    """The case in which an incident is."""

    incident_id: UUID
    case_id: UUID
    year: int
    number: int


class EntityRow(msgspec.Struct, frozen=True, kw_only=True):
    """A thing that an incident names, sealed there; `weight` where somebody said what it is worth."""

    incident_id: UUID
    kind: str
    value_index: bytes
    value: bytes
    first_seen: datetime
    weight: str | None


class FirstEventRow(msgspec.Struct, frozen=True, kw_only=True):
    """The first event that an alert keeps whole, sealed."""

    alert_id: UUID
    event_key: bytes
    source: str
    body: bytes


class NewEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `wf.breach_entries`. The order is that of INSERT_ENTRY."""

    id: UUID
    case_id: UUID
    version: int
    place: int
    kind: str
    path: str
    before: bytes | None
    after: bytes | None
    actor_kind: str
    actor_id: str


class EntryRow(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of a case's log, sealed."""

    id: UUID
    version: int
    place: int
    kind: str
    path: str
    before: bytes | None
    after: bytes | None
    actor_kind: str
    actor_id: str
    at: datetime


async def select_now(tx: TenantTx) -> datetime | None:
    """The transaction's time, which every row that it writes has."""
    return await tx.value(datetime, SELECT_NOW)


async def next_number(tx: TenantTx, year: int) -> int | None:
    """The next case's number in the year."""
    return await tx.value(int, NEXT_NUMBER, tx.tenant_id, f"breach.{year}")


async def select_controller(tx: TenantTx) -> ControllerRow | None:
    """The customer."""
    return await tx.row(ControllerRow, SELECT_CONTROLLER, tx.tenant_id)


async def insert_case(
    tx: TenantTx,
    case_id: UUID,
    *,
    year: int,
    number: int,
    status: str,
    telling: str,
    version: int,
    document: bytes,
    by: str,
) -> None:
    """Writes a new case."""
    await tx.execute(INSERT_CASE, tx.tenant_id, case_id, year, number, status, telling, version, document, by)


async def update_case(
    tx: TenantTx, case_id: UUID, *, status: str, telling: str, version: int, document: bytes, by: str
) -> bool:
    """Writes the next version. False when another one was written meanwhile."""
    return await tx.execute(UPDATE_CASE, tx.tenant_id, case_id, status, telling, version, document, by) == 1


async def select_case(tx: TenantTx, case_id: UUID) -> CaseRow | None:
    """One case."""
    return await tx.row(CaseRow, SELECT_CASE, tx.tenant_id, case_id)


async def lock_case(tx: TenantTx, case_id: UUID) -> CaseRow | None:
    """One case, locked until the transaction ends."""
    return await tx.row(CaseRow, LOCK_CASE, tx.tenant_id, case_id)


async def select_case_id(tx: TenantTx, *, year: int, number: int) -> UUID | None:
    """The case of that number."""
    return await tx.value(UUID, SELECT_CASE_ID, tx.tenant_id, year, number)


async def select_page(tx: TenantTx, *, before: UUID, limit: int) -> list[CaseRow]:
    """Cases, the newest first, of those made before `before`."""
    return await tx.rows(CaseRow, SELECT_PAGE, tx.tenant_id, before, limit)


async def select_open(tx: TenantTx, *, limit: int) -> list[CaseRow]:
    """Cases that are neither closed nor found to be no breach, the one longest untouched first."""
    return await tx.rows(CaseRow, SELECT_OPEN, tx.tenant_id, limit)


async def select_of_incidents(tx: TenantTx, incident_ids: Sequence[UUID]) -> list[OfIncidentRow]:
    """The cases in which any of these incidents is."""
    return await tx.rows(OfIncidentRow, SELECT_OF_INCIDENTS, tx.tenant_id, incident_ids)


async def insert_incidents(tx: TenantTx, case_id: UUID, incident_ids: Sequence[UUID], *, by: str) -> None:
    """Puts incidents into a case."""
    await tx.execute(INSERT_INCIDENTS, tx.tenant_id, case_id, incident_ids, by)


async def insert_entries(tx: TenantTx, entries: Sequence[NewEntry]) -> None:
    """Adds to the log."""
    await tx.execute_many(INSERT_ENTRY, [(tx.tenant_id, *msgspec.structs.astuple(entry)) for entry in entries])


async def select_entries(tx: TenantTx, case_id: UUID, *, after_version: int, limit: int) -> list[EntryRow]:
    """A case's log in order, of the versions after `after_version`."""
    return await tx.rows(EntryRow, SELECT_ENTRIES, tx.tenant_id, case_id, after_version, limit)


async def select_entities(
    tx: TenantTx, incident_ids: Sequence[UUID], *, kinds: Sequence[str], limit: int
) -> list[EntityRow]:
    """What the incidents name, of these kinds, in the order in which it was seen first."""
    return await tx.rows(EntityRow, SELECT_ENTITIES, tx.tenant_id, incident_ids, kinds, limit)


async def select_first_events(tx: TenantTx, alert_ids: Sequence[UUID]) -> list[FirstEventRow]:
    """The first event of each of these alerts, where it is kept whole."""
    return await tx.rows(FirstEventRow, SELECT_FIRST_EVENTS, tx.tenant_id, alert_ids)
