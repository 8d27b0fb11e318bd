"""The durable intake between the doors and the pipeline: what was acknowledged is never lost (N4, Q4).

Owns the queue of batches. `put` returns when a batch would survive the death of everything; only then may a door say
yes. `work` hands batches out inside a tenant's transaction, and whatever is written in it commits together with their
leaving the queue: exactly-once effects. Bodies are sealed with the tenant's key. It never looks into an event.
"""

import hashlib
from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Final, Protocol

import msgspec

from watchfloor.feeds import queries
from watchfloor.feeds.backlog import Backlog
from watchfloor.feeds.batch import PackedBatch
from watchfloor.feeds.feed import Door, Feed
from watchfloor.feeds.quarantine import WHOLE_BATCH, PutAside, put_aside
from watchfloor.kernel.crypto import TenantCipher, Unopenable, bind
from watchfloor.kernel.db import Database, TenantTx, directory_tx, tenant_tx
from watchfloor.kernel.ids import BatchId, FeedId, TenantId, new_uuid
from watchfloor.tenancy.keyring import Keyring

RECEIPT_SECONDS: Final = 24 * 3600.0
"""How long a request's id is remembered."""

_LOOK_AHEAD: Final = 64


class Sender(msgspec.Struct, frozen=True, kw_only=True):
    """Who sent a request, and what it said about itself; all of it is untrusted text.

    `request_key` is the sender's own id of the request (Idempotency-Key), if it gave one.
    """

    remote: str
    user_agent: str
    content_type: str
    request_id: str
    request_key: str | None = None


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a batch that is durable. `is_repeat`: it was durable before, and was not stored again."""

    events: int
    is_repeat: bool


class WaitingBatch(msgspec.Struct, frozen=True, kw_only=True):
    """A batch to be worked. `sealed` is its packed events under the tenant's key; `open_batch` opens it."""

    id: BatchId
    feed_id: FeedId
    source_hint: str | None
    door: Door
    received_at: datetime
    events: int
    raw_bytes: int
    sealed: bytes


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """Batches of one tenant, to be worked in this transaction. `has_more`: others wait behind them."""

    tx: TenantTx
    cipher: TenantCipher
    batches: tuple[WaitingBatch, ...]
    has_more: bool


class Intake(Protocol):
    """A queue that forgets nothing. The tenant of a batch is that of its feed."""

    async def put(self, feed: Feed, batch: PackedBatch, sender: Sender) -> Receipt:
        """Makes the batch durable. Raises IntakeFull, and Unavailable when it cannot."""
        ...

    async def check(self) -> None:
        """Raises Unavailable when nothing could be made durable now."""
        ...

    async def is_waiting(self, tenant_id: TenantId) -> bool:
        """Whether the tenant has anything to be worked."""
        ...

    def work(self, tenant_id: TenantId, *, most_bytes: int) -> AbstractAsyncContextManager[Work | None]:
        """The tenant's next batches, up to about `most_bytes` of events but one at least; None when there are none.

        Leaving the block takes them off the queue, in the same transaction; an error leaves them there.
        """
        ...

    async def note_failure(
        self, tenant_id: TenantId, batches: Sequence[BatchId], *, allowed: int, reason: str
    ) -> list[BatchId]:
        """Counts a failed attempt; a batch that has had `allowed` is put aside whole. Returns those put aside."""
        ...


def open_batch(cipher: TenantCipher, batch: WaitingBatch) -> bytes:
    """The packed events of a batch. Raises Unopenable."""
    return cipher.open_(batch.sealed, table="intake_batches", column="body", row=batch.id)


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
