"""`/tenants/{tenant}/feeds`: connecting senders. A credential is in the answer that makes it, and nowhere else."""

from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from watchfloor.access.roles import Permission
from watchfloor.feeds.enrolment.checkup import Checkup
from watchfloor.feeds.enrolment.clients import Block, find_client
from watchfloor.feeds.enrolment.enrol import (
    Credentials,
    Place,
    add_feed,
    choose_options,
    find_feed,
    lines_for,
    mint_credentials,
    revoke_credentials,
    set_state,
)
from watchfloor.feeds.enrolment.trial import Workshop, try_feed
from watchfloor.feeds.feed import Door, Feed, FeedState
from watchfloor.kernel import ids
from watchfloor.web.api.feeds import FeedName
from watchfloor.web.api.given import IN_TENANT, InTenant
from watchfloor.web.calls import TenantCall
from watchfloor.web.declaration import in_tenant

LONGEST_WAIT: Final = 20

_Text = Annotated[str, msgspec.Meta(max_length=200)]


class FeedRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which client is to be connected. Without a name the feed is called after it; `options` are added to its own."""

    client: Annotated[str, msgspec.Meta(max_length=64, examples=["rsyslog"])]
    name: Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9-]{0,62}$")] | None = None
    source_hint: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] | None = None
    options: Annotated[dict[_Text, _Text], msgspec.Meta(max_length=20)] = {}


class FeedRotation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the older credentials go on working, for a change-over. `client` asks for its lines again."""

    keep_old: bool = False
    client: Annotated[str, msgspec.Meta(max_length=64)] | None = None


class TestRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether an event of our own is sent through the door, and how many seconds to wait for one at most."""

    send: bool = True
    wait_seconds: Annotated[int, msgspec.Meta(ge=0, le=LONGEST_WAIT)] = 5


class NewFeed(msgspec.Struct, frozen=True, kw_only=True):
    """A feed with new credentials, shown this once, and the lines for its client.

    The certificate and its key are for feeds of the syslog and RELP doors, null for all others.
    """

    id: str
    name: str
    door: Door
    token: str
    certificate_pem: str | None
    key_pem: str | None
    authority_pem: str | None
    certificate_expires_at: datetime | None
    configuration: list[Block]


class FeedReply(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a feed."""

    id: str
    name: str
    state: FeedState
    text: str


@post(
    "/feeds",
    access=in_tenant(Permission.FEED_MANAGE, "feed", limit="mint"),
    dependencies=IN_TENANT,
    tags=["feeds"],
    status_code=201,
)
async def enrol(call: InTenant, data: JSONBody[FeedRequest]) -> NewFeed:
    """Add a feed for a client, with credentials and the client's configuration."""
    client = find_client(data.client)
    options = choose_options(client.options, data.options)
    async with call.records() as tx:
        feed = await add_feed(tx, call.actor, client, name=data.name, options=options, source_hint=data.source_hint)
    credentials = await _mint(call, feed, keep_old=True)
    return _new(feed, credentials, lines_for(client, feed, credentials, Place.of(call.services.settings)))


@post(
    "/feeds/{feed:str}/rotate",
    access=in_tenant(Permission.FEED_MANAGE, "feed", limit="mint"),
    dependencies=IN_TENANT,
    tags=["feeds"],
    status_code=201,
)
async def rotate_feed(call: InTenant, feed: FeedName, data: JSONBody[FeedRotation]) -> NewFeed:
    """Make new credentials for a feed; the older ones end within a second unless they are kept."""
    client = None if data.client is None else find_client(data.client)
    async with call.records() as tx:
        found = await find_feed(tx, feed)
    credentials = await _mint(call, found, keep_old=data.keep_old)
    place = Place.of(call.services.settings)
    return _new(found, credentials, [] if client is None else lines_for(client, found, credentials, place))


@post(
    "/feeds/{feed:str}/pause",
    access=in_tenant(Permission.FEED_MANAGE, "feed", limit="write"),
    dependencies=IN_TENANT,
    tags=["feeds"],
    status_code=200,
)
async def pause_feed(call: InTenant, feed: FeedName) -> FeedReply:
    """Pause a feed: its senders are refused within a second, and its silence raises no alarm."""
    return await _set_state(call, feed, "paused", "The feed takes nothing until it is resumed.")


@post(
    "/feeds/{feed:str}/resume",
    access=in_tenant(Permission.FEED_MANAGE, "feed", limit="write"),
    dependencies=IN_TENANT,
    tags=["feeds"],
    status_code=200,
)
async def resume_feed(call: InTenant, feed: FeedName) -> FeedReply:
    """Resume a feed. Its silence counts from now on."""
    return await _set_state(call, feed, "active", "The feed takes events.")


@post(
    "/feeds/{feed:str}/remove",
    access=in_tenant(Permission.FEED_MANAGE, "feed", limit="write"),
    dependencies=IN_TENANT,
    tags=["feeds"],
    status_code=200,
)
async def remove_feed(call: InTenant, feed: FeedName) -> FeedReply:
    """Pause a feed and revoke all its credentials. What it brought stays."""
    reply = await _set_state(call, feed, "paused", "The feed is paused and has no credential any more.")
    async with call.records() as tx:
        found = await find_feed(tx, feed)
    async with call.directory() as tx:
        await revoke_credentials(tx, call.actor, found)
    return reply


@post(
    "/feeds/{feed:str}/test",
    access=in_tenant(Permission.FEED_MANAGE, "feed", limit="write"),
    dependencies=IN_TENANT,
    tags=["feeds"],
    status_code=200,
)
async def test_feed(call: InTenant, feed: FeedName, data: JSONBody[TestRequest]) -> Checkup:
    """Send a test event through the feed's door, follow it, and say whether the feed works or what is wrong."""
    services = call.services
    async with call.records() as tx:
        found = await find_feed(tx, feed)
    shop = Workshop(
        settings=services.settings,
        app=services.app,
        auth=services.auth,
        keyring=services.keyring,
        clock=services.clock,
    )
    return await try_feed(shop, call.actor, found, send=data.send, wait_seconds=data.wait_seconds)


ROUTES: list[HTTPRouteHandler] = [enrol, rotate_feed, pause_feed, resume_feed, remove_feed, test_feed]


async def _mint(call: TenantCall, feed: Feed, *, keep_old: bool) -> Credentials:
    services = call.services
    async with call.directory() as tx:
        return await mint_credentials(
            tx,
            call.actor,
            feed,
            secrets_dir=services.settings.secrets_dir,
            now=services.clock.now(),
            keep_old=keep_old,
        )


async def _set_state(call: TenantCall, name: str, state: FeedState, text: str) -> FeedReply:
    async with call.records() as tx:
        feed = await set_state(tx, call.actor, await find_feed(tx, name), state)
    return FeedReply(id=ids.show("feed", feed.id), name=feed.name, state=feed.state, text=text)


def _new(feed: Feed, credentials: Credentials, configuration: list[Block]) -> NewFeed:
    issued = credentials.certificate
    return NewFeed(
        id=ids.show("feed", feed.id),
        name=feed.name,
        door=feed.door,
        token=credentials.token.reveal(),
        certificate_pem=None if issued is None else issued.certificate_pem,
        key_pem=None if issued is None else issued.key_pem.reveal(),
        authority_pem=credentials.authority_pem,
        certificate_expires_at=None if issued is None else issued.expires_at,
        configuration=configuration,
    )
