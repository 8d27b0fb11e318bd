"""How languages count: which form of a phrase goes with which number (Unicode CLDR, cardinal plurals).

Holds the rules that are other than those of English and German, which `phrases.Plural` follows.
"""

from reports.language.phrases import Plural


class PluralFromTwo(Plural, frozen=True):
    """French: nothing and one are singular."""

    def of(self, number: int) -> str:
        """The phrase that goes with `number`, still holding `{n}`."""
        return self.one if number < 2 else self.other


class PluralOfThree(Plural, frozen=True):
    """Polish: one, a few (2 to 4, 22 to 24, but not 12 to 14), and all others."""

    few: str

    @property
    def plain(self) -> str:
        """The plural without a number, which is that of a few; after `other` numbers stands the genitive."""
        return self.few

    def of(self, number: int) -> str:
        """The phrase that goes with `number`, still holding `{n}`."""
        if number == 1:
            return self.one
        is_few = 2 <= number % 10 <= 4 and not 12 <= number % 100 <= 14
        return self.few if is_few else self.other
