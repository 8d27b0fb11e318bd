"""E05 daily review, E06 triage, E28 exfiltration: whether people looked, and how soon.

An alert is in time when its incident's clock to acknowledge was met before its deadline. Clocks that still run are
left out and counted as a gap; so are alerts for which no time was agreed.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from watchfloor.controls.handling import queries
from watchfloor.controls.handling.queries import AlertRow
from watchfloor.controls.measurement import Measurement, Member, Scene, nothing, quantiles, share
from watchfloor.controls.period import days_of, local_day
from watchfloor.controls.result import Gap
from watchfloor.kernel import ids
from watchfloor.kernel.db import TenantTx

_URGENT: Final = ("high", "critical")


async def measure_days(tx: TenantTx, scene: Scene) -> list[Measurement]:
    """The days that are over on which a person worked or handed the watch over."""
    zone = scene.period.time_zone
    begin, until = scene.period.begin, scene.until
    reviewed = frozenset(await queries.select_worked_days(tx, begin=begin, until=until, zone=zone)) | frozenset(
        await queries.select_handover_days(tx, begin=begin, until=until, zone=zone)
    )
    recorded = await queries.select_first_record(tx)
    if recorded is None:
        return [nothing(scene, "E05", "days_reviewed", "no_source")]
    first = max(scene.period.first, local_day(recorded, zone))
    last = min(scene.period.until, local_day(scene.now, zone))
    members = [
        Member(id=day.isoformat(), codes=() if day in reviewed else ("day_without_review",))
        for day in days_of(first, last)
    ]
    gaps = (Gap(code="begins_before_records", detail=first.isoformat()),) if first > scene.period.first else ()
    return [share(scene, "E05", "days_reviewed", members, gaps)]


async def measure_triage(tx: TenantTx, scene: Scene) -> list[Measurement]:
    """The share of alerts taken up in time, critical and high ones apart, and how long it took."""
    alerts = await queries.select_alerts(tx, begin=scene.period.begin, until=scene.until, now=scene.now)
    urgent = [alert for alert in alerts if alert.severity in _URGENT]
    return [
        share(scene, "E06", "triaged_urgent", _members(urgent), _gaps(urgent)),
        share(scene, "E06", "triaged_all", _members(alerts), _gaps(alerts)),
        *quantiles(
            scene,
            "E06",
            "triage",
            (
                max(alert.acknowledged_at - alert.created_at, timedelta()).total_seconds() / 60
                for alert in alerts
                if alert.acknowledged_at is not None
            ),
        ),
    ]


async def measure_exfiltration(tx: TenantTx, scene: Scene) -> list[Measurement]:
    """The share of alerts about data that leaves which a person looked at."""
    alerts = await queries.select_exfiltration(tx, begin=scene.period.begin, until=scene.until)
    members = [
        Member(id=ids.show("alr", alert.id), codes=() if alert.is_decided or alert.is_taken_up else ("not_reviewed",))
        for alert in alerts
    ]
    return [share(scene, "E28", "reviewed", members)]


def _members(alerts: Iterable[AlertRow]) -> Iterable[Member]:
    for alert in alerts:
        if not alert.has_clock or (alert.is_ended and not alert.is_met):
            continue
        if alert.is_missed:
            yield Member(id=ids.show("alr", alert.id), codes=("late" if alert.is_met else "still_open",))
        elif alert.is_met:
            yield Member(id=ids.show("alr", alert.id))


def _gaps(alerts: Sequence[AlertRow]) -> tuple[Gap, ...]:
    lacking = sum(not alert.has_clock for alert in alerts)
    running = sum(
        alert.has_clock and not alert.is_ended and not alert.is_met and not alert.is_missed for alert in alerts
    )
    gaps: list[Gap] = []
    if lacking:
        gaps.append(Gap(code="no_agreement", detail=str(lacking)))
    if running:
        gaps.append(Gap(code="hours_not_recorded", detail=str(running)))
    return tuple(gaps)
