"""Connecting a sender: a feed, a credential for it, and the exact lines that its client needs.

Owns the order of the steps. Feeds are written as wf_app and credentials as wf_auth, so each step has a transaction of
its own; one that is cut short leaves a feed without a credential, which `rotate` gives it. Everything may be done
again; each change is in the tenant's audit log. The texts of credentials are in the answers and nowhere else.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final, cast
from urllib.parse import urlsplit

import msgspec

from watchfloor.audit.append import Actor
from watchfloor.feeds.certificates.authority import Authority, IssuedCertificate
from watchfloor.feeds.certificates.issue import issue_certificate
from watchfloor.feeds.certificates.registry import revoke_certificates
from watchfloor.feeds.enrolment.clients import Block, Client, fill
from watchfloor.feeds.feed import Feed, FeedOptions, FeedState
from watchfloor.feeds.registry import change_feed, create_feed, get_feed, list_feeds, mint_token, revoke_tokens
from watchfloor.kernel import ids
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict, Invalid, NotFound
from watchfloor.kernel.ids import FeedId
from watchfloor.kernel.secret import Secret

SENDERS_FOLDER: Final = "/etc/watchfloor"
"""Where the printed lines expect a certificate's files on the sender."""

_CERTIFIED: Final = frozenset({"syslog", "relp"})
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,62}")


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What a sender shows: a token; for syslog and RELP a certificate too, and the authority that both sides trust."""

    token: Secret
    certificate: IssuedCertificate | None
    authority_pem: str | None


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where senders reach the doors."""

    scheme: str
    host: str
    port: int
    syslog_port: int
    relp_port: int

    @classmethod
    def of(cls, settings: Settings) -> "Place":
        """The place of an installation. Raises Invalid when its address is none."""
        text = settings.door_url or f"http://{settings.door_host}:{settings.door_port}"
        try:
            parts = urlsplit(text)
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            raise Invalid("This is no address.", where="WATCHFLOOR_DOOR_URL") from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Invalid("The address begins with https:// or http://.", where="WATCHFLOOR_DOOR_URL")
        return cls(
            scheme=parts.scheme,
            host=parts.hostname,
            port=port,
            syslog_port=settings.syslog_port,
            relp_port=settings.relp_port,
        )

    @property
    def url(self) -> str:
        """The doors' address, without a path and without a port that goes without saying."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        is_usual = self.port == (443 if self.scheme == "https" else 80)
        return f"{self.scheme}://{host}" if is_usual else f"{self.scheme}://{host}:{self.port}"


def choose_options(base: FeedOptions, chosen: Mapping[str, str]) -> FeedOptions:
    """The options of a client with those that somebody chose in words. Raises Invalid."""
    values = cast("dict[str, object]", msgspec.to_builtins(base))
    for name, text in chosen.items():
        values[name] = text
    try:
        return msgspec.convert(values, FeedOptions, strict=False)
    except msgspec.ValidationError as fault:
        known = ", ".join(FeedOptions.__struct_fields__)
        raise Invalid(f"These are no options of a feed: {fault}.", remedy=f"Known are: {known}.") from None


async def find_feed(tx: TenantTx, name: str) -> Feed:
    """The tenant's feed with this name or id. Raises NotFound."""
    if name.startswith("feed_"):
        return await get_feed(tx, FeedId(ids.parse("feed", name)))
    found = next((feed for feed in await list_feeds(tx) if feed.name == name), None)
    if found is None:
        raise NotFound("There is no such feed.", where=name)
    return found


async def add_feed(
    tx: TenantTx,
    actor: Actor,
    client: Client,
    *,
    name: str | None,
    options: FeedOptions,
    source_hint: str | None = None,
) -> Feed:
    """Adds a feed for a client. Without a name it is called after the client. Raises Invalid, Conflict."""
    wanted = client.name if name is None else name
    if _NAME.fullmatch(wanted) is None:
        raise Invalid(
            "A feed's name has at most 63 characters of a-z, 0-9 and -, and begins with a letter.", where=name
        )
    hint = client.source_hint if source_hint is None else source_hint
    return await create_feed(tx, actor, name=wanted, door=client.door, source_hint=hint, options=options)


async def mint_credentials(
    tx: TenantTx, actor: Actor, feed: Feed, *, secrets_dir: Path, now: datetime, keep_old: bool = True
) -> Credentials:
    """New credentials for a feed; the older ones are revoked unless `keep_old`.

    `tx` is a transaction of wf_auth inside the tenant. Raises Conflict when the feed is paused, or is a connector.
    """
    if feed.door == "pull":
        remedy = "The secrets of a connector are changed with `watchfloor connector rotate`."
        raise Conflict("Nobody sends to a connector.", where=feed.name, remedy=remedy)
    if feed.state != "active":
        raise Conflict("The feed is paused.", where=feed.name, remedy="Resume it first.")
    minted = await mint_token(tx, actor, feed_id=feed.id)
    if not keep_old:
        await revoke_tokens(tx, actor, feed_id=feed.id, keep=minted)
    if feed.door not in _CERTIFIED:
        return Credentials(token=minted.text, certificate=None, authority_pem=None)
    authority = Authority.open(secrets_dir, now=now)
    issued = await issue_certificate(tx, actor, authority, feed_id=feed.id, now=now, keep_old=keep_old)
    return Credentials(token=minted.text, certificate=issued, authority_pem=authority.certificate_pem)


async def revoke_credentials(tx: TenantTx, actor: Actor, feed: Feed) -> int:
    """Revokes all credentials of a feed; returns how many. `tx` is a transaction of wf_auth inside the tenant."""
    revoked = await revoke_tokens(tx, actor, feed_id=feed.id)
    return revoked + await revoke_certificates(tx, actor, feed_id=feed.id)


async def set_state(tx: TenantTx, actor: Actor, feed: Feed, state: FeedState) -> Feed:
    """Pauses or resumes a feed. Doing it again changes nothing."""
    return await change_feed(tx, actor, feed_id=feed.id, source_hint=feed.source_hint, state=state)


def lines_for(client: Client, feed: Feed, credentials: Credentials, place: Place) -> list[Block]:
    """The client's configuration for this feed."""
    values = {
        "host": place.host,
        "port": str(place.port),
        "scheme": place.scheme,
        "url": place.url,
        "token": credentials.token.reveal(),
        "feed": feed.name,
        "feed_id": ids.show("feed", feed.id),
        "ca_file": f"{SENDERS_FOLDER}/ca.pem",
        "cert_file": f"{SENDERS_FOLDER}/{feed.name}.pem",
        "key_file": f"{SENDERS_FOLDER}/{feed.name}.key",
        "syslog_port": str(place.syslog_port),
        "relp_port": str(place.relp_port),
    }
    return [fill(block, values) for block in client.blocks]
