"""SQL of the feed trust ledger: hours, what is learned from them, and blind hours."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import FeedId

ADD_TO_HOUR: Final[LiteralString] = """
insert into wf.feed_hours as kept
       (tenant_id, feed_id, hour, batches, events, raw_bytes, unparsed, quarantined, matches, duplicates, minutes,
        first_event_at, last_event_at, last_received_at, event_lag, work_lag)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15::integer[], $16::integer[])
on conflict (tenant_id, feed_id, hour) do update
   set batches = kept.batches + excluded.batches,
       events = kept.events + excluded.events,
       raw_bytes = kept.raw_bytes + excluded.raw_bytes,
       unparsed = kept.unparsed + excluded.unparsed,
       quarantined = kept.quarantined + excluded.quarantined,
       matches = kept.matches + excluded.matches,
       duplicates = kept.duplicates + excluded.duplicates,
       minutes = kept.minutes | excluded.minutes,
       first_event_at = least(kept.first_event_at, excluded.first_event_at),
       last_event_at = greatest(kept.last_event_at, excluded.last_event_at),
       last_received_at = greatest(kept.last_received_at, excluded.last_received_at),
       event_lag = (select array_agg(coalesce(one, 0) + coalesce(other, 0) order by bucket)
                      from unnest(kept.event_lag, excluded.event_lag) with ordinality as sums (one, other, bucket)),
       work_lag = (select array_agg(coalesce(one, 0) + coalesce(other, 0) order by bucket)
                     from unnest(kept.work_lag, excluded.work_lag) with ordinality as sums (one, other, bucket))
"""

ADD_REPEATS: Final[LiteralString] = """
insert into wf.feed_hours as kept
       (tenant_id, feed_id, hour, batches, events, raw_bytes, unparsed, quarantined, matches, repeats)
values ($1, $2, date_trunc('hour', now(), 'UTC'), 0, 0, 0, 0, 0, 0, $3)
on conflict (tenant_id, feed_id, hour) do update
   set repeats = kept.repeats + excluded.repeats
"""

SELECT_HOURS: Final[LiteralString] = """
select feed_id,
       hour,
       batches,
       events,
       raw_bytes,
       unparsed,
       quarantined,
       matches,
       duplicates,
       repeats,
       minutes,
       first_event_at,
       last_event_at,
       last_received_at,
       event_lag,
       work_lag
  from wf.feed_hours
 where tenant_id = $1
   and feed_id = any($2::uuid[])
   and hour >= $3
   and hour < $4
 order by feed_id,
          hour
"""

SELECT_TRUST: Final[LiteralString] = """
select feed_id,
       profile,
       learned_at,
       judged_until
  from wf.feed_trust
 where tenant_id = $1
   and feed_id = any($2::uuid[])
"""

SELECT_UNLEARNED: Final[LiteralString] = """
select f.id
  from wf.feeds f
  left join wf.feed_trust t
    on t.tenant_id = $1
   and t.feed_id = f.id
 where f.tenant_id = $1
   and f.state = 'active'
   and (t.learned_at is null
        or t.learned_at < $2
        or (t.profile is null and t.learned_at < $3))
   and not exists (select
                     from wf.feed_alarms a
                    where a.tenant_id = $1
                      and a.feed_id = f.id
                      and a.kind = 'silent'
                      and a.cleared_at is null)
"""

KEEP_PROFILES: Final[LiteralString] = """
insert into wf.feed_trust (tenant_id, feed_id, profile, learned_at)
select $1,
       fresh.feed_id,
       fresh.profile,
       $4
  from unnest($2::uuid[], $3::bytea[]) as fresh (feed_id, profile)
on conflict (tenant_id, feed_id) do update
   set profile = excluded.profile,
       learned_at = excluded.learned_at
"""

INSERT_BLIND_HOURS: Final[LiteralString] = """
insert into wf.feed_blind_hours (tenant_id, feed_id, hour, expected_events)
select $1,
       blind.feed_id,
       blind.hour,
       blind.expected_events
  from unnest($2::uuid[], $3::timestamptz[], $4::bigint[]) as blind (feed_id, hour, expected_events)
on conflict do nothing
"""

SELECT_BLIND_HOURS: Final[LiteralString] = """
select b.feed_id,
       b.hour,
       b.expected_events
  from wf.feed_blind_hours b
 where b.tenant_id = $1
   and b.feed_id = any($2::uuid[])
   and b.hour >= $3
   and b.hour < $4
   and not exists (select
                     from wf.feed_hours h
                    where h.tenant_id = $1
                      and h.feed_id = b.feed_id
                      and h.hour = b.hour
                      and h.events > 0)
 order by b.feed_id,
          b.hour
