"""What the chat's program says about itself, for the doctor and for the other surfaces.

Kept in Valkey for half a minute, so that silence tells, too. When it was connected last is kept longer: an analyst at
another surface is told since when the chat is away.
"""

from datetime import datetime, timedelta
from typing import Final, cast

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

KEPT_SECONDS: Final = 30

_KEY: Final = "wf:chat:state"
_SEEN: Final = "wf:chat:seen"
_SEEN_KEPT: Final = timedelta(days=30)


class BotState(msgspec.Struct, frozen=True, kw_only=True):
    """How the bot is. `oldest_card_seconds` is for how long the oldest card has waited, 0 when none does."""

    gateway: bool
    at: datetime
    latency_seconds: float
    oldest_card_seconds: float
    seconds_since_interaction: float | None


class Outage(msgspec.Struct, frozen=True, kw_only=True):
    """The chat is away; `since` is None when it was not there for a month."""

    since: datetime | None


async def tell_state(valkey: Redis, state: BotState) -> None:
    """Says how the bot is; nothing when Valkey is away."""
    try:
        await valkey.set(_KEY, msgspec.json.encode(state), ex=KEPT_SECONDS)
        if state.gateway:
            await valkey.set(_SEEN, msgspec.json.encode(state.at), ex=_SEEN_KEPT)
    except RedisError:
        return


async def read_state(valkey: Redis) -> BotState | None:
    """How the bot was at last; None when it has not said so lately, or Valkey is away."""
    try:
        told = cast("bytes | None", await valkey.get(_KEY))
    except RedisError:
        return None
    return None if told is None else msgspec.json.decode(told, type=BotState)


async def read_outage(valkey: Redis) -> Outage | None:
    """Since when the chat is away; None while it is there, and when nobody can tell because Valkey is away."""
    state = await read_state(valkey)
    if state is not None and state.gateway:
        return None
    try:
        seen = cast("bytes | None", await valkey.get(_SEEN))
    except RedisError:
        return None
    return Outage(since=None if seen is None else msgspec.json.decode(seen, type=datetime))
