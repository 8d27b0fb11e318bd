"""What the letter's template shows: what persons of the controller wrote for the recipients, part by part.

A part that nobody wrote is left out of the letter and named on the cover page. The letter names no account, no system
and no person but whom to ask; the MSSP is not its sender.
"""

from collections.abc import Sequence
from typing import Final, cast

import msgspec
from markupsafe import Markup

from reports.breach import view as shared
from reports.breach.reading import fact_at
from reports.breach.view import Lack
from reports.breach.writing import Writer
from reports.documents.subject_letter.facts import SubjectLetterReport
from reports.documents.subject_letter.language.phrases import LetterWords
from reports.language.locale import Locale
from reports.printed import own, printed, sentence
from watchfloor.breach.case import BreachCase

PART: Final = 1_400
_NAME: Final = "parties.controller.name"
_ADDRESS: Final = "parties.controller.address"
_ASK: Final = ("subject_comm.text.contact", "parties.controller.dpo", "parties.controller.contact")


class View(msgspec.Struct, frozen=True, kw_only=True):
    """All that the template needs beside the letter itself, the phrases and the locale."""

    sender: Markup
    address: Markup
    parts: Sequence[tuple[str, Sequence[Markup]]]
    advice: Sequence[Markup]
    contact: Markup
    lacking: Sequence[Lack]
    is_decided: bool
    is_public: bool
    control: Sequence[tuple[str, Markup]]


def build(report: SubjectLetterReport, locale: Locale, words: LetterWords) -> View:
    """The view of a letter that `check` has passed."""
    writer = shared.writer_of(report, locale)
    case = report.case
    decided = None if case.risk.art34_decision is None else case.risk.art34_decision.value
    advice = _texts(case, "subject_comm.text.advice")
    return View(
        sender=printed(writer.text(_NAME, fact_at(case, _NAME)), 120),
        address=printed(writer.text(_ADDRESS, fact_at(case, _ADDRESS)), 200),
        parts=[part for part in _parts(case, writer, words) if part[1]],
        advice=[printed(text, 300) for text in advice],
        contact=_contact(case, writer),
        lacking=shared.lacking_of(report, writer),
        is_decided=decided is not None and (decided.notify or decided.exemption == "c"),
        is_public=decided is not None and decided.exemption == "c",
        control=shared.control_of(report, writer),
    )


def _parts(case: BreachCase, writer: Writer, words: LetterWords) -> list[tuple[str, list[Markup]]]:
    happened = _written(case, "subject_comm.text.nature", writer)
    began = case.clock.occurred_from
    if began is not None and began.value is not None:
        happened.append(sentence(words.period, time=writer.locale.date(began.value)))
    return [
        (words.happened, happened),
        (words.data, [own("; ".join(_data(case, writer)), PART)] if _data(case, writer) else []),
        (words.means, _written(case, "subject_comm.text.consequences", writer)),
        (words.done, _written(case, "subject_comm.text.measures", writer)),
    ]


def _written(case: BreachCase, path: str, writer: Writer) -> list[Markup]:
    text = writer.text(path, fact_at(case, path))
    return [printed(text, PART)] if text else []


def _data(case: BreachCase, writer: Writer) -> list[str]:
    """The kinds of data by their plain names; notes are for the file and not for the recipients."""
    found = case.data.categories
    return [] if found is None else [writer.words.codes.data[one.code] for one in found.value or ()]


def _texts(case: BreachCase, path: str) -> Sequence[str]:
    """A list of texts as persons wrote them; empty where nobody did."""
    fact = fact_at(case, path)
    value = None if fact is None else fact.value
    if not isinstance(value, (list, tuple)):
        return []
    return [str(text) for text in cast("Sequence[object]", value)]


def _contact(case: BreachCase, writer: Writer) -> Markup:
    found = (writer.text(path, fact_at(case, path)) for path in _ASK)
    return own(next((text for text in found if text), ""), 300)
