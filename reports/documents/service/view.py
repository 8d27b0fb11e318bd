"""What the service report's template shows: facts chosen, ordered and cut to what a board reads.

Owns the choices (how many rows, which order, which decision); the templates own the layout, `language` the words.
What a list leaves out is counted, and is in the attached data.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final, Generic, TypeVar, get_args

import msgspec
from markupsafe import Markup, escape

from reports.documents.service.facts import (
    Change,
    Feed,
    Incident,
    MissingSource,
    Number,
    OpenAction,
    Outage,
    ServiceReport,
    Tactic,
    Technique,
)
from reports.documents.service.language.phrases import Lead, ServiceWords
from reports.documents.service.writing import Writer
from reports.facts import Severity
from reports.language.locale import Locale
from reports.printed import own, printed, sentence
from watchfloor.reporting.chart import Bars, HeatRow, Level, Row, Tick, draw, draw_heat, draw_rows

GAPS_SHOWN: Final = 4
COVER_ACTIONS: Final = 4
FEEDS_SHOWN: Final = 16
SOURCES_SHOWN: Final = 8
INCIDENTS_SHOWN: Final = 12
TECHNIQUES_SHOWN: Final = 8
ACTIONS_SHOWN: Final = 30
OUTAGES_SHOWN: Final = 15
CHANGES_SHOWN: Final = 15
STAGES: Final = ("detect", "triage", "decide", "notify", "contain", "resolve")
COVERAGE: Final = (
    "coverage.seen",
    "coverage.feeds",
    "coverage.dark_hours",
    "coverage.unparsed",
    "coverage.quarantined",
    "coverage.refused",
    "retention.days",
    "assets.hosts",
)
RESPONSES: Final = (
    "actions",
    "actions.customer",
    *(f"actions.{end}" for end in ("done", "failed", "declined", "expired", "withdrawn")),
)
FUNNEL: Final = ("events", "matches", "alerts", "incidents", "incidents.customer")
_WEIGHT: Final = {"critical": 0, "high": 1, "medium": 2, "low": 3, "informational": 4}
_VERDICT: Final = {"true_positive": 0, None: 1, "inconclusive": 2, "benign": 3, "false_positive": 4}

T = TypeVar("T")


class Selection(msgspec.Struct, Generic[T], frozen=True):
    """The first items of a list, and how many it has beyond them."""

    items: Sequence[T]
    hidden: int


class LeadRow(msgspec.Struct, frozen=True, kw_only=True):
    """One of the five numbers. `outcome` is met, missed or none."""

    name: Markup
    value: Markup
    target: Markup
    trend: Markup
    decision: Markup
    outcome: str
    source: str


class NumberRow(msgspec.Struct, frozen=True, kw_only=True):
    """A measure as a row of a table."""

    name: Markup
    value: Markup
    p95: Markup
    cases: Markup
    before: Markup
    trend: Markup
    target: Markup
    source: str


class Severities(msgspec.Struct, frozen=True, kw_only=True):
    """How many incidents of a severity there are: all, and by verdict."""

    severity: Severity
    counts: Sequence[Markup]


class TacticRow(msgspec.Struct, frozen=True, kw_only=True):
    """A tactic in numbers."""

    name: str
    ruled: Markup
    covered: Markup
    tested: Markup
    seen: Markup


class View(msgspec.Struct, frozen=True, kw_only=True):
    """All that the template needs beside the report itself, the words and the locale."""

    first: Markup
    last: Markup
    summary: Markup
    leads: Sequence[LeadRow]
    gaps: Sequence[Markup]
    yours: Selection[OpenAction]
    ours: Selection[OpenAction]
    by_day: Markup | None
    coverage: Sequence[NumberRow]
    feeds: Selection[Feed]
    sources: Selection[MissingSource]
    funnel: Markup
    funnel_rows: Sequence[NumberRow]
    severities: Sequence[Severities]
    incidents: Selection[Incident]
    times: Sequence[NumberRow]
    targets: Sequence[NumberRow]
    heat: Markup | None
    tactics: Sequence[TacticRow]
    techniques: Selection[Technique]
    attack: Sequence[NumberRow]
    open_actions: Selection[OpenAction]
    responses: Sequence[NumberRow]
    outages: Selection[Outage]
    changes: Selection[Change]
    notices: Sequence[NumberRow]
    exceptions: Markup
    access: Markup
    numbers: Sequence[NumberRow]
    queries: Mapping[str, str]


def build(report: ServiceReport, locale: Locale, words: ServiceWords) -> View:
    """The view of a report that `agreement.check` has passed."""
    write = Writer(locale, words)
    shown = _Shown(report, locale, words, write)
    of_owner = {owner: [one for one in report.open_actions if one.owner == owner] for owner in ("customer", "provider")}
    seen = sorted((one for one in _techniques(report) if one.alerts), key=lambda one: (-one.alerts, one.id))
    return View(
        first=write.day(report.period.first),
        last=write.day(report.period.end - timedelta(days=1)),
        summary=shown.summary(),
        leads=[shown.lead(measure) for measure in get_args(Lead)],
        gaps=list(shown.gaps()),
        yours=_first(of_owner["customer"], COVER_ACTIONS),
        ours=_first(of_owner["provider"], COVER_ACTIONS),
        by_day=shown.by_day(),
        coverage=shown.rows(*COVERAGE),
        feeds=_first(sorted(report.feeds, key=lambda one: (-one.dark_hours, one.name)), FEEDS_SHOWN),
        sources=_first(report.missing_sources, SOURCES_SHOWN),
        funnel=shown.funnel(),
        funnel_rows=shown.rows(*FUNNEL),
        severities=list(shown.severities()),
        incidents=_first(sorted(report.incidents, key=_importance), INCIDENTS_SHOWN),
        times=shown.rows(*(f"time.{stage}" for stage in STAGES), "time.approve"),
        targets=shown.rows("target.acknowledge", "target.resolve"),
        heat=shown.heat(),
        tactics=[shown.tactic(one) for one in report.tactics],
        techniques=_first(seen, TECHNIQUES_SHOWN),
        attack=shown.rows("attack.seen", "attack.covered", "attack.tested"),
        open_actions=_first(report.open_actions, ACTIONS_SHOWN),
        responses=shown.rows(*RESPONSES),
        outages=_first(sorted(report.outages, key=lambda one: one.since, reverse=True), OUTAGES_SHOWN),
        changes=_first(sorted(report.changes, key=lambda one: one.at, reverse=True), CHANGES_SHOWN),
        notices=shown.rows("notices.in_time") if report.number("notices.in_time").n else (),
        exceptions=shown.say(
            words.sections.exceptions, made="exceptions.made", ended="exceptions.ended", held="exceptions.held"
        ),
        access=shown.say(words.sections.access, views="access.views", people="access.people"),
        numbers=[shown.row(one) for one in report.numbers],
        queries={entry.id: entry.query for entry in report.provenance},
    )


class _Shown:
    """The parts of the view that need words and numbers together."""

    def __init__(self, report: ServiceReport, locale: Locale, words: ServiceWords, write: Writer) -> None:
        self._report = report
        self._locale = locale
        self._words = words
        self._write = write

    def say(self, phrase: str, **measures: str) -> Markup:
        """A sentence with figures in it."""
        return sentence(phrase, **{name: self._value(measure) for name, measure in measures.items()})

    def summary(self) -> Markup:
        """What the period came to, in two sentences."""
        cover = self._words.cover
        if not self._report.has_data:
            return escape(cover.no_data)
        said = self.say(
            cover.summary,
            events="events",
            alerts="alerts",
            incidents="incidents",
            confirmed="verdict.true_positive",
        )
        needed = int(self._report.number("incidents.customer").value or 0)
        return said + " " + self._locale.counted(cover.needed_you, needed)

    def lead(self, measure: Lead) -> LeadRow:
        """One of the five numbers with what follows from it."""
        number = self._report.number(measure)
        return LeadRow(
            name=self._write.name(measure),
            value=self._write.value(number),
            target=self._write.target(number),
            trend=self._write.trend(number),
            decision=self._decision(measure, number),
            outcome="none" if number.is_met is None else "met" if number.is_met else "missed",
            source=number.source,
        )

    def gaps(self) -> Iterator[Markup]:
        """What could not be seen, the worst first."""
        cover, report, number = self._words.cover, self._report, self._locale.number
        dark = sorted((one for one in report.feeds if one.dark_hours), key=lambda one: -one.dark_hours)
        for feed in dark[:GAPS_SHOWN]:
            name = printed(feed.name, 63)
            if feed.hours_with_data == 0:
                yield sentence(cover.never, feed=name)
            else:
                yield sentence(cover.dark, feed=name, hours=number(feed.dark_hours), all=number(feed.hours))
        for measure, phrase in (("coverage.unparsed", cover.unparsed), ("coverage.refused", cover.refused)):
            if report.number(measure).value:
                yield sentence(phrase, n=self._value(measure))
        if report.missing_sources:
            names = ", ".join(one.name for one in report.missing_sources[:3])
            yield sentence(cover.missing, sources=printed(names, 160))
        yield escape(cover.no_vulnerabilities)
        yield escape(cover.no_identities)

    def by_day(self) -> Markup | None:
        """The events of each day. None when there are none: an empty chart says nothing."""
        counts = self._report.daily.events
        if not any(counts) or len(counts) < 2:
            return None
        first, last = self._report.period.first, self._report.period.first + timedelta(days=len(counts) - 1)
        peak = self._locale.number(max(counts))
        title = sentence(
            self._words.sections.by_day_alt, first=self._write.day(first), last=self._write.day(last), n=peak
        )
        ticks = [Tick(0.0, self._write.day(first)), Tick(1.0, self._write.day(last))]
        return draw(Bars(title=title, counts=counts, peak_label=peak, ticks=ticks, marks=()))

    def funnel(self) -> Markup:
        """The steps from events to what needed the customer. Bars go with the number of digits."""
        values = [(measure, int(self._report.number(measure).value or 0)) for measure in FUNNEL]
        digits = max(len(str(values[0][1])), 1) + 1
        rows = [
            Row(self._write.name(measure), self._locale.number(value), _length(value) / digits)
            for measure, value in values
        ]
        steps = Markup(", ").join(
            Markup("{} {}").format(self._write.name(measure), self._locale.number(value)) for measure, value in values
        )
        return draw_rows(sentence(self._words.sections.funnel_alt, steps=steps), rows)

    def severities(self) -> Iterator[Severities]:
        """Incidents by severity and verdict, as far as there are any."""
        verdicts = ("true_positive", "benign", "false_positive", "inconclusive", None)
        for severity in ("critical", "high", "medium", "low", "informational"):
            members = [one for one in self._report.incidents if one.severity == severity]
            if members:
                counts = [sum(one.verdict == verdict for one in members) for verdict in verdicts]
                shown = [self._locale.number(count) for count in (len(members), *counts)]
                yield Severities(severity=severity, counts=shown)

    def heat(self) -> Markup | None:
        """All techniques with rules, or seen, by tactic."""
        if not self._report.tactics:
            return None
        lines = _techniques(self._report)
        sections, number = self._words.sections, self._locale.number
        title = sentence(
            sections.heat_alt,
            seen=number(sum(one.alerts > 0 for one in lines)),
            covered=number(sum(one.is_covered for one in lines)),
            all=number(sum(one.rules > 0 for one in lines)),
            tested=number(sum(one.is_tested for one in lines)),
        )
        rows = [
            HeatRow(
                printed(tactic.name, 40),
                Markup("{} / {}").format(
                    number(sum(one.is_covered for one in tactic.techniques)),
                    number(sum(one.rules > 0 for one in tactic.techniques)),
                ),
                sorted((_level(one) for one in tactic.techniques), key=get_args(Level).index),
            )
            for tactic in self._report.tactics
        ]
        legend: list[tuple[Level, Markup]] = [
            ("seen", escape(sections.legend_seen)),
            ("tested", escape(sections.legend_tested)),
            ("covered", escape(sections.legend_covered)),
            ("bare", escape(sections.legend_bare)),
        ]
        return draw_heat(title, rows, legend)

    def tactic(self, tactic: Tactic) -> TacticRow:
        """A tactic's numbers."""
        lines, number = tactic.techniques, self._locale.number
        return TacticRow(
            name=tactic.name,
            ruled=number(sum(one.rules > 0 for one in lines)),
            covered=number(sum(one.is_covered for one in lines)),
            tested=number(sum(one.is_tested for one in lines)),
            seen=number(sum(one.alerts > 0 for one in lines)),
        )

    def rows(self, *measures: str) -> Sequence[NumberRow]:
        """Measures as rows."""
        return [self.row(self._report.number(measure)) for measure in measures]

    def row(self, number: Number) -> NumberRow:
        """A measure as a row."""
        return NumberRow(
            name=self._write.name(number.id),
            value=self._write.value(number),
            p95=self._write.amount(number, number.p95),
            cases=self._locale.number(number.n),
            before=self._write.amount(number, number.before),
            trend=escape(self._words.trends[number.trend]),
            target=self._write.target(number),
            source=number.source,
        )

    def _value(self, measure: str) -> Markup:
        return self._write.value(self._report.number(measure))

    def _decision(self, measure: Lead, number: Number) -> Markup:
        cover = self._words.cover
        if number.is_met is None:
            return escape(cover.connect if measure == "coverage.seen" else cover.none_needed)
        if number.is_met:
            return escape(cover.none_needed)
        dark = sorted((one for one in self._report.feeds if one.dark_hours), key=lambda one: -one.dark_hours)
        feeds = Markup(", ").join(own(feed.name, 63) for feed in dark[:2])
        return (
            sentence(cover.decisions[measure], feeds=feeds)
            if measure == "coverage.seen"
            else escape(cover.decisions[measure])
        )


def _level(line: Technique) -> Level:
    if line.alerts:
        return "seen"
    if line.is_tested:
        return "tested"
    return "covered" if line.is_covered else "bare"


def _techniques(report: ServiceReport) -> list[Technique]:
    """Each technique once."""
    return list({one.id: one for tactic in report.tactics for one in tactic.techniques}.values())


def _importance(one: Incident) -> tuple[object, ...]:
    return _VERDICT[one.verdict] > 1, _WEIGHT[one.severity], _VERDICT[one.verdict], one.opened_at, one.id


def _length(value: int) -> float:
    """How many digits a number has, with what lies between; nothing for none."""
    digits = len(str(value))
    return 0.0 if value == 0 else digits + value / 10**digits


def _first(items: Sequence[T], limit: int) -> Selection[T]:
    return Selection(items[:limit], max(0, len(items) - limit))
