"""The facts of a technical incident report (R9): what a collector hands in and a renderer lays out.

Owns the shape of the facts; `reports.handover` checks that they agree with each other. Holds no words of any
language and no layout: sentences are made from these facts by `reports.summary`, in the tenant's language.
Reads no database: a collector fills it.

Invariants: every number names the query it came from (`source`, an id in `provenance`); every instant has a
zone; free text is what a named person wrote or what an event held, and is never trusted (O1, O3).
"""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias

import msgspec

Instant: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]
Key: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]
SourceName: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[a-z0-9_]+([.][a-z0-9_]+)*$", max_length=64)]
Digest: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]

Severity: TypeAlias = Literal["informational", "low", "medium", "high", "critical"]
State: TypeAlias = Literal["new", "acknowledged", "contained", "resolved", "closed"]
VerdictKind: TypeAlias = Literal["true_positive", "benign", "false_positive", "inconclusive"]
Handling: TypeAlias = Literal["TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED"]
EntityKind: TypeAlias = Literal["host", "user", "ip", "hash", "domain", "process", "file", "account", "email", "url"]
Side: TypeAlias = Literal["provider", "customer", "system"]
StatementKind: TypeAlias = Literal["summary", "cause", "impact", "recommendation"]
ActionResult: TypeAlias = Literal["done", "failed", "pending", "undone"]
Stage: TypeAlias = Literal["acknowledge", "contain", "resolve"]
GapKind: TypeAlias = Literal["silent", "delayed", "not_collected"]
Step: TypeAlias = Literal[
    "first_event",
    "last_event",
    "alert",
    "opened",
    "acknowledged",
    "assigned",
    "contained",
    "resolved",
    "closed",
    "reopened",
    "verdict",
    "severity_changed",
    "note",
    "asked",
    "answered",
    "snoozed",
    "unsnoozed",
    "action",
    "approval_requested",
    "approved",
    "declined",
    "merged",
    "absorbed",
    "unmerged",
    "split",
    "storm",
    "exception_made",
    "message",
]


class _Facts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all parts: immutable, by keyword, nothing unknown."""


class Actor(_Facts, frozen=True):
    """Who did something. `name` is shown to the customer."""

    side: Side
    name: str


class Provider(_Facts, frozen=True):
    """The MSSP that hands the report over."""

    name: str
    contact: str


class Customer(_Facts, frozen=True):
    """The tenant that the report is for. `language` and `time_zone` decide how it is written."""

    id: str
    name: str
    language: str
    time_zone: str


class Figure(_Facts, frozen=True):
    """A counted number, and the id of the provenance entry that tells how it was counted."""

    value: Count
    source: str


class Figures(_Facts, frozen=True):
    """The numbers of the first page. They count the whole incident, also what the lists below leave out."""

    events: Figure
    alerts: Figure
    rules: Figure
    hosts: Figure
    accounts: Figure
    indicators: Figure


class Verdict(_Facts, frozen=True):
    """What a person concluded, with the reason given."""

    kind: VerdictKind
    reason: str
    by: Actor
    at: Instant


class Incident(_Facts, frozen=True):
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


class Statement(_Facts, frozen=True):
    """What a person wrote for this report: shown as theirs, never as ours."""

    kind: StatementKind
    text: str
    by: Actor
    at: Instant
    record: str


class Decision(_Facts, frozen=True):
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


class Action(_Facts, frozen=True):
    """A response step that was taken or tried."""

    id: str
    what: str
    target: str
    at: Instant
    by: Actor
    approved_by: Actor | None
    result: ActionResult


class OpenPoint(_Facts, frozen=True):
    """Something that is still to be done, and by which side."""

    text: str
    owner: Literal["provider", "customer"]
    due_at: Instant | None
    record: str


class TimelineEntry(_Facts, frozen=True):
    """One thing that happened. `text` adds to what `step` says and may be empty."""

    at: Instant
    step: Step
    text: str
    actor: Actor
    record: str


class Entity(_Facts, frozen=True):
    """A thing that events of this incident name."""

    kind: EntityKind
    value: str
    first_seen: Instant
    last_seen: Instant
    alerts: Count


class Technique(_Facts, frozen=True):
    """An ATT&CK technique: its id, and its name and tactic where the content knows them, else empty."""

    id: str
    name: str
    tactic: str


class Rule(_Facts, frozen=True):
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


class Alert(_Facts, frozen=True):
    """Deduplicated matches of one rule. `entities` are the values that make up its dedup key."""

    id: str
    rule: Rule
    severity: Severity
    log_source: SourceName
    first_seen: Instant
    last_seen: Instant
    events: Count
    entities: tuple[str, ...]


class EvidenceField(_Facts, frozen=True):
    """A field of an event as its source named it."""

    name: str
    value: str


class Evidence(_Facts, frozen=True):
    """An event that matched: its stable key, and the fields that matter. `rules` are rule ids."""

    key: Key
    at: Instant
    received_at: Instant
    source: SourceName
    summary: str
    rules: tuple[str, ...]
    fields: tuple[EvidenceField, ...]


class Indicator(_Facts, frozen=True):
    """A value worth searching for elsewhere, and the alerts that name it. `origin` says where it is known from."""

    kind: EntityKind
    value: str
    origin: str
    first_seen: Instant
    last_seen: Instant
    alerts: Count


class ServiceLevel(_Facts, frozen=True):
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


class Activity(_Facts, frozen=True):
    """Matched events over time: `counts[i]` events from `start + i * bucket_seconds` on."""

    start: Instant
    bucket_seconds: Annotated[int, msgspec.Meta(ge=1)]
    counts: Annotated[tuple[Count, ...], msgspec.Meta(min_length=1, max_length=120)]
    source: str


class Gap(_Facts, frozen=True):
    """A time in which we could not see: "no event" in it does not mean "nothing happened"."""

    feed: str
    kind: GapKind
    since: Instant
    until: Instant | None


class Provenance(_Facts, frozen=True):
    """Where a number comes from: the query's name, when it ran, and the records that it counted."""

    id: Annotated[str, msgspec.Meta(pattern="^[A-Z][0-9]{1,3}$")]
    query: str
    taken_at: Instant
    records: tuple[str, ...]
    total_records: Count


class AuditHead(_Facts, frozen=True):
    """The newest signed head of the tenant's audit chain (A3). Entries may be newer: heads follow by the minute."""

    seq: Count
    hash: Digest
    signed_at: Instant
    key_id: str


class IncidentReport(_Facts, frozen=True, tag_field="report", tag="incident"):
    """All that a technical incident report says.

    Lists may be selections, the most important first; `figures` always count everything. `audit_entries` is the
    length of the tenant's audit chain when the data was read; `audit_head` is missing when nothing was signed yet.
    """

    id: str
    revision: Annotated[int, msgspec.Meta(ge=1)]
    handling: Handling
    generated_at: Instant
    provider: Provider
    customer: Customer
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
    provenance: tuple[Provenance, ...] = ()
    audit_head: AuditHead | None = None
    audit_entries: Count = 0
