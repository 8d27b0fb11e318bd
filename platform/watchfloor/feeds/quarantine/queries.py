"""SQL of the quarantine as people see it: groups, single things, what is put back, what is dropped."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import BatchId, FeedId

SELECT_GROUPS: Final[LiteralString] = """
select feed_id,
       code,
       reason,
       count(*) as things,
       min(received_at) as first_at,
       max(received_at) as last_at,
       (array_agg(id order by id desc))[1] as newest_id
  from wf.quarantine
 where tenant_id = $1
 group by feed_id,
          code,
          reason
 order by count(*) desc,
          max(received_at) desc
 limit $2
"""

SELECT_PAGE: Final[LiteralString] = """
select id,
       feed_id,
       event_index,
       code,
       reason,
       received_at
  from wf.quarantine
 where tenant_id = $1
   and id < $2
 order by id desc
 limit $3
"""

SELECT_ONE: Final[LiteralString] = """
select id,
       feed_id,
       batch_id,
       event_index,
       code,
       reason,
       received_at,
       body,
       context
  from wf.quarantine
 where tenant_id = $1
   and id = $2
"""

SELECT_CHOSEN: Final[LiteralString] = """
select id,
       octet_length(body) as size
  from wf.quarantine
 where tenant_id = $1
   and ($2::uuid is null or feed_id = $2)
   and ($3::text is null or code = $3)
   and ($4::uuid[] is null or id = any ($4))
   and (not $5 or code <> 'too_large')
 order by id
 limit $6
"""

SELECT_THINGS: Final[LiteralString] = """
select id,
       feed_id,
       batch_id,
       event_index,
       code,
       reason,
       received_at,
       body,
       context
  from wf.quarantine
 where tenant_id = $1
   and id = any ($2)
 order by feed_id,
          batch_id,
          event_index
"""

COUNT_CHOSEN: Final[LiteralString] = """
select count(*)
  from wf.quarantine
 where tenant_id = $1
   and ($2::uuid is null or feed_id = $2)
   and ($3::text is null or code = $3)
   and ($4::uuid[] is null or id = any ($4))
   and (not $5 or code <> 'too_large')
"""

DELETE_THINGS: Final[LiteralString] = """
delete from wf.quarantine
 where tenant_id = $1
   and id = any ($2)
"""


class GroupRow(msgspec.Struct, frozen=True, kw_only=True):
    """Things of one feed that failed for one reason."""

    feed_id: FeedId
    code: str
    reason: str
    things: int
    first_at: datetime
    last_at: datetime
    newest_id: UUID


class LineRow(msgspec.Struct, frozen=True, kw_only=True):
    """A thing without its body."""

    id: UUID
    feed_id: FeedId
    event_index: int
    code: str
    reason: str
    received_at: datetime


class ThingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A thing; `body` and `context` are sealed."""

    id: UUID
    feed_id: FeedId
    batch_id: BatchId
    event_index: int
    code: str
    reason: str
    received_at: datetime
    body: bytes
    context: bytes | None


class ChosenRow(msgspec.Struct, frozen=True, kw_only=True):
    """A thing that was chosen, and its size as stored."""

    id: UUID
    size: int


async def select_groups(tx: TenantTx, *, limit: int) -> list[GroupRow]:
    """The groups, the largest first."""
    return await tx.rows(GroupRow, SELECT_GROUPS, tx.tenant_id, limit)


async def select_page(tx: TenantTx, *, before: UUID, limit: int) -> list[LineRow]:
    """Single things, the newest first, from just behind `before`."""
    return await tx.rows(LineRow, SELECT_PAGE, tx.tenant_id, before, limit)


async def select_one(tx: TenantTx, thing_id: UUID) -> ThingRow | None:
    """One thing."""
    return await tx.row(ThingRow, SELECT_ONE, tx.tenant_id, thing_id)


async def select_chosen(
    tx: TenantTx, feed_id: FeedId | None, code: str | None, things: Sequence[UUID] | None, *, whole: bool, limit: int
) -> list[ChosenRow]:
    """The first of what was chosen; `whole` leaves out events that are not kept to their end."""
    named = None if things is None else list(things)
    return await tx.rows(ChosenRow, SELECT_CHOSEN, tx.tenant_id, feed_id, code, named, whole, limit)


async def count_chosen(
    tx: TenantTx, feed_id: FeedId | None, code: str | None, things: Sequence[UUID] | None, *, whole: bool
) -> int:
    """How many things were chosen."""
    named = None if things is None else list(things)
    return await tx.value(int, COUNT_CHOSEN, tx.tenant_id, feed_id, code, named, whole) or 0


async def select_things(tx: TenantTx, things: Sequence[UUID]) -> list[ThingRow]:
    """These things, by feed and by where they stood."""
    return await tx.rows(ThingRow, SELECT_THINGS, tx.tenant_id, list(things))


async def delete_things(tx: TenantTx, things: Sequence[UUID]) -> int:
    """Deletes them; returns how many there were."""
    return await tx.execute(DELETE_THINGS, tx.tenant_id, list(things))
