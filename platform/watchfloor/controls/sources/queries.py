"""SQL of feeds, their hours and alarms, stored days and agents, over a period."""

from datetime import date, datetime, timedelta
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx

SELECT_FEEDS: Final[LiteralString] = """
select f.id,
       f.name,
       f.state,
       f.created_at,
       f.state_since,
       f.options ->> 'alarm_level' as alarm_level,
       coalesce((f.options ->> 'backfill')::boolean, false) as is_backfill
  from wf.feeds f
 where f.tenant_id = $1
   and f.created_at < $2
 order by f.id
"""

SELECT_SILENCES: Final[LiteralString] = """
select s.feed_id,
       min(s.hour) as first_hour,
       max(s.hour) as last_hour,
       coalesce(max(s.hour - s.earlier) - interval '1 hour', interval '0') as longest
  from (select h.feed_id,
               h.hour,
               lag(h.hour) over (partition by h.feed_id order by h.hour) as earlier
          from wf.feed_hours h
         where h.tenant_id = $1
           and h.hour >= $2
           and h.hour < $3
           and h.events > 0) s
 group by s.feed_id
"""

SELECT_NETWORK_FEEDS: Final[LiteralString] = """
select distinct feed_id
  from wf.source_days
 where tenant_id = $1
   and day >= $2
   and day < $3
   and (category = any($4::text[]) or product = any($5::text[]) or service = any($6::text[]))
"""

SELECT_STORED_DAYS: Final[LiteralString] = """
select distinct day
  from wf.lake_segments
 where tenant_id = $1
   and retired_at is null
   and day < $2
 order by day
"""

SELECT_AHEAD: Final[LiteralString] = """
select feed_id,
       max(raised_at) as raised_at
  from wf.feed_alarms
 where tenant_id = $1
   and raised_at < $3
   and kind = 'clock'
   and (cleared_at is null or cleared_at >= $2)
 group by feed_id
"""

SELECT_ALARMS: Final[LiteralString] = """
select id,
       feed_id,
       kind,
       raised_at,
       cleared_at,
       cleared_because,
       incident_id
  from wf.feed_alarms
 where tenant_id = $1
   and raised_at >= $2
   and raised_at < $3
 order by id
"""

SELECT_AGENTS: Final[LiteralString] = """
select id,
       last_seen_at
  from wf.osquery_nodes
 where tenant_id = $1
   and state = 'active'
   and enrolled_at < $2
   and id > $3
 order by id
 limit 20000
"""


class FeedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A feed, and since when it is in its state."""

    id: UUID
    name: str
    state: str
    created_at: datetime
    state_since: datetime
    alarm_level: str | None
    is_backfill: bool


class SilenceRow(msgspec.Struct, frozen=True, kw_only=True):
    """The hours in which a feed brought events: the first, the last, and the longest time between two of them."""

    feed_id: UUID
    first_hour: datetime
    last_hour: datetime
    longest: timedelta


class AheadRow(msgspec.Struct, frozen=True, kw_only=True):
    """A feed whose clock went ahead."""

    feed_id: UUID
    raised_at: datetime


class AlarmRow(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm of a feed."""

    id: UUID
    feed_id: UUID
    kind: str
    raised_at: datetime
    cleared_at: datetime | None
    cleared_because: str | None
    incident_id: UUID | None


class AgentRow(msgspec.Struct, frozen=True, kw_only=True):
    """An enrolled agent."""

    id: UUID
    last_seen_at: datetime


async def select_feeds(tx: TenantTx, *, until: datetime) -> list[FeedRow]:
    """The feeds that there were before an instant."""
    return await tx.rows(FeedRow, SELECT_FEEDS, tx.tenant_id, until)


async def select_silences(tx: TenantTx, *, begin: datetime, until: datetime) -> list[SilenceRow]:
    """How silent the feeds were that brought anything."""
    return await tx.rows(SilenceRow, SELECT_SILENCES, tx.tenant_id, begin, until)


async def select_network_feeds(
    tx: TenantTx, *, first: date, until: date, sources: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
) -> list[UUID]:
    """The feeds that brought one of these categories, products or services."""
    return await tx.values(UUID, SELECT_NETWORK_FEEDS, tx.tenant_id, first, until, *sources)


async def select_stored_days(tx: TenantTx, *, until: date) -> list[date]:
    """The days before a day that have a stored segment."""
    return await tx.values(date, SELECT_STORED_DAYS, tx.tenant_id, until)


async def select_ahead(tx: TenantTx, *, begin: datetime, until: datetime) -> list[AheadRow]:
    """The feeds whose clock went ahead at some time of the period."""
    return await tx.rows(AheadRow, SELECT_AHEAD, tx.tenant_id, begin, until)


async def select_alarms(tx: TenantTx, *, begin: datetime, until: datetime) -> list[AlarmRow]:
    """The alarms that were raised in the period."""
    return await tx.rows(AlarmRow, SELECT_ALARMS, tx.tenant_id, begin, until)


async def select_agents(tx: TenantTx, *, until: datetime) -> list[AgentRow]:
    """The agents that were enrolled before an instant."""
    return await tx.rows(AgentRow, SELECT_AGENTS, tx.tenant_id, until, UUID(int=0))
