"""The service report's words by language."""

from collections.abc import Mapping
from typing import Final

from reports.documents.service.language.dutch import DUTCH
from reports.documents.service.language.english import ENGLISH
from reports.documents.service.language.french import FRENCH
from reports.documents.service.language.german import GERMAN
from reports.documents.service.language.italian import ITALIAN
from reports.documents.service.language.phrases import ServiceWords
from reports.documents.service.language.polish import POLISH
from reports.documents.service.language.spanish import SPANISH
from reports.language.locale import Locale

WORDS: Final[Mapping[str, ServiceWords]] = {
    "en": ENGLISH,
    "de": GERMAN,
    "fr": FRENCH,
    "es": SPANISH,
    "it": ITALIAN,
    "nl": DUTCH,
    "pl": POLISH,
}


def words_of(locale: Locale) -> ServiceWords:
    """The words in the language of this locale."""
    return WORDS[locale.phrases.code]
