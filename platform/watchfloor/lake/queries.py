"""SQL of the lake's manifest: which segments there are, and what time each covers."""

from datetime import date, datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx

INSERT_SEGMENT: Final[LiteralString] = """
insert into wf.lake_segments
       (tenant_id, id, day, path, format, events, stored_bytes, sha256, first_event_at, last_event_at, key_version)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""

SELECT_SEGMENTS: Final[LiteralString] = """
select id,
       day,
       path,
       format,
       events,
       stored_bytes,
       sha256,
       first_event_at,
       last_event_at,
       key_version
  from wf.lake_segments
 where tenant_id = $1
   and first_event_at < $3
   and last_event_at >= $2
 order by first_event_at,
          id
"""

SELECT_PATHS: Final[LiteralString] = """
select path
  from wf.lake_segments
 where tenant_id = $1
"""


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """One file of events. The order of the fields is that of `INSERT_SEGMENT`.

    `path` is relative to the lake's directory; `sha256` and `stored_bytes` are of the file as it lies there, sealed;
    `day` is that of the newest event.
    """

    id: UUID
    day: date
    path: str
    format: str
    events: int
    stored_bytes: int
    sha256: bytes
    first_event_at: datetime
    last_event_at: datetime
    key_version: int


async def insert_segment(tx: TenantTx, segment: Segment) -> None:
    """Makes a segment part of the lake."""
    await tx.execute(INSERT_SEGMENT, tx.tenant_id, *msgspec.structs.astuple(segment))


async def select_segments(tx: TenantTx, *, since: datetime, until: datetime) -> list[Segment]:
    """The segments with events from `since` on and before `until`, by their first event."""
    return await tx.rows(Segment, SELECT_SEGMENTS, tx.tenant_id, since, until)


async def select_paths(tx: TenantTx) -> list[str]:
    """The paths of all segments."""
    return await tx.values(str, SELECT_PATHS, tx.tenant_id)
