"""Where an alert's sealed values stand: evidence and entities, sealed here and opened here (S1).

Owns the places (table, column, row) that the seals are bound to and the packing of evidence (JSON, zstandard).
"""

from typing import Final, cast
from uuid import UUID

import msgspec
import zstandard

from watchfloor.alerts.alert import Evidence
from watchfloor.kernel.crypto import TenantCipher, Unopenable
from watchfloor.normalise.event import Entity, EntityKind, Event

_EVENTS: Final = "wf.alert_events"
_ENTITIES: Final = "wf.alert_entities"
_LEVEL: Final = 3
# An event has 256 kB at most; fields repeat it and JSON escapes it.
_MOST_BYTES: Final = 8 * 1024 * 1024


def seal_evidence(cipher: TenantCipher, alert_id: UUID, event: Event) -> bytes:
    """The event, packed and sealed at its place in the alert."""
    evidence = Evidence(
        time=event.time,
        time_quality=event.time_quality,
        received_at=event.received_at,
        summary=event.summary,
        parser=event.parser,
        fields=cast("dict[str, object]", event.fields),
        entities=event.entities,
        raw=event.raw,
    )
    packed = zstandard.compress(msgspec.json.encode(evidence), _LEVEL)
    return cipher.seal(packed, table=_EVENTS, column="body", row=f"{alert_id}:{event.key.hex()}")


def open_evidence(cipher: TenantCipher, alert_id: UUID, event_key: bytes, sealed: bytes) -> Evidence:
    """The evidence in a sealed body. Raises Unopenable when it is damaged or stands elsewhere."""
    row = f"{alert_id}:{event_key.hex()}"
    packed = cipher.open_(sealed, table=_EVENTS, column="body", row=row)
    try:
        body = zstandard.ZstdDecompressor().decompress(packed, max_output_size=_MOST_BYTES)
        return msgspec.json.decode(body, type=Evidence)
    except (zstandard.ZstdError, msgspec.DecodeError):
        raise Unopenable(where=_EVENTS) from None


def seal_entity(cipher: TenantCipher, alert_id: UUID, entity: Entity, index: bytes) -> bytes:
    """The entity's value, sealed at its place in the alert."""
    row = _entity_row(alert_id, entity.kind, index)
    return cipher.seal(entity.value.encode("utf-8", "surrogatepass"), table=_ENTITIES, column="value", row=row)


def open_entity(cipher: TenantCipher, alert_id: UUID, kind: EntityKind, index: bytes, sealed: bytes) -> Entity:
    """The entity in a sealed value. Raises Unopenable when it is damaged or stands elsewhere."""
    value = cipher.open_(sealed, table=_ENTITIES, column="value", row=_entity_row(alert_id, kind, index))
    return Entity(kind=kind, value=value.decode("utf-8", "surrogatepass"))


def entity_index(cipher: TenantCipher, entity: Entity) -> bytes:
    """The keyed hash by which equal entities of a tenant are found, in alerts and in incidents."""
    return cipher.index(f"entity.{entity.kind}", entity.value)


def _entity_row(alert_id: UUID, kind: str, index: bytes) -> str:
    return f"{alert_id}:{kind}:{index.hex()}"
