"""SQL of the assurance report in the tenant's records: who acted here, what was decided, told and delivered."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from reports.documents.assurance.facts import Addressee, Decision, Ended, Position, Restricted
from watchfloor.kernel.db import TenantTx

SELECT_ACTS: Final[LiteralString] = """
select actor_kind,
       actor_id,
       (at at time zone $4)::date as day,
       object_kind,
       array_agg(distinct as_role order by as_role) as roles,
       array_agg(distinct object_id) filter (where object_kind = 'incident') as incidents,
       bool_or(object_kind = any($7::text[])) as has_reason,
       count(*) filter (where action = any($8::text[])) as reads,
       count(*) filter (where action = any($9::text[])) as exports,
       count(*) filter (where action <> all($8::text[] || $9::text[])) as changes,
       min(seq) as first_entry,
       max(seq) as last_entry
  from wf.audit_entries
 where tenant_id = $1
   and at >= $2
   and at < $3
   and actor_kind in ('person', 'api_key')
   and (as_role = any($5::text[]) or actor_id = any($6::text[]))
   and action <> 'access.refused'
 group by actor_kind,
          actor_id,
          day,
          object_kind
 order by day,
          actor_id,
          object_kind
"""

SELECT_HANDS: Final[LiteralString] = """
select (at at time zone $4)::date as day,
       actor_id as account,
       action,
       object_kind,
       count(*) as number,
       min(seq) as first_entry,
       max(seq) as last_entry
  from wf.audit_entries
 where tenant_id = $1
   and at >= $2
   and at < $3
   and actor_kind = 'system'
   and as_role = 'operator'
 group by day,
          actor_id,
          action,
          object_kind
 order by day,
          first_entry
"""

SELECT_INCIDENTS: Final[LiteralString] = """
select id,
       number
  from wf.incidents
 where tenant_id = $1
   and id = any($2::uuid[])
"""

SELECT_CHANGES: Final[LiteralString] = """
select e.seq,
       e.id,
       e.at,
       e.action,
       e.actor_kind,
       e.actor_id,
       e.as_role,
       e.object_kind,
       e.object_id,
       d.sealed
  from wf.audit_entries e
  left join wf.audit_details d
    on d.tenant_id = e.tenant_id
   and d.seq = e.seq
 where e.tenant_id = $1
   and e.at >= $2
   and e.at < $3
   and e.object_kind in ('membership', 'api_key')
   and e.action = any($4::text[])
 order by e.seq
"""

SELECT_KEYS_MADE: Final[LiteralString] = """
select object_id
  from wf.audit_entries
 where tenant_id = $1
   and object_kind = 'api_key'
   and action = 'key.created'
   and as_role = any($2::text[])
"""

SELECT_DECIDED: Final[LiteralString] = """
select a.id,
       a.ended_at,
       i.number as incident,
       a.kind as action,
       a.decision,
       a.state
  from wf.actions a
  join wf.incidents i
    on i.tenant_id = a.tenant_id
   and i.id = a.incident_id
 where a.tenant_id = $1
   and a.state = any($4::text[])
   and a.requested_at < $3
   and a.ended_at >= $2
   and a.ended_at < $3
 order by a.ended_at,
          a.id
"""

SELECT_VOTES: Final[LiteralString] = """
select action_id,
       person_id,
       side,
       vote
  from wf.action_votes
 where tenant_id = $1
   and action_id = any($2::uuid[])
 order by at,
          person_id
"""

SELECT_RESTRICTED: Final[LiteralString] = """
select count(distinct incident_id) as incidents,
       count(distinct person_id) as people
  from wf.incident_circles
 where tenant_id = $1
"""

SELECT_NOTICES: Final[LiteralString] = """
select n.id,
       case when n.kind = 'breach_notice' then 'customer' else 'authority' end as addressee,
       n.drafted_at,
       s.happened_at as sent_at
  from wf.breach_notices n
  left join wf.breach_notice_steps s
    on s.tenant_id = n.tenant_id
   and s.notice_id = n.id
   and s.step = 'sent'
   and s.happened_at >= $2
   and s.happened_at < $3
 where n.tenant_id = $1
   and (n.kind = 'breach_notice' or n.regime = $4)
   and ((n.drafted_at >= $2 and n.drafted_at < $3) or s.happened_at is not null)
 order by n.drafted_at,
          n.id
"""

SELECT_DELIVERED: Final[LiteralString] = """
select id,
       kind,
       ready_at,
       encode(sha256, 'hex') as sha256
  from wf.reports
 where tenant_id = $1
   and ready_at >= $2
   and ready_at < $3
   and state = 'ready'
 order by ready_at,
          id
