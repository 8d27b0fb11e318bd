"""The projection of incidents: each change is noted for the surfaces, and told to the programs that show it.

It keeps which revision a surface has and which it should have (`wf.cards`), so a lost message shows. Consoles draw from
the record and have what they want at once; Discord is only noted as wanting, and its own program sends the newest
revision when Discord takes it. The word on the channel only saves both of them time.
"""

import logging
from collections.abc import Sequence
from typing import Final

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot import queries
from watchfloor.desk.changes import CHANNEL, Changed
from watchfloor.kernel import ids
from watchfloor.kernel.db import Role, TenantTx
from watchfloor.kernel.ids import TenantId
from watchfloor.kernel.outbox import INCIDENT_CHANGED
from watchfloor.kernel.queries import Message
from watchfloor.ops.consumers import Resources

SURFACE: Final = "console"
DISCORD: Final = "discord"

_log: Final = logging.getLogger(__name__)


class ConsoleProjection:
    """Takes `incident.changed` from the outbox."""

    def __init__(self, valkey: Redis, *, with_discord: bool = False) -> None:
        self.name: Final = SURFACE
        self.topic: Final = INCIDENT_CHANGED
        self.role: Final = Role.BOT
        self.batch: Final = 100
        self._valkey = valkey
        self._with_discord = with_discord

    async def handle(self, tx: TenantTx, message: Message) -> None:
        """Notes the newest revision, as shown or as wanted. An incident that is gone needs no card."""
        incident_id = ids.parse("inc", message.key)
        revision = await queries.select_revision(tx, incident_id)
        if revision is not None:
            await queries.upsert_card(tx, incident_id, surface=SURFACE, revision=revision, message="")
            if self._with_discord:
                await queries.want_card(tx, incident_id, surface=DISCORD, revision=revision)

    async def committed(self, tenant_id: TenantId, messages: Sequence[Message]) -> None:
        """Tells the open consoles and the bot. Without Valkey they look for themselves every few seconds."""
        changed = Changed(tenant=ids.show("ten", tenant_id), incidents=tuple({message.key for message in messages}))
        try:
            await self._valkey.publish(  # pyright: ignore[reportUnknownMemberType]  untyped keywords
                CHANNEL, msgspec.json.encode(changed)
            )
        except RedisError as away:
            _log.warning("the consoles were not told of a change: %s", away)


def open_console(resources: Resources) -> ConsoleProjection:
    """The consumer, for the worker."""
    return ConsoleProjection(resources.valkey, with_discord=resources.settings.discord_token is not None)
