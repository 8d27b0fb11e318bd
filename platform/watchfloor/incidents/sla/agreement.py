"""What was agreed, in the form that clocks need: lengths, calendars, days off, and what stops a clock.

An agreement is frozen with everything that decides about a clock, and named by the hash of its content (`version`).
An incident is measured for all its life by the agreement that was in force when it was opened: another bundle, or
another edition of the holidays, changes nothing about it.
"""

import hashlib
from datetime import date, timedelta
from functools import lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from watchfloor.alerts.alert import Severity
from watchfloor.incidents.sla.free_days import free_days
from watchfloor.incidents.sla.hours import AroundTheClock, Calendar, OpenHours
from watchfloor.incidents.targets import DEFAULTS, Target, target_of

TargetName = Literal["acknowledge", "resolve"]
TARGETS: Final[tuple[TargetName, ...]] = ("acknowledge", "resolve")
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: Final[tuple[Weekday, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

YEARS_AHEAD: Final = 3
"""For how many years after the current one holidays are looked up."""


class _Opening(msgspec.Struct, frozen=True):
    begin: str
    end: str


class _Holidays(msgspec.Struct, frozen=True):
    country: str
    subdivision: str | None = None


class _Hours(msgspec.Struct, frozen=True):
    days: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri")
    begin: str = "08:00"
    end: str = "18:00"
    on: dict[Weekday, _Opening | None] = {}
    holidays: _Holidays | None = None
    closed: tuple[date, ...] = ()


class _Agreed(msgspec.Struct, frozen=True):
    """The part of a bundle's SLA that says when clocks stand still."""

    business_hours: _Hours = _Hours()
    business_hours_for: tuple[Severity, ...] = ()
    snooze_stops_clock: bool = False


class BusinessHours(msgspec.Struct, frozen=True, kw_only=True):
    """When the customer works: minutes since midnight for each weekday from Monday on, and days off."""

    time_zone: str
    opening: tuple[tuple[int, int] | None, ...]
    closed: tuple[date, ...]


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """What clocks are measured by. Lengths are in seconds, by severity; without `hours` all time counts."""

    acknowledge: dict[Severity, int]
    resolve: dict[Severity, int]
    hours: BusinessHours | None = None
    hours_for: tuple[Severity, ...] = ()
    snooze_stops_clock: bool = False

    def within(self, target: TargetName, severity: Severity) -> timedelta:
        """How much counted time a target allows."""
        lengths = self.acknowledge if target == "acknowledge" else self.resolve
        return timedelta(seconds=lengths[severity])

    def calendar(self, severity: Severity) -> Calendar:
        """Which time counts for a severity."""
        if self.hours is None or severity not in self.hours_for:
            return _AROUND_THE_CLOCK
        return _calendar(msgspec.json.encode(self.hours, order="sorted"))

    def encoded(self) -> bytes:
        """The agreement as JSON, the same bytes for the same content."""
        return msgspec.json.encode(self, order="sorted")

    def version(self) -> str:
        """The name of this content: 32 hexadecimal digits."""
        return hashlib.sha256(self.encoded()).hexdigest()[:32]


_AROUND_THE_CLOCK: Final = AroundTheClock()


@lru_cache(maxsize=1_024)
def agree(sla: str | None, *, time_zone: str, year: int) -> Agreement:
    """The agreement that a bundle's `sla` (JSON, None without one) comes to, when it is first used in `year`."""
    targets: dict[Severity, Target] = {severity: target_of(sla, severity) for severity in DEFAULTS}
    acknowledge: dict[Severity, int] = {name: _seconds(target.acknowledge_within) for name, target in targets.items()}
    resolve: dict[Severity, int] = {name: _seconds(target.resolve_within) for name, target in targets.items()}
    agreed = _Agreed() if sla is None else msgspec.json.decode(sla, type=_Agreed)
    hours_for = tuple(sorted(set(agreed.business_hours_for)))
    return Agreement(
        acknowledge=acknowledge,
        resolve=resolve,
        hours=_hours(agreed.business_hours, time_zone=time_zone, year=year) if hours_for else None,
        hours_for=hours_for,
        snooze_stops_clock=agreed.snooze_stops_clock,
    )


def decode(body: str) -> Agreement:
    """An agreement that was kept."""
    return msgspec.json.decode(body, type=Agreement)


def _hours(agreed: _Hours, *, time_zone: str, year: int) -> BusinessHours:
    opening = {day: (_minutes(agreed.begin), _minutes(agreed.end)) for day in agreed.days}
    opening |= {
        day: (_minutes(hours.begin), _minutes(hours.end)) for day, hours in agreed.on.items() if hours is not None
    }
    closed = set(agreed.closed)
    if agreed.holidays is not None:
        years = range(year - 1, year + YEARS_AHEAD + 1)
        closed |= set(free_days(agreed.holidays.country, agreed.holidays.subdivision, years))
    return BusinessHours(
        time_zone=time_zone, opening=tuple(opening.get(day) for day in WEEKDAYS), closed=tuple(sorted(closed))
    )


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())


def _minutes(time_of_day: str) -> int:
    hours, minutes = time_of_day.split(":")
    return int(hours) * 60 + int(minutes)


@lru_cache(maxsize=1_024)
def _calendar(hours: bytes) -> OpenHours:
    read = msgspec.json.decode(hours, type=BusinessHours)
    opening = {
        day: (timedelta(minutes=hours[0]), timedelta(minutes=hours[1]))
        for day, hours in enumerate(read.opening)
        if hours is not None
    }
    return OpenHours(ZoneInfo(read.time_zone), opening, frozenset(read.closed))
