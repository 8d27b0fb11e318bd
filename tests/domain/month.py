"""A month of a customer in plain rows: feeds with their hours, alerts, incidents, actions, exceptions, and who looked.

Everything follows from the numbers of the month, so a test can say what must come out; nothing goes through the code
that counts it.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final, TypeAlias
from uuid import UUID

import asyncpg
import msgspec

from tests.domain.workplace import Tenant
from watchfloor.incidents.sealing import seal_reason
from watchfloor.kernel.ids import IncidentId, new_uuid

SEVERITIES: Final = ("critical", "high", "medium", "medium", "low", "low", "low", "informational")
VERDICTS: Final = ("true_positive", "benign", "false_positive", "false_positive", "inconclusive")
TAGS: Final = (
    ("attack.credential-access", "attack.t1110.001"),
    ("attack.execution", "attack.t1059.001"),
    ("attack.initial-access", "attack.t1566"),
    ("attack.exfiltration", "attack.t1567.002"),
)
REASON: Final = "A script of the backup <b>&</b> its schedule; nothing of an attacker."
HOUR: Final = timedelta(hours=1)

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@dataclass(frozen=True)
class Month:
    """What is filled in. `silent_from` is the hour from which the last feed is silent, for `silent_hours` hours."""

    first: date = date(2025, 10, 1)
    days: int = 31
    feeds: int = 4
    events_an_hour: int = 100
    incidents: int = 40
    alerts_an_incident: int = 3
    silent_from: int = 200
    silent_hours: int = 30
    begin: datetime = field(default=datetime(2025, 9, 30, 22, tzinfo=UTC))
    """When it begins in Europe/Berlin."""

    @property
    def hours(self) -> int:
        """How many hours it has, in Berlin: October has one more."""
        return self.days * 24 + (self.first.month == 10)


OCTOBER: Final = Month()
SEPTEMBER: Final = Month(
    first=date(2025, 9, 1), days=30, incidents=30, silent_hours=0, begin=datetime(2025, 8, 31, 22, tzinfo=UTC)
)


async def fill(connection: Connection, tenant: Tenant, month: Month = OCTOBER) -> list[UUID]:
    """Writes the month's rows; the incidents' ids in the order in which they were opened."""
    feeds = await _feeds(connection, tenant, month)
    await connection.execute(
        "insert into wf.source_days (tenant_id, feed_id, day, product, category, service, events, last_event_at)"
        " values ($1, $2, $3, 'windows', 'process_creation', '', 10, now())",
        tenant.id,
        feeds[0],
        month.first + timedelta(days=3),
    )
    await _hours(connection, tenant, month, feeds)
    incidents = [new_uuid() for _ in range(month.incidents)]
    await _incidents(connection, tenant, month, incidents)
    await _alerts(connection, tenant, month, incidents)
    await _actions(connection, tenant, month, incidents)
    await _changes(connection, tenant, month)
    return incidents


def opened_at(month: Month, place: int) -> datetime:
    """When the month's incident of that place was opened: all over the month, in the middle of an hour."""
    return month.begin + timedelta(minutes=30) + place * (month.days * 24 * HOUR) / max(month.incidents, 1)


async def _feeds(connection: Connection, tenant: Tenant, month: Month) -> list[UUID]:
    found = await connection.fetch("select id from wf.feeds where tenant_id = $1 order by name", tenant.id)
    if found:
        return [row["id"] for row in found]
    feeds = [new_uuid() for _ in range(month.feeds)]
    await connection.executemany(
        "insert into wf.feeds (tenant_id, id, name, door, created_at) values ($1, $2, $3, 'ndjson', $4)",
        [(tenant.id, one, f"feed-{place:02}", datetime(2025, 8, 1, tzinfo=UTC)) for place, one in enumerate(feeds)],
    )
    return feeds


