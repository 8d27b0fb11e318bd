"""The parts of a page that breach documents share: rows of facts with their sources, deadlines, changes, the score.

Owns the choices (what is a row, how a source is named by a number) and fills `breach/parts.html`. Every text of the
case goes through `printed` here or in the template.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec
from markupsafe import Markup

from reports.breach.facts import BreachFacts, Changed, NoticeFacts
from reports.breach.language.table import breach_words
from reports.breach.reading import fact_at, field_of
from reports.breach.writing import Writer
from reports.language.locale import Locale, locale_for
from reports.printed import own, printed, sentence
from reports.vocabulary import Step
from watchfloor.breach.case import BreachCase
from watchfloor.breach.known import Citation, FactStatus, Known
from watchfloor.breach.rules.clock import Deadline

VALUE_LIMIT: Final = 1_600
LINES_SHOWN: Final = 12
EVENTS_SHOWN: Final = 40
CHANGES_SHOWN: Final = 60
_PARTS_OF_SEVERITY: Final = frozenset(
    f"severity.{name}" for name in ("method", "dpc", "ei", "cb", "computed", "flags", "reasons")
)
_ENDED: Final = frozenset({"met", "met_late", "not_required"})


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A fact as a row of a table. `status` is None where nobody has said anything."""

    path: str
    name: str
    lines: Sequence[Markup]
    hidden: int
    status: FactStatus | None
    status_word: str
    note: Markup
    sources: Sequence[int]


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A record that facts rest on, under its number in this document."""

    number: int
    kind: str
    id: str
    what: Markup


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A deadline as a row: its instant or what it waits for, and how much time is left."""

    deadline: Deadline
    duty: Markup
    recipient: str
    when: Markup
    left: Markup
    tone: str
    """`over`, `soon` (less than a day), `calm` or `ended`."""
    state: str


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A field that differs from the phase before."""

    name: str
    how: str
    before: Markup
    after: Markup


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the time line."""

    at: datetime
    what: Markup
    text: Markup
    who: Markup
    source: int


class Lack(msgspec.Struct, frozen=True, kw_only=True):
    """A mandatory entry that is missing, and whose it is to make."""

    name: str
    asked_by: Markup
    who: str


