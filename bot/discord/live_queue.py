"""The live queue: one message in the queue channel, edited in place, with what is open for all customers who agreed.

It is kept by tenant, so that a change of one is one query. A reference, a rule's title, a severity, a state and a
deadline are all it shows, and that a customer's exceptions end soon, whatever the level;
of a restricted incident only the reference.
"""

import time
from typing import Final

import discord
import msgspec

from bot.discord.agreements import Agreements
from bot.discord.board import QUEUE, Board
from bot.discord.cards import queue_layout
from bot.discord.posts import Posts
from watchfloor.desk.card import Row
from watchfloor.desk.display.exceptions import ending_rows
from watchfloor.desk.display.listing import QueueLine, lines_of
from watchfloor.desk.front import urgency
from watchfloor.desk.restriction.naming import restricted_in
from watchfloor.incidents.incident import OPEN_STATES
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.kernel.ids import TenantId

EVERY_SECONDS: Final = 5.0

_READ: Final = 200
_SHOWN: Final = 30


class _Read(msgspec.Struct, frozen=True, kw_only=True):
    """What was read of a tenant; of the references in `hidden` nothing else is shown."""

    lines: list[QueueLine] = msgspec.field(default_factory=list[QueueLine])
    ending: tuple[Row, ...] = ()
    hidden: frozenset[str] = frozenset()


class LiveQueue:
    """The queue of one installation."""

    def __init__(self, *, records: Database, agreements: Agreements, board: Board, posts: Posts) -> None:
        self._records = records
        self._agreements = agreements
        self._board = board
        self._posts = posts
        self._read: dict[TenantId, _Read] = {}
        self._shown_at = -EVERY_SECONDS
        self._is_stale = True

    async def read(self, tenant_id: TenantId) -> None:
        """Reads a tenant's open incidents anew. Raises Unavailable."""
        lines: list[QueueLine] = []
        ending: tuple[Row, ...] = ()
        hidden: frozenset[str] = frozenset()
        if await self._agreements.of(tenant_id) is not None:
            async with tenant_tx(self._records, tenant_id) as tx:
                lines = await lines_of(tx, states=OPEN_STATES, before=None, limit=_READ)
                ending = await ending_rows(tx)
                hidden = frozenset(await restricted_in(tx))
        read = _Read(lines=lines, ending=ending, hidden=hidden)
        if read != self._read.get(tenant_id, _Read()):
            self._read[tenant_id] = read
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
        lines = sorted((line for read in self._read.values() for line in read.lines), key=urgency)
        layout = queue_layout(
            lines[:_SHOWN],
            hidden=max(len(lines) - _SHOWN, 0),
            ending=[row for read in self._read.values() for row in read.ending],
            restricted={reference for read in self._read.values() for reference in read.hidden},
        )
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
