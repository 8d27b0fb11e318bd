"""The words of the DORA report by language."""

from collections.abc import Mapping
from typing import Final

from reports.documents.dora.language.dutch import DUTCH
from reports.documents.dora.language.english import ENGLISH
from reports.documents.dora.language.french import FRENCH
from reports.documents.dora.language.german import GERMAN
from reports.documents.dora.language.italian import ITALIAN
from reports.documents.dora.language.phrases import DoraWords
from reports.documents.dora.language.polish import POLISH
from reports.documents.dora.language.spanish import SPANISH
from reports.language.locale import Locale

WORDS: Final[Mapping[str, DoraWords]] = {
    "en": ENGLISH,
    "de": GERMAN,
    "fr": FRENCH,
    "es": SPANISH,
    "it": ITALIAN,
    "nl": DUTCH,
    "pl": POLISH,
}


def words_of(locale: Locale) -> DoraWords:
    """The words in the language of this locale."""
    return WORDS[locale.phrases.code]
