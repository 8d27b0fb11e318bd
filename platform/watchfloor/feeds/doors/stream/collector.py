"""Gathers the messages of a feed, from all of its connections, into batches, and makes these durable one by one.

Owns when a batch is closed (by events, bytes, or a moment after its first event), that a feed has one put under way and
a tenant two, and what happens while nothing can be stored: the batch is kept and tried again, its senders wait, and
whoever is too many finds no room (Q3, Q4). A connection learns from the batch's future that its messages are durable,
or that they were given up.
"""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Sequence
from typing import Final

import asyncpg
import msgspec

from watchfloor.feeds.batch import PackedBatch, Packer, SentEvent
from watchfloor.feeds.doors.admission import Admission, Busy
from watchfloor.feeds.doors.hints import Hints
from watchfloor.feeds.feed import Feed
from watchfloor.feeds.intake.queue import Intake, Sender
from watchfloor.kernel import ids
from watchfloor.kernel.errors import Unavailable, WatchfloorError
from watchfloor.kernel.ids import FeedId, TenantId
from watchfloor.kernel.telemetry import INTAKE_BATCHES, INTAKE_BYTES, span

BATCH_EVENTS: Final = 5_000
BATCH_BYTES: Final = 1_000_000
PUTS_OF_A_TENANT: Final = 2

_LONGEST_REST: Final = 5.0
_ROOM_SECONDS: Final = 0.05
_LAST_SECONDS: Final = 2.0
_SEVERAL: Final = "several"
# How a connection to the database may break while it is used. Whether the batch was committed is not known then.
_DRIVER_FAULTS: Final = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, ConnectionError)
_logger: Final = logging.getLogger(__name__)

Ticket = asyncio.Future[None]
"""Done when the messages are durable; fails with a WatchfloorError when they were given up."""


class Manner(msgspec.Struct, frozen=True, kw_only=True):
    """How the messages of a door are gathered.

    A batch is put `linger` seconds after its first event, at once when it has `prompt` events. It is given up after
    `patience` seconds without success; None never gives up while the program runs.
    """

    linger: float
    prompt: int
    patience: float | None


class _Batch:
    def __init__(self, admission: Admission, tenant_id: TenantId) -> None:
        self.packer = Packer(takes_unreadable=True)
        self.held = contextlib.ExitStack()
        self.share = self.held.enter_context(admission.share(tenant_id))
        self.made_at = time.monotonic()
        self.ticket: Ticket = asyncio.get_running_loop().create_future()
        self.ticket.add_done_callback(_retrieve)
        self.remote = ""
        self.agent = ""

    def has_room(self, events: int, size: int) -> bool:
        packer = self.packer
        return packer.events == 0 or (packer.events + events <= BATCH_EVENTS and packer.raw_bytes + size <= BATCH_BYTES)


class Yard:
    """What all collectors of a process share."""

    def __init__(self, intake: Intake, admission: Admission, hints: Hints) -> None:
        self.intake = intake
        self.admission = admission
        self.hints = hints
        self.is_closing = asyncio.Event()
        self.is_over = asyncio.Event()
        self._puts: dict[TenantId, asyncio.Semaphore] = {}
        self._turns: dict[TenantId, asyncio.Lock] = {}
        self._collectors: dict[FeedId, Collector] = {}

    def collector(self, feed: Feed, manner: Manner) -> "Collector":
        """The collector of a feed."""
        found = self._collectors.get(feed.id)
        if found is None:
            found = self._collectors[feed.id] = Collector(self, feed, manner)
        found.feed = feed
        return found

    def puts(self, tenant_id: TenantId) -> asyncio.Semaphore:
        """Held while something of the tenant is put."""
        return self._puts.setdefault(tenant_id, asyncio.Semaphore(PUTS_OF_A_TENANT))

    def turn(self, tenant_id: TenantId) -> asyncio.Lock:
        """Held while one connection of the tenant has its turn."""
        return self._turns.setdefault(tenant_id, asyncio.Lock())

    def forget(self, feed_id: FeedId) -> None:
        """A collector has nothing left."""
        self._collectors.pop(feed_id, None)

    async def finish(self, *, seconds: float) -> None:
        """Puts what has been gathered without waiting for more; what cannot be put in time is given up."""
        self.is_closing.set()
        running = [task for one in self._collectors.values() if (task := one.task) is not None]
        if running:
            await asyncio.wait(running, timeout=seconds)
        self.is_over.set()
        if running:
            await asyncio.wait(running, timeout=_LAST_SECONDS)
        for task in running:
            task.cancel()


