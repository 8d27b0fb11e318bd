"""Upkeep, once an hour: posts of incidents that were closed long ago are deleted, and drift is told.

Deleting a post takes everything that was said in it out of the chat; the record keeps its own timeline. Drift is what
somebody changed by hand: a channel that is gone, or open to others than planned. It is told and never undone.
"""

import time
from collections.abc import Iterable
from typing import Final

from bot.discord import queries
from bot.discord.agreements import Agreement
from bot.discord.board import LOG, Board
from bot.discord.cards import text_layout
from bot.discord.channels import Builder, plan
from bot.discord.client import Client
from bot.discord.markdown import plain
from bot.discord.posts import Posts
from bot.discord.roles import RoleSync
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.kernel.ids import TenantId

EVERY_SECONDS: Final = 3_600.0
POST_DAYS: Final = 30
"""How long after the closing of an incident its post stays."""

_TOLD: Final = 20


class Upkeep:
    """The upkeep of one bot."""

    def __init__(self, client: Client, *, records: Database, board: Board, posts: Posts, roles: RoleSync) -> None:
        self._client = client
        self._records = records
        self._board = board
        self._posts = posts
        self._roles = roles
        self._at = time.monotonic() - EVERY_SECONDS + 60

    def is_due(self) -> bool:
        """Whether an hour has passed. Asked once, it counts as begun."""
        now = time.monotonic()
        if now - self._at < EVERY_SECONDS:
            return False
        self._at = now
        return True

    async def keep_roles(self) -> bool:
        """Brings roles into step with the record, if it is time; returns whether it was."""
        if not self._roles.is_due():
            return False
        await self._roles.turn()
        return True

    async def forget(self, tenant_id: TenantId) -> int:
        """Deletes a tenant's old posts; returns how many."""
        async with tenant_tx(self._records, tenant_id) as tx:
            old = await queries.select_old_posts(tx, days=POST_DAYS)
        for post in old:
            await self._posts.delete(post.thread)
            async with tenant_tx(self._records, tenant_id) as tx:
                await queries.forget_post(tx, post.incident_id)
        return len(old)

    async def tell_drift(self, agreements: Iterable[Agreement]) -> list[str]:
        """Tells in the bot's log what is not as planned, and returns it."""
        channel = await self._board.first(LOG)
        if channel is None:
            return []
        guild = self._client.get_guild(int(channel.guild_id))
        if guild is None:
            return []
        builder = Builder(guild, self._board, me=self._client.user)
        found = await builder.drift(plan(agreement.pod for agreement in agreements)) + await self._roles.drift()
        if found:
            lines = [f"\\- {plain(text, limit=120)}" for text in found[:_TOLD]]
            await self._posts.say(channel.channel_id, text_layout("\n".join(["Not as planned:", *lines])))
        return found
