"""Warnings: before a deadline passes, and when one has. Once for each, however often and by however many it is looked.

What time it is, is the database's business (Q8). After a pause of the whole platform everything that became due
meanwhile is told at once; of a clock that is past its deadline, that alone.

Who is paged: an incident that is critical or high is paged when it is opened, and that page climbs until somebody
takes the incident up; so a warning of its acknowledgement pages nobody a second time. All else does.
"""

from typing import Final

from watchfloor.alerts.alert import Severity
from watchfloor.incidents.incident import Reference
from watchfloor.incidents.sla import queries
from watchfloor.incidents.sla.agreement import TargetName
from watchfloor.incidents.sla.queries import DueRow, Point
from watchfloor.kernel import ids
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import IncidentId
from watchfloor.kernel.outbox import INCIDENT_CHANGED, publish
from watchfloor.paging.ladder import LadderName
from watchfloor.paging.pages import NewPage, Urgency, raise_page

WARNED_BY: Final = "sla"
"""Who warns, in the record."""

_AT_ONCE: Final = 200
_PAGED_AT_OPENING: Final = frozenset[Severity]({"critical", "high"})
_LADDERS: Final[dict[tuple[TargetName, Point], LadderName]] = {
    ("acknowledge", "risk"): "primary",
    ("acknowledge", "breach"): "lead",
    ("resolve", "risk"): "primary",
    ("resolve", "breach"): "lead",
}
_URGENCIES: Final[dict[Severity, Urgency]] = {"critical": "critical", "high": "high"}


async def warn(tx: TenantTx) -> list[IncidentId]:
    """Tells of every point of a clock that is due and was not told of. Returns the incidents."""
    warned: list[IncidentId] = []
    for due in await queries.select_due(tx, limit=_AT_ONCE):
        if await queries.insert_warning(tx, due):
            incident_id = IncidentId(due.incident_id)
            await _page(tx, incident_id, due)
            await publish(tx, topic=INCIDENT_CHANGED, key=ids.show("inc", incident_id))
            warned.append(incident_id)
    return warned


async def _page(tx: TenantTx, incident_id: IncidentId, due: DueRow) -> None:
    if (due.target, due.point) == ("acknowledge", "risk") and due.severity in _PAGED_AT_OPENING:
        return
    await raise_page(
        tx,
        NewPage(
            key=f"sla:{ids.show('inc', incident_id)}:{due.target}:{due.point}",
            urgency=_URGENCIES.get(due.severity, "normal"),
            ladder=_LADDERS[due.target, due.point],
            reason="late" if due.point == "breach" else "late_soon",
            ref=str(Reference(due.code, due.number)),
            summary=due.title,
            raised_by=WARNED_BY,
            subject_id=incident_id,
            ends_with="taken" if due.target == "acknowledge" else "done",
            answer_by=due.deadline,
        ),
    )
