"""Deciding at the desk: say yes or no to a proposed action, and see what waits for somebody's word.

Holds no rule of its own: who may, and what a word is worth, is respond's. A refusal is recorded, as at every command.
"""

from collections.abc import Set as AbstractSet
from typing import Final

import msgspec

from watchfloor.access.roles import Permission
from watchfloor.audit.append import Actor
from watchfloor.desk.display.approvals import list_waiting
from watchfloor.desk.hands import readable
from watchfloor.desk.reply import Reply
from watchfloor.desk.responding import ACTION_FIELD, REASON_FIELD
from watchfloor.desk.response_hands import SHORTEST_REASON, ResponseHands, voter_at
from watchfloor.desk.verb import Intent, Place, Verb
from watchfloor.incidents.lifecycle import Action
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.respond import approvals
from watchfloor.respond.approvals import Voter
from watchfloor.respond.policy import NEEDS

LISTED: Final = 50


async def approve(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    permissions: AbstractSet[Permission],
    *,
    incident: str,
    action: str,
    voter: Voter,
) -> Reply:
    """Says yes to a proposal, by its number or code; without either, to the only one that waits.

    Raises Conflict when it is decided, expired, or not what the code says.
    """
    desk = ResponseHands(tx, cipher, actor, permissions)
    if refusal := await desk.refusal(Permission.RESPONSE_APPROVE, incident):
        return refusal
    before = await desk.lock(incident)
    found = await desk.find_waiting(before, action)
    if why := approvals.objection(found, voter, NEEDS[found.decision]):
        return await desk.objected(found, why)
    is_new, runs = await approvals.approve(tx, cipher, actor, found, voter)
    if not is_new:
        return await desk.reply("You have approved this on {ref} already; it waits for somebody else.", before)
    text = "Approved; it runs now." if runs else f"Your approval on {{ref}} counts; it {NEEDS[found.decision]}."
    if runs and found.executor == "hand":
        text = "Approved. {ref} says what to do by hand; then tell the result."
    return await desk.changed(before, text, set_off=found if runs else None)


async def decline(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    permissions: AbstractSet[Permission],
    *,
    incident: str,
    action: str,
    reason: str,
    voter: Voter,
) -> Reply:
    """Says no to a proposal, with a reason. One no ends it."""
    desk = ResponseHands(tx, cipher, actor, permissions)
    if refusal := await desk.refusal(Permission.RESPONSE_APPROVE, incident):
        return refusal
    reason = readable(reason, name="reason", shortest=SHORTEST_REASON)
    before = await desk.lock(incident)
    if action and (await desk.find_action(before, action))[0].state == "declined":
        return await desk.reply("This action on {ref} was declined already.", before)
    found = await desk.find_waiting(before, action)
    await approvals.decline(tx, cipher, actor, found, voter, reason=reason)
    return await desk.changed(before, f"Declined; action {found.number} on {{ref}} is not done.")


async def waiting(tx: TenantTx, cipher: TenantCipher, actor: Actor, permissions: AbstractSet[Permission]) -> Reply:
    """The tenant's proposals that wait for somebody, those that expire first first."""
    if refusal := await ResponseHands(tx, cipher, actor, permissions).refusal(Permission.INCIDENT_READ, ""):
        return refusal
    rows = tuple(found.row for found in await list_waiting(tx, cipher, limit=LISTED))
    return Reply(text="", rows=rows)


async def _approve(place: Place, intent: Intent) -> Reply:
    return await approve(
        place.tx,
        place.cipher,
        place.actor,
        place.may,
        incident=intent.incident,
        action=intent.argument("action"),
        voter=await voter_at(place),
    )


async def _decline(place: Place, intent: Intent) -> Reply:
    return await decline(
        place.tx,
        place.cipher,
        place.actor,
        place.may,
        incident=intent.incident,
        action=intent.argument("action"),
        reason=intent.argument("reason"),
        voter=await voter_at(place),
    )


async def _waiting(place: Place, intent: Intent) -> Reply:
    del intent  # it has no fields
    return await waiting(place.tx, place.cipher, place.actor, place.may)


def _counted(reply: Reply) -> str:
    number = len(reply.rows)
    return "One action waits for approval." if number == 1 else f"{number or 'No'} actions wait for approval."


VERBS: Final = (
    Verb(
        name="approve",
        does="say yes to a proposed action; never to your own",
        permission=Permission.RESPONSE_APPROVE,
        reach="incident",
        act=_approve,
        fields=(msgspec.structs.replace(ACTION_FIELD, is_required=False),),
        action=Action.APPROVE,
    ),
    Verb(
        name="decline",
        does="say no to a proposed action, and why",
        permission=Permission.RESPONSE_APPROVE,
        reach="incident",
        act=_decline,
        fields=(ACTION_FIELD, REASON_FIELD),
        action=Action.DECLINE,
    ),
    Verb(
        name="approvals",
        does="see which actions wait for approval",
        permission=Permission.INCIDENT_READ,
        reach="tenants",
        act=_waiting,
        changes=False,
        summary=_counted,
    ),
)
