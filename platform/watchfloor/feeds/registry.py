"""The feeds of a tenant and the tokens that senders show for them.

Owns what a token stands for: its tenant, its feed, and whether both may still send (N2: the tenant comes from the
credential, never from the payload). A token is found by an id made from its feed's id and the first digits of its
digest, so that every look-up is one row of a primary key; the whole digest is then compared in constant time.
Feeds are written as wf_app, tokens as wf_auth; each change stands in the tenant's audit log (A1).
"""

from typing import ClassVar, Final, Literal

from watchfloor.audit.append import Actor, append
from watchfloor.feeds import queries
from watchfloor.feeds.feed import Door, Feed, FeedOptions, FeedState
from watchfloor.kernel import credentials, ids
from watchfloor.kernel.credentials import MintedAlias, MintedToken, PresentedAlias, PresentedToken, matches
from watchfloor.kernel.db import Database, TenantTx, directory_tx, tenant_tx
from watchfloor.kernel.errors import Conflict, NotFound, Unauthenticated
from watchfloor.kernel.ids import FeedId, TenantId
from watchfloor.tenancy.keyring import Keyring

_DIGITS: Final = 6
_USUAL: Final = FeedOptions()

RefusedBecause = Literal["unknown", "disabled"]


class TokenRefused(Unauthenticated):
    """The token is well formed and opens nothing: nobody's ("unknown"), or no longer good ("disabled")."""

    code: ClassVar[str] = "token_refused"

    def __init__(self, because: RefusedBecause) -> None:
        super().__init__("The token is not valid." if because == "unknown" else "The token is disabled.")
        self.because: RefusedBecause = because


async def list_feeds(tx: TenantTx) -> list[Feed]:
    """All feeds of the tenant, by name."""
    return await queries.select_feeds(tx)


async def get_feed(tx: TenantTx, feed_id: FeedId) -> Feed:
    """One feed of the tenant. Raises NotFound."""
    feed = await queries.select_feed(tx, feed_id)
    if feed is None:
        raise NotFound("There is no such feed.")
    return feed


async def create_feed(
    tx: TenantTx,
    actor: Actor,
    *,
    name: str,
    door: Door,
    source_hint: str | None = None,
    options: FeedOptions = _USUAL,
) -> Feed:
    """Adds a feed. It takes nothing until a token is minted for it. Raises Conflict when the name is taken."""
    feed = Feed(
        tenant_id=tx.tenant_id,
        id=FeedId(ids.new_uuid()),
        name=name,
        door=door,
        source_hint=source_hint,
        state="active",
        options=options,
    )
    if not await queries.insert_feed(tx, feed):
        raise Conflict("The tenant has a feed of this name already.", where=name)
    await _note(tx, actor, "feed.create", feed.id, after=feed)
    return feed


async def change_feed(
    tx: TenantTx,
    actor: Actor,
    *,
    feed_id: FeedId,
    source_hint: str | None,
    state: FeedState,
    options: FeedOptions | None = None,
) -> Feed:
    """Changes what a feed's events are taken for or its options, or pauses it; None leaves the options as they are.

    Doing it again changes nothing. Raises NotFound.
    """
    before = await get_feed(tx, feed_id)
    options = before.options if options is None else options
    if (before.source_hint, before.state, before.options) == (source_hint, state, options):
        return before
    await queries.update_feed(tx, feed_id, source_hint=source_hint, state=state, options=options)
    after = await get_feed(tx, feed_id)
    await _note(tx, actor, "feed.change", feed_id, before=before, after=after)
    return after


async def mint_token(tx: TenantTx, actor: Actor, *, feed_id: FeedId) -> MintedToken:
    """A new token for a feed; older ones go on working until they are revoked.

    `tx` is a transaction of wf_auth inside the tenant. The text is in the answer and nowhere else. Raises NotFound.
    """
    await get_feed(tx, feed_id)
    minted = credentials.mint_feed_token(feed_id)
    token_id = _token_id(feed_id, minted.digest)
    await queries.insert_token(tx, token_id=token_id, feed_id=feed_id, secret_hash=minted.digest)
    await _note(tx, actor, "feed.mint_token", feed_id, after={"token": token_id})
    return minted


async def mint_alias(tx: TenantTx, actor: Actor, token: MintedToken) -> MintedAlias:
    """A GUID that stands for a token, for senders that take no other form. It takes the place of an earlier one.

    It opens what the token opens, and ends with it. `tx` is a transaction of wf_auth inside the tenant. The text is in
    the answer and nowhere else. Raises NotFound when there is no such token, or it was revoked.
    """
    minted = credentials.mint_alias()
    token_id = _token_id(token.feed_id, token.digest)
    if not await queries.replace_alias(tx, token_id, guid_hash=minted.digest):
        raise NotFound("There is no such token.")
    await _note(tx, actor, "feed.mint_alias", token.feed_id, after={"token": token_id})
    return minted


