"""Signed heads: every minute each chain's newest entry is checked, signed and copied out (A3).

Only what follows from the last head is signed: a chain that was changed since is left unsigned, loudly, so that a
signature never makes a forgery look right. The signing key stands in the secrets directory, the copies in the
archive; see `archive.py`. It never changes an entry.
"""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from watchfloor.audit import queries
from watchfloor.audit.archive import PUBLIC_KEYS_FILE, SIGNER_FILE, HeadArchive, add_public_key, read_public_keys
from watchfloor.audit.chain import Head, Tampered, Walk, head_message
from watchfloor.kernel import ids
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, TenantTx, directory_tx, tenant_tx
from watchfloor.kernel.errors import WatchfloorError
from watchfloor.kernel.ids import TenantId
from watchfloor.kernel.keys import FileSigner

_PAGE: Final = 2000


class HeadRound(msgspec.Struct, frozen=True, kw_only=True):
    """What one round over all chains did. `faults` are by tenant; they concern nobody else's chain."""

    signed: int
    copied: int
    faults: dict[TenantId, WatchfloorError]


def open_signer(settings: Settings) -> FileSigner:
    """The signer of this installation, made at the first start.

    Its public key is added to `audit-signers.pub` in the secrets directory, which names the keys that are trusted,
    old ones included. Raises Invalid when the key file is exposed, damaged or weak.
    """
    signer = FileSigner.load_or_create(settings.secrets_dir / SIGNER_FILE)
    if signer.key_id not in trusted_keys(settings):
        add_public_key(_trusted_file(settings), signer.public_key)
    return signer


def trusted_keys(settings: Settings) -> dict[str, bytes]:
    """The public keys, by key id, whose heads count here."""
    return read_public_keys(_trusted_file(settings))


async def sign_all(database: Database, archive: HeadArchive, signer: FileSigner, *, at: datetime) -> HeadRound:
    """Signs and copies out every chain's head. `at` is the time that the signatures state.

    A chain that was tampered with, or a copy that cannot be written, is told in the result and stops no other chain.
    """
    await asyncio.to_thread(archive.publish_key, signer)
    signed = copied = 0
    faults: dict[TenantId, WatchfloorError] = {}
    async with directory_tx(database) as tx:
        chains = [TenantId(tenant_id) for tenant_id in await queries.select_chains(tx)]
    for tenant_id in chains:
        try:
            fresh, added = await sign_and_copy(database, archive, signer, tenant_id=tenant_id, at=at)
        except WatchfloorError as error:
            faults[tenant_id] = error
        else:
            signed += fresh
            copied += added
    return HeadRound(signed=signed, copied=copied, faults=faults)


async def sign_and_copy(
    database: Database, archive: HeadArchive, signer: FileSigner, *, tenant_id: TenantId, at: datetime
) -> tuple[bool, int]:
    """Signs one chain's head and copies what is not copied yet. Returns whether it signed, and how many it copied.

    Raises Tampered when the chain does not follow from its last head, Unavailable when a copy cannot be written.
    """
    last = await asyncio.to_thread(archive.last, tenant_id)
    async with tenant_tx(database, tenant_id) as tx:
        fresh = await sign(tx, signer, copied=last, at=at)
        tip = await queries.select_tip(tx)
        heads = await queries.select_heads(tx, after=last, until=tip.newest_head or 0)
    # The copy is made after the commit: a copied head is always one that the database holds too.
    copied = await asyncio.to_thread(archive.append, tenant_id, heads) if heads else 0
    return fresh is not None, copied


async def sign(tx: TenantTx, signer: FileSigner, *, copied: int = 0, at: datetime) -> Head | None:
    """Checks the entries since the last head and signs the newest one. None when there is nothing new.

    `copied` is the number of the newest entry whose head was copied out. Raises Tampered when the chain is shorter
    than a head says, or does not follow from the last one.
    """
    tip = await queries.select_tip(tx)
    seq, newest = tip.seq or 0, tip.newest_head or 0
    where = ids.show("ten", tx.tenant_id)
    if (tip.newest_entry or 0) != seq or seq < max(newest, copied):
        raise Tampered(f"The audit log was cut: it ends at entry {seq}.", where=where)
    if seq == newest:
        return None
    walk = await _since(tx, newest)
    while walk.seq < seq:
        entries = await queries.select_entries(tx, after=walk.seq, until=seq, limit=_PAGE)
        if not entries:
            break
        walk.take(entries)
    if walk.faults or walk.seq != seq or walk.link != tip.hash:
        reason = walk.faults[0].message if walk.faults else "Its last entry is not the one it says."
        raise Tampered(f"The audit log was changed after entry {newest}. {reason}", where=where)
    head = _signed(tx.tenant_id, signer, seq=seq, entry=walk.link, at=at)
    await queries.insert_head(tx, head)
    return head


async def newest_head(tx: TenantTx) -> Head | None:
    """The signed head of the newest entry that has one."""
    newest = (await queries.select_tip(tx)).newest_head
    heads = [] if newest is None else await queries.select_heads(tx, after=newest - 1, until=newest)
    return heads[0] if heads else None


async def _since(tx: TenantTx, newest: int) -> Walk:
    if newest == 0:
        return Walk(tx.tenant_id)
    (head,) = await queries.select_heads(tx, after=newest - 1, until=newest)
    return Walk(tx.tenant_id, seq=head.seq, link=head.hash)


def _signed(tenant_id: TenantId, signer: FileSigner, *, seq: int, entry: bytes, at: datetime) -> Head:
    message = head_message(tenant_id, seq=seq, entry=entry, signed_at=at)
    return Head(seq=seq, hash=entry, signed_at=at, key_id=signer.key_id, signature=signer.sign(message))


def _trusted_file(settings: Settings) -> Path:
    return settings.secrets_dir / f"audit-{PUBLIC_KEYS_FILE}"
