"""The ledger of response: each step of an action leaves a timeline entry, an audit entry and its messages, at once.

Owns what is written beside an action's row, in the transaction that changes it (A1, Q1).
"""

from watchfloor.audit.append import Actor, append
from watchfloor.incidents import queries as incidents
from watchfloor.incidents import timeline
from watchfloor.incidents.timeline import Kind
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import ActionId
from watchfloor.kernel.outbox import APPROVAL_CHANGED, INCIDENT_CHANGED, publish
from watchfloor.respond.action import Action
from watchfloor.respond.payload import Payload


async def record(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    action: Action,
    payload: Payload,
    *,
    kind: Kind,
    step: str,
    text: str = "",
    result: str = "",
) -> None:
    """Writes that an action took a step. `step` names it in the audit log, `text` is somebody's words about it."""
    facts = {"number": str(action.number), "action": action.kind, "target": payload.target, "text": text}
    if result:
        facts["result"] = result
    entry = await timeline.add(tx, cipher, actor, action.incident_id, kind=kind, facts=facts)
    await incidents.update_revision(tx, action.incident_id)
    await append(
        tx,
        actor,
        action=f"action.{step}",
        object_kind="action",
        object_id=shown(action.id),
        before={"state": action.state},
        after={"payload": action.payload_hash.hex(), "result": result, "entry": entry},
        detail={"incident": ids.show("inc", action.incident_id), "target": payload.target, "text": text},
        cipher=cipher,
    )
    await publish(tx, topic=INCIDENT_CHANGED, key=ids.show("inc", action.incident_id))
    await publish(tx, topic=APPROVAL_CHANGED, key=shown(action.id))


async def record_void(tx: TenantTx, actor: Actor, action: Action) -> None:
    """Writes that an action was stopped because its payload is not what was approved: of what it says, nothing."""
    await incidents.update_revision(tx, action.incident_id)
    await append(
        tx,
        actor,
        action="action.void",
        object_kind="action",
        object_id=shown(action.id),
        before={"state": action.state},
        after={"payload": action.payload_hash.hex(), "result": "failed"},
    )
    await publish(tx, topic=INCIDENT_CHANGED, key=ids.show("inc", action.incident_id))
    await publish(tx, topic=APPROVAL_CHANGED, key=shown(action.id))


def shown(action_id: ActionId) -> str:
    """An action's id, as people see it."""
    return ids.show("act", action_id)
