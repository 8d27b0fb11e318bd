"""SQL of feeds: the feeds themselves, their tokens, the intake queue, quarantine, and what each brought by hour."""

from datetime import datetime
from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.feeds.feed import Door, Feed, FeedState
from watchfloor.kernel.db import DirectoryTx, TenantTx
from watchfloor.kernel.ids import BatchId, FeedId, TenantId

SELECT_FEEDS: Final[LiteralString] = """
select tenant_id,
       id,
       name,
       door,
       source_hint,
       state
  from wf.feeds
 where tenant_id = $1
 order by name
"""

SELECT_FEED: Final[LiteralString] = """
select tenant_id,
       id,
       name,
       door,
       source_hint,
       state
  from wf.feeds
 where tenant_id = $1
   and id = $2
"""

INSERT_FEED: Final[LiteralString] = """
insert into wf.feeds (tenant_id, id, name, door, source_hint)
values ($1, $2, $3, $4, $5)
on conflict (tenant_id, name) do nothing
"""

UPDATE_FEED: Final[LiteralString] = """
update wf.feeds
   set source_hint = $3,
       state = $4
 where tenant_id = $1
   and id = $2
"""

SELECT_CREDENTIAL: Final[LiteralString] = """
select k.tenant_id,
       k.feed_id,
       k.secret_hash,
       k.revoked_at is not null as revoked,
       t.state as tenant_state
  from auth.feed_tokens k
  join auth.tenants t
    on t.id = k.tenant_id
 where k.id = $1
"""

SELECT_TENANT_OF_FEED: Final[LiteralString] = """
select tenant_id
  from auth.feed_tokens
 where id >= $1
   and id < $1 || '~'
 limit 1
"""

INSERT_CREDENTIAL: Final[LiteralString] = """
insert into auth.feed_tokens (id, tenant_id, feed_id, secret_hash)
values ($1, $2, $3, $4)
"""

REVOKE_TOKENS: Final[LiteralString] = """
update auth.feed_tokens
   set revoked_at = now()
 where tenant_id = $1
   and feed_id = $2
   and id <> $3
   and revoked_at is null
"""

REVOKE_CREDENTIAL: Final[LiteralString] = """
update auth.feed_tokens
   set revoked_at = now()
 where tenant_id = $1
   and id = $2
   and revoked_at is null
"""

SELECT_BACKLOG: Final[LiteralString] = """
select coalesce(sum(octet_length(body)), 0)::bigint
  from wf.intake_batches
 where tenant_id = $1
"""

INSERT_RECEIPT: Final[LiteralString] = """
insert into wf.intake_receipts (tenant_id, feed_id, request_hash, events)
values ($1, $2, $3, $4)
on conflict do nothing
"""

SELECT_RECEIPT: Final[LiteralString] = """
select events
  from wf.intake_receipts
 where tenant_id = $1
   and feed_id = $2
   and request_hash = $3
"""

DELETE_RECEIPTS: Final[LiteralString] = """
delete from wf.intake_receipts
 where tenant_id = $1
   and received_at < now() - make_interval(secs => $2)
"""

INSERT_BATCH: Final[LiteralString] = """
insert into wf.intake_batches
       (tenant_id, id, feed_id, door, remote, user_agent, metadata, events, raw_bytes, body)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""

SELECT_QUEUE: Final[LiteralString] = """
select id,
       events,
       raw_bytes,
       attempts
  from wf.intake_batches
 where tenant_id = $1
 order by lane,
          id
 limit $2
"""

SELECT_WAITING: Final[LiteralString] = """
select exists (
         select
           from wf.intake_batches
          where tenant_id = $1)
"""

TAKE_BATCHES: Final[LiteralString] = """
select b.id,
       b.feed_id,
       f.source_hint,
       b.door,
       b.received_at,
       b.events,
       b.raw_bytes,
       b.attempts,
       b.body
  from wf.intake_batches b
  join wf.feeds f
    on f.tenant_id = b.tenant_id
   and f.id = b.feed_id
 where b.tenant_id = $1
   and b.id = any ($2)
 order by b.lane,
          b.id
   for update of b skip locked
