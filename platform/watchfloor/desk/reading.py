"""Reading at the desk: the queue, an incident."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final

from watchfloor.access.roles import Permission
from watchfloor.audit.append import Actor
from watchfloor.desk.display.face import card_of
from watchfloor.desk.display.listing import lines_of
from watchfloor.desk.hands import Hands
from watchfloor.desk.reply import Reply
from watchfloor.incidents import timeline
from watchfloor.incidents.incident import OPEN_STATES, State
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import IncidentId

TIMELINE_SHOWN: Final = 200


async def queue(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    permissions: AbstractSet[Permission],
    *,
    states: Sequence[State] = OPEN_STATES,
    before: tuple[datetime, IncidentId] | None = None,
    limit: int = 50,
) -> Reply:
    """The tenant's incidents in these states, the newest first; the next page starts `before` the last line."""
    if refusal := await Hands(tx, cipher, actor, permissions).refusal(Permission.INCIDENT_READ, ""):
        return refusal
    lines = await lines_of(tx, states=states, before=before, limit=limit)
    return Reply(text=f"{len(lines)} incidents.", queue=tuple(lines))


async def show(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, permissions: AbstractSet[Permission], *, incident: str
) -> Reply:
    """The incident's card and timeline. `incident` is a reference (`ACME-12`) or an id (`inc_...`), here as below."""
    desk = Hands(tx, cipher, actor, permissions)
    if refusal := await desk.refusal(Permission.INCIDENT_READ, incident):
        return refusal
    found = await desk.find(incident)
    entries = await timeline.read(tx, cipher, found.id, limit=TIMELINE_SHOWN)
    card = await card_of(tx, cipher, found, permissions)
    return Reply(text=f"{card.ref} is {found.state}.", card=card, timeline=tuple(entries))
