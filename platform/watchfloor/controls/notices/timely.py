"""E22 notices: which were sent before their deadline. Reads the rows of notices alone, never what they say.

A notice counts in the period in which it was due. One that is not due yet and not sent is left out.
"""

from collections.abc import Iterable

from watchfloor.controls.measurement import Measurement, Member, Scene, share
from watchfloor.controls.notices.queries import DueNotice, select_due
from watchfloor.controls.result import Gap
from watchfloor.kernel import ids
from watchfloor.kernel.db import TenantTx


async def measure(tx: TenantTx, scene: Scene) -> list[Measurement]:
    """The notices of the period; nothing where none was due, which is no data and never a pass."""
    rows = await select_due(tx, begin=scene.period.begin, end=scene.period.end)
    return [in_time(scene, rows)] if rows else []


def in_time(scene: Scene, notices: Iterable[DueNotice]) -> Measurement:
    """The share of notices due in the period that were sent in time."""
    members: list[Member] = []
    running = 0
    for notice in notices:
        if not scene.period.begin <= notice.due_at < scene.period.end:
            continue
        if notice.submitted_at is not None:
            late = notice.submitted_at > notice.due_at
            members.append(Member(id=ids.show("ntc", notice.id), codes=("late",) if late else ()))
        elif notice.due_at < scene.now:
            members.append(Member(id=ids.show("ntc", notice.id), codes=("overdue",)))
        else:
            running += 1
    gaps = (Gap(code="hours_not_recorded", detail=str(running)),) if running else ()
    return share(scene, "E22", "in_time", members, gaps)
