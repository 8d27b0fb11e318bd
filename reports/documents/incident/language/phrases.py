"""The phrases of the incident report, as types: a language that lacks one does not type-check.

Owns which phrases there are and what each may be filled with (`{name}`). Phrases are plain text, never markup; they
are trusted, what fills them is not.
"""

from collections.abc import Mapping

from reports.language.phrases import PhraseGroup, Plural
from reports.vocabulary import Stage


class Cover(PhraseGroup, frozen=True):
    """The first page, which answers: what happened, what was done, what must I decide."""

    kind: str
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


class Summary(PhraseGroup, frozen=True):
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


class FigureNames(PhraseGroup, frozen=True):
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
    definitions: Mapping[str, str]


class Sections(PhraseGroup, frozen=True):
    """Headings, column heads and notes of the sections behind the first page."""

    contents: str
    assessment: str
    course: str
    detections: str
    affected: str
    indicators: str
    evidence: str
    gaps: str
    activity: str
    activity_alt: str
    activity_table: str
    clocks: str
    timeline: str
    path: str
    decisions: str
    side: str
    what: str
    who: str
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
    wrote: str
    fields_not_shown: Plural
    no_gaps: str
    gap_meaning: str
    still_open: str
    attachment: str
    incident_id: str
    bucket: str


class IncidentWords(PhraseGroup, frozen=True):
    """All that the incident report says in one language, beside what every document says."""

    cover: Cover
    summary: Summary
    figures: FigureNames
    sections: Sections