"""


class ActsRow(msgspec.Struct, frozen=True, kw_only=True):
    """A day of somebody's acts on one kind of object."""

    actor_kind: str
    actor_id: str
    day: date
    object_kind: str
    roles: list[Position]
    incidents: list[str] | None
    has_reason: bool
    reads: int
    exports: int
    changes: int
    first_entry: int
    last_entry: int


class HandRow(msgspec.Struct, frozen=True, kw_only=True):
    """A day's acts of one kind from the servers' command line."""

    day: date
    account: str
    action: str
    object_kind: str
    number: int
    first_entry: int
    last_entry: int


class IncidentRow(msgspec.Struct, frozen=True, kw_only=True):
    """An incident's number."""

    id: UUID
    number: int


class ChangeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a membership or a key. `sealed` is the entry's detail, with the tenant's key."""

    seq: int
    id: UUID
    at: datetime
    action: str
    actor_kind: str
    actor_id: str
    as_role: str
    object_kind: str
    object_id: str
    sealed: bytes | None


class DecidedRow(msgspec.Struct, frozen=True, kw_only=True):
    """An action that ended."""

    id: UUID
    ended_at: datetime
    incident: int
    action: str
    decision: Decision
    state: Ended


class VoteRow(msgspec.Struct, frozen=True, kw_only=True):
    """A vote on an action."""

    action_id: UUID
    person_id: UUID
    side: str
    vote: str


class NoticeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A notice; `sent_at` when that was in the period."""

    id: UUID
    addressee: Addressee
    drafted_at: datetime
    sent_at: datetime | None


class DeliveredRow(msgspec.Struct, frozen=True, kw_only=True):
    """A finished report."""

    id: UUID
    kind: str
    ready_at: datetime
    sha256: str


async def select_acts(
    tx: TenantTx,
    begin: datetime,
    end: datetime,
    *,
    zone: str,
    roles: Sequence[str],
    actors: Sequence[str],
    reasons: Sequence[str],
    reads: Sequence[str],
    exports: Sequence[str],
) -> list[ActsRow]:
    """Acts under these roles or of these actors; an entry about one of the kinds `reasons` gives the reason."""
    return await tx.rows(ActsRow, SELECT_ACTS, tx.tenant_id, begin, end, zone, roles, actors, reasons, reads, exports)


async def select_hands(tx: TenantTx, begin: datetime, end: datetime, *, zone: str) -> list[HandRow]:
    """Acts from the servers' command line."""
    return await tx.rows(HandRow, SELECT_HANDS, tx.tenant_id, begin, end, zone)


async def select_incidents(tx: TenantTx, incidents: Sequence[UUID]) -> list[IncidentRow]:
    """The numbers of incidents."""
    return await tx.rows(IncidentRow, SELECT_INCIDENTS, tx.tenant_id, incidents)


async def select_changes(tx: TenantTx, begin: datetime, end: datetime, *, actions: Sequence[str]) -> list[ChangeRow]:
    """Changes of memberships and keys."""
    return await tx.rows(ChangeRow, SELECT_CHANGES, tx.tenant_id, begin, end, actions)


async def select_keys_made(tx: TenantTx, *, roles: Sequence[str]) -> list[str]:
    """The keys that were ever made under these roles, as the log says."""
    return await tx.values(str, SELECT_KEYS_MADE, tx.tenant_id, roles)


async def select_decided(tx: TenantTx, begin: datetime, end: datetime, *, states: Sequence[Ended]) -> list[DecidedRow]:
    """Actions that ended in the period."""
    return await tx.rows(DecidedRow, SELECT_DECIDED, tx.tenant_id, begin, end, states)


async def select_votes(tx: TenantTx, actions: Sequence[UUID]) -> list[VoteRow]:
    """The votes on these actions."""
    return await tx.rows(VoteRow, SELECT_VOTES, tx.tenant_id, actions)


async def select_restricted(tx: TenantTx) -> Restricted:
    """Restricted incidents as they stand."""
    found = await tx.row(Restricted, SELECT_RESTRICTED, tx.tenant_id)
    return Restricted(incidents=0, people=0) if found is None else found


async def select_notices(tx: TenantTx, begin: datetime, end: datetime, *, own_regime: str) -> list[NoticeRow]:
    """Notices to the controller, and of the provider's own duty, that were drafted or sent in the period."""
    return await tx.rows(NoticeRow, SELECT_NOTICES, tx.tenant_id, begin, end, own_regime)


async def select_delivered(tx: TenantTx, begin: datetime, end: datetime) -> list[DeliveredRow]:
    """Finished reports."""
    return await tx.rows(DeliveredRow, SELECT_DELIVERED, tx.tenant_id, begin, end)
