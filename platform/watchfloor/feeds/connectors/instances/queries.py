"""SQL of connectors and their streams, as people see and change them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal, LiteralString, TypeAlias
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import FeedId

StreamState: TypeAlias = Literal["active", "off", "done"]

SELECT_CONNECTORS: Final[LiteralString] = """
select feed_id,
       kind,
       settings,
       secrets,
       secrets_at,
       revision,
       failures,
       retry_at,
       created_at
  from wf.connectors
 where tenant_id = $1
 order by feed_id
"""

SELECT_CONNECTOR: Final[LiteralString] = """
select feed_id,
       kind,
       settings,
       secrets,
       secrets_at,
       revision,
       failures,
       retry_at,
       created_at
  from wf.connectors
 where tenant_id = $1
   and feed_id = $2
"""

INSERT_CONNECTOR: Final[LiteralString] = """
insert into wf.connectors (tenant_id, feed_id, kind, settings, secrets)
values ($1, $2, $3, $4, $5)
"""

UPDATE_CONNECTOR: Final[LiteralString] = """
update wf.connectors
   set settings = $4,
       secrets = $5,
       secrets_at = case when $6 then now() else secrets_at end,
       revision = revision + 1,
       failures = 0,
       retry_at = null
 where tenant_id = $1
   and feed_id = $2
   and revision = $3
"""

WAKE_CONNECTOR: Final[LiteralString] = """
update wf.connectors
   set failures = 0,
       retry_at = null
 where tenant_id = $1
   and feed_id = $2
"""

WAKE_STREAMS: Final[LiteralString] = """
update wf.connector_streams
   set due_at = now(),
       failures = 0
 where tenant_id = $1
   and feed_id = $2
   and state = 'active'
   and due_at > now()
"""

SELECT_STREAMS: Final[LiteralString] = """
select id,
       feed_id,
       name,
       window_start,
       window_end,
       state,
       due_at,
       begun_at,
       looked_at,
       reached_at,
       stored_at,
       newest_at,
       behind_seconds,
       pages,
       records,
       repeats,
       failures,
       fault,
       fault_message,
       fault_where,
       fault_remedy,
       fault_at,
       held_until > now() as is_held
  from wf.connector_streams
 where tenant_id = $1
   and feed_id = any ($2::uuid[])
 order by feed_id,
          window_start nulls first,
          name,
          begun_at
"""

INSERT_STREAM: Final[LiteralString] = """
insert into wf.connector_streams (tenant_id, id, feed_id, name, state, window_start, window_end, cursor)
values ($1, $2, $3, $4, $5, $6, $7, $8::text::jsonb)
on conflict (tenant_id, feed_id, name) where window_start is null do nothing
"""

SWITCH_STREAM: Final[LiteralString] = """
update wf.connector_streams
   set state = $4,
       due_at = now(),
       failures = 0,
       fault = null,
       fault_message = null,
       fault_where = null,
       fault_remedy = null,
       fault_at = null
 where tenant_id = $1
   and feed_id = $2
   and name = $3
   and window_start is null
   and state <> $4
"""

SELECT_STRANGERS: Final[LiteralString] = """
select account,
       stream,
       place,
       records,
       first_at,
       last_at
  from wf.connector_strangers
 where tenant_id = $1
   and feed_id = $2
 order by last_at desc,
          account
 limit $3
"""

SELECT_WATCHED: Final[LiteralString] = """
select s.feed_id,
       c.kind,
       s.name,
       s.begun_at,
       s.reached_at,
       s.fault,
       s.fault_at
  from wf.connectors c
  join wf.feeds f
    on f.tenant_id = $1
   and f.id = c.feed_id
   and f.state = 'active'
  join wf.connector_streams s
    on s.tenant_id = $1
   and s.feed_id = c.feed_id
   and s.state = 'active'
   and s.window_start is null
 where c.tenant_id = $1
 order by s.feed_id,
          s.name
"""

SELECT_FRESH_STRANGERS: Final[LiteralString] = """
select feed_id,
       min(account) as account,
       count(distinct account) as accounts,
       min(first_at) as first_at
  from wf.connector_strangers
 where tenant_id = $1
   and feed_id = any ($2::uuid[])
   and last_at > $3
 group by feed_id
"""

FORGET_STRANGERS: Final[LiteralString] = """
delete from wf.connector_strangers
 where tenant_id = $1
   and feed_id = $2
