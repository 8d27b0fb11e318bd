"""The bot's rounds: looks where something has changed, and everywhere from time to time, and shows it.

Owns the order of work: pages first, then cards by severity, then the queue. It waits for a word on the channel of
changes; without Valkey it only looks everywhere. Nothing is kept here that would be lost.
"""

import asyncio
import logging
import time
from typing import Final, cast

import msgspec
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from bot.discord import queries
from bot.discord.agreements import Agreement, Agreements
from bot.discord.client import Client
from bot.discord.counter import Counter
from bot.discord.faults import FAULTS
from bot.discord.interactions import Interactions
from bot.discord.live_queue import LiveQueue
from bot.discord.ownership import paused
from bot.discord.projection import Projection
from bot.discord.upkeep import Upkeep
from watchfloor.desk.changes import CHANNEL, Changed
from watchfloor.desk.chat_state import BotState, tell_state
from watchfloor.kernel import ids
from watchfloor.kernel.clock import Clock
from watchfloor.kernel.db import directory_tx, tenant_tx
from watchfloor.kernel.errors import WatchfloorError
from watchfloor.kernel.ids import TenantId
from watchfloor.kernel.neutralise import Untrusted, for_log
from watchfloor.kernel.telemetry import CHAT_LAG
from watchfloor.tenancy.directory import active_tenants

SWEEP_SECONDS: Final = 10.0
"""How often all tenants are looked at."""

_TICK_SECONDS: Final = 0.25
_STATE_SECONDS: Final = 5.0
_LISTEN_AGAIN_SECONDS: Final = 5.0

_log: Final = logging.getLogger(__name__)


class Rounds:
    """The rounds of the gateway's owner."""

    def __init__(
        self,
        client: Client,
        *,
        counter: Counter,
        valkey: Redis,
        agreements: Agreements,
        projection: Projection,
        queue: LiveQueue,
        upkeep: Upkeep,
        interactions: Interactions,
        clock: Clock,
    ) -> None:
        self._client = client
        self._directory = counter.front.directory
        self._records = counter.front.records
        self._valkey = valkey
        self._agreements = agreements
        self._projection = projection
        self._queue = queue
        self._upkeep = upkeep
        self._interactions = interactions
        self._clock = clock
        self._due: dict[TenantId, float] = {}
        self._adopted: set[TenantId] = set()
        self._swept_at = -SWEEP_SECONDS
        self._said_at = -_STATE_SECONDS
        self._register_at = 0.0

    async def run(self, stop: asyncio.Event) -> None:
        """Goes round until `stop` is set."""
        while not stop.is_set():
            try:
                await self.once()
            except (WatchfloorError, *FAULTS) as fault:
                _log.warning("a round of the bot was cut short: %s", for_log(Untrusted(str(fault))))
            await paused(stop, _TICK_SECONDS)

    async def once(self) -> None:
        """One round. Raises what the record or Discord raise."""
        now = time.monotonic()
        if now - self._swept_at >= SWEEP_SECONDS:
            self._swept_at = now
            for tenant_id in await self.agreed():
                self._due.setdefault(tenant_id, now)
        if now - self._said_at >= _STATE_SECONDS:
            self._said_at = now
            await self._say()
        if not self._client.is_serving.is_set():
            self._adopted.clear()
            return
        if not self._client.is_registered and now >= self._register_at:
            self._register_at = now + SWEEP_SECONDS
            await self._client.register()
        for tenant_id in [tenant for tenant, at in self._due.items() if at <= now]:
            del self._due[tenant_id]
            await self._look(tenant_id)
        await self._queue.show()
        await self._keep()

    async def _keep(self) -> None:
        """Keeps roles and restricted forums in step with the record, and once an hour the rest."""
        if await self._upkeep.keep_roles():
            for tenant_id in self._adopted:
                await self._projection.rejoin(tenant_id)
        if self._upkeep.is_due():
            for tenant_id in self._adopted:
                await self._upkeep.forget(tenant_id)
            await self._upkeep.tell_drift(await self.agreements())

    async def listen(self, stop: asyncio.Event) -> None:
        """Hears of changes until `stop` is set. Without Valkey the sweep finds them."""
        while not stop.is_set():
            try:
                channel: PubSub = self._valkey.pubsub()  # pyright: ignore[reportUnknownMemberType]  untyped keywords
                async with channel:
                    await channel.subscribe(CHANNEL)  # pyright: ignore[reportUnknownMemberType]  untyped keywords
                    while not stop.is_set():
                        told = cast(
                            "dict[str, object] | None",
                            await channel.get_message(ignore_subscribe_messages=True, timeout=1.0),
                        )
                        if told is not None:
                            self._heard(told)
            except (RedisError, OSError):
                await paused(stop, _LISTEN_AGAIN_SECONDS)

    async def agreed(self) -> list[TenantId]:
        """The tenants that have agreed to the chat."""
        async with directory_tx(self._directory) as tx:
            everyone = await active_tenants(tx)
        return [tenant_id for tenant_id in everyone if await self._agreements.of(tenant_id) is not None]

    async def agreements(self) -> list[Agreement]:
        """What they agreed to."""
        found = [await self._agreements.of(tenant_id) for tenant_id in await self.agreed()]
        return [agreement for agreement in found if agreement is not None]

    async def _look(self, tenant_id: TenantId) -> None:
        if tenant_id not in self._adopted:
            await self._projection.adopt(tenant_id)
            self._adopted.add(tenant_id)
        await self._queue.read(tenant_id)
        again = await self._projection.turn(tenant_id, tenants=len(self._adopted))
        if again is not None:
            self._due[tenant_id] = time.monotonic() + again

    def _heard(self, told: dict[str, object]) -> None:
        try:
            changed = msgspec.json.decode(cast("bytes", told["data"]), type=Changed)
            self._due[TenantId(ids.parse("ten", changed.tenant))] = time.monotonic()
        except (msgspec.DecodeError, WatchfloorError):
            return

    async def _say(self) -> None:
        waits = [0.0]
        for tenant_id in self._adopted:
            async with tenant_tx(self._records, tenant_id) as tx:
                waits.append(await queries.select_oldest_wanted(tx) or 0.0)
        CHAT_LAG.set(max(waits))
        last = self._interactions.last_at
        latency = self._client.latency
        await tell_state(
            self._valkey,
            BotState(
                gateway=self._client.is_serving.is_set(),
                at=self._clock.now(),
                latency_seconds=latency if latency == latency and latency < 1e6 else 0.0,  # noqa: PLR0124  NaN before the first heartbeat
                oldest_card_seconds=max(waits),
                seconds_since_interaction=None if last is None else time.monotonic() - last,
            ),
        )
