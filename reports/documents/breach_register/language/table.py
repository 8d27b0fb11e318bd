"""The words of the extract from the register of breaches by language."""

from collections.abc import Mapping
from typing import Final

from reports.documents.breach_register.language.dutch import DUTCH
from reports.documents.breach_register.language.english import ENGLISH
from reports.documents.breach_register.language.french import FRENCH
from reports.documents.breach_register.language.german import GERMAN
from reports.documents.breach_register.language.italian import ITALIAN
from reports.documents.breach_register.language.phrases import RegisterWords
from reports.documents.breach_register.language.polish import POLISH
from reports.documents.breach_register.language.spanish import SPANISH
from reports.language.locale import Locale

WORDS: Final[Mapping[str, RegisterWords]] = {
    "en": ENGLISH,
    "de": GERMAN,
    "fr": FRENCH,
    "es": SPANISH,
    "it": ITALIAN,
    "nl": DUTCH,
    "pl": POLISH,
}


def words_of(locale: Locale) -> RegisterWords:
    """The words in the language of this locale."""
    return WORDS[locale.phrases.code]
