"""The live queue: one message in the queue channel, edited in place, with what is open for all customers who agreed.

It is kept by tenant, so that a change of one is one query. A reference, a rule's title, a severity, a state and a
deadline are all it shows, whatever the level.
"""

import time
from typing import Final

import discord

from bot.discord.agreements import Agreements
from bot.discord.board import QUEUE, Board
from bot.discord.cards import queue_layout
from bot.discord.posts import Posts
from watchfloor.desk.display.listing import QueueLine, lines_of
from watchfloor.desk.front import urgency
from watchfloor.incidents.incident import OPEN_STATES
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.kernel.ids import TenantId

EVERY_SECONDS: Final = 5.0

_READ: Final = 200
_SHOWN: Final = 30


class LiveQueue:
    """The queue of one installation."""

    def __init__(self, *, records: Database, agreements: Agreements, board: Board, posts: Posts) -> None:
        self._records = records
        self._agreements = agreements
        self._board = board
        self._posts = posts
        self._lines: dict[TenantId, list[QueueLine]] = {}
        self._shown_at = -EVERY_SECONDS
        self._is_stale = True

    async def read(self, tenant_id: TenantId) -> None:
        """Reads a tenant's open incidents anew. Raises Unavailable."""
        lines: list[QueueLine] = []
        if await self._agreements.of(tenant_id) is not None:
            async with tenant_tx(self._records, tenant_id) as tx:
                lines = await lines_of(tx, states=OPEN_STATES, before=None, limit=_READ)
        if lines != self._lines.get(tenant_id, []):
            self._lines[tenant_id] = lines
            self._is_stale = True

    async def show(self) -> None:
        """Edits the message, if anything has changed and the last edit is some seconds ago.

        Raises discord's errors; the next call tries again.
        """
        now = time.monotonic()
        if not self._is_stale or now - self._shown_at < EVERY_SECONDS:
            return
        channel = await self._board.first(QUEUE)
        if channel is None:
            return
        self._shown_at = now
        lines = sorted((line for lines in self._lines.values() for line in lines), key=urgency)
        layout = queue_layout(lines[:_SHOWN], hidden=max(len(lines) - _SHOWN, 0))
        self._is_stale = False
        try:
            message = channel.message_id
            if message:
                try:
                    await self._posts.change(channel.channel_id, message, layout)
                except discord.NotFound:
                    message = ""
            if not message:
                message = await self._posts.say(channel.channel_id, layout)
                await self._board.note(channel.guild_id, QUEUE, channel_id=channel.channel_id, message_id=message)
        except (discord.HTTPException, discord.RateLimited):
            self._is_stale = True
            raise
