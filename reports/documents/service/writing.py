"""How the figures of a service report are written, and what they are called, in the reader's language."""

from datetime import date, datetime, time
from typing import Final

from markupsafe import Markup, escape

from reports.documents.service.facts import Number
from reports.documents.service.language.phrases import ServiceWords
from reports.language.locale import Locale

_NONE: Final = Markup("\N{EN DASH}")
_GAP: Final = Markup("\N{NO-BREAK SPACE}")


class Writer:
    """Writes numbers of measures for one language and one time zone."""

    def __init__(self, locale: Locale, words: ServiceWords) -> None:
        self._locale = locale
        self._words = words

    def value(self, number: Number) -> Markup:
        """The figure with its unit."""
        return self.amount(number, number.value)

    def amount(self, number: Number, value: float | None) -> Markup:
        """A value of the measure: its target, that of the period before, a percentile."""
        if value is None:
            return _NONE
        match number.unit:
            case "share":
                return self.share(value)
            case "seconds":
                return self._locale.duration(int(value))
            case "days":
                return self._locale.number(int(value)) + _GAP + self._locale.phrases.writing.day
            case "count":
                return self._locale.number(int(value))

    def share(self, value: float) -> Markup:
        """A share in per cent with one decimal, rounded down: what is not all is never written as all."""
        tenths = int(value * 1000 + 1e-9)
        point = "." if self._locale.phrases.writing.thousands == "," else ","
        digits = f"{tenths // 10}" if tenths % 10 == 0 else f"{tenths // 10}{point}{tenths % 10}"
        return escape(digits) + _GAP + "%"

    def target(self, number: Number) -> Markup:
        """The target as a bound."""
        if number.target is None:
            return _NONE
        bound = self.amount(number, number.target)
        if number.target in {0, 1}:
            return bound
        return Markup("\N{GREATER-THAN OR EQUAL TO}") + _GAP + bound

    def trend(self, number: Number) -> Markup:
        """How it differs from the period before, with the value of then."""
        said = escape(self._words.trends[number.trend])
        return said if number.before is None else said + Markup(" ({})").format(self.amount(number, number.before))

    def name(self, measure: str) -> Markup:
        """What a measure is called."""
        if measure in self._words.names:
            return escape(self._words.names[measure])
        group, _, member = measure.partition(".")
        return escape(self._words.names[group]) + self._locale.phrases.writing.colon + " " + self._member(group, member)

    def day(self, day: date) -> Markup:
        """A local day in words."""
        return self._locale.date(datetime.combine(day, time(12), tzinfo=self._locale.zone))

    def _member(self, group: str, member: str) -> Markup:
        words = self._locale.phrases.words
        found: list[tuple[str, str]]
        match group:
            case "severity":
                found = [*words.severity.items()]
            case "verdict":
                found = [*words.verdict.items(), ("none", self._words.sections.undecided)]
            case "state":
                found = [*words.state.items()]
            case _:
                found = [*self._words.responses.items()]
        return escape(dict(found)[member])
