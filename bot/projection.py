"""The console's projection: each change of an incident is noted as shown, and told to the consoles that are open.

It keeps which revision the surface has (`wf.cards`), as every chat surface does: wanted and shown revisions are
compared, so a lost message shows. Consoles draw from the record; the word on the channel only saves them time.
"""

import logging
from collections.abc import Sequence
from typing import Final

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot import queries
from watchfloor.kernel import ids
from watchfloor.kernel.db import Role, TenantTx
from watchfloor.kernel.ids import TenantId
from watchfloor.kernel.outbox import INCIDENT_CHANGED
from watchfloor.kernel.queries import Message
from watchfloor.ops.consumers import Resources

CHANNEL: Final = "wf:incidents"
"""The Valkey channel on which changes are told."""

SURFACE: Final = "console"

_log: Final = logging.getLogger(__name__)


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """What is told: incidents of a tenant have changed. Ids only; what they say is read under the reader's rights."""

    tenant: str
    incidents: tuple[str, ...]


class ConsoleProjection:
    """Takes `incident.changed` from the outbox."""

    def __init__(self, valkey: Redis) -> None:
        self.name: Final = SURFACE
        self.topic: Final = INCIDENT_CHANGED
        self.role: Final = Role.BOT
        self.batch: Final = 100
        self._valkey = valkey

    async def handle(self, tx: TenantTx, message: Message) -> None:
        """Notes the newest revision as shown. An incident that is gone needs no card."""
        incident_id = ids.parse("inc", message.key)
        revision = await queries.select_revision(tx, incident_id)
        if revision is not None:
            await queries.upsert_card(tx, incident_id, surface=SURFACE, revision=revision, message="")

    async def committed(self, tenant_id: TenantId, messages: Sequence[Message]) -> None:
        """Tells the open consoles. Without Valkey they look for themselves every few seconds."""
        changed = Changed(tenant=ids.show("ten", tenant_id), incidents=tuple({message.key for message in messages}))
        try:
            await self._valkey.publish(  # pyright: ignore[reportUnknownMemberType]  untyped keywords
                CHANNEL, msgspec.json.encode(changed)
            )
        except RedisError as away:
            _log.warning("the consoles were not told of a change: %s", away)


def open_console(resources: Resources) -> ConsoleProjection:
    """The consumer, for the worker."""
    return ConsoleProjection(resources.valkey)
