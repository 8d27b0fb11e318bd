"""The words of the severity and decision record by language."""

from collections.abc import Mapping
from typing import Final

from reports.documents.breach_decisions.language.dutch import DUTCH
from reports.documents.breach_decisions.language.english import ENGLISH
from reports.documents.breach_decisions.language.french import FRENCH
from reports.documents.breach_decisions.language.german import GERMAN
from reports.documents.breach_decisions.language.italian import ITALIAN
from reports.documents.breach_decisions.language.phrases import DecisionWords
from reports.documents.breach_decisions.language.polish import POLISH
from reports.documents.breach_decisions.language.spanish import SPANISH
from reports.language.locale import Locale

WORDS: Final[Mapping[str, DecisionWords]] = {
    "en": ENGLISH,
    "de": GERMAN,
    "fr": FRENCH,
    "es": SPANISH,
    "it": ITALIAN,
    "nl": DUTCH,
    "pl": POLISH,
}


def words_of(locale: Locale) -> DecisionWords:
    """The words in the language of this locale."""
    return WORDS[locale.phrases.code]
