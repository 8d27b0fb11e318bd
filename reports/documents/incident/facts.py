"""The facts of a technical incident report (R9): what a collector hands in and a renderer lays out.

Owns the shape of the facts; `reports.handover` checks that they agree with each other. Holds no words of any
language and no layout: sentences are made from these facts by `reports.summary`, in the tenant's language.
Reads no database: a collector fills it.

Invariants: every number names the query it came from (`source`, an id in `provenance`); every instant has a
zone; free text is what a named person wrote or what an event held, and is never trusted (O1, O3).
"""

from typing import Annotated, Literal, TypeAlias

import msgspec

from reports.facts import Actor, Count, Facts, Figure, Instant, ReportFacts, Severity
from reports.vocabulary import ActionResult, EntityKind, GapKind, Stage, State, StatementKind, Step, VerdictKind

Key: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]
SourceName: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[a-z0-9_]+([.][a-z0-9_]+)*$", max_length=64)]


class Figures(Facts, frozen=True):
    """The numbers of the first page. They count the whole incident, also what the lists below leave out."""

    events: Figure
    alerts: Figure
    rules: Figure
    hosts: Figure
    accounts: Figure
    indicators: Figure


class Verdict(Facts, frozen=True):
    """What a person concluded, with the reason given."""

    kind: VerdictKind
    reason: str
    by: Actor
    at: Instant


class Incident(Facts, frozen=True):
    """The incident's own record. A stage that was not reached has no time."""

    id: str
    ref: str
    title: str
    severity: Severity
    state: State
    verdict: Verdict | None
    assignee: Actor | None
    first_event_at: Instant
    last_event_at: Instant
    opened_at: Instant
    acknowledged_at: Instant | None
    contained_at: Instant | None
    resolved_at: Instant | None
    closed_at: Instant | None
    revision: Count


class Statement(Facts, frozen=True):
    """What a person wrote for this report: shown as theirs, never as ours."""

    kind: StatementKind
    text: str
    by: Actor
    at: Instant
    record: str


class Decision(Facts, frozen=True):
    """A decision that waits for the customer. `if_silent` says what happens when nobody answers."""

    id: str
    question: str
    target: str
    why: str
    effect: str
    undo: str
    if_silent: str
    requested_by: Actor
    requested_at: Instant
    due_at: Instant | None


class Action(Facts, frozen=True):
    """A response step that was taken or tried."""

    id: str
    what: str
    target: str
    at: Instant
    by: Actor
    approved_by: Actor | None
    result: ActionResult


class OpenPoint(Facts, frozen=True):
    """Something that is still to be done, and by which side."""

    text: str
    owner: Literal["provider", "customer"]
    due_at: Instant | None
    record: str


class TimelineEntry(Facts, frozen=True):
    """One thing that happened. `text` adds to what `step` says and may be empty."""

    at: Instant
    step: Step
    text: str
    actor: Actor
    record: str


class Entity(Facts, frozen=True):
    """A thing that events of this incident name."""

    kind: EntityKind
    value: str
    first_seen: Instant
    last_seen: Instant
    alerts: Count


class Technique(Facts, frozen=True):
    """An ATT&CK technique: its id, and its name and tactic where the content knows them, else empty."""

    id: str
    name: str
    tactic: str


class Rule(Facts, frozen=True):
    """The detection rule behind an alert, with what its licence asks to be shown (DRL 1.1: author and link)."""

    id: str
    title: str
    level: Severity
    why: str
    false_positives: str
    author: str
    licence: str
    link: str
    content_hash: str
    techniques: tuple[Technique, ...]


class Alert(Facts, frozen=True):
    """Deduplicated matches of one rule. `entities` are the values that make up its dedup key."""

    id: str
    rule: Rule
    severity: Severity
    log_source: SourceName
    first_seen: Instant
    last_seen: Instant
    events: Count
    entities: tuple[str, ...]


class EvidenceField(Facts, frozen=True):
    """A field of an event as its source named it."""

    name: str
    value: str


class Evidence(Facts, frozen=True):
    """An event that matched: its stable key, and the fields that matter. `rules` are rule ids."""

    key: Key
    at: Instant
    received_at: Instant
    source: SourceName
    summary: str
    rules: tuple[str, ...]
    fields: tuple[EvidenceField, ...]


class Indicator(Facts, frozen=True):
    """A value worth searching for elsewhere, and the alerts that name it. `origin` says where it is known from."""

    kind: EntityKind
    value: str
    origin: str
    first_seen: Instant
    last_seen: Instant
    alerts: Count


class ServiceLevel(Facts, frozen=True):
    """One clock of the service agreement. Times and target in seconds; a running clock has no `stopped_at`.

    `paused_seconds` is all time that did not count. `is_missed` says whether a deadline passed; without it the target
    itself decides.
    """

    stage: Stage
    started_at: Instant
    stopped_at: Instant | None
    paused_seconds: Count
    target_seconds: Count | None
    source: str
    is_missed: bool | None = None


class Activity(Facts, frozen=True):
    """Matched events over time: `counts[i]` events from `start + i * bucket_seconds` on."""

    start: Instant
    bucket_seconds: Annotated[int, msgspec.Meta(ge=1)]
    counts: Annotated[tuple[Count, ...], msgspec.Meta(min_length=1, max_length=120)]
    source: str


class Gap(Facts, frozen=True):
    """A time in which we could not see: "no event" in it does not mean "nothing happened"."""

    feed: str
    kind: GapKind
    since: Instant
    until: Instant | None


class IncidentReport(ReportFacts, frozen=True, kw_only=True, tag_field="report", tag="incident"):
    """All that a technical incident report says.

    Lists may be selections, the most important first; `figures` always count everything. `audit_entries` is the
    length of the tenant's audit chain when the data was read; `audit_head` is missing when nothing was signed yet.
    """

    incident: Incident
    figures: Figures
    statements: tuple[Statement, ...] = ()
    decisions: tuple[Decision, ...] = ()
    actions: tuple[Action, ...] = ()
    open_points: tuple[OpenPoint, ...] = ()
    timeline: tuple[TimelineEntry, ...] = ()
    alerts: tuple[Alert, ...] = ()
    entities: tuple[Entity, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    service_levels: tuple[ServiceLevel, ...] = ()
    activity: Activity | None = None
    gaps: tuple[Gap, ...] = ()
