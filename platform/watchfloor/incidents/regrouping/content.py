"""What an incident is made of, after alerts have moved: its entities, title, severity and time, from its alerts.

An entity counts if an alert of the incident names it and one of the incidents that the alerts come from named it too:
so what was left out there (beyond the limit, or of a throttled rule's alert, which ties nothing) stays left out.
"""

from collections.abc import Iterable
from uuid import UUID

from watchfloor.alerts.alert import Severity
from watchfloor.incidents.grouping.decision import Name
from watchfloor.incidents.grouping.queries import NewEntity, upsert_entities
from watchfloor.incidents.grouping.writing import MAX_ENTITIES
from watchfloor.incidents.incident import Incident
from watchfloor.incidents.regrouping import queries
from watchfloor.incidents.sealing import open_entity, seal_entity
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict
from watchfloor.kernel.ids import IncidentId


async def adopt_entities(tx: TenantTx, cipher: TenantCipher, incident_id: IncidentId, *, of: IncidentId) -> None:
    """Adds another incident's entities to this one's, those seen first first, as far as there is room."""
    rows = await queries.select_sealed(tx, [incident_id, of])
    own = {_name(row) for row in rows if row.incident_id == incident_id}
    others = sorted((row for row in rows if row.incident_id == of), key=lambda row: (row.first_seen, row.value_index))
    room = MAX_ENTITIES - len(own)
    fresh = [row for row in others if _name(row) not in own][: max(room, 0)]
    await _write(tx, cipher, incident_id, [*(row for row in others if _name(row) in own), *fresh])


async def rebuild_entities(
    tx: TenantTx, cipher: TenantCipher, incident_id: IncidentId, *, out_of: Iterable[IncidentId]
) -> None:
    """Lets the incident name what its alerts name, out of what these incidents name."""
    sealed = {_name(row): row for row in await queries.select_sealed(tx, sorted({incident_id, *out_of}))}
    rows = [
        queries.SealedRow(
            incident_id=sealed[name].incident_id,
            kind=span.kind,
            value_index=span.value_index,
            value=sealed[name].value,
            first_seen=span.first_seen,
            last_seen=span.last_seen,
        )
        for span in await queries.select_named_by_alerts(tx, incident_id)
        if (name := Name(span.kind, span.value_index)) in sealed
    ]
    await queries.delete_entities(tx, incident_id)
    await _write(tx, cipher, incident_id, rows[:MAX_ENTITIES])


async def settle(tx: TenantTx, incident: Incident) -> Severity:
    """Sets title, severity and time to what the incident's alerts come to, and returns the severity.

    What a person said of the severity stands. Raises Conflict when no alert is left.
    """
    content = await queries.select_content(tx, incident.id)
    if content is None:
        raise Conflict("An incident cannot be left without an alert.", remedy="Leave it one, or merge it instead.")
    is_rated = incident.rated_from is not None
    severity = incident.severity if is_rated else content.severity
    await queries.update_content(
        tx,
        incident.id,
        title=incident.title if is_rated else content.title,
        severity=severity,
        first_event_at=content.first_seen,
        last_event_at=content.last_seen,
    )
    return severity


async def _write(tx: TenantTx, cipher: TenantCipher, incident_id: UUID, rows: Iterable[queries.SealedRow]) -> None:
    """Writes entities of any incident as this one's: each is sealed at its place."""
    entities = [
        NewEntity(
            incident_id=incident_id,
            kind=row.kind,
            value_index=row.value_index,
            value=row.value if row.incident_id == incident_id else _moved(cipher, row, incident_id),
            first_seen=row.first_seen,
            last_seen=row.last_seen,
        )
        for row in rows
    ]
    if entities:
        await upsert_entities(tx, entities)


def _moved(cipher: TenantCipher, row: queries.SealedRow, incident_id: UUID) -> bytes:
    entity = open_entity(cipher, row.incident_id, row.kind, row.value_index, row.value)
    return seal_entity(cipher, incident_id, entity, row.value_index)


def _name(row: queries.SealedRow) -> Name:
    return Name(row.kind, row.value_index)
