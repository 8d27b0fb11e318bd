"""The words of the notice to the controller by language."""

from collections.abc import Mapping
from typing import Final

from reports.documents.breach_notice.language.dutch import DUTCH
from reports.documents.breach_notice.language.english import ENGLISH
from reports.documents.breach_notice.language.french import FRENCH
from reports.documents.breach_notice.language.german import GERMAN
from reports.documents.breach_notice.language.italian import ITALIAN
from reports.documents.breach_notice.language.phrases import NoticeWords
from reports.documents.breach_notice.language.polish import POLISH
from reports.documents.breach_notice.language.spanish import SPANISH
from reports.language.locale import Locale

WORDS: Final[Mapping[str, NoticeWords]] = {
    "en": ENGLISH,
    "de": GERMAN,
    "fr": FRENCH,
    "es": SPANISH,
    "it": ITALIAN,
    "nl": DUTCH,
    "pl": POLISH,
}


def words_of(locale: Locale) -> NoticeWords:
    """The words in the language of this locale."""
    return WORDS[locale.phrases.code]
