"""Plain records of a tenant's months, and what controls' evidence must count of them: an oracle in plain Python.

The records are drawn from a seed and written into the tables; the oracle reads only the records.
"""

import hashlib
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

from watchfloor.audit.append import state_hash
from watchfloor.kernel import ids
from watchfloor.kernel.ids import TenantId

ZONE: Final = ZoneInfo("Europe/Berlin")
FIRST: Final = date(2026, 3, 1)
UNTIL: Final = date(2026, 4, 1)
"""A month in which the clocks change: 743 hours."""
NOW: Final = datetime(2026, 5, 20, 9, 30, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)


def begin() -> datetime:
    return datetime(2026, 3, 1, tzinfo=ZONE).astimezone(UTC)


def end() -> datetime:
    return datetime(2026, 4, 1, tzinfo=ZONE).astimezone(UTC)


@dataclass(frozen=True)
class PlainFeed:
    id: UUID
    created_at: datetime
    state: str
    level: str | None
    hours: frozenset[datetime]


@dataclass(frozen=True)
class PlainIncident:
    id: UUID
    number: int
    severity: str
    opened_at: datetime
    acknowledged_at: datetime | None
    decided_at: datetime | None
    contained_at: datetime | None
    closed_at: datetime | None
    owner: UUID | None
    worked_at: tuple[datetime, ...]
    acknowledge_by: datetime
    resolve_by: datetime
    merged: bool


@dataclass(frozen=True)
class PlainAlert:
    id: UUID
    incident: UUID | None
    severity: str
    created_at: datetime
    exfiltration: bool


@dataclass(frozen=True)
class PlainAct:
    at: datetime
    person: UUID
    role: str
    object_kind: str
    action: str = "acknowledge"


@dataclass
class Records:
    feeds: list[PlainFeed] = field(default_factory=list[PlainFeed])
    incidents: list[PlainIncident] = field(default_factory=list[PlainIncident])
    alerts: list[PlainAlert] = field(default_factory=list[PlainAlert])
    acts: list[PlainAct] = field(default_factory=list[PlainAct])
    grants: dict[UUID, UUID] = field(default_factory=dict[UUID, UUID])


def drawn(seed: int, *, incidents: int = 60, feeds: int = 12) -> Records:
    """The records of about the month, and some before and after it."""
    chance = random.Random(seed)
    records = Records()
    records.feeds = [_feed(chance) for _ in range(feeds)]
    people = [_id(chance) for _ in range(4)]
    records.grants = {people[0]: people[3], people[1]: people[3]}
    for number in range(1, incidents + 1):
        incident = _incident(chance, number, people)
        records.incidents.append(incident)
        for _ in range(chance.randint(1, 3)):
            at = incident.opened_at + timedelta(minutes=chance.randint(0, 300))
            severity = chance.choice(("low", "medium", "high", "critical"))
            records.alerts.append(PlainAlert(_id(chance), incident.id, severity, at, chance.random() < 0.2))
    records.alerts += [
        PlainAlert(_id(chance), None, chance.choice(("low", "high")), _moment(chance), exfiltration=False)
        for _ in range(4)
    ]
    for _ in range(80):
        kind = chance.choice(("incident", "alert", "rule", "feed"))
        role = chance.choice(("analyst", "lead", "viewer"))
        records.acts.append(PlainAct(_moment(chance), chance.choice(people), role, kind))
    return records


async def plant(superuser: "asyncpg.Connection[asyncpg.Record]", tenant: TenantId, records: Records) -> None:
    """Writes the records into the tenant's tables."""
    await _plant_feeds(superuser, tenant, records)
    await _plant_incidents(superuser, tenant, records)
    await _plant_alerts(superuser, tenant, records)
    await _plant_acts(superuser, tenant, records)


# What must come out -----------------------------------------------------------------------------------------------


