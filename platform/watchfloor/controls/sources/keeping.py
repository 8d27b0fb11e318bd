"""E02 retention, E15 agents, E21 outages: what is stored since when, which agents report, how outages ended."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from watchfloor.controls.measurement import Measurement, Member, Scene, nothing, number, quantiles, share
from watchfloor.controls.period import days_of, local_day
from watchfloor.controls.result import Gap
from watchfloor.controls.sources import queries
from watchfloor.controls.sources.queries import AlarmRow
from watchfloor.kernel import ids
from watchfloor.kernel.db import TenantTx

REPAIRED_IN: Final = timedelta(hours=24)
_SEEN_IN: Final = timedelta(hours=24)


async def measure_retention(tx: TenantTx, scene: Scene) -> list[Measurement]:
    """How many days the stored events reach back from the end of the period."""
    until = min(scene.period.until, local_day(scene.now, scene.period.time_zone) + timedelta(days=1))
    stored = await queries.select_stored_days(tx, until=until)
    if not stored:
        return [nothing(scene, "E02", metric, "no_source") for metric in ("days_searchable", "days_kept")]
    has = frozenset(stored)
    last_day = until - timedelta(days=1)
    members = [
        Member(id=day.isoformat(), codes=() if day in has or day == last_day else ("kept_too_short",))
        for day in days_of(stored[0], until)
    ]
    value = (until - stored[0]).days
    return [number(scene, "E02", metric, value, members=members) for metric in ("days_searchable", "days_kept")]


async def measure_agents(tx: TenantTx, scene: Scene) -> list[Measurement]:
    """The agents that reported in the last day of the period."""
    agents = await queries.select_agents(tx, until=scene.until)
    if not agents:
        return [nothing(scene, "E15", "agents", "no_source")]
    since = scene.until - _SEEN_IN
    return [
        share(
            scene,
            "E15",
            "agents",
            [
                Member(
                    id=ids.show("nod", agent.id),
                    codes=() if agent.last_seen_at >= since else ("not_protected",),
                    detail=""
                    if agent.last_seen_at >= since
                    else local_day(agent.last_seen_at, scene.period.time_zone).isoformat(),
                )
                for agent in agents
            ],
        )
    ]


async def measure_outages(tx: TenantTx, scene: Scene) -> list[Measurement]:
    """The alarms of feeds and connectors: recorded, ended in time, and how long they lasted."""
    alarms = await queries.select_alarms(tx, begin=scene.period.begin, until=scene.until)
    recorded = [
        Member(
            id=ids.show("fal", alarm.id),
            codes=() if alarm.incident_id is not None or alarm.cleared_because is not None else ("no_cause",),
            detail=alarm.kind,
        )
        for alarm in alarms
    ]
    judged = [alarm for alarm in alarms if alarm.cleared_at is not None or scene.now - alarm.raised_at > REPAIRED_IN]
    running = len(alarms) - len(judged)
    gaps = (Gap(code="hours_not_recorded", detail=str(running)),) if running else ()
    return [
        share(scene, "E21", "recorded", recorded),
        share(scene, "E21", "repaired", _repairs(judged), gaps),
        *quantiles(
            scene,
            "E21",
            "outage",
            ((alarm.cleared_at - alarm.raised_at).total_seconds() / 3600 for alarm in alarms if alarm.cleared_at),
        ),
    ]


def _repairs(alarms: Iterable[AlarmRow]) -> Iterable[Member]:
    for alarm in alarms:
        in_time = alarm.cleared_at is not None and alarm.cleared_at - alarm.raised_at <= REPAIRED_IN
        yield Member(id=ids.show("fal", alarm.id), codes=() if in_time else ("not_repaired",), detail=alarm.kind)
