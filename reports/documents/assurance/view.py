"""What the template of the assurance report shows: answers on the first page, lists cut to what people read.

Owns the choices. What a list leaves out is counted, and is in the attached data.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Generic, TypeVar

import msgspec
from markupsafe import Markup

from reports.documents.assurance.asking import Ask, Standing, asks_of, standing_of
from reports.documents.assurance.facts import (
    Access,
    AssuranceReport,
    BreachNotice,
    Change,
    Decided,
    Delivered,
    Hand,
    Kept,
    Key,
    Membership,
    OwnIncident,
    Processor,
    Touch,
)
from reports.documents.assurance.language.phrases import AssuranceWords
from reports.documents.service.facts import Number, Outage
from reports.documents.service.language.table import words_of as service_words
from reports.documents.service.writing import Writer
from reports.language.locale import Locale, locale_for
from reports.printed import own, sentence

WHOLE: Final = 20
"""Rows of lists that are there to be gone through: who has access, who processes."""
LONG: Final = 12
SHORT: Final = 6
FIRST_PAGE: Final = 4
NAMED: Final = 5
_NAME: Final = 60
_NONE: Final = Markup("\N{EN DASH}")
_DASH: Final = Markup(" \N{EN DASH} ")
_COMMA: Final = Markup(", ")
T = TypeVar("T")


class Shown(msgspec.Struct, Generic[T], frozen=True):
    """The first rows of a list, and a sentence about the others when there are any."""

    items: Sequence[T]
    rest: Markup | None


class Lead(msgspec.Struct, frozen=True, kw_only=True):
    """One of the further numbers of the first page."""

    name: str
    value: Markup
    means: str


class Tile(msgspec.Struct, frozen=True, kw_only=True):
    """One of the five numbers that answer who looked."""

    value: Markup
    label: str
    source: str


class Time(msgspec.Struct, frozen=True, kw_only=True):
    """A measure as a row."""

    source: str
    name: str
    value: Markup
    p95: Markup
    target: Markup
    cases: Markup


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """An outage as a row."""

    outage: Outage
    cause: str
    lasted: Markup | None


class Dated(msgspec.Struct, Generic[T], frozen=True):
    """A row, with its dates written."""

    row: T
    when: Markup


class Company(msgspec.Struct, frozen=True, kw_only=True):
    """A sub-processor as a row."""

    row: Processor
    term: Markup
    standing: Standing


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """An action that ended, and who voted."""

    row: Decided
    votes: Markup


class View(msgspec.Struct, frozen=True, kw_only=True):
    """All that the template needs beside the facts and the words."""

    first: Markup
    last: Markup
    tiles: Sequence[Tile]
    people: Markup
    judgement: Markup
    unexplained: Shown[Markup]
    log: Markup
    is_sound: bool
    asks: Sequence[Ask]
    is_waiting: bool
    leads: Sequence[Lead]
    memberships: Shown[Membership]
    changes: Shown[Change]
    customers_changes: Markup
    keys: Shown[Key]
    restricted: Markup
    touches: Shown[Touch]
    accesses: Shown[Dated[Access]]
    hands: Shown[Dated[Hand]]
    decided: Shown[Ended]
    as_of: Markup | None
    processors: Shown[Company] | None
    kept: Shown[Kept] | None
    incidents: Shown[Dated[OwnIncident]] | None
    notices: Shown[BreachNotice]
    outages: Shown[Fault]
    times: Sequence[Time]
    chain: Markup
    delivered: Shown[Delivered]


def build(report: AssuranceReport, locale: Locale, words: AssuranceWords) -> View:
    """The view of a report that `agreement.check` has passed."""
    days = _days(report)
    cut = _Cut(locale, words)
    entered = report.entered
    unexplained = [one for one in report.accesses if not one.has_reason]
    accesses = [*unexplained, *(one for one in report.accesses if one.has_reason)]
    return View(
        first=days(report.period.first),
        last=days(report.period.end - timedelta(days=1)),
        tiles=_tiles(report, locale, words),
        people=_people(report, locale, words),
        judgement=_judgement(report, locale, words, len(unexplained)),
        unexplained=cut([_unexplained(one, days(one.day), locale, words) for one in unexplained], FIRST_PAGE),
        log=_verdict(report, locale, words),
        is_sound=report.chain is not None and not report.chain.faults,
        asks=(asks := asks_of(report, locale, words)),
        is_waiting=any(not one.is_regular for one in asks),
        leads=_leads(report, locale, words),
        memberships=cut(report.memberships, WHOLE),
        changes=cut(report.changes, LONG),
        customers_changes=sentence(words.customers_changes, n=locale.number(report.customers_changes)),
        keys=cut(report.keys, SHORT),
        restricted=sentence(
            words.restricted,
            n=locale.number(report.restricted.incidents),
            m=locale.number(report.restricted.people),
        ),
        touches=cut(report.touches, LONG),
        accesses=cut([Dated(one, own(one.day.isoformat())) for one in accesses], LONG),
        hands=cut([Dated(one, own(one.day.isoformat())) for one in report.hands], SHORT),
        decided=cut([Ended(row=one, votes=_votes(one, locale, words)) for one in report.decided], SHORT),
        as_of=None if entered is None else sentence(words.as_of, day=days(entered.as_of)),
        processors=None
        if entered is None or entered.processors is None
        else cut([_company(one, report, days) for one in entered.processors], WHOLE),
        kept=None if entered is None or not entered.kept else cut(entered.kept, SHORT),
        notices=cut(report.notices, SHORT),
        incidents=None
        if entered is None or entered.incidents is None
        else cut([Dated(one, _span(one.began, one.ended, days)) for one in entered.incidents], SHORT),
        outages=cut([_fault(one, locale) for one in report.outages], SHORT),
        times=[_time(one, locale) for one in report.numbers],
        chain=_chain(report, locale, words),
        delivered=cut(report.delivered, SHORT),
    )


def _days(report: AssuranceReport) -> Callable[[date], Markup]:
    """Writes days. Those of the facts are local already: written at noon in UTC, they stay what they are."""
    days = locale_for(report.customer.language, "UTC")
    return lambda day: days.date(datetime.combine(day, time(12), UTC))


class _Cut:
    """Cuts lists to what is shown."""

    def __init__(self, locale: Locale, words: AssuranceWords) -> None:
        self._locale = locale
        self._words = words

    def __call__(self, items: Sequence[T], limit: int) -> Shown[T]:
        hidden = len(items) - limit
        rest = sentence(self._words.more, n=self._locale.number(hidden)) if hidden > 0 else None
        return Shown(items[:limit], rest)


def _tiles(report: AssuranceReport, locale: Locale, words: AssuranceWords) -> Sequence[Tile]:
    return [
        Tile(value=locale.number(figure.value), label=label, source=figure.source)
        for figure, label in (
            (report.figures.people_acting, words.fig_people),
            (report.figures.access_days, words.fig_days),
            (report.figures.access_with_reason, words.fig_reason),
            (report.figures.exports, words.fig_exports),
            (report.figures.acts_by_hand, words.fig_hands),
        )
    ]


def _people(report: AssuranceReport, locale: Locale, words: AssuranceWords) -> Markup:
    """Who acted on how many days, the most first."""
    names: dict[str, str] = {}
    days: dict[str, int] = {}
    for one in report.accesses:
        names.setdefault(one.person, one.name)
        days[one.person] = days.get(one.person, 0) + 1
    if not days:
        return own(words.no_access)
    first = sorted(days, key=lambda person: (-days[person], names[person], person))
    listed = [Markup("{} ({})").format(own(names[one], _NAME), locale.number(days[one])) for one in first[:NAMED]]
    dots = Markup(", \N{HORIZONTAL ELLIPSIS}") if len(first) > NAMED else Markup()
    return sentence(words.by_person, names=_COMMA.join(listed) + dots)


def _judgement(report: AssuranceReport, locale: Locale, words: AssuranceWords, unexplained: int) -> Markup:
    if not report.accesses:
        return own(words.justified_none)
    if not unexplained:
        return own(words.justified_all, 600)
    return sentence(words.justified_some, n=locale.number(unexplained), m=locale.number(len(report.accesses)))


def _unexplained(one: Access, day: Markup, locale: Locale, words: AssuranceWords) -> Markup:
    first, last = locale.number(one.acts.first_entry), locale.number(one.acts.last_entry)
    return sentence(words.unexplained, day=day, name=own(one.name, _NAME), first=first, last=last)


def _leads(report: AssuranceReport, locale: Locale, words: AssuranceWords) -> Sequence[Lead]:
    writer = Writer(locale, service_words(locale))

    def kept(measure: str) -> Markup:
        number = report.number(measure)
        return _NONE if number is None else writer.value(number)

    done, by_customer = (
        locale.number(report.figures.actions_done.value),
        locale.number(report.figures.actions_by_customer.value),
    )
    promises = sentence(words.promises_value, a=kept("target.acknowledge"), b=kept("target.resolve"))
    notices = locale.number(report.figures.notices_sent.value)
    return [
        Lead(name=words.promises, value=promises, means=words.promises_means),
        Lead(
            name=words.actions,
            value=sentence(words.actions_value, n=done, m=by_customer),
            means=words.actions_means,
        ),
        Lead(name=words.notices, value=notices, means=words.notices_means),
    ]


def _verdict(report: AssuranceReport, locale: Locale, words: AssuranceWords) -> Markup:
    if report.chain is None:
        return own(words.chain_unchecked)
    if report.chain.faults:
        return sentence(words.chain_faults, n=locale.number(report.chain.faults))
    return sentence(
        words.chain_sound, time=locale.moment_utc(report.generated_at), seq=locale.number(report.chain.signed_to)
    )


def _chain(report: AssuranceReport, locale: Locale, words: AssuranceWords) -> Markup:
    chain = report.chain
    if chain is None:
        return own(words.chain_unchecked)
    detail = sentence(
        words.chain_detail,
        entries=locale.number(chain.entries),
        heads=locale.number(chain.heads),
        copied=locale.number(chain.copied_heads),
        seq=locale.number(chain.signed_to),
        faults=locale.number(chain.faults),
    )
    return own(words.chain_means) + " " + detail


def _votes(one: Decided, locale: Locale, words: AssuranceWords) -> Markup:
    sides = locale.phrases.words.side
    listed = [
        sentence(
            words.vote_for if vote.is_approval else words.vote_against,
            name=own(vote.name, _NAME),
            side=own(sides[vote.side]),
        )
        for vote in one.votes
    ]
    return _COMMA.join(listed) if listed else own(words.nobody_voted)


def _company(one: Processor, report: AssuranceReport, days: Callable[[date], Markup]) -> Company:
    return Company(row=one, term=_span(one.since, one.until, days), standing=standing_of(one, report))


def _span(first: date, last: date | None, days: Callable[[date], Markup]) -> Markup:
    return days(first) if last is None else days(first) + _DASH + days(last)


def _fault(outage: Outage, locale: Locale) -> Fault:
    lasted = None if outage.until is None else locale.between(outage.since, outage.until)
    return Fault(outage=outage, cause=service_words(locale).faults[outage.kind], lasted=lasted)


def _time(number: Number, locale: Locale) -> Time:
    words = service_words(locale)
    writer = Writer(locale, words)
    return Time(
        source=number.source,
        name=words.names[number.id],
        value=writer.value(number),
        p95=writer.amount(number, number.p95),
        target=writer.amount(number, number.target),
        cases=locale.number(number.n),
    )
