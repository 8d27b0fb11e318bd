"""The titles and questions of forms by language."""

from collections.abc import Mapping
from typing import Final

from reports.documents.breach_notification.labels.dutch import DUTCH
from reports.documents.breach_notification.labels.english import ENGLISH
from reports.documents.breach_notification.labels.french import FRENCH
from reports.documents.breach_notification.labels.german import GERMAN
from reports.documents.breach_notification.labels.italian import ITALIAN
from reports.documents.breach_notification.labels.polish import POLISH
from reports.documents.breach_notification.labels.spanish import SPANISH

LABELS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": ENGLISH,
    "de": GERMAN,
    "fr": FRENCH,
    "es": SPANISH,
    "it": ITALIAN,
    "nl": DUTCH,
    "pl": POLISH,
}
