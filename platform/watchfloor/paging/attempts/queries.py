"""SQL of the steps of pages: planned, taken, ended. Times are the database's (Q8)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx
from watchfloor.paging.lane import LaneName

SETTLE_PAGES: Final[LiteralString] = """
update wf.pages p
   set ended_at = now(),
       ended_because = case when i.state in ('resolved', 'closed') then 'done' else 'taken' end
  from wf.incidents i
 where p.tenant_id = $1
   and p.ended_at is null
   and i.tenant_id = $1
   and i.id = p.subject_id
   and (i.state in ('resolved', 'closed')
        or p.ends_with = 'taken' and (i.state <> 'new' or i.assignee_id is not null))
"""

CANCEL_STEPS: Final[LiteralString] = """
update wf.page_steps s
   set state = 'cancelled',
       held_until = null,
       outcome = 'somebody answered first'
  from wf.pages p
 where s.tenant_id = $1
   and (s.state = 'due' or s.state = 'taken' and s.held_until <= now())
   and p.tenant_id = $1
   and p.id = s.page_id
   and p.ended_at is not null
"""

LOCK_UNPLANNED: Final[LiteralString] = """
select id,
       ladder,
       raised_at
  from wf.pages
 where tenant_id = $1
   and ended_at is null
   and planned_at is null
 order by raised_at
 limit $2
   for update skip locked
"""

NOTE_PLANNED: Final[LiteralString] = """
update wf.pages
   set planned_at = now()
 where tenant_id = $1
   and id = $2
"""

INSERT_STEP: Final[LiteralString] = """
insert into wf.page_steps (tenant_id, id, page_id, rung, recipient, lane, due_at)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (tenant_id, page_id, rung, recipient, lane) do nothing
"""

INSERT_NEXT_STEP: Final[LiteralString] = """
insert into wf.page_steps (tenant_id, id, page_id, rung, recipient, lane, due_at)
values ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7))
on conflict (tenant_id, page_id, rung, recipient, lane) do nothing
"""

OVERTAKE_CHAT: Final[LiteralString] = """
update wf.page_steps
   set state = 'passed',
       held_until = null,
       outcome = 'the chat did not take it in time'
 where tenant_id = $1
   and lane = 'chat'
   and due_at <= now() - make_interval(secs => $2)
   and (state = 'due' or state = 'taken' and held_until <= now())
returning id,
          page_id,
          rung,
          recipient,
          lane
"""

DROP_OVERTAKEN: Final[LiteralString] = """
update wf.page_steps s
   set state = 'cancelled',
       outcome = 'a later step was due first'
 where s.tenant_id = $1
   and s.state = 'due'
   and s.due_at <= now() - interval '60 seconds'
   and exists (
         select
           from wf.page_steps l
          where l.tenant_id = $1
            and l.page_id = s.page_id
            and l.recipient = s.recipient
            and l.rung > s.rung
            and l.due_at <= now()
            and l.state = 'due')
"""

GIVE_UP_HANDING: Final[LiteralString] = """
update wf.page_steps
   set state = 'uncertain',
       held_until = null,
       outcome = 'the sender died while it left'
 where tenant_id = $1
   and state = 'handing'
   and due_at <= now()
   and held_until <= now()
returning id,
          page_id,
          rung,
          recipient,
          lane
"""

LOCK_DUE_STEPS: Final[LiteralString] = """
select s.id,
       s.page_id,
       s.rung,
       s.recipient,
       s.lane,
       s.person_id,
       p.named_id,
       p.reason,
       p.urgency,
       p.ref,
       p.summary,
       p.raised_at,
       p.answer_by,
       now() as at
  from wf.page_steps s
  join wf.pages p
    on p.tenant_id = s.tenant_id
   and p.id = s.page_id
 where s.tenant_id = $1
   and s.lane = any($2::text[])
   and s.due_at <= now()
   and (s.state = 'due' and coalesce(s.held_until, s.due_at) <= now()
        or s.state = 'taken' and s.held_until <= now())
   and p.ended_at is null
   and not exists (
         select
           from wf.incidents i
          where i.tenant_id = $1
            and i.id = p.subject_id
            and (i.state in ('resolved', 'closed')
                 or p.ends_with = 'taken' and (i.state <> 'new' or i.assignee_id is not null)))
 order by s.due_at,
          s.rung,
          s.id
 limit $3
   for update of s skip locked
"""

HOLD_STEP: Final[LiteralString] = """
update wf.page_steps s
   set state = 'taken',
       attempts = s.attempts + 1,
       held_until = now() + make_interval(secs => $3),
       person_id = $4
 where s.tenant_id = $1
   and s.id = $2
   and not exists (
         select
           from wf.page_steps o
          where o.tenant_id = $1
            and o.page_id = s.page_id
            and o.rung = s.rung
            and o.lane = s.lane
            and o.person_id = $4
            and o.id <> s.id)
returning s.attempts
"""

CANCEL_STEP: Final[LiteralString] = """
update wf.page_steps
   set state = 'cancelled',
       held_until = null,
       outcome = $3
 where tenant_id = $1
   and id = $2
"""

NOTE_HANDING: Final[LiteralString] = """
update wf.page_steps
   set state = 'handing',
       held_until = now() + make_interval(secs => $4)
 where tenant_id = $1
   and id = $2
   and attempts = $3
   and state = 'taken'
   and held_until > now()
"""

NOTE_SENT: Final[LiteralString] = """
update wf.page_steps
   set state = 'sent',
       sent_at = now(),
       held_until = null,
       outcome = $4
 where tenant_id = $1
   and id = $2
   and attempts = $3
   and state in ('taken', 'handing', 'uncertain')
