"""SQL of incidents and their timeline."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.incidents.incident import Incident
from watchfloor.kernel.db import TenantTx

SELECT_INCIDENT: Final[LiteralString] = """
select id,
       number,
       title,
       severity,
       state,
       assignee_id,
       verdict,
       verdict_reason,
       first_event_at,
       last_event_at,
       opened_at,
       acknowledged_at,
       contained_at,
       resolved_at,
       closed_at,
       revision,
       updated_at,
       rated_from,
       merged_into
  from wf.incidents
 where tenant_id = $1
   and id = $2
"""

SELECT_INCIDENT_ID: Final[LiteralString] = """
select i.id
  from wf.incidents i
  join wf.tenants t
    on t.tenant_id = i.tenant_id
 where i.tenant_id = $1
   and i.number = $2
   and t.code = $3
"""

LOCK_INCIDENTS: Final[LiteralString] = """
select id,
       number,
       title,
       severity,
       state,
       assignee_id,
       verdict,
       verdict_reason,
       first_event_at,
       last_event_at,
       opened_at,
       acknowledged_at,
       contained_at,
       resolved_at,
       closed_at,
       revision,
       updated_at,
       rated_from,
       merged_into
  from wf.incidents
 where tenant_id = $1
   and id = any($2::uuid[])
 order by id
   for update
"""

UPDATE_STATE: Final[LiteralString] = """
update wf.incidents
   set state = $3,
       assignee_id = $4,
       acknowledged_at = case when $3 = 'acknowledged' then coalesce(acknowledged_at, now()) else acknowledged_at end,
       contained_at = case when $3 = 'contained' then now() else contained_at end,
       resolved_at = case $3 when 'resolved' then now() when 'closed' then resolved_at end,
       closed_at = case when $3 = 'closed' then now() end,
       revision = revision + 1,
       updated_at = now()
 where tenant_id = $1
   and id = $2
"""

UPDATE_ASSIGNEE: Final[LiteralString] = """
update wf.incidents
   set assignee_id = $3,
       revision = revision + 1,
       updated_at = now()
 where tenant_id = $1
   and id = $2
"""

UPDATE_VERDICT: Final[LiteralString] = """
update wf.incidents
   set verdict = $3,
       verdict_reason = $4,
       revision = revision + 1,
       updated_at = now()
 where tenant_id = $1
   and id = $2
"""

UPDATE_REVISION: Final[LiteralString] = """
update wf.incidents
   set revision = revision + 1,
       updated_at = now()
 where tenant_id = $1
   and id = $2
"""

INSERT_TIMELINE: Final[LiteralString] = """
insert into wf.incident_timeline (tenant_id, id, incident_id, kind, actor_kind, actor_id, body, at)
values ($1, $2, $3, $4, $5, $6, $7, greatest(now(), (
  select max(at) + interval '1 microsecond'
    from wf.incident_timeline
   where tenant_id = $1
     and incident_id = $3)))
on conflict (tenant_id, id) do nothing
"""

SELECT_TIMELINE: Final[LiteralString] = """
select id,
       at,
       kind,
       actor_kind,
       actor_id,
       body
  from wf.incident_timeline
 where tenant_id = $1
   and incident_id = $2
 order by at desc,
          id desc
 limit $3
"""

SELECT_CALLING: Final[LiteralString] = """
select code,
       (bundle -> 'sla')::text as sla
  from wf.tenants
 where tenant_id = $1
"""


class CallingRow(msgspec.Struct, frozen=True, kw_only=True):
    """The tenant's code, and the JSON of its bundle's SLA."""

    code: str
    sla: str | None


class NewEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `wf.incident_timeline`. The order is that of INSERT_TIMELINE.

    An entry stands behind all that were written before it, also by a transaction that began later.
    """

    id: UUID
    incident_id: UUID
    kind: str
    actor_kind: str
    actor_id: str
    body: bytes


class EntryRow(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of a timeline, sealed."""

    id: UUID
    at: datetime
    kind: str
    actor_kind: str
    actor_id: str
    body: bytes


async def select_incident(tx: TenantTx, incident_id: UUID) -> Incident | None:
    """One incident."""
    return await tx.row(Incident, SELECT_INCIDENT, tx.tenant_id, incident_id)


async def select_incident_id(tx: TenantTx, *, code: str, number: int) -> UUID | None:
    """The incident with this number, if the code is the tenant's own."""
    return await tx.value(UUID, SELECT_INCIDENT_ID, tx.tenant_id, number, code)


async def lock_incidents(tx: TenantTx, incident_ids: Sequence[UUID]) -> list[Incident]:
    """The incidents, locked in the order of their ids until the transaction ends, as they stand now."""
    return await tx.rows(Incident, LOCK_INCIDENTS, tx.tenant_id, incident_ids)


async def update_state(tx: TenantTx, incident_id: UUID, *, state: str, assignee_id: UUID | None) -> None:
    """Moves an incident to a state and stamps the stage."""
    await tx.execute(UPDATE_STATE, tx.tenant_id, incident_id, state, assignee_id)


async def update_assignee(tx: TenantTx, incident_id: UUID, *, assignee_id: UUID) -> None:
    """Puts a person in charge."""
    await tx.execute(UPDATE_ASSIGNEE, tx.tenant_id, incident_id, assignee_id)


async def update_verdict(tx: TenantTx, incident_id: UUID, *, verdict: str, reason: bytes) -> None:
    """Sets the verdict with its sealed reason."""
    await tx.execute(UPDATE_VERDICT, tx.tenant_id, incident_id, verdict, reason)


async def update_revision(tx: TenantTx, incident_id: UUID) -> None:
    """Counts a change that is kept elsewhere, such as a note."""
    await tx.execute(UPDATE_REVISION, tx.tenant_id, incident_id)


async def insert_entry(tx: TenantTx, entry: NewEntry) -> bool:
    """Adds an entry to a timeline. False when an entry with its id stands there already."""
    return await tx.execute(INSERT_TIMELINE, tx.tenant_id, *msgspec.structs.astuple(entry)) == 1


async def select_timeline(tx: TenantTx, incident_id: UUID, *, limit: int) -> list[EntryRow]:
    """The newest entries of a timeline, the newest first."""
    return await tx.rows(EntryRow, SELECT_TIMELINE, tx.tenant_id, incident_id, limit)


async def select_calling(tx: TenantTx) -> CallingRow | None:
    """What a page about the tenant's incidents must know."""
    return await tx.row(CallingRow, SELECT_CALLING, tx.tenant_id)
