"""The board: which channel serves which purpose, and what is edited in place there. Kept in the operator's tenant."""

from typing import Final

from bot.discord import queries
from bot.discord.queries import ChannelRow
from watchfloor.access.queries import select_operator
from watchfloor.kernel.db import Database, directory_tx, tenant_tx
from watchfloor.kernel.errors import Unavailable
from watchfloor.kernel.ids import TenantId

QUEUE: Final = "queue"
APPROVALS: Final = "approvals"
HANDOVER: Final = "handover"
PAGING: Final = "paging"
LOG: Final = "bot-log"
TEXT_PURPOSES: Final = (QUEUE, APPROVALS, HANDOVER, PAGING, LOG)
CATEGORY: Final = "category"


def forum_of(pod: str) -> str:
    """The purpose of a pod's forum."""
    return f"forum:{pod}"


class Board:
    """The channels of this installation."""

    def __init__(self, *, directory: Database, records: Database) -> None:
        self._directory = directory
        self._records = records
        self._operator: TenantId | None = None

    async def operator(self) -> TenantId:
        """The MSSP's own tenant. Raises Unavailable before there is one."""
        if self._operator is None:
            async with directory_tx(self._directory) as tx:
                found = await select_operator(tx)
            if found is None:
                raise Unavailable("This installation has no operator yet.", remedy="Set it up first.")
            self._operator = TenantId(found)
        return self._operator

    async def all(self) -> list[ChannelRow]:
        """Every channel."""
        async with tenant_tx(self._records, await self.operator()) as tx:
            return await queries.select_channels(tx)

    async def find(self, guild_id: str, purpose: str) -> ChannelRow | None:
        """The channel for a purpose in one server."""
        return next((row for row in await self.all() if row.guild_id == guild_id and row.purpose == purpose), None)

    async def first(self, purpose: str) -> ChannelRow | None:
        """The channel for a purpose in the first server that has one."""
        return next((row for row in await self.all() if row.purpose == purpose), None)

    async def note(self, guild_id: str, purpose: str, *, channel_id: str, message_id: str = "") -> None:
        """Notes a channel, or what stands in it now."""
        row = ChannelRow(guild_id=guild_id, purpose=purpose, channel_id=channel_id, message_id=message_id)
        async with tenant_tx(self._records, await self.operator()) as tx:
            await queries.upsert_channel(tx, row)
