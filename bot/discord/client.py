"""The gateway's client: what Discord tells of, handed on. It keeps no messages and no members.

One intent (guilds), no mentions unless a message names them, no privileged access. Registering commands is here, and
done only when they have changed, because Discord counts registrations.
"""

import asyncio
import logging
from typing import Final, cast

import discord

from bot.discord.board import Board
from bot.discord.commands import fingerprint_of, registration
from bot.discord.interactions import Interactions
from watchfloor.kernel.telemetry import CHAT_GATEWAY

LONGEST_LIMIT_SECONDS: Final = 30.0
"""For how long the library may wait for Discord's limits before it says so."""

_READY_SECONDS: Final = 0.5

_log: Final = logging.getLogger(__name__)


class Client(discord.Client):
    """The bot's connection."""

    def __init__(self, *, interactions: Interactions, board: Board, guilds: frozenset[int]) -> None:
        super().__init__(
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            max_messages=None,
            chunk_guilds_at_startup=False,
            guild_ready_timeout=_READY_SECONDS,
            max_ratelimit_timeout=LONGEST_LIMIT_SECONDS,
        )
        self._interactions = interactions
        self._board = board
        self._guilds = guilds
        self.is_serving = asyncio.Event()
        self.is_registered = False

    def dispatch(self, event: str, /, *args: object, **kwargs: object) -> None:
        """Hands an event on, unless the connection is being closed: the library would fail over it then."""
        if not self.is_closed():
            super().dispatch(event, *args, **kwargs)

    async def on_interaction(self, interaction: discord.Interaction[discord.Client]) -> None:
        """Somebody typed, pressed or filled in something."""
        await self._interactions.take(interaction)

    async def on_ready(self) -> None:
        """A fresh session: what happened in between is gone, so the record is compared anew."""
        CHAT_GATEWAY.set(1)
        self.is_registered = False
        self.is_serving.set()

    async def on_resumed(self) -> None:
        """The session goes on where it was."""
        CHAT_GATEWAY.set(1)
        self.is_serving.set()

    async def on_disconnect(self) -> None:
        """The gateway is away; the library reconnects by itself."""
        CHAT_GATEWAY.set(0)
        self.is_serving.clear()

    async def register(self) -> None:
        """Registers the commands in each of our servers where they are not what they should be.

        Raises what the record or Discord raise: an installation may have no operator yet.
        """
        if self.application_id is None:
            return
        commands = registration()
        wanted = fingerprint_of(commands)
        for guild_id in sorted(self._guilds):
            if self.get_guild(guild_id) is None:
                _log.warning("the bot is no member of a server that it should serve")
                continue
            known = await self._board.find(str(guild_id), "commands")
            if known is not None and known.message_id == wanted:
                continue
            await self.http.bulk_upsert_guild_commands(
                self.application_id, guild_id, cast("list[dict[str, object]]", commands)
            )
            await self._board.note(str(guild_id), "commands", channel_id="", message_id=wanted)
        self.is_registered = True
