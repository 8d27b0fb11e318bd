"""The intake in PostgreSQL: a queue table, whose rows leave it in the transaction that works them.

Owns the queue of batches in `wf.intake_batches`, and the requests remembered. It never looks into an event.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from watchfloor.feeds.batch import PackedBatch
from watchfloor.feeds.feed import Feed
from watchfloor.feeds.hours import count_repeat
from watchfloor.feeds.intake import queries
from watchfloor.feeds.intake.places import claim, read_places, write_places
from watchfloor.feeds.intake.quarantine import PutAside, put_aside
from watchfloor.feeds.intake.queue import (
    WHOLE_BATCH,
    Alongside,
    Lane,
    Place,
    Receipt,
    Sender,
    WaitingBatch,
    Work,
    lane_of,
)
from watchfloor.feeds.intake.requests import metadata_of, request_hash
from watchfloor.feeds.intake.turnstile import Turnstile
from watchfloor.kernel.crypto import TenantCipher, Unopenable
from watchfloor.kernel.db import Database, TenantTx, directory_tx, tenant_tx
from watchfloor.kernel.ids import BatchId, TenantId, new_uuid
from watchfloor.tenancy.keyring import Keyring

RECEIPT_SECONDS: Final = 24 * 3600.0
"""How long a request's id is remembered."""

_LOOK_AHEAD: Final = 64


class PostgresIntake:
    """The intake in `wf.intake_batches`."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        *,
        backlog_bytes: int = 0,
        turnstile: Turnstile | None = None,
    ) -> None:
        """`database` is one of wf_app. Without `turnstile` tenants are held to `backlog_bytes` and to nothing else."""
        self._database = database
        self._keyring = keyring
        self._turnstile = turnstile or Turnstile(backlog_bytes)

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
        """Commits the batch. A request whose key and events were committed before is answered as it was then."""
        with self._turnstile.counting(feed, events=batch.events, raw_bytes=batch.raw_bytes):
            if places is None:
                await self._turnstile.spend(feed, batch)
            receipt = await self._commit(
                feed, batch, sender, alongside=alongside, lane=lane_of(feed) if lane is None else lane, places=places
            )
        if not receipt.is_repeat:
            self._turnstile.add(feed, len(batch.packed))
        return receipt

    async def expect(self, feed: Feed, size: int) -> None:
        """See `Intake.expect`."""
        await self._turnstile.foresee(feed, size)

    async def check(self) -> None:
        """See `Intake.check`."""
        async with directory_tx(self._database):
            return

    async def waiting_lanes(self, tenant_id: TenantId) -> list[Lane]:
        """See `Intake.waiting_lanes`."""
        async with tenant_tx(self._database, tenant_id) as tx:
            return [Lane(lane) for lane in await queries.select_waiting_lanes(tx)]

    @asynccontextmanager
    async def work(
        self, tenant_id: TenantId, *, most_bytes: int, lane: Lane = Lane.LIVE
    ) -> AsyncGenerator[Work | None]:
        """See `Intake.work`. Batches that another worker has locked are passed over.

        The rows stay locked for as long as the block takes, which is what keeps two workers from doing the same:
        the caller keeps the block short (a second or so) by not asking for too much.
        """
        while True:
            async with tenant_tx(self._database, tenant_id) as tx:
                queue = await queries.select_queue(tx, lane=lane, limit=_LOOK_AHEAD)
                chosen = _choose(queue, most_bytes)
                taken = await queries.take_batches(tx, chosen) if chosen else []
                if not taken:
                    yield None
                    return
                claimed = [await claim(tx, _waiting(row)) for row in taken]
                batches = tuple(batch for batch in claimed if batch is not None)
                if batches:
                    cipher = await self._keyring.cipher(tx)
                    yield Work(
                        tx=tx,
                        cipher=cipher,
                        batches=batches,
                        has_more=len(queue) > len(taken) or len(queue) >= _LOOK_AHEAD,
                    )
                await queries.delete_batches(tx, [row.id for row in taken])
            if batches:
                return

    async def note_failure(
        self, tenant_id: TenantId, batches: Sequence[BatchId], *, allowed: int, reason: str
    ) -> list[BatchId]:
        """See `Intake.note_failure`. From the first failure on, a batch is handed out by itself."""
        async with tenant_tx(self._database, tenant_id) as tx:
            await queries.count_attempt(tx, list(batches))
            cipher = await self._keyring.cipher(tx)
            spent = [row for row in await queries.take_batches(tx, list(batches)) if row.attempts >= allowed]
            # What was put back is still in the quarantine: only success takes it out.
            await put_aside(tx, cipher, [_put_aside(cipher, row, reason) for row in spent if row.places is None])
            await queries.delete_batches(tx, [row.id for row in spent])
        return [row.id for row in spent]

    async def _commit(
        self,
        feed: Feed,
        batch: PackedBatch,
        sender: Sender,
        *,
        alongside: Alongside | None,
        lane: Lane,
        places: Sequence[Place] | None,
    ) -> Receipt:
        batch_id = BatchId(new_uuid())
        known = request_hash(sender, batch)
        async with tenant_tx(self._database, feed.tenant_id) as tx:
            if known is not None and not await queries.insert_receipt(
                tx, feed.id, request_hash=known, events=batch.events
            ):
                events = await queries.select_receipt(tx, feed.id, request_hash=known)
                await count_repeat(tx, feed.id, events=batch.events)
                return Receipt(events=batch.events if events is None else events, is_repeat=True)
            await self._turnstile.admit(feed, len(batch.packed), lane=lane, measure=lambda: queries.select_backlog(tx))
            cipher = await self._keyring.cipher(tx)
            if alongside is not None:
                await alongside(tx, cipher)
            row = _row(cipher, batch_id, feed, batch, sender, lane=lane, places=places)
            await queries.insert_batch(tx, row)
        return Receipt(events=batch.events, is_repeat=False)


async def forget_receipts(tx: TenantTx) -> int:
    """Forgets the tenant's requests that are older than a day; returns how many. For a regular job."""
    return await queries.delete_receipts(tx, older_than_seconds=RECEIPT_SECONDS)