"""

FORGET_HOURS: Final[LiteralString] = "delete from wf.feed_hours where tenant_id = $1 and hour < $2"
FORGET_BLIND_HOURS: Final[LiteralString] = "delete from wf.feed_blind_hours where tenant_id = $1 and hour < $2"


class HourRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a turn adds to an hour of a feed; the order is that of `ADD_TO_HOUR`."""

    feed_id: FeedId
    hour: datetime
    batches: int
    events: int
    raw_bytes: int
    unparsed: int
    quarantined: int
    matches: int
    duplicates: int
    minutes: int
    first_event_at: datetime | None
    last_event_at: datetime | None
    last_received_at: datetime | None
    event_lag: Sequence[int] | None
    work_lag: Sequence[int] | None


class Hour(msgspec.Struct, frozen=True, kw_only=True):
    """What a feed brought in an hour of receipt. See the migration for what the figures are."""

    feed_id: FeedId
    hour: datetime
    batches: int
    events: int
    raw_bytes: int
    unparsed: int
    quarantined: int
    matches: int
    duplicates: int
    repeats: int
    minutes: int
    first_event_at: datetime | None
    last_event_at: datetime | None
    last_received_at: datetime | None
    event_lag: list[int] | None
    work_lag: list[int] | None


class TrustRow(msgspec.Struct, frozen=True, kw_only=True):
    """What was learned of a feed."""

    feed_id: FeedId
    profile: bytes | None
    learned_at: datetime | None
    judged_until: datetime | None


class BlindHour(msgspec.Struct, frozen=True, kw_only=True):
    """An hour in which a feed that usually sends brought nothing, and how many events it usually brings in it."""

    feed_id: FeedId
    hour: datetime
    expected_events: int


async def add_to_hours(tx: TenantTx, rows: Sequence[HourRow]) -> None:
    """Adds to the hours' figures. Rows in one order for all, so that two workers never wait for each other."""
    ordered = sorted(rows, key=lambda row: (row.feed_id, row.hour))
    await tx.execute_many(ADD_TO_HOUR, [(tx.tenant_id, *msgspec.structs.astuple(row)) for row in ordered])


async def add_repeats(tx: TenantTx, feed_id: FeedId, *, events: int) -> None:
    """Adds events of a request that was stored before to the current hour."""
    await tx.execute(ADD_REPEATS, tx.tenant_id, feed_id, events)


async def select_hours(tx: TenantTx, feeds: Sequence[FeedId], *, since: datetime, until: datetime) -> list[Hour]:
    """The hours of these feeds from `since` on and before `until`, by feed, in order."""
    return await tx.rows(Hour, SELECT_HOURS, tx.tenant_id, feeds, since, until)


async def select_trust(tx: TenantTx, feeds: Sequence[FeedId]) -> list[TrustRow]:
    """What was learned of these feeds."""
    return await tx.rows(TrustRow, SELECT_TRUST, tx.tenant_id, feeds)


async def select_unlearned(tx: TenantTx, *, learned_before: datetime, tried_before: datetime) -> list[FeedId]:
    """The active feeds whose profile is missing or older than these moments, but for those that are silent now."""
    return [
        FeedId(found) for found in await tx.values(UUID, SELECT_UNLEARNED, tx.tenant_id, learned_before, tried_before)
    ]


async def keep_profiles(tx: TenantTx, profiles: Sequence[tuple[FeedId, bytes | None]], *, at: datetime) -> None:
    """Keeps what was learned; None where the past is too short."""
    columns = [feed_id for feed_id, _ in profiles], [profile for _, profile in profiles]
    await tx.execute(KEEP_PROFILES, tx.tenant_id, *columns, at)


async def insert_blind_hours(tx: TenantTx, hours: Sequence[BlindHour]) -> None:
    """Notes blind hours, each once."""
    columns = [[getattr(row, name) for row in hours] for name in BlindHour.__struct_fields__]
    await tx.execute(INSERT_BLIND_HOURS, tx.tenant_id, *columns)


async def select_blind_hours(
    tx: TenantTx, feeds: Sequence[FeedId], *, since: datetime, until: datetime
) -> list[BlindHour]:
    """The blind hours of these feeds, but for those that were filled late."""
    return await tx.rows(BlindHour, SELECT_BLIND_HOURS, tx.tenant_id, feeds, since, until)


async def forget_hours(tx: TenantTx, *, before: datetime) -> None:
    """Deletes the hours before this one."""
    await tx.execute(FORGET_HOURS, tx.tenant_id, before)
    await tx.execute(FORGET_BLIND_HOURS, tx.tenant_id, before)
