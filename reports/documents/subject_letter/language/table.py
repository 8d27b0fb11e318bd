"""The words of the letter to the persons concerned by language."""

from collections.abc import Mapping
from typing import Final

from reports.documents.subject_letter.language.dutch import DUTCH
from reports.documents.subject_letter.language.english import ENGLISH
from reports.documents.subject_letter.language.french import FRENCH
from reports.documents.subject_letter.language.german import GERMAN
from reports.documents.subject_letter.language.italian import ITALIAN
from reports.documents.subject_letter.language.phrases import LetterWords
from reports.documents.subject_letter.language.polish import POLISH
from reports.documents.subject_letter.language.spanish import SPANISH
from reports.language.locale import Locale

WORDS: Final[Mapping[str, LetterWords]] = {
    "en": ENGLISH,
    "de": GERMAN,
    "fr": FRENCH,
    "es": SPANISH,
    "it": ITALIAN,
    "nl": DUTCH,
    "pl": POLISH,
}


def words_of(locale: Locale) -> LetterWords:
    """The words in the language of this locale."""
    return WORDS[locale.phrases.code]
