"""Rate limits: never more than `count` in any `seconds`, over all processes (I8).

One Lua script in Valkey decides and notes in one step, by Valkey's own clock, so that any number of processes
together let through exactly what the limit says. It keeps the moments of the last `count` admissions as a list: the
oldest of them tells whether there is room. When Valkey is away `take` raises Unavailable: what checks credentials
stays shut then; what is behind a session goes on with `LocalLimiter`, which knows this process only.
"""

import time
from collections import OrderedDict, deque
from typing import Final, cast

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from watchfloor.kernel.errors import Unavailable, WatchfloorError

_SCRIPT: Final = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local count = tonumber(ARGV[1])
local window = tonumber(ARGV[2])
local oldest = redis.call('LINDEX', KEYS[1], count - 1)
if oldest then
  local left = tonumber(oldest) + window - now
  if left > 0 then
    return left
  end
end
if ARGV[3] == 'note' then
  redis.call('LPUSH', KEYS[1], string.format('%.0f', now))
  redis.call('LTRIM', KEYS[1], 0, count - 1)
  redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000))
end
return 0
"""
_MICROSECONDS: Final = 1_000_000
_KEYS_KEPT: Final = 10_000


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """At most `count` in any `seconds`. `name` keeps the counters of different limits apart."""

    name: str
    count: int
    seconds: int


_PROBE: Final = Limit(name="probe", count=1, seconds=1)


class LimitReached(WatchfloorError):
    """Somebody asks too often."""

    code = "too_many_requests"

    def __init__(self, limit: Limit, *, retry_after_seconds: float) -> None:
        super().__init__(
            "Too many requests.",
            where=limit.name,
            remedy=f"At most {limit.count} in {limit.seconds} seconds are let through. Wait, then try again.",
        )
        self.retry_after_seconds = max(1, -int(-retry_after_seconds // 1))


class Limiter:
    """The shared limiter."""

    def __init__(self, client: Redis) -> None:
        self._script = client.register_script(_SCRIPT)

    async def is_up(self) -> bool:
        """Whether requests can be counted."""
        try:
            await self.require_room(_PROBE, "probe")
        except Unavailable:
            return False
        return True

    async def take(self, limit: Limit, key: str) -> None:
        """Notes one more for `key`.

        Raises LimitReached when it would be one too many (it is not noted then), Unavailable when Valkey is away.
        """
        await self._run(limit, key, "note")

    async def require_room(self, limit: Limit, key: str) -> None:
        """Raises as `take` does, but notes nothing: for limits on failures, which are noted when one happens."""
        await self._run(limit, key, "look")

    async def _run(self, limit: Limit, key: str, mode: str) -> None:
        arguments = (limit.count, limit.seconds * _MICROSECONDS, mode)
        try:
            left = cast("int", await self._script(keys=[f"wf:limit:{limit.name}:{key}"], args=arguments))
        except RedisError:
            raise Unavailable(
                "Requests cannot be counted at the moment, so this one is not let through.",
                remedy="Try again in a few seconds.",
            ) from None
        if left > 0:
            raise LimitReached(limit, retry_after_seconds=left / _MICROSECONDS)


class LocalLimiter:
    """The same rule for this process alone, for a bounded number of keys."""

    def __init__(self) -> None:
        self._taken: OrderedDict[tuple[str, str], deque[float]] = OrderedDict()

    def take(self, limit: Limit, key: str) -> None:
        """Notes one more for `key`. Raises LimitReached when it would be one too many."""
        taken = self._taken.setdefault((limit.name, key), deque(maxlen=limit.count))
        self._taken.move_to_end((limit.name, key))
        if len(self._taken) > _KEYS_KEPT:
            self._taken.popitem(last=False)
        now = time.monotonic()
        if len(taken) == limit.count and now - taken[0] < limit.seconds:
            raise LimitReached(limit, retry_after_seconds=limit.seconds - (now - taken[0]))
        taken.append(now)
