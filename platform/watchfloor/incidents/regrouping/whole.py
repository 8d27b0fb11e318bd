"""Of what an incident is a part, and which parts it has."""

from watchfloor.incidents.incident import Incident, Reference
from watchfloor.incidents.regrouping import queries
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict
from watchfloor.kernel.ids import IncidentId


async def whole_of(tx: TenantTx, incident: Incident) -> tuple[IncidentId, Reference] | None:
    """The incident of which this one is a part in the end, or None when it stands for itself."""
    if incident.merged_into is None:
        return None
    found = await queries.select_whole(tx, incident.id)
    return None if found is None else (IncidentId(found.id), Reference(found.code, found.number))


async def parts_of(tx: TenantTx, incident_id: IncidentId, *, limit: int) -> list[Reference]:
    """The incidents that were merged into this one, the first opened first."""
    return [Reference(row.code, row.number) for row in await queries.select_parts(tx, incident_id, limit=limit)]


async def require_whole(tx: TenantTx, incident: Incident) -> None:
    """Raises Conflict for an incident that is part of another: work goes on there."""
    whole = await whole_of(tx, incident)
    if whole is not None:
        raise Conflict(
            f"This incident is part of {whole[1]}.", remedy=f"Work on {whole[1]}, or undo that with `unmerge`."
        )
