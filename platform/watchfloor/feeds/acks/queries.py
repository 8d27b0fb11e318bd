"""SQL of the channels of acknowledgements."""

from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import FeedId

SELECT_CHANNEL: Final[LiteralString] = """
select waiting,
       used_at < now() - make_interval(secs => $4) as idle
  from wf.hec_channels
 where tenant_id = $1
   and feed_id = $2
   and channel = $3
"""

SELECT_PENDING: Final[LiteralString] = """
select coalesce(sum(waiting), 0)::bigint
  from wf.hec_channels
 where tenant_id = $1
   and used_at >= now() - make_interval(secs => $2)
"""

# A busy channel notes its use every ten seconds only: where no indexed column changes, a row is changed in its place.
ISSUE: Final[LiteralString] = """
insert into wf.hec_channels as kept (tenant_id, feed_id, channel, issued, pending, waiting)
values ($1, $2, $3, 1, '{[0,1)}', 1)
on conflict (tenant_id, feed_id, channel) do update
   set issued = kept.issued + 1,
       pending = kept.pending + int8multirange(int8range(kept.issued, kept.issued + 1)),
       waiting = kept.waiting + 1,
       used_at = case
         when kept.used_at > now() - interval '10 seconds' then kept.used_at
         else now()
       end
returning issued - 1
"""

TOUCH: Final[LiteralString] = """
update wf.hec_channels
   set used_at = now()
 where tenant_id = $1
   and feed_id = $2
   and channel = $3
   and used_at >= now() - make_interval(secs => $4)
"""

CONSUME: Final[LiteralString] = """
with asked as (
  select distinct id
    from unnest($4::bigint[]) as id
), found as (
  select asked.id
    from wf.hec_channels c
    join asked
      on c.pending @> asked.id
   where c.tenant_id = $1
     and c.feed_id = $2
     and c.channel = $3
), changed as (
  update wf.hec_channels c
     set pending = c.pending - (select range_agg(int8range(id, id, '[]')) from found),
         waiting = c.waiting - (select count(*) from found)
   where c.tenant_id = $1
     and c.feed_id = $2
     and c.channel = $3
     and exists (select from found)
)
select id
  from found
"""

DELETE_IDLE: Final[LiteralString] = """
delete from wf.hec_channels
 where tenant_id = $1
   and used_at < now() - make_interval(secs => $2)
"""


class ChannelRow(msgspec.Struct, frozen=True, kw_only=True):
    """A channel: how many ids nobody asked about, and whether it has been quiet for too long."""

    waiting: int
    idle: bool


async def select_channel(tx: TenantTx, feed_id: FeedId, channel: UUID, *, idle_seconds: float) -> ChannelRow | None:
    """One channel."""
    return await tx.row(ChannelRow, SELECT_CHANNEL, tx.tenant_id, feed_id, channel, idle_seconds)


async def select_pending(tx: TenantTx, *, idle_seconds: float) -> int:
    """How many ids of the tenant's channels nobody asked about."""
    return await tx.value(int, SELECT_PENDING, tx.tenant_id, idle_seconds) or 0


async def issue(tx: TenantTx, feed_id: FeedId, channel: UUID) -> int:
    """The channel's next id, from 0. A channel that is not there begins."""
    return await tx.value(int, ISSUE, tx.tenant_id, feed_id, channel) or 0


async def touch(tx: TenantTx, feed_id: FeedId, channel: UUID, *, idle_seconds: float) -> bool:
    """Notes the channel's use and locks it; False when it is not there, or was quiet for too long."""
    return await tx.execute(TOUCH, tx.tenant_id, feed_id, channel, idle_seconds) == 1


async def consume(tx: TenantTx, feed_id: FeedId, channel: UUID, ids: list[int]) -> list[int]:
    """Those of the ids that are pending in the channel; they no longer are. After `touch`, which locks it."""
    return await tx.values(int, CONSUME, tx.tenant_id, feed_id, channel, ids)


async def delete_idle(tx: TenantTx, *, idle_seconds: float) -> int:
    """Forgets the tenant's channels that were quiet for too long; returns how many."""
    return await tx.execute(DELETE_IDLE, tx.tenant_id, idle_seconds)
