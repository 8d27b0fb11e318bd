"""A token bucket for each tenant, shared by all processes through Valkey; each process holds a little in advance.

Owns the arithmetic and its one script. A bucket fills at the rate up to the burst. Who draws gets all that is asked
for or nothing, so that a batch is not let through in parts; one that is larger than the burst needs a full bucket and
leaves a debt. When Valkey is away, each process goes on with buckets of its own.
"""

import logging
import time
from typing import Final, cast

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from watchfloor.feeds.intake.backlog import IntakeFull
from watchfloor.feeds.intake.rates.quota import Quota
from watchfloor.kernel.ids import TenantId

_SCRIPT: Final = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local amount, want = tonumber(ARGV[3]), tonumber(ARGV[4])
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = burst
if kept[1] then
  tokens = math.min(burst, tonumber(kept[1]) + math.max(0, now - tonumber(kept[2])) * rate)
end
local threshold = math.min(amount, burst)
local wait = math.max(0, (threshold - tokens) / rate)
if want > 0 then
  local granted = 0
  if tokens >= want then
    granted = want
  elseif wait == 0 then
    granted = amount
  end
  tokens = tokens - granted
  redis.call('HSET', KEYS[1], 'tokens', string.format('%.3f', tokens), 'at', string.format('%.6f', now))
  redis.call('PEXPIRE', KEYS[1], math.ceil((burst - tokens) / rate * 1000) + 1000)
  return {string.format('%.3f', granted), string.format('%.6f', wait)}
end
return {'0', string.format('%.6f', wait)}
"""
_ADVANCE_SECONDS: Final = 0.2
"""How much a process draws at once beyond what it needs, so that not every batch asks Valkey."""

_LONGEST_WAIT_SECONDS: Final = 3_600
_WARN_SECONDS: Final = 60.0
_logger: Final = logging.getLogger(__name__)


class _Local(msgspec.Struct):
    """A bucket of this process alone."""

    tokens: float
    at: float

    def draw(self, quota: Quota, *, amount: float, spends: bool, now: float) -> tuple[float, float]:
        self.tokens = min(quota.burst_bytes, self.tokens + (now - self.at) * quota.bytes_per_second)
        self.at = now
        wait = max(0.0, (min(amount, quota.burst_bytes) - self.tokens) / quota.bytes_per_second)
        granted = amount if spends and wait == 0.0 else 0.0
        self.tokens -= granted
        return granted, wait


class Meter:
    """Lets each tenant's bytes through as fast as its quota says."""

    def __init__(self, valkey: Redis | None) -> None:
        """Without Valkey the quota is this process's own."""
        self._script = None if valkey is None else valkey.register_script(_SCRIPT)
        self._held: dict[TenantId, float] = {}
        self._local: dict[TenantId, _Local] = {}
        self._warned_at = float("-inf")

    async def look(self, tenant_id: TenantId, size: int, quota: Quota) -> None:
        """Raises IntakeFull when `size` bytes would come too fast just now. Counts nothing."""
        amount = size - self._held.get(tenant_id, 0.0)
        if amount > 0:
            _, wait = await self._draw(tenant_id, amount, quota, spends=False)
            _check(wait, quota)

    async def spend(self, tenant_id: TenantId, size: int, quota: Quota) -> None:
        """Counts `size` bytes. Raises IntakeFull, and counts nothing, when they come too fast."""
        amount = size - self._held.get(tenant_id, 0.0)
        if amount > 0:
            granted, wait = await self._draw(tenant_id, amount, quota, spends=True)
            # Read again: another request of the tenant may have drawn and spent in the meantime.
            self._held[tenant_id] = self._held.get(tenant_id, 0.0) + granted
            _check(wait, quota)
        self._held[tenant_id] = self._held.get(tenant_id, 0.0) - size

    async def _draw(self, tenant_id: TenantId, amount: float, quota: Quota, *, spends: bool) -> tuple[float, float]:
        """How much may be used now, and after how many seconds all of it may."""
        if self._script is not None:
            want = amount + quota.bytes_per_second * _ADVANCE_SECONDS if spends else 0.0
            arguments = (quota.bytes_per_second, quota.burst_bytes, amount, want)
            try:
                answer = cast("tuple[bytes, bytes]", await self._script(keys=[f"wf:rate:{tenant_id}"], args=arguments))
            except (RedisError, OSError) as error:
                self._warn(error)
            else:
                return float(answer[0]), float(answer[1])
        now = time.monotonic()
        bucket = self._local.setdefault(tenant_id, _Local(tokens=quota.burst_bytes, at=now))
        return bucket.draw(quota, amount=amount, spends=spends, now=now)

    def _warn(self, error: Exception) -> None:
        now = time.monotonic()
        if now - self._warned_at >= _WARN_SECONDS:
            self._warned_at = now
            _logger.warning("Valkey is away, so each process of the doors counts for itself: %s", error)


def _check(wait: float, quota: Quota) -> None:
    if wait > 0:
        raise IntakeFull(
            f"You send more than the {quota.bytes_per_second} bytes of events a second that were agreed.",
            remedy="Send it again later, and more slowly.",
            retry_after_seconds=min(-int(-wait // 1), _LONGEST_WAIT_SECONDS),
            cause="rate",
        )