def feeds_reporting(feeds: Iterable[PlainFeed]) -> tuple[int, int]:
    """E01: walks hour by hour; a feed with a run of more than 24 hours without events is silent."""
    good = whole = 0
    for feed in feeds:
        if feed.state != "active":
            continue
        whole += 1
        start = max(begin(), feed.created_at)
        hour, silent, worst = start, timedelta(), timedelta()
        while hour < end():
            next_hour = min(hour.replace(minute=0, second=0, microsecond=0) + HOUR, end())
            silent = timedelta() if hour.replace(minute=0, second=0) in feed.hours else silent + (next_hour - hour)
            worst = max(worst, silent)
            hour = next_hour
        good += worst <= timedelta(hours=24)
    return good, whole


def days_reviewed(records: Records) -> tuple[int, int]:
    """E05."""
    worked = {at.astimezone(ZONE).date() for incident in records.incidents for at in incident.worked_at}
    days = [FIRST + timedelta(days=number) for number in range((UNTIL - FIRST).days)]
    return sum(day in worked for day in days), len(days)


def triaged(records: Records, severities: Iterable[str]) -> tuple[int, int]:
    """E06: those with a clock that has ended, and of them those met before the deadline."""
    by_id = {incident.id: incident for incident in records.incidents}
    good = whole = 0
    for alert in records.alerts:
        if alert.severity not in severities or not begin() <= alert.created_at < end() or alert.incident is None:
            continue
        incident = by_id[alert.incident]
        if incident.merged:
            continue
        taken = incident.acknowledged_at
        if taken is not None or incident.acknowledge_by < NOW:
            whole += 1
            good += taken is not None and taken <= incident.acknowledge_by
    return good, whole


def triage_minutes(records: Records) -> list[float]:
    by_id = {incident.id: incident for incident in records.incidents}
    found: list[float] = []
    for alert in records.alerts:
        taken = None if alert.incident is None else by_id[alert.incident].acknowledged_at
        if taken is not None and begin() <= alert.created_at < end():
            found.append(max((taken - alert.created_at).total_seconds() / 60, 0.0))
    return sorted(found)


def resolved(records: Records) -> tuple[int, int]:
    """E07."""
    good = whole = 0
    for incident in records.incidents:
        if not incident.merged and begin() <= incident.opened_at < end():
            if incident.closed_at is None and incident.resolve_by >= NOW:
                continue
            whole += 1
            good += incident.closed_at is not None and incident.closed_at <= incident.resolve_by
    return good, whole


def complete(records: Records) -> tuple[int, int]:
    """E08."""
    closed = [
        incident
        for incident in records.incidents
        if incident.closed_at is not None and not incident.merged and begin() <= incident.closed_at < end()
    ]
    good = [
        incident
        for incident in closed
        if incident.decided_at is not None and incident.owner is not None and incident.worked_at
    ]
    return len(good), len(closed)


def accesses(records: Records) -> tuple[int, int]:
    """E26: days of each of the provider's people; good with a reason that day and somebody who let them in."""
    days: dict[tuple[UUID, date], list[PlainAct]] = {}
    for act in records.acts:
        if act.role in ("analyst", "lead") and begin() <= act.at < end():
            days.setdefault((act.person, act.at.astimezone(ZONE).date()), []).append(act)
    good = 0
    for (person, _), acts in days.items():
        has_reason = any(act.object_kind in ("incident", "alert") for act in acts)
        is_analyst = any(act.role == "analyst" for act in acts)
        good += has_reason and person in records.grants and is_analyst
    return good, len(days)


# Drawing and writing ----------------------------------------------------------------------------------------------


def _id(chance: random.Random) -> UUID:
    return UUID(int=chance.getrandbits(128), version=4)


def _moment(chance: random.Random) -> datetime:
    return begin() + timedelta(minutes=chance.randint(-5 * 1440, 36 * 1440))


