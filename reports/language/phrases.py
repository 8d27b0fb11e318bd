"""The phrases of the incident report, as types: a language that lacks one does not type-check.

Owns which phrases there are and what each may be filled with (`{name}`). Holds no text: that is in the
module of each language. Phrases are plain text, never markup; they are trusted, what fills them is not.
"""

from collections.abc import Mapping

import msgspec

from reports.incident import (
    ActionResult,
    EntityKind,
    GapKind,
    Severity,
    Side,
    Stage,
    State,
    StatementKind,
    Step,
    VerdictKind,
)


class _Phrases(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all groups of phrases."""


class Plural(msgspec.Struct, frozen=True):
    """A phrase with a count `{n}` in it, for one and for any other number; `plurals` has other ways to count."""

    one: str
    other: str

    @property
    def plain(self) -> str:
        """The plural as a heading says it, without a number."""
        return self.other

    def of(self, number: int) -> str:
        """The phrase that goes with `number`, still holding `{n}`."""
        return self.one if number == 1 else self.other


class Writing(_Phrases, frozen=True):
    """How the language writes numbers, times and what stands before a colon. `months` start with January."""

    thousands: str
    months: tuple[str, str, str, str, str, str, str, str, str, str, str, str]
    day_month_year: str
    second: str
    minute: str
    hour: str
    day: str
    open_quote: str
    close_quote: str
    list_and: str
    first_day: str = "1"
    colon: str = ":"


class Words(_Phrases, frozen=True):
    """One word for each value that a fact can have: the same here as in chat and portal."""

    severity: Mapping[Severity, str]
    state: Mapping[State, str]
    verdict: Mapping[VerdictKind, str]
    side: Mapping[Side, str]
    entity: Mapping[EntityKind, str]
    step: Mapping[Step, str]
    stage: Mapping[Stage, str]
    statement: Mapping[StatementKind, str]
    result: Mapping[ActionResult, str]
    gap: Mapping[GapKind, str]
    saw: str
    did: str
    decided: str
    target_met: str
    target_missed: str
    target_running: str
    no_target: str
    nothing: str


class Cover(_Phrases, frozen=True):
    """The first page, which answers: what happened, what was done, what must I decide."""

    kind: str
    prepared_for: str
    prepared_by: str
    reported: str
    version: str
    happened: str
    done: str
    decide: str
    open: str
    figures: str
    severity: str
    state: str
    verdict: str
    no_decision: str
    no_decision_reason: str
    decisions_waiting: Plural
    more_decisions: Plural
    answer_by: str
    asked_at: str
    why: str
    effect: str
    undo: str
    if_silent: str
    no_open_points: str
    more_open_points: Plural
    due: str
    contact: str


class Summary(_Phrases, frozen=True):
    """Sentences that are made from records alone."""

    seen_between: str
    seen_at: str
    on_hosts: str
    without_host: str
    events: Plural
    rules: Plural
    and_more: Plural
    top_alert: str
    techniques: str
    verdict: str
    no_verdict: str
    acknowledged: str
    contained: str
    resolved: str
    closed: str
    not_acknowledged: str
    action: str
    action_approved: str
    nothing_done: str
    more_actions: Plural


class FigureNames(_Phrases, frozen=True):
    """The names of the numbers and what each one counts."""

    events: Plural
    alerts: Plural
    rules: Plural
    hosts: Plural
    accounts: Plural
    indicators: Plural
    time_to: Mapping[Stage, str]
    target: str
    since: str
    source: str
    definitions: Mapping[str, str]


class Sections(_Phrases, frozen=True):
    """Headings, column heads and notes of the sections behind the first page."""

    contents: str
    assessment: str
    course: str
    detections: str
    affected: str
    indicators: str
    evidence: str
    gaps: str
    numbers: str
    activity: str
    activity_alt: str
    activity_table: str
    clocks: str
    timeline: str
    path: str
    decisions: str
    definitions: str
    document: str
    local_time: str
    utc: str
    side: str
    what: str
    who: str
    record: str
    stage: str
    from_time: str
    to_time: str
    elapsed: str
    target: str
    outcome: str
    detection: str
    technique: str
    severity: str
    on: str
    first_seen: str
    last_seen: str
    events: str
    alerts: str
    why: str
    false_positives: str
    rule: str
    rule_link: str
    entity: str
    value: str
    origin: str
    field: str
    event_key: str
    received: str
    matched: str
    feed: str
    gap: str
    number: str
    query: str
    records: str
    taken_at: str
    wrote: str
    defanged: str
    not_shown: Plural
    fields_not_shown: Plural
    in_attachment: str
    no_gaps: str
    gap_meaning: str
    still_open: str
    times: str
    of_day: str
    substituted: str
    attachment: str
    data_hash: str
    audit_head: str
    audit_signed: str
    audit_complete: str
    audit_follows: Plural
    no_audit_head: str
    report_id: str
    incident_id: str
    page: str
    of: str
    cut: str
    bucket: str


class Seal(_Phrases, frozen=True):
    """What stands in and beside the visible signature."""

    signature: str
    signed_by: str
    signed_at: str
    hint: str


class Phrases(_Phrases, frozen=True):
    """All that the incident report says in one language. `code` is its BCP 47 tag."""

    code: str
    writing: Writing
    words: Words
    cover: Cover
    summary: Summary
    figures: FigureNames
    sections: Sections
    seal: Seal
