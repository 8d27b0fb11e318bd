"""SQL of a turn: taking a stream, moving it on, and giving it back."""

from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import FeedId

TAKE_STREAM: Final[LiteralString] = """
with ready as (
  select s.id,
         c.kind,
         c.settings,
         c.secrets,
         c.failures as connector_failures
    from wf.connector_streams s
    join wf.connectors c
      on c.tenant_id = $1
     and c.feed_id = s.feed_id
    join wf.feeds f
      on f.tenant_id = $1
     and f.id = s.feed_id
     and f.state = 'active'
   where s.tenant_id = $1
     and s.state = 'active'
     and s.due_at <= now()
     and (s.held_until is null or s.held_until < now())
     and (c.retry_at is null or c.retry_at <= now())
     and c.kind = any ($4::text[])
     and s.feed_id <> all ($5::uuid[])
     and ((c.failures = 0 and c.proven_at > now() - interval '10 minutes')
          or not exists (select
                           from wf.connector_streams o
                          where o.tenant_id = $1
                            and o.feed_id = s.feed_id
                            and o.id <> s.id
                            and o.held_until > now()))
   order by s.window_start is not null,
            s.due_at
   limit 1
     for no key update of s, c skip locked)
update wf.connector_streams s
   set epoch = s.epoch + 1,
       holder = $2,
       held_until = now() + make_interval(secs => $3),
       looked_at = now()
  from ready
 where s.tenant_id = $1
   and s.id = ready.id
returning s.id,
          s.feed_id,
          s.name,
          s.epoch,
          s.cursor::text as cursor,
          s.window_start is not null as is_backfill,
          s.failures,
          ready.kind,
          ready.settings,
          ready.secrets,
          ready.connector_failures
"""

SELECT_SECONDS_TO_DUE: Final[LiteralString] = """
select extract(epoch from
         min(greatest(s.due_at,
                      coalesce(s.held_until, s.due_at),
                      coalesce(c.retry_at, s.due_at))) - now())::double precision
  from wf.connector_streams s
  join wf.connectors c
    on c.tenant_id = $1
   and c.feed_id = s.feed_id
  join wf.feeds f
    on f.tenant_id = $1
   and f.id = s.feed_id
   and f.state = 'active'
 where s.tenant_id = $1
   and s.state = 'active'
"""

HOLD: Final[LiteralString] = """
update wf.connector_streams
   set held_until = now() + make_interval(secs => $4)
 where tenant_id = $1
   and id = $2
   and epoch = $3
"""

ADVANCE: Final[LiteralString] = """
update wf.connector_streams
   set cursor = coalesce($5::text::jsonb, cursor),
       held_until = now() + make_interval(secs => $4),
       pages = pages + 1,
       records = records + $6,
       repeats = repeats + $7,
       newest_at = greatest(newest_at, $8),
       behind_seconds = $9,
       stored_at = case when $6 > 0 then now() else stored_at end,
       failures = 0,
       fault = null,
       fault_message = null,
       fault_where = null,
       fault_remedy = null,
       fault_at = null
 where tenant_id = $1
   and id = $2
   and epoch = $3
"""

END_TURN: Final[LiteralString] = """
update wf.connector_streams
   set holder = null,
       held_until = null,
       due_at = now() + make_interval(secs => $4),
       reached_at = case when $5 then now() else reached_at end,
       behind_seconds = case when $5 then 0 else behind_seconds end,
       state = case when $5 and window_start is not null then 'done' else state end,
       failures = 0,
       fault = null,
       fault_message = null,
       fault_where = null,
       fault_remedy = null,
       fault_at = null
 where tenant_id = $1
   and id = $2
   and epoch = $3
"""

GIVE_BACK: Final[LiteralString] = """
update wf.connector_streams
   set holder = null,
       held_until = null,
       due_at = now() + make_interval(secs => $4)
 where tenant_id = $1
   and id = $2
   and epoch = $3
"""

NOTE_FAULT: Final[LiteralString] = """
update wf.connector_streams
   set holder = null,
       held_until = null,
       due_at = now() + make_interval(secs => $4),
       failures = failures + 1,
       fault_at = case when fault = $5 then fault_at else now() end,
       fault = $5,
       fault_message = $6,
       fault_where = $7,
       fault_remedy = $8
 where tenant_id = $1
   and id = $2
   and epoch = $3
"""

PROVE_CONNECTOR: Final[LiteralString] = """
update wf.connectors
   set failures = 0,
       retry_at = null,
       proven_at = now()
 where tenant_id = $1
   and feed_id = $2
   and (failures > 0 or proven_at is null or proven_at < now() - interval '1 minute')
"""