def _choose(rows: Sequence[queries.QueueRow], most_bytes: int) -> list[BatchId]:
    """The first batches up to `most_bytes`. One that failed before goes alone, so that it harms no other."""
    chosen: list[BatchId] = []
    total = 0
    for row in rows:
        if chosen and (total + row.raw_bytes > most_bytes or row.attempts):
            break
        chosen.append(row.id)
        total += row.raw_bytes
        if row.attempts:
            break
    return chosen


def _row(
    cipher: TenantCipher,
    batch_id: BatchId,
    feed: Feed,
    batch: PackedBatch,
    sender: Sender,
    *,
    lane: Lane,
    places: Sequence[Place] | None,
) -> queries.NewBatchRow:
    return queries.NewBatchRow(
        id=batch_id,
        lane=lane,
        feed_id=feed.id,
        door=feed.door,
        remote=sender.remote[:64],
        user_agent=sender.user_agent[:200],
        metadata=cipher.seal(metadata_of(sender), table="intake_batches", column="metadata", row=batch_id),
        events=batch.events,
        raw_bytes=batch.raw_bytes,
        body=cipher.seal(batch.packed, table="intake_batches", column="body", row=batch_id),
        places=write_places(places),
    )


def _waiting(row: queries.BatchRow) -> WaitingBatch:
    return WaitingBatch(
        id=row.id,
        feed_id=row.feed_id,
        source_hint=row.source_hint,
        door=row.door,
        received_at=row.received_at,
        events=row.events,
        raw_bytes=row.raw_bytes,
        sealed=row.body,
        places=read_places(row.places),
    )


def _put_aside(cipher: TenantCipher, row: queries.BatchRow, reason: str) -> PutAside:
    try:
        body = cipher.open_(row.body, table="intake_batches", column="body", row=row.id)
    except Unopenable:
        body = row.body
    return PutAside(
        feed_id=row.feed_id,
        batch_id=row.id,
        event_index=WHOLE_BATCH,
        code="batch_failed",
        reason=reason,
        received_at=row.received_at,
        body=body,
    )
