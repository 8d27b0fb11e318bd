"""What the customer is asked to do, from what the report says: the answer to "must I do anything".

Owns when a request is out of the ordinary. Nothing is asked for that the report does not show.
"""

from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

import msgspec
from markupsafe import Markup

from reports.documents.assurance.facts import AssuranceReport, Processor
from reports.documents.assurance.language.phrases import AssuranceWords
from reports.language.locale import Locale
from reports.printed import sentence

Standing: TypeAlias = Literal["new", "announced", "known"]


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """A request. A regular one comes each time."""

    text: Markup
    is_regular: bool


def standing_of(one: Processor, report: AssuranceReport) -> Standing:
    """Whether a sub-processor is new in the period, or is announced for after it."""
    if one.since >= report.period.end:
        return "announced"
    return "new" if one.since >= report.period.first else "known"


def asks_of(report: AssuranceReport, locale: Locale, words: AssuranceWords) -> Sequence[Ask]:
    """The requests, those out of the ordinary first."""
    asks = [
        Ask(text=sentence(phrase, n=locale.number(number)), is_regular=False)
        for phrase, number in _unusual(report, words)
        if number
    ]
    roles, keys = locale.number(len(report.memberships)), locale.number(len(report.keys))
    return [*asks, Ask(text=sentence(words.ask_review, n=roles, m=keys), is_regular=True)]


def _unusual(report: AssuranceReport, words: AssuranceWords) -> Iterator[tuple[str, int]]:
    """Phrases with how many there are of what they ask for."""
    entered = report.entered
    processors = None if entered is None else entered.processors
    incidents = () if entered is None else entered.incidents or ()
    yield words.ask_chain, 0 if report.chain is None else report.chain.faults
    yield words.ask_unchecked, report.chain is None
    yield words.ask_unexplained, report.figures.access_days.value - report.figures.access_with_reason.value
    yield words.ask_notices, report.figures.notices_sent.value
    yield words.ask_incidents, len(incidents)
    yield words.ask_exports, report.figures.exports.value
    yield words.ask_hands, report.figures.acts_by_hand.value
    yield words.ask_keys, sum(not one.owner_has_role for one in report.keys)
    yield words.ask_processors_new, sum(standing_of(one, report) != "known" for one in processors or ())
    yield words.ask_processors_missing, processors is None