"""

COUNT_ATTEMPT: Final[LiteralString] = """
update wf.intake_batches
   set attempts = attempts + 1
 where tenant_id = $1
   and id = any ($2)
"""

DELETE_BATCHES: Final[LiteralString] = """
delete from wf.intake_batches
 where tenant_id = $1
   and id = any ($2)
"""

INSERT_QUARANTINE: Final[LiteralString] = """
insert into wf.quarantine
       (tenant_id, id, feed_id, batch_id, event_index, code, reason, received_at, body)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (tenant_id, batch_id, event_index) do nothing
"""

ADD_TO_HOUR: Final[LiteralString] = """
insert into wf.feed_hours as kept
       (tenant_id, feed_id, hour, batches, events, raw_bytes, unparsed, quarantined, matches, last_event_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (tenant_id, feed_id, hour) do update
   set batches = kept.batches + excluded.batches,
       events = kept.events + excluded.events,
       raw_bytes = kept.raw_bytes + excluded.raw_bytes,
       unparsed = kept.unparsed + excluded.unparsed,
       quarantined = kept.quarantined + excluded.quarantined,
       matches = kept.matches + excluded.matches,
       last_event_at = greatest(kept.last_event_at, excluded.last_event_at)
"""


class TokenRow(msgspec.Struct, frozen=True, kw_only=True):
    """A token as the directory knows it, with the state of its tenant."""

    tenant_id: TenantId
    feed_id: FeedId
    secret_hash: bytes
    revoked: bool
    tenant_state: str


class QueueRow(msgspec.Struct, frozen=True, kw_only=True):
    """A batch in the queue, without its body."""

    id: BatchId
    events: int
    raw_bytes: int
    attempts: int


class BatchRow(msgspec.Struct, frozen=True, kw_only=True):
    """A batch taken from the queue; `body` is sealed."""

    id: BatchId
    feed_id: FeedId
    source_hint: str | None
    door: Door
    received_at: datetime
    events: int
    raw_bytes: int
    attempts: int
    body: bytes


class NewBatchRow(msgspec.Struct, frozen=True, kw_only=True):
    """A batch on its way into the queue; the order is that of `INSERT_BATCH`. `metadata` and `body` are sealed."""

    id: BatchId
    feed_id: FeedId
    door: Door
    remote: str
    user_agent: str
    metadata: bytes
    events: int
    raw_bytes: int
    body: bytes


class QuarantineRow(msgspec.Struct, frozen=True, kw_only=True):
    """What could not be read; the order is that of `INSERT_QUARANTINE`. `body` is sealed."""

    id: UUID
    feed_id: FeedId
    batch_id: BatchId
    event_index: int
    code: str
    reason: str
    received_at: datetime
    body: bytes


class HourRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a feed brought in an hour; the order is that of `ADD_TO_HOUR`."""

    feed_id: FeedId
    hour: datetime
    batches: int
    events: int
    raw_bytes: int
    unparsed: int
    quarantined: int
    matches: int
    last_event_at: datetime | None


async def select_feeds(tx: TenantTx) -> list[Feed]:
    """All feeds of the tenant, by name."""
    return await tx.rows(Feed, SELECT_FEEDS, tx.tenant_id)


async def select_feed(tx: TenantTx, feed_id: FeedId) -> Feed | None:
    """One feed."""
    return await tx.row(Feed, SELECT_FEED, tx.tenant_id, feed_id)


async def insert_feed(tx: TenantTx, feed: Feed) -> bool:
    """Adds a feed; False when the name is taken."""
    changed = await tx.execute(INSERT_FEED, tx.tenant_id, feed.id, feed.name, feed.door, feed.source_hint)
    return changed == 1


async def update_feed(tx: TenantTx, feed_id: FeedId, *, source_hint: str | None, state: FeedState) -> None:
    """Changes what may change of a feed."""
    await tx.execute(UPDATE_FEED, tx.tenant_id, feed_id, source_hint, state)


async def select_token(tx: DirectoryTx, token_id: str) -> TokenRow | None:
    """The token with this id, in whatever state."""
    return await tx.row(TokenRow, SELECT_CREDENTIAL, token_id)


async def select_tenant_of_feed(tx: DirectoryTx, prefix: str) -> TenantId | None:
    """The tenant of a feed, if the feed ever had a token whose id begins so."""
    found = await tx.value(UUID, SELECT_TENANT_OF_FEED, prefix)
    return None if found is None else TenantId(found)


async def insert_token(tx: TenantTx, *, token_id: str, feed_id: FeedId, secret_hash: bytes) -> None:
    """Adds a token to the directory. As wf_auth only."""
    await tx.execute(INSERT_CREDENTIAL, token_id, tx.tenant_id, feed_id, secret_hash)


async def revoke_tokens(tx: TenantTx, feed_id: FeedId, *, keep: str) -> int:
    """Revokes the feed's tokens but the one to keep; returns how many. As wf_auth only."""
    return await tx.execute(REVOKE_TOKENS, tx.tenant_id, feed_id, keep)


async def revoke_token(tx: TenantTx, token_id: str) -> bool:
    """Revokes one token; False when it is not there or was revoked before. As wf_auth only."""
    return await tx.execute(REVOKE_CREDENTIAL, tx.tenant_id, token_id) == 1


async def select_backlog(tx: TenantTx) -> int:
    """How many bytes wait in the tenant's queue. Only lengths are read, never the bodies."""
    return await tx.value(int, SELECT_BACKLOG, tx.tenant_id) or 0


async def insert_receipt(tx: TenantTx, feed_id: FeedId, *, request_hash: bytes, events: int) -> bool:
    """Remembers a request; False when it is remembered already."""
    return await tx.execute(INSERT_RECEIPT, tx.tenant_id, feed_id, request_hash, events) == 1


async def select_receipt(tx: TenantTx, feed_id: FeedId, *, request_hash: bytes) -> int | None:
    """How many events the remembered request had."""
    return await tx.value(int, SELECT_RECEIPT, tx.tenant_id, feed_id, request_hash)


async def delete_receipts(tx: TenantTx, *, older_than_seconds: float) -> int:
    """Forgets old requests; returns how many."""
    return await tx.execute(DELETE_RECEIPTS, tx.tenant_id, older_than_seconds)


async def insert_batch(tx: TenantTx, row: NewBatchRow) -> None:
    """Puts a batch into the queue."""
    await tx.execute(INSERT_BATCH, tx.tenant_id, *msgspec.structs.astuple(row))


async def select_queue(tx: TenantTx, *, limit: int) -> list[QueueRow]:
    """The next batches of the tenant, in their order."""
    return await tx.rows(QueueRow, SELECT_QUEUE, tx.tenant_id, limit)


async def select_waiting(tx: TenantTx) -> bool:
    """Whether any batch of the tenant waits."""
    return await tx.value(bool, SELECT_WAITING, tx.tenant_id) or False


async def take_batches(tx: TenantTx, ids: list[BatchId]) -> list[BatchRow]:
    """Those of the batches that nobody else works on, locked until the transaction ends."""
    return await tx.rows(BatchRow, TAKE_BATCHES, tx.tenant_id, ids)


async def count_attempt(tx: TenantTx, ids: list[BatchId]) -> None:
    """Counts a failed attempt at each of the batches."""
    await tx.execute(COUNT_ATTEMPT, tx.tenant_id, ids)


async def delete_batches(tx: TenantTx, ids: list[BatchId]) -> None:
    """Takes batches off the queue."""
    await tx.execute(DELETE_BATCHES, tx.tenant_id, ids)


async def insert_quarantine(tx: TenantTx, rows: list[QuarantineRow]) -> None:
    """Keeps what could not be read, each once."""
    await tx.execute_many(INSERT_QUARANTINE, [(tx.tenant_id, *msgspec.structs.astuple(row)) for row in rows])


async def add_to_hours(tx: TenantTx, rows: list[HourRow]) -> None:
    """Adds to the hours' figures. Rows in one order for all, so that two workers never wait for each other."""
    ordered = sorted(rows, key=lambda row: (row.feed_id, row.hour))
    await tx.execute_many(ADD_TO_HOUR, [(tx.tenant_id, *msgspec.structs.astuple(row)) for row in ordered])
