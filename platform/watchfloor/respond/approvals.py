"""Approvals: who may say yes or no to a proposal, and what their word does.

Whoever proposes never approves, nobody counts twice, a vote is bound to the exact payload, and what has expired cannot
be approved any more. What an approval is worth is the customer's policy, as it was when the action was proposed. The
incident must be locked by the caller: votes come one after the other.
"""

from typing import Final, Literal, cast

import msgspec

from watchfloor.audit.append import Actor
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict, NotFound
from watchfloor.kernel.ids import ActionId, PersonId
from watchfloor.respond import ledger, queries
from watchfloor.respond.action import NO_SUCH_ACTION, STATE_WORDS, Action
from watchfloor.respond.kinds import KINDS, ActionKind
from watchfloor.respond.payload import code, open_payload, seal_outcome
from watchfloor.respond.policy import Side, counts, is_satisfied
from watchfloor.respond.proposals import begin

OWN: Final = "Whoever proposes an action does not approve it."
BY_KEY: Final = "An API key does not decide about an action that changes a customer's systems."
STEP_UP: Final = "This needs a login by hand within the last eight hours. Sign in, then approve again."
NO_USE: Final = "The customer's policy does not count your approval here: it {needs}."


class Voter(msgspec.Struct, frozen=True, kw_only=True):
    """Who votes: the person, for which side, whether through an API key, and whether after a recent login by hand."""

    person_id: PersonId
    side: Side
    is_key: bool
    has_stepped_up: bool


async def find_votable(tx: TenantTx, action_id: ActionId, *, seen: str = "") -> Action:
    """The action, locked, if it still waits.

    `seen` is the code of what the voter saw. Raises NotFound, and Conflict when it is decided, expired or another one.
    """
    action = await queries.lock_action(tx, action_id)
    if action is None:
        raise NotFound(NO_SUCH_ACTION)
    if seen and seen != code(action.number, action.payload_hash):
        raise Conflict("This is not what you were shown: its target or kind is another.", remedy="Look again.")
    if action.state == "expired":
        raise Conflict("The time to approve this is over; nothing was done.", remedy="Propose it again.")
    if action.state != "proposed":
        raise Conflict(f"This action is {STATE_WORDS[action.state]} already.")
    return action


def objection_to(kind: ActionKind, voter: Voter) -> str | None:
    """Why this person cannot let such an action run from where they are now; None when they can."""
    if not kind.needs_step_up:
        return None
    if voter.is_key:
        return BY_KEY
    return None if voter.has_stepped_up else STEP_UP


def objection(action: Action, voter: Voter, needs: str) -> str | None:
    """Why this person's approval does not count; None when it does."""
    if voter.person_id == action.requested_by:
        return OWN
    if not counts(action.decision, voter.side):
        return NO_USE.format(needs=needs)
    return objection_to(KINDS[action.kind], voter)


async def approve(tx: TenantTx, cipher: TenantCipher, actor: Actor, action: Action, voter: Voter) -> tuple[bool, bool]:
    """Counts an approval to which there is no objection. Says whether it is new, and whether the action runs now."""
    is_new = await queries.insert_vote(
        tx, action.id, voter.person_id, vote="approve", side=voter.side, payload_hash=action.payload_hash
    )
    if not is_new:
        return False, False
    payload = open_payload(cipher, action.id, action.payload)
    await ledger.record(tx, cipher, actor, action, payload, kind="approved", step="approve")
    sides = cast("list[Side]", await queries.select_approvals(tx, action.id))
    if not is_satisfied(action.decision, sides):
        return True, False
    await begin(tx, action)
    return True, True


async def decline(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, action: Action, voter: Voter, *, reason: str
) -> None:
    """Ends a proposal: one no is enough. The reason goes to the timeline."""
    await queries.insert_vote(
        tx, action.id, voter.person_id, vote="decline", side=voter.side, payload_hash=action.payload_hash
    )
    await _end(tx, cipher, actor, action, state="declined", text=reason)


async def withdraw(tx: TenantTx, cipher: TenantCipher, actor: Actor, action: Action, *, reason: str) -> None:
    """Takes a proposal back."""
    await _end(tx, cipher, actor, action, state="withdrawn", text=reason)


async def _end(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    action: Action,
    *,
    state: Literal["declined", "withdrawn"],
    text: str,
) -> None:
    if not await queries.end_action(tx, action.id, state=state, outcome=seal_outcome(cipher, action.id, text)):
        raise Conflict("This action was decided about meanwhile.", remedy="Look again.")
    payload = open_payload(cipher, action.id, action.payload)
    if state == "declined":
        await ledger.record(tx, cipher, actor, action, payload, kind="declined", step="decline", text=text)
    else:
        await ledger.record(
            tx, cipher, actor, action, payload, kind="action", step="withdraw", text=text, result="withdrawn"
        )
