"""SQL of the lake's manifest: which segments there are, what each covers, and how one replaces others."""

from datetime import date, datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx

INSERT_SEGMENT: Final[LiteralString] = """
insert into wf.lake_segments
       (tenant_id, id, level, sources, day, path, events, raw_bytes, stored_bytes, sha256, sightings_bytes,
        sightings_sha256, first_event_at, last_event_at, key, key_version)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
"""

SELECT_SEGMENTS: Final[LiteralString] = """
select id,
       level,
       sources,
       day,
       path,
       events,
       raw_bytes,
       stored_bytes,
       sha256,
       sightings_bytes,
       sightings_sha256,
       first_event_at,
       last_event_at,
       key,
       key_version
  from wf.lake_segments
 where tenant_id = $1
   and retired_at is null
   and first_event_at < $3
   and last_event_at >= $2
 order by first_event_at,
          id
"""

SELECT_FRESH: Final[LiteralString] = """
select id,
       level,
       sources,
       day,
       path,
       events,
       raw_bytes,
       stored_bytes,
       sha256,
       sightings_bytes,
       sightings_sha256,
       first_event_at,
       last_event_at,
       key,
       key_version
  from wf.lake_segments
 where tenant_id = $1
   and retired_at is null
   and level = 0
   and key is not null
 order by id
 limit $2
"""

SELECT_CROWDED: Final[LiteralString] = """
select day,
       array_agg(id order by raw_bytes, id) as ids
  from (select id,
               day,
               raw_bytes,
               case when day < $4 then 0
                    else floor(log(8, greatest(raw_bytes, 65536)::numeric / 65536))
               end as tier
          from wf.lake_segments
         where tenant_id = $1
           and retired_at is null
           and level > 0
           and raw_bytes < $2) s
 group by day,
          tier
having count(*) >= case when day < $4 then 2 else $3 end
 order by day
 limit 100
"""

SELECT_NAMED: Final[LiteralString] = """
select id,
       level,
       sources,
       day,
       path,
       events,
       raw_bytes,
       stored_bytes,
       sha256,
       sightings_bytes,
       sightings_sha256,
       first_event_at,
       last_event_at,
       key,
       key_version
  from wf.lake_segments
 where tenant_id = $1
   and retired_at is null
   and id = any($2::uuid[])
 order by raw_bytes,
          id
"""

SELECT_FRESH_STATE: Final[LiteralString] = """
select count(*) as segments,
       coalesce(extract(epoch from now() - min(created_at)), 0)::float8 as oldest_seconds
  from wf.lake_segments
 where tenant_id = $1
   and retired_at is null
   and level = 0
   and key is not null
"""

RETIRE: Final[LiteralString] = """
with gone as (
  update wf.lake_segments
     set retired_at = now()
   where tenant_id = $1
     and id = any($2::uuid[])
     and retired_at is null
  returning id)
select count(*)
  from gone
"""

SELECT_OLDER: Final[LiteralString] = """
select id,
       path
  from wf.lake_segments
 where tenant_id = $1
   and retired_at is null
   and format = 'ndjson.zst'
 order by id
 limit 100
"""

SELECT_RETIRED: Final[LiteralString] = """
select id,
       path
  from wf.lake_segments
 where tenant_id = $1
   and retired_at < now() - make_interval(secs => $2)
 order by retired_at
 limit 1000
"""

DELETE_SEGMENTS: Final[LiteralString] = """
delete from wf.lake_segments
 where tenant_id = $1
   and id = any($2::uuid[])
"""

