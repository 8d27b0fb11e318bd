"""Reading alerts: a page of them, one with its entities, the events that are kept as evidence.

Reads only. The caller has checked that its actor may read alerts of this tenant.
"""

from datetime import datetime
from typing import cast

import msgspec

from watchfloor.alerts import queries
from watchfloor.alerts.alert import Evidence, RuleFacts, Severity
from watchfloor.alerts.sealing import open_entity, open_evidence
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import AlertId, IncidentId
from watchfloor.normalise.event import Entity, EntityKind


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """An alert as it stands. `held_keys` counts the dedup keys of a throttled rule's standing alert, else None."""

    id: AlertId
    rule: RuleFacts
    severity: Severity
    first_seen: datetime
    last_seen: datetime
    created_at: datetime
    match_count: int
    held_keys: int | None
    incident_id: IncidentId | None


class AlertEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event of an alert: its stable key, when it happened, the kind of log, and what it said."""

    key: bytes
    occurred_at: datetime
    source: str
    evidence: Evidence


async def list_alerts(tx: TenantTx, *, before: tuple[datetime, AlertId], limit: int) -> list[Alert]:
    """Alerts, the newest first, of those created before `before` (time, then id)."""
    rows = await queries.select_page(tx, before_at=before[0], before_id=before[1], limit=limit)
    return [_alert(row) for row in rows]


async def list_of_incident(tx: TenantTx, incident_id: IncidentId, *, limit: int) -> list[Alert]:
    """The alerts of an incident, those that begin first first."""
    return [_alert(row) for row in await queries.select_of_incident(tx, incident_id, limit=limit)]


async def find_alert(tx: TenantTx, alert_id: AlertId) -> Alert:
    """One alert. Raises NotFound."""
    row = await queries.select_alert(tx, alert_id)
    if row is None:
        raise NotFound("There is no such alert.")
    return _alert(row)


async def entities_of(tx: TenantTx, cipher: TenantCipher, alert_id: AlertId) -> list[Entity]:
    """The entities that an alert names, in the order of kind and value."""
    rows = await queries.select_entities(tx, alert_id)
    return sorted(
        open_entity(cipher, alert_id, cast("EntityKind", row.kind), row.value_index, row.value) for row in rows
    )


async def evidence_of(tx: TenantTx, cipher: TenantCipher, alert_id: AlertId) -> list[AlertEvent]:
    """The first events of an alert, kept whole, in the order of time."""
    return [
        AlertEvent(
            key=row.event_key,
            occurred_at=row.occurred_at,
            source=row.source,
            evidence=open_evidence(cipher, alert_id, row.event_key, row.body),
        )
        for row in await queries.select_evidence(tx, alert_id)
    ]


def _alert(row: queries.AlertRow) -> Alert:
    return Alert(
        id=AlertId(row.id),
        rule=msgspec.json.decode(row.rule, type=RuleFacts),
        severity=cast("Severity", row.severity),
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        created_at=row.created_at,
        match_count=row.match_count,
        held_keys=row.held_keys,
        incident_id=None if row.incident_id is None else IncidentId(row.incident_id),
    )
