"""Watching for changes: a word on Valkey's channel, or a look every few seconds when there is none."""

import asyncio
from typing import Final

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from bot.projection import CHANNEL

LOOK_SECONDS: Final = 5.0
"""How often to look when nobody can tell; also how long an unnoticed change may stay unseen."""

_QUIET_SECONDS: Final = 30.0


class Watch:
    """Waits for the next change."""

    def __init__(self, valkey: Redis) -> None:
        self._valkey = valkey
        self.is_live = False

    async def follow(self, changed: asyncio.Event) -> None:
        """Sets `changed` whenever something may have changed, until it is cancelled."""
        while True:
            try:
                await self._listen(changed)
            except (RedisError, OSError):
                self.is_live = False
            changed.set()
            await asyncio.sleep(LOOK_SECONDS)

    async def _listen(self, changed: asyncio.Event) -> None:
        channel: PubSub = self._valkey.pubsub()  # pyright: ignore[reportUnknownMemberType]  untyped keywords
        async with channel:
            await channel.subscribe(CHANNEL)  # pyright: ignore[reportUnknownMemberType]  untyped keywords
            self.is_live = True
            changed.set()
            while True:
                await channel.get_message(ignore_subscribe_messages=True, timeout=_QUIET_SECONDS)
                changed.set()
