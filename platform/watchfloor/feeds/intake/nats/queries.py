"""SQL of what the database knows of batches that stand in NATS: marks, the oldest that waits, the feeds' hints."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import BatchId, FeedId

SELECT_MARKS: Final[LiteralString] = """
select batch_id,
       attempts,
       given_up,
       taken_at is not null as is_taken
  from wf.intake_marks
 where tenant_id = $1
   and batch_id = any ($2::uuid[])
"""

# Waits for another transaction that is taking the same batch, and gives only those that nobody took.
TAKE: Final[LiteralString] = """
insert into wf.intake_marks as kept (tenant_id, batch_id, lane, sequence, taken_at)
select $1,
       wanted.batch_id,
       $4,
       wanted.sequence,
       now()
  from unnest($2::uuid[], $3::bigint[]) as wanted (batch_id, sequence)
 order by wanted.batch_id
on conflict (tenant_id, batch_id) do update
   set taken_at = excluded.taken_at,
       lane = excluded.lane,
       sequence = excluded.sequence
 where kept.taken_at is null
returning kept.batch_id
"""

COUNT_ATTEMPT: Final[LiteralString] = """
insert into wf.intake_marks as kept (tenant_id, batch_id, lane, sequence, attempts, given_up)
select $1,
       failed.batch_id,
       0,
       0,
       1,
       case when $3 <= 1 then $4 end
  from unnest($2::uuid[]) as failed (batch_id)
 order by failed.batch_id
on conflict (tenant_id, batch_id) do update
   set attempts = kept.attempts + 1,
       given_up = case when kept.attempts + 1 >= $3 then $4 end
 where kept.taken_at is null
returning kept.batch_id,
          kept.attempts,
          kept.given_up,
          false as is_taken
"""

DELETE_MARKS: Final[LiteralString] = """
delete from wf.intake_marks
 where tenant_id = $1
   and lane = $2
   and sequence <= $3
   and taken_at is not null
"""

UPSERT_WAITING: Final[LiteralString] = """
insert into wf.intake_waiting (tenant_id, lane, oldest_at)
values ($1, $2, $3)
on conflict (tenant_id, lane) do update
   set oldest_at = excluded.oldest_at
"""

DELETE_WAITING: Final[LiteralString] = """
delete from wf.intake_waiting
 where tenant_id = $1
   and lane = $2
"""

SELECT_HINTS: Final[LiteralString] = """
select id,
       source_hint
  from wf.feeds
 where tenant_id = $1
   and id = any ($2::uuid[])
"""


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a batch: how often work on it failed, why nobody tries any more, whether it was worked."""

    batch_id: BatchId
    attempts: int
    given_up: str | None
    is_taken: bool


class HintRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a feed's events are."""

    id: FeedId
    source_hint: str | None


async def select_marks(tx: TenantTx, batches: Sequence[BatchId]) -> list[Mark]:
    """The marks of these batches; one that was never touched has none."""
    return await tx.rows(Mark, SELECT_MARKS, tx.tenant_id, list(batches))


async def take(tx: TenantTx, batches: Sequence[tuple[BatchId, int]], *, lane: int) -> list[BatchId]:
    """Marks batches, each with its sequence, as taken by this transaction; returns those that nobody took before."""
    ids, sequences = [batch[0] for batch in batches], [batch[1] for batch in batches]
    return [BatchId(taken) for taken in await tx.values(UUID, TAKE, tx.tenant_id, ids, sequences, lane)]


async def count_attempt(tx: TenantTx, batches: Sequence[BatchId], *, allowed: int, reason: str) -> list[Mark]:
    """Counts a failed attempt at each of the batches that nobody took; `reason` is kept with the last one allowed."""
    return await tx.rows(Mark, COUNT_ATTEMPT, tx.tenant_id, list(batches), allowed, reason)


async def delete_marks(tx: TenantTx, *, lane: int, up_to: int) -> None:
    """Forgets batches of a lane that were worked and cannot come again."""
    await tx.execute(DELETE_MARKS, tx.tenant_id, lane, up_to)


async def upsert_waiting(tx: TenantTx, *, lane: int, oldest_at: datetime) -> None:
    """Notes since when the oldest batch of a lane waits."""
    await tx.execute(UPSERT_WAITING, tx.tenant_id, lane, oldest_at)


async def delete_waiting(tx: TenantTx, *, lane: int) -> None:
    """Notes that nothing waits in a lane."""
    await tx.execute(DELETE_WAITING, tx.tenant_id, lane)


async def select_hints(tx: TenantTx, feeds: Sequence[FeedId]) -> list[HintRow]:
    """What the events of these feeds are."""
    return await tx.rows(HintRow, SELECT_HINTS, tx.tenant_id, list(feeds))
