"""SQL of what feeds brought: their hours, alarms and refusals, and how far back events are kept."""

from datetime import datetime
from typing import Final, Literal, LiteralString
from uuid import UUID

import msgspec

from watchfloor.feeds.alarms.queries import AlarmKind
from watchfloor.kernel.db import TenantTx

SELECT_FEEDS: Final[LiteralString] = """
select id,
       name,
       state,
       state_since,
       created_at
  from wf.feeds
 where tenant_id = $1
 order by name
"""

SELECT_HOURS: Final[LiteralString] = """
select feed_id,
       hour,
       events,
       matches,
       unparsed,
       quarantined
  from wf.feed_hours
 where tenant_id = $1
   and hour >= $2
   and hour < $3
"""

SELECT_BLIND: Final[LiteralString] = """
select feed_id,
       hour
  from wf.feed_blind_hours
 where tenant_id = $1
   and hour >= $2
   and hour < $3
"""

SELECT_REFUSED: Final[LiteralString] = """
select feed_id,
       hour,
       sum(requests)::bigint as requests,
       sum(events)::bigint as events
  from wf.intake_refusals
 where tenant_id = $1
   and hour >= $2
   and hour < $3
 group by feed_id,
          hour
"""

SELECT_ALARMS: Final[LiteralString] = """
select id,
       feed_id,
       kind,
       since,
       raised_at,
       cleared_at
  from wf.feed_alarms
 where tenant_id = $1
   and since < $3
   and (cleared_at is null
        or cleared_at >= $2)
 order by since,
          id
"""

SELECT_OLDEST: Final[LiteralString] = """
select first_event_at
  from wf.lake_segments
 where tenant_id = $1
   and retired_at is null
 order by last_event_at
 limit 1
"""


class FeedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A feed as it is now."""

    id: UUID
    name: str
    state: Literal["active", "paused"]
    state_since: datetime
    created_at: datetime


class HourRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a feed brought in an hour of receipt."""

    feed_id: UUID
    hour: datetime
    events: int
    matches: int
    unparsed: int
    quarantined: int


class BlindRow(msgspec.Struct, frozen=True, kw_only=True):
    """An hour in which a feed was silent though it usually is not."""

    feed_id: UUID
    hour: datetime


class RefusedRow(msgspec.Struct, frozen=True, kw_only=True):
    """What was turned away of a feed in an hour."""

    feed_id: UUID
    hour: datetime
    requests: int
    events: int


class AlarmRow(msgspec.Struct, frozen=True, kw_only=True):
    """What was wrong with a feed, since when, and until when it was."""

    id: UUID
    feed_id: UUID
    kind: AlarmKind
    since: datetime
    raised_at: datetime
    cleared_at: datetime | None


async def select_feeds(tx: TenantTx) -> list[FeedRow]:
    """All feeds, by name."""
    return await tx.rows(FeedRow, SELECT_FEEDS, tx.tenant_id)


async def select_hours(tx: TenantTx, *, begin: datetime, end: datetime) -> list[HourRow]:
    """The hours of all feeds that begin from an instant until before another."""
    return await tx.rows(HourRow, SELECT_HOURS, tx.tenant_id, begin, end)


async def select_blind(tx: TenantTx, *, begin: datetime, end: datetime) -> list[BlindRow]:
    """The blind hours among them."""
    return await tx.rows(BlindRow, SELECT_BLIND, tx.tenant_id, begin, end)


async def select_refused(tx: TenantTx, *, begin: datetime, end: datetime) -> list[RefusedRow]:
    """What was refused in them."""
    return await tx.rows(RefusedRow, SELECT_REFUSED, tx.tenant_id, begin, end)


async def select_alarms(tx: TenantTx, *, begin: datetime, end: datetime) -> list[AlarmRow]:
    """The alarms that stood at any time between two instants, the longest standing first."""
    return await tx.rows(AlarmRow, SELECT_ALARMS, tx.tenant_id, begin, end)


async def select_oldest(tx: TenantTx) -> datetime | None:
    """The time of the oldest event that is kept."""
    return await tx.value(datetime, SELECT_OLDEST, tx.tenant_id)