async def _hours(connection: Connection, tenant: Tenant, month: Month, feeds: list[UUID]) -> None:
    silent = range(month.silent_from, month.silent_from + month.silent_hours)
    rows = [
        (tenant.id, feed, month.begin + hour * HOUR, month.events_an_hour + hour % 7, hour % 3, hour % 5 == 0)
        for place, feed in enumerate(feeds)
        for hour in range(month.hours)
        if not (place == len(feeds) - 1 and hour in silent)
    ]
    await connection.executemany(
        "insert into wf.feed_hours"
        " (tenant_id, feed_id, hour, batches, events, raw_bytes, unparsed, quarantined, matches)"
        " values ($1, $2, $3, 1, $4, 1000, $6::boolean::integer, 0, $5)",
        rows,
    )
    if not month.silent_hours:
        return
    since = month.begin + month.silent_from * HOUR
    await connection.execute(
        "insert into wf.feed_alarms"
        " (tenant_id, id, feed_id, kind, state, since, raised_at, cleared_at, cleared_because, figures)"
        " values ($1, $2, $3, 'silent', 'cleared', $4, $5, $6, 'recovered', '{}')",
        tenant.id,
        new_uuid(),
        feeds[-1],
        since,
        since + HOUR,
        since + month.silent_hours * HOUR,
    )


async def _incidents(connection: Connection, tenant: Tenant, month: Month, incidents: list[UUID]) -> None:
    number = await connection.fetchval("select count(*) from wf.incidents where tenant_id = $1", tenant.id)
    rows: list[tuple[object, ...]] = []
    lines: list[tuple[object, ...]] = []
    stages: list[tuple[object, ...]] = []
    clocks: list[tuple[object, ...]] = []
    for place, incident in enumerate(incidents):
        opened = opened_at(month, place)
        verdict = None if place % 6 == 5 else VERDICTS[place % len(VERDICTS)]
        reason = None if verdict is None else seal_reason(tenant.cipher, IncidentId(incident), REASON)
        resolved = opened + timedelta(hours=3, minutes=place) if verdict is not None and place % 7 != 6 else None
        state = "resolved" if resolved else ("acknowledged" if place % 6 != 5 else "new")
        title = f"Suspicious process {place} on ws-{place:04}.acme.example"
        severity = SEVERITIES[place % len(SEVERITIES)]
        before = opened - timedelta(minutes=10)
        row = (
            tenant.id,
            incident,
            number + place + 1,
            title,
            severity,
            state,
            verdict,
            reason,
            before,
            opened,
            resolved,
        )
        rows.append(row)
        stages.append((tenant.id, incident, opened))
        steps = _steps(place, opened, has_verdict=verdict is not None, resolved=resolved)
        lines += [(tenant.id, new_uuid(), incident, at, kind, actor) for kind, at, actor in steps]
        acknowledged = None if place % 6 == 5 else opened + timedelta(minutes=5 + place % 20)
        for target, met, allowed in (("acknowledge", acknowledged, HOUR / 3), ("resolve", resolved, 8 * HOUR)):
            deadline = opened + allowed
            late = deadline if met is not None and met > deadline else None
            clocks.append((tenant.id, incident, target, allowed, opened, deadline, met, late))
    await connection.executemany(
        "insert into wf.incidents (tenant_id, id, number, title, severity, state, verdict, verdict_reason,"
        " first_event_at, last_event_at, opened_at, resolved_at)"
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11)",
        rows,
    )
    await connection.executemany(
        "insert into wf.incident_timeline (tenant_id, id, incident_id, at, kind, actor_kind, actor_id, body)"
        " values ($1, $2, $3, $4, $5, $6, 'per_x', '\\x00')",
        lines,
    )
    await connection.executemany(
        "insert into wf.incident_stages (tenant_id, incident_id, agreement, severity, alerted_at)"
        " values ($1, $2, repeat('0', 32), 'low', $3)",
        stages,
    )
    await connection.executemany(
        "insert into wf.incident_sla (tenant_id, incident_id, target, severity, allowed, started_at, measured_at,"
        " elapsed, paused, deadline, met_at, breached_at)"
        " values ($1, $2, $3, 'low', $4, $5, $5, '0', '0', $6, $7, $8)",
        clocks,
    )


