"""Finds what a person means among the entities that an incident names."""

from collections.abc import Collection

from watchfloor.incidents.regrouping.queries import select_sealed
from watchfloor.incidents.sealing import open_entity
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import IncidentId
from watchfloor.normalise.event import Entity, EntityKind


async def find_named(
    tx: TenantTx,
    cipher: TenantCipher,
    incident_id: IncidentId,
    *,
    text: str,
    kinds: Collection[EntityKind],
    where: str,
) -> tuple[Entity, bytes]:
    """The incident's entity of one of the kinds with this value, in any case, and its keyed hash.

    Raises NotFound when it names no such thing.
    """
    wanted = text.strip().casefold()
    for row in await select_sealed(tx, [incident_id]):
        if row.kind in kinds:
            entity = open_entity(cipher, incident_id, row.kind, row.value_index, row.value)
            if entity.value.casefold() == wanted:
                return entity, row.value_index
    raise NotFound("This incident names no such thing.", where=where, remedy="Type it as the card shows it.")
