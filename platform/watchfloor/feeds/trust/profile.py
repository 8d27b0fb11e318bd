"""What a feed usually does, learned from its own past by hour of the week. Pure.

Owns the learning and what follows from it. Robust throughout: medians, and the median of the absolute deviations from
them (MAD) over the last four weeks, so that one bad day teaches nothing. All in UTC; where a customer's clocks change,
the neighbouring hours, which count for each hour too, take up most of it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import Final

import msgspec

from watchfloor.feeds.trust.histogram import quantile
from watchfloor.feeds.trust.past import WEEK_HOURS, Past, PastHour

KEPT: Final = timedelta(days=28)
"""How far back is learned from."""

SHORTEST_PAST: Final = timedelta(days=3)
FEWEST_ARRIVALS: Final = 10
"""A feed of a shorter past, or one that arrived in fewer minutes, is not judged yet."""

LEAST_EVENTS: Final = 30
"""An hour that usually has fewer events has no lower bound of them."""

_HOUR: Final = timedelta(hours=1)
_DAY_HOURS: Final = 24
_WEEKEND: Final = 5
_ENOUGH: Final = 6
_FEWEST_VOLUMES: Final = 3
_SPREAD: Final = 3.0
_VOLUME_SPREAD: Final = 6.0
_LEAST_SPREAD: Final = 0.1
_REGULAR: Final = 0.8


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What a feed usually does. The lists have an entry for each hour of the week, from Monday 00:00 UTC on.

    `interval` is how many seconds usually pass at most until the feed is heard of again, 0 in an hour in which it is
    usually quiet. `events` is the usual number of events, `least` the number below which something is wrong, 0 where
    that cannot be told. `lag` is the usual median lag in seconds, `unparsed` the usual share that no parser knows.
    """

    interval: list[int]
    events: list[int]
    least: list[int]
    lag: float
    unparsed: float


def hour_of_week(moment: datetime) -> int:
    """Which hour of the week a moment lies in."""
    return moment.weekday() * _DAY_HOURS + moment.hour


def learn(hours: Iterable[PastHour], *, until: datetime) -> Profile | None:
    """The profile of a feed from its hours, those before `until`; None when its past is too short."""
    past = Past(hours, since=until - KEPT, until=until)
    if past.length < SHORTEST_PAST or past.arrivals < FEWEST_ARRIVALS:
        return None
    is_open = _open_hours(past)
    longest = past.longest_gaps(is_open)
    usual = [_interval(hour, is_open, longest, past) for hour in range(WEEK_HOURS)]
    volumes = [_volumes(hour, past) if is_open[hour] else [] for hour in range(WEEK_HOURS)]
    return Profile(
        interval=usual,
        events=[round(median(counts)) if counts else 0 for counts in volumes],
        least=[_least(counts) for counts in volumes],
        lag=_upper([lag for hour in past.active() if (lag := quantile(hour.event_lag or (), 0.5)) is not None]),
        unparsed=_upper([hour.unparsed / hour.events for hour in past.active() if hour.events]),
    )


def overdue(profile: Profile, *, last: datetime, now: datetime) -> tuple[float, float]:
    """How many of its usual intervals a feed has been silent for, and for how many seconds of its usual hours."""
    intervals = seconds = 0.0
    begin = last
    while begin < now:
        end = min(begin.replace(minute=0, second=0, microsecond=0) + _HOUR, now)
        usual = profile.interval[hour_of_week(begin)]
        if usual:
            passed = (end - begin).total_seconds()
            seconds += passed
            intervals += passed / usual
        begin = end
    return intervals, seconds


def _open_hours(past: Past) -> list[bool]:
    """In which hours of the week the feed usually sends; in all of them when it keeps no hours."""
    around_the_clock = all(_majority(past.in_hours_of_day(hour)) is True for hour in range(_DAY_HOURS))
    is_open: list[bool] = []
    for hour in range(WEEK_HOURS):
        own = past.in_hour_of_week(hour)
        found = _majority(own if len(own) > 1 else past.in_hours_of_day(hour % _DAY_HOURS, weekend=_is_weekend(hour)))
        is_open.append(around_the_clock if found is None else found)
    active = list(past.active())
    inside = sum(is_open[hour_of_week(hour.hour)] for hour in active)
    return is_open if inside >= _REGULAR * len(active) else [True] * WEEK_HOURS


def _is_weekend(hour: int) -> bool:
    return hour // _DAY_HOURS >= _WEEKEND


def _majority(hours: Sequence[PastHour]) -> bool | None:
    if not hours:
        return None
    return sum(hour.minutes > 0 for hour in hours) * 2 > len(hours)


def _interval(hour: int, is_open: Sequence[bool], longest: dict[datetime, float], past: Past) -> int:
    """The usual interval in an hour of the week, in seconds: from the longest gaps of that hour and its neighbours."""
    if not is_open[hour]:
        return 0
    near = [(hour + step) % WEEK_HOURS for step in (-1, 0, 1)]
    gaps = [
        longest[one.hour]
        for place in near
        if is_open[place]
        for one in past.in_hour_of_week(place)
        if one.hour in longest
    ]
    if len(gaps) < _ENOUGH:
        alike = past.in_hours_of_day(hour % _DAY_HOURS, weekend=_is_weekend(hour))
        gaps += [longest[one.hour] for one in alike if one.hour in longest]
    return max(60, round(60 * _upper(gaps or list(longest.values()))))


def _volumes(hour: int, past: Past) -> list[int]:
    own = past.in_hour_of_week(hour)
    if len(own) < _FEWEST_VOLUMES:
        own = past.in_hours_of_day(hour % _DAY_HOURS, weekend=_is_weekend(hour))
    return [one.events for one in own]


def _least(counts: Sequence[int]) -> int:
    """The robust lower bound of an hour's events."""
    if len(counts) < _FEWEST_VOLUMES:
        return 0
    middle = median(counts)
    if middle < LEAST_EVENTS:
        return 0
    return max(0, round(middle - _VOLUME_SPREAD * max(_deviation(counts, middle), _LEAST_SPREAD * middle)))


def _upper(values: Sequence[float]) -> float:
    """The upper end of what is usual."""
    if not values:
        return 0.0
    middle = median(values)
    return middle + _SPREAD * _deviation(values, middle)


def _deviation(values: Sequence[float], middle: float) -> float:
    return float(median(abs(value - middle) for value in values))
