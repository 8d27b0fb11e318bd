"""The queue: incidents as lines, one each. Reads only."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, cast
from uuid import UUID

import msgspec

from watchfloor.alerts.alert import Severity
from watchfloor.desk.display import queries
from watchfloor.incidents.incident import Reference, State, VerdictKind
from watchfloor.incidents.targets import target_of
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import IncidentId, PersonId
from watchfloor.kernel.neutralise import Untrusted

_BEGINNING: Final = (datetime.max.replace(tzinfo=UTC), IncidentId(UUID(int=2**128 - 1)))


class QueueLine(msgspec.Struct, frozen=True, kw_only=True):
    """An incident in the queue.

    `acknowledge_by` and `resolve_by` are targets that are still to be met; the latter is None while the incident waits
    on the customer, since `waiting_since`. `score` is 0 to 100, the higher the more urgent among its severity.
    """

    id: IncidentId
    ref: str
    title: Untrusted
    severity: Severity
    state: State
    assignee_id: PersonId | None
    verdict: VerdictKind | None
    opened_at: datetime
    acknowledge_by: datetime | None
    resolve_by: datetime | None
    last_event_at: datetime
    updated_at: datetime
    alerts: int
    revision: int
    waiting_since: datetime | None = None
    snoozed_until: datetime | None = None
    score: int = 0


async def lines_of(
    tx: TenantTx, *, states: Sequence[State], before: tuple[datetime, IncidentId] | None, limit: int
) -> list[QueueLine]:
    """The incidents in these states, the newest first, from just behind `before` (time of opening, id)."""
    tenant = await queries.select_tenant(tx)
    before_at, before_id = before or _BEGINNING
    rows = await queries.select_queue(tx, states=states, before_at=before_at, before_id=before_id, limit=limit)
    return [_line(row, tenant) for row in rows if tenant is not None]


async def lines_by_id(tx: TenantTx, incident_ids: Sequence[UUID]) -> list[QueueLine]:
    """These incidents, in this order."""
    tenant = await queries.select_tenant(tx)
    found = {row.id: row for row in await queries.select_lines(tx, incident_ids)}
    return [_line(found[one], tenant) for one in incident_ids if tenant is not None and one in found]


def _line(row: queries.QueueRow, tenant: queries.TenantRow) -> QueueLine:
    severity = cast("Severity", row.severity)
    acknowledge_by, resolve_by = _deadlines(row, tenant.sla)
    return QueueLine(
        id=IncidentId(row.id),
        ref=str(Reference(tenant.code, row.number)),
        title=Untrusted(row.title),
        severity=severity,
        state=cast("State", row.state),
        assignee_id=None if row.assignee_id is None else PersonId(row.assignee_id),
        verdict=cast("VerdictKind | None", row.verdict),
        opened_at=row.opened_at,
        acknowledge_by=None if row.acknowledged_at else acknowledge_by,
        resolve_by=None if row.state in ("resolved", "closed") else resolve_by,
        last_event_at=row.last_event_at,
        updated_at=row.updated_at,
        alerts=row.alerts,
        revision=row.revision,
        score=row.score,
        waiting_since=row.waiting_since,
        snoozed_until=row.snoozed_until,
    )


def _deadlines(row: queries.QueueRow, sla: str | None) -> tuple[datetime | None, datetime | None]:
    if row.is_kept:
        return row.acknowledge_by, row.resolve_by
    target = target_of(sla, cast("Severity", row.severity))
    return row.opened_at + target.acknowledge_within, row.opened_at + target.resolve_within
