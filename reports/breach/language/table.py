"""The shared words of breach documents by language."""

from collections.abc import Mapping
from typing import Final

from reports.breach.language.dutch import DUTCH
from reports.breach.language.english import ENGLISH
from reports.breach.language.french import FRENCH
from reports.breach.language.german import GERMAN
from reports.breach.language.italian import ITALIAN
from reports.breach.language.phrases import BreachWords
from reports.breach.language.polish import POLISH
from reports.breach.language.spanish import SPANISH
from reports.language.locale import Locale

BREACH_WORDS: Final[Mapping[str, BreachWords]] = {
    "en": ENGLISH,
    "de": GERMAN,
    "fr": FRENCH,
    "es": SPANISH,
    "it": ITALIAN,
    "nl": DUTCH,
    "pl": POLISH,
}


def breach_words(locale: Locale) -> BreachWords:
    """The words in the language of this locale."""
    return BREACH_WORDS[locale.phrases.code]