def _steps(
    place: int, opened: datetime, *, has_verdict: bool, resolved: datetime | None
) -> list[tuple[str, datetime, str]]:
    lines = [("opened", opened, "system")]
    if place % 6 != 5:
        lines.append(("acknowledged", opened + timedelta(minutes=5 + place % 20), "person"))
    if place % 10 == 3:
        lines.append(("asked", opened + timedelta(minutes=30), "person"))
        lines.append(("answered", opened + timedelta(minutes=75), "person"))
    if has_verdict:
        lines.append(("verdict", opened + timedelta(hours=2), "person"))
    if place % 4 == 0:
        lines.append(("contained", opened + timedelta(hours=2, minutes=20), "person"))
    if resolved is not None:
        lines.append(("resolved", resolved, "person"))
    return lines


async def _alerts(connection: Connection, tenant: Tenant, month: Month, incidents: list[UUID]) -> None:
    rows: list[tuple[object, ...]] = []
    for place, incident in enumerate(incidents):
        for alert in range(month.alerts_an_incident):
            at = opened_at(month, place) - timedelta(minutes=1) + timedelta(seconds=20 * alert)
            tags = msgspec.json.encode({"tags": TAGS[(place + alert) % len(TAGS)]}).decode()
            key = (place * 100 + alert).to_bytes(16, "big")
            rows.append((tenant.id, new_uuid(), f"rule-{place % 9}", tags, key, at, incident))
    await connection.executemany(
        "insert into wf.alerts (tenant_id, id, rule_id, rule_hash, rule, title, severity, dedup_index, first_seen,"
        " last_seen, created_at, match_count, incident_id)"
        " values ($1, $2, $3, 'x', $4::text::jsonb, 'A rule', 'low', $5, $6, $6, $6, 3, $7)",
        rows,
    )
    await connection.executemany(
        "insert into wf.alert_entities (tenant_id, alert_id, kind, value_index, value)"
        " values ($1, $2, 'host', $3, '\\x00')",
        [(row[0], row[1], (place % 11).to_bytes(16, "big")) for place, row in enumerate(rows)],
    )


async def _actions(connection: Connection, tenant: Tenant, month: Month, incidents: list[UUID]) -> None:
    for place, incident in enumerate(incidents):
        if place % 5:
            continue
        at = opened_at(month, place) + timedelta(hours=1)
        decision, state = (("customer", "done"), ("two_persons", "done"), ("customer", "declined"))[place // 5 % 3]
        action = new_uuid()
        await connection.execute(
            "insert into wf.actions (tenant_id, id, incident_id, number, kind, target_kind, target_index, payload,"
            " payload_hash, state, decision, executor, requested_by, requested_at, expires_at, approved_at, ended_at)"
            " values ($1, $2, $3, 1, 'isolate_host', 'host', $4, '\\x00', sha256('x'), $5, $6, 'hand', $7, $8, $9,"
            " $10, $11)",
            tenant.id,
            action,
            incident,
            place.to_bytes(16, "big"),
            state,
            decision,
            new_uuid(),
            at,
            at + 24 * HOUR,
            at + timedelta(minutes=7 + place) if state == "done" else None,
            at + timedelta(minutes=40),
        )
        await connection.execute(
            "insert into wf.action_votes (tenant_id, action_id, person_id, vote, side, payload_hash, at)"
            " values ($1, $2, $3, $4, $5, sha256('x'), $6)",
            tenant.id,
            action,
            new_uuid(),
            "approve" if state == "done" else "decline",
            "customer" if decision == "customer" else "analyst",
            at,
        )


async def _changes(connection: Connection, tenant: Tenant, month: Month) -> None:
    for place in range(3):
        created = month.begin + (place * 5 + 1) * 24 * HOUR
        await connection.execute(
            "insert into wf.rule_exceptions (tenant_id, id, body, expires_at, created_by, created_at, ended_at,"
            " ended_by) values ($1, $2, '\\x00', $3, 'per_x', $4, $5, $6)",
            tenant.id,
            new_uuid(),
            created + 90 * 24 * HOUR,
            created,
            created + 24 * HOUR if place == 0 else None,
            "per_x" if place == 0 else None,
        )
