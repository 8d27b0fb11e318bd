"""The phrases of the service report, as types: a language that lacks one does not type-check.

Owns which phrases there are and what each may be filled with (`{name}`). Phrases are plain text, never markup; they
are trusted, what fills them is not.
"""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from reports.documents.service.facts import ActionState, ChangeKind, Duty, FaultKind, Trend
from reports.language.phrases import PhraseGroup, Plural

Lead: TypeAlias = Literal["coverage.seen", "target.acknowledge", "target.resolve", "open.severe", "open.customer"]
"""The five numbers of the first page."""


class Cover(PhraseGroup, frozen=True):
    """The first page: five numbers, what could not be seen, and what is to be done by whom."""

    kind: str
    title: str
    summary: str
    needed_you: Plural
    no_data: str
    numbers: str
    number: str
    value: str
    target: str
    trend: str
    decision: str
    none_needed: str
    decisions: Mapping[Lead, str]
    connect: str
    unseen: str
    dark: str
    never: str
    missing: str
    unparsed: str
    refused: str
    no_vulnerabilities: str
    no_identities: str
    yours: str
    ours: str
    nothing_open: str
    more_open: Plural
    see_below: str


class Sections(PhraseGroup, frozen=True):
    """Headings, heads of columns and notes behind the first page."""

    coverage: str
    funnel: str
    incidents: str
    times: str
    attack: str
    vulnerabilities: str
    identity: str
    open: str
    changes: str
    notices: str
    method: str
    by_day: str
    by_day_alt: str
    feeds: str
    feed: str
    events: str
    seen: str
    dark_hours: str
    silent_for: str
    last_data: str
    paused: str
    no_feeds: str
    sources: str
    sources_note: str
    rules: str
    funnel_alt: str
    this_period: str
    before: str
    incident: str
    opened: str
    verdict: str
    done: str
    undecided: str
    restricted: str
    no_incidents: str
    chosen: str
    by_severity: str
    total: str
    stage: str
    median: str
    p95: str
    cases: str
    targets: str
    heat_alt: str
    legend_seen: str
    legend_tested: str
    legend_covered: str
    legend_bare: str
    heat_note: str
    tactic: str
    techniques: str
    top_techniques: str
    technique: str
    alerts: str
    no_vulnerabilities: str
    no_identities: str
    access: str
    owner: str
    duty: str
    since: str
    due: str
    responses: str
    outages: str
    fault: str
    until: str
    still: str
    no_outages: str
    change: str
    no_changes: str
    exceptions: str
    no_notices: str
    all_numbers: str
    trend_rule: str
    median_rule: str
    attachments: str
    period: str


class ServiceWords(PhraseGroup, frozen=True):
    """All that the service report says in one language, beside what every document says.

    `names` and `definitions` are by the measure's id, or by its beginning for groups (`severity`, `actions`);
    `defined` names what is defined for several measures together.
    """

    cover: Cover
    sections: Sections
    names: Mapping[str, str]
    definitions: Mapping[str, str]
    defined: Mapping[Literal["target", "exceptions", "access", "notices"], str]
    trends: Mapping[Trend, str]
    duties: Mapping[Duty, str]
    faults: Mapping[FaultKind, str]
    changes: Mapping[ChangeKind, str]
    responses: Mapping[ActionState, str]
