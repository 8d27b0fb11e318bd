"""Where an incident's sealed values stand: entities, the verdict's reason, what timeline entries say (S1)."""

from typing import Final, cast
from uuid import UUID

import msgspec

from watchfloor.incidents.incident import Incident
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.ids import IncidentId
from watchfloor.normalise.event import Entity, EntityKind

_ENTITIES: Final = "wf.incident_entities"
_INCIDENTS: Final = "wf.incidents"
_TIMELINE: Final = "wf.incident_timeline"


def seal_entity(cipher: TenantCipher, incident_id: UUID, entity: Entity, index: bytes) -> bytes:
    """The entity's value, sealed at its place in the incident."""
    row = _entity_row(incident_id, entity.kind, index)
    return cipher.seal(entity.value.encode("utf-8", "surrogatepass"), table=_ENTITIES, column="value", row=row)


def open_entity(cipher: TenantCipher, incident_id: UUID, kind: str, index: bytes, sealed: bytes) -> Entity:
    """The entity in a sealed value. Raises Unopenable when it is damaged or stands elsewhere."""
    value = cipher.open_(sealed, table=_ENTITIES, column="value", row=_entity_row(incident_id, kind, index))
    return Entity(kind=cast("EntityKind", kind), value=value.decode("utf-8", "surrogatepass"))


def seal_reason(cipher: TenantCipher, incident_id: IncidentId, reason: str) -> bytes:
    """The verdict's reason, sealed at its place."""
    return cipher.seal(reason.encode(), table=_INCIDENTS, column="verdict_reason", row=incident_id)


def open_reason(cipher: TenantCipher, incident: Incident) -> str | None:
    """The reason of the incident's verdict, or None when there is none."""
    return open_verdict_reason(cipher, incident.id, incident.verdict_reason)


def open_verdict_reason(cipher: TenantCipher, incident_id: IncidentId, sealed: bytes | None) -> str | None:
    """The reason in a sealed value of the incident. Raises Unopenable when it is damaged or stands elsewhere."""
    if sealed is None:
        return None
    return cipher.open_(sealed, table=_INCIDENTS, column="verdict_reason", row=incident_id).decode()


def seal_facts(cipher: TenantCipher, entry_id: UUID, facts: dict[str, str]) -> bytes:
    """What a timeline entry says, sealed at its place."""
    return cipher.seal(msgspec.json.encode(facts, order="sorted"), table=_TIMELINE, column="body", row=entry_id)


def open_facts(cipher: TenantCipher, entry_id: UUID, sealed: bytes) -> dict[str, str]:
    """What a timeline entry says. Raises Unopenable when it is damaged or stands elsewhere."""
    opened = cipher.open_(sealed, table=_TIMELINE, column="body", row=entry_id)
    return msgspec.json.decode(opened, type=dict[str, str])


def _entity_row(incident_id: UUID, kind: str, index: bytes) -> str:
    return f"{incident_id}:{kind}:{index.hex()}"
