"""The incidents of a period as figures: how many of which kind, how long the stages took, which targets were met."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final, get_args
from uuid import UUID

import msgspec

from watchfloor.alerts.alert import Severity
from watchfloor.incidents.incident import Reference, State, VerdictKind
from watchfloor.incidents.sla.agreement import TARGETS, TargetName
from watchfloor.kernel import ids
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import IncidentId
from watchfloor.measures.basis import Days, Share, Spans, Stock
from watchfloor.measures.incidents import queries
from watchfloor.measures.incidents.course import KINDS, STAGES, Course, courses_of
from watchfloor.measures.incidents.queries import ClockRow, OpenRow
from watchfloor.measures.period import Period
from watchfloor.measures.reading import Reading, Record, reading

SEVERE: Final[tuple[Severity, ...]] = ("high", "critical")


class Casework(msgspec.Struct, frozen=True, kw_only=True):
    """The incidents that were opened in the period, and those that were open when it ended.

    `open` were at the end of the period, `open_now` are at the reading. `code` is the tenant's, for references.
    """

    period: Period
    read_at: datetime
    code: str
    courses: tuple[Course, ...]
    clocks: tuple[ClockRow, ...]
    open: tuple[OpenRow, ...]
    open_now: tuple[OpenRow, ...]

    def reference(self, number: int) -> str:
        """What an incident is called."""
        return str(Reference(self.code, number))


async def read_casework(tx: TenantTx, period: Period, *, at: datetime) -> Casework:
    """The incidents of the period, as they stand at `at`."""
    incidents = await queries.select_incidents(tx, begin=period.begin, end=period.until)
    wanted = [row.id for row in incidents]
    steps = await queries.select_steps(tx, wanted, kinds=KINDS)
    reported = {row.incident_id: row.at for row in await queries.select_reported(tx, wanted)}
    approvals = {row.incident_id: row.at for row in await queries.select_asked(tx, wanted)}
    return Casework(
        period=period,
        read_at=at,
        code=await queries.select_code(tx),
        courses=courses_of(incidents, steps, reported=reported, approvals=approvals),
        clocks=tuple(await queries.select_clocks(tx, wanted)),
        open=tuple(await queries.select_open(tx, at=min(period.until, at))),
        open_now=tuple(await queries.select_open(tx, at=at)),
    )


def readings(work: Casework) -> Iterator[Reading]:
    """The figures of the incidents."""
    courses = work.courses
    yield _counted(work, "incidents", courses)
    yield _counted(work, "incidents.customer", [one for one in courses if one.needed_customer])
    for severity in get_args(Severity):
        yield _counted(work, f"severity.{severity}", [one for one in courses if one.incident.severity == severity])
    for verdict in (*get_args(VerdictKind), None):
        chosen = [one for one in courses if one.incident.verdict == verdict]
        yield _counted(work, f"verdict.{verdict or 'none'}", chosen)
    for state in get_args(State):
        yield _counted(work, f"state.{state}", [one for one in courses if one.incident.state == state])
    yield from _stages(work)
    for target in TARGETS:
        yield _kept(work, target)
    severe = [row for row in work.open if row.severity in SEVERE]
    yield reading("open.severe", Stock(number=len(severe)), [_open(work, row) for row in severe])


def _counted(work: Casework, measure: str, chosen: Sequence[Course]) -> Reading:
    counts = [0] * work.period.elapsed_days(work.read_at)
    for course in chosen:
        counts[work.period.day_of(course.incident.opened_at)] += 1
    return reading(measure, Days(counts=tuple(counts)), [_record(work, course) for course in chosen])


def _stages(work: Casework) -> Iterator[Reading]:
    for stage in STAGES:
        taken = [(course, course.seconds(stage)) for course in work.courses]
        measured = [(course, seconds) for course, seconds in taken if seconds is not None]
        yield reading(
            f"time.{stage}",
            Spans(seconds=tuple(sorted(seconds for _, seconds in measured))),
            [_record(work, course, quantity=seconds) for course, seconds in measured],
        )


def _kept(work: Casework, target: TargetName) -> Reading:
    """Incidents of which the target was met in time, of those of which it was met or missed."""
    courses = {course.incident.id: course for course in work.courses}
    settled = [row for row in work.clocks if row.target == target and (row.is_met or row.is_missed)]
    return reading(
        f"target.{target}",
        Share(part=sum(not row.is_missed for row in settled), whole=len(settled)),
        [_record(work, courses[row.incident_id], counts=not row.is_missed) for row in settled],
    )


def _record(work: Casework, course: Course, *, quantity: float = 1, counts: bool = True) -> Record:
    incident = course.incident
    return Record(
        kind="incident",
        id=_shown(incident.id),
        at=incident.opened_at,
        label=work.reference(incident.number),
        quantity=quantity,
        counts=counts,
    )


def _open(work: Casework, row: OpenRow) -> Record:
    return Record(kind="incident", id=_shown(row.id), at=row.opened_at, label=work.reference(row.number))


def _shown(incident_id: UUID) -> str:
    return ids.show("inc", IncidentId(incident_id))
