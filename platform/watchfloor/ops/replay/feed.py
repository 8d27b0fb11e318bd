"""The feed that a replay sends to, and a token for it: made on the spot, revoked afterwards."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

import msgspec

from watchfloor.audit.append import Actor
from watchfloor.feeds.certificates.authority import Authority, IssuedCertificate
from watchfloor.feeds.certificates.issue import issue_certificate
from watchfloor.feeds.certificates.registry import fingerprint_of, revoke_certificate
from watchfloor.feeds.enrolment.enrol import find_feed
from watchfloor.feeds.feed import Door, Feed
from watchfloor.feeds.registry import change_feed, create_feed, list_feeds, mint_token, revoke_token
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, Role, directory_tx, tenant_tx
from watchfloor.kernel.secret import Secret
from watchfloor.tenancy.directory import find_tenant

REPLAY_FEED: Final = "replay"

_ACTOR: Final = Actor(kind="system", id="replay", role="operator", request_id="-")


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """Where to send, and with which token."""

    feed: Feed
    token: Secret


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """What a relay shows to the syslog door, and whom it trusts."""

    authority: Authority
    issued: IssuedCertificate


@asynccontextmanager
async def certificate(settings: Settings, *, tenant: str, feed: str, now: datetime) -> AsyncGenerator[Credential]:
    """A client certificate for a feed of a tenant, good inside this block, and the authority that made it.

    Raises NotFound when there is no such tenant or feed.
    """
    authority = Authority.open(settings.secrets_dir, now=now)
    app = await Database.open(settings, Role.APP, connections=1)
    directory = await Database.open(settings, Role.AUTH, connections=1)
    try:
        async with directory_tx(directory) as tx:
            tenant_id = await find_tenant(tx, tenant)
        async with tenant_tx(app, tenant_id) as tx:
            target = await find_feed(tx, feed)
        async with tenant_tx(directory, tenant_id) as tx:
            issued = await issue_certificate(tx, _ACTOR, authority, feed_id=target.id, now=now)
        try:
            yield Credential(authority=authority, issued=issued)
        finally:
            async with tenant_tx(directory, tenant_id) as tx:
                await revoke_certificate(tx, _ACTOR, feed_id=target.id, fingerprint=fingerprint_of(issued.der))
    finally:
        await app.close()
        await directory.close()


@asynccontextmanager
async def ticket(
    settings: Settings, *, tenant: str, feed: str = REPLAY_FEED, door: Door = "ndjson"
) -> AsyncGenerator[Ticket]:
    """A token for a feed of a tenant, good inside this block. The feed is made when there is none of its name.

    Raises NotFound when there is no such tenant.
    """
    app = await Database.open(settings, Role.APP, connections=1)
    directory = await Database.open(settings, Role.AUTH, connections=1)
    try:
        async with directory_tx(directory) as tx:
            tenant_id = await find_tenant(tx, tenant)
        async with tenant_tx(app, tenant_id) as tx:
            known = {found.name: found for found in await list_feeds(tx)}
            target = known.get(feed) or await create_feed(tx, _ACTOR, name=feed, door=door)
            if target.name == REPLAY_FEED:  # a bundle that does not name it pauses it
                target = await change_feed(
                    tx, _ACTOR, feed_id=target.id, source_hint=target.source_hint, state="active"
                )
        async with tenant_tx(directory, tenant_id) as tx:
            minted = await mint_token(tx, _ACTOR, feed_id=target.id)
        try:
            yield Ticket(feed=target, token=minted.text)
        finally:
            async with tenant_tx(directory, tenant_id) as tx:
                await revoke_token(tx, _ACTOR, minted)
    finally:
        await app.close()
        await directory.close()
