"""The shared words of breach documents by language."""

from collections.abc import Mapping
from typing import Final

import msgspec

from reports.breach.language.dutch import DUTCH
from reports.breach.language.english import ENGLISH
from reports.breach.language.french import FRENCH
from reports.breach.language.german import GERMAN
from reports.breach.language.italian import ITALIAN
from reports.breach.language.phrases import BreachWords
from reports.breach.language.polish import POLISH
from reports.breach.language.spanish import SPANISH
from reports.breach.sector.phrases import SectorWords
from reports.breach.sector.table import SECTOR_WORDS
from reports.language.locale import Locale
from watchfloor.breach.sector.own_duty import OWN_REGIME

_SHARED: Final[Mapping[str, BreachWords]] = {
    "en": ENGLISH,
    "de": GERMAN,
    "fr": FRENCH,
    "es": SPANISH,
    "it": ITALIAN,
    "nl": DUTCH,
    "pl": POLISH,
}


def _whole(words: BreachWords, sector: SectorWords) -> BreachWords:
    """With the fields and codes of NIS2 and DORA. Stages of the MSSP's own duty are called as those of NIS2."""
    replace = msgspec.structs.replace
    own = {
        f"{OWN_REGIME}/{key.removeprefix('nis2/')}": name
        for key, name in words.codes.duty.items()
        if key.startswith("nis2/")
    }
    return replace(
        words,
        codes=replace(words.codes, duty={**words.codes.duty, **own}),
        fields={**words.fields, **sector.fields},
        choices=sector.choices,
    )


BREACH_WORDS: Final[Mapping[str, BreachWords]] = {
    code: _whole(words, SECTOR_WORDS[code]) for code, words in _SHARED.items()
}


def breach_words(locale: Locale) -> BreachWords:
    """The words in the language of this locale."""
    return BREACH_WORDS[locale.phrases.code]
