"""Response at the desk: propose an action against what an incident names, take it back, tell what came of it.

Holds no rule of its own: policy, payloads and targets are respond's. What the platform cannot do itself is a task for a
person, with its steps on the card, until somebody tells the result. Who decides is in `deciding`.
"""

from collections.abc import Set as AbstractSet
from typing import Final, cast

import msgspec

from watchfloor.access.roles import Permission
from watchfloor.audit.append import Actor
from watchfloor.desk.card import EntityValue
from watchfloor.desk.display.approvals import target_rows
from watchfloor.desk.given import read_choice
from watchfloor.desk.hands import LONGEST_TEXT, readable
from watchfloor.desk.reply import Offer, Reply
from watchfloor.desk.response_hands import SHORTEST_REASON, ResponseHands, voter_at
from watchfloor.desk.verb import Choice, Field, Intent, Place, Verb
from watchfloor.incidents.incident import Incident
from watchfloor.incidents.lifecycle import PROPOSE_STATES, UNDO_STATES, Action, require_state
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict
from watchfloor.kernel.neutralise import Untrusted
from watchfloor.normalise.event import Entity
from watchfloor.respond import approvals, proposals, queries, results
from watchfloor.respond.action import STATE_WORDS
from watchfloor.respond.approvals import Voter
from watchfloor.respond.kinds import KINDS, ActionKind, ActionName
from watchfloor.respond.payload import code
from watchfloor.respond.policy import NEEDS
from watchfloor.respond.proposals import Wanted
from watchfloor.respond.results import Result
from watchfloor.respond.targets.named import find_target, targets_of

RESULTS: Final[tuple[Result, ...]] = ("done", "failed")

LONGEST_TARGET: Final = 500


async def contain(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    permissions: AbstractSet[Permission],
    *,
    incident: str,
    kind: ActionName,
    target: str,
    reason: str,
    voter: Voter,
) -> Reply:
    """Proposes an action against a target, by its value or number. Without a target, shows what there is.

    Raises Conflict when the customer wants such actions advised only, or the incident is not being worked on.
    """
    desk = ResponseHands(tx, cipher, actor, permissions)
    if refusal := await desk.refusal(Permission.RESPONSE_PROPOSE, incident):
        return refusal
    before = await desk.lock(incident)
    require_state(before.state, PROPOSE_STATES, doing="acted on")
    named = await targets_of(tx, cipher, before.id, KINDS[kind])
    if not target:
        return await _choices(desk, before, KINDS[kind], named)
    reason = readable(reason, name="reason", shortest=SHORTEST_REASON)
    wanted = Wanted(kind=KINDS[kind], target=find_target(named, KINDS[kind], target), reason=reason)
    return await _propose(desk, before, wanted, voter)


