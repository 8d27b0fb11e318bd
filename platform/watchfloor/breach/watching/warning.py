"""Warnings of the clocks of breach cases: at each point that the rules set, once, through the paging ladder.

Owns which points are told and how loudly. What time it is, is the database's business (Q8). After an outage the newest
point that has passed is told at once, and those before it never. Nobody is warned of what was sent or is not owed; what
nobody has decided yet is warned of, and says so. A page ends when its stage asks for nothing any more, or when the next
point takes its place.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from watchfloor.breach import store
from watchfloor.breach.case import BreachCase
from watchfloor.breach.clocks import deadlines_of
from watchfloor.breach.notices.keeping import notices_by_case
from watchfloor.breach.notices.notice import Notice, filings
from watchfloor.breach.rules.clock import Deadline
from watchfloor.breach.rules.library import shipped
from watchfloor.breach.watching import queries
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import CaseId
from watchfloor.paging.ladder import LadderName
from watchfloor.paging.pages import NewPage, Urgency, raise_page

WARNED_BY: Final = "breach-clocks"
"""Who warns, in the record."""

MOST_CASES: Final = 1_000
"""How many open cases of a tenant are watched; those longest untouched first."""

_PRESSING: Final = frozenset({"running", "missed"})
_CLOSE: Final = timedelta(hours=2)
_LONGEST_KEY: Final = 128
_PROVISIONAL: Final = " (provisional: nobody has decided yet whether it is owed)"


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """The newest point of a clock that has passed. Instants are UTC."""

    case_id: CaseId
    ref: str
    regime: str
    stage: str
    title: str
    at: datetime
    due_at: datetime
    is_provisional: bool

    @property
    def key(self) -> str:
        """The page's key: the same whenever it is looked."""
        case = ids.show("brc", self.case_id)
        return f"breach:{case}:{self.regime}:{self.stage}:{self.at:%Y%m%dT%H%M%S}"[:_LONGEST_KEY]


async def warn(tx: TenantTx, cipher: TenantCipher) -> list[Point]:
    """Tells of each point that has passed and was not told of, and ends the pages of the rest. Returns the points."""
    cases = await store.open_cases(tx, cipher, limit=MOST_CASES)
    notices = await notices_by_case(tx, cipher, [CaseId(case.id) for case in cases])
    now = await store.now(tx)
    standing = [point for case in cases for point in points_of(case, notices[CaseId(case.id)], now)]
    told: list[Point] = []
    for point in standing:
        is_new = await queries.insert_warning(tx, point.case_id, regime=point.regime, stage=point.stage, point=point.at)
        if is_new:
            await _page(tx, point, now)
            told.append(point)
    await _settle(tx, {point.key for point in standing})
    return told


def points_of(case: BreachCase, notices: Sequence[Notice], now: datetime) -> list[Point]:
    """For each stage that presses, the newest of its points that has passed."""
    found: list[Point] = []
    for deadline in deadlines_of(case, filings(notices), now):
        at = _newest(deadline, now)
        if at is not None and deadline.due_at is not None:
            found.append(
                Point(
                    case_id=CaseId(case.id),
                    ref=case.ref,
                    regime=deadline.regime,
                    stage=deadline.stage,
                    title=f"{shipped().find(deadline.regime).title}: {deadline.title}",
                    at=at,
                    due_at=deadline.due_at,
                    is_provisional=deadline.is_provisional,
                )
            )
    return found


async def answer(tx: TenantTx, case_id: CaseId, *, by: str) -> int:
    """Ends the pages about a case, because somebody is at it; the next point raises its own. Returns how many."""
    start = f"breach:{ids.show('brc', case_id)}:"
    keys = [key for key in await queries.select_open_keys(tx) if key.startswith(start)]
    return await queries.end_pages(tx, keys, because="answered", by=by)


def _newest(deadline: Deadline, now: datetime) -> datetime | None:
    if deadline.state not in _PRESSING:
        return None
    return max((point for point in deadline.warn_at if point <= now), default=None)


async def _page(tx: TenantTx, point: Point, now: datetime) -> None:
    ladder, urgency = _loudness(point.due_at - now)
    await raise_page(
        tx,
        NewPage(
            key=point.key,
            urgency=urgency,
            ladder=ladder,
            reason="duty_missed" if point.due_at <= now else "duty_soon",
            ref=point.ref,
            summary=f"{point.title}{_PROVISIONAL if point.is_provisional else ''}",
            raised_by=WARNED_BY,
            about="breach",
            subject_id=point.case_id,
            ends_with="done",
            answer_by=point.due_at,
        ),
    )


def _loudness(left: timedelta) -> tuple[LadderName, Urgency]:
    if left <= timedelta(0):
        return "lead", "critical"
    return ("critical", "critical") if left <= _CLOSE else ("primary", "high")


async def _settle(tx: TenantTx, standing: set[str]) -> None:
    over = [key for key in await queries.select_open_keys(tx) if key not in standing]
    if over:
        await queries.end_pages(tx, over, because="done", by=WARNED_BY)
