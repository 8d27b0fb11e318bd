"""Stage times and kept promises of a tenant's month, for reports: medians and 95th percentiles, each with its number.

Definitions. All measures are of incidents that were opened in the month (the tenant's time zone), around the clock:

- detect: from the first event's own time until a rule raised the first alert
- alert: from there until the incident was opened
- acknowledge, contain, resolve: from the opening until the stage; contain is the last time, resolve that of incidents
  that are resolved now
- decide: from the opening until the first verdict

A quantile is the smallest measured value that at least so large a part of all does not exceed (nearest rank). What did
not happen is not measured. A target is missed when its deadline passed, also if it was met later.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from watchfloor.incidents.sla import queries
from watchfloor.incidents.sla.agreement import TARGETS, TargetName
from watchfloor.incidents.sla.queries import MonthRow
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import NotFound

MeasureName = Literal["detect", "alert", "acknowledge", "decide", "contain", "resolve"]
MEASURES: Final[tuple[MeasureName, ...]] = ("detect", "alert", "acknowledge", "decide", "contain", "resolve")


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """How long a stage took: `number` of incidents, median and 95th percentile in seconds (None of none)."""

    name: MeasureName
    number: int
    median_seconds: float | None
    p95_seconds: float | None


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """How often a target was met in time and how often missed; `running` are those that are neither yet."""

    target: TargetName
    met: int
    missed: int
    running: int


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant's month."""

    month: date
    incidents: int
    measures: tuple[Measure, ...]
    targets: tuple[Kept, ...]


async def figures_of(tx: TenantTx, month: date) -> Figures:
    """The figures of the month that begins on this day. Raises NotFound when the tenant is gone."""
    agreed = await queries.select_agreed(tx)
    if agreed is None:
        raise NotFound("There is no such tenant.")
    begin, end = _bounds(month, ZoneInfo(agreed.time_zone))
    rows = await queries.select_month(tx, begin=begin, end=end)
    return Figures(
        month=month,
        incidents=len(rows),
        measures=tuple(_measure(name, rows) for name in MEASURES),
        targets=tuple(_kept(target, rows) for target in TARGETS),
    )


def _bounds(month: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    following = (month.replace(day=28) + timedelta(days=4)).replace(day=1)
    begin, end = (datetime.combine(day, time(), tzinfo=zone).astimezone(UTC) for day in (month, following))
    return begin, end


def quantile(values: Sequence[float], part: float) -> float | None:
    """The nearest-rank quantile of values in rising order; None of none."""
    return values[max(math.ceil(part * len(values)), 1) - 1] if values else None


def _measure(name: MeasureName, rows: Iterable[MonthRow]) -> Measure:
    spans = [_span(name, row) for row in rows]
    seconds = sorted(max(span.total_seconds(), 0.0) for span in spans if span is not None)
    return Measure(
        name=name,
        number=len(seconds),
        median_seconds=quantile(seconds, 0.5),
        p95_seconds=quantile(seconds, 0.95),
    )


def _span(name: MeasureName, row: MonthRow) -> timedelta | None:
    ends: dict[MeasureName, tuple[datetime | None, datetime | None]] = {
        "detect": (row.event_at, row.detected_at),
        "alert": (row.detected_at, row.alerted_at),
        "acknowledge": (row.alerted_at, row.acknowledged_at),
        "decide": (row.alerted_at, row.decided_at),
        "contain": (row.alerted_at, row.contained_at),
        "resolve": (row.alerted_at, row.resolved_at),
    }
    begin, end = ends[name]
    return None if begin is None or end is None else end - begin


def _kept(target: TargetName, rows: Sequence[MonthRow]) -> Kept:
    states = [
        (row.is_acknowledge_met, row.is_acknowledge_missed)
        if target == "acknowledge"
        else (row.is_resolve_met, row.is_resolve_missed)
        for row in rows
    ]
    missed = sum(bool(is_missed) for _, is_missed in states)
    met = sum(is_met and not is_missed for is_met, is_missed in states)
    return Kept(target=target, met=met, missed=missed, running=len(states) - met - missed)
