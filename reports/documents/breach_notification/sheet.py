"""The copy sheet: every question of the form with the one text that is pasted as its answer.

Owns that paper, text file and table say the same: all three are made from these lines. Values stand as people wrote
them, in one line each; the page neutralises them when it prints, and the table what a spreadsheet would run.
"""

import re
from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

import msgspec

from reports.breach.reading import fact_at
from reports.breach.writing import Writer
from reports.documents.breach_notification.facts import BreachNotificationReport, Question
from reports.documents.breach_notification.labels.table import LABELS
from reports.documents.breach_notification.language.phrases import SheetWords
from watchfloor.breach.known import Known
from watchfloor.kernel.characters import one_line
from watchfloor.kernel.neutralise import Untrusted, csv_line, for_csv

TEXT_NAME: Final = "copy-sheet.txt"
CSV_NAME: Final = "copy-sheet.csv"

State: TypeAlias = Literal["paste", "open", "missing", "empty"]
"""To be pasted, under investigation (what is pasted says so), mandatory and missing, or left empty."""

_OWN_NUMBER: Final = re.compile(r"([0-9]{1,2}|[A-Z])\. (.+)")


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One field of the form. `value` is what is pasted, and for a missing or empty one says that it is."""

    number: int
    section: str
    label: str
    value: str
    state: State
    state_word: str
    paths: tuple[str, ...]


def lines_of(report: BreachNotificationReport, writer: Writer, words: SheetWords) -> list[Line]:
    """The whole form in its own order, in the writer's language."""
    found: list[Line] = []
    for section in report.form.sections:
        title = translated(section.title, writer)
        for question in section.questions:
            found.append(_line(len(found) + 1, title, question, report, writer, words))
    return found


def translated(title: str, writer: Writer) -> str:
    """A title of the form in the writer's language, under the form's own number."""
    labels = LABELS[writer.locale.phrases.code]
    numbered = _OWN_NUMBER.fullmatch(title)
    if numbered is None:
        return labels.get(title, title)
    return f"{numbered[1]}. {labels.get(numbered[2], numbered[2])}"


def label_of(question: Question, writer: Writer) -> str:
    """A question in the writer's language: its own words, or the name of the one field that answers it."""
    labels = LABELS[writer.locale.phrases.code]
    if question.label in labels:
        return labels[question.label]
    return " / ".join(writer.name(path) for path in question.paths)


def as_text(lines: Sequence[Line], heading: str) -> bytes:
    """The sheet as a text file, UTF-8: number and field in one line, the value alone in the next."""
    parts = [heading, ""]
    section = ""
    for line in lines:
        if line.section != section:
            section = line.section
            parts += [f"== {section} ==", ""]
        parts += [f"{line.number}. {line.label}", line.value, ""]
    return "\r\n".join(parts).encode()


def as_csv(lines: Sequence[Line], words: SheetWords) -> bytes:
    """The sheet as a table (RFC 4180, UTF-8 with its mark, for spreadsheets), exact but for what they would run."""
    head = (words.number, words.section, words.field, words.value, words.state)
    rows = [csv_line(for_csv(Untrusted(name)) for name in head)]
    for line in lines:
        cells = (line.section, line.label, line.value, line.state_word)
        rows.append(csv_line([line.number, *(for_csv(Untrusted(cell)) for cell in cells)]))
    return ("\N{ZERO WIDTH NO-BREAK SPACE}" + "".join(rows)).encode()


def _line(  # noqa: PLR0917  # a row needs its place, its question and what answers it
    number: int, section: str, question: Question, report: BreachNotificationReport, writer: Writer, words: SheetWords
) -> Line:
    answers = [(path, fact_at(report.case, path)) for path in question.paths]
    texts = [answer for path, fact in answers if (answer := _answer(path, fact, writer))]
    facts = [fact for _, fact in answers if fact is not None]
    state: State = "paste"
    if not texts or (question.asked and not question.any and len(facts) < len(answers)):
        state = "missing" if question.asked else ("empty" if not texts else "paste")
    elif all(fact.status == "under_investigation" for fact in facts):
        state = "open"
    return Line(
        number=number,
        section=section,
        label=label_of(question, writer),
        value=_value(texts, state, question, words),
        state=state,
        state_word=_word(state, writer, words),
        paths=question.paths,
    )


def _value(texts: Sequence[str], state: State, question: Question, words: SheetWords) -> str:
    said = "; ".join(texts)
    if state == "missing":
        return f"{said}; [{words.missing}]" if said else f"[{words.missing}]"
    if state == "empty":
        return words.not_asked if question.need != "may" else words.not_stated
    return said


def _word(state: State, writer: Writer, words: SheetWords) -> str:
    if state == "paste":
        return words.pasted
    if state == "open":
        return writer.words.codes.status["under_investigation"]
    return words.missing if state == "missing" else "\N{EN DASH}"


def _answer(path: str, fact: Known[object] | None, writer: Writer) -> str:
    """What a fact says in one line, with its status where it is not simply known."""
    if fact is None:
        return ""
    said = writer.words
    text = one_line(writer.text(path, fact), newline=" ")
    status = said.codes.status[fact.status]
    basis = one_line(fact.basis, newline=" ").strip()
    if fact.status == "estimated":
        return f"{text} ({status}: {basis})"
    if fact.status == "not_applicable":
        return f"{status}: {basis}"
    if fact.status == "under_investigation" and fact.expected_at is not None:
        known_by = said.around.known_by.format(time=writer.moment(fact.expected_at))
        return f"{text + '; ' if text else ''}{status}, {known_by}"
    return text
