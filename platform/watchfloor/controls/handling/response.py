"""E07 response and E30 effect: incidents resolved in time, time to contain, targets kept, months signed off."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final

from watchfloor.controls.handling import queries
from watchfloor.controls.handling.queries import IncidentRow
from watchfloor.controls.measurement import Measurement, Member, Scene, nothing, quantiles, share
from watchfloor.controls.period import before, instant, months_ended, next_month
from watchfloor.controls.result import Gap
from watchfloor.kernel import ids
from watchfloor.kernel.db import TenantTx

SIGNED_IN: Final = timedelta(days=15)


async def measure_response(tx: TenantTx, scene: Scene) -> list[Measurement]:
    """The share of incidents resolved in time, and how long it took from the verdict to the last containment."""
    rows = await queries.select_incidents(tx, begin=scene.period.begin, until=scene.until, now=scene.now)
    earlier = before(scene.period)
    past = await queries.select_incidents(tx, begin=earlier.begin, until=earlier.end, now=scene.now)
    resolving = [row for row in rows if row.target in (None, "resolve")]
    contained = {row.id: row for row in rows if row.decided_at is not None and row.contained_at is not None}
    return [
        share(scene, "E07", "resolved", _members(resolving), _gaps(resolving)),
        *quantiles(
            scene,
            "E07",
            "contain",
            (
                max(row.contained_at - row.decided_at, timedelta()).total_seconds() / 60
                for row in contained.values()
                if row.contained_at is not None and row.decided_at is not None
            ),
        ),
        share(scene, "E30", "targets_kept", _members(rows, by_target=True)),
        share(scene, "E30", "targets_kept_before", _members(past, by_target=True)),
        _months(scene),
    ]


def _members(rows: Iterable[IncidentRow], *, by_target: bool = False) -> Iterable[Member]:
    for row in rows:
        if not row.has_clock or (row.is_ended and not row.is_met):
            continue
        name = ids.show("inc", row.id)
        name = f"{name}/{row.target}" if by_target else name
        if row.is_missed:
            yield Member(id=name, codes=("late" if row.is_met else "still_open",))
        elif row.is_met:
            yield Member(id=name)


def _gaps(rows: Sequence[IncidentRow]) -> tuple[Gap, ...]:
    lacking = sum(not row.has_clock for row in rows)
    running = sum(row.has_clock and not row.is_ended and not row.is_met and not row.is_missed for row in rows)
    gaps: list[Gap] = []
    if lacking:
        gaps.append(Gap(code="no_agreement", detail=str(lacking)))
    if running:
        gaps.append(Gap(code="hours_not_recorded", detail=str(running)))
    return tuple(gaps)


def _months(scene: Scene) -> Measurement:
    """Months that ended in the period: signed off in time, late, not at all; those that may still be are left out.

    A tenant that never signed any month off has no data: nobody has begun to.
    """
    if not any((entry.kind, entry.metric) == ("E30", "months_signed") for entry in scene.entries):
        return nothing(scene, "E30", "months_signed", "no_entry")
    members: list[Member] = []
    running = 0
    for month in months_ended(scene.period):
        due = instant(next_month(month) + SIGNED_IN, scene.period.time_zone)
        signed = [
            entry.at
            for entry in scene.entries
            if (entry.kind, entry.metric, entry.first) == ("E30", "months_signed", month)
        ]
        if signed:
            members.append(Member(id=_name(month), codes=() if min(signed) < due else ("late",)))
        elif scene.now >= due:
            members.append(Member(id=_name(month), codes=("overdue",)))
        else:
            running += 1
    gaps = (Gap(code="hours_not_recorded", detail=str(running)),) if running else ()
    return share(scene, "E30", "months_signed", members, gaps)


def _name(month: date) -> str:
    return f"{month:%Y-%m}"
