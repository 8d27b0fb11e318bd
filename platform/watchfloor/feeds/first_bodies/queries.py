"""SQL of the first bodies of feeds."""

from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import FeedId

COUNT_BODIES: Final[LiteralString] = """
select count(*)
  from wf.first_bodies
 where tenant_id = $1
   and feed_id = $2
   and is_greeting = $3
"""

INSERT_BODY: Final[LiteralString] = """
insert into wf.first_bodies (tenant_id, id, feed_id, is_greeting, document)
values ($1, $2, $3, $4, $5)
"""

DELETE_OLD_GREETINGS: Final[LiteralString] = """
delete from wf.first_bodies
 where tenant_id = $1
   and feed_id = $2
   and is_greeting
   and id not in (
         select id
           from wf.first_bodies
          where tenant_id = $1
            and feed_id = $2
            and is_greeting
          order by received_at desc,
                   id desc
          limit $3)
"""

SELECT_BODIES: Final[LiteralString] = """
select id,
       is_greeting,
       received_at,
       document
  from wf.first_bodies
 where tenant_id = $1
   and feed_id = $2
 order by received_at,
          id
"""


class BodyRow(msgspec.Struct, frozen=True, kw_only=True):
    """A body as it is stored; `document` is sealed."""

    id: UUID
    is_greeting: bool
    received_at: datetime
    document: bytes


async def count_bodies(tx: TenantTx, feed_id: FeedId, *, is_greeting: bool) -> int:
    """How many bodies of a kind are kept of a feed."""
    return await tx.value(int, COUNT_BODIES, tx.tenant_id, feed_id, is_greeting) or 0


async def insert_body(tx: TenantTx, feed_id: FeedId, *, body_id: UUID, is_greeting: bool, document: bytes) -> None:
    """Keeps a body."""
    await tx.execute(INSERT_BODY, tx.tenant_id, body_id, feed_id, is_greeting, document)


async def delete_old_greetings(tx: TenantTx, feed_id: FeedId, *, keep: int) -> None:
    """Forgets the greetings of a feed but the newest."""
    await tx.execute(DELETE_OLD_GREETINGS, tx.tenant_id, feed_id, keep)


async def select_bodies(tx: TenantTx, feed_id: FeedId) -> list[BodyRow]:
    """The bodies of a feed, the oldest first."""
    return await tx.rows(BodyRow, SELECT_BODIES, tx.tenant_id, feed_id)
