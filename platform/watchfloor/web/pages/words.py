"""Words, numbers and times in the reader's language.

A catalogue is a mapping of keys to sentences with `{names}`; a key that ends in `.one` has a sibling `.other`, chosen
by the number `n`. Dates and numbers are written as CLDR says, times in the tenant's zone with UTC beside.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo

import msgspec
from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal, format_percent

Language = Literal["en", "de"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
NAMES: Final[dict[Language, str]] = {"en": "English", "de": "Deutsch"}
COOKIE: Final = "watchfloor-language"

_LOCALES: Final = {"en": Locale("en", "GB"), "de": Locale("de", "DE")}

Catalogue = Mapping[str, str]


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """An instant as a page shows it: for machines, in the reader's words, and in UTC."""

    iso: str
    text: str
    utc: str


class Words:
    """The words of one page: `words("key", name=...)`."""

    def __init__(self, language: Language, zone: ZoneInfo, *catalogues: Mapping[Language, Catalogue]) -> None:
        """Later catalogues go before earlier ones."""
        self.language: Final = language
        self.zone: Final = zone
        self._locale: Final = _LOCALES[language]
        self._words: Final = {key: text for one in catalogues for key, text in one[language].items()}

    def __call__(self, key: str, **given: str | int) -> str:
        """The sentence of a key. Raises KeyError for one that there is not."""
        number = given.get("n")
        if isinstance(number, int) and f"{key}.other" in self._words:
            key = f"{key}.{self._locale.plural_form(number)}"
        shown = {name: self.number(value) if isinstance(value, int) else value for name, value in given.items()}
        return self._words[key].format_map(shown)

    def has(self, key: str) -> bool:
        """Whether there is such a sentence."""
        return key in self._words

    def number(self, value: float) -> str:
        """A number with the language's separators, to one decimal place."""
        return format_decimal(round(value, 1), locale=self._locale)

    def share(self, value: float) -> str:
        """A share of one as per cent, to one decimal place."""
        return format_percent(value, format="#,##0.#%" if self.language == "en" else "#,##0.# %", locale=self._locale)

    def day(self, at: datetime) -> str:
        """The day of an instant in the tenant's zone."""
        return format_date(at.astimezone(self.zone).date(), format="medium", locale=self._locale)

    def moment(self, at: datetime) -> Moment:
        """An instant."""
        local, utc = at.astimezone(self.zone), at.astimezone(UTC)
        text = format_datetime(local, "d MMM y, HH:mm", tzinfo=self.zone, locale=self._locale)
        return Moment(iso=utc.isoformat(timespec="seconds"), text=text, utc=f"{utc:%H:%M} UTC")

    def span(self, seconds: float) -> str:
        """A length of time in its largest unit, such as `3 hours`."""
        return format_timedelta(int(seconds), threshold=1.2, locale=self._locale)


def language_of(cookie: str | None, accepted: str, *, otherwise: Language = "en") -> Language:
    """The reader's language: as chosen, else the first that the browser asks for, else the tenant's."""
    for asked in (cookie or "", *(part.partition(";")[0].strip() for part in accepted.split(",")[:20])):
        short = asked.partition("-")[0].lower()
        if short in LANGUAGES:
            return short
    return otherwise
