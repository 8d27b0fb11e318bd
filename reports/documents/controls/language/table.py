"""The words of the control evidence report by language."""

from collections.abc import Mapping
from typing import Final

from reports.documents.controls.language.dutch import DUTCH
from reports.documents.controls.language.english import ENGLISH
from reports.documents.controls.language.french import FRENCH
from reports.documents.controls.language.german import GERMAN
from reports.documents.controls.language.italian import ITALIAN
from reports.documents.controls.language.phrases import ControlWords
from reports.documents.controls.language.polish import POLISH
from reports.documents.controls.language.spanish import SPANISH
from reports.language.locale import Locale

WORDS: Final[Mapping[str, ControlWords]] = {
    "en": ENGLISH,
    "de": GERMAN,
    "fr": FRENCH,
    "es": SPANISH,
    "it": ITALIAN,
    "nl": DUTCH,
    "pl": POLISH,
}


def words_of(locale: Locale) -> ControlWords:
    """The words in the language of this locale."""
    return WORDS[locale.phrases.code]
