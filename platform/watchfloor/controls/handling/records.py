"""E08 incident records and E09 lessons: what the record of a closed incident has, and what people learned from it."""

from datetime import timedelta
from typing import Final

from watchfloor.controls.handling import queries
from watchfloor.controls.handling.queries import ClosedRow
from watchfloor.controls.measurement import Measurement, Member, Scene, share
from watchfloor.controls.result import DeviationCode, Gap
from watchfloor.kernel import ids
from watchfloor.kernel.db import TenantTx

LEARNED_IN: Final = timedelta(days=30)
_SEVERE: Final = ("high", "critical")


async def measure(tx: TenantTx, scene: Scene) -> list[Measurement]:
    """The share of closed incidents with a complete record, and of severe ones with lessons in time."""
    closed = await queries.select_closed(tx, begin=scene.period.begin, until=scene.until)
    members = [Member(id=ids.show("inc", row.id), codes=_lacking(row)) for row in closed]
    return [share(scene, "E08", "complete", members), _lessons(scene, closed)]


def _lacking(row: ClosedRow) -> tuple[DeviationCode, ...]:
    has: dict[DeviationCode, bool] = {
        "no_class": row.has_verdict,
        "no_cause": row.has_reason,
        "no_owner": row.has_owner,
        "no_timeline": row.has_person,
    }
    return tuple(code for code, is_there in has.items() if not is_there)


def _lessons(scene: Scene, closed: list[ClosedRow]) -> Measurement:
    members: list[Member] = []
    running = 0
    for row in closed:
        if row.severity not in _SEVERE:
            continue
        due = row.closed_at + LEARNED_IN
        said = [
            entry.at
            for entry in scene.entries
            if (entry.kind, entry.metric, entry.incident_id) == ("E09", "reviewed", row.id)
        ]
        if said:
            members.append(Member(id=ids.show("inc", row.id), codes=() if min(said) <= due else ("late",)))
        elif scene.now > due:
            members.append(Member(id=ids.show("inc", row.id), codes=("no_lessons",)))
        else:
            running += 1
    gaps = (Gap(code="hours_not_recorded", detail=str(running)),) if running else ()
    return share(scene, "E09", "reviewed", members, gaps)
