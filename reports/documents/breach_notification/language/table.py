"""The words of the notification draft by language."""

from collections.abc import Mapping
from typing import Final

from reports.documents.breach_notification.language.dutch import DUTCH
from reports.documents.breach_notification.language.english import ENGLISH
from reports.documents.breach_notification.language.french import FRENCH
from reports.documents.breach_notification.language.german import GERMAN
from reports.documents.breach_notification.language.italian import ITALIAN
from reports.documents.breach_notification.language.phrases import NotificationWords
from reports.documents.breach_notification.language.polish import POLISH
from reports.documents.breach_notification.language.spanish import SPANISH
from reports.language.locale import Locale

WORDS: Final[Mapping[str, NotificationWords]] = {
    "en": ENGLISH,
    "de": GERMAN,
    "fr": FRENCH,
    "es": SPANISH,
    "it": ITALIAN,
    "nl": DUTCH,
    "pl": POLISH,
}


def words_of(locale: Locale) -> NotificationWords:
    """The words in the language of this locale."""
    return WORDS[locale.phrases.code]
