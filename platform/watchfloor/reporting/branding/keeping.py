"""Keeping a brand, and reading which one a tenant's reports get.

The logo and the sender are sealed by the tenant's key (S3); each brand is read in its own tenant's transaction, so that
two customers' never mix.
"""

import asyncio
import hashlib
import logging
from typing import Final

import msgspec

from watchfloor.audit.append import Actor, append
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher, Unopenable
from watchfloor.kernel.db import Database, TenantTx, directory_tx, tenant_tx
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import TenantId
from watchfloor.reporting.branding import queries
from watchfloor.reporting.branding.brand import PLAIN, Brand, Dressed, dressed, parts_of
from watchfloor.reporting.branding.queries import BrandingRow
from watchfloor.tenancy.keyring import Keyring

_TABLE: Final = "wf.brandings"

_log: Final = logging.getLogger(__name__)


class _Details(msgspec.Struct, frozen=True, kw_only=True):
    sender_name: str | None
    sender_address: str | None
    contact: str | None


async def keep_brand(tx: TenantTx, cipher: TenantCipher, brand: Brand) -> None:
    """Sets the tenant's brand. Its parts were checked before; a plain one is no row at all."""
    if brand == PLAIN:
        await queries.delete_branding(tx)
        return
    details = _Details(sender_name=brand.sender_name, sender_address=brand.sender_address, contact=brand.contact)
    logo, row = brand.logo, tx.tenant_id
    await queries.upsert_branding(
        tx,
        BrandingRow(
            headings=brand.headings,
            lines=brand.lines,
            logo=None if logo is None else cipher.seal(logo, table=_TABLE, column="logo", row=row),
            details=cipher.seal(msgspec.json.encode(details), table=_TABLE, column="details", row=row),
        ),
        logo_sha256=None if logo is None else hashlib.sha256(logo).digest(),
    )


async def read_brand(tx: TenantTx, cipher: TenantCipher) -> Brand:
    """The tenant's own brand, plain when it has none. Raises Unopenable when it was damaged."""
    row = await queries.select_branding(tx)
    if row is None:
        return PLAIN
    opened = cipher.open_(row.details, table=_TABLE, column="details", row=tx.tenant_id)
    details = msgspec.json.decode(opened, type=_Details)
    return Brand(
        headings=row.headings,
        lines=row.lines,
        logo=None if row.logo is None else cipher.open_(row.logo, table=_TABLE, column="logo", row=tx.tenant_id),
        sender_name=details.sender_name,
        sender_address=details.sender_address,
        contact=details.contact,
    )


async def change_brand(tx: TenantTx, cipher: TenantCipher, actor: Actor, brand: Brand) -> bool:
    """`keep_brand` for a person or a command: audited, and nothing at all when it changes nothing.

    Raises Unopenable when the brand before was damaged.
    """
    before = await read_brand(tx, cipher)
    if before == brand:
        return False
    await keep_brand(tx, cipher, brand)
    await append(
        tx,
        actor,
        action="tenant.branding",
        object_kind="tenant",
        object_id=ids.show("ten", tx.tenant_id),
        before=before,
        after=brand,
        detail=parts_of(brand),
        cipher=cipher,
    )
    return True


async def brand_for(tx: TenantTx, keyring: Keyring, *, directory: Database, records: Database) -> Brand:
    """The brand of `dressed_for`. Raises Unavailable."""
    return (await dressed_for(tx, keyring, directory=directory, records=records)).brand


async def dressed_for(tx: TenantTx, keyring: Keyring, *, directory: Database, records: Database) -> Dressed:
    """The brand of the tenant's documents: its own, filled up from the operator's.

    A brand that was damaged is left out and logged: looks hold up no report. `directory` is the database as wf_auth.
    Raises Unavailable.
    """
    own = await _read(tx, keyring)
    async with directory_tx(directory) as asked:
        operator = await queries.select_operator(asked)
    if operator is None or operator == tx.tenant_id:
        return dressed(PLAIN, own) if operator is not None else dressed(own, PLAIN)
    # A task of its own: one unit of work belongs to one tenant, and this one reads another tenant's row.
    return dressed(own, await asyncio.create_task(_read_house(records, TenantId(operator), keyring)))


async def _read_house(records: Database, operator: TenantId, keyring: Keyring) -> Brand:
    async with tenant_tx(records, operator) as inside:
        return await _read(inside, keyring)


async def _read(tx: TenantTx, keyring: Keyring) -> Brand:
    try:
        return await read_brand(tx, await keyring.cipher(tx))
    except (Unopenable, NotFound) as fault:
        _log.error("a brand cannot be read and is left out: %s", fault)
        return PLAIN
