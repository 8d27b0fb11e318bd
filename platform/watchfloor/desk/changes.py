"""Word of changed incidents, for the surfaces that are open: that there is something to show again, never what it is.

Owns the channel's name and the form of what is told on it. Ids only: what they stand for is read from the record under
the reader's own rights. A word may be lost, so whoever waits for one also looks by itself from time to time.
"""

import asyncio
from collections.abc import Callable
from typing import Final, cast

import msgspec
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

CHANNEL: Final = "wf:incidents"
"""The Valkey channel on which changes are told."""

LOOK_SECONDS: Final = 5.0
"""How often to look when nobody can tell; also how long an unnoticed change may stay unseen."""

_QUIET_SECONDS: Final = 30.0


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """What is told: incidents (`inc_...`) of a tenant (`ten_...`) have changed."""

    tenant: str
    incidents: tuple[str, ...]


class Word:
    """Listens on the channel. `is_live` says whether anything can be heard at the moment."""

    def __init__(self, valkey: Redis) -> None:
        self._valkey = valkey
        self.is_live = False

    async def follow(self, heard: Callable[[Changed | None], None]) -> None:
        """Passes on each word until it is cancelled, and None when something may have changed unheard.

        None comes at the beginning, after half a minute of silence, and every `LOOK_SECONDS` while Valkey is away.
        """
        while True:
            try:
                await self._listen(heard)
            except (RedisError, OSError):
                self.is_live = False
            heard(None)
            await asyncio.sleep(LOOK_SECONDS)

    async def _listen(self, heard: Callable[[Changed | None], None]) -> None:
        channel: PubSub = self._valkey.pubsub()  # pyright: ignore[reportUnknownMemberType]  untyped keywords
        async with channel:
            await channel.subscribe(CHANNEL)  # pyright: ignore[reportUnknownMemberType]  untyped keywords
            self.is_live = True
            heard(None)
            while True:
                told = cast(
                    "dict[str, object] | None",
                    await channel.get_message(ignore_subscribe_messages=True, timeout=_QUIET_SECONDS),
                )
                heard(None if told is None else _read(told.get("data")))


def _read(data: object) -> Changed | None:
    """What was told; None for what is not understood, so that a reader looks rather than misses it."""
    try:
        return msgspec.json.decode(data if isinstance(data, bytes) else b"", type=Changed)
    except msgspec.DecodeError:
        return None
