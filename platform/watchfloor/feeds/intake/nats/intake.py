"""The intake on NATS JetStream: durable on a majority of servers, worked exactly once by way of PostgreSQL.

A message may come twice: after a crash between commit and acknowledgement, or when its worker was too slow. The
transaction that works it marks its batch as taken, so whoever gets it again finds the mark and only acknowledges. It
never looks into an event.
"""

import contextlib
import logging
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

import msgspec
from nats.aio.msg import Msg

from watchfloor.feeds.batch import PackedBatch
from watchfloor.feeds.feed import Feed
from watchfloor.feeds.hours import count_repeat
from watchfloor.feeds.intake import queries as intake_queries
from watchfloor.feeds.intake.nats import queries
from watchfloor.feeds.intake.nats.held import Held, Shelf
from watchfloor.feeds.intake.nats.letter import Letter, read_letter, write_letter
from watchfloor.feeds.intake.nats.server import Server
from watchfloor.feeds.intake.nats.sorting import Arrived, sort_out
from watchfloor.feeds.intake.places import write_places
from watchfloor.feeds.intake.queue import Alongside, Lane, Place, Receipt, Sender, Work, lane_of
from watchfloor.feeds.intake.requests import metadata_of, request_hash
from watchfloor.feeds.intake.turnstile import Turnstile
from watchfloor.kernel.clock import Clock
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import Database, TenantTx, directory_tx, tenant_tx
from watchfloor.kernel.ids import BatchId, TenantId, new_uuid
from watchfloor.tenancy.keyring import Keyring

_LOOK_AHEAD: Final = 64
_PACKED_SHARE: Final = 4
"""Events take at least so many times the room of what is pulled: they are compressed."""

_SMALL_BYTES: Final = 16_384
_FORGET_SECONDS: Final = 60.0
_UNREADABLE_SECONDS: Final = 3600.0
_logger: Final = logging.getLogger(__name__)


class _Repeat(Exception):
    """The request stands in the stream already: takes back what was written alongside, and is no error."""


