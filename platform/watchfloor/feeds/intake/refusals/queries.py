"""SQL of what was turned away, by feed, hour and cause."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, LiteralString

import msgspec

from watchfloor.feeds.intake.backlog import Cause
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import FeedId

ADD_REFUSAL: Final[LiteralString] = """
insert into wf.intake_refusals as kept (tenant_id, feed_id, hour, cause, requests, events, raw_bytes, last_at)
select $1,
       f.id,
       date_trunc('hour', now()),
       $3,
       $4,
       $5,
       $6,
       now()
  from wf.feeds f
 where f.tenant_id = $1
   and f.id = $2
on conflict (tenant_id, feed_id, hour, cause) do update
   set requests = kept.requests + excluded.requests,
       events = kept.events + excluded.events,
       raw_bytes = kept.raw_bytes + excluded.raw_bytes,
       last_at = excluded.last_at
"""

SELECT_REFUSALS: Final[LiteralString] = """
select feed_id,
       hour,
       cause,
       requests,
       events,
       raw_bytes,
       last_at
  from wf.intake_refusals
 where tenant_id = $1
   and hour >= $2
 order by hour,
          feed_id,
          cause
"""

DELETE_REFUSALS: Final[LiteralString] = """
delete from wf.intake_refusals
 where tenant_id = $1
   and hour < now() - make_interval(days => $2)
"""


class RefusedHour(msgspec.Struct, frozen=True, kw_only=True):
    """What was turned away of a feed in an hour. `events` counts those that had been read when they were refused."""

    feed_id: FeedId
    hour: datetime
    cause: Cause
    requests: int
    events: int
    raw_bytes: int
    last_at: datetime


async def add_refusals(tx: TenantTx, rows: Sequence[tuple[FeedId, Cause, int, int, int]]) -> None:
    """Adds requests, events and bytes to the current hour of feeds that still exist."""
    await tx.execute_many(ADD_REFUSAL, [(tx.tenant_id, *row) for row in rows])


async def select_refusals(tx: TenantTx, *, since: datetime) -> list[RefusedHour]:
    """What was turned away from the hour of `since` on."""
    return await tx.rows(RefusedHour, SELECT_REFUSALS, tx.tenant_id, since)


async def delete_refusals(tx: TenantTx, *, older_than_days: int) -> int:
    """Forgets old figures; returns how many."""
    return await tx.execute(DELETE_REFUSALS, tx.tenant_id, older_than_days)
