"""Periods of whole days in a tenant's time zone, and the days and months in them. Pure."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from watchfloor.controls.result import Period
from watchfloor.kernel.errors import Invalid

LONGEST: Final = timedelta(days=400)
"""As long as hours and days of feeds are kept."""

_DAY: Final = timedelta(days=1)


def period_of(first: date, until: date, *, time_zone: str) -> Period:
    """The days from `first` until before `until`. Raises Invalid for none, and for more than 400."""
    if not timedelta() < until - first <= LONGEST:
        raise Invalid(
            "A period has a day at least and 400 at most.", where="to", remedy="`to` is the day after the last."
        )
    return Period(
        first=first,
        until=until,
        time_zone=time_zone,
        begin=instant(first, time_zone),
        end=instant(until, time_zone),
    )


def instant(day: date, time_zone: str) -> datetime:
    """When a day begins in a time zone, in UTC."""
    return datetime.combine(day, time(), tzinfo=ZoneInfo(time_zone)).astimezone(UTC)


def local_day(moment: datetime, time_zone: str) -> date:
    """The day of an instant in a time zone."""
    return moment.astimezone(ZoneInfo(time_zone)).date()


def days_of(first: date, until: date) -> Iterator[date]:
    """Each day from `first` until before `until`."""
    day = first
    while day < until:
        yield day
        day += _DAY


def months_ended(period: Period) -> list[date]:
    """The first days of the months whose last day lies in the period, in order."""
    found: list[date] = []
    month = period.first.replace(day=1)
    while (following := next_month(month)) <= period.until:
        found.append(month)
        month = following
    return found


def next_month(month: date) -> date:
    """The first day of the month after."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def before(period: Period) -> Period:
    """The period of as many days that ends where this one begins."""
    return period_of(period.first - (period.until - period.first), period.first, time_zone=period.time_zone)
