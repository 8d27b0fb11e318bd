"""Results: what came of an action that a person did by hand, in that person's words."""

from typing import Literal

from watchfloor.audit.append import Actor
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict
from watchfloor.respond import ledger, queries
from watchfloor.respond.action import STATE_WORDS, Action
from watchfloor.respond.payload import open_payload, seal_outcome

Result = Literal["done", "failed"]


async def report(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, action: Action, *, result: Result, text: str
) -> None:
    """Ends an action that is under way by hand. Raises Conflict for any other."""
    if action.state != "running":
        raise Conflict(f"This action is {STATE_WORDS[action.state]}, not under way.", remedy="Propose and approve it.")
    if action.executor != "hand":
        raise Conflict("The platform itself does this and tells what comes of it.")
    await finish(tx, cipher, actor, action, result=result, text=text)


async def finish(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, action: Action, *, result: Result, text: str
) -> None:
    """Ends an action with its outcome. Raises Conflict when it had ended."""
    if not await queries.end_action(tx, action.id, state=result, outcome=seal_outcome(cipher, action.id, text)):
        raise Conflict("This action has ended already.")
    payload = open_payload(cipher, action.id, action.payload)
    await ledger.record(tx, cipher, actor, action, payload, kind="action", step=result, text=text, result=result)
