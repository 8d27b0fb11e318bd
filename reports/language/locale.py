"""Numbers, times and lengths as a reader of one language in one time zone expects them.

Owns the way in which values are written; the words are in the module of each language. Everything that it gives
is `Markup`: built here from digits and our own words, so it needs no neutralising. Knows no facts.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from markupsafe import Markup, escape

from reports.language.dutch import DUTCH
from reports.language.english import ENGLISH
from reports.language.french import FRENCH
from reports.language.german import GERMAN
from reports.language.italian import ITALIAN
from reports.language.phrases import Phrases, Plural
from reports.language.polish import POLISH
from reports.language.spanish import SPANISH
from watchfloor.kernel.errors import Invalid

LANGUAGES: Final = {phrases.code: phrases for phrases in (ENGLISH, GERMAN, FRENCH, SPANISH, ITALIAN, DUTCH, POLISH)}

_GAP: Final = "\N{NO-BREAK SPACE}"
_UNITS: Final = (86_400, 3_600, 60, 1)


class Locale:
    """The phrases of a language, and values written for it and for one time zone."""

    def __init__(self, phrases: Phrases, zone: ZoneInfo) -> None:
        self.phrases = phrases
        self.zone = zone

    def number(self, value: int) -> Markup:
        """A whole number with its thousands set apart."""
        return escape(f"{value:,}".replace(",", self.phrases.writing.thousands))

    def counted(self, phrase: Plural, value: int) -> Markup:
        """A phrase with its number, such as "1 alert" or "12,000 alerts"."""
        return escape(phrase.of(value)).format(n=self.number(value))

    def versioned(self, phrase: str, value: int) -> Markup:
        """A phrase with a number that names something, such as "Version 3"."""
        return escape(phrase).format(n=self.number(value))

    def duration(self, seconds: int) -> Markup:
        """A length of time in its two largest units, rounded down: "1 h 12 min", "45 s"."""
        writing = self.phrases.writing
        names = (writing.day, writing.hour, writing.minute, writing.second)
        rest = seconds
        parts: list[str] = []
        for size, name in zip(_UNITS, names, strict=True):
            count, rest = divmod(rest, size)
            if count:
                parts.append(f"{self.number(count)}{_GAP}{name}")
            elif parts:
                break
        return escape(_GAP.join(parts[:2]) or f"0{_GAP}{writing.second}")

    def between(self, start: datetime, end: datetime) -> Markup:
        """The length of time from one instant to another, never below zero."""
        return self.duration(max(0, int((end - start) / timedelta(seconds=1))))

    def date(self, at: datetime) -> Markup:
        """The local day in words: "12 November 2026"."""
        local = at.astimezone(self.zone)
        writing = self.phrases.writing
        day = writing.first_day if local.day == 1 else str(local.day)
        text = writing.day_month_year.format(day=day, month=writing.months[local.month - 1], year=local.year)
        return escape(text.replace(" ", _GAP))

    def moment(self, at: datetime) -> Markup:
        """The local day and minute with the zone's short name: "12 November 2026, 14:03 CET"."""
        local = at.astimezone(self.zone)
        return escape(f"{self.date(at)}, {local:%H:%M}{_GAP}{local.tzname()}")

    def moment_near(self, at: datetime, day_of: datetime) -> Markup:
        """`moment`, without the day if that is the local day of `day_of`: "14:03 CET"."""
        local = at.astimezone(self.zone)
        if local.date() != day_of.astimezone(self.zone).date():
            return self.moment(at)
        return escape(f"{local:%H:%M}{_GAP}{local.tzname()}")

    def moment_utc(self, at: datetime) -> Markup:
        """`moment` with UTC behind it, and UTC's day where it is another one."""
        local = at.astimezone(self.zone)
        universal = at.astimezone(UTC)
        if local.utcoffset() == timedelta(0):
            return self.moment(at)
        day = "" if local.date() == universal.date() else f"{universal:%Y-%m-%d}{_GAP}"
        return escape(f"{self.moment(at)} ({day}{universal:%H:%M}{_GAP}UTC)")

    def stamp(self, at: datetime) -> Markup:
        """The local second, for tables: "2026-11-12 14:03:22"."""
        return escape(f"{at.astimezone(self.zone):%Y-%m-%d %H:%M:%S}")

    def second(self, at: datetime) -> Markup:
        """`stamp` without the day: "14:03:22"."""
        return escape(f"{at.astimezone(self.zone):%H:%M:%S}")

    def day_of(self, instants: Iterable[datetime]) -> Markup | None:
        """The one local day of all instants in words; None when they are of several days, or there are none."""
        days = {at.astimezone(self.zone).date(): at for at in instants}
        return self.date(*days.values()) if len(days) == 1 else None

    def stamp_utc(self, at: datetime) -> Markup:
        """UTC's second, with its day where that differs from the local one: "13:03:22"."""
        universal = at.astimezone(UTC)
        same_day = universal.date() == at.astimezone(self.zone).date()
        return escape(f"{universal:%H:%M:%S}" if same_day else f"{universal:%Y-%m-%d %H:%M:%S}")

    def zone_label(self, at: datetime) -> Markup:
        """The zone's name and its offset at that time: "Europe/Berlin (UTC+01:00)"."""
        offset = f"{at.astimezone(self.zone):%z}"
        return escape(f"{self.zone.key} (UTC{offset[:3]}:{offset[3:5]})")


@lru_cache(maxsize=64)
def locale_for(language: str, time_zone: str) -> Locale:
    """The locale of a tenant.

    Raises Invalid for a language that reports are not written in, or a time zone that is not in the IANA
    database.
    """
    phrases = LANGUAGES.get(language)
    if phrases is None:
        raise Invalid(
            f"Reports are not written in {language[:20]!r}.",
            where="customer.language",
            remedy=f"Use one of: {', '.join(sorted(LANGUAGES))}.",
        )
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid(
            f"There is no time zone {time_zone[:60]!r}.",
            where="customer.time_zone",
            remedy="Use a name of the IANA database, such as Europe/Berlin.",
        ) from None
    return Locale(phrases, zone)