async def undo(
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
    """Proposes what takes an action back, against the same target. Raises Conflict where nothing does."""
    desk = ResponseHands(tx, cipher, actor, permissions)
    if refusal := await desk.refusal(Permission.RESPONSE_PROPOSE, incident):
        return refusal
    before = await desk.lock(incident)
    require_state(before.state, UNDO_STATES, doing="acted on")
    found, _ = await desk.find_action(before, action)
    inverse = proposals.kind_of(found).undo
    if inverse is None:
        raise Conflict(f"Nothing undoes {KINDS[found.kind].label}.", where="action")
    if found.state != "done":
        raise Conflict(f"This action is {STATE_WORDS[found.state]}: there is nothing to undo.", where="action")
    reason = readable(reason, name="reason", shortest=SHORTEST_REASON)
    entity = proposals.payload_of(cipher, found).entity
    return await _propose(
        desk, before, Wanted(kind=KINDS[inverse], target=entity, reason=reason, undoes=found.id), voter
    )


async def withdraw(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    permissions: AbstractSet[Permission],
    *,
    incident: str,
    action: str,
    reason: str,
) -> Reply:
    """Takes a proposal back before it is decided."""
    desk = ResponseHands(tx, cipher, actor, permissions)
    if refusal := await desk.refusal(Permission.RESPONSE_PROPOSE, incident):
        return refusal
    reason = readable(reason, name="reason", shortest=SHORTEST_REASON)
    before = await desk.lock(incident)
    found = await desk.find_waiting(before, action)
    await approvals.withdraw(tx, cipher, actor, found, reason=reason)
    return await desk.changed(before, f"Withdrawn; action {found.number} on {{ref}} is not done.")


async def tell_result(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    permissions: AbstractSet[Permission],
    *,
    incident: str,
    action: str,
    result: Result,
    text: str,
) -> Reply:
    """Says what came of an action that was done by hand. Raises Conflict for one that is not under way so."""
    desk = ResponseHands(tx, cipher, actor, permissions)
    if refusal := await desk.refusal(Permission.RESPONSE_PROPOSE, incident):
        return refusal
    text = readable(text, name="text", shortest=SHORTEST_REASON)
    before = await desk.lock(incident)
    found, _ = await desk.find_action(before, action)
    locked = await queries.lock_action(tx, found.id) or found
    await results.report(tx, cipher, actor, locked, result=result, text=text)
    reply = await desk.changed(before, f"Action {found.number} on {{ref}} is {result}.")
    contains = result == "done" and KINDS[found.kind].is_destructive and before.state == "acknowledged"
    if not contains or reply.card is None:
        return reply
    return msgspec.structs.replace(
        reply, offers=(Offer(label="It can spread no further", verb="contained", incident=reply.card.ref),)
    )


async def _propose(desk: ResponseHands, before: Incident, wanted: Wanted, voter: Voter) -> Reply:
    said = await proposals.ruling_on(desk.tx, before, wanted.kind, wanted.target)
    if said.decision == "preapproved" and (why := approvals.objection_to(wanted.kind, voter)):
        return await desk.objected(None, why)
    action, is_new = await proposals.propose(desk.tx, desk.cipher, desk.actor, voter.person_id, before, wanted=wanted)
    if not is_new:
        elsewhere = "" if action.incident_id == before.id else " from another incident"
        return await desk.reply(f"The same is under way{elsewhere} as action {action.number} already.", before)
    name = code(action.number, action.payload_hash)
    text = f"Proposed on {{ref}} as {name}; it {NEEDS[action.decision]}."
    if action.state == "running":
        text = f"Action {action.number} on {{ref}} {NEEDS['preapproved']}: do it by hand, then tell the result."
    elif action.state == "approved":
        text = f"Action {action.number} on {{ref}} {NEEDS['preapproved']} and runs now."
    return await desk.changed(before, text, set_off=None if action.state == "proposed" else action)


async def _choices(desk: ResponseHands, before: Incident, kind: ActionKind, named: list[Entity]) -> Reply:
    if not named:
        return await desk.reply(f"{{ref}} names nothing that one could {kind.label.partition(' ')[0]}.", before)
    numbered = [(number, EntityValue(each.kind, Untrusted(each.value))) for number, each in enumerate(named, start=1)]
    reply = await desk.reply(f"Which one on {{ref}}? Give its number as the target to {kind.label}.", before)
    ref = reply.card.ref if reply.card is not None else ""
    offers = tuple(
        Offer(
            label=f"{kind.label}, target {number}",
            verb="contain",
            incident=ref,
            arguments={"kind": kind.name, "target": str(number)},
        )
        for number, _ in numbered
    )
    return msgspec.structs.replace(reply, rows=target_rows(numbered, "Target"), offers=offers)


async def _contain(place: Place, intent: Intent) -> Reply:
    return await contain(
        place.tx,
        place.cipher,
        place.actor,
        place.may,
        incident=intent.incident,
        kind=cast("ActionName", read_choice(intent.argument("kind"), KINDS, where="kind")),
        target=intent.argument("target"),
        reason=intent.argument("reason"),
        voter=await voter_at(place),
    )


async def _undo(place: Place, intent: Intent) -> Reply:
    return await undo(
        place.tx,
        place.cipher,
        place.actor,
        place.may,
        incident=intent.incident,
        action=intent.argument("action"),
        reason=intent.argument("reason"),
        voter=await voter_at(place),
    )


async def _withdraw(place: Place, intent: Intent) -> Reply:
    return await withdraw(
        place.tx,
        place.cipher,
        place.actor,
        place.may,
        incident=intent.incident,
        action=intent.argument("action"),
        reason=intent.argument("reason"),
    )


async def _result(place: Place, intent: Intent) -> Reply:
    return await tell_result(
        place.tx,
        place.cipher,
        place.actor,
        place.may,
        incident=intent.incident,
        action=intent.argument("action"),
        result=cast("Result", read_choice(intent.argument("result"), RESULTS, where="result")),
        text=intent.argument("text"),
    )


ACTION_FIELD: Final = Field(name="action", label="Number of the action, such as 2", longest=20)
REASON_FIELD: Final = Field(
    name="reason", label="Reason", kind="paragraph", shortest=SHORTEST_REASON, longest=LONGEST_TEXT
)

VERBS: Final = (
    Verb(
        name="contain",
        does="propose an action against what the incident names; without a target it shows what there is",
        permission=Permission.RESPONSE_PROPOSE,
        reach="incident",
        act=_contain,
        fields=(
            Field(
                name="kind",
                label="Action",
                kind="choice",
                choices=tuple(Choice(kind.name, kind.label) for kind in KINDS.values()),
            ),
            Field(name="target", label="Target, or its number", is_required=False, longest=LONGEST_TARGET),
            msgspec.structs.replace(REASON_FIELD, is_required=False),
        ),
        action=Action.PROPOSE,
    ),
    Verb(
        name="undo",
        does="propose what takes an action back",
        permission=Permission.RESPONSE_PROPOSE,
        reach="incident",
        act=_undo,
        fields=(ACTION_FIELD, REASON_FIELD),
    ),
    Verb(
        name="withdraw",
        does="take a proposal back before it is decided",
        permission=Permission.RESPONSE_PROPOSE,
        reach="incident",
        act=_withdraw,
        fields=(ACTION_FIELD, REASON_FIELD),
    ),
    Verb(
        name="result",
        does="say what came of an action that was done by hand",
        permission=Permission.RESPONSE_PROPOSE,
        reach="incident",
        act=_result,
        fields=(
            ACTION_FIELD,
            Field(
                name="result",
                label="Result",
                kind="choice",
                choices=(Choice("done", "done"), Choice("failed", "failed")),
            ),
            Field(name="text", label="What was done", kind="paragraph", shortest=SHORTEST_REASON, longest=LONGEST_TEXT),
        ),
    ),
)
