"""The words of the assurance report by language."""

from collections.abc import Mapping
from typing import Final

from reports.documents.assurance.language.dutch import DUTCH
from reports.documents.assurance.language.english import ENGLISH
from reports.documents.assurance.language.french import FRENCH
from reports.documents.assurance.language.german import GERMAN
from reports.documents.assurance.language.italian import ITALIAN
from reports.documents.assurance.language.phrases import AssuranceWords
from reports.documents.assurance.language.polish import POLISH
from reports.documents.assurance.language.spanish import SPANISH
from reports.language.locale import Locale

WORDS: Final[Mapping[str, AssuranceWords]] = {
    "en": ENGLISH,
    "de": GERMAN,
    "fr": FRENCH,
    "es": SPANISH,
    "it": ITALIAN,
    "nl": DUTCH,
    "pl": POLISH,
}


def words_of(locale: Locale) -> AssuranceWords:
    """The words in the language of this locale."""
    return WORDS[locale.phrases.code]
