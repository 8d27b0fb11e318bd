"""What the register's template shows: counts and open points first, then one block for each case.

Owns the choices; words are the languages' and layout the templates'.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

import msgspec
from markupsafe import Markup

from reports.breach import view as shared
from reports.breach.language.table import breach_words
from reports.breach.writing import Writer
from reports.documents.breach_register.facts import BreachRegisterReport, Entry
from reports.documents.breach_register.language.phrases import Counted, RegisterWords
from reports.language.locale import Locale
from reports.printed import own, printed, sentence
from watchfloor.breach.known import SYSTEM, Citation, Known
from watchfloor.breach.register import Filing, RegisterRow, Ruled

TEXT: Final = 700
OPEN_SHOWN: Final = 25
_ROW: Final = Citation(kind="document", id="register", what="row of the register")
_WAITS: Final = frozenset({"running", "missed", "undated", "sent"})
_LAST: Final = datetime.max.replace(tzinfo=UTC)


class Open(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is still owed in a case. `tone` is that of its deadline."""

    ref: str
    what: Markup
    left: Markup
    tone: str


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """A case: its lines by their names; what nobody entered says so."""

    row: RegisterRow
    status: str
    lines: Sequence[tuple[str, Markup]]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A case in the overview."""

    row: RegisterRow
    opened: Markup
    breach: str
    risk: str
    authority: str
    subjects: str


class View(msgspec.Struct, frozen=True, kw_only=True):
    """All that the template needs beside the extract itself, the phrases and the locale."""

    period: Markup
    counts: Sequence[tuple[str, Markup]]
    open: Sequence[Open]
    open_hidden: int
    overview: Sequence[Line]
    blocks: Sequence[Block]


def build(report: BreachRegisterReport, locale: Locale, words: RegisterWords) -> View:
    """The view of an extract that `check` has passed."""
    writer = Writer(locale, breach_words(locale), {person.id: person.name for person in report.people})
    found = sorted((item for entry in report.entries for item in _open(report, entry, writer, words)), key=_urgency)
    counts = _counts(report)
    return View(
        period=sentence(
            words.period, first=_day(report.first, locale), last=_day(report.until - timedelta(days=1), locale)
        ),
        counts=[(words.counts[name], locale.number(number)) for name, number in counts.items()],
        open=[item for _, item in found[:OPEN_SHOWN]],
        open_hidden=max(0, len(found) - OPEN_SHOWN),
        overview=[_line(entry.row, writer) for entry in report.entries],
        blocks=[
            Block(
                row=entry.row,
                status=writer.words.codes.case_status[entry.row.status],
                lines=list(_lines(entry.row, writer, words)),
            )
            for entry in report.entries
        ],
    )


def _day(day: date, locale: Locale) -> Markup:
    return locale.date(datetime(day.year, day.month, day.day, 12, tzinfo=locale.zone))


def _counts(report: BreachRegisterReport) -> dict[Counted, int]:
    rows = [entry.row for entry in report.entries]
    authority = ("gdpr-authority", "uk-gdpr-authority", "ch-fadp")
    return {
        "cases": len(rows),
        "breach": sum(row.is_breach.answer == "yes" for row in rows),
        "not_breach": sum(row.is_breach.answer == "no" for row in rows),
        "undecided": sum(row.is_breach.answer == "undecided" for row in rows),
        "authority": sum(row.authority.answer == "yes" for row in rows),
        "sent": sum(any(one.regime in authority for one in row.filings) for row in rows),
        "subjects": sum(row.subjects_told_at is not None for row in rows),
    }


def _urgency(found: tuple[datetime, Open]) -> tuple[datetime, str]:
    return found[0], found[1].ref


def _open(
    report: BreachRegisterReport, entry: Entry, writer: Writer, words: RegisterWords
) -> Iterator[tuple[datetime, Open]]:
    """What is owed by a clock, and what is undecided; a case that is closed or no breach owes nothing."""
    row, said = entry.row, writer.words
    if row.status == "closed" or row.is_breach.answer == "no":
        return
    ends = [one.due_at for one in entry.deadlines if one.due_at is not None and one.regime.endswith("gdpr-authority")]
    for kind, ruled in (("breach", row.is_breach), ("art33", row.authority), ("art34", row.subjects)):
        if ruled.answer == "undecided":
            due = min(ends) if ends and kind != "art34" else None
            what = own(said.codes.decision[kind])
            phrase = words.at_once if due is None else words.by
            end = Markup() if due is None else writer.locale.moment_utc(due)
            text = sentence(phrase, what=what, due=end)
            yield due or _LAST, Open(ref=row.ref, what=text, left=own(said.around.no_decision), tone="soon")
    for one in entry.deadlines:
        if one.state not in _WAITS or one.is_provisional:
            continue
        shown = shared.due_of(one, report.generated_at, writer)
        phrase = words.at_once if one.due_at is None else words.by
        text = sentence(phrase, what=shown.duty, due=shown.when)
        yield one.due_at or _LAST, Open(ref=row.ref, what=text, left=shown.left or own(shown.state), tone=shown.tone)


def _line(row: RegisterRow, writer: Writer) -> Line:
    def answer(ruled: Ruled) -> str:
        said = writer.words.values
        return {"yes": said.yes, "no": said.no}.get(ruled.answer, writer.words.codes.applies["unknown"])

    return Line(
        row=row,
        opened=writer.locale.date(row.opened_at),
        breach=answer(row.is_breach),
        risk="\N{EN DASH}" if row.risk is None else writer.words.codes.risk[row.risk],
        authority=answer(row.authority),
        subjects=answer(row.subjects),
    )


def _lines(row: RegisterRow, writer: Writer, words: RegisterWords) -> Iterator[tuple[str, Markup]]:
    """The lines of a case, in the order of Art. 33(5): facts, effects, remedial action, then what was decided."""
    said, codes = writer.words, writer.words.codes
    none = own(said.around.not_said)
    yield words.opened, writer.locale.moment_utc(row.opened_at)
    yield words.dates, _dates(row, writer) or none
    yield codes.decision["breach"], _ruled(row.is_breach, writer)
    types = ", ".join(codes.breach_type[one] for one in row.types)
    yield words.nature, Markup(". ").join(part for part in (own(types), printed(row.facts or "", TEXT)) if part) or none
    yield words.data, _both(("data.categories", row.data), ("data.records", row.records), writer) or none
    yield words.persons, _both(("subjects.categories", row.persons), ("subjects.count", row.number), writer) or none
    likely = ", ".join(codes.consequence[one] for one in row.consequences)
    yield words.effects, Markup(". ").join(p for p in (own(likely, 600), printed(row.effects or "", TEXT)) if p) or none
    yield words.remedy, _both(("measures.taken", row.taken), ("measures.proposed", row.proposed), writer) or none
    risk = None if row.risk is None else codes.risk[row.risk]
    yield words.risk, none if risk is None else Markup("{}. {}").format(risk, printed(row.risk_reason or "", TEXT))
    yield words.authority, _ruled(row.authority, writer, (said.values.notify, said.values.not_notify))
    yield words.filings, _filings(row.filings, writer, words)
    told = _ruled(row.subjects, writer, (said.values.told, said.values.not_told))
    if row.exemption is not None:
        told = Markup("{} {}.").format(told, codes.exemption[row.exemption])
    if row.subjects_told_at is not None:
        told = Markup("{} {}").format(told, sentence(words.told, time=writer.locale.moment_utc(row.subjects_told_at)))
    yield words.subjects, told
    if row.delay_reasons:
        yield words.delay, printed(row.delay_reasons, TEXT)
    yield words.lessons, printed(row.lessons or "", TEXT) or none
    yield (
        words.approved,
        printed(writer.person(row.approved_by), 80) if row.approved_by else own(said.around.no_decision),
    )


def _dates(row: RegisterRow, writer: Writer) -> Markup:
    found = (
        ("clock.occurred_from", row.occurred_from),
        ("clock.occurred_to", row.occurred_to),
        ("clock.detected_at", row.detected_at),
        ("clock.controller_aware_at", row.aware_at),
    )
    return Markup("; ").join(
        Markup("{}: {}").format(writer.name(path), writer.locale.moment_utc(at)) for path, at in found if at is not None
    )


def _ruled(ruled: Ruled, writer: Writer, answers: tuple[str, str] | None = None) -> Markup:
    said = writer.words
    if ruled.answer == "undecided":
        return own(said.around.no_decision)
    yes, no = answers or (said.values.yes, said.values.no)
    by = Markup()
    if ruled.by and ruled.at is not None:
        name = printed(writer.person(ruled.by), 80)
        by = sentence(said.around.decided_by, name=name, time=writer.locale.moment_utc(ruled.at))
    head = Markup("<strong>{}</strong>").format(yes if ruled.answer == "yes" else no)
    return Markup("{} · {} ({})").format(head, printed(ruled.reason or "", TEXT), by)


def _both(first: tuple[str, object], second: tuple[str, object], writer: Writer) -> Markup:
    """Two values of a case after one another, each with its name; empty where nobody has entered any."""
    found: list[Markup] = []
    for path, value in (first, second):
        if value:
            text = printed(writer.text(path, _fact(value)), TEXT)
            found.append(Markup("{}: {}").format(writer.name(path), text))
    return Markup(". ").join(found)


def _fact(value: object) -> Known[object]:
    """A value of the register as the writer of cases reads it."""
    return Known(value=value, citations=(_ROW,), by=SYSTEM, at=datetime.min.replace(tzinfo=UTC))


def _filings(filings: Sequence[Filing], writer: Writer, words: RegisterWords) -> Markup:
    if not filings:
        return own(words.no_filing)
    said, found = writer.words, list[Markup]()
    for one in filings:
        duty = printed(said.codes.duty.get(f"{one.regime}/{one.stage}", one.regime), 120)
        sent = sentence(said.around.sent, time=writer.locale.moment_utc(one.submitted_at))
        receipt = own(words.no_receipt)
        if one.received_at is not None:
            at = writer.locale.moment_utc(one.received_at)
            receipt = sentence(words.received, time=at, reference=printed(one.reference or "\N{EN DASH}", 80))
        found.append(Markup("{}: {}, {}").format(duty, sent, receipt))
    return Markup("; ").join(found)
