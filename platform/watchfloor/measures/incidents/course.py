"""How far an incident went, and how long each stage took, from the lines of its timeline. Pure.

A length of time leaves out what the incident waited for the customer, from the question until the answer; that is the
only pause, and the timeline has its reason. What came before the stage's beginning took no time.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, Literal, TypeAlias
from uuid import UUID

import msgspec

from watchfloor.measures.incidents.queries import IncidentRow, StepRow

StageName: TypeAlias = Literal["detect", "triage", "decide", "notify", "contain", "resolve"]
STAGES: Final[tuple[StageName, ...]] = ("detect", "triage", "decide", "notify", "contain", "resolve")

WORK: Final = (
    "acknowledged",
    "assigned",
    "verdict",
    "contained",
    "resolved",
    "note",
    "asked",
    "severity_changed",
    "snoozed",
    "approval_requested",
    "merged",
    "split",
)
"""Lines of a timeline that are an analyst's work when a person wrote them."""

KINDS: Final = tuple(dict.fromkeys((*WORK, "answered", "reopened")))
"""All lines that a course is made of."""


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """The instants of an incident. `asked` is whether it needed the customer: a question, or an approval of theirs."""

    incident: IncidentRow
    worked_at: datetime | None
    decided_at: datetime | None
    told_at: datetime | None
    contained_at: datetime | None
    resolved_at: datetime | None
    pauses: tuple[tuple[datetime, datetime | None], ...]
    needed_customer: bool

    def seconds(self, stage: StageName) -> float | None:
        """How long a stage took; None when it has not been reached, or what it runs from is missing."""
        begin, end = self._ends()[stage]
        if begin is None or end is None:
            return None
        if end <= begin:
            return 0.0
        paused = sum(
            max(0.0, (min(until or end, end) - max(since, begin)).total_seconds()) for since, until in self.pauses
        )
        return max(0.0, (end - begin).total_seconds() - paused)

    def _ends(self) -> dict[StageName, tuple[datetime | None, datetime | None]]:
        alerted = self.incident.alerted_at
        return {
            "detect": (self.incident.first_event_at, alerted),
            "triage": (alerted, self.worked_at),
            "decide": (alerted, self.decided_at),
            "notify": (self.decided_at, self.told_at),
            "contain": (self.decided_at, self.contained_at),
            "resolve": (self.decided_at, self.resolved_at),
        }


def courses_of(
    incidents: Sequence[IncidentRow],
    steps: Sequence[StepRow],
    *,
    reported: Mapping[UUID, datetime],
    approvals: Mapping[UUID, datetime],
) -> tuple[Course, ...]:
    """The courses of incidents. `approvals` says when the customer was first asked to approve an action."""
    lines: dict[UUID, list[StepRow]] = {incident.id: [] for incident in incidents}
    for step in steps:
        lines[step.incident_id].append(step)
    return tuple(
        _course(one, lines[one.id], reported=reported.get(one.id), approval=approvals.get(one.id)) for one in incidents
    )


def _course(
    incident: IncidentRow, steps: Sequence[StepRow], *, reported: datetime | None, approval: datetime | None
) -> Course:
    first: dict[str, datetime] = {}
    last: dict[str, datetime] = {}
    for step in steps:
        first.setdefault(step.kind, step.at)
        last[step.kind] = step.at
    told = [at for at in (first.get("asked"), approval, reported) if at is not None]
    resolved, reopened = last.get("resolved"), last.get("reopened")
    return Course(
        incident=incident,
        worked_at=next((step.at for step in steps if step.is_person and step.kind in WORK), None),
        decided_at=first.get("verdict"),
        told_at=min(told, default=None),
        contained_at=last.get("contained"),
        resolved_at=None if resolved is None or (reopened is not None and reopened > resolved) else resolved,
        pauses=_pauses(steps),
        needed_customer="asked" in first or approval is not None,
    )


def _pauses(steps: Sequence[StepRow]) -> tuple[tuple[datetime, datetime | None], ...]:
    """When the incident waited for the customer: from a question until the answer, or until it was resolved."""
    pauses: list[tuple[datetime, datetime | None]] = []
    since: datetime | None = None
    for step in steps:
        if step.kind == "asked":
            since = since or step.at
        elif step.kind in ("answered", "resolved") and since is not None:
            pauses.append((since, step.at))
            since = None
    if since is not None:
        pauses.append((since, None))
    return tuple(pauses)