"""

NOTE_UNSENT: Final[LiteralString] = """
update wf.page_steps
   set state = $4,
       held_until = case when $4 = 'due' then now() + make_interval(secs => $6) end,
       outcome = $5
 where tenant_id = $1
   and id = $2
   and attempts = $3
   and state in ('taken', 'handing')
"""

SELECT_SECONDS_TO_NEXT: Final[LiteralString] = """
select extract(epoch from min(case
         when lane = 'chat' then greatest(due_at + make_interval(secs => $2), coalesce(held_until, due_at))
         else greatest(due_at, coalesce(held_until, due_at)) end) - now())::double precision
  from wf.page_steps
 where tenant_id = $1
   and state in ('due', 'taken', 'handing')
"""


class UnplannedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A page whose steps are not written yet."""

    id: UUID
    ladder: str
    raised_at: datetime


class StepPlace(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt, and where in its page it stands."""

    id: UUID
    page_id: UUID
    rung: int
    recipient: str
    lane: LaneName


class DueRow(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt to be made now, with what its page says; `at` is the database's time."""

    id: UUID
    page_id: UUID
    rung: int
    recipient: str
    lane: LaneName
    person_id: UUID | None
    named_id: UUID | None
    reason: str
    urgency: str
    ref: str
    summary: str
    raised_at: datetime
    answer_by: datetime | None
    at: datetime


async def settle_pages(tx: TenantTx) -> None:
    """Ends the pages whose incident was taken up or finished, and drops what was still to be sent."""
    await tx.execute(SETTLE_PAGES, tx.tenant_id)
    await tx.execute(CANCEL_STEPS, tx.tenant_id)


async def lock_unplanned(tx: TenantTx, *, limit: int) -> list[UnplannedRow]:
    """Pages without steps, locked; other workers skip them."""
    return await tx.rows(UnplannedRow, LOCK_UNPLANNED, tx.tenant_id, limit)


async def note_planned(tx: TenantTx, page_id: UUID) -> None:
    """Notes that the page's steps are written."""
    await tx.execute(NOTE_PLANNED, tx.tenant_id, page_id)


async def insert_steps(tx: TenantTx, places: Sequence[StepPlace], due_at: Sequence[datetime]) -> None:
    """Writes steps, each with its own time; those that stand already stay."""
    await tx.execute_many(
        INSERT_STEP,
        [
            (tx.tenant_id, place.id, place.page_id, place.rung, place.recipient, place.lane, at)
            for place, at in zip(places, due_at, strict=True)
        ],
    )


async def insert_next_step(tx: TenantTx, place: StepPlace, *, seconds: float) -> bool:
    """Writes a step that is due in so many seconds. False when it stands already."""
    columns = (place.id, place.page_id, place.rung, place.recipient, place.lane)
    return await tx.execute(INSERT_NEXT_STEP, tx.tenant_id, *columns, seconds) == 1


async def overtake_chat(tx: TenantTx, *, seconds: float) -> list[StepPlace]:
    """Ends the chat's steps that have waited longer than that, and returns them."""
    return await tx.rows(StepPlace, OVERTAKE_CHAT, tx.tenant_id, seconds)


async def give_up_handing(tx: TenantTx) -> list[StepPlace]:
    """Ends the steps whose sender died while the words left, and returns them."""
    return await tx.rows(StepPlace, GIVE_UP_HANDING, tx.tenant_id)


async def drop_overtaken(tx: TenantTx) -> None:
    """Drops old steps whose recipient is to be told by a later one by now: after a long outage once is enough."""
    await tx.execute(DROP_OVERTAKEN, tx.tenant_id)


async def lock_due_steps(tx: TenantTx, *, lanes: Sequence[LaneName], limit: int) -> list[DueRow]:
    """The steps to be made now, locked; other workers skip them."""
    return await tx.rows(DueRow, LOCK_DUE_STEPS, tx.tenant_id, lanes, limit)


async def hold_step(tx: TenantTx, step_id: UUID, *, seconds: float, person_id: UUID | None) -> int | None:
    """Takes a step for so long; its attempt's number, or None when the person has this rung and lane already."""
    return await tx.value(int, HOLD_STEP, tx.tenant_id, step_id, seconds, person_id)


async def cancel_step(tx: TenantTx, step_id: UUID, *, outcome: str) -> None:
    """Drops a step."""
    await tx.execute(CANCEL_STEP, tx.tenant_id, step_id, outcome)


async def note_handing(tx: TenantTx, step_id: UUID, *, attempt: int, seconds: float) -> bool:
    """Notes that the words leave now. False when the step is held by somebody else."""
    return await tx.execute(NOTE_HANDING, tx.tenant_id, step_id, attempt, seconds) == 1


async def note_sent(tx: TenantTx, step_id: UUID, *, attempt: int, outcome: str) -> bool:
    """Notes that it arrived. False when the step is held by somebody else."""
    return await tx.execute(NOTE_SENT, tx.tenant_id, step_id, attempt, outcome) == 1


async def note_unsent(
    tx: TenantTx, step_id: UUID, *, attempt: int, state: str, outcome: str, again_in_seconds: float = 0
) -> bool:
    """Notes what else became of it: `failed`, `uncertain`, or `due` again. False as `note_sent`."""
    arguments = (step_id, attempt, state, outcome, again_in_seconds)
    return await tx.execute(NOTE_UNSENT, tx.tenant_id, *arguments) == 1


async def select_seconds_to_next(tx: TenantTx, *, chat_seconds: float) -> float | None:
    """In how many seconds there is something to do; None for nothing."""
    return await tx.value(float, SELECT_SECONDS_TO_NEXT, tx.tenant_id, chat_seconds)
