"""Proposals: somebody wants an action done, and says to what and why.

Owns the making of an action: the customer's policy, the exact payload that votes are bound to, and what happens at
once where the customer agreed beforehand. The incident must be locked by the caller.
"""

import secrets
from typing import Final

import msgspec

from watchfloor.alerts.sealing import entity_index
from watchfloor.audit.append import Actor
from watchfloor.incidents.incident import Incident
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict, NotFound
from watchfloor.kernel.ids import ActionId, PersonId, new_uuid
from watchfloor.kernel.outbox import ACTION_APPROVED, publish
from watchfloor.normalise.event import Entity
from watchfloor.respond import ledger, queries
from watchfloor.respond.action import NO_SUCH_ACTION, Action
from watchfloor.respond.expiry import expire
from watchfloor.respond.kinds import KINDS, ActionKind, agreed_for
from watchfloor.respond.payload import Payload, digest, open_payload, seal
from watchfloor.respond.policy import Ruling, ruling

SALT_BYTES: Final = 16


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants done. `undoes` is the action that it takes back."""

    kind: ActionKind
    target: Entity
    reason: str
    undoes: ActionId | None = None


async def ruling_on(tx: TenantTx, incident: Incident, kind: ActionKind, target: Entity) -> Ruling:
    """Who must agree, by the customer's policy as it is now."""
    return ruling(await queries.select_response(tx), agreed_for(kind, target.kind), incident.severity)


async def propose(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, person_id: PersonId, incident: Incident, *, wanted: Wanted
) -> tuple[Action, bool]:
    """Adds a proposal and says whether it is new: the same under way against the same target is that one.

    Raises Conflict when the customer wants such actions advised only.
    """
    kind, target = wanted.kind, wanted.target
    said = await ruling_on(tx, incident, kind, target)
    if said.decision == "never":
        raise Conflict(
            f"This customer does not have us {kind.label}.",
            remedy="Advise it: the customer acts, or changes its bundle's response.",
        )
    standing = await _under_way(tx, cipher, kind, target)
    if standing is not None:
        return standing, False
    action_id = ActionId(new_uuid())
    payload = Payload(
        action=action_id,
        incident=incident.id,
        kind=kind.name,
        target_kind=target.kind,
        target=target.value,
        reason=wanted.reason,
        salt=secrets.token_bytes(SALT_BYTES),
    )
    row = queries.NewAction(
        id=action_id,
        incident_id=incident.id,
        number=await queries.next_number(tx, incident.id),
        kind=kind.name,
        target_kind=target.kind,
        target_index=entity_index(cipher, target),
        payload=seal(cipher, payload),
        payload_hash=digest(payload.canonical),
        decision=said.decision,
        executor=kind.executor,
        requested_by=person_id,
        undoes=wanted.undoes,
        expires_within=said.expires_within,
    )
    if not await queries.insert_action(tx, row):
        raise Conflict("The same is being proposed for this target at this moment.", remedy="Look again.")
    action = await find_action(tx, action_id)
    step = "propose" if said.decision != "preapproved" else "propose_preapproved"
    await ledger.record(tx, cipher, actor, action, payload, kind="approval_requested", step=step, text=wanted.reason)
    if said.decision == "preapproved":
        await begin(tx, action)
    return await find_action(tx, action_id), True


async def begin(tx: TenantTx, action: Action) -> None:
    """Sets off what has been approved: by hand it is under way, else the worker takes it.

    Raises Conflict when its time was over.
    """
    state = "running" if action.executor == "hand" else "approved"
    if not await queries.approve_action(tx, action.id, state=state):
        raise Conflict("The time to approve this is over; nothing was done.", remedy="Propose it again.")
    if state == "approved":
        await publish(tx, topic=ACTION_APPROVED, key=ledger.shown(action.id))


async def find_action(tx: TenantTx, action_id: ActionId) -> Action:
    """One action. Raises NotFound."""
    found = await queries.select_action(tx, action_id)
    if found is None:
        raise NotFound(NO_SUCH_ACTION)
    return found


async def _under_way(tx: TenantTx, cipher: TenantCipher, kind: ActionKind, target: Entity) -> Action | None:
    """The same action against the same target, if it is still under way; one whose time is over is ended here."""
    indexes = cipher.index_candidates(f"entity.{target.kind}", target.value)
    standing = await queries.select_under_way(tx, kind.name, indexes)
    if standing is None or standing.state != "expired":
        return standing
    await expire(tx, cipher, standing.id)
    return None


def kind_of(action: Action) -> ActionKind:
    """What kind of action it is."""
    return KINDS[action.kind]


def payload_of(cipher: TenantCipher, action: Action) -> Payload:
    """What exactly it would do. Raises Unopenable when the record was tampered with."""
    return open_payload(cipher, action.id, action.payload)
