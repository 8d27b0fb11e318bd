"""SQL of the intake: the queue of batches, the requests remembered, and what could not be read."""

from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.feeds.feed import Door
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import BatchId, FeedId

SELECT_BACKLOG: Final[LiteralString] = """
select coalesce(sum(octet_length(body)), 0)::bigint
  from wf.intake_batches
 where tenant_id = $1
"""

INSERT_RECEIPT: Final[LiteralString] = """
insert into wf.intake_receipts (tenant_id, feed_id, request_hash, events)
values ($1, $2, $3, $4)
on conflict do nothing
"""

SELECT_RECEIPT: Final[LiteralString] = """
select events
  from wf.intake_receipts
 where tenant_id = $1
   and feed_id = $2
   and request_hash = $3
"""

DELETE_RECEIPTS: Final[LiteralString] = """
delete from wf.intake_receipts
 where tenant_id = $1
   and received_at < now() - make_interval(secs => $2)
"""

INSERT_BATCH: Final[LiteralString] = """
insert into wf.intake_batches
       (tenant_id, id, feed_id, door, remote, user_agent, metadata, events, raw_bytes, body)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""

SELECT_QUEUE: Final[LiteralString] = """
select id,
       events,
       raw_bytes,
       attempts
  from wf.intake_batches
 where tenant_id = $1
 order by lane,
          id
 limit $2
"""

SELECT_WAITING: Final[LiteralString] = """
select exists (
         select
           from wf.intake_batches
          where tenant_id = $1)
"""

TAKE_BATCHES: Final[LiteralString] = """
select b.id,
       b.feed_id,
       f.source_hint,
       b.door,
       b.received_at,
       b.events,
       b.raw_bytes,
       b.attempts,
       b.body
  from wf.intake_batches b
  join wf.feeds f
    on f.tenant_id = b.tenant_id
   and f.id = b.feed_id
 where b.tenant_id = $1
   and b.id = any ($2)
 order by b.lane,
          b.id
   for update of b skip locked
"""

COUNT_ATTEMPT: Final[LiteralString] = """
update wf.intake_batches
   set attempts = attempts + 1
 where tenant_id = $1
   and id = any ($2)
"""

DELETE_BATCHES: Final[LiteralString] = """
delete from wf.intake_batches
 where tenant_id = $1
   and id = any ($2)
"""

INSERT_QUARANTINE: Final[LiteralString] = """
insert into wf.quarantine
       (tenant_id, id, feed_id, batch_id, event_index, code, reason, received_at, body)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (tenant_id, batch_id, event_index) do nothing
"""


class QueueRow(msgspec.Struct, frozen=True, kw_only=True):
    """A batch in the queue, without its body."""

    id: BatchId
    events: int
    raw_bytes: int
    attempts: int


class BatchRow(msgspec.Struct, frozen=True, kw_only=True):
    """A batch taken from the queue; `body` is sealed."""

    id: BatchId
    feed_id: FeedId
    source_hint: str | None
    door: Door
    received_at: datetime
    events: int
    raw_bytes: int
    attempts: int
    body: bytes


class NewBatchRow(msgspec.Struct, frozen=True, kw_only=True):
    """A batch on its way into the queue; the order is that of `INSERT_BATCH`. `metadata` and `body` are sealed."""

    id: BatchId
    feed_id: FeedId
    door: Door
    remote: str
    user_agent: str
    metadata: bytes
    events: int
    raw_bytes: int
    body: bytes


class QuarantineRow(msgspec.Struct, frozen=True, kw_only=True):
    """What could not be read; the order is that of `INSERT_QUARANTINE`. `body` is sealed."""

    id: UUID
    feed_id: FeedId
    batch_id: BatchId
    event_index: int
    code: str
    reason: str
    received_at: datetime
    body: bytes


async def select_backlog(tx: TenantTx) -> int:
    """How many bytes wait in the tenant's queue. Only lengths are read, never the bodies."""
    return await tx.value(int, SELECT_BACKLOG, tx.tenant_id) or 0


async def insert_receipt(tx: TenantTx, feed_id: FeedId, *, request_hash: bytes, events: int) -> bool:
    """Remembers a request; False when it is remembered already."""
    return await tx.execute(INSERT_RECEIPT, tx.tenant_id, feed_id, request_hash, events) == 1


async def select_receipt(tx: TenantTx, feed_id: FeedId, *, request_hash: bytes) -> int | None:
    """How many events the remembered request had."""
    return await tx.value(int, SELECT_RECEIPT, tx.tenant_id, feed_id, request_hash)


async def delete_receipts(tx: TenantTx, *, older_than_seconds: float) -> int:
    """Forgets old requests; returns how many."""
    return await tx.execute(DELETE_RECEIPTS, tx.tenant_id, older_than_seconds)


async def insert_batch(tx: TenantTx, row: NewBatchRow) -> None:
    """Puts a batch into the queue."""
    await tx.execute(INSERT_BATCH, tx.tenant_id, *msgspec.structs.astuple(row))


async def select_queue(tx: TenantTx, *, limit: int) -> list[QueueRow]:
    """The next batches of the tenant, in their order."""
    return await tx.rows(QueueRow, SELECT_QUEUE, tx.tenant_id, limit)


async def select_waiting(tx: TenantTx) -> bool:
    """Whether any batch of the tenant waits."""
    return await tx.value(bool, SELECT_WAITING, tx.tenant_id) or False


async def take_batches(tx: TenantTx, ids: list[BatchId]) -> list[BatchRow]:
    """Those of the batches that nobody else works on, locked until the transaction ends."""
    return await tx.rows(BatchRow, TAKE_BATCHES, tx.tenant_id, ids)


async def count_attempt(tx: TenantTx, ids: list[BatchId]) -> None:
    """Counts a failed attempt at each of the batches."""
    await tx.execute(COUNT_ATTEMPT, tx.tenant_id, ids)


async def delete_batches(tx: TenantTx, ids: list[BatchId]) -> None:
    """Takes batches off the queue."""
    await tx.execute(DELETE_BATCHES, tx.tenant_id, ids)


async def insert_quarantine(tx: TenantTx, rows: list[QuarantineRow]) -> None:
    """Keeps what could not be read, each once."""
    await tx.execute_many(INSERT_QUARANTINE, [(tx.tenant_id, *msgspec.structs.astuple(row)) for row in rows])
