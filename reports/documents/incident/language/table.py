"""The incident report's words by language."""

from collections.abc import Mapping
from typing import Final

from reports.documents.incident.language.dutch import DUTCH
from reports.documents.incident.language.english import ENGLISH
from reports.documents.incident.language.french import FRENCH
from reports.documents.incident.language.german import GERMAN
from reports.documents.incident.language.italian import ITALIAN
from reports.documents.incident.language.phrases import IncidentWords
from reports.documents.incident.language.polish import POLISH
from reports.documents.incident.language.spanish import SPANISH
from reports.language.locale import Locale

WORDS: Final[Mapping[str, IncidentWords]] = {
    "en": ENGLISH,
    "de": GERMAN,
    "fr": FRENCH,
    "es": SPANISH,
    "it": ITALIAN,
    "nl": DUTCH,
    "pl": POLISH,
}


def words_of(locale: Locale) -> IncidentWords:
    """The words in the language of this locale."""
    return WORDS[locale.phrases.code]
