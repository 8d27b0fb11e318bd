"""The figures of a period beside those of the period before: one reading for the API, reports and the command line.

Owns the order of reading and the comparison. Each number comes with the name of its query; whoever asks for the
records behind it gets those that were counted.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from watchfloor.detect.rule import LoadReport
from watchfloor.kernel import ids
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import ActionId, IncidentId
from watchfloor.measures import queries
from watchfloor.measures.attack import knowledge
from watchfloor.measures.attack.knowledge import Knowledge, read_knowledge
from watchfloor.measures.basis import Basis, Spans, Stock, quantile, size_of, value_of
from watchfloor.measures.comparison import Trend, trend_of
from watchfloor.measures.definitions import DEFINITIONS, Definition
from watchfloor.measures.feeds import coverage
from watchfloor.measures.feeds.coverage import Coverage, read_coverage
from watchfloor.measures.incidents import casework
from watchfloor.measures.incidents.casework import Casework, read_casework
from watchfloor.measures.notices import duties
from watchfloor.measures.notices.duties import read_duties
from watchfloor.measures.period import Period
from watchfloor.measures.reading import Reading, Record, reading
from watchfloor.measures.work import activity
from watchfloor.measures.work.activity import Activity, alert_records, read_activity


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """A figure. `value` is in the unit of its definition, None where there is none; of lengths of time the median.

    `n` is how many cases it rests on, `before` the value of the period before, `is_met` whether the target was.
    """

    id: str
    value: float | None
    p95: float | None
    n: int
    before: float | None
    trend: Trend
    target: float | None
    is_met: bool | None


class Tally(msgspec.Struct, frozen=True, kw_only=True):
    """All that was read of a period."""

    period: Period
    read_at: datetime
    coverage: Coverage
    casework: Casework
    activity: Activity
    knowledge: Knowledge
    readings: Mapping[str, Reading]


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """A period's figures by id, in the order of the definitions, with what they were made of."""

    tally: Tally
    before: Tally
    measures: Mapping[str, Measure]


AS_OF_NOW: Final = frozenset({"open.customer", "assets.weighed", "retention.days"})
"""Measures that tell of the reading's own time, whatever the period."""

NO_SUCH_MEASURE: Final = "There is no such measure."


async def figures_of(tx: TenantTx, period: Period, *, loaded: LoadReport) -> Figures:
    """The figures of a period, as of now. `loaded` are the installation's rules."""
    at = await queries.select_moment(tx)
    now = await tally_of(tx, period, at=at, loaded=loaded)
    before = await tally_of(tx, period.before, at=at, loaded=loaded)
    has_past = before.coverage.has_data or bool(before.casework.courses)
    return Figures(
        tally=now,
        before=before,
        measures={
            definition.id: _measure(
                definition, now.readings[definition.id].basis, _earlier(before, definition.id) if has_past else None
            )
            for definition in DEFINITIONS.values()
        },
    )


async def tally_of(tx: TenantTx, period: Period, *, at: datetime, loaded: LoadReport) -> Tally:
    """What a period came to, as of `at`."""
    seen = await read_coverage(tx, period, at=at)
    worked = await read_casework(tx, period, at=at)
    done = await read_activity(tx, period, at=at, incidents=[course.incident.id for course in worked.courses])
    known = await read_knowledge(tx, period, at=at, loaded=loaded)
    found = (
        *coverage.readings(seen),
        *casework.readings(worked),
        *activity.readings(done),
        *knowledge.readings(known),
        *duties.readings(await read_duties(tx, period, at=at)),
        _waiting(worked, done),
    )
    return Tally(
        period=period,
        read_at=at,
        coverage=seen,
        casework=worked,
        activity=done,
        knowledge=known,
        readings={one.measure: one for one in found},
    )


async def records_of(tx: TenantTx, period: Period, measure: str, *, loaded: LoadReport) -> Sequence[Record]:
    """The records behind a figure, the oldest first. Raises NotFound for what is no measure."""
    if measure not in DEFINITIONS:
        raise NotFound(NO_SUCH_MEASURE, where="measure", remedy="Name one that the list of measures has.")
    if measure == "alerts":
        return await alert_records(tx, period)
    tally = await tally_of(tx, period, at=await queries.select_moment(tx), loaded=loaded)
    return sorted(tally.readings[measure].records(), key=lambda one: (one.at, one.id))


def _waiting(worked: Casework, done: Activity) -> Reading:
    """What waits for the customer at the reading."""
    asked = [row for row in worked.open_now if row.waiting_since is not None]
    approvals = [row for row in done.waiting if row.decision == "customer"]
    return reading(
        "open.customer",
        Stock(number=len(asked) + len(approvals)),
        [
            *(
                Record(
                    kind="incident",
                    id=ids.show("inc", IncidentId(row.id)),
                    at=row.waiting_since or row.opened_at,
                    label=worked.reference(row.number),
                )
                for row in asked
            ),
            *(
                Record(kind="action", id=ids.show("act", ActionId(row.id)), at=row.requested_at, label=row.kind)
                for row in approvals
            ),
        ],
    )


def _earlier(before: Tally, measure: str) -> Basis | None:
    """What the figure was; how it was at an earlier time was not kept of what is counted as of now."""
    return None if measure in AS_OF_NOW else before.readings[measure].basis


def _measure(definition: Definition, now: Basis, before: Basis | None) -> Measure:
    value = value_of(now)
    return Measure(
        id=definition.id,
        value=value,
        p95=quantile(now.seconds, 0.95) if isinstance(now, Spans) else None,
        n=size_of(now),
        before=None if before is None else value_of(before),
        trend=trend_of(now, before, better=definition.better),
        target=definition.target,
        is_met=_is_met(definition, value),
    )


def _is_met(definition: Definition, value: float | None) -> bool | None:
    if value is None or definition.target is None:
        return None
    return value <= definition.target if definition.better == "less" else value >= definition.target
