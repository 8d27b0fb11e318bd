"""The words of reports in stages by language."""

from collections.abc import Mapping
from typing import Final

from reports.breach.staged.language.dutch import DUTCH
from reports.breach.staged.language.english import ENGLISH
from reports.breach.staged.language.french import FRENCH
from reports.breach.staged.language.german import GERMAN
from reports.breach.staged.language.italian import ITALIAN
from reports.breach.staged.language.phrases import StagedWords
from reports.breach.staged.language.polish import POLISH
from reports.breach.staged.language.spanish import SPANISH
from reports.language.locale import Locale

STAGED_WORDS: Final[Mapping[str, StagedWords]] = {
    "en": ENGLISH,
    "de": GERMAN,
    "fr": FRENCH,
    "es": SPANISH,
    "it": ITALIAN,
    "nl": DUTCH,
    "pl": POLISH,
}


def staged_words(locale: Locale) -> StagedWords:
    """The words in the language of this locale."""
    return STAGED_WORDS[locale.phrases.code]