class Sources:
    """Numbers the records that a document rests on, in the order in which it first names them."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._numbers: dict[tuple[str, str], int] = {}
        self._first: list[Citation] = []

    def number(self, citation: Citation) -> int:
        """The number of a record."""
        key = (citation.kind, citation.id)
        if key not in self._numbers:
            self._numbers[key] = len(self._first) + 1
            self._first.append(citation)
        return self._numbers[key]

    def numbers(self, citations: Iterable[Citation]) -> list[int]:
        """The numbers of records, in order."""
        return sorted({self.number(citation) for citation in citations})

    def listed(self) -> list[Source]:
        """All records named so far."""
        kinds = self._writer.words.codes.citation
        return [
            Source(
                number=number,
                kind=kinds[citation.kind],
                id=citation.id,
                what=printed(_said(citation, self._writer), 200),
            )
            for number, citation in enumerate(self._first, start=1)
        ]


def _said(citation: Citation, writer: Writer) -> str:
    if citation.kind != "person":
        return citation.what
    name = writer.person(citation.id)
    return name if name == citation.id else f"{name}; {citation.what}"


def writer_of(report: BreachFacts, locale: Locale) -> Writer:
    """The writer of a document, in the language of its reader."""
    people = {person.id: person.name for person in report.people}
    return Writer(locale, breach_words(locale), people, report.authorities)


def form_writer(report: BreachFacts, language: str) -> Writer:
    """A writer in another language than the reader's, such as that of an authority's form."""
    return writer_of(report, locale_for(language, report.case.tz))


def rows_of(
    case: BreachCase, paths: Iterable[str], writer: Writer, sources: Sources, *, optional: Collection[str] = ()
) -> list[Row]:
    """A row for each of these fields, also where nobody has said anything; `optional` ones only where somebody has."""
    rows = [row_of(path, fact_at(case, path), writer, sources) for path in paths]
    return [row for row in rows if row.status is not None or row.path not in optional]


def row_of(path: str, fact: Known[object] | None, writer: Writer, sources: Sources) -> Row:
    """A fact as a row."""
    said = writer.words
    lines = writer.lines(path, fact)
    status = None if fact is None else fact.status
    return Row(
        path=path,
        name=writer.name(path),
        lines=[printed(line, VALUE_LIMIT) for line in lines[:LINES_SHOWN]],
        hidden=max(0, len(lines) - LINES_SHOWN),
        status=status,
        status_word=said.around.not_said if status is None else said.codes.status[status],
        note=Markup() if fact is None else note_of(fact, writer),
        sources=() if fact is None else sources.numbers(fact.citations),
    )


def note_of(fact: Known[object], writer: Writer) -> Markup:
    """What stands beside a status: the day on which a fact will be known, and what an estimate rests on."""
    parts: list[Markup] = []
    if fact.status == "under_investigation" and fact.expected_at is not None:
        parts.append(sentence(writer.words.around.known_by, time=writer.locale.moment(fact.expected_at)))
    if fact.basis and fact.status != "known":
        parts.append(printed(fact.basis, 400))
    return Markup(". ").join(parts)


def dues_of(report: BreachFacts, writer: Writer, *, regimes: Iterable[str] | None = None) -> list[Due]:
    """The deadlines as rows, the most urgent first; those of these regimes alone, where given."""
    wanted = None if regimes is None else set(regimes)
    found = [one for one in report.deadlines if wanted is None or one.regime in wanted]
    return [due_of(one, report.generated_at, writer) for one in found if one.state != "not_required"]


def due_of(deadline: Deadline, at: datetime, writer: Writer) -> Due:
    """A deadline as a row, with the time left at that instant."""
    said, locale = writer.words, writer.locale
    duty = said.codes.duty.get(f"{deadline.regime}/{deadline.stage}")
    tone, left = "calm", Markup()
    if deadline.state in _ENDED:
        tone, left = "ended", own(said.codes.deadline[deadline.state])
    elif deadline.due_at is not None and deadline.due_at <= at:
        tone, left = "over", sentence(said.around.overdue, time=locale.between(deadline.due_at, at))
    elif deadline.due_at is not None:
        hours = (deadline.due_at - at).total_seconds() / 3_600
        tone = "soon" if hours < 24 else "calm"
        left = sentence(said.around.left, time=locale.between(at, deadline.due_at))
    return Due(
        deadline=deadline,
        duty=printed(duty or f"{deadline.regime}: {deadline.title}", 200),
        recipient=said.codes.recipient[deadline.recipient],
        when=_when(deadline, writer),
        left=left,
        tone=tone,
        state=said.codes.deadline[deadline.state],
    )


def _when(deadline: Deadline, writer: Writer) -> Markup:
    said = writer.words
    if deadline.due_at is not None:
        return writer.locale.moment_utc(deadline.due_at)
    if deadline.waits_for is not None:
        return sentence(said.around.starts_with, moment=printed(_moment(deadline.waits_for, deadline, writer), 120))
    return own(said.around.at_once)


def _moment(name: str, deadline: Deadline, writer: Writer) -> str:
    fields_ = writer.words.fields
    for path in (f"clock.{name}_at", f"moments.{name}"):
        if path in fields_:
            return fields_[path]
    return writer.words.codes.duty.get(f"{deadline.regime}/{name}", name.replace("_", " "))


def changes_of(report: NoticeFacts, writer: Writer) -> list[Change]:
    """The fields that differ from the phase before. Of the severity's parts its level stands for all of them."""
    return [_change(change, writer) for change in report.changes if change.path not in _PARTS_OF_SEVERITY]


def _change(change: Changed, writer: Writer) -> Change:
    said = writer.words
    how = said.around.changed
    if change.before is None:
        how = said.around.added
    elif change.after is None:
        how = said.around.removed
    return Change(
        name=writer.name(change.path),
        how=how,
        before=_standing(change.path, change.before, writer),
        after=_standing(change.path, change.after, writer),
    )


