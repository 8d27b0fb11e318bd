"""Whether a feed is in trouble: silence, by now; volume, lag, clock and form, by its last complete hour. Pure.

Owns the bounds. A feed without a profile is too new to be judged, unless somebody said how long it may be silent.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from watchfloor.feeds.alarms.alarm import Figures
from watchfloor.feeds.alarms.queries import AlarmKind, WatchedRow
from watchfloor.feeds.trust.histogram import AHEAD, quantile
from watchfloor.feeds.trust.profile import Profile, hour_of_week, overdue
from watchfloor.feeds.trust.queries import Hour

CHECKED_EVERY: Final = timedelta(minutes=1)
SHORTEST_SILENCE: Final = timedelta(minutes=5)
"""Shorter silence is nobody's trouble, whatever is usual."""

INTERVALS: Final = 2.0
"""How many of its usual intervals a feed may be silent for."""

JUDGED_EVENTS: Final = 20
"""An hour with fewer events says nothing about lag, clock and form."""

_LAG_TIMES: Final = 4.0
_LEAST_LAG: Final = 600.0
_AHEAD_SHARE: Final = 0.2
_UNPARSED_RISE: Final = 0.2

HOURLY: Final[tuple[AlarmKind, ...]] = ("volume", "lag", "clock", "unparsed")
"""The alarms that are raised and cleared by complete hours."""


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong, since when, by which figures."""

    since: datetime
    figures: Figures


def silence(feed: WatchedRow, profile: Profile | None, *, at: datetime) -> Trouble | None:
    """Whether the feed is silent for too long: so that it is said before twice its usual interval is over."""
    last = feed.state_since if feed.last_received_at is None else max(feed.last_received_at, feed.state_since)
    allowed = feed.expected_seconds
    if allowed is not None:
        limit = max(timedelta(seconds=allowed), SHORTEST_SILENCE)
        return Trouble(since=last, figures=Figures(usual_seconds=allowed)) if at - last >= limit else None
    if profile is None or at - last < SHORTEST_SILENCE:
        return None
    _, seconds = overdue(profile, last=last, now=at)
    intervals, _ = overdue(profile, last=last, now=at + CHECKED_EVERY)
    if intervals <= INTERVALS or seconds < SHORTEST_SILENCE.total_seconds():
        return None
    return Trouble(since=last, figures=Figures(usual_seconds=_usual(profile, at)))


def hourly(profile: Profile, hour: Hour) -> Mapping[AlarmKind, Trouble]:
    """What is wrong with an hour in which the feed brought something."""
    found: dict[AlarmKind, Trouble] = {}
    place = hour_of_week(hour.hour)
    if hour.events < profile.least[place]:
        figures = Figures(events=hour.events, expected_events=profile.events[place], least_events=profile.least[place])
        found["volume"] = Trouble(since=hour.hour, figures=figures)
    if hour.events >= JUDGED_EVENTS:
        found |= _in_time(profile, hour)
        share = hour.unparsed / hour.events
        if share > profile.unparsed + _UNPARSED_RISE:
            figures = Figures(share=share, usual_share=profile.unparsed)
            found["unparsed"] = Trouble(since=hour.hour, figures=figures)
    return found


def _in_time(profile: Profile, hour: Hour) -> dict[AlarmKind, Trouble]:
    lags: Sequence[int] = hour.event_lag or []
    lag = quantile(lags, 0.5)
    timed = sum(lags)
    if lag is None or timed < JUDGED_EVENTS:
        return {}
    ahead = lags[AHEAD] / timed
    if ahead > _AHEAD_SHARE:
        return {"clock": Trouble(since=hour.hour, figures=Figures(share=ahead))}
    if lag > max(_LEAST_LAG, _LAG_TIMES * profile.lag):
        figures = Figures(lag_seconds=lag, usual_lag_seconds=profile.lag)
        return {"lag": Trouble(since=hour.hour, figures=figures)}
    return {}


def is_blind(profile: Profile, hour: datetime) -> bool:
    """Whether the feed usually sends in such an hour, so that one in which nothing came is blind."""
    place = hour_of_week(hour)
    return profile.interval[place] > 0 and profile.events[place] > 0


def _usual(profile: Profile, at: datetime) -> int:
    """The usual interval at a moment; outside of the feed's hours the shortest one."""
    return profile.interval[hour_of_week(at)] or min((one for one in profile.interval if one), default=0)
