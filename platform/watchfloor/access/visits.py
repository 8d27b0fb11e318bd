"""What a tenant's own access log says of who came (A1): the MSSP's people who look, and attempts that were refused.

`access.viewed` is written when staff read something of a customer, in the transaction that reads it; once for the
same person and object in ten minutes, so that the log can be read by people. Writes need no such entry: each has its
own. `access.refused` is written for every attempt without the permission: in the tenant's own log when the actor is
its member, and in the operator's when the tenant is not the actor's, alike for tenants that exist and that do not.
"""

from datetime import timedelta
from typing import Final

from watchfloor.access import queries
from watchfloor.audit.append import Actor, append
from watchfloor.kernel.db import TenantTx

ONCE_IN: Final = timedelta(minutes=10)


async def record_view(tx: TenantTx, actor: Actor, *, object_kind: str, object_id: str) -> None:
    """Writes that staff looked at an object, unless the log says so already for the last ten minutes."""
    seen = await queries.select_has_viewed(
        tx, actor_id=actor.id, object_kind=object_kind, object_id=object_id, within=ONCE_IN
    )
    if not seen:
        await append(tx, actor, action="access.viewed", object_kind=object_kind, object_id=object_id)


async def record_refusal(tx: TenantTx, actor: Actor, *, route: str) -> None:
    """Writes that somebody tried what they may not. `route` is the pattern, never the path that was asked for."""
    await append(tx, actor, action="access.refused", object_kind="route", object_id=route[:128])
