"""Hands a customer what a sender needs to show who it is: a certificate, its key, and the certificate of our authority.

Owns the three files and their names. The key is made here and kept nowhere here.
"""

from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from watchfloor.audit.append import Actor
from watchfloor.feeds.certificates.authority import Authority, IssuedCertificate
from watchfloor.feeds.certificates.registry import register_certificate, revoke_certificates
from watchfloor.feeds.registry import get_feed
from watchfloor.kernel import ids
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict
from watchfloor.kernel.ids import FeedId
from watchfloor.kernel.keyfile import create_private

USUAL_DAYS: Final = 397
"""How long a sender's certificate lives unless somebody says otherwise."""


class ClientFiles(msgspec.Struct, frozen=True, kw_only=True):
    """Where the three files stand."""

    authority: Path
    certificate: Path
    key: Path


async def issue_certificate(
    tx: TenantTx,
    actor: Actor,
    authority: Authority,
    *,
    feed_id: FeedId,
    now: datetime,
    days: int = USUAL_DAYS,
    keep_old: bool = True,
) -> IssuedCertificate:
    """A new client certificate that stands for the feed; its others are revoked unless `keep_old`.

    `tx` is a transaction of wf_auth inside the tenant. Raises NotFound; Invalid when it would live too long; Conflict
    when the feed is of a door that takes no certificates.
    """
    feed = await get_feed(tx, feed_id)
    if feed.door not in ("syslog", "relp"):
        raise Conflict(f"Senders to the {feed.door} door show a token, not a certificate.", where=feed.name)
    label = f"{feed.name[:30]}.{ids.show('feed', feed_id).removeprefix('feed_')}"
    issued = authority.issue_client(name=label, days=days, now=now)
    made = await register_certificate(tx, actor, feed_id=feed_id, certificate=issued.der, now=now)
    if not keep_old:
        await revoke_certificates(tx, actor, feed_id=feed_id, keep=made.fingerprint)
    return issued


def write_client_files(directory: Path, name: str, issued: IssuedCertificate, authority: Authority) -> ClientFiles:
    """Writes `ca.pem`, `NAME.pem` and `NAME.key`, readable by their owner only.

    Raises Conflict when the certificate or the key is there already, Unavailable when a file cannot be written.
    """
    files = ClientFiles(
        authority=directory / "ca.pem", certificate=directory / f"{name}.pem", key=directory / f"{name}.key"
    )
    create_private(files.key, issued.key_pem.reveal().encode())
    create_private(files.certificate, issued.certificate_pem.encode())
    if not files.authority.exists():
        create_private(files.authority, authority.certificate_pem.encode())
    return files
