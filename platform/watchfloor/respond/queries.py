"""SQL of response actions, their votes, and the blocklist."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import ActionId, IncidentId
from watchfloor.respond.action import Action
from watchfloor.respond.policy import Side

SELECT_RESPONSE: Final[LiteralString] = """
select (bundle -> 'response')::text
  from wf.tenants
 where tenant_id = $1
"""

NEXT_NUMBER: Final[LiteralString] = """
select number + 1
  from wf.actions
 where tenant_id = $1
   and incident_id = $2
 order by number desc
 limit 1
"""

INSERT_ACTION: Final[LiteralString] = """
insert into wf.actions (
  tenant_id, id, incident_id, number, kind, target_kind, target_index, payload, payload_hash, state, decision, executor,
  requested_by, undoes, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'proposed', $10, $11, $12, $13, now() + $14::interval)
on conflict do nothing
"""

_ACTIONS: Final[LiteralString] = """
select id,
       incident_id,
       number,
       kind,
       target_kind,
       target_index,
       payload,
       payload_hash,
       case when state = 'proposed' and expires_at <= clock_timestamp() then 'expired' else state end as state,
       decision,
       executor,
       requested_by,
       requested_at,
       expires_at,
       approved_at,
       ended_at,
       undoes,
       question_id,
       outcome
  from wf.actions
 where tenant_id = $1"""

SELECT_ACTION: Final[LiteralString] = (
    _ACTIONS
    + """
   and id = $2
"""
)

LOCK_ACTION: Final[LiteralString] = (
    _ACTIONS
    + """
   and id = $2
   for update
"""
)

SELECT_UNDER_WAY: Final[LiteralString] = (
    _ACTIONS
    + """
   and kind = $2
   and target_index = any($3::bytea[])
   and state in ('proposed', 'approved', 'running')
 order by id
 limit 1
"""
)

SELECT_OF_INCIDENT: Final[LiteralString] = (
    _ACTIONS
    + """
   and incident_id = $2
 order by number desc
 limit $3
"""
)

SELECT_WAITING: Final[LiteralString] = (
    _ACTIONS
    + """
   and state = 'proposed'
   and expires_at > clock_timestamp()
 order by expires_at
 limit $2
"""
)

COUNT_WAITING: Final[LiteralString] = """
select count(*)
  from wf.actions a
 where a.tenant_id = $1
   and a.state = 'proposed'
   and a.expires_at > clock_timestamp()
"""

SELECT_ACTIONS: Final[LiteralString] = (
    _ACTIONS
    + """
   and id < $2
 order by id desc
 limit $3
"""
)

SELECT_LATE: Final[LiteralString] = """
select id
  from wf.actions
 where tenant_id = $1
   and state = 'proposed'
   and expires_at <= clock_timestamp()
 order by expires_at
 limit $2
"""

SELECT_ASKED: Final[LiteralString] = """
select id
  from wf.actions
 where tenant_id = $1
   and state = 'running'
   and question_id is not null
 order by id
 limit $2
"""

APPROVE_ACTION: Final[LiteralString] = """
update wf.actions
   set state = $3,
       approved_at = clock_timestamp()
 where tenant_id = $1
   and id = $2
   and state = 'proposed'
   and expires_at > clock_timestamp()
"""

RUN_ACTION: Final[LiteralString] = """
update wf.actions
   set state = 'running',
       executor = $3,
       question_id = $4
 where tenant_id = $1
   and id = $2
   and state = 'approved'
"""

END_ACTION: Final[LiteralString] = """
update wf.actions
   set state = $3,
       outcome = $4,
       ended_at = clock_timestamp()
 where tenant_id = $1
   and id = $2
   and state in ('proposed', 'approved', 'running')
"""

INSERT_VOTE: Final[LiteralString] = """
insert into wf.action_votes (tenant_id, action_id, person_id, vote, side, payload_hash)
values ($1, $2, $3, $4, $5, $6)
on conflict (tenant_id, action_id, person_id) do nothing
"""

SELECT_APPROVALS: Final[LiteralString] = """
select v.side
  from wf.action_votes v
  join wf.actions a
    on a.tenant_id = v.tenant_id
   and a.id = v.action_id
 where v.tenant_id = $1
   and v.action_id = $2
   and v.vote = 'approve'
   and v.payload_hash = a.payload_hash
   and v.person_id <> a.requested_by
 order by v.at,
          v.person_id
