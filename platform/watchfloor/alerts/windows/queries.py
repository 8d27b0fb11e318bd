"""SQL of correlation windows. In bulk: a batch costs the same few statements with one group or thousands."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, LiteralString

import msgspec

from watchfloor.kernel.db import TenantTx

SELECT_WINDOWS: Final[LiteralString] = """
select window_index,
       state
  from wf.correlation_windows
 where tenant_id = $1
   and window_index = any($2::bytea[])
"""

SELECT_DUE: Final[LiteralString] = """
select window_index,
       state
  from wf.correlation_windows
 where tenant_id = $1
   and due_at <= $2
 order by due_at
 limit $3
"""

UPSERT_WINDOWS: Final[LiteralString] = """
insert into wf.correlation_windows (tenant_id, window_index, rule_id, state, due_at, expires_at)
select $1,
       kept.window_index,
       kept.rule_id,
       kept.state,
       kept.due_at,
       kept.expires_at
  from unnest($2::bytea[], $3::text[], $4::bytea[], $5::timestamptz[], $6::timestamptz[])
       as kept (window_index, rule_id, state, due_at, expires_at)
on conflict (tenant_id, window_index) do update
   set state = excluded.state,
       due_at = excluded.due_at,
       expires_at = excluded.expires_at
"""

DELETE_WINDOWS: Final[LiteralString] = """
delete from wf.correlation_windows
 where tenant_id = $1
   and window_index = any($2::bytea[])
"""

DELETE_EXPIRED: Final[LiteralString] = """
delete from wf.correlation_windows
 where tenant_id = $1
   and expires_at < $2
"""

DELETE_EXCESS: Final[LiteralString] = """
delete from wf.correlation_windows
 where tenant_id = $1
   and window_index = any(array(
         select window_index
           from wf.correlation_windows
          where tenant_id = $1
          order by expires_at desc,
                   window_index
         offset $2
          limit $3))
"""

SELECT_OLDEST_WAITING: Final[LiteralString] = """
select least(
         (select min(oldest.received_at)
            from generate_series(0, 2) as lane
           cross join lateral (
                   select b.received_at
                     from wf.intake_batches b
                    where b.tenant_id = $1
                      and b.lane = lane
                    order by b.id
                    limit 1) as oldest),
         (select min(w.oldest_at)
            from wf.intake_waiting w
           where w.tenant_id = $1
             and w.lane between 0 and 2))
"""


class WindowRow(msgspec.Struct, frozen=True, kw_only=True):
    """A group's window, sealed."""

    window_index: bytes
    state: bytes


class KeptWindow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `wf.correlation_windows` before it is written. The order is that of UPSERT_WINDOWS."""

    window_index: bytes
    rule_id: str
    state: bytes
    due_at: datetime | None
    expires_at: datetime


async def select_windows(tx: TenantTx, indexes: Sequence[bytes]) -> list[WindowRow]:
    """The windows with these indexes."""
    return await tx.rows(WindowRow, SELECT_WINDOWS, tx.tenant_id, indexes)


async def select_due(tx: TenantTx, *, at: datetime, limit: int) -> list[WindowRow]:
    """The windows that can be closed, those that could first first."""
    return await tx.rows(WindowRow, SELECT_DUE, tx.tenant_id, at, limit)


async def upsert_windows(tx: TenantTx, rows: Sequence[KeptWindow]) -> None:
    """Writes windows, new and old."""
    columns = [[getattr(row, name) for row in rows] for name in KeptWindow.__struct_fields__]
    await tx.execute(UPSERT_WINDOWS, tx.tenant_id, *columns)


async def delete_windows(tx: TenantTx, indexes: Sequence[bytes]) -> None:
    """Deletes windows."""
    await tx.execute(DELETE_WINDOWS, tx.tenant_id, indexes)


async def delete_expired(tx: TenantTx, *, before: datetime) -> int:
    """Deletes the windows that nothing can still meet, and says how many."""
    return await tx.execute(DELETE_EXPIRED, tx.tenant_id, before)


async def delete_excess(tx: TenantTx, *, kept: int, at_most: int) -> int:
    """Deletes windows past a number, those that end first first, and says how many."""
    return await tx.execute(DELETE_EXCESS, tx.tenant_id, kept, at_most)


async def select_oldest_waiting(tx: TenantTx) -> datetime | None:
    """When the oldest batch that waits for work was received; None if none waits."""
    return await tx.value(datetime, SELECT_OLDEST_WAITING, tx.tenant_id)
