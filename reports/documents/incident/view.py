"""What the incident report's template shows: facts chosen, ordered and cut to a length that people read.

Owns the choices (how many rows, which order, met or missed); `templates/incident.html` owns the layout and
`reports.language` the words. What a list leaves out is counted, and is in the attached data.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Generic, Literal, TypeVar

import msgspec
from markupsafe import Markup, escape

from reports.documents.incident import summary
from reports.documents.incident.excerpt import caption, telling
from reports.documents.incident.facts import (
    Alert,
    Decision,
    Entity,
    Evidence,
    EvidenceField,
    IncidentReport,
    Indicator,
    OpenPoint,
    ServiceLevel,
    TimelineEntry,
)
from reports.documents.incident.language.table import words_of
from reports.facts import (
    Figure,
    Provenance,
)
from reports.language.locale import Locale
from reports.language.phrases import Plural
from reports.printed import printed, sentence
from watchfloor.reporting.chart import Bars, Tick, draw

COVER_DECISIONS: Final = 2
COVER_POINTS: Final = 3
TIMELINE_ROWS: Final = 100
PATH_ROWS: Final = 40
ALERT_DETAILS: Final = 15
ENTITY_ROWS: Final = 50
INDICATOR_ROWS: Final = 60
EVENTS_SHOWN: Final = 20
FIELDS_SHOWN: Final = 8
VALUE_LIMIT: Final = 400
RECORDS_NAMED: Final = 2
_DASH: Final = Markup("\N{EN DASH}")

Lane = Literal["saw", "did", "decided"]
Outcome = Literal["met", "missed", "running", "none"]
T = TypeVar("T")


class Selection(msgspec.Struct, Generic[T], frozen=True):
    """The first items of a list, and how many it has beyond them."""

    items: Sequence[T]
    hidden: int


class FigureCell(msgspec.Struct, frozen=True, kw_only=True):
    """A number of the first page with what it counts, a note below it, and its source."""

    value: Markup
    label: str
    note: Markup
    outcome: Outcome
    source: str


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """A service level with its arithmetic done."""

    level: ServiceLevel
    elapsed: Markup
    target: Markup
    outcome: Outcome


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the timeline."""

    entry: TimelineEntry
    text: str
    lane: Lane


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the attack's path: an alert, and its technique as people read it."""

    alert: Alert
    technique: Markup
    tactic: Markup


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """An event with a heading, the titles of the rules that matched it and its first fields."""

    evidence: Evidence
    caption: str
    rules: Sequence[str]
    fields: Selection[EvidenceField]


