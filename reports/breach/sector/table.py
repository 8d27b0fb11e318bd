"""The fields and codes of NIS2 and DORA by language."""

from collections.abc import Mapping
from typing import Final

from reports.breach.sector.dutch import DUTCH
from reports.breach.sector.english import ENGLISH
from reports.breach.sector.french import FRENCH
from reports.breach.sector.german import GERMAN
from reports.breach.sector.italian import ITALIAN
from reports.breach.sector.phrases import SectorWords
from reports.breach.sector.polish import POLISH
from reports.breach.sector.spanish import SPANISH

SECTOR_WORDS: Final[Mapping[str, SectorWords]] = {
    "en": ENGLISH,
    "de": GERMAN,
    "fr": FRENCH,
    "es": SPANISH,
    "it": ITALIAN,
    "nl": DUTCH,
    "pl": POLISH,
}
