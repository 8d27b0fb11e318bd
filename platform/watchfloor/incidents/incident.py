"""What an incident is: its words, its number for people, its row.

Owns no behaviour but the reading of a reference. The record is PostgreSQL; chat, portal and reports show it.
"""

import re
from datetime import datetime
from typing import Final, Literal

import msgspec

from watchfloor.alerts.alert import Severity
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import IncidentId, PersonId, parse

State = Literal["new", "acknowledged", "contained", "resolved", "closed"]
VerdictKind = Literal["true_positive", "benign", "false_positive", "inconclusive"]

STATES: Final[tuple[State, ...]] = ("new", "acknowledged", "contained", "resolved", "closed")
OPEN_STATES: Final[tuple[State, ...]] = ("new", "acknowledged", "contained")
VERDICTS: Final[tuple[VerdictKind, ...]] = ("true_positive", "benign", "false_positive", "inconclusive")

NO_SUCH_INCIDENT: Final = "There is no such incident, or you may not see it."

_REFERENCE: Final = re.compile(r"([A-Za-z][A-Za-z0-9]{1,7})-([1-9][0-9]{0,17})")


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """An incident as it stands. A stage that was not reached has no time. `revision` grows with every change.

    `rated_from` is the severity of its worst alert when a person set the severity, None where nobody did.
    `merged_into` is the incident of which this one became a part; it is closed then, and has no alerts of its own.
    """

    id: IncidentId
    number: int
    title: str
    severity: Severity
    state: State
    assignee_id: PersonId | None
    verdict: VerdictKind | None
    verdict_reason: bytes | None
    first_event_at: datetime
    last_event_at: datetime
    opened_at: datetime
    acknowledged_at: datetime | None
    contained_at: datetime | None
    resolved_at: datetime | None
    closed_at: datetime | None
    revision: int
    updated_at: datetime
    rated_from: Severity | None = None
    merged_into: IncidentId | None = None


class Reference(msgspec.Struct, frozen=True):
    """What people call an incident: the tenant's code and the incident's number there, such as `ACME-12`."""

    code: str
    number: int

    def __str__(self) -> str:
        return f"{self.code}-{self.number}"


def read_reference(text: str) -> Reference | IncidentId:
    """A reference (`ACME-12`, in any case) or an id (`inc_...`).

    Raises NotFound for anything else: what cannot be an incident's name names no incident.
    """
    found = _REFERENCE.fullmatch(text.strip())
    if found is not None:
        return Reference(found[1].upper(), int(found[2]))
    try:
        return IncidentId(parse("inc", text.strip()))
    except NotFound:
        raise NotFound(NO_SUCH_INCIDENT) from None
