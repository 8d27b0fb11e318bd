"""The steps of pages: written down by the ladder, taken when they are due, and never sent twice by one lane.

Each function is one transaction's worth inside one tenant; nothing here sends. A step is held for a while by who takes
it. What a dead sender held is taken again if nothing can have left, or if the lane recognises a repeat; if words may
have left by a lane that does not, the step is uncertain, and after a grace the next lane follows (decision 20).
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final, cast
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict
from watchfloor.kernel.ids import PersonId, new_uuid
from watchfloor.kernel.neutralise import Untrusted
from watchfloor.paging.attempts import queries
from watchfloor.paging.attempts.queries import StepPlace
from watchfloor.paging.duty.roster import Roster, Target
from watchfloor.paging.ladder import Ladder, LadderName
from watchfloor.paging.lane import LaneName, Notice
from watchfloor.paging.pages import REASONS

AGAIN_SECONDS: Final = 15.0
MOST_ATTEMPTS: Final = 40
"""How often the last lane is tried for one step, and how long each time after a failure."""

_PLANNED_AT_ONCE: Final = 200


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A step that the caller holds, with all that a lane needs. `attempt` is its fence."""

    place: StepPlace
    attempt: int
    person_id: PersonId | None
    notice: Notice


async def plan(tx: TenantTx, roster: Roster, *, lanes: Sequence[LaneName]) -> bool:
    """Writes down the steps of new pages and what follows from those that went wrong. True when the chat has some."""
    await queries.settle_pages(tx)
    for page in await queries.lock_unplanned(tx, limit=_PLANNED_AT_ONCE):
        ladder = roster.rota.ladder(cast("LadderName", page.ladder))
        places, seconds = _climb(page.id, ladder, lanes)
        await queries.insert_steps(tx, places, [page.raised_at + timedelta(seconds=after) for after in seconds])
        await queries.note_planned(tx, page.id)
    await queries.drop_overtaken(tx)
    timing = roster.rota.timing
    for place in await queries.overtake_chat(tx, seconds=timing.chat if "chat" in lanes else 0):
        await _go_on(tx, place, lanes, seconds=0)
    for place in await queries.give_up_handing(tx):
        # It left when its hold began, which has run out by now.
        await _go_on(tx, place, lanes, seconds=max(timing.uncertain - timing.lease, 0))
    return "chat" in lanes


async def take(tx: TenantTx, roster: Roster, *, lanes: Sequence[LaneName], limit: int = 20) -> list[Taken]:
    """Takes what is due by these lanes, as the worker for its own and the chat's program for the chat."""
    taken: list[Taken] = []
    for row in await queries.lock_due_steps(tx, lanes=lanes, limit=limit):
        target = roster.target(row.recipient, row.at, named=row.named_id, kept=row.person_id)
        if not target.addresses and row.lane != "webhook":
            await queries.cancel_step(tx, row.id, outcome="there is nobody to tell")
            await _go_on(tx, _place(row), lanes, seconds=0)
            continue
        attempt = await queries.hold_step(tx, row.id, seconds=roster.rota.timing.lease, person_id=target.person_id)
        if attempt is None:
            await queries.cancel_step(tx, row.id, outcome="the same person is told already")
            continue
        taken.append(_taken(row, target, attempt))
    return taken


async def hand_over(tx: TenantTx, step: Taken, roster: Roster) -> None:
    """Notes that the words are about to leave. Raises Conflict when the step is somebody else's by now."""
    seconds = roster.rota.timing.lease
    if not await queries.note_handing(tx, step.place.id, attempt=step.attempt, seconds=seconds):
        raise Conflict("This step of a page was held for too long.", where=str(step.place.id))


async def note_sent(tx: TenantTx, step: Taken, *, outcome: str) -> None:
    """Notes that it arrived. Nothing when the step is somebody else's by now."""
    await queries.note_sent(tx, step.place.id, attempt=step.attempt, outcome=outcome[:300])


async def note_failed(tx: TenantTx, step: Taken, *, outcome: str, lanes: Sequence[LaneName]) -> None:
    """Notes that it did not arrive: the next lane follows at once, and after the last one another try."""
    if _after(step.place.lane, lanes) is None and step.attempt < MOST_ATTEMPTS:
        await queries.note_unsent(
            tx,
            step.place.id,
            attempt=step.attempt,
            state="due",
            outcome=outcome[:300],
            again_in_seconds=AGAIN_SECONDS,
        )
    elif await queries.note_unsent(tx, step.place.id, attempt=step.attempt, state="failed", outcome=outcome[:300]):
        await _go_on(tx, step.place, lanes, seconds=0)


async def note_uncertain(tx: TenantTx, step: Taken, roster: Roster, *, outcome: str, lanes: Sequence[LaneName]) -> None:
    """Notes that nobody knows whether it arrived: the next lane follows after the grace."""
    if await queries.note_unsent(tx, step.place.id, attempt=step.attempt, state="uncertain", outcome=outcome[:300]):
        await _go_on(tx, step.place, lanes, seconds=roster.rota.timing.uncertain)


async def _go_on(tx: TenantTx, place: StepPlace, lanes: Sequence[LaneName], *, seconds: float) -> None:
    following = _after(place.lane, lanes)
    if following is not None:
        fresh = msgspec.structs.replace(place, id=new_uuid(), lane=following)
        await queries.insert_next_step(tx, fresh, seconds=seconds)


def _after(lane: LaneName, lanes: Sequence[LaneName]) -> LaneName | None:
    """The lane that follows; a lane that is not among them is followed by the first."""
    place = lanes.index(lane) + 1 if lane in lanes else 0
    return lanes[place] if place < len(lanes) else None


def _climb(page_id: UUID, ladder: Ladder, lanes: Sequence[LaneName]) -> tuple[list[StepPlace], list[float]]:
    """The steps of a page, and when each is due, in seconds from the raising."""
    places: list[StepPlace] = []
    seconds: list[float] = []
    for number, rung in enumerate(ladder):
        used: Iterable[LaneName] = lanes if rung.everywhere else lanes[:1]
        for lane in used:
            for recipient in rung.to:
                places.append(StepPlace(id=new_uuid(), page_id=page_id, rung=number, recipient=recipient, lane=lane))
                seconds.append(rung.after)
    return places, seconds


def _place(row: queries.DueRow) -> StepPlace:
    return StepPlace(id=row.id, page_id=row.page_id, rung=row.rung, recipient=row.recipient, lane=row.lane)


def _taken(row: queries.DueRow, target: Target, attempt: int) -> Taken:
    notice = Notice(
        step_id=row.id,
        page_id=row.page_id,
        addresses=target.addresses,
        recipient=row.recipient,
        rung=row.rung,
        urgency=row.urgency,
        reason=REASONS[row.reason],
        ref=row.ref,
        summary=Untrusted(row.summary),
        raised_at=row.raised_at,
        answer_by=row.answer_by,
        at=row.at,
    )
    return Taken(place=_place(row), attempt=attempt, person_id=target.person_id, notice=notice)
