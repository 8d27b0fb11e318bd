"""`/tenants/{tenant}/audit`: the tenant's own log, and the signed head to keep elsewhere (A3)."""

from datetime import datetime
from typing import Final

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from watchfloor.access.principal import NOBODY_HERE
from watchfloor.access.roles import Permission
from watchfloor.audit import queries as audit_queries
from watchfloor.audit.append import ActorKind
from watchfloor.audit.chain import Entry
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.errors import NotFound
from watchfloor.web.api import queries
from watchfloor.web.api.given import IN_TENANT, Cursor, InTenant, Page, PageSize
from watchfloor.web.cursors import ByNumber
from watchfloor.web.declaration import in_tenant

_LIST: Final = "audit"


class AuditEntryView(msgspec.Struct, frozen=True, kw_only=True):
    """Who did what, when, as what. `hash` covers the entry and the one before it."""

    number: int
    at: datetime
    actor_kind: ActorKind
    actor: str
    as_role: str
    action: str
    object_kind: str
    object: str
    detail: dict[str, str]
    request: str
    hash: str


class SignedHead(msgspec.Struct, frozen=True, kw_only=True):
    """The chain's newest signed head. Keep it: what is cut from the log later will show against it."""

    tenant: str
    number: int
    hash: str
    signed_at: datetime
    key_id: str
    signature: str


@get("/audit/entries", access=in_tenant(Permission.AUDIT_READ, "audit"), dependencies=IN_TENANT, tags=["audit"])
async def list_entries(call: InTenant, cursor: Cursor = None, limit: PageSize = 50) -> Page[AuditEntryView]:
    """The log, the newest entry first."""
    before = None
    if cursor is not None:
        before = call.services.cursors.read(call.tenant_id, _LIST, cursor, ByNumber).number
    async with call.records() as tx:
        cipher = await call.cipher(tx)
        newest = before - 1 if before is not None else (await audit_queries.select_tip(tx)).newest_entry or 0
        oldest = max(0, newest - limit)
        entries = await audit_queries.select_entries(tx, after=oldest, until=newest, limit=limit)
    more = call.services.cursors.make(call.tenant_id, _LIST, ByNumber(oldest + 1)) if oldest > 0 else None
    return Page(items=[_view(cipher, entry) for entry in reversed(entries)], next_cursor=more)


@get(
    "/audit/head",
    access=in_tenant(Permission.AUDIT_READ, "audit", limit="download"),
    dependencies=IN_TENANT,
    tags=["audit"],
)
async def download_head(call: InTenant) -> Response[SignedHead]:
    """The newest signed head, as a file to keep outside of this installation."""
    async with call.records() as tx:
        row = await queries.select_newest_head(tx)
    if row is None:
        raise NotFound(NOBODY_HERE)
    head = SignedHead(
        tenant=ids.show("ten", call.tenant_id),
        number=row.seq,
        hash=row.hash.hex(),
        signed_at=row.signed_at,
        key_id=row.key_id,
        signature=row.signature.hex(),
    )
    return Response(head, headers={"Content-Disposition": f'attachment; filename="audit-head-{row.seq}.json"'})


ROUTES: list[HTTPRouteHandler] = [list_entries, download_head]


def _view(cipher: TenantCipher, entry: Entry) -> AuditEntryView:
    detail: dict[str, str] = {}
    if entry.sealed is not None:
        opened = cipher.open_(entry.sealed, table="audit_details", column="sealed", row=entry.id)
        detail = msgspec.json.decode(opened, type=dict[str, str])
    return AuditEntryView(
        number=entry.seq,
        at=entry.at,
        actor_kind=msgspec.convert(entry.actor_kind, ActorKind),
        actor=entry.actor_id,
        as_role=entry.as_role,
        action=entry.action,
        object_kind=entry.object_kind,
        object=entry.object_id,
        detail=detail,
        request=entry.request_id,
        hash=entry.hash.hex(),
    )
