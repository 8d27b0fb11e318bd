"""Reading at the desk: the queue, an incident."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Final

import msgspec

from watchfloor.access.roles import Permission
from watchfloor.audit.append import Actor
from watchfloor.desk.display.exceptions import ending_rows
from watchfloor.desk.display.face import card_of
from watchfloor.desk.display.listing import lines_of
from watchfloor.desk.given import read_choice
from watchfloor.desk.hands import Hands
from watchfloor.desk.reply import Reply
from watchfloor.desk.verb import Choice, Field, Intent, Place, Verb
from watchfloor.incidents import timeline
from watchfloor.incidents.incident import OPEN_STATES, STATES, State
from watchfloor.kernel import ids
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


QUEUES: Final[dict[str, tuple[State, ...]]] = {"open": OPEN_STATES, "done": ("resolved", "closed"), "all": STATES}
"""Which incidents each kind of queue has."""

QUEUE_LIMIT: Final = 200
"""How many incidents of one tenant a queue shows."""


async def _queue(place: Place, intent: Intent) -> Reply:
    states = QUEUES[read_choice(intent.argument("which") or "open", QUEUES, where="which")]
    await place.note_visit(object_kind="incidents", object_id="queue")
    reply = await queue(place.tx, place.cipher, place.actor, place.may, states=states, limit=QUEUE_LIMIT)
    if not reply.ok or Permission.RULE_READ not in place.may:
        return reply
    return msgspec.structs.replace(reply, rows=await ending_rows(place.tx))


async def _show(place: Place, intent: Intent) -> Reply:
    reply = await show(place.tx, place.cipher, place.actor, place.may, incident=intent.incident)
    if reply.card is not None:
        await place.note_visit(object_kind="incident", object_id=ids.show("inc", reply.card.id))
    return reply


def _counted(reply: Reply) -> str:
    ending = " Exceptions end soon: see exceptions." if reply.rows else ""
    if not reply.queue:
        return f"Nothing is waiting.{ending}"
    waiting = sum(line.state == "new" for line in reply.queue)
    return f"{len(reply.queue)} incident{'s' * (len(reply.queue) != 1)}, {waiting} not acknowledged.{ending}"


VERBS: Final = (
    Verb(
        name="queue",
        does="see the incidents of your tenants, the most urgent first",
        permission=Permission.INCIDENT_READ,
        reach="tenants",
        act=_queue,
        fields=(
            Field(
                name="which",
                label="Which incidents",
                kind="choice",
                choices=(Choice("open", "open"), Choice("done", "resolved and closed"), Choice("all", "all")),
                is_required=False,
            ),
        ),
        changes=False,
        summary=_counted,
    ),
    Verb(
        name="show",
        does="see an incident's card and timeline",
        permission=Permission.INCIDENT_READ,
        reach="incident",
        act=_show,
        changes=False,
    ),
)
