"""Related incidents of the same tenant: those that concern the same things, the more so with the same rules.

Reads only. An entity tells as much here as when alerts are put together; what half of the incidents name tells nothing.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec

from watchfloor.incidents.grouping.decision import ENOUGH, WEIGHTS
from watchfloor.incidents.incident import State, VerdictKind
from watchfloor.incidents.related import queries
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import IncidentId

SHOWN: Final = 5
"""How many related incidents are told of."""

WITHIN: Final = timedelta(days=180)
"""How long ago a related incident was opened, at most."""

COMMON: Final = 30
"""What so many other incidents name tells nothing."""

_READ: Final = 200
_AGAIN: Final = 2
"""An entity tells more when there are several of its kind, but not endlessly."""
_RULE: Final = 2
_MOST_RULES: Final = 6


class Related(msgspec.Struct, frozen=True, kw_only=True):
    """An incident that has to do with another. `likeness` has no unit: the greater, the more they share."""

    number: int
    state: State
    verdict: VerdictKind | None
    likeness: int


async def related_to(tx: TenantTx, incident_id: IncidentId) -> list[Related]:
    """The incidents that are most like this one, the most like first; of two alike the newer first."""
    likeness: dict[UUID, int] = {}
    for row in await queries.select_shared_entities(tx, incident_id, read=_READ, common=COMMON):
        told = WEIGHTS.get(row.kind, 0) * min(row.shared, _AGAIN)
        likeness[row.incident_id] = likeness.get(row.incident_id, 0) + told
    enough = sorted(other for other, much in likeness.items() if much >= ENOUGH)
    if not enough:
        return []
    for shared in await queries.select_shared_rules(tx, incident_id, enough):
        likeness[shared.incident_id] += min(shared.shared * _RULE, _MOST_RULES)
    found = [
        Related(number=row.number, state=row.state, verdict=row.verdict, likeness=likeness[row.id])
        for row in await queries.select_told(tx, enough, within=WITHIN)
    ]
    return sorted(found, key=lambda one: (-one.likeness, -one.number))[:SHOWN]
