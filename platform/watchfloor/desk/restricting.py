"""Restricting an incident: in a chat only the people who are named see it, for cases about insiders, staff or the law.

It narrows what a chat shows and gives nobody anything: what somebody may do is still decided by their role. The
terminal, the portal and the API show the incident to whoever may read the customer's incidents.
"""

from collections.abc import Set as AbstractSet
from typing import Final

from watchfloor.access.roles import Permission
from watchfloor.audit.append import Actor
from watchfloor.desk.hands import Hands
from watchfloor.desk.people import find_colleague
from watchfloor.desk.reply import Colleague, Reply
from watchfloor.desk.restriction import queries
from watchfloor.desk.verb import Field, Intent, Place, Verb
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict, NotFound
from watchfloor.kernel.ids import PersonId


async def restrict(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    permissions: AbstractSet[Permission],
    *,
    incident: str,
    by: PersonId,
    colleague: Colleague | None,
) -> Reply:
    """Names whoever restricts it, and a colleague; both are named besides those who are named already."""
    desk = Hands(tx, cipher, actor, permissions)
    if refusal := await desk.refusal(Permission.INCIDENT_ASSIGN, incident):
        return refusal
    if colleague is not None and Permission.INCIDENT_READ not in colleague.permissions:
        raise NotFound("There is no such colleague who works incidents of this tenant.", where="to")
    before = await desk.lock(incident)
    is_new = not await queries.select_named(tx, before.id)
    wanted = [*((by,) if is_new else ()), *((colleague.person_id,) if colleague is not None else ())]
    named = [person for person in wanted if await queries.insert_named(tx, before.id, person, named_by=actor.id)]
    if not named:
        return await desk.reply("{ref} is restricted to these people already.", before)
    facts = {"person": ids.show("per", named[-1])}
    return await desk.done(
        "In the chat only those who are named see {ref} now.", before, action="restrict", kind="restricted", facts=facts
    )


async def unrestrict(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    permissions: AbstractSet[Permission],
    *,
    incident: str,
    colleague: Colleague | None,
) -> Reply:
    """Lifts the restriction, or takes one colleague off. Raises Conflict for the last one: nobody would see it."""
    desk = Hands(tx, cipher, actor, permissions)
    if refusal := await desk.refusal(Permission.INCIDENT_ASSIGN, incident):
        return refusal
    before = await desk.lock(incident)
    if colleague is None:
        if not await queries.delete_all_named(tx, before.id):
            return await desk.reply("{ref} is not restricted.", before)
        text = "{ref} is not restricted any more."
        return await desk.done(text, before, action="unrestrict", kind="unrestricted", facts={})
    if await queries.select_named(tx, before.id) == [colleague.person_id]:
        raise Conflict("Nobody else is named for this incident.", remedy="Lift the restriction, or name somebody else.")
    if not await queries.delete_named(tx, before.id, colleague.person_id):
        return await desk.reply("This colleague is not named for {ref}.", before)
    facts = {"person": ids.show("per", colleague.person_id)}
    text = "In the chat this colleague sees {ref} no more."
    return await desk.done(text, before, action="unrestrict", kind="unnamed", facts=facts)


async def _restrict(place: Place, intent: Intent) -> Reply:
    return await restrict(
        place.tx,
        place.cipher,
        place.actor,
        place.may,
        incident=intent.incident,
        by=place.principal.person_id,
        colleague=await _colleague(place, intent),
    )


async def _unrestrict(place: Place, intent: Intent) -> Reply:
    colleague = await _colleague(place, intent)
    return await unrestrict(
        place.tx, place.cipher, place.actor, place.may, incident=intent.incident, colleague=colleague
    )


async def _colleague(place: Place, intent: Intent) -> Colleague | None:
    named = intent.argument("to")
    return await find_colleague(place, named, where="to") if named else None


VERBS: Final = (
    Verb(
        name="restrict",
        does="let only you and whom you name see it in the chat",
        permission=Permission.INCIDENT_ASSIGN,
        reach="incident",
        act=_restrict,
        fields=(Field(name="to", label="A colleague who sees it, too", kind="colleague", is_required=False),),
    ),
    Verb(
        name="unrestrict",
        does="show it in the chat to all again, or no more to one colleague",
        permission=Permission.INCIDENT_ASSIGN,
        reach="incident",
        act=_unrestrict,
        fields=(Field(name="to", label="The colleague who sees it no more", kind="colleague", is_required=False),),
    ),
)
