"""A tenant as it stands, read from the directory and from its own record."""

import msgspec

from tenants import queries
from tenants.bundle import Bundle, Contact, TenantSettings
from tenants.detection import Standing, read_standing
from tenants.dressing import Dressing, read_dressing
from tenants.installation import Installation
from tenants.queries import MemberRow, RecordRow, TenantRow
from watchfloor.feeds.feed import Feed
from watchfloor.feeds.registry import list_feeds
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx, directory_tx, tenant_tx
from watchfloor.kernel.ids import FeedId, TenantId


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant's own record, opened."""

    code: str
    name: str
    language: str
    time_zone: str
    settings: TenantSettings
    contacts: list[Contact]


class Current(msgspec.Struct, frozen=True, kw_only=True):
    """What there is of a tenant. All of it is empty for one that is not known."""

    tenant: TenantRow | None = None
    record: Record | None = None
    feeds: list[Feed] = []
    fed: frozenset[FeedId] = frozenset()
    """The feeds that have a token."""
    members: list[MemberRow] = []
    dressing: Dressing = Dressing()
    detection: Standing
    """What it changes about the shared rules; not read unless the bundle says something of them."""


async def read_current(installation: Installation, bundle: Bundle) -> Current:
    """The tenant that a bundle is about: the one with its slug or, for the operator's bundle, the operator's."""
    async with directory_tx(installation.auth) as tx:
        tenant = await queries.select_tenant(tx, bundle.slug)
        if tenant is None and bundle.kind == "operator":
            tenant = await queries.select_operator(tx)
    rules = await installation.rules.rules() if bundle.detection is not None else ()
    detection = Standing(at=installation.clock.now(), rules=rules)
    if tenant is None:
        return Current(detection=detection)
    tenant_id = TenantId(tenant.id)
    async with tenant_tx(installation.app, tenant_id) as inside:
        row = await queries.select_record(inside)
        record = None if row is None else await open_record(inside, row, installation)
        feeds = await list_feeds(inside)
        dressing = Dressing()
        if row is not None:
            dressing = await read_dressing(inside, await installation.keyring.cipher(inside))
        if bundle.detection is not None and row is not None:
            cipher = await installation.keyring.cipher(inside)
            detection = await read_standing(inside, cipher, rules=rules, at=detection.at)
    async with tenant_tx(installation.auth, tenant_id) as inside:
        fed = await queries.select_fed_feeds(inside)
        members = await queries.select_members(inside)
    return Current(
        tenant=tenant,
        record=record,
        feeds=feeds,
        fed=frozenset(fed),
        members=members,
        dressing=dressing,
        detection=detection,
    )


async def open_record(tx: TenantTx, row: RecordRow, installation: Installation) -> Record:
    """A record with its contacts in the clear."""
    cipher = await installation.keyring.cipher(tx)
    return Record(
        code=row.code,
        name=row.name,
        language=row.language,
        time_zone=row.time_zone,
        settings=msgspec.json.decode(row.settings, type=TenantSettings),
        contacts=_open_contacts(cipher, tx.tenant_id, row.contacts),
    )


def seal_contacts(cipher: TenantCipher, tenant_id: TenantId, contacts: list[Contact]) -> bytes | None:
    """The contacts as the record keeps them."""
    if not contacts:
        return None
    return cipher.seal(msgspec.json.encode(contacts), table="tenants", column="contacts", row=tenant_id)


def _open_contacts(cipher: TenantCipher, tenant_id: TenantId, sealed: bytes | None) -> list[Contact]:
    if sealed is None:
        return []
    opened = cipher.open_(sealed, table="tenants", column="contacts", row=tenant_id)
    return msgspec.json.decode(opened, type=list[Contact])
