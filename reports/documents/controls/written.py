"""Numbers of results as a reader of one language expects them. Owns their form; knows no report.

A share is cut, not rounded, after one decimal: 99.96 percent is never shown as 100.
"""

from decimal import ROUND_FLOOR, Decimal
from typing import Final

from markupsafe import Markup, escape

from reports.documents.controls.language.phrases import ControlWords
from reports.language.locale import Locale
from reports.language.phrases import Plural
from reports.printed import sentence
from watchfloor.controls.result import Result, Threshold, Unit

_TENTH: Final = Decimal("0.1")
_NONE: Final = Markup("\N{EN DASH}")


class Writer:
    """Writes numbers in the words and the manner of one locale."""

    def __init__(self, words: ControlWords, locale: Locale) -> None:
        self.words = words
        self.locale = locale

    def amount(self, value: float | None, unit: Unit) -> Markup:
        """A value in its unit; a dash for none."""
        if value is None:
            return _NONE
        amounts = self.words.amounts
        cut = Decimal(str(value)).quantize(_TENTH, rounding=ROUND_FLOOR)
        digits = self._digits(cut)
        if unit == "percent":
            return sentence(amounts.percent, n=digits)
        if unit == "count":
            return digits
        phrase = {"days": amounts.days, "hours": amounts.hours, "minutes": amounts.minutes}[unit]
        return escape(phrase.of(int(cut) if cut == int(cut) else 0)).format(n=digits)

    def reached(self, row: Result) -> Markup:
        """A result's value, with its numerator and denominator where it has them."""
        shown = self.amount(row.value, row.unit)
        if row.value is None or row.denominator is None:
            return shown
        if row.numerator is None:
            return Markup("{} ({})").format(shown, self.cases(row.denominator))
        part, whole = self.locale.number(row.numerator), self.locale.number(row.denominator)
        return Markup("{} ({})").format(shown, sentence(self.words.amounts.part, part=part, whole=whole))

    def asked(self, threshold: Threshold | None, unit: Unit) -> Markup:
        """A threshold in words; a dash for none."""
        if threshold is None:
            return _NONE
        phrase = self.words.amounts.at_least if threshold.direction == "at_least" else self.words.amounts.at_most
        return sentence(phrase, number=self.amount(threshold.number, unit))

    def cases(self, number: int) -> Markup:
        """How many cases a number rests on."""
        return sentence(self.words.amounts.cases, n=self.locale.number(number))

    def counted(self, phrase: Plural, number: int) -> Markup:
        """A phrase with its number."""
        return self.locale.counted(phrase, number)

    def _digits(self, value: Decimal) -> Markup:
        whole = int(value)
        tenth = int((value - whole) * 10)
        shown = self.locale.number(whole)
        return Markup("{}{}{}").format(shown, self.words.amounts.decimal, tenth) if tenth else shown
