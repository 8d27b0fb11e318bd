"""When a report is due that is made by itself: months and quarters of the tenant's own calendar. Pure.

A report tells of the month or quarter before and is due on a day of the next one, at a time of the tenant's clocks. A
time that a clock change leaves out is the moment of the change; one that it repeats is the first of the two.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

import msgspec

from watchfloor.reporting.subject import Kind

Every: TypeAlias = Literal["month", "quarter"]

MOST_MADE_UP: Final = 12
"""How many periods of one schedule are made up for after an outage, the newest first to count."""

DEFAULT_EVERY: Final[Mapping[Kind, Every]] = {"service": "month", "controls": "quarter", "assurance": "quarter"}
"""The kinds that can be made by themselves, and how often unless somebody says so."""

_MONTHS: Final[dict[Every, int]] = {"month": 1, "quarter": 3}


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """A report that is made by itself. `name` is its kind, with the framework behind a slash if it has one.

    Without `languages` it is in the tenant's. Nothing is due that would have been before `since`.
    """

    name: str
    kind: Kind
    framework: str | None = None
    every: Every
    day: int = 1
    at: str = "07:00"
    languages: tuple[str, ...] = ()
    since: datetime | None = None


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A period that is to be told of; `period_to` is the day after its last one."""

    period_from: date
    period_to: date
    due_at: datetime


def name_of(kind: str, framework: str | None) -> str:
    """What a schedule is called."""
    return kind if framework is None else f"{kind}/{framework}"


def due_periods(schedule: Schedule, *, since: datetime, at: datetime, zone: ZoneInfo) -> list[Due]:
    """What has become due after `since` and until `at`, the oldest first and MOST_MADE_UP at most."""
    due = [found for found in _periods(schedule, back=MOST_MADE_UP, at=at, zone=zone) if since < found.due_at <= at]
    return due[-MOST_MADE_UP:]


def next_due(schedule: Schedule, *, at: datetime, zone: ZoneInfo) -> Due:
    """What becomes due next."""
    return next(found for found in _periods(schedule, back=1, at=at, zone=zone) if found.due_at > at)


def _periods(schedule: Schedule, *, back: int, at: datetime, zone: ZoneInfo) -> Iterator[Due]:
    """The periods from `back` before this one to the next, by when they are due."""
    months, today = _MONTHS[schedule.every], at.astimezone(zone).date()
    this = (today.year * 12 + today.month - 1) // months * months
    for step in range(-back, 2):
        begins, ends = _first(this + (step - 1) * months), _first(this + step * months)
        yield Due(period_from=begins, period_to=ends, due_at=_moment(schedule, ends, zone))


def _first(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def _moment(schedule: Schedule, ends: date, zone: ZoneInfo) -> datetime:
    day = ends + timedelta(days=schedule.day - 1)
    local = datetime.combine(day, time.fromisoformat(schedule.at), tzinfo=zone)
    instant = local.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        return _change_before(instant, zone)
    return instant


def _change_before(instant: datetime, zone: ZoneInfo) -> datetime:
    """The clock change that has just left out a local time, to the minute."""
    after = instant.astimezone(zone).utcoffset()
    while (instant - timedelta(minutes=1)).astimezone(zone).utcoffset() == after:
        instant -= timedelta(minutes=1)
    return instant
