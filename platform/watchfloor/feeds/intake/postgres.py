"""The intake in PostgreSQL: a queue table, whose rows leave it in the transaction that works them.

Owns the queue of batches in `wf.intake_batches`, and the requests remembered. It never looks into an event.
"""

import hashlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import msgspec

from watchfloor.feeds.batch import PackedBatch
from watchfloor.feeds.feed import Feed
from watchfloor.feeds.intake import queries
from watchfloor.feeds.intake.backlog import Backlog
from watchfloor.feeds.intake.quarantine import WHOLE_BATCH, PutAside, put_aside
from watchfloor.feeds.intake.queue import Receipt, Sender, WaitingBatch, Work
from watchfloor.kernel.crypto import TenantCipher, Unopenable, bind
from watchfloor.kernel.db import Database, TenantTx, directory_tx, tenant_tx
from watchfloor.kernel.ids import BatchId, TenantId, new_uuid
from watchfloor.tenancy.keyring import Keyring

RECEIPT_SECONDS: Final = 24 * 3600.0
"""How long a request's id is remembered."""

_LOOK_AHEAD: Final = 64


class PostgresIntake:
    """The intake in `wf.intake_batches`."""

    def __init__(self, database: Database, keyring: Keyring, *, backlog_bytes: int) -> None:
        """`database` is one of wf_app."""
        self._database = database
        self._keyring = keyring
        self._backlog = Backlog(backlog_bytes)

    async def put(self, feed: Feed, batch: PackedBatch, sender: Sender) -> Receipt:
        """Commits the batch. A request whose key and events were committed before is answered as it was then."""
        batch_id = BatchId(new_uuid())
        request_hash = _request_hash(sender, batch)
        async with tenant_tx(self._database, feed.tenant_id) as tx:
            if request_hash is not None and not await queries.insert_receipt(
                tx, feed.id, request_hash=request_hash, events=batch.events
            ):
                events = await queries.select_receipt(tx, feed.id, request_hash=request_hash)
                return Receipt(events=batch.events if events is None else events, is_repeat=True)
            await self._backlog.admit(tx, len(batch.packed))
            await queries.insert_batch(tx, _row(await self._keyring.cipher(tx), batch_id, feed, batch, sender))
        self._backlog.add(feed.tenant_id, len(batch.packed))
        return Receipt(events=batch.events, is_repeat=False)

    async def check(self) -> None:
        """See `Intake.check`."""
        async with directory_tx(self._database):
            return

    async def is_waiting(self, tenant_id: TenantId) -> bool:
        """See `Intake.is_waiting`."""
        async with tenant_tx(self._database, tenant_id) as tx:
            return await queries.select_waiting(tx)

    @asynccontextmanager
    async def work(self, tenant_id: TenantId, *, most_bytes: int) -> AsyncGenerator[Work | None]:
        """See `Intake.work`. Batches that another worker has locked are passed over.

        The rows stay locked for as long as the block takes, which is what keeps two workers from doing the same:
        the caller keeps the block short (a second or so) by not asking for too much.
        """
        async with tenant_tx(self._database, tenant_id) as tx:
            queue = await queries.select_queue(tx, limit=_LOOK_AHEAD)
            chosen = _choose(queue, most_bytes)
            taken = await queries.take_batches(tx, chosen) if chosen else []
            if not taken:
                yield None
                return
            cipher = await self._keyring.cipher(tx)
            batches = tuple(_waiting(row) for row in taken)
            yield Work(tx=tx, cipher=cipher, batches=batches, has_more=len(queue) > len(taken))
            await queries.delete_batches(tx, [row.id for row in taken])

    async def note_failure(
        self, tenant_id: TenantId, batches: Sequence[BatchId], *, allowed: int, reason: str
    ) -> list[BatchId]:
        """See `Intake.note_failure`. From the first failure on, a batch is handed out by itself."""
        async with tenant_tx(self._database, tenant_id) as tx:
            await queries.count_attempt(tx, list(batches))
            cipher = await self._keyring.cipher(tx)
            spent = [row for row in await queries.take_batches(tx, list(batches)) if row.attempts >= allowed]
            await put_aside(tx, cipher, [_put_aside(cipher, row, reason) for row in spent])
            await queries.delete_batches(tx, [row.id for row in spent])
        return [row.id for row in spent]


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


def _request_hash(sender: Sender, batch: PackedBatch) -> bytes | None:
    """What a request is remembered by: its key and its events. Another request under a used key is a new one."""
    if sender.request_key is None:
        return None
    return hashlib.sha256(bind(sender.request_key, hashlib.sha256(batch.packed).digest())).digest()


def _row(
    cipher: TenantCipher, batch_id: BatchId, feed: Feed, batch: PackedBatch, sender: Sender
) -> queries.NewBatchRow:
    metadata = msgspec.msgpack.encode(
        {
            "content_type": sender.content_type[:200],
            "request_id": sender.request_id[:200],
            "request_key": (sender.request_key or "")[:200],
        }
    )
    return queries.NewBatchRow(
        id=batch_id,
        feed_id=feed.id,
        door=feed.door,
        remote=sender.remote[:64],
        user_agent=sender.user_agent[:200],
        metadata=cipher.seal(metadata, table="intake_batches", column="metadata", row=batch_id),
        events=batch.events,
        raw_bytes=batch.raw_bytes,
        body=cipher.seal(batch.packed, table="intake_batches", column="body", row=batch_id),
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