class NatsIntake:
    """The intake in the tenants' streams."""

    def __init__(
        self, server: Server, database: Database, keyring: Keyring, *, turnstile: Turnstile, clock: Clock
    ) -> None:
        """`database` is one of wf_app."""
        self._server = server
        self._database = database
        self._keyring = keyring
        self._turnstile = turnstile
        self._clock = clock
        self._shelf = Shelf(server)
        self._forgot_at: dict[tuple[TenantId, Lane], float] = {}

    async def put(
        self,
        feed: Feed,
        batch: PackedBatch,
        sender: Sender,
        *,
        alongside: Alongside | None = None,
        lane: Lane | None = None,
        places: Sequence[Place] | None = None,
    ) -> Receipt:
        """Publishes the batch. A request whose key and events were published before is answered as it was then."""
        lane = lane_of(feed) if lane is None else lane
        with self._turnstile.counting(feed, events=batch.events, raw_bytes=batch.raw_bytes):
            if places is None:
                await self._turnstile.spend(feed, batch)
            receipt = await self._publish(feed, batch, sender, alongside=alongside, lane=lane, places=places)
        if receipt.is_repeat:
            async with tenant_tx(self._database, feed.tenant_id) as tx:
                await count_repeat(tx, feed.id, events=receipt.events)
        else:
            self._turnstile.add(feed, len(batch.packed))
        return receipt

    async def expect(self, feed: Feed, size: int) -> None:
        """See `Intake.expect`."""
        await self._turnstile.foresee(feed, size)

    async def check(self) -> None:
        """See `Intake.check`."""
        await self._server.check()
        async with directory_tx(self._database):
            return

    async def waiting_lanes(self, tenant_id: TenantId) -> list[Lane]:
        """See `Intake.waiting_lanes`."""
        return list((await self._server.waiting(tenant_id)).lanes)

    @asynccontextmanager
    async def work(
        self, tenant_id: TenantId, *, most_bytes: int, lane: Lane = Lane.LIVE
    ) -> AsyncGenerator[Work | None]:
        """See `Intake.work`. What other workers have in hand is passed over; it comes back if they die."""
        while True:
            messages = await self._pull(tenant_id, lane, most_bytes)
            if not messages:
                yield None
                return
            work: Work | None = None
            async with Held(self._server, self._shelf, (tenant_id, lane), messages) as held:
                up_to = await self._forgettable(tenant_id, lane)
                async with tenant_tx(self._database, tenant_id) as tx:
                    work = await self._prepare(tx, held, lane=lane, most_bytes=most_bytes)
                    await queries.delete_marks(tx, lane=lane, up_to=up_to)
                    if work is not None:
                        yield work
                    if work is None or not work.has_more:
                        await queries.delete_waiting(tx, lane=lane)
            if work is not None:
                return

    async def close(self) -> None:
        """Lets other processes have what this one has pulled and not worked."""
        await self._shelf.clear()

    async def note_failure(
        self, tenant_id: TenantId, batches: Sequence[BatchId], *, allowed: int, reason: str
    ) -> list[BatchId]:
        """See `Intake.note_failure`. What is given up goes to the quarantine when it comes again, which is soon."""
        async with tenant_tx(self._database, tenant_id) as tx:
            marks = await queries.count_attempt(tx, list(batches), allowed=allowed, reason=reason)
        return [mark.batch_id for mark in marks if mark.given_up is not None]

    async def _publish(
        self,
        feed: Feed,
        batch: PackedBatch,
        sender: Sender,
        *,
        alongside: Alongside | None,
        lane: Lane,
        places: Sequence[Place] | None,
    ) -> Receipt:
        batch_id, known = BatchId(new_uuid()), request_hash(sender, batch)
        message_id = batch_id.hex if known is None else f"{feed.id.hex}.{known.hex()}"
        with contextlib.suppress(_Repeat):
            async with tenant_tx(self._database, feed.tenant_id) as tx:
                if known is not None:
                    events = await intake_queries.select_receipt(tx, feed.id, request_hash=known)
                    if events is not None:
                        return Receipt(events=events, is_repeat=True)
                await self._turnstile.admit(
                    feed, len(batch.packed), lane=lane, measure=lambda: self._size(feed.tenant_id)
                )
                cipher = await self._keyring.cipher(tx)
                if alongside is not None:
                    await alongside(tx, cipher)
                letter = _letter(cipher, batch_id, feed, batch, sender, at=self._clock.now(), places=places)
                if not await self._server.publish(feed.tenant_id, lane, write_letter(letter), message_id=message_id):
                    raise _Repeat
            return Receipt(events=batch.events, is_repeat=False)
        return Receipt(events=batch.events, is_repeat=True)

    async def _size(self, tenant_id: TenantId) -> int:
        return (await self._server.waiting(tenant_id)).size

    async def _pull(self, tenant_id: TenantId, lane: Lane, most_bytes: int) -> list[Msg]:
        """The lane's next messages, roughly as many as `most_bytes` of events are; one at least."""
        at_hand = self._shelf.take((tenant_id, lane))
        if at_hand:
            return at_hand
        room = max(most_bytes // _PACKED_SHARE, _SMALL_BYTES)
        found = await self._server.pull(tenant_id, lane, most=_LOOK_AHEAD, most_bytes=room)
        return found or await self._server.pull(tenant_id, lane, most=1)

    async def _prepare(self, tx: TenantTx, held: Held, *, lane: Lane, most_bytes: int) -> Work | None:
        """The work that is in messages; None when they hold none. What is not for now is left for later."""
        cipher = await self._keyring.cipher(tx)
        arrived: list[Arrived] = []
        for message in held.messages:
            try:
                arrived.append(Arrived(message, read_letter(message.data)))
            except msgspec.DecodeError:
                _logger.exception("Message %s is no batch; it stays where it is.", message.metadata.sequence.stream)
                await message.nak(delay=_UNREADABLE_SECONDS)
                held.forget([message])
        found = await sort_out(tx, cipher, arrived, lane=lane, most_bytes=most_bytes)
        behind = arrived[-1].message.metadata.num_pending if arrived else 0
        await held.leave([one.message for one in found.left])
        if not found.batches:
            return None
        await queries.upsert_waiting(tx, lane=lane, oldest_at=min(batch.received_at for batch in found.batches))
        return Work(tx=tx, cipher=cipher, batches=found.batches, has_more=bool(found.left) or behind > 0)

    async def _forgettable(self, tenant_id: TenantId, lane: Lane) -> int:
        """Up to where marks may be forgotten; looked up once in a while."""
        now = time.monotonic()
        if now - self._forgot_at.get((tenant_id, lane), float("-inf")) < _FORGET_SECONDS:
            return 0
        self._forgot_at[tenant_id, lane] = now
        return await self._server.acknowledged_up_to(tenant_id, lane)


def _letter(
    cipher: TenantCipher,
    batch_id: BatchId,
    feed: Feed,
    batch: PackedBatch,
    sender: Sender,
    *,
    at: datetime,
    places: Sequence[Place] | None,
) -> Letter:
    said = msgspec.msgpack.encode((sender.remote[:64], sender.user_agent[:200], metadata_of(sender)))
    return Letter(
        batch=batch_id.bytes,
        feed=feed.id.bytes,
        door=feed.door,
        received_at=at.timestamp(),
        events=batch.events,
        raw_bytes=batch.raw_bytes,
        request=request_hash(sender, batch),
        sender=cipher.seal(said, table="intake_batches", column="sender", row=batch_id),
        body=cipher.seal(batch.packed, table="intake_batches", column="body", row=batch_id),
        places=write_places(places),
    )