def _standing(path: str, fact: Known[object] | None, writer: Writer) -> Markup:
    said = writer.words
    if fact is None:
        return own(said.around.not_said)
    text = printed(writer.text(path, fact), 400)
    if fact.status == "known":
        return text
    status = said.codes.status[fact.status]
    note = f"{status}{'' if fact.expected_at is None else ', ' + writer.moment(fact.expected_at)}"
    return Markup("{} ({})").format(text, note) if text else own(note)


def happenings_of(
    case: BreachCase, writer: Writer, sources: Sources, steps: Mapping[Step, str]
) -> tuple[list[Happening], int]:
    """The time line and how many entries it leaves out. `steps` are the common words of an incident's own steps."""
    ordered = sorted(case.timeline, key=lambda item: item.utc)
    codes = writer.words.codes.happened
    named = {str(step): word for step, word in steps.items()}
    found: list[Happening] = []
    for item in ordered[:EVENTS_SHOWN]:
        what = codes.get(item.code or "") or named.get(item.code or "", "")
        found.append(
            Happening(
                at=item.utc,
                what=own(what),
                text=printed(_told(item.text) if what else item.text, 300),
                who=printed(writer.person(item.actor), 80),
                source=sources.number(item.source),
            )
        )
    return found, max(0, len(ordered) - EVENTS_SHOWN)


def _told(text: str) -> str:
    """What an entry tells behind its own name, which stands beside it in the reader's language."""
    return text.partition(": ")[2]


def owner_of(path: str, writer: Writer) -> str:
    """Who makes the entry at a path: the officer decides, the controller says what only it can know."""
    said = writer.words.around
    field = field_of(path)
    if field is not None and field.set_by == "legal_decision":
        return said.officer
    theirs = ("parties.controller", "parties.reporter", "subject_comm.", "cross_border.", "others.", "parties.joint")
    return said.controller if path.startswith(theirs) else said.processor


def lacking_of(report: NoticeFacts, writer: Writer) -> list[Lack]:
    """What is missing, by name, with who can enter it."""
    return [
        Lack(name=writer.name(one.path), asked_by=printed(one.asked_by, 160), who=owner_of(one.path, writer))
        for one in report.missing
    ]


def phase_of(phase: str, number: int, writer: Writer) -> Markup:
    """The name of a phase."""
    return sentence(writer.words.codes.phase[phase], n=writer.locale.number(number))


def control_of(report: NoticeFacts, writer: Writer) -> list[tuple[str, Markup]]:
    """Which notice of which case this is, who wrote and who approved it."""
    notice, said, locale = report.notice, writer.words.around, writer.locale

    def by(who: str, at: Markup) -> Markup:
        return sentence(said.decided_by, name=printed(writer.person(who), 80), time=at)

    rows = [
        (said.case, Markup("{}, {}").format(printed(report.case.ref, 40), _version(report, locale))),
        (said.notice, Markup("<code>{}</code>").format(printed(notice.id, 64))),
        (said.drafted, by(notice.drafted_by, locale.moment_utc(notice.drafted_at))),
    ]
    if notice.approved_by is not None and notice.approved_at is not None:
        rows.append((said.approved, by(notice.approved_by, locale.moment_utc(notice.approved_at))))
    else:
        rows.append((said.approved, own(said.not_approved)))
    if notice.submitted_at is not None:
        rows.append((writer.words.codes.notice["sent"], locale.moment_utc(notice.submitted_at)))
    return rows


def frozen_of(report: NoticeFacts, writer: Writer) -> list[tuple[str, Markup]]:
    """The hash of the version that was frozen, for the document's own particulars."""
    code = Markup("<code>{}</code>").format(printed(report.notice.snapshot_sha256, 64))
    return [(writer.words.around.snapshot, code)]


def _version(report: NoticeFacts, locale: Locale) -> Markup:
    return locale.versioned(locale.phrases.frame.version, report.notice.case_version)