def _feed(chance: random.Random) -> PlainFeed:
    created = begin() + chance.choice((-40, -10, 3)) * timedelta(days=1)
    hours = {begin() + number * HOUR for number in range(int((end() - begin()) / HOUR))}
    hours = {hour for hour in hours if hour >= created}
    for _ in range(chance.choice((0, 0, 1, 2))):
        hole = begin() + chance.randint(0, 700) * HOUR
        length = chance.choice((5, 23, 24, 25, 60)) * HOUR
        hours -= {hour for hour in hours if hole <= hour < hole + length}
    state = chance.choice(("active", "active", "active", "paused"))
    return PlainFeed(_id(chance), created, state, chance.choice((None, "high", "critical")), frozenset(hours))


def _incident(chance: random.Random, number: int, people: list[UUID]) -> PlainIncident:
    opened = _moment(chance)
    taken = opened + timedelta(minutes=chance.randint(1, 90)) if chance.random() < 0.9 else None
    decided = taken + timedelta(minutes=chance.randint(1, 300)) if taken and chance.random() < 0.9 else None
    contained = decided + timedelta(minutes=chance.randint(1, 300)) if decided and chance.random() < 0.7 else None
    closed = opened + timedelta(hours=chance.randint(4, 400)) if decided and chance.random() < 0.8 else None
    worked = tuple(moment for moment in (taken, decided) if moment is not None and chance.random() < 0.8)
    return PlainIncident(
        id=_id(chance),
        number=number,
        severity=chance.choice(("low", "medium", "high", "critical")),
        opened_at=opened,
        acknowledged_at=taken,
        decided_at=decided,
        contained_at=contained,
        closed_at=closed,
        owner=chance.choice(people) if chance.random() < 0.85 else None,
        worked_at=worked,
        acknowledge_by=opened + timedelta(minutes=60),
        resolve_by=opened + timedelta(hours=240) if chance.random() < 0.95 else NOW + timedelta(days=1),
        merged=closed is not None and chance.random() < 0.1,
    )


async def _plant_feeds(superuser: "asyncpg.Connection[asyncpg.Record]", tenant: TenantId, records: Records) -> None:
    await superuser.executemany(
        "insert into wf.feeds (tenant_id, id, name, door, state, created_at, state_since, options)"
        " values ($1, $2, $3, 'hec', $4, $5, $5, jsonb_strip_nulls(jsonb_build_object('alarm_level', $6::text)))",
        [
            (tenant, feed.id, f"feed-{number}", feed.state, feed.created_at, feed.level)
            for number, feed in enumerate(records.feeds)
        ],
    )
    await superuser.executemany(
        "insert into wf.feed_hours (tenant_id, feed_id, hour, batches, events, raw_bytes, unparsed, quarantined,"
        " matches) values ($1, $2, $3, 1, 10, 1000, 0, 0, 0)",
        [(tenant, feed.id, hour) for feed in records.feeds for hour in feed.hours],
    )


async def _plant_incidents(superuser: "asyncpg.Connection[asyncpg.Record]", tenant: TenantId, records: Records) -> None:
    await superuser.executemany(
        "insert into wf.incidents (tenant_id, id, number, title, severity, state, assignee_id, verdict,"
        " verdict_reason, first_event_at, last_event_at, opened_at, acknowledged_at, contained_at, closed_at,"
        " merged_into) values ($1, $2, $3, 'Made up', $4, $5, $6, $7, $8, $9, $9, $9, $10, $11, $12, $13)",
        [
            (
                tenant,
                one.id,
                one.number,
                one.severity,
                "new" if one.closed_at is None else "closed",
                one.owner,
                None if one.decided_at is None else "benign",
                None if one.decided_at is None else b"sealed",
                one.opened_at,
                one.acknowledged_at,
                one.contained_at,
                one.closed_at,
                UUID(int=1) if one.merged else None,
            )
            for one in records.incidents
        ],
    )
    await superuser.execute(
        "insert into wf.sla_agreements (tenant_id, version, body) values ($1, repeat('a', 32), '{}')", tenant
    )
    await superuser.executemany(
        "insert into wf.incident_stages (tenant_id, incident_id, agreement, severity, alerted_at, acknowledged_at,"
        " decided_at, contained_at, resolved_at) values ($1, $2, repeat('a', 32), $3, $4, $5, $6, $7, $8)",
        [
            (tenant, one.id, one.severity, one.opened_at, one.acknowledged_at, one.decided_at, one.contained_at,
             one.closed_at)
            for one in records.incidents
        ],
    )  # fmt: skip
    await superuser.executemany(
        "insert into wf.incident_sla (tenant_id, incident_id, target, severity, allowed, started_at, measured_at,"
        " elapsed, paused, deadline, met_at, breached_at, ended_at)"
        " values ($1, $2, $3, $4, '1 hour', $5, $5, '0', '0', $6, $7, $8, $9)",
        list(_clocks(tenant, records)),
    )
    await superuser.executemany(
        "insert into wf.incident_timeline (tenant_id, id, incident_id, at, kind, actor_kind, actor_id, body)"
        " values ($1, gen_random_uuid(), $2, $3, 'note', $4, 'per_1', 'sealed')",
        [(tenant, one.id, at, "person") for one in records.incidents for at in one.worked_at]
        + [(tenant, one.id, one.opened_at, "system") for one in records.incidents],
    )


