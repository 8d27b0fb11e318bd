"""Breach cases as the API shows them: a case's head, its facts by path, and what stands beside them."""

from datetime import datetime
from typing import Literal

import msgspec

from watchfloor.breach.case import BreachCase, CaseStatus, Handling, TellingStatus
from watchfloor.breach.fields import Field, FieldKind, SetBy, all_fields, allowed, facts_in
from watchfloor.breach.known import Citation, FactStatus, Known
from watchfloor.breach.missing import Missing
from watchfloor.breach.records import Approval, ContactEntry, Decision, Evidence, TimelineItem
from watchfloor.breach.rules.clock import Deadline, State
from watchfloor.breach.store import LogEntry
from watchfloor.kernel import ids


class BreachHead(msgspec.Struct, frozen=True, kw_only=True):
    """A breach case in a list."""

    id: str
    ref: str
    title: str
    status: CaseStatus
    telling: TellingStatus
    version: int
    incidents: list[str]
    created_at: datetime
    updated_at: datetime


class BreachFact(msgspec.Struct, frozen=True, kw_only=True):
    """What stands at a field: its value as JSON, how well it is known, from which records, by whom and since when."""

    path: str
    value: object
    status: FactStatus
    basis: str
    expected_at: datetime | None
    citations: tuple[Citation, ...]
    by: str
    at: datetime


class BreachView(BreachHead, frozen=True, kw_only=True):
    """A breach case with all that is known of it. A field that nobody filled is not among the facts."""

    language: str
    time_zone: str
    country: str
    subdivision: str | None
    classification: Handling
    created_by: str
    updated_by: str
    facts: list[BreachFact]
    decisions: tuple[Decision, ...]
    approvals: tuple[Approval, ...]
    timeline: tuple[TimelineItem, ...]
    evidence: tuple[Evidence, ...]
    contacts: tuple[ContactEntry, ...]


class BreachField(msgspec.Struct, frozen=True, kw_only=True):
    """A field of breach cases. `set_by` says how it is filled; `takes` what it takes, for a person."""

    path: str
    kind: FieldKind
    set_by: SetBy
    choices: tuple[str, ...]
    takes: str


class BreachDeadline(msgspec.Struct, frozen=True, kw_only=True):
    """A stage of a duty to report, as of now. Instants are UTC; `time_zone` is the controller's."""

    regime: str
    stage: str
    title: str
    source: str
    is_confirmed: bool
    recipient: str
    state: State
    time_zone: str
    is_provisional: bool
    waits_for: str | None
    started_at: datetime | None
    due_at: datetime | None
    strict_due_at: datetime | None
    expected_at: datetime | None
    submitted_at: datetime | None
    received_at: datetime | None
    late_by_seconds: int | None
    needs_reasons: bool


class BreachGap(msgspec.Struct, frozen=True, kw_only=True):
    """A field that a document cannot go without. `is_absent` is false when it is under investigation."""

    path: str
    label: str
    section: str
    is_absent: bool
    expected_at: datetime | None


class BreachLogEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a case, with what stood there before and stands there since."""

    version: int
    kind: str
    path: str
    before: object
    after: object
    actor_kind: Literal["person", "api_key", "feed", "system"]
    actor: str
    at: datetime


def head_of(case: BreachCase) -> BreachHead:
    """A case in a list."""
    return BreachHead(
        id=ids.show("brc", case.id),
        ref=case.ref,
        title=case.title,
        status=case.status,
        telling=case.telling,
        version=case.version,
        incidents=[ids.show("inc", incident) for incident in case.incident_ids],
        created_at=case.created_at,
        updated_at=case.updated_at,
    )


def view_of(case: BreachCase) -> BreachView:
    """A whole case."""
    head = head_of(case)
    return BreachView(
        id=head.id,
        ref=head.ref,
        title=head.title,
        status=head.status,
        telling=head.telling,
        version=head.version,
        incidents=head.incidents,
        created_at=head.created_at,
        updated_at=head.updated_at,
        language=case.lang,
        time_zone=case.tz,
        country=case.country,
        subdivision=case.subdivision,
        classification=case.classification,
        created_by=case.created_by,
        updated_by=case.updated_by,
        facts=[_fact(path, fact) for path, fact in facts_in(case)],
        decisions=case.decisions,
        approvals=case.approvals,
        timeline=case.timeline,
        evidence=case.evidence,
        contacts=case.contacts,
    )


def fields() -> list[BreachField]:
    """All fields, in the order of a case."""
    return [_field(field) for field in all_fields().values()]


def deadline_of(deadline: Deadline) -> BreachDeadline:
    """A deadline."""
    return BreachDeadline(
        regime=deadline.regime,
        stage=deadline.stage,
        title=deadline.title,
        source=deadline.source,
        is_confirmed=deadline.mark == "confirmed",
        recipient=deadline.recipient,
        state=deadline.state,
        time_zone=deadline.zone,
        is_provisional=deadline.is_provisional,
        waits_for=deadline.waits_for,
        started_at=deadline.started_at,
        due_at=deadline.due_at,
        strict_due_at=deadline.strict_due_at,
        expected_at=deadline.expected_at,
        submitted_at=deadline.submitted_at,
        received_at=deadline.received_at,
        late_by_seconds=None if deadline.late_by is None else int(deadline.late_by.total_seconds()),
        needs_reasons=deadline.needs_reasons,
    )


def gap_of(gap: Missing) -> BreachGap:
    """A missing field."""
    return BreachGap(
        path=gap.path,
        label=gap.label,
        section=gap.section,
        is_absent=gap.why == "absent",
        expected_at=gap.expected_at,
    )


def log_entry_of(entry: LogEntry) -> BreachLogEntry:
    """A change."""
    return BreachLogEntry(
        version=entry.version,
        kind=entry.kind,
        path=entry.path,
        before=entry.before,
        after=entry.after,
        actor_kind=entry.actor_kind,
        actor=entry.actor_id,
        at=entry.at,
    )


def _fact(path: str, fact: Known[object]) -> BreachFact:
    return BreachFact(
        path=path,
        value=msgspec.to_builtins(fact.value),
        status=fact.status,
        basis=fact.basis,
        expected_at=fact.expected_at,
        citations=fact.citations,
        by=fact.by,
        at=fact.at,
    )


def _field(field: Field) -> BreachField:
    return BreachField(
        path=field.path, kind=field.kind, set_by=field.set_by, choices=field.choices, takes=allowed(field)
    )