"""


class ConnectorRow(msgspec.Struct, frozen=True, kw_only=True):
    """A connector as it is stored; `settings` and `secrets` are sealed."""

    feed_id: FeedId
    kind: str
    settings: bytes
    secrets: bytes
    secrets_at: datetime
    revision: int
    failures: int
    retry_at: datetime | None
    created_at: datetime


class StreamRow(msgspec.Struct, frozen=True, kw_only=True):
    """A stream and where it stands. See the migration for what the moments are."""

    id: UUID
    feed_id: FeedId
    name: str
    window_start: datetime | None
    window_end: datetime | None
    state: StreamState
    due_at: datetime
    begun_at: datetime
    looked_at: datetime | None
    reached_at: datetime | None
    stored_at: datetime | None
    newest_at: datetime | None
    behind_seconds: float | None
    pages: int
    records: int
    repeats: int
    failures: int
    fault: str | None
    fault_message: str | None
    fault_where: str | None
    fault_remedy: str | None
    fault_at: datetime | None
    is_held: bool | None


class StrangerRow(msgspec.Struct, frozen=True, kw_only=True):
    """A foreign account and how many of its records were seen, by stream."""

    account: str
    stream: str
    place: str
    records: int
    first_at: datetime
    last_at: datetime


class WatchedStream(msgspec.Struct, frozen=True, kw_only=True):
    """What the watch looks at of a live stream."""

    feed_id: FeedId
    kind: str
    name: str
    begun_at: datetime
    reached_at: datetime | None
    fault: str | None
    fault_at: datetime | None


class FreshStrangers(msgspec.Struct, frozen=True, kw_only=True):
    """How many foreign accounts a connector has just seen, and one of them."""

    feed_id: FeedId
    account: str
    accounts: int
    first_at: datetime


async def select_connectors(tx: TenantTx) -> list[ConnectorRow]:
    """All connectors of the tenant, the oldest first."""
    return await tx.rows(ConnectorRow, SELECT_CONNECTORS, tx.tenant_id)


async def select_connector(tx: TenantTx, feed_id: FeedId) -> ConnectorRow | None:
    """One connector."""
    return await tx.row(ConnectorRow, SELECT_CONNECTOR, tx.tenant_id, feed_id)


async def insert_connector(tx: TenantTx, feed_id: FeedId, *, kind: str, settings: bytes, secrets: bytes) -> None:
    """Adds a connector to a feed."""
    await tx.execute(INSERT_CONNECTOR, tx.tenant_id, feed_id, kind, settings, secrets)


async def update_connector(
    tx: TenantTx, feed_id: FeedId, *, revision: int, settings: bytes, secrets: bytes, is_rotation: bool
) -> bool:
    """Changes what it was told; False when somebody else did so meanwhile."""
    changed = await tx.execute(UPDATE_CONNECTOR, tx.tenant_id, feed_id, revision, settings, secrets, is_rotation)
    return changed == 1


async def wake(tx: TenantTx, feed_id: FeedId) -> None:
    """Forgets the waits of a connector and its streams: they are looked at now."""
    await tx.execute(WAKE_CONNECTOR, tx.tenant_id, feed_id)
    await tx.execute(WAKE_STREAMS, tx.tenant_id, feed_id)


async def select_streams(tx: TenantTx, feeds: Sequence[FeedId]) -> list[StreamRow]:
    """The streams of connectors, live ones before backfills."""
    return await tx.rows(StreamRow, SELECT_STREAMS, tx.tenant_id, feeds)


async def insert_stream(
    tx: TenantTx,
    feed_id: FeedId,
    *,
    stream_id: UUID,
    name: str,
    state: StreamState,
    window: tuple[datetime, datetime] | None = None,
    cursor: str | None = None,
) -> None:
    """Adds a stream, or a backfill of one; a live stream only if it is not there."""
    start, end = (None, None) if window is None else window
    await tx.execute(INSERT_STREAM, tx.tenant_id, stream_id, feed_id, name, state, start, end, cursor)


async def switch_stream(tx: TenantTx, feed_id: FeedId, *, name: str, state: StreamState) -> bool:
    """Switches a live stream on or off; False when it stands so already."""
    return await tx.execute(SWITCH_STREAM, tx.tenant_id, feed_id, name, state) == 1


async def select_strangers(tx: TenantTx, feed_id: FeedId, *, limit: int) -> list[StrangerRow]:
    """The foreign accounts that a connector has seen, the newest first."""
    return await tx.rows(StrangerRow, SELECT_STRANGERS, tx.tenant_id, feed_id, limit)


async def forget_strangers(tx: TenantTx, feed_id: FeedId) -> None:
    """Forgets which foreign accounts a connector has seen: whoever is still there is seen again."""
    await tx.execute(FORGET_STRANGERS, tx.tenant_id, feed_id)


async def select_watched(tx: TenantTx) -> list[WatchedStream]:
    """The live streams that are on, of connectors that are not paused."""
    return await tx.rows(WatchedStream, SELECT_WATCHED, tx.tenant_id)


async def select_fresh_strangers(
    tx: TenantTx, feeds: Sequence[FeedId], *, seen_after: datetime
) -> list[FreshStrangers]:
    """The foreign accounts that were seen after a moment, by connector."""
    return await tx.rows(FreshStrangers, SELECT_FRESH_STRANGERS, tx.tenant_id, feeds, seen_after)
