"""Moves alerts between incidents: all of one into another and back, or some into a new one.

Writes rows only; whoever calls tells of it (timeline, audit, surfaces). The caller holds the tenant's alert lock, so
that no batch is being put into incidents meanwhile, and the locks of the incidents.
"""

from collections.abc import Sequence
from uuid import UUID

from watchfloor.alerts.alert import rank
from watchfloor.incidents.grouping.queries import (
    Extent,
    attach_alerts,
    insert_incident,
    insert_origin,
    next_number,
    update_extent,
)
from watchfloor.incidents.incident import Incident, Reference
from watchfloor.incidents.queries import update_state
from watchfloor.incidents.regrouping import queries
from watchfloor.incidents.regrouping.content import adopt_entities, rebuild_entities, settle
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict
from watchfloor.kernel.ids import IncidentId, new_uuid


async def merge(tx: TenantTx, cipher: TenantCipher, part: Incident, *, into: Incident) -> int:
    """Makes an incident a part of another, which takes its alerts and entities and the worse severity.

    Returns how many alerts moved.
    """
    await queries.insert_merge(tx, part.id, into=into.id, state=part.state)
    moved = await queries.move_all(tx, part.id, into=into.id)
    await adopt_entities(tx, cipher, into.id, of=part.id)
    is_worse = rank(part.severity) > max(rank(into.severity), rank(into.rated_from or into.severity))
    worse = part if is_worse else into
    extent = Extent(
        title=worse.title,
        severity=worse.severity,
        first_event_at=part.first_event_at,
        last_event_at=part.last_event_at,
    )
    await update_extent(tx, into.id, extent)
    await queries.update_merged(tx, part.id, into=into.id)
    return moved


async def unmerge(tx: TenantTx, cipher: TenantCipher, part: Incident, *, out_of: Incident) -> int:
    """Undoes a merge: the alerts that came by it and are still there go back. Returns how many.

    Raises Conflict when one of the two would be left without an alert.
    """
    merged = await queries.select_merge(tx, part.id)
    returned = 0 if merged is None else await queries.return_alerts(tx, part.id, of=out_of.id)
    if merged is None or not returned:
        raise Conflict("Its alerts belong to other incidents by now.", remedy="Split them off there.")
    await queries.delete_merge(tx, part.id)
    await queries.update_unmerged(tx, part.id, state=merged.state)
    await rebuild_entities(tx, cipher, part.id, out_of=[out_of.id])
    await rebuild_entities(tx, cipher, out_of.id, out_of=[])
    await settle(tx, part)
    await settle(tx, out_of)
    return returned


async def split(tx: TenantTx, cipher: TenantCipher, whole: Incident, *, alert_ids: Sequence[UUID]) -> IncidentId:
    """Puts some of an incident's alerts into a new one, which is as far as the incident that they come from.

    Raises Conflict when none or all of them are meant.
    """
    if not alert_ids:
        raise Conflict("No alert of this incident is so.")
    if len(alert_ids) == await queries.count_alerts(tx, whole.id):
        raise Conflict("All alerts of this incident are so: there is nothing to split off.")
    split_id = IncidentId(new_uuid())
    number = await next_number(tx)
    extent = Extent(
        title=whole.title,
        severity=whole.severity,
        first_event_at=whole.first_event_at,
        last_event_at=whole.last_event_at,
    )
    await insert_incident(tx, split_id, number=number, extent=extent)
    await attach_alerts(tx, split_id, alert_ids)
    content = await queries.select_content(tx, split_id)
    if content is None:
        raise Conflict("No alert of this incident is so.")
    await insert_origin(tx, split_id, rule_id=content.rule_id, kind="split", newcomer=None)
    await queries.update_content(
        tx,
        split_id,
        title=content.title,
        severity=content.severity,
        first_event_at=content.first_seen,
        last_event_at=content.last_seen,
    )
    if whole.state != "new":
        await update_state(tx, split_id, state="acknowledged", assignee_id=whole.assignee_id)
    await rebuild_entities(tx, cipher, split_id, out_of=[whole.id])
    await rebuild_entities(tx, cipher, whole.id, out_of=[])
    await settle(tx, whole)
    return split_id


async def reference_of(tx: TenantTx, incident_id: IncidentId) -> Reference:
    """What people call the incident."""
    found = await queries.select_whole(tx, incident_id)
    if found is None:
        raise Conflict("This incident is part of another.")
    return Reference(found.code, found.number)
