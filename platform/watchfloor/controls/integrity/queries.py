"""SQL of stored segments and when each was last compared with its hash."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx

COUNT_CHECKS: Final[LiteralString] = """
select count(*) as segments,
       count(*) filter (where c.is_good and c.checked_at >= $4) as good
  from wf.lake_segments s
  left join wf.segment_checks c
    on c.tenant_id = $1
   and c.segment_id = s.id
 where s.tenant_id = $1
   and s.retired_at is null
   and s.day < $2
   and s.created_at < $3
"""

SELECT_BAD: Final[LiteralString] = """
select s.id,
       (select not c.is_good
          from wf.segment_checks c
         where c.tenant_id = $1
           and c.segment_id = s.id) is true as is_changed
  from wf.lake_segments s
 where s.tenant_id = $1
   and s.retired_at is null
   and s.day < $2
   and s.created_at < $3
   and (select c.is_good and c.checked_at >= $4
          from wf.segment_checks c
         where c.tenant_id = $1
           and c.segment_id = s.id) is not true
 order by s.id
 limit 1000
"""

SELECT_DUE: Final[LiteralString] = """
select s.id,
       s.path,
       s.sha256
  from wf.lake_segments s
 where s.tenant_id = $1
   and s.retired_at is null
   and not exists (
         select
           from wf.segment_checks c
          where c.tenant_id = $1
            and c.segment_id = s.id
            and c.checked_at > $2)
 order by s.id
 limit $3
"""

KEEP_CHECKS: Final[LiteralString] = """
insert into wf.segment_checks (tenant_id, segment_id, checked_at, is_good)
select $1,
       fresh.segment_id,
       $4,
       fresh.is_good
  from unnest($2::uuid[], $3::boolean[]) as fresh (segment_id, is_good)
on conflict (tenant_id, segment_id) do update
   set checked_at = excluded.checked_at,
       is_good = excluded.is_good
"""

FORGET_CHECKS: Final[LiteralString] = """
delete from wf.segment_checks c
 where c.tenant_id = $1
   and c.checked_at < $2
"""


class CountRow(msgspec.Struct, frozen=True, kw_only=True):
    """How many segments there are, and how many of them were checked and are good."""

    segments: int
    good: int


class BadRow(msgspec.Struct, frozen=True, kw_only=True):
    """A segment that was changed or is gone, or that nobody checked in time."""

    id: UUID
    is_changed: bool


class DueRow(msgspec.Struct, frozen=True, kw_only=True):
    """A segment that is to be checked. `path` is relative to the lake."""

    id: UUID
    path: str
    sha256: bytes


async def count_checks(tx: TenantTx, *, until_day: date, until: datetime, since: datetime) -> CountRow:
    """The segments that were stored before an instant, and those found good since another one."""
    found = await tx.row(CountRow, COUNT_CHECKS, tx.tenant_id, until_day, until, since)
    return found or CountRow(segments=0, good=0)


async def select_bad(tx: TenantTx, *, until_day: date, until: datetime, since: datetime) -> list[BadRow]:
    """The first thousand of the others."""
    return await tx.rows(BadRow, SELECT_BAD, tx.tenant_id, until_day, until, since)


async def select_due(tx: TenantTx, *, before: datetime, limit: int) -> list[DueRow]:
    """Segments that were not checked since an instant."""
    return await tx.rows(DueRow, SELECT_DUE, tx.tenant_id, before, limit)


async def keep_checks(tx: TenantTx, checks: Sequence[tuple[UUID, bool]], *, at: datetime) -> None:
    """Keeps what came out of checking these segments."""
    names, goods = [name for name, _ in checks], [is_good for _, is_good in checks]
    await tx.execute(KEEP_CHECKS, tx.tenant_id, names, goods, at)


async def forget_checks(tx: TenantTx, *, before: datetime) -> None:
    """Deletes checks so old that they are of segments that are gone."""
    await tx.execute(FORGET_CHECKS, tx.tenant_id, before)
