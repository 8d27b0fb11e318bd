"""What every collector asks first: who writes to whom, when, how often before, and how far the audit chain is.

Read as `wf_report` inside the tenant's transaction (T9, O3). It writes nothing and invents nothing.
"""

from datetime import datetime
from typing import Final

import msgspec

from reports import queries
from reports.facts import AuditHead, Customer, Handling, Look, Provider
from watchfloor.kernel import ids
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, TenantTx
from watchfloor.kernel.errors import NotFound
from watchfloor.reporting.branding.brand import PLAIN
from watchfloor.reporting.branding.keeping import dressed_for
from watchfloor.tenancy.keyring import Keyring

HANDLING: Final[Handling] = "TLP:AMBER+STRICT"
"""How a report may be passed on: inside the customer's organisation, to who needs it. The cautious marking."""


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """Who hands reports over, and where names are asked for: the database as `wf_auth`.

    With `keyring` and `records` documents are dressed as the tenant or the MSSP has said; else they are plain.
    `settings` and `records` (the database as `wf_report`) are for documents that tell of the installation, too: of its
    rules and its rota. Without them such numbers have no data.
    """

    provider: Provider
    directory: Database
    settings: Settings | None = None
    records: Database | None = None
    keyring: Keyring | None = None


class Letterhead(msgspec.Struct, frozen=True, kw_only=True):
    """The part of a report's facts that is the same for all documents: fields of `ReportFacts`, under their names.

    `code` is the tenant's short name, which stands in references.
    """

    id: str
    revision: int
    generated_at: datetime
    provider: Provider
    customer: Customer
    code: str
    audit_head: AuditHead | None
    audit_entries: int


async def letterhead_of(tx: TenantTx, request: queries.RequestRow, desk: Desk) -> Letterhead:
    """The letterhead of a report that was asked for, as of now. Raises NotFound when there is no such tenant."""
    tenant = await queries.select_customer(tx)
    taken_at = await queries.select_moment(tx)
    if tenant is None or taken_at is None:
        raise NotFound("There is no such tenant.")
    chain = await queries.select_chain(tx)
    return Letterhead(
        id=ids.show("rpt", request.id),
        revision=await queries.select_version(tx, request),
        generated_at=taken_at,
        provider=msgspec.structs.replace(desk.provider, look=await _look(tx, desk, tenant.name)),
        customer=Customer(
            id=ids.show("ten", tx.tenant_id), name=tenant.name, language=request.language, time_zone=tenant.time_zone
        ),
        code=tenant.code,
        audit_head=_head(chain),
        audit_entries=0 if chain is None else chain.entries,
    )


async def _look(tx: TenantTx, desk: Desk, customer: str) -> Look | None:
    """How the document is dressed as of now. A logo says the name of whose it is."""
    if desk.keyring is None or desk.records is None:
        return None
    found = await dressed_for(tx, desk.keyring, directory=desk.directory, records=desk.records)
    brand = found.brand
    if brand == PLAIN:
        return None
    return Look(
        headings=brand.headings,
        lines=brand.lines,
        logo=brand.logo,
        logo_name=customer if found.logo_of == "tenant" else desk.provider.name,
        sender=brand.sender_name,
        address=brand.sender_address,
        contact=brand.contact,
    )


def _head(chain: queries.ChainRow | None) -> AuditHead | None:
    match chain:
        case queries.ChainRow(seq=int(seq), hash=bytes(link), signed_at=datetime() as signed_at, key_id=str(key_id)):
            return AuditHead(seq=seq, hash=link.hex(), signed_at=signed_at, key_id=key_id)
        case _:
            return None
