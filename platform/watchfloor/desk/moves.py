"""Moves along the table of an incident's life."""

from collections.abc import Set as AbstractSet
from typing import Final

from watchfloor.access.roles import Permission
from watchfloor.audit.append import Actor
from watchfloor.desk.display.face import NEEDED
from watchfloor.desk.hands import Hands
from watchfloor.desk.reply import Reply
from watchfloor.desk.verb import Act, Intent, Place, Verb
from watchfloor.incidents import queries
from watchfloor.incidents.lifecycle import Action, Move, next_state
from watchfloor.incidents.timeline import Kind
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import PersonId

_STAGES: Final[dict[Move, Kind]] = {
    Move.ACKNOWLEDGE: "acknowledged",
    Move.CONTAIN: "contained",
    Move.RESOLVE: "resolved",
    Move.CLOSE: "closed",
    Move.REOPEN: "reopened",
}


async def acknowledge(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    permissions: AbstractSet[Permission],
    *,
    incident: str,
    in_charge: PersonId | None = None,
) -> Reply:
    """Says that somebody looks at it. What nobody has becomes that person's.

    `in_charge` names the person where the actor is a key behind which a person sits; a key alone takes charge of
    nothing.
    """
    if in_charge is None and actor.kind == "person":
        in_charge = PersonId(ids.parse("per", actor.id))
    return await _move(Hands(tx, cipher, actor, permissions), Move.ACKNOWLEDGE, incident, in_charge=in_charge)


async def contain(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, permissions: AbstractSet[Permission], *, incident: str
) -> Reply:
    """Says that the harm has been stopped from spreading."""
    return await _move(Hands(tx, cipher, actor, permissions), Move.CONTAIN, incident)


async def resolve(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, permissions: AbstractSet[Permission], *, incident: str
) -> Reply:
    """Says that the work is done. It needs a verdict."""
    return await _move(Hands(tx, cipher, actor, permissions), Move.RESOLVE, incident)


async def close(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, permissions: AbstractSet[Permission], *, incident: str
) -> Reply:
    """Puts a resolved incident away."""
    return await _move(Hands(tx, cipher, actor, permissions), Move.CLOSE, incident)


async def reopen(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, permissions: AbstractSet[Permission], *, incident: str
) -> Reply:
    """Takes a resolved or closed incident up again."""
    return await _move(Hands(tx, cipher, actor, permissions), Move.REOPEN, incident)


async def _move(desk: Hands, move: Move, incident: str, *, in_charge: PersonId | None = None) -> Reply:
    kind = _STAGES[move]
    if refusal := await desk.refusal(NEEDED[Action(move)], incident):
        return refusal
    before = await desk.lock(incident)
    target = next_state(before.state, move, verdict=before.verdict)
    if target is None:
        return await desk.reply(f"{{ref}} is {before.state} already.", before)
    await queries.update_state(desk.tx, before.id, state=target, assignee_id=before.assignee_id or in_charge)
    return await desk.done(f"{{ref}} is {kind}.", before, action=move, kind=kind, facts={})


async def _acknowledge(place: Place, intent: Intent) -> Reply:
    return await acknowledge(
        place.tx,
        place.cipher,
        place.actor,
        place.may,
        incident=intent.incident,
        in_charge=place.principal.person_id,
    )


async def _contain(place: Place, intent: Intent) -> Reply:
    return await contain(place.tx, place.cipher, place.actor, place.may, incident=intent.incident)


async def _resolve(place: Place, intent: Intent) -> Reply:
    return await resolve(place.tx, place.cipher, place.actor, place.may, incident=intent.incident)


async def _close(place: Place, intent: Intent) -> Reply:
    return await close(place.tx, place.cipher, place.actor, place.may, incident=intent.incident)


async def _reopen(place: Place, intent: Intent) -> Reply:
    return await reopen(place.tx, place.cipher, place.actor, place.may, incident=intent.incident)


def _verb(name: str, does: str, act: Act, action: Action) -> Verb:
    return Verb(name=name, does=does, permission=NEEDED[action], reach="incident", act=act, action=action)


VERBS: Final = (
    _verb("ack", "say that you look at it; what nobody has becomes yours", _acknowledge, Action.ACKNOWLEDGE),
    _verb("contained", "say that it can spread no further", _contain, Action.CONTAIN),
    _verb("resolve", "say that the work is done; needs a verdict", _resolve, Action.RESOLVE),
    _verb("close", "put a resolved incident away", _close, Action.CLOSE),
    _verb("reopen", "take it up again", _reopen, Action.REOPEN),
)
