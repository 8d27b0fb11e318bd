"""Watching for changes: a word on Valkey's channel, or a look every few seconds when there is none."""

import asyncio

from redis.asyncio import Redis

from watchfloor.desk.changes import Word
from watchfloor.desk.chat_state import Outage, read_outage


class Watch:
    """Waits for the next change."""

    def __init__(self, valkey: Redis) -> None:
        self._valkey = valkey
        self._word = Word(valkey)

    @property
    def is_live(self) -> bool:
        """Whether a change is told at once."""
        return self._word.is_live

    async def outage(self) -> Outage | None:
        """Since when the chat is away; None while it is there, and when nobody can tell."""
        return await read_outage(self._valkey)

    async def follow(self, changed: asyncio.Event) -> None:
        """Sets `changed` whenever something may have changed, until it is cancelled."""
        await self._word.follow(lambda _: changed.set())
