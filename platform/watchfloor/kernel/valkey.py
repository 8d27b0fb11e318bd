"""The client of Valkey, and hints through it. Losing Valkey loses time, never data.

A hint says "this tenant has work in this lane". Who waits for hints also sweeps all tenants from time to time,
because a hint may be lost; nothing else depends on one.
"""

from collections.abc import Awaitable
from typing import Final, cast
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import read_secret
from watchfloor.kernel.ids import TenantId
from watchfloor.kernel.secret import Secret

PASSWORD_FILE: Final = "valkey.default"  # noqa: S105  the name of the file, not the password
_MOST_TENANTS_AT_ONCE: Final = 100


def valkey_address(settings: Settings) -> Secret:
    """Where and how clients log in: VALKEY_URL, or the embedded server."""
    if settings.valkey_url is not None:
        return settings.valkey_url
    password = read_secret(settings, PASSWORD_FILE).reveal()
    return Secret(f"redis://:{password}@127.0.0.1:{settings.valkey_port}/0")


def connect(settings: Settings) -> Redis:
    """A client with a pool of its own. It connects when it is first used."""
    client: Redis = Redis.from_url(  # pyright: ignore[reportUnknownMemberType]  its keywords have no types
        valkey_address(settings).reveal(),
        socket_timeout=5,
        socket_connect_timeout=2,
        health_check_interval=30,
    )
    return client


class Wake:
    """Hints from who makes work to who does it, by lane."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def hint(self, lane: str, tenant_id: TenantId) -> None:
        """Says that the tenant has work. Says nothing when Valkey is away: the sweep will find it."""
        try:
            await self._client.zadd(_key(lane), {tenant_id.bytes: 0}, nx=True)
        except RedisError:
            return

    async def wait(self, lane: str, *, seconds: float) -> set[TenantId]:
        """The tenants that were hinted at, as soon as there are any, or none after `seconds`.

        Raises RedisError when Valkey is away, so that the caller can wait and sweep instead.
        """
        key = _key(lane)
        first = await cast("Awaitable[tuple[bytes, bytes, float] | None]", self._client.bzpopmin(key, seconds))
        if first is None:
            return set()
        more = cast("list[tuple[bytes, float]]", await self._client.zpopmin(key, _MOST_TENANTS_AT_ONCE))
        return {TenantId(UUID(bytes=member)) for member in (first[1], *(member for member, _ in more))}


def _key(lane: str) -> str:
    return f"wf:ready:{lane}"