async def revoke_token(tx: TenantTx, actor: Actor, minted: MintedToken) -> None:
    """Revokes one token. The doors notice within a second. Doing it again changes nothing.

    `tx` is a transaction of wf_auth inside the tenant.
    """
    token_id = _token_id(minted.feed_id, minted.digest)
    if await queries.revoke_token(tx, token_id):
        await _note(tx, actor, "feed.revoke_token", minted.feed_id, before={"token": token_id})


async def revoke_tokens(tx: TenantTx, actor: Actor, *, feed_id: FeedId, keep: MintedToken | None = None) -> int:
    """Revokes a feed's tokens, all or all but one, and returns how many. The doors notice within a second.

    `tx` is a transaction of wf_auth inside the tenant. Raises NotFound.
    """
    await get_feed(tx, feed_id)
    kept = "" if keep is None else _token_id(feed_id, keep.digest)
    revoked = await queries.revoke_tokens(tx, feed_id, keep=kept)
    if revoked:
        await _note(tx, actor, "feed.revoke_tokens", feed_id, after={"kept": kept, "revoked": revoked})
    return revoked


async def recognise(directory: Database, presented: PresentedToken | PresentedAlias) -> Feed:
    """The feed that a token, or the alias of one, stands for. `directory` is a database of wf_auth.

    Raises TokenRefused: unknown, or disabled when the token was revoked, its feed paused or its tenant is not active.
    """
    row = await _stored(directory, presented)
    if row is None:
        raise TokenRefused("unknown")
    if row.revoked or row.tenant_state != "active":
        raise TokenRefused("disabled")
    async with tenant_tx(directory, row.tenant_id) as tx:
        feed = await queries.select_feed(tx, row.feed_id)
    if feed is None or feed.state != "active":
        raise TokenRefused("disabled")
    return feed


async def recognise_named(directory: Database, feed_id: FeedId) -> Feed:
    """The feed of this id, for a sender that proves who it is in another way. `directory` is a database of wf_auth.

    A feed is open to such a sender for as long as it has a token that is good. Raises TokenRefused like `recognise`.
    """
    async with directory_tx(directory) as tx:
        row = await queries.select_any_token(tx, _public_id(feed_id))
    if row is None:
        raise TokenRefused("unknown")
    if row.tenant_state != "active":
        raise TokenRefused("disabled")
    async with tenant_tx(directory, row.tenant_id) as tx:
        feed = await queries.select_feed(tx, row.feed_id)
    if feed is None or feed.state != "active":
        raise TokenRefused("disabled")
    return feed


async def note_refused_token(
    directory: Database, keyring: Keyring, presented: PresentedToken, *, remote: str
) -> TenantId | None:
    """Puts a wrong secret for a real feed into its tenant's audit log, for its owner to see; None if no such feed.

    The caller limits how often: whoever knows a feed's public id can cause this.
    """
    async with directory_tx(directory) as tx:
        tenant_id = await queries.select_tenant_of_feed(tx, _public_id(presented.feed_id))
    if tenant_id is None:
        return None
    actor = Actor(kind="system", id="door", role="door", request_id="-")
    async with tenant_tx(directory, tenant_id) as tx:
        await append(
            tx,
            actor,
            action="feed.refuse_token",
            object_kind="feed",
            object_id=ids.show("feed", presented.feed_id),
            detail={"remote": remote},
            cipher=await keyring.cipher(tx),
        )
    return tenant_id


async def _stored(directory: Database, presented: PresentedToken | PresentedAlias) -> queries.TokenRow | None:
    """What is stored of the token. An alias is looked up by its whole digest, so there is nothing left to compare."""
    async with directory_tx(directory) as tx:
        if isinstance(presented, PresentedAlias):
            return await queries.select_aliased_token(tx, presented.digest)
        row = await queries.select_token(tx, _token_id(presented.feed_id, presented.digest))
    return row if row is not None and matches(row.secret_hash, presented) else None


async def _note(
    tx: TenantTx, actor: Actor, action: str, feed_id: FeedId, *, before: object = None, after: object = None
) -> None:
    await append(
        tx, actor, action=action, object_kind="feed", object_id=ids.show("feed", feed_id), before=before, after=after
    )


def _public_id(feed_id: FeedId) -> str:
    return ids.show("feed", feed_id).removeprefix("feed_")


def _token_id(feed_id: FeedId, digest: bytes) -> str:
    return _public_id(feed_id) + digest.hex()[:_DIGITS]
