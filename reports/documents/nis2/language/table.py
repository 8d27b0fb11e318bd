"""The words of the NIS2 report by language."""

from collections.abc import Mapping
from typing import Final

from reports.documents.nis2.language.dutch import DUTCH
from reports.documents.nis2.language.english import ENGLISH
from reports.documents.nis2.language.french import FRENCH
from reports.documents.nis2.language.german import GERMAN
from reports.documents.nis2.language.italian import ITALIAN
from reports.documents.nis2.language.phrases import Nis2Words
from reports.documents.nis2.language.polish import POLISH
from reports.documents.nis2.language.spanish import SPANISH
from reports.language.locale import Locale

WORDS: Final[Mapping[str, Nis2Words]] = {
    "en": ENGLISH,
    "de": GERMAN,
    "fr": FRENCH,
    "es": SPANISH,
    "it": ITALIAN,
    "nl": DUTCH,
    "pl": POLISH,
}


def words_of(locale: Locale) -> Nis2Words:
    """The words in the language of this locale."""
    return WORDS[locale.phrases.code]
