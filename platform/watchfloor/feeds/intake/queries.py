"""SQL of the intake: the queue of batches, the requests remembered, and what could not be read."""

from collections.abc import Sequence
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
       (tenant_id, id, lane, feed_id, door, remote, user_agent, metadata, events, raw_bytes, body, places)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
"""

SELECT_QUEUE: Final[LiteralString] = """
select id,
       events,
       raw_bytes,
       attempts
  from wf.intake_batches
 where tenant_id = $1
   and lane = $2
 order by id
 limit $3
"""

SELECT_WAITING_LANES: Final[LiteralString] = """
select lane
  from generate_series(0, 2) as lane
 where exists (
         select
           from wf.intake_batches b
          where b.tenant_id = $1
            and b.lane = lane.lane)
 order by lane
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
       b.body,
       b.places
  from wf.intake_batches b
  join wf.feeds f
    on f.tenant_id = b.tenant_id
   and f.id = b.feed_id
 where b.tenant_id = $1
   and b.id = any ($2)
 order by b.id
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
       (tenant_id, id, feed_id, batch_id, event_index, code, reason, received_at, body, context)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (tenant_id, batch_id, event_index) do nothing
"""

TAKE_FROM_QUARANTINE: Final[LiteralString] = """
delete from wf.quarantine q
 using unnest($2::uuid[], $3::integer[]) as p (batch_id, event_index)
 where q.tenant_id = $1
   and q.batch_id = p.batch_id
   and q.event_index = p.event_index
returning q.batch_id,
          q.event_index
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
    places: bytes | None


class NewBatchRow(msgspec.Struct, frozen=True, kw_only=True):
    """A batch on its way into the queue; the order is that of `INSERT_BATCH`. `metadata` and `body` are sealed."""

    id: BatchId
    lane: int
    feed_id: FeedId
    door: Door
    remote: str
    user_agent: str
    metadata: bytes
    events: int
    raw_bytes: int
    body: bytes
    places: bytes | None


class QuarantineRow(msgspec.Struct, frozen=True, kw_only=True):
    """What could not be read; the order is that of `INSERT_QUARANTINE`. `body` and `context` are sealed."""

    id: UUID
    feed_id: FeedId
    batch_id: BatchId
    event_index: int
    code: str
    reason: str
    received_at: datetime
    body: bytes
    context: bytes | None


class QuarantinedPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where something stood that was in the quarantine."""

    batch_id: BatchId
    event_index: int


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


async def select_queue(tx: TenantTx, *, lane: int, limit: int) -> list[QueueRow]:
    """The next batches of the tenant in a lane, in their order."""
    return await tx.rows(QueueRow, SELECT_QUEUE, tx.tenant_id, lane, limit)


async def select_waiting_lanes(tx: TenantTx) -> list[int]:
    """The lanes in which any batch of the tenant waits."""
    return await tx.values(int, SELECT_WAITING_LANES, tx.tenant_id)


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


async def take_from_quarantine(tx: TenantTx, places: Sequence[tuple[BatchId, int]]) -> list[QuarantinedPlace]:
    """Deletes what stands in the quarantine for these places; returns the places at which there was something."""
    batches, indexes = [place[0] for place in places], [place[1] for place in places]
    return await tx.rows(QuarantinedPlace, TAKE_FROM_QUARANTINE, tx.tenant_id, batches, indexes)
