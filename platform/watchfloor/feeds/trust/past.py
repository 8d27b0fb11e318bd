"""A feed's past, hour by hour, as it is learned from: hours without a row are hours in which nothing came. Pure.

Owns the walk over minutes: how long the feed was not heard of at most, hour by hour. Minutes of hours in which it is
usually quiet do not count.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

WEEK_HOURS: Final = 168
_HOUR: Final = timedelta(hours=1)
_MINUTES: Final = 60
_DAY_HOURS: Final = 24
_WEEKEND: Final = 5


class PastHour(msgspec.Struct, frozen=True, kw_only=True):
    """An hour of a feed's past. `minutes` has a bit for each minute in which something was received."""

    hour: datetime
    minutes: int = 0
    events: int = 0
    unparsed: int = 0
    event_lag: Sequence[int] | None = None


class Past:
    """The hours of a feed from the first in which something came."""

    def __init__(self, hours: Iterable[PastHour], *, since: datetime, until: datetime) -> None:
        """Hours before `since` are left out. The last one is that before `until`, which is the beginning of an hour."""
        known = {one.hour: one for one in hours if since <= one.hour < until and one.minutes}
        first = min(known, default=until)
        count = (until - first) // _HOUR
        moments = [first + number * _HOUR for number in range(count)]
        self._hours = [known.get(moment) or PastHour(hour=moment) for moment in moments]
        self._by_week: dict[int, list[PastHour]] = {}
        self._by_day: dict[tuple[int, bool], list[PastHour]] = {}
        # The first hour began before the feed did.
        for one in self._hours[1:]:
            weekday, hour = one.hour.weekday(), one.hour.hour
            self._by_week.setdefault(weekday * _DAY_HOURS + hour, []).append(one)
            self._by_day.setdefault((hour, weekday >= _WEEKEND), []).append(one)

    @property
    def length(self) -> timedelta:
        """How long the past is."""
        return len(self._hours) * _HOUR

    @property
    def arrivals(self) -> int:
        """In how many minutes something was received."""
        return sum(one.minutes.bit_count() for one in self._hours)

    def active(self) -> Iterator[PastHour]:
        """The hours in which something came."""
        return (one for one in self._hours if one.minutes)

    def in_hour_of_week(self, hour: int) -> list[PastHour]:
        """The hours that were this hour of their week."""
        return self._by_week.get(hour, [])

    def in_hours_of_day(self, hour: int, *, weekend: bool | None = None) -> list[PastHour]:
        """The hours that were this hour of their day, on all days or on those of one kind."""
        kinds = (False, True) if weekend is None else (weekend,)
        return [one for kind in kinds for one in self._by_day.get((hour, kind), [])]

    def longest_gaps(self, is_open: Sequence[bool]) -> dict[datetime, float]:
        """For each hour the longest gap in minutes that reaches into it, as far as it is known.

        Nothing is known of the hours behind the last arrival. `is_open` says for each hour of the week whether its
        minutes count.
        """
        gaps: dict[datetime, float] = {}
        last: tuple[int, int] | None = None  # the hour's number and its minute
        for number, one in enumerate(self._hours):
            if not one.minutes:
                continue
            first_minute = (one.minutes & -one.minutes).bit_length() - 1
            last_minute = one.minutes.bit_length() - 1
            gaps[one.hour] = max(gaps.get(one.hour, 0.0), float(_longest_inside(one.minutes)))
            if last is not None:
                length = self._open_minutes(last, (number, first_minute), is_open)
                for between in self._hours[last[0] : number + 1]:
                    gaps[between.hour] = max(gaps.get(between.hour, 0.0), float(length))
            last = number, last_minute
        return gaps

    def _open_minutes(self, begin: tuple[int, int], end: tuple[int, int], is_open: Sequence[bool]) -> int:
        total = 0
        for number in range(begin[0], end[0] + 1):
            moment = self._hours[number].hour
            if is_open[moment.weekday() * _DAY_HOURS + moment.hour]:
                start = begin[1] if number == begin[0] else 0
                stop = end[1] if number == end[0] else _MINUTES
                total += stop - start
        return total


def _longest_inside(minutes: int) -> int:
    """The longest gap between two minutes of one hour."""
    runs = f"{minutes:b}".strip("0").split("1")[1:-1]
    return max((len(run) + 1 for run in runs), default=0)
