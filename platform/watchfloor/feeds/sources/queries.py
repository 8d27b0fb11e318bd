"""SQL of the log sources that feeds brought."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx

ADD_TO_DAYS: Final[LiteralString] = """
insert into wf.source_days as kept (tenant_id, feed_id, day, product, category, service, events, last_event_at)
select $1,
       fresh.feed_id,
       fresh.day,
       fresh.product,
       fresh.category,
       fresh.service,
       fresh.events,
       fresh.last_event_at
  from unnest($2::uuid[], $3::date[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::timestamptz[])
       as fresh (feed_id, day, product, category, service, events, last_event_at)
on conflict (tenant_id, feed_id, day, product, category, service) do update
   set events = kept.events + excluded.events,
       last_event_at = greatest(kept.last_event_at, excluded.last_event_at)
"""

SELECT_SOURCES: Final[LiteralString] = """
select product,
       category,
       service,
       sum(events)::bigint as events,
       max(last_event_at) as last_event_at
  from wf.source_days
 where tenant_id = $1
   and day >= $2
 group by product,
          category,
          service
 order by product,
          category,
          service
"""

FORGET_DAYS: Final[LiteralString] = "delete from wf.source_days where tenant_id = $1 and day < $2"


class SourceDay(msgspec.Struct, frozen=True, kw_only=True):
    """What a feed's day gains of a log source. The order is that of ADD_TO_DAYS."""

    feed_id: UUID
    day: date
    product: str
    category: str
    service: str
    events: int
    last_event_at: datetime


class SourceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A log source, with what came of it."""

    product: str
    category: str
    service: str
    events: int
    last_event_at: datetime


async def add_to_days(tx: TenantTx, rows: Sequence[SourceDay]) -> None:
    """Adds to the feeds' days. Rows in one order for all, so that two workers never wait for each other."""
    columns = [[getattr(row, name) for row in rows] for name in SourceDay.__struct_fields__]
    await tx.execute(ADD_TO_DAYS, tx.tenant_id, *columns)


async def select_sources(tx: TenantTx, *, since: date) -> list[SourceRow]:
    """The log sources that came in on `since` or later."""
    return await tx.rows(SourceRow, SELECT_SOURCES, tx.tenant_id, since)


async def forget_days(tx: TenantTx, *, before: date) -> None:
    """Deletes the days before this one."""
    await tx.execute(FORGET_DAYS, tx.tenant_id, before)
