"""What the template of the control evidence report shows: facts chosen, ordered, counted and cut to what people read.

Owns the choices. What a list leaves out is counted, and is in the attached data and table.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final, Generic, TypeVar, get_args

import msgspec
from markupsafe import Markup

from reports.documents.controls.asking import Ask, asks_of
from reports.documents.controls.bar import Part, draw
from reports.documents.controls.comparing import Compared, compare
from reports.documents.controls.facts import Control, ControlReport, Entry, Kind, Metric
from reports.documents.controls.language.phrases import Change
from reports.documents.controls.language.table import words_of
from reports.documents.controls.written import Writer
from reports.facts import Provenance
from reports.language.locale import Locale
from reports.printed import own, printed, sentence
from watchfloor.controls.result import Deviation, Gap, GapCode, Outcome, Period, Result, outcome_of

COVER_ASKS: Final = 4
COVER_CHANGES: Final = 3
EXCEPTIONS_SHOWN: Final = 3
SAMPLES_SHOWN: Final = 3
RECORDS_NAMED: Final = 2

OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)
_STILL: Final[frozenset[Change]] = frozenset({"same", "noise"})
_MOVED: Final[tuple[Change, ...]] = ("worse", "lost", "better")
T = TypeVar("T")


class Selection(msgspec.Struct, Generic[T], frozen=True):
    """The first items of a list, and how many it has beyond them."""

    items: Sequence[T]
    hidden: int


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How many controls have one outcome."""

    outcome: Outcome
    label: str
    meaning: str
    number: Markup


