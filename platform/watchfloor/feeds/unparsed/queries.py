"""SQL of the events that no parser knows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import FeedId

SELECT_SHAPES: Final[LiteralString] = """
select shape
  from wf.unparsed_sources
 where tenant_id = $1
   and feed_id = $2
"""

ADD_SHAPES: Final[LiteralString] = """
insert into wf.unparsed_sources as kept
       (tenant_id, feed_id, shape, events, first_seen_at, last_seen_at, sketch, samples)
select $1,
       fresh.feed_id,
       fresh.shape,
       fresh.events,
       fresh.seen_at,
       fresh.seen_at,
       fresh.sketch,
       fresh.samples
  from unnest($2::uuid[], $3::uuid[], $4::bigint[], $5::timestamptz[], $6::bytea[], $7::bytea[])
       as fresh (feed_id, shape, events, seen_at, sketch, samples)
on conflict (tenant_id, feed_id, shape) do update
   set events = kept.events + excluded.events,
       first_seen_at = least(kept.first_seen_at, excluded.first_seen_at),
       last_seen_at = greatest(kept.last_seen_at, excluded.last_seen_at)
"""

SELECT_UNPARSED: Final[LiteralString] = """
select u.feed_id,
       f.name as feed,
       u.shape,
       u.events,
       u.first_seen_at,
       u.last_seen_at,
       u.sketch,
       u.samples
  from wf.unparsed_sources u
  join wf.feeds f
    on f.tenant_id = u.tenant_id
   and f.id = u.feed_id
 where u.tenant_id = $1
 order by u.events desc,
          u.feed_id,
          u.shape
 limit $2
"""

FORGET_SHAPES: Final[LiteralString] = "delete from wf.unparsed_sources where tenant_id = $1 and last_seen_at < $2"


class UnparsedRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a shape gains; the order is that of ADD_SHAPES. `sketch` and `samples` are sealed and stay as they were."""

    feed_id: FeedId
    shape: UUID
    events: int
    seen_at: datetime
    sketch: bytes
    samples: bytes


class ListedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A shape with its feed's name; `sketch` and `samples` are sealed."""

    feed_id: FeedId
    feed: str
    shape: UUID
    events: int
    first_seen_at: datetime
    last_seen_at: datetime
    sketch: bytes
    samples: bytes


async def select_shapes(tx: TenantTx, feed_id: FeedId) -> frozenset[UUID]:
    """The shapes of a feed."""
    return frozenset(await tx.values(UUID, SELECT_SHAPES, tx.tenant_id, feed_id))


async def add_shapes(tx: TenantTx, rows: Sequence[UnparsedRow]) -> None:
    """Adds to the feeds' shapes; those of a new one come with its first samples."""
    columns = [[getattr(row, name) for row in rows] for name in UnparsedRow.__struct_fields__]
    await tx.execute(ADD_SHAPES, tx.tenant_id, *columns)


async def select_unparsed(tx: TenantTx, *, limit: int) -> list[ListedRow]:
    """The most frequent shapes of all feeds."""
    return await tx.rows(ListedRow, SELECT_UNPARSED, tx.tenant_id, limit)


async def forget_shapes(tx: TenantTx, *, before: datetime) -> None:
    """Deletes the shapes that were last seen before this."""
    await tx.execute(FORGET_SHAPES, tx.tenant_id, before)
