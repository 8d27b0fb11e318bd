"""What comes back: alerts of a dedup key whose incident was worked out a short while ago.

An incident that was resolved as an attack, or without knowing what it was, is taken up again: the work was not over.
Not so where it is high or critical, or closed: then a new one opens and says which it follows, because a new one pages.
What was judged benign or a false positive opens a new one too, which says so: nothing is swallowed because somebody
found its like harmless once; an exception does that, with a reason and an end.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

import msgspec

from watchfloor.alerts.alert import AlertChange, Severity, rank
from watchfloor.incidents.grouping import queries
from watchfloor.incidents.incident import Incident, Reference
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import AlertId, IncidentId

WITHIN: Final = timedelta(hours=4)
"""How long after its incident was worked out an alert counts as coming back."""


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    """The incident that an alert follows."""

    incident_id: IncidentId
    ref: str


async def returning(tx: TenantTx, changes: Iterable[AlertChange]) -> dict[AlertId, Earlier]:
    """The alerts among these that come back, with what they follow."""
    wanted = sorted(change.alert_id for change in changes)
    if not wanted:
        return {}
    return {
        AlertId(row.alert_id): Earlier(
            incident_id=IncidentId(row.incident_id), ref=str(Reference(row.code, row.number))
        )
        for row in await queries.select_returning(tx, wanted, within=WITHIN)
    }


def is_taken_up(earlier: Incident, members: Sequence[AlertChange]) -> bool:
    """Whether the earlier incident, as it stands now, goes on with these alerts."""
    severities: list[Severity] = [earlier.severity, *(one.rule.level for one in members)]
    return (
        earlier.state == "resolved"
        and earlier.verdict in ("true_positive", "inconclusive")
        and max(rank(severity) for severity in severities) < rank("high")
    )
