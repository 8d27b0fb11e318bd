"""SQL of the feeds' client certificates."""

from datetime import datetime
from typing import Final, LiteralString

import msgspec

from watchfloor.kernel.db import DirectoryTx, TenantTx
from watchfloor.kernel.ids import FeedId, TenantId

SELECT_CREDENTIAL: Final[LiteralString] = """
select c.tenant_id,
       c.feed_id,
       c.expires_at,
       c.revoked_at is not null as revoked,
       t.state as tenant_state
  from auth.feed_certificates c
  join auth.tenants t
    on t.id = c.tenant_id
 where c.fingerprint = $1
"""

SELECT_OF_FEED: Final[LiteralString] = """
select fingerprint,
       feed_id,
       subject,
       expires_at,
       created_at,
       revoked_at
  from auth.feed_certificates
 where tenant_id = $1
   and feed_id = $2
 order by created_at, fingerprint
"""

INSERT_CERTIFICATE: Final[LiteralString] = """
insert into auth.feed_certificates (fingerprint, tenant_id, feed_id, subject, expires_at)
values ($1, $2, $3, $4, $5)
on conflict (fingerprint) do nothing
"""

REVOKE_CERTIFICATES: Final[LiteralString] = """
update auth.feed_certificates
   set revoked_at = now()
 where tenant_id = $1
   and feed_id = $2
   and fingerprint <> $3
   and revoked_at is null
"""

REVOKE_CERTIFICATE: Final[LiteralString] = """
update auth.feed_certificates
   set revoked_at = now()
 where tenant_id = $1
   and feed_id = $2
   and fingerprint = $3
   and revoked_at is null
"""


class FeedCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate of a feed. `subject` is what it calls itself: a label for people, and nothing more."""

    fingerprint: bytes
    feed_id: FeedId
    subject: str
    expires_at: datetime
    created_at: datetime | None = None
    revoked_at: datetime | None = None


class CredentialRow(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate as the directory knows it, with the state of its tenant."""

    tenant_id: TenantId
    feed_id: FeedId
    expires_at: datetime
    revoked: bool
    tenant_state: str


async def select_credential(tx: DirectoryTx, fingerprint: bytes) -> CredentialRow | None:
    """The certificate with this fingerprint, in whatever state."""
    return await tx.row(CredentialRow, SELECT_CREDENTIAL, fingerprint)


async def select_of_feed(tx: TenantTx, feed_id: FeedId) -> list[FeedCertificate]:
    """A feed's certificates, oldest first. As wf_auth only."""
    return await tx.rows(FeedCertificate, SELECT_OF_FEED, tx.tenant_id, feed_id)


async def insert_certificate(tx: TenantTx, made: FeedCertificate) -> bool:
    """Adds a certificate; False when it is known already, to whomever. As wf_auth only."""
    changed = await tx.execute(
        INSERT_CERTIFICATE, made.fingerprint, tx.tenant_id, made.feed_id, made.subject, made.expires_at
    )
    return changed == 1


async def revoke_certificates(tx: TenantTx, feed_id: FeedId, *, keep: bytes) -> int:
    """Revokes the feed's certificates but the one to keep; returns how many. As wf_auth only."""
    return await tx.execute(REVOKE_CERTIFICATES, tx.tenant_id, feed_id, keep)


async def revoke_certificate(tx: TenantTx, feed_id: FeedId, fingerprint: bytes) -> bool:
    """Revokes one certificate; False when it is not there or was revoked before. As wf_auth only."""
    return await tx.execute(REVOKE_CERTIFICATE, tx.tenant_id, feed_id, fingerprint) == 1