class Number(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table that says where each number comes from."""

    provenance: Provenance
    names: Sequence[str]
    records: Sequence[str]
    hidden: int


class Days(msgspec.Struct, frozen=True, kw_only=True):
    """The local day of all times of a table, which then need not repeat it. None when they are of several days."""

    timeline: Markup | None
    path: Markup | None
    entities: Markup | None
    indicators: Markup | None


class View(msgspec.Struct, frozen=True, kw_only=True):
    """All that the template needs beside the report itself, the phrases and the locale."""

    happened: Sequence[Markup]
    done: Sequence[Markup]
    decisions: Selection[Decision]
    open_points: Selection[OpenPoint]
    figures: Sequence[FigureCell]
    clocks: Sequence[Clock]
    activity: Markup | None
    activity_note: Markup
    days: Days
    timeline: Selection[Moment]
    path: Selection[Step]
    details: Selection[Alert]
    entities: Selection[Entity]
    indicators: Selection[Indicator]
    events: Selection[Event]
    numbers: Sequence[Number]


def build(report: IncidentReport, locale: Locale) -> View:
    """The view of a report that `handover.check` has passed."""
    clocks = [_clock(level, report, locale) for level in report.service_levels]
    ordered = sorted(report.alerts, key=lambda alert: (alert.first_seen, alert.id))
    entries = sorted(report.timeline, key=lambda entry: entry.at)
    return View(
        happened=summary.happened(report, locale),
        done=summary.done(report, locale),
        decisions=_first(report.decisions, COVER_DECISIONS),
        open_points=_first(report.open_points, COVER_POINTS),
        figures=_figures(report, clocks, locale),
        clocks=clocks,
        activity=_activity(report, locale),
        activity_note=_activity_note(report, locale),
        days=_days(report, locale),
        timeline=_first([_moment(entry) for entry in entries], TIMELINE_ROWS),
        path=_first([_step(alert) for alert in ordered], PATH_ROWS),
        details=_first(sorted(ordered, key=lambda alert: -summary.WEIGHT[alert.severity]), ALERT_DETAILS),
        entities=_first(report.entities, ENTITY_ROWS, report.figures.hosts.value - _hosts(report.entities)),
        indicators=_first(report.indicators, INDICATOR_ROWS),
        events=_events(report),
        numbers=[_number(entry, report, locale) for entry in report.provenance],
    )


def lane(entry: TimelineEntry) -> Lane:
    """Whether an entry tells of what we saw, what we did, or what the customer decided."""
    if entry.step in ("first_event", "last_event", "alert"):
        return "saw"
    return "decided" if entry.actor.side == "customer" else "did"


def _days(report: IncidentReport, locale: Locale) -> Days:
    return Days(
        timeline=locale.day_of(entry.at for entry in report.timeline),
        path=locale.day_of(alert.first_seen for alert in report.alerts),
        entities=locale.day_of(at for entity in report.entities for at in (entity.first_seen, entity.last_seen)),
        indicators=locale.day_of(indicator.first_seen for indicator in report.indicators),
    )


def _moment(entry: TimelineEntry) -> Moment:
    is_event = entry.step in ("first_event", "last_event")
    return Moment(entry=entry, text=caption(entry.text) if is_event else entry.text, lane=lane(entry))


def _first(items: Sequence[T], limit: int, unlisted: int = 0) -> Selection[T]:
    return Selection(items[:limit], max(0, len(items) - limit) + max(0, unlisted))


def _hosts(entities: Sequence[Entity]) -> int:
    return sum(entity.kind == "host" for entity in entities)


def _clock(level: ServiceLevel, report: IncidentReport, locale: Locale) -> Clock:
    stopped = level.stopped_at or report.generated_at
    elapsed = max(0, int((stopped - level.started_at) / timedelta(seconds=1)) - level.paused_seconds)
    target = level.target_seconds
    outcome: Outcome = "none"
    if target is not None:
        is_missed = elapsed > target if level.is_missed is None else level.is_missed
        outcome = "missed" if is_missed else "running" if level.stopped_at is None else "met"
    return Clock(
        level=level,
        elapsed=locale.duration(elapsed),
        target=_DASH if target is None else locale.duration(target),
        outcome=outcome,
    )


def _figures(report: IncidentReport, clocks: Sequence[Clock], locale: Locale) -> list[FigureCell]:
    names = words_of(locale).figures
    counted = report.figures
    wanted: list[tuple[Plural, Figure]] = [
        (names.events, counted.events),
        (names.alerts, counted.alerts),
        (names.hosts, counted.hosts),
        (names.accounts, counted.accounts),
        (names.rules, counted.rules),
    ]
    timed = [_timed(clock, locale) for clock in clocks[:2]]
    plain = [_counted(name, figure, locale) for name, figure in wanted[: 5 - len(timed)]]
    return plain + timed


def _counted(name: Plural, figure: Figure, locale: Locale) -> FigureCell:
    return FigureCell(
        value=locale.number(figure.value),
        label=name.of(figure.value),
        note=Markup(""),
        outcome="none",
        source=figure.source,
    )


def _timed(clock: Clock, locale: Locale) -> FigureCell:
    names = words_of(locale).figures
    words = locale.phrases.words
    note = Markup("")
    if clock.level.target_seconds is not None:
        verdicts = {"met": words.target_met, "missed": words.target_missed, "running": words.target_running}
        target = sentence(names.target, target=clock.target)
        note = Markup("{}{} {}").format(target, locale.phrases.writing.colon, verdicts[clock.outcome].lower())
    label = names.time_to[clock.level.stage]
    if clock.level.stopped_at is None:
        label = f"{label}, {names.since}"
    return FigureCell(value=clock.elapsed, label=label, note=note, outcome=clock.outcome, source=clock.level.source)


def _activity(report: IncidentReport, locale: Locale) -> Markup | None:
    activity = report.activity
    if activity is None:
        return None
    span = timedelta(seconds=activity.bucket_seconds * len(activity.counts))
    end = activity.start + span
    peak = locale.number(max(activity.counts))
    incident = report.incident
    stages = (
        (incident.opened_at, locale.phrases.words.step["opened"]),
        (incident.contained_at, locale.phrases.words.step["contained"]),
        (incident.resolved_at, locale.phrases.words.step["resolved"]),
    )
    marks = [
        Tick((at - activity.start) / span, escape(name))
        for at, name in stages
        if at is not None and activity.start <= at <= end
    ]
    ticks = [Tick(part / 4, _axis(locale, report, part / 4)) for part in range(5)]
    title = sentence(
        words_of(locale).sections.activity_alt, first=locale.moment(activity.start), last=locale.moment(end), n=peak
    )
    return draw(Bars(title=title, counts=activity.counts, peak_label=peak, ticks=ticks, marks=marks))


def _axis(locale: Locale, report: IncidentReport, share: float) -> Markup:
    activity = report.activity
    if activity is None:
        return Markup("")
    at = activity.start + timedelta(seconds=activity.bucket_seconds * len(activity.counts) * share)
    stamp = locale.stamp(at)
    return stamp[:16] if share in (0, 1) or activity.bucket_seconds * len(activity.counts) > 86_400 else stamp[11:16]


def _activity_note(report: IncidentReport, locale: Locale) -> Markup:
    if report.activity is None:
        return Markup("")
    return sentence(
        words_of(locale).sections.activity_table,
        bucket=locale.duration(report.activity.bucket_seconds),
        n=locale.number(max(report.activity.counts)),
    )


def _step(alert: Alert) -> Step:
    techniques = alert.rule.techniques
    first = techniques[0] if techniques else None
    tactic = "" if first is None else first.tactic.replace("-", " ")
    more = "" if len(techniques) < 2 else f" +{len(techniques) - 1}"
    return Step(
        alert=alert,
        technique=_DASH if first is None else Markup("{}{}").format(printed(first.id, 20), more),
        tactic=printed(tactic[:1].upper() + tactic[1:], 40),
    )


def _events(report: IncidentReport) -> Selection[Event]:
    titles = {alert.rule.id: alert.rule.title for alert in report.alerts}
    ordered = sorted(report.evidence[:EVENTS_SHOWN], key=lambda event: (event.at, event.key))
    events = [
        Event(
            evidence=event,
            caption=caption(event.summary),
            rules=[titles.get(rule, rule) for rule in event.rules],
            fields=_excerpt(event.fields),
        )
        for event in ordered
    ]
    return Selection(events, len(report.evidence) - len(events))


def _excerpt(fields: Sequence[EvidenceField]) -> Selection[EvidenceField]:
    shown = telling(fields)[:FIELDS_SHOWN]
    return Selection(shown, len(fields) - len(shown))


def _number(entry: Provenance, report: IncidentReport, locale: Locale) -> Number:
    names = words_of(locale).figures
    counted = report.figures
    labels = (
        (counted.events, names.events),
        (counted.alerts, names.alerts),
        (counted.rules, names.rules),
        (counted.hosts, names.hosts),
        (counted.accounts, names.accounts),
        (counted.indicators, names.indicators),
    )
    used = [label.plain for figure, label in labels if figure.source == entry.id]
    used += [names.time_to[level.stage] for level in report.service_levels if level.source == entry.id]
    if report.activity is not None and report.activity.source == entry.id:
        used.append(words_of(locale).sections.activity)
    records = entry.records[:RECORDS_NAMED]
    return Number(provenance=entry, names=used, records=records, hidden=entry.total_records - len(records))