class Collector:
    """The batches of one feed. It runs while there is anything to put."""

    def __init__(self, yard: Yard, feed: Feed, manner: Manner) -> None:
        self.feed = feed
        self.task: asyncio.Task[None] | None = None
        self._yard = yard
        self._manner = manner
        self._batches: deque[_Batch] = deque()
        self._ripe = asyncio.Event()

    async def add(self, events: Sequence[SentEvent], *, remote: str, agent: str) -> Ticket:
        """Adds messages (a few hundred at most) to a batch. Waits while the tenant has no room.

        Raises Unavailable when there is none for too long.
        """
        size = sum(len(event.body) for event in events)
        begun = time.monotonic()
        while True:
            batch = self._open_batch(len(events), size)
            try:
                batch.share.take(size)
                break
            except Busy as busy:
                if self._is_spent(begun):
                    raise Unavailable("There was no room for too long.") from busy
                await asyncio.sleep(_ROOM_SECONDS)
        for event in events:
            batch.packer.add(event)
        batch.remote = remote if batch.remote in ("", remote) else _SEVERAL
        batch.agent = agent
        if batch.packer.events >= self._manner.prompt:
            self._ripe.set()
        return batch.ticket

    def _open_batch(self, events: int, size: int) -> _Batch:
        """The batch that takes so much more. Only the last one takes anything."""
        if not self._batches or not self._batches[-1].has_room(events, size):
            self._batches.append(_Batch(self._yard.admission, self.feed.tenant_id))
            self._ripe.set()
        if self.task is None:
            self.task = asyncio.create_task(self._run(), name="collect")
        return self._batches[-1]

    async def _run(self) -> None:
        try:
            while self._batches:
                await self._ripen()
                batch = self._batches.popleft()
                with batch.held:
                    await self._put(batch)
        finally:
            self.task = None
            self._yard.forget(self.feed.id)

    async def _ripen(self) -> None:
        """Waits until the first batch is to be put: it is full enough, another one is open, or its moment is over."""
        while len(self._batches) == 1 and not self._yard.is_closing.is_set():
            batch = self._batches[0]
            left = batch.made_at + self._manner.linger - time.monotonic()
            if left <= 0 or batch.packer.events >= self._manner.prompt:
                return
            self._ripe.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._ripe.wait()

    async def _put(self, batch: _Batch) -> None:
        if batch.packer.events == 0:
            batch.ticket.set_result(None)
            return
        packed = batch.packer.finish()
        door = self.feed.door
        try:
            with span("door.collect", door=door):
                await self._put_at_last(batch, packed)
        except WatchfloorError as error:
            INTAKE_BATCHES.labels(door, "refused").inc()
            _logger.warning("%d messages of a feed were given up: %s", packed.events, error, extra={"code": error.code})
            batch.ticket.set_exception(error)
            return
        except asyncio.CancelledError:
            batch.ticket.cancel()
            raise
        INTAKE_BATCHES.labels(door, "accepted").inc()
        INTAKE_BYTES.labels(door).inc(packed.raw_bytes)
        batch.ticket.set_result(None)
        self._yard.hints.give(self.feed.tenant_id)

    async def _put_at_last(self, batch: _Batch, packed: PackedBatch) -> None:
        """Tries until the batch is durable. Raises what the intake raised last when patience or the program ends."""
        sender = Sender(remote=batch.remote, user_agent=batch.agent, content_type="", request_id=str(ids.new_uuid()))
        begun = time.monotonic()
        while True:
            try:
                async with self._yard.puts(self.feed.tenant_id):
                    await self._yard.intake.put(self.feed, packed, sender)
                    return
            except Unavailable as away:
                INTAKE_BATCHES.labels(self.feed.door, "full").inc()
                if self._is_spent(begun):
                    raise
                rest = min(away.retry_after_seconds, _LONGEST_REST)
            except _DRIVER_FAULTS as fault:
                if self._is_spent(begun):
                    raise Unavailable("The database fails.") from fault
                rest = 1.0
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(rest):
                    await self._yard.is_over.wait()

    def _is_spent(self, begun: float) -> bool:
        patience = self._manner.patience
        return self._yard.is_over.is_set() or (patience is not None and time.monotonic() - begun > patience)


def _retrieve(ticket: Ticket) -> None:
    """Whoever waits has the error; if all hung up, nobody misses it."""
    if not ticket.cancelled():
        ticket.exception()
