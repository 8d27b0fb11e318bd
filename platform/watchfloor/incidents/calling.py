"""Who must hear of an incident at once: pages for what is critical or high, in the transaction that made it so."""

from typing import Final

from watchfloor.incidents import queries
from watchfloor.incidents.incident import Reference
from watchfloor.incidents.targets import target_of
from watchfloor.kernel import ids
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import IncidentId
from watchfloor.paging.ladder import LadderName
from watchfloor.paging.pages import NewPage, raise_page

_LADDERS: Final[dict[str, LadderName]] = {"critical": "critical", "high": "high"}


async def call_for(tx: TenantTx, incident_id: IncidentId, *, by: str) -> bool:
    """Pages whoever is on call about an incident that has opened or become worse, once for each severity.

    Nothing for one that is less than high, or that somebody has taken up. True when a page was raised.
    """
    incident = await queries.select_incident(tx, incident_id)
    if incident is None or incident.state != "new" or incident.assignee_id is not None:
        return False
    ladder = _LADDERS.get(incident.severity)
    tenant = await queries.select_calling(tx)
    if ladder is None or tenant is None:
        return False
    target = target_of(tenant.sla, incident.severity)
    return await raise_page(
        tx,
        NewPage(
            key=f"{ids.show('inc', incident_id)}:{ladder}",
            urgency="critical" if incident.severity == "critical" else "high",
            ladder=ladder,
            reason="opened",
            ref=str(Reference(tenant.code, incident.number)),
            summary=incident.title,
            raised_by=by,
            subject_id=incident_id,
            answer_by=incident.opened_at + target.acknowledge_within,
        ),
    )