SELECT_PATHS: Final[LiteralString] = """
select path
  from wf.lake_segments
 where tenant_id = $1
"""


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """One file of events. The order of the fields is that of `INSERT_SEGMENT`.

    `level` counts how often its events were put together with others; from level 1 on, all are of one
    `day` (of UTC). `day` is that of the newest event; `sources` are all that its events have. `raw_bytes` are the
    events as they came; `stored_bytes` and `sha256` are of the file as it lies there. Beside it lies a file of
    sightings if it has `sightings_bytes`. `key` opens both files; it is sealed as column `key` of row `id` of
    `lake_segments`. Without one the file is of an older form and about to be rewritten.
    """

    id: UUID
    level: int
    sources: list[str]
    day: date
    path: str
    events: int
    raw_bytes: int
    stored_bytes: int
    sha256: bytes
    sightings_bytes: int | None
    sightings_sha256: bytes | None
    first_event_at: datetime
    last_event_at: datetime
    key: bytes | None
    key_version: int


class Crowd(msgspec.Struct, frozen=True, kw_only=True):
    """Segments of one day that could be one, smallest first."""

    day: date
    ids: list[UUID]


class FreshState(msgspec.Struct, frozen=True, kw_only=True):
    """How many segments were never put together with others, and how long the first of them has been there."""

    segments: int
    oldest_seconds: float


class OlderSegment(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the lake's form before this one."""

    id: UUID
    path: str


class Retired(msgspec.Struct, frozen=True, kw_only=True):
    """A file that others have replaced."""

    id: UUID
    path: str


async def insert_segment(tx: TenantTx, segment: Segment) -> None:
    """Makes a segment part of the lake."""
    await tx.execute(INSERT_SEGMENT, tx.tenant_id, *msgspec.structs.astuple(segment))


async def select_segments(tx: TenantTx, *, since: datetime, until: datetime) -> list[Segment]:
    """The segments with events from `since` on and before `until`, by their first event."""
    return await tx.rows(Segment, SELECT_SEGMENTS, tx.tenant_id, since, until)


async def select_fresh(tx: TenantTx, *, most: int) -> list[Segment]:
    """The first segments that were never put together with others, as they were written."""
    return await tx.rows(Segment, SELECT_FRESH, tx.tenant_id, most)


async def select_fresh_state(tx: TenantTx) -> FreshState:
    """What waits to be put together for the first time."""
    found = await tx.row(FreshState, SELECT_FRESH_STATE, tx.tenant_id)
    return found or FreshState(segments=0, oldest_seconds=0.0)


async def select_crowded(tx: TenantTx, *, small_bytes: int, many: int, over_before: date) -> list[Crowd]:
    """Where segments of under `small_bytes` raw could be one.

    At least `many` of about one size, so that an event is written a few times at most; of a day before `over_before`
    any two.
    """
    return await tx.rows(Crowd, SELECT_CROWDED, tx.tenant_id, small_bytes, many, over_before)


async def select_named(tx: TenantTx, ids: list[UUID]) -> list[Segment]:
    """Those of these segments that are still in the lake, smallest first."""
    return await tx.rows(Segment, SELECT_NAMED, tx.tenant_id, ids)


async def retire(tx: TenantTx, ids: list[UUID]) -> int:
    """Takes segments out of the lake, and says how many of them were still in it."""
    return await tx.value(int, RETIRE, tx.tenant_id, ids) or 0


async def select_older(tx: TenantTx) -> list[OlderSegment]:
    """The first files that are of the form before."""
    return await tx.rows(OlderSegment, SELECT_OLDER, tx.tenant_id)


async def select_retired(tx: TenantTx, *, older_than_seconds: float) -> list[Retired]:
    """Files that have been retired for so long that no search can be reading them."""
    return await tx.rows(Retired, SELECT_RETIRED, tx.tenant_id, older_than_seconds)


async def delete_segments(tx: TenantTx, ids: list[UUID]) -> None:
    """Forgets segments, and with them the keys of their files."""
    await tx.execute(DELETE_SEGMENTS, tx.tenant_id, ids)


async def select_paths(tx: TenantTx) -> list[str]:
    """The paths of all segments that have files."""
    return await tx.values(str, SELECT_PATHS, tx.tenant_id)
