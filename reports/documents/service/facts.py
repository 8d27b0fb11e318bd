"""What the service report tells of a period: figures with targets and trends, and the rows that people act on.

Every number is that of `watchfloor.measures`, under the measure's id; `source` names the provenance entry of its query.
Titles of incidents that are restricted, and everything sealed but the reasons of verdicts, stay out of it.
"""

from datetime import date
from typing import Annotated, Literal, TypeAlias

import msgspec

from reports.facts import Count, Facts, Instant, ReportFacts, Severity, Side
from reports.vocabulary import State, VerdictKind

Trend: TypeAlias = Literal["better", "worse", "more", "less", "noise", "too_few", "no_previous"]
Unit: TypeAlias = Literal["count", "seconds", "share", "days"]
ActionState: TypeAlias = Literal[
    "proposed", "approved", "running", "done", "failed", "declined", "expired", "withdrawn"
]
Duty: TypeAlias = Literal["answer", "approve", "resolve", "decide_exception", "restore_feed"]
ChangeKind: TypeAlias = Literal["rule.disable", "rule.enable", "rule.level", "list.set", "list.remove"]
FaultKind: TypeAlias = Literal[
    "silent", "volume", "lag", "clock", "unparsed", "expiry", "denied", "expired", "behind", "strangers"
]


class Days(Facts, frozen=True):
    """Whole local days from `first` until before `end`."""

    first: date
    end: date


class Number(Facts, frozen=True):
    """A measure's figure. A share is 0 to 1; of lengths of time `value` is the median, in seconds."""

    id: str
    unit: Unit
    value: Annotated[float, msgspec.Meta(ge=0)] | None
    p95: float | None
    n: Count
    before: float | None
    trend: Trend
    target: float | None
    is_met: bool | None
    source: str


class Feed(Facts, frozen=True):
    """A feed in the period."""

    name: str
    is_paused: bool
    events: Count
    hours: Count
    hours_with_data: Count
    dark_hours: Count
    silent_seconds: Count
    unparsed: Count
    refused: Count
    last_hour: Instant | None


class MissingSource(Facts, frozen=True):
    """A log source that is read but did not come in, and how many rules wait for it."""

    name: str
    rules: Count


class Response(Facts, frozen=True):
    """A response action on an incident."""

    kind: str
    state: ActionState


class Incident(Facts, frozen=True):
    """An incident of the period. `title` and `reason` are empty for one that is restricted."""

    id: str
    ref: str
    title: str
    is_restricted: bool
    severity: Severity
    state: State
    verdict: VerdictKind | None
    reason: str
    opened_at: Instant
    resolved_at: Instant | None
    responses: tuple[Response, ...]
    needed_customer: bool


class Technique(Facts, frozen=True):
    """An ATT&CK technique: alerts of the period, rules for it, whether one can fire, and whether that is tested."""

    id: str
    name: str
    alerts: Count
    rules: Count
    is_covered: bool
    is_tested: bool


class Tactic(Facts, frozen=True):
    """An ATT&CK tactic."""

    id: str
    name: str
    techniques: tuple[Technique, ...]


class OpenAction(Facts, frozen=True):
    """What somebody has to do, as of the report's time. `subject` is a reference or a feed's name."""

    owner: Side
    duty: Duty
    subject: str
    since: Instant
    due_at: Instant | None


class Outage(Facts, frozen=True):
    """Something wrong with a feed, as its alarm says."""

    feed: str
    kind: FaultKind
    since: Instant
    until: Instant | None


class Change(Facts, frozen=True):
    """A change of the tenant's rules. `subject` is the rule's title, or the list's name."""

    at: Instant
    kind: ChangeKind
    subject: str


class Daily(Facts, frozen=True):
    """Numbers by day of the period, as far as its days have begun."""

    events: tuple[Count, ...]
    alerts: tuple[Count, ...]
    incidents: tuple[Count, ...]


class ServiceReport(ReportFacts, frozen=True, kw_only=True, tag_field="report", tag="service"):
    """A service report. Without data, nothing that was not seen is known not to have happened."""

    period: Days
    before: Days
    has_data: bool
    numbers: tuple[Number, ...]
    daily: Daily
    feeds: tuple[Feed, ...]
    missing_sources: tuple[MissingSource, ...]
    incidents: tuple[Incident, ...]
    attack_version: Count
    tactics: tuple[Tactic, ...]
    open_actions: tuple[OpenAction, ...]
    outages: tuple[Outage, ...]
    changes: tuple[Change, ...]

    def number(self, measure: str) -> Number:
        """The figure of this id; one without a value where it is not told."""
        for one in self.numbers:
            if one.id == measure:
                return one
        return Number(
            id=measure,
            unit="count",
            value=None,
            p95=None,
            n=0,
            before=None,
            trend="no_previous",
            target=None,
            is_met=None,
            source="",
        )
