"""Days and working days on a local calendar. Owns weekends and public holidays; knows no rule.

Where the library knows no holidays of a country, only weekends are free: every deadline then ends sooner, never later.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import holidays

DAY: Final = timedelta(days=1)
SECOND: Final = timedelta(seconds=1)


def knows_holidays(country: str, subdivision: str | None = None) -> bool:
    """Whether the holidays of a country, and of its part, are known."""
    places = _places()
    return country in places and (subdivision is None or subdivision in places[country])


def is_working_day(day: date, country: str, subdivision: str | None = None) -> bool:
    """Whether people work on `day`: no weekend of the country's, and no public holiday."""
    calendar = _calendar(country, subdivision)
    return day.weekday() < 5 if calendar is None else calendar.is_working_day(day)


def next_working_day(day: date, country: str, subdivision: str | None = None) -> date:
    """The first working day after `day`."""
    day += DAY
    while not is_working_day(day, country, subdivision):
        day += DAY
    return day


def add_working_days(day: date, count: int, *, country: str, subdivision: str | None = None) -> date:
    """The `count`-th working day after `day`, which is itself never counted."""
    for _ in range(count):
        day = next_working_day(day, country, subdivision)
    return day


def add_months(day: date, count: int) -> date:
    """The same day of a later month, or its last one where that month is shorter."""
    months = day.year * 12 + day.month - 1 + count
    year, month = divmod(months, 12)
    first_of_next = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return min(date(year, month + 1, 1) + DAY * (day.day - 1), first_of_next - DAY)


def local_day(instant: datetime, zone: str) -> date:
    """The day it is in a zone."""
    return instant.astimezone(ZoneInfo(zone)).date()


def at_local(day: date, wall: time, zone: str) -> datetime:
    """The instant, in UTC, when clocks in the zone show `wall`: of two readings at a clock change the earlier one."""
    local = datetime.combine(day, wall, ZoneInfo(zone))
    return min(local.astimezone(UTC), local.replace(fold=1).astimezone(UTC))


def end_of_day(day: date, zone: str) -> datetime:
    """The last whole second of a local day, in UTC, where clocks change at midnight too."""
    # Midnight's first reading is the day's first instant, whether it comes twice or is skipped.
    return datetime.combine(day + DAY, time(0), ZoneInfo(zone)).astimezone(UTC) - SECOND


@lru_cache(maxsize=256)
def _calendar(country: str, subdivision: str | None) -> holidays.HolidayBase | None:
    if not knows_holidays(country):
        return None
    part = subdivision if knows_holidays(country, subdivision) else None
    return holidays.country_holidays(country, subdiv=part)


@lru_cache(maxsize=1)
def _places() -> dict[str, list[str]]:
    return holidays.list_supported_countries(include_aliases=False)
