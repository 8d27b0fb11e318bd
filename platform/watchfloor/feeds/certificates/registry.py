"""The client certificates of feeds: which certificate stands for which feed.

Owns what a certificate stands for, as `feeds.registry` does for tokens (N2). A certificate is known by the SHA-256 of
its DER bytes; names inside it, its issuer and the address that it comes from decide nothing. That the sender has the
key of the certificate, and that somebody whom we trust issued it, is TLS's business before this. Written as wf_auth;
each change stands in the tenant's audit log (A1).
"""

import hashlib
from datetime import datetime
from typing import ClassVar, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from watchfloor.audit.append import Actor, append
from watchfloor.feeds import queries as feed_queries
from watchfloor.feeds.certificates import queries
from watchfloor.feeds.certificates.queries import FeedCertificate
from watchfloor.feeds.feed import Feed
from watchfloor.feeds.registry import RefusedBecause, get_feed
from watchfloor.kernel import ids
from watchfloor.kernel.characters import one_line
from watchfloor.kernel.db import Database, TenantTx, directory_tx, tenant_tx
from watchfloor.kernel.errors import Conflict, Invalid, Unauthenticated
from watchfloor.kernel.ids import FeedId

_LONGEST_SUBJECT: Final = 200
_LONGEST_CERTIFICATE: Final = 32_768


class CertificateRefused(Unauthenticated):
    """The certificate is genuine and opens nothing: nobody's ("unknown"), or no longer good ("disabled")."""

    code: ClassVar[str] = "certificate_refused"

    def __init__(self, because: RefusedBecause) -> None:
        super().__init__(
            "The certificate belongs to no feed." if because == "unknown" else "The certificate is disabled."
        )
        self.because: RefusedBecause = because


def fingerprint_of(der: bytes) -> bytes:
    """What a certificate is known by."""
    return hashlib.sha256(der).digest()


def show_fingerprint(fingerprint: bytes) -> str:
    """A fingerprint as people compare it: pairs of hexadecimal digits with colons."""
    return fingerprint.hex(":").upper()


async def list_certificates(tx: TenantTx, feed_id: FeedId) -> list[FeedCertificate]:
    """The feed's certificates, oldest first, revoked ones too. `tx` is one of wf_auth. Raises NotFound."""
    await get_feed(tx, feed_id)
    return await queries.select_of_feed(tx, feed_id)


async def register_certificate(
    tx: TenantTx, actor: Actor, *, feed_id: FeedId, certificate: bytes, now: datetime
) -> FeedCertificate:
    """Makes a certificate (PEM or DER) stand for a feed; others go on working until they are revoked.

    `tx` is a transaction of wf_auth inside the tenant. Raises NotFound; Invalid when it is no certificate or has
    expired; Conflict when it stands for a feed already.
    """
    await get_feed(tx, feed_id)
    read = _read(certificate)
    if read.not_valid_after_utc <= now:
        raise Invalid("The certificate has expired.", where=f"{read.not_valid_after_utc:%Y-%m-%d}")
    made = FeedCertificate(
        fingerprint=fingerprint_of(read.public_bytes(Encoding.DER)),
        feed_id=feed_id,
        subject=one_line(read.subject.rfc4514_string(), newline=" ")[:_LONGEST_SUBJECT],
        expires_at=read.not_valid_after_utc,
    )
    if not await queries.insert_certificate(tx, made):
        raise Conflict("The certificate stands for a feed already.", remedy="Use another certificate for each feed.")
    await _note(tx, actor, "feed.register_certificate", feed_id, after={"fingerprint": made.fingerprint.hex()})
    return made


async def revoke_certificate(tx: TenantTx, actor: Actor, *, feed_id: FeedId, fingerprint: bytes) -> None:
    """Revokes one certificate. The doors notice within a second. Doing it again changes nothing.

    `tx` is a transaction of wf_auth inside the tenant.
    """
    if await queries.revoke_certificate(tx, feed_id, fingerprint):
        await _note(tx, actor, "feed.revoke_certificate", feed_id, before={"fingerprint": fingerprint.hex()})


async def revoke_certificates(tx: TenantTx, actor: Actor, *, feed_id: FeedId, keep: bytes | None = None) -> int:
    """Revokes a feed's certificates, all or all but the one with the fingerprint `keep`; returns how many.

    `tx` is a transaction of wf_auth inside the tenant. Raises NotFound.
    """
    await get_feed(tx, feed_id)
    revoked = await queries.revoke_certificates(tx, feed_id, keep=keep or b"")
    if revoked:
        kept = None if keep is None else keep.hex()
        await _note(tx, actor, "feed.revoke_certificates", feed_id, after={"kept": kept, "revoked": revoked})
    return revoked


async def recognise_certificate(directory: Database, fingerprint: bytes, *, now: datetime) -> Feed:
    """The feed that a certificate stands for. `directory` is a database of wf_auth.

    Raises CertificateRefused: unknown, or disabled when the certificate was revoked or has expired, its feed is paused
    or its tenant is not active.
    """
    async with directory_tx(directory) as tx:
        row = await queries.select_credential(tx, fingerprint)
    if row is None:
        raise CertificateRefused("unknown")
    if row.revoked or row.expires_at <= now or row.tenant_state != "active":
        raise CertificateRefused("disabled")
    async with tenant_tx(directory, row.tenant_id) as tx:
        feed = await feed_queries.select_feed(tx, row.feed_id)
    if feed is None or feed.state != "active":
        raise CertificateRefused("disabled")
    return feed


def _read(certificate: bytes) -> x509.Certificate:
    if len(certificate) > _LONGEST_CERTIFICATE:
        raise Invalid("This is too long for a certificate.")
    is_pem = certificate.lstrip().startswith(b"-----BEGIN")
    try:
        return x509.load_pem_x509_certificate(certificate) if is_pem else x509.load_der_x509_certificate(certificate)
    except ValueError:
        raise Invalid("This is not a certificate.", remedy="Give it as PEM or DER.") from None


async def _note(
    tx: TenantTx, actor: Actor, action: str, feed_id: FeedId, *, before: object = None, after: object = None
) -> None:
    await append(
        tx, actor, action=action, object_kind="feed", object_id=ids.show("feed", feed_id), before=before, after=after
    )
