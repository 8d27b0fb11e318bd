"""The log of an incident as its clocks see it: the timeline's lines that start, stop or move a clock."""

from datetime import datetime
from typing import Final, cast

from watchfloor.alerts.alert import Severity
from watchfloor.incidents.sealing import open_facts
from watchfloor.incidents.sla import queries
from watchfloor.incidents.sla.clock import Instant, Step
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import IncidentId

STEPS: Final[dict[str, Step]] = {
    "opened": "opened",
    "severity_changed": "severity_changed",
    "acknowledged": "acknowledged",
    "verdict": "decided",
    "contained": "contained",
    "resolved": "resolved",
    "reopened": "reopened",
    "asked": "asked",
    "answered": "answered",
    "snoozed": "snoozed",
    "unsnoozed": "unsnoozed",
    "merged": "merged",
    "unmerged": "unmerged",
}
"""What each kind of a timeline's entries is to a clock. What is not here moves none."""

_KINDS: Final = sorted(STEPS)
_SEVERITY: Final[dict[Step, str]] = {"opened": "severity", "severity_changed": "after"}


async def read_log(tx: TenantTx, cipher: TenantCipher, incident_id: IncidentId) -> list[Instant]:
    """The incident's log, in the order in which it was written."""
    lines: list[Instant] = []
    for row in await queries.select_log(tx, incident_id, kinds=_KINDS):
        step = STEPS[row.kind]
        facts = open_facts(cipher, row.id, row.body) if step in _SEVERITY or step == "snoozed" else {}
        severity = facts.get(_SEVERITY.get(step, ""))
        lines.append(
            Instant(
                step=step,
                at=row.at,
                severity=None if severity is None else cast("Severity", severity),
                until=datetime.fromisoformat(facts["until"]) if step == "snoozed" else None,
            )
        )
    return lines
