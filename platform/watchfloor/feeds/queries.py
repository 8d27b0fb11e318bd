"""SQL of feeds: the feeds themselves and their tokens."""

from typing import Final, LiteralString
from uuid import UUID

import msgspec

from watchfloor.feeds.feed import Door, Feed, FeedOptions, FeedState
from watchfloor.kernel.db import DirectoryTx, TenantTx
from watchfloor.kernel.ids import FeedId, TenantId

SELECT_FEEDS: Final[LiteralString] = """
select tenant_id,
       id,
       name,
       door,
       source_hint,
       state,
       options::text as options
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
       state,
       options::text as options
  from wf.feeds
 where tenant_id = $1
   and id = $2
"""

INSERT_FEED: Final[LiteralString] = """
insert into wf.feeds (tenant_id, id, name, door, source_hint, options)
values ($1, $2, $3, $4, $5, $6::text::jsonb)
on conflict (tenant_id, name) do nothing
"""

UPDATE_FEED: Final[LiteralString] = """
update wf.feeds
   set source_hint = $3,
       state = $4,
       options = $5::text::jsonb,
       state_since = case when state = $4 then state_since else now() end
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

SELECT_ALIASED: Final[LiteralString] = """
select k.tenant_id,
       k.feed_id,
       k.secret_hash,
       k.revoked_at is not null as revoked,
       t.state as tenant_state
  from auth.feed_aliases a
  join auth.feed_tokens k
    on k.id = a.token_id
  join auth.tenants t
    on t.id = k.tenant_id
 where a.guid_hash = $1
"""

REPLACE_ALIAS: Final[LiteralString] = """
insert into auth.feed_aliases (guid_hash, tenant_id, token_id)
select $3,
       k.tenant_id,
       k.id
  from auth.feed_tokens k
 where k.tenant_id = $1
   and k.id = $2
   and k.revoked_at is null
on conflict (token_id) do update
   set guid_hash = excluded.guid_hash,
       created_at = now()
"""

SELECT_ANY_CREDENTIAL: Final[LiteralString] = """
select k.tenant_id,
       k.feed_id,
       k.secret_hash,
       false as revoked,
       t.state as tenant_state
  from auth.feed_tokens k
  join auth.tenants t
    on t.id = k.tenant_id
 where k.id >= $1
   and k.id < $1 || '~'
   and k.revoked_at is null
 limit 1
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


class FeedRow(msgspec.Struct, frozen=True, kw_only=True):
    """A feed as it is stored; `options` is JSON."""

    tenant_id: TenantId
    id: FeedId
    name: str
    door: Door
    source_hint: str | None
    state: FeedState
    options: str

    def feed(self) -> Feed:
        """The feed."""
        return Feed(
            tenant_id=self.tenant_id,
            id=self.id,
            name=self.name,
            door=self.door,
            source_hint=self.source_hint,
            state=self.state,
            options=msgspec.json.decode(self.options, type=FeedOptions),
        )


class TokenRow(msgspec.Struct, frozen=True, kw_only=True):
    """A token as the directory knows it, with the state of its tenant."""

    tenant_id: TenantId
    feed_id: FeedId
    secret_hash: bytes
    revoked: bool
    tenant_state: str


async def select_feeds(tx: TenantTx) -> list[Feed]:
    """All feeds of the tenant, by name."""
    return [row.feed() for row in await tx.rows(FeedRow, SELECT_FEEDS, tx.tenant_id)]


async def select_feed(tx: TenantTx, feed_id: FeedId) -> Feed | None:
    """One feed."""
    row = await tx.row(FeedRow, SELECT_FEED, tx.tenant_id, feed_id)
    return None if row is None else row.feed()


async def insert_feed(tx: TenantTx, feed: Feed) -> bool:
    """Adds a feed; False when the name is taken."""
    options = _text(feed.options)
    changed = await tx.execute(INSERT_FEED, tx.tenant_id, feed.id, feed.name, feed.door, feed.source_hint, options)
    return changed == 1


async def update_feed(
    tx: TenantTx, feed_id: FeedId, *, source_hint: str | None, state: FeedState, options: FeedOptions
) -> None:
    """Changes what may change of a feed."""
    await tx.execute(UPDATE_FEED, tx.tenant_id, feed_id, source_hint, state, _text(options))


async def select_token(tx: DirectoryTx, token_id: str) -> TokenRow | None:
    """The token with this id, in whatever state."""
    return await tx.row(TokenRow, SELECT_CREDENTIAL, token_id)


async def select_aliased_token(tx: DirectoryTx, guid_hash: bytes) -> TokenRow | None:
    """The token that has this alias, in whatever state."""
    return await tx.row(TokenRow, SELECT_ALIASED, guid_hash)


async def replace_alias(tx: TenantTx, token_id: str, *, guid_hash: bytes) -> bool:
    """Gives a token an alias in place of any other; False when there is no such token. As wf_auth only."""
    return await tx.execute(REPLACE_ALIAS, tx.tenant_id, token_id, guid_hash) == 1


async def select_any_token(tx: DirectoryTx, prefix: str) -> TokenRow | None:
    """A token that is good and whose id begins so: it tells whose the feed is."""
    return await tx.row(TokenRow, SELECT_ANY_CREDENTIAL, prefix)


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


def _text(options: FeedOptions) -> str:
    return msgspec.json.encode(options).decode()
