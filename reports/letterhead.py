"""What every collector asks first: who writes to whom, when, how often before, and how far the audit chain is.

Read as `wf_report` inside the tenant's transaction (T9, O3). It writes nothing and invents nothing.
"""

from datetime import datetime
from typing import Final

import msgspec

from reports import queries
from reports.facts import AuditHead, Customer, Handling, Provider
from watchfloor.kernel import ids
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, TenantTx
from watchfloor.kernel.errors import NotFound

HANDLING: Final[Handling] = "TLP:AMBER+STRICT"
"""How a report may be passed on: inside the customer's organisation, to who needs it. The cautious marking."""


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """Who hands reports over, and where names are asked for: the database as `wf_auth`.

    `settings` and `records` (the database as `wf_report`) are for documents that tell of the installation, too: of its
    rules and its rota. Without them such numbers have no data.
    """

    provider: Provider
    directory: Database
    settings: Settings | None = None
    records: Database | None = None


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
        provider=desk.provider,
        customer=Customer(
            id=ids.show("ten", tx.tenant_id), name=tenant.name, language=request.language, time_zone=tenant.time_zone
        ),
        code=tenant.code,
        audit_head=_head(chain),
        audit_entries=0 if chain is None else chain.entries,
    )


def _head(chain: queries.ChainRow | None) -> AuditHead | None:
    match chain:
        case queries.ChainRow(seq=int(seq), hash=bytes(link), signed_at=datetime() as signed_at, key_id=str(key_id)):
            return AuditHead(seq=seq, hash=link.hex(), signed_at=signed_at, key_id=key_id)
        case _:
            return None
