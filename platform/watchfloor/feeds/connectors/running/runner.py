"""The runner: takes streams that are due, of all tenants in turn, and works on each for a turn.

Any number of runners may work at once, and each may die at any moment: which streams are due, who holds them and where
they stand is in the database. Owns the slots. Whoever has fewest of them is next, so a tenant with many streams cannot
keep another waiting. A connector has a quarter of them at most; one that fails or was not proven yet has one in all.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

import msgspec

from watchfloor.feeds.connectors.catalogue import Catalogue, find_connector
from watchfloor.feeds.connectors.connector import Connector, Stream
from watchfloor.feeds.connectors.instances.sealing import SealedTold, unseal
from watchfloor.feeds.connectors.reach import Reach
from watchfloor.feeds.connectors.running import queries
from watchfloor.feeds.connectors.running.commit import Holding
from watchfloor.feeds.connectors.running.queries import TakenRow
from watchfloor.feeds.connectors.running.turn import Pace, Turn, note
from watchfloor.feeds.feed import Feed
from watchfloor.feeds.intake.queue import Intake
from watchfloor.feeds.registry import get_feed
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import directory_tx, tenant_tx
from watchfloor.kernel.errors import NotFound, Unavailable, WatchfloorError
from watchfloor.kernel.ids import FeedId, TenantId, new_uuid
from watchfloor.kernel.logging import log_context
from watchfloor.kernel.telemetry import CONNECTOR_TURNS
from watchfloor.tenancy.directory import active_tenants
from watchfloor.tenancy.keyring import Keyring

SLOTS: Final = 16
SWEEP_SECONDS: Final = 5.0
_SHORTEST_WAIT_SECONDS: Final = 0.05

_log: Final = logging.getLogger(__name__)


class Tools(msgspec.Struct, frozen=True, kw_only=True):
    """What a runner works with. `hint` is called when a tenant has new events."""

    reach: Reach
    keyring: Keyring
    intake: Intake
    catalogue: Catalogue
    hint: Callable[[TenantId], None]
    chance: random.Random


class Runner:
    """Works on the streams of all tenants until it is told to stop."""

    def __init__(
        self, tools: Tools, *, pace: Pace | None = None, slots: int = SLOTS, sweep_seconds: float = SWEEP_SECONDS
    ) -> None:
        self._tools = tools
        self._pace = pace or Pace()
        self._slots = slots
        self._most_of_one = max(1, slots // 4)
        self._sweep_seconds = sweep_seconds
        self._holder = str(new_uuid())
        self._kinds = list(tools.catalogue)
        self._running: dict[asyncio.Task[None], tuple[TenantId, FeedId]] = {}
        self._due: dict[TenantId, float] = {}
        self._ended = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Works until `stop` is set. Turns under way end with the page that they are at."""
        next_sweep = 0.0
        while not stop.is_set():
            self._ended.clear()
            try:
                if time.monotonic() >= next_sweep:
                    await self.sweep()
                    next_sweep = time.monotonic() + self._sweep_seconds
                await self.fill(stop)
            except Unavailable as away:
                _log.warning("the connectors wait: %s", away)
                next_sweep = time.monotonic() + 1
            await self._wait(stop, until=next_sweep)
        if self._running:
            await asyncio.wait(self._running)

    async def fill(self, stop: asyncio.Event) -> None:
        """Gives the free slots away. Raises Unavailable when the database is away."""
        while len(self._running) < self._slots and not stop.is_set():
            tenant_id = self._next_tenant()
            if tenant_id is None:
                return
            await self._begin(tenant_id, stop)

    async def finish(self) -> None:
        """Waits for the turns under way."""
        while self._running:
            await asyncio.wait(self._running)

    def _next_tenant(self) -> TenantId | None:
        """Of the tenants that have something due the one with fewest slots, and of those the one due for longest."""
        now = time.monotonic()
        slots = Counter(tenant_id for tenant_id, _ in self._running.values())
        ready = [(slots[tenant_id], at, tenant_id) for tenant_id, at in self._due.items() if at <= now]
        return min(ready)[2] if ready else None

    async def _begin(self, tenant_id: TenantId, stop: asyncio.Event) -> None:
        """Takes one stream of the tenant's and begins its turn; or learns when to ask again."""
        tools, held = self._tools, Counter(feed_id for _, feed_id in self._running.values())
        full = [feed_id for feed_id, count in held.items() if count >= self._most_of_one]
        async with tenant_tx(tools.reach.database, tenant_id) as tx:
            row = await queries.take_stream(
                tx, holder=self._holder, seconds=self._pace.lease_seconds, kinds=self._kinds, but=full
            )
            if row is None:
                seconds = await queries.select_seconds_to_due(tx)
                # What is due and was not to be had is held back by a limit: its turn comes when another ends.
                wait = self._sweep_seconds if seconds is None or seconds <= 0 else seconds
                self._due[tenant_id] = time.monotonic() + max(wait, _SHORTEST_WAIT_SECONDS)
                return
            feed = await get_feed(tx, row.feed_id)
            cipher = await tools.keyring.cipher(tx)
        self._due[tenant_id] = time.monotonic()
        with log_context(tenant_id=tenant_id):
            task = asyncio.create_task(self._work(feed, row, cipher, stop))
        self._running[task] = (tenant_id, row.feed_id)
        task.add_done_callback(self._end)

    def _end(self, task: "asyncio.Task[None]") -> None:
        tenant_id, _ = self._running.pop(task)
        self._due[tenant_id] = time.monotonic()
        self._ended.set()

    async def _work(self, feed: Feed, row: TakenRow, cipher: TenantCipher, stop: asyncio.Event) -> None:
        """A turn from its beginning to its end. Nothing of it may end the runner."""
        outcome, tools = "broken", self._tools
        try:
            turn = self._turn(feed, row, cipher)
            outcome = await turn.run(stop)
            if turn.records:
                tools.hint(feed.tenant_id)
        except Unavailable as away:
            _log.error("a turn of a connector could not be ended: %s", away)
        except WatchfloorError as fault:
            _log.error("a connector cannot be run: %s", fault)
            with contextlib.suppress(Unavailable):
                await note(tools.reach.database, feed, row, fault, has_worked=False, chance=tools.chance)
        CONNECTOR_TURNS.labels(connector=row.kind, outcome=outcome).inc()

    def _turn(self, feed: Feed, row: TakenRow, cipher: TenantCipher) -> Turn:
        """The turn of a stream that was taken. Raises Unopenable, NotFound."""
        tools = self._tools
        connector = find_connector(tools.catalogue, row.kind)
        told = unseal(cipher, row.feed_id, SealedTold(settings=row.settings, secrets=row.secrets))
        remote = tools.reach.remote(feed, told)
        stream = stream_of(connector, row.name)
        holding = Holding(feed=feed, stream=stream, row=row, seconds=self._pace.lease_seconds)
        return Turn(
            tools.reach.database, tools.intake, connector, remote, holding, pace=self._pace, chance=tools.chance
        )

    async def sweep(self) -> None:
        """Every tenant is asked again: it may have something new."""
        async with directory_tx(self._tools.reach.database) as tx:
            tenants = await active_tenants(tx)
        now = time.monotonic()
        self._due = {tenant_id: min(self._due.get(tenant_id, now), now) for tenant_id in tenants}

    async def _wait(self, stop: asyncio.Event, *, until: float) -> None:
        """Waits until a slot is free, something is due or it is time to sweep."""
        soonest = until if len(self._running) >= self._slots else min([until, *self._due.values()])
        seconds = max(soonest - time.monotonic(), _SHORTEST_WAIT_SECONDS)
        waiting = [asyncio.create_task(stop.wait()), asyncio.create_task(self._ended.wait())]
        try:
            await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()


def stream_of(connector: Connector, name: str) -> Stream:
    """The connector's stream with this name. Raises NotFound."""
    found = next((stream for stream in connector.manifest.streams if stream.name == name), None)
    if found is None:
        raise NotFound(f"{connector.manifest.title} has no stream {name}.")
    return found
