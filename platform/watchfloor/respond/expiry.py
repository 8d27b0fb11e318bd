"""Expiry: a proposal that nobody decided about in time ends, and nothing is done. Silence never approves.

A proposal is expired from the moment its time is over, whatever its row says; this writes it down.
"""

from typing import Final
from uuid import UUID

from watchfloor.audit.append import Actor
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import ActionId
from watchfloor.respond import ledger, queries
from watchfloor.respond.payload import open_payload

AT_ONCE: Final = 200


def clockwork(action_id: UUID) -> Actor:
    """Under whose name the platform acts on an action."""
    return Actor(kind="system", id="response", role="system", request_id=ids.show("act", action_id))


async def expire(tx: TenantTx, cipher: TenantCipher, action_id: ActionId) -> bool:
    """Writes down that a proposal's time is over. False when it was decided or written down before."""
    action = await queries.lock_action(tx, action_id)
    if action is None or action.state != "expired":
        return False
    if not await queries.end_action(tx, action_id, state="expired", outcome=None):
        return False
    payload = open_payload(cipher, action.id, action.payload)
    await ledger.record(
        tx, cipher, clockwork(action_id), action, payload, kind="action", step="expire", result="expired"
    )
    return True


async def expire_late(tx: TenantTx, cipher: TenantCipher) -> int:
    """Writes down all that expired; returns how many. For a regular job."""
    late = await queries.select_late(tx, limit=AT_ONCE)
    return sum([await expire(tx, cipher, ActionId(action_id)) for action_id in late])
