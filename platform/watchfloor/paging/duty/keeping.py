"""Changing the rota: a new one, somebody who stands in, who leads the watch. In the operator's tenant, audited."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from watchfloor.audit.append import Actor, append
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict
from watchfloor.kernel.ids import PersonId, new_uuid
from watchfloor.paging.duty import queries
from watchfloor.paging.duty.roster import read_rota
from watchfloor.paging.rota import LayerName, Rota

LONGEST_OVERRIDE: Final = timedelta(days=31)

_TABLE: Final = "wf.oncall_overrides"


async def set_rota(tx: TenantTx, actor: Actor, rota: Rota) -> bool:
    """Puts a rota in force. False when it is the one that is."""
    before, _ = await read_rota(tx)
    if before == rota:
        return False
    await queries.insert_rota(tx, msgspec.json.encode(rota).decode(), set_by=actor.id)
    await append(tx, actor, action="oncall.set", object_kind="rota", object_id="rota", before=before, after=rota)
    return True


async def stand_in(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    *,
    layer: LayerName,
    person_id: PersonId,
    length: timedelta,
    reason: str,
) -> datetime:
    """Puts somebody in a layer's place from now on, and returns until when. Raises Conflict without a rota."""
    rota, _ = await read_rota(tx)
    if not rota.layers:
        raise Conflict("There is no rota yet.", remedy="Set one with `watchfloor oncall set FILE`.")
    override_id = new_uuid()
    sealed = cipher.seal(reason.encode(), table=_TABLE, column="reason", row=override_id)
    ends_at = await queries.insert_override(
        tx,
        override_id,
        layer=layer,
        person_id=person_id,
        seconds=length.total_seconds(),
        reason=sealed,
        made_by=actor.id,
    )
    await append(
        tx,
        actor,
        action="oncall.override",
        object_kind="layer",
        object_id=layer,
        after={"person": ids.show("per", person_id), "until": ends_at},
        detail={"reason": reason},
        cipher=cipher,
    )
    return ends_at


async def begin_watch(tx: TenantTx, actor: Actor, *, lead_id: PersonId, handover: str) -> bool:
    """Notes who leads the watch from now on and what they took over. False when it was noted so before."""
    before = await queries.select_watch(tx)
    if before is not None and (before.lead_id, before.handover) == (lead_id, handover):
        return False
    await queries.insert_watch(tx, new_uuid(), lead_id=lead_id, handover=handover)
    await append(
        tx,
        actor,
        action="watch.take_over",
        object_kind="watch",
        object_id=handover,
        before=before,
        after={"lead": ids.show("per", lead_id), "handover": handover},
    )
    return True