def _clocks(tenant: TenantId, records: Records) -> Iterator[tuple[object, ...]]:
    for one in records.incidents:
        for target, by, met in (
            ("acknowledge", one.acknowledge_by, one.acknowledged_at),
            ("resolve", one.resolve_by, one.closed_at),
        ):
            met_at = None if one.merged else met
            late = by if one.merged or (met_at is not None and met_at > by) else None
            ended = one.closed_at if one.merged else None
            deadline = None if one.merged else by
            yield (tenant, one.id, target, one.severity, one.opened_at, deadline, met_at, late, ended)


async def _plant_alerts(superuser: "asyncpg.Connection[asyncpg.Record]", tenant: TenantId, records: Records) -> None:
    await superuser.executemany(
        "insert into wf.alerts (tenant_id, id, rule_id, rule_hash, rule, title, severity, dedup_index, first_seen,"
        " last_seen, created_at, match_count, incident_id)"
        " values ($1, $2, 'r', 'h', jsonb_build_object('tags', $3::text[]), 'Made up', $4, $5, $6, $6, $6, 1, $7)",
        [
            (
                tenant,
                alert.id,
                ["attack.exfiltration"] if alert.exfiltration else ["attack.impact"],
                alert.severity,
                hashlib.md5(alert.id.bytes).digest(),  # noqa: S324
                alert.created_at,
                alert.incident,
            )
            for alert in records.alerts
        ],
    )


async def _plant_acts(superuser: "asyncpg.Connection[asyncpg.Record]", tenant: TenantId, records: Records) -> None:
    rows: list[tuple[datetime, str, UUID, str, str, str, str, bytes | None]] = [
        (datetime(2026, 1, 1, tzinfo=UTC), "per", UUID(int=9), "system", "tenant.register", "tenant", "ten", None)
    ]
    rows += [
        (
            datetime(2026, 1, 2, tzinfo=UTC),
            "per",
            giver,
            "lead",
            "member.added",
            "membership",
            str(person),
            state_hash({"person": str(person), "role": "analyst"}),
        )
        for person, giver in records.grants.items()
    ]
    rows += [(act.at, "per", act.person, act.role, act.action, act.object_kind, "x", None) for act in records.acts]
    await superuser.executemany(
        "insert into wf.audit_entries (tenant_id, seq, id, at, actor_kind, actor_id, as_role, action, object_kind,"
        " object_id, after_hash, request_id, previous_hash, hash) values ($1, $2, gen_random_uuid(), $3, 'person',"
        " $4, $5, $6, $7, $8, $9, 'r', sha256('x'), sha256('x'))",
        [
            (tenant, number, at, ids.show("per", person), role, action, kind, name, after)
            for number, (at, _, person, role, action, kind, name, after) in enumerate(rows, 1)
        ],
    )
    await superuser.execute(
        "insert into wf.audit_tips (tenant_id, seq, hash) values ($1, $2, sha256('x'))", tenant, len(rows)
    )