"""


class NewAction(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `wf.actions`. The order is that of INSERT_ACTION."""

    id: ActionId
    incident_id: IncidentId
    number: int
    kind: str
    target_kind: str
    target_index: bytes
    payload: bytes
    payload_hash: bytes
    decision: str
    executor: str
    requested_by: UUID
    undoes: UUID | None
    expires_within: timedelta


async def select_response(tx: TenantTx) -> str | None:
    """The policy on response in the tenant's bundle, as JSON; None when nothing was agreed."""
    return await tx.value(str, SELECT_RESPONSE, tx.tenant_id)


async def next_number(tx: TenantTx, incident_id: IncidentId) -> int:
    """The number of the incident's next action. The incident must be locked."""
    return await tx.value(int, NEXT_NUMBER, tx.tenant_id, incident_id) or 1


async def insert_action(tx: TenantTx, action: NewAction) -> bool:
    """Adds a proposal. False when the same is under way against the same target."""
    return await tx.execute(INSERT_ACTION, tx.tenant_id, *msgspec.structs.astuple(action)) == 1


async def select_action(tx: TenantTx, action_id: UUID) -> Action | None:
    """One action."""
    return await tx.row(Action, SELECT_ACTION, tx.tenant_id, action_id)


async def lock_action(tx: TenantTx, action_id: UUID) -> Action | None:
    """One action, locked until the transaction ends."""
    return await tx.row(Action, LOCK_ACTION, tx.tenant_id, action_id)


async def select_under_way(tx: TenantTx, kind: str, indexes: Sequence[bytes]) -> Action | None:
    """What is under way of this kind against this target."""
    return await tx.row(Action, SELECT_UNDER_WAY, tx.tenant_id, kind, list(indexes))


async def select_of_incident(tx: TenantTx, incident_id: IncidentId, *, limit: int) -> list[Action]:
    """An incident's actions, the newest first."""
    return await tx.rows(Action, SELECT_OF_INCIDENT, tx.tenant_id, incident_id, limit)


async def count_waiting(tx: TenantTx) -> int:
    """How many actions wait for somebody to agree."""
    return await tx.value(int, COUNT_WAITING, tx.tenant_id) or 0


async def select_waiting(tx: TenantTx, *, limit: int) -> list[Action]:
    """All proposals of the tenant that wait for somebody, those that expire first first."""
    return await tx.rows(Action, SELECT_WAITING, tx.tenant_id, limit)


async def select_actions(tx: TenantTx, *, before: UUID, limit: int) -> list[Action]:
    """The tenant's actions before an id, the newest first."""
    return await tx.rows(Action, SELECT_ACTIONS, tx.tenant_id, before, limit)


async def select_late(tx: TenantTx, *, limit: int) -> list[UUID]:
    """Proposals whose time is over and whose row does not say so yet."""
    return await tx.values(UUID, SELECT_LATE, tx.tenant_id, limit)


async def select_asked(tx: TenantTx, *, limit: int) -> list[UUID]:
    """Actions that wait for a host's answer."""
    return await tx.values(UUID, SELECT_ASKED, tx.tenant_id, limit)


async def approve_action(tx: TenantTx, action_id: ActionId, *, state: str) -> bool:
    """Moves a proposal on. False when it is none any more, or its time is over."""
    return await tx.execute(APPROVE_ACTION, tx.tenant_id, action_id, state) == 1


async def run_action(tx: TenantTx, action_id: ActionId, *, executor: str, question_id: UUID | None) -> None:
    """Notes that an approved action is under way, by whose hand."""
    await tx.execute(RUN_ACTION, tx.tenant_id, action_id, executor, question_id)


async def end_action(tx: TenantTx, action_id: ActionId, *, state: str, outcome: bytes | None) -> bool:
    """Ends an action that is under way. False when it had ended."""
    return await tx.execute(END_ACTION, tx.tenant_id, action_id, state, outcome) == 1


async def insert_vote(
    tx: TenantTx, action_id: ActionId, person_id: UUID, *, vote: str, side: Side, payload_hash: bytes
) -> bool:
    """Adds a person's vote. False when that person has voted."""
    return await tx.execute(INSERT_VOTE, tx.tenant_id, action_id, person_id, vote, side, payload_hash) == 1


async def select_approvals(tx: TenantTx, action_id: ActionId) -> list[str]:
    """The sides of those who approved exactly what the action is now, without its requester."""
    return await tx.values(str, SELECT_APPROVALS, tx.tenant_id, action_id)
