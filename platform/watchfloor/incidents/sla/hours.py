"""Calendars: which time counts. Around the clock, or while the customer's own clock shows business hours.

Pure. An instant counts when the wall clock of the zone reads at least the opening and less than the closing of a day
that is worked (half-open). So an hour that a clock change skips is not there, and one that it repeats counts twice.
Instants are in UTC.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Final, Protocol
from zoneinfo import ZoneInfo

NOTHING: Final = timedelta(0)
HORIZON: Final = timedelta(days=3_650)
"""How far ahead is looked. What would come later stands there."""

_DAY: Final = timedelta(days=1)
_INSTANT: Final = timedelta(microseconds=1)


class Calendar(Protocol):
    """Says which time counts."""

    def between(self, begin: datetime, end: datetime) -> timedelta:
        """How much time counts from `begin` until before `end`; nothing when it lies before."""
        ...

    def after(self, begin: datetime, span: timedelta) -> datetime:
        """The earliest instant until which `span` counts from `begin`; `begin` itself for no time."""
        ...


class AroundTheClock:
    """All time counts."""

    def between(self, begin: datetime, end: datetime) -> timedelta:
        """See Calendar."""
        return max(end - begin, NOTHING)

    def after(self, begin: datetime, span: timedelta) -> datetime:
        """See Calendar."""
        return begin + min(max(span, NOTHING), HORIZON)


class OpenHours:
    """Time counts on worked days, from an opening to a closing."""

    def __init__(
        self, zone: ZoneInfo, opening: Mapping[int, tuple[timedelta, timedelta]], closed: frozenset[date]
    ) -> None:
        """`opening` has, by weekday (Monday is 0), the begin and end since midnight; `closed` are days off."""
        self._zone = zone
        self._opening = opening
        self._closed = closed

    def between(self, begin: datetime, end: datetime) -> timedelta:
        """See Calendar."""
        return sum((until - since for since, until in self._open(begin, end)), NOTHING)

    def after(self, begin: datetime, span: timedelta) -> datetime:
        """See Calendar."""
        if span <= NOTHING:
            return begin
        for since, until in self._open(begin, begin + HORIZON):
            if until - since >= span:
                return since + span
            span -= until - since
        return begin + HORIZON

    def _open(self, begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The times that count, in order, in pieces of a day at most."""
        for since, until, offset in _stretches(self._zone, begin, end):
            first, last = since.replace(tzinfo=None) + offset, until.replace(tzinfo=None) + offset
            midnight = datetime.combine(first.date(), time())
            while midnight < last:
                opening = None if midnight.date() in self._closed else self._opening.get(midnight.weekday())
                if opening is not None:
                    opens, closes = max(midnight + opening[0], first), min(midnight + opening[1], last)
                    if opens < closes:
                        yield since + (opens - first), since + (closes - first)
                midnight += _DAY


def _stretches(zone: ZoneInfo, begin: datetime, end: datetime) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """The time in pieces of a day at most, in each of which the zone keeps one offset from UTC."""
    while begin < end:
        until = min(begin + _DAY, end)
        offset = _offset(zone, begin)
        if _offset(zone, until) != offset:
            until = _change(zone, begin, until, offset)
        yield begin, until, offset
        begin = until


def _change(zone: ZoneInfo, begin: datetime, end: datetime, offset: timedelta) -> datetime:
    """The first instant with another offset."""
    while end - begin > _INSTANT:
        middle = begin + (end - begin) / 2
        if _offset(zone, middle) == offset:
            begin = middle
        else:
            end = middle
    return end


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or NOTHING