NOTE_CONNECTOR_FAILURE: Final[LiteralString] = """
update wf.connectors
   set failures = failures + 1,
       retry_at = greatest(retry_at, now() + make_interval(secs => $3))
 where tenant_id = $1
   and feed_id = $2
"""

COUNT_STRANGER: Final[LiteralString] = """
insert into wf.connector_strangers as kept (tenant_id, feed_id, account, stream, place, records)
select $1, $2, $3, $4, $5, $6
 where (select count(*)
          from wf.connector_strangers
         where tenant_id = $1
           and feed_id = $2) < $7
    or exists (select
                 from wf.connector_strangers
                where tenant_id = $1
                  and feed_id = $2
                  and account = $3
                  and stream = $4)
on conflict (tenant_id, feed_id, account, stream) do update
   set records = kept.records + excluded.records,
       place = excluded.place,
       last_at = now()
"""


class TakenRow(msgspec.Struct, frozen=True, kw_only=True):
    """A stream that was taken. `cursor` is JSON; `settings` and `secrets` are sealed."""

    id: UUID
    feed_id: FeedId
    name: str
    epoch: int
    cursor: str | None
    is_backfill: bool
    failures: int
    kind: str
    settings: bytes
    secrets: bytes
    connector_failures: int


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """How a page moves its stream on; the order is that of `ADVANCE`. `cursor` is JSON."""

    cursor: str | None
    records: int
    repeats: int
    newest_at: datetime | None
    behind_seconds: float | None


class FaultRow(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown of a fault; the order is that of `NOTE_FAULT`."""

    code: str
    message: str
    where: str | None
    remedy: str | None


async def take_stream(
    tx: TenantTx, *, holder: str, seconds: float, kinds: list[str], but: list[FeedId]
) -> TakenRow | None:
    """Takes the stream that is due for longest, for so long; live ones come before backfills."""
    return await tx.row(TakenRow, TAKE_STREAM, tx.tenant_id, holder, seconds, kinds, but)


async def select_seconds_to_due(tx: TenantTx) -> float | None:
    """In how many seconds something of the tenant's is due; negative when it is, None when nothing ever will be."""
    return await tx.value(float, SELECT_SECONDS_TO_DUE, tx.tenant_id)


async def hold(tx: TenantTx, stream_id: UUID, *, epoch: int, seconds: float) -> bool:
    """Holds the stream for longer; False when it has passed on."""
    return await tx.execute(HOLD, tx.tenant_id, stream_id, epoch, seconds) == 1


async def advance(tx: TenantTx, stream_id: UUID, moved: Moved, *, epoch: int, seconds: float) -> bool:
    """Moves the stream on and holds it for longer; False when it has passed on."""
    changed = await tx.execute(ADVANCE, tx.tenant_id, stream_id, epoch, seconds, *msgspec.structs.astuple(moved))
    return changed == 1


async def end_turn(tx: TenantTx, stream_id: UUID, *, epoch: int, seconds: float, has_all: bool) -> bool:
    """Gives the stream back after a good turn; `has_all` when there was nothing left."""
    return await tx.execute(END_TURN, tx.tenant_id, stream_id, epoch, seconds, has_all) == 1


async def give_back(tx: TenantTx, stream_id: UUID, *, epoch: int, seconds: float) -> bool:
    """Gives the stream back as it is."""
    return await tx.execute(GIVE_BACK, tx.tenant_id, stream_id, epoch, seconds) == 1


async def note_fault(tx: TenantTx, stream_id: UUID, row: FaultRow, *, epoch: int, seconds: float) -> bool:
    """Gives the stream back with what went wrong."""
    shown = msgspec.structs.astuple(row)
    return await tx.execute(NOTE_FAULT, tx.tenant_id, stream_id, epoch, seconds, *shown) == 1


async def prove_connector(tx: TenantTx, feed_id: FeedId) -> None:
    """Notes that the vendor answers as it should."""
    await tx.execute(PROVE_CONNECTOR, tx.tenant_id, feed_id)


async def note_connector_failure(tx: TenantTx, feed_id: FeedId, *, seconds: float) -> None:
    """Counts a failure; nobody asks this vendor for this customer before so many seconds have passed."""
    await tx.execute(NOTE_CONNECTOR_FAILURE, tx.tenant_id, feed_id, seconds)


async def count_stranger(
    tx: TenantTx, feed_id: FeedId, *, account: str, stream: str, place: str, records: int, most: int
) -> None:
    """Counts records of a foreign account; nothing when so many accounts are known already."""
    await tx.execute(COUNT_STRANGER, tx.tenant_id, feed_id, account, stream, place, records, most)
