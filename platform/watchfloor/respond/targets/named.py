"""Targets: the things of an incident that an action can be done to, and how far it reaches.

Only what the incident names can be a target, by its value or by its number in the list of those that fit.
"""

from typing import Final

import msgspec

from watchfloor.incidents.sealing import open_entity
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import IncidentId
from watchfloor.normalise.event import Entity
from watchfloor.respond.blocklist.entries import plain
from watchfloor.respond.kinds import ActionKind
from watchfloor.respond.targets import queries

MOST_TARGETS: Final = 25


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """In how many other incidents of the tenant a thing is named: open ones, and all."""

    open: int
    ever: int


async def targets_of(tx: TenantTx, cipher: TenantCipher, incident_id: IncidentId, kind: ActionKind) -> list[Entity]:
    """What this kind of action could be done to in the incident, in a fixed order."""
    rows = await queries.select_targets(tx, incident_id, kind.targets, limit=MOST_TARGETS)
    return [open_entity(cipher, incident_id, row.kind, row.value_index, row.value) for row in rows]


def find_target(found: list[Entity], kind: ActionKind, name: str) -> Entity:
    """The target that somebody means: `2` and `#2` are the second of the list, else the value itself.

    Raises NotFound for what the incident does not name, Invalid for what this kind cannot be done to.
    """
    wanted = name.strip()
    matching = [entity for entity in found if entity.value.casefold() == wanted.casefold()]
    number = wanted.removeprefix("#")
    if not matching and number.isascii() and number.isdigit() and 0 < int(number[:6]) <= len(found):
        matching = [found[int(number[:6]) - 1]]
    if not matching:
        raise NotFound(
            f"The incident names nothing like this that one could {kind.label.partition(' ')[0]}.",
            where="target",
            remedy="Leave the target out to see what there is.",
        )
    return plain(matching[0]) if kind.executor == "blocklist" else matching[0]


async def reach_of(tx: TenantTx, cipher: TenantCipher, incident_id: IncidentId, target: Entity) -> Reach:
    """Where else the target is named."""
    indexes = cipher.index_candidates(f"entity.{target.kind}", target.value)
    row = await queries.select_reach(tx, indexes, target.kind, incident_id)
    return Reach(open=row.open, ever=row.ever)


def reach_words(reach: Reach) -> str:
    """The reach as a sentence of our own."""
    if reach.ever == 0:
        return "No other incident names it."
    others = "1 other incident names" if reach.ever == 1 else f"{reach.ever:,} other incidents name"
    return f"{others} it, {reach.open:,} of them open."