class Exceptional(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is not counted as good."""

    id: str
    text: Markup


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A result as a row of its control's table."""

    row: Result
    kind: Kind
    metric: Metric
    value: Markup
    threshold: Markup
    source: str
    source_note: str
    outcome: str
    change: str
    exceptions: Selection[Exceptional]
    count: Markup
    gaps: Sequence[Markup]
    sample: Selection[str]
    entered: Sequence[Markup]


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """A control with its results."""

    control: Control
    outcome: Outcome
    label: str
    lines: Sequence[Line]


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """A number now and before."""

    compared: Compared
    now: Markup
    before: Markup
    change: str


class Number(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the table that says where each number comes from."""

    provenance: Provenance
    names: Sequence[str]
    records: Sequence[str]
    hidden: int


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """A gap in the data, and the controls whose numbers it touches."""

    kind: Kind
    text: Markup
    controls: Sequence[str]


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """An evidence kind with the numbers that stand beside the judged ones."""

    kind: Kind
    figures: Sequence[Markup]


class View(msgspec.Struct, frozen=True, kw_only=True):
    """All that the template needs beside the report itself, the phrases and the writer.locale."""

    period: Markup
    previous: Markup
    standings: Sequence[Standing]
    bar: Markup
    asks: Sequence[Ask]
    cover_asks: Selection[Ask]
    asked_for: Markup
    changes: Sequence[Moved]
    cover_changes: Selection[Moved]
    change_counts: Markup
    sheets: Sequence[Sheet]
    beyond: Sequence[Control]
    given: Sequence[Entry]
    kinds: Sequence[Described]
    gaps: Sequence[Missing]
    numbers: Sequence[Number]


def build(report: ControlReport, locale: Locale) -> View:
    """The view of a report that `agreement.check` has passed."""
    writer = Writer(words_of(locale), locale)
    asks = asks_of(report, writer)
    compared = compare(report)
    moved = [_moved(one, writer) for one in compared]
    turned = sorted(
        (one for one in moved if one.compared.change in _MOVED), key=lambda one: _MOVED.index(one.compared.change)
    )
    changes = {(one.kind.id, one.metric.id): writer.words.change[one.change] for one in compared}
    sheets = [_sheet(control, report, changes, writer) for control in report.controls]
    return View(
        period=_span(report.period, writer),
        previous=_span(report.previous, writer),
        standings=_standings(sheets, report, writer),
        bar=_bar(sheets, report, writer),
        asks=asks,
        cover_asks=_first(asks, COVER_ASKS),
        asked_for=_asked_for(asks, writer),
        changes=moved,
        cover_changes=_first(turned, COVER_CHANGES),
        change_counts=_change_counts(compared, writer),
        sheets=sheets,
        beyond=[control for control in report.controls if control.beyond],
        given=[entry for entry in report.entries if entry.document],
        kinds=[Described(kind=kind, figures=_figures(kind, report, writer)) for kind in report.kinds],
        gaps=_gaps(report),
        numbers=[_number(entry, report) for entry in report.provenance],
    )


def _first(items: Sequence[T], limit: int) -> Selection[T]:
    return Selection(items[:limit], max(0, len(items) - limit))


def _span(period: Period, writer: Writer) -> Markup:
    last = period.end - timedelta(seconds=1)
    return sentence(writer.words.cover.period, first=writer.locale.date(period.begin), last=writer.locale.date(last))


def _standings(sheets: Sequence[Sheet], report: ControlReport, writer: Writer) -> Sequence[Standing]:
    return [
        Standing(
            outcome=outcome,
            label=report.phrases.outcomes[outcome],
            meaning=writer.words.cover.meanings[outcome],
            number=writer.locale.number(sum(sheet.outcome == outcome for sheet in sheets)),
        )
        for outcome in OUTCOMES
    ]


def _bar(sheets: Sequence[Sheet], report: ControlReport, writer: Writer) -> Markup:
    counts: dict[Outcome, int] = {outcome: sum(sheet.outcome == outcome for sheet in sheets) for outcome in OUTCOMES}
    told = Markup(", ").join(
        Markup("{} {}").format(printed(report.phrases.outcomes[outcome]), writer.locale.number(number))
        for outcome, number in counts.items()
    )
    title = sentence(
        writer.words.cover.standing_alt, controls=writer.counted(writer.words.cover.controls, len(sheets)), parts=told
    )
    parts = [
        Part(outcome=outcome, number=number, label=writer.locale.number(number)) for outcome, number in counts.items()
    ]
    return draw(parts, title)


def _asked_for(asks: Sequence[Ask], writer: Writer) -> Markup:
    counts = (
        (writer.words.cover.decisions, sum(ask.want == "decide" for ask in asks)),
        (writer.words.cover.entries, sum(ask.want == "enter" for ask in asks)),
        (writer.words.cover.tasks, sum(ask.owner == "provider" for ask in asks)),
    )
    return Markup(" · ").join(writer.counted(phrase, number) for phrase, number in counts if number)


def _moved(one: Compared, writer: Writer) -> Moved:
    return Moved(
        compared=one,
        now=writer.reached(one.now),
        before=Markup("\N{EN DASH}") if one.before is None else writer.reached(one.before),
        change=writer.words.change[one.change],
    )


def _change_counts(compared: Sequence[Compared], writer: Writer) -> Markup:
    def count(names: Iterable[Change]) -> Markup:
        wanted = frozenset(names)
        return writer.locale.number(sum(one.change in wanted for one in compared))

    if all(one.before is None or one.before.value is None for one in compared):
        return own(writer.words.cover.no_previous)
    return sentence(
        writer.words.cover.changes,
        better=count(("better",)),
        worse=count(("worse",)),
        still=count(_STILL),
        few=count(("too_few",)),
        none=count(("no_previous", "lost")),
    )


def _sheet(control: Control, report: ControlReport, changes: dict[tuple[str, str], str], writer: Writer) -> Sheet:
    rows = [row for row in report.results if row.control == control.id]
    outcome = outcome_of(rows)
    return Sheet(
        control=control,
        outcome=outcome,
        label=report.phrases.outcomes[outcome],
        lines=[
            _line(row, control, report, changes.get((row.evidence_kind, row.metric), ""), writer)
            for row in rows
            if row.result != "not_in_scope"
        ],
    )


def _line(row: Result, control: Control, report: ControlReport, change: str, writer: Writer) -> Line:
    kind = next(kind for kind in report.kinds if kind.id == row.evidence_kind)
    metric = next(metric for metric in kind.metrics if metric.id == row.metric)
    source, note = _source(row, control, writer)
    exceptions = [exceptional(one, report) for one in row.exceptions]
    total = _exceptions_in_all(row)
    return Line(
        row=row,
        kind=kind,
        metric=metric,
        value=writer.reached(row),
        threshold=writer.asked(row.threshold, row.unit),
        source=source,
        source_note=note,
        outcome=report.phrases.outcomes[row.result],
        change=change,
        exceptions=Selection(exceptions[:EXCEPTIONS_SHOWN], max(0, total - EXCEPTIONS_SHOWN)),
        count=writer.counted(writer.words.sections.exceptions, total),
        gaps=[gap_text(gap, report) for gap in row.data_gaps if gap.code != "list_shortened"],
        sample=_first(row.sample_ids, SAMPLES_SHOWN),
        entered=_entered(row, report, writer),
    )


def _source(row: Result, control: Control, writer: Writer) -> tuple[str, str]:
    if row.threshold_source is None:
        return "", ""
    if row.threshold_source != "standard":
        return writer.words.amounts.sources[row.threshold_source], ""
    for fixed in control.fixed:
        if (fixed.kind, fixed.metric) == (row.evidence_kind, row.metric):
            note = writer.words.sections.unconfirmed_number if fixed.is_unconfirmed else ""
            return writer.words.amounts.fixed_by.format(source=fixed.source), note
    return writer.words.amounts.sources["standard"], ""


def _exceptions_in_all(row: Result) -> int:
    for gap in row.data_gaps:
        if gap.code == "list_shortened" and gap.detail.isdecimal():
            return int(gap.detail)
    return len(row.exceptions)


def exceptional(deviation: Deviation, report: ControlReport) -> Exceptional:
    """What a deviation says, in the words that came with the facts."""
    phrase = report.phrases.deviations.get(deviation.code, deviation.code)
    return Exceptional(id=deviation.id, text=_filled(phrase, deviation.detail))


def gap_text(gap: Gap, report: ControlReport) -> Markup:
    """What a gap says, in the words that came with the facts."""
    return _filled(report.phrases.gaps.get(gap.code, gap.code), gap.detail)


def _filled(phrase: str, detail: str) -> Markup:
    # Facts may come from anywhere: a phrase of theirs is text, and nothing in it is a place but this one.
    return printed(phrase.replace("{detail}", detail), 240)


def _entered(row: Result, report: ControlReport, writer: Writer) -> Sequence[Markup]:
    if not row.is_entered:
        return ()
    return [
        sentence(writer.words.sections.entered, person=printed(entry.by, 80), day=writer.locale.date(entry.at))
        for entry in report.entries
        if entry.id in row.sample_ids
    ]


def _gaps(report: ControlReport) -> Sequence[Missing]:
    found: dict[tuple[str, GapCode, str], list[str]] = {}
    for row in report.results:
        for gap in row.data_gaps:
            if gap.code != "list_shortened":
                found.setdefault((row.evidence_kind, gap.code, gap.detail), []).append(row.control)
    kinds = {kind.id: kind for kind in report.kinds}
    return [
        Missing(
            kind=kinds[kind],
            text=gap_text(Gap(code=code, detail=detail), report),
            controls=list(dict.fromkeys(controls)),
        )
        for (kind, code, detail), controls in sorted(found.items())
    ]


def _figures(kind: Kind, report: ControlReport, writer: Writer) -> Sequence[Markup]:
    titles = {metric.id: metric.title for metric in kind.metrics}
    return [
        Markup("{}: {} ({})").format(
            printed(titles[shown.metric]),
            writer.amount(shown.value, shown.unit),
            writer.cases(shown.number or 0),
        )
        for shown in report.figures
        if shown.kind == kind.id and shown.metric in titles
    ]


def _number(provenance: Provenance, report: ControlReport) -> Number:
    titles = {(kind.id, metric.id): metric.title for kind in report.kinds for metric in kind.metrics}
    names = [
        titles[row.evidence_kind, row.metric]
        for row in report.results
        if row.population_query_id == provenance.query and (row.evidence_kind, row.metric) in titles
    ]
    named = provenance.records[:RECORDS_NAMED]
    return Number(
        provenance=provenance,
        names=list(dict.fromkeys(names)),
        records=named,
        hidden=max(0, provenance.total_records - len(named)),
    )
