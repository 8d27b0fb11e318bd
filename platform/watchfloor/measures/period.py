"""The time that figures are about: whole local days of the tenant's zone, from a first one until before another.

Owns the arithmetic of days, also across clock changes; knows nothing of what is counted.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Invalid, NotFound
from watchfloor.measures import queries

LONGEST_DAYS: Final = 1_100
_EARLIEST: Final = date(1971, 1, 1)
_LATEST: Final = date(9000, 1, 1)
_HOUR: Final = timedelta(hours=1)


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """Days from `first` until before `end`, in the time zone with this name."""

    first: date
    end: date
    zone: str

    @property
    def begin(self) -> datetime:
        """The instant at which it begins."""
        return self.midnight(self.first)

    @property
    def until(self) -> datetime:
        """The instant at which it is over."""
        return self.midnight(self.end)

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.first).days

    @property
    def before(self) -> "Period":
        """What it is compared with: as many whole months before it, or else as many days."""
        months = _months(self.first, self.end)
        first = self.first - timedelta(days=self.days) if months is None else _months_on(self.first, -months)
        return Period(first=first, end=self.first, zone=self.zone)

    def midnight(self, day: date) -> datetime:
        """When a day begins, in UTC."""
        return datetime.combine(day, time(), tzinfo=ZoneInfo(self.zone)).astimezone(UTC)

    def day_of(self, at: datetime) -> int:
        """Which day of the period an instant lies in, from 0."""
        return (at.astimezone(ZoneInfo(self.zone)).date() - self.first).days

    def elapsed_days(self, now: datetime) -> int:
        """How many of its days have begun by now."""
        return max(0, min(self.days, self.day_of(now) + 1))

    def hours(self, since: datetime, until: datetime) -> Iterator[datetime]:
        """The hours (of UTC) that begin in the period, from `since` on and whole before `until`."""
        at = _next_hour(max(self.begin, since))
        last = min(self.until, until - _HOUR + timedelta(microseconds=1))
        while at < last:
            yield at
            at += _HOUR


async def period_of(tx: TenantTx, *, first: date | None, end: date | None) -> Period:
    """These days in the tenant's zone; without a first one those of this month, without an end those of its month.

    Raises Invalid for no days or too many, NotFound when the tenant is gone.
    """
    zone = await queries.select_zone(tx)
    if zone is None:
        raise NotFound("There is no such tenant.")
    if first is None:
        first = (await queries.select_moment(tx)).astimezone(ZoneInfo(zone)).date().replace(day=1)
    if not _EARLIEST <= first < _LATEST:
        raise Invalid("There are no figures of that time.", where="from")
    end = end or _months_on(first.replace(day=1), 1)
    if end <= first:
        raise Invalid("The period ends before it begins.", where="to", remedy="`to` is the day after the last one.")
    if (end - first).days > LONGEST_DAYS:
        raise Invalid(f"A period has {LONGEST_DAYS} days at most.", where="to")
    return Period(first=first, end=end, zone=zone)


def _next_hour(at: datetime) -> datetime:
    whole = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return whole if whole == at else whole + _HOUR


def _months(first: date, end: date) -> int | None:
    """How many whole calendar months these days are."""
    if first.day != 1 or end.day != 1:
        return None
    return (end.year - first.year) * 12 + end.month - first.month


def _months_on(day: date, months: int) -> date:
    place = day.year * 12 + day.month - 1 + months
    return date(place // 12, place % 12 + 1, 1)
