"""A second way to reckon deadlines: seconds of the epoch, days walked one by one, holidays worked out by hand."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

DAY: Final = timedelta(days=1)
QUARTER: Final = timedelta(minutes=15)


def hours_later(start: datetime, hours: int) -> datetime:
    """By the count of seconds."""
    return datetime.fromtimestamp(start.timestamp() + hours * 3600, UTC)


def month_later(start: datetime, zone: str) -> set[datetime]:
    """All instants of the last day that show the time of `start`, or, where that time is skipped, its two readings."""
    local = start.astimezone(ZoneInfo(zone))
    day, wanted = local.date(), (local.year * 12 + local.month) % 12 + 1
    while day.month != wanted:
        day += DAY
    while day.day < local.day and (day + DAY).month == wanted:
        day += DAY
    wall = local.time()
    readings: set[datetime] = set()
    for fold in (0, 1):
        shown = datetime.combine(day, wall.replace(fold=fold), ZoneInfo(zone))
        readings.add(datetime.fromtimestamp(shown.timestamp(), UTC))
    return readings


def working_days_later(start: date, count: int, free: frozenset[date]) -> date:
    """Counts the days that are neither Saturday nor Sunday nor free."""
    day, counted = start, 0
    while counted < count:
        day += DAY
        counted += day.weekday() not in (5, 6) and day not in free
    return day


def noon_of_the_next_working_day(end: datetime, zone: str, free: frozenset[date]) -> datetime:
    """`end`, or, where that day is free, the first noon that clocks show on a working day after it."""
    here = ZoneInfo(zone)

    def is_free(instant: datetime) -> bool:
        day = instant.astimezone(here).date()
        return day.weekday() in (5, 6) or day in free

    if not is_free(end):
        return end
    instant = datetime.fromtimestamp(end.timestamp() // 900 * 900, UTC)
    while is_free(instant) or instant.astimezone(here).time() != time(12):
        instant += QUARTER
    return instant


@cache
def germany(first: int, last: int) -> frozenset[date]:
    """The holidays of all of Germany."""
    found: set[date] = set()
    for year in range(first, last + 1):
        easter = _easter(year)
        found |= {date(year, 1, 1), date(year, 5, 1), date(year, 10, 3), date(year, 12, 25), date(year, 12, 26)}
        found |= {easter + DAY * offset for offset in (-2, 1, 39, 50)}
    return frozenset(found)


@cache
def united_states(first: int, last: int) -> frozenset[date]:
    """The federal holidays, with the Friday before a Saturday and the Monday after a Sunday."""
    found: set[date] = set()
    for year in range(first, last + 2):
        for month, day in ((1, 1), (6, 19), (7, 4), (11, 11), (12, 25)):
            exact = date(year, month, day)
            found |= {exact, exact + DAY * {5: -1, 6: 1}.get(exact.weekday(), 0)}
        for month, weekday, number in ((1, 0, 3), (2, 0, 3), (9, 0, 1), (10, 0, 2), (11, 3, 4)):
            found.add(_nth(year, month, weekday, number))
        found.add(max(day for day in (date(year, 5, 1) + DAY * offset for offset in range(31)) if day.weekday() == 0))
    return frozenset(found)


def _nth(year: int, month: int, weekday: int, number: int) -> date:
    days = [date(year, month, 1) + DAY * offset for offset in range(28 if month == 2 else 30)]
    return [day for day in days if day.weekday() == weekday][number - 1]


def _easter(year: int) -> date:
    """Western Easter, by Gauss and those after him."""
    golden, century, rest = year % 19, year // 100, year % 100
    moon = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    week = (32 + 2 * (century % 4) + 2 * (rest // 4) - moon - rest % 4) % 7
    shift = (golden + 11 * moon + 22 * week) // 451
    month, day = divmod(moon + week - 7 * shift + 114, 31)
    return date(year, month, day + 1)
