"""`/tenants/{tenant}/breaches`: breach cases, their facts, deadlines and what is missing; opening one."""

from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter, QueryParameter

from watchfloor.access.roles import Permission
from watchfloor.breach import missing, severity, store
from watchfloor.breach.case import BreachCase
from watchfloor.breach.clocks import deadlines_of
from watchfloor.breach.notices.keeping import notices_of
from watchfloor.breach.notices.notice import filings
from watchfloor.breach.opening import Opening, open_case
from watchfloor.breach.rules.advice import Suggestion
from watchfloor.breach.rules.forms import DocumentKind
from watchfloor.desk.hands import Hands
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import CaseId, IncidentId
from watchfloor.web.api.breach_views import (
    BreachDeadline,
    BreachField,
    BreachGap,
    BreachHead,
    BreachLogEntry,
    BreachView,
    deadline_of,
    fields,
    gap_of,
    head_of,
    log_entry_of,
    view_of,
)
from watchfloor.web.api.given import IN_TENANT, Cursor, InTenant, Page, PageSize
from watchfloor.web.cursors import ById
from watchfloor.web.declaration import in_tenant

_LIST: Final = "breaches"
_LAST: Final = UUID(int=2**128 - 1)

CaseName = Annotated[str, PathParameter(description="A breach case's reference (`BC-2026-0001`) or id.", max_length=64)]
Reason = Annotated[str, msgspec.Meta(min_length=10, max_length=8_000)]
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class NewBreach(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A case to be opened: from these incidents, for this reason."""

    incidents: Annotated[list[_Name], msgspec.Meta(min_length=1, max_length=50)]
    reason: Reason
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=300)] | None = None
    language: Annotated[str, msgspec.Meta(pattern="^[a-z]{2}$")] | None = None
    country: Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")] | None = None


@get("/breaches", access=in_tenant(Permission.BREACH_READ, "breach_case"), dependencies=IN_TENANT, tags=["breaches"])
async def list_breaches(call: InTenant, cursor: Cursor = None, limit: PageSize = 50) -> Page[BreachHead]:
    """Breach cases, the newest first."""
    before = _LAST if cursor is None else call.services.cursors.read(call.tenant_id, _LIST, cursor, ById).id
    async with call.records() as tx:
        found = await store.page(tx, await call.cipher(tx), before=CaseId(before), limit=limit + 1)
    more = None
    if len(found) > limit:
        more = call.services.cursors.make(call.tenant_id, _LIST, ById(found[limit - 1].id))
    return Page(items=[head_of(case) for case in found[:limit]], next_cursor=more)


@get(
    "/breaches/fields",
    access=in_tenant(Permission.BREACH_READ, "breach_case"),
    dependencies=IN_TENANT,
    tags=["breaches"],
)
async def list_breach_fields(call: InTenant) -> list[BreachField]:
    """Every field of a breach case: its path, how it is filled and what it takes."""
    async with call.records():
        return fields()


@post(
    "/breaches",
    access=in_tenant(Permission.BREACH_WRITE, "breach_case", limit="write"),
    dependencies=IN_TENANT,
    tags=["breaches"],
    status_code=201,
)
async def open_breach(call: InTenant, data: JSONBody[NewBreach]) -> BreachView:
    """Open a case from incidents. What their records say is taken over, each fact with its citation."""
    async with call.records() as tx:
        cipher = await call.cipher(tx)
        hands = Hands(tx, cipher, call.actor, call.permissions)
        incidents = [await hands.find(name) for name in data.incidents]
        opening = Opening(
            incident_ids=tuple(IncidentId(incident.id) for incident in incidents),
            reason=data.reason,
            title=data.title,
            lang=data.language,
            country=data.country,
            processor=call.services.settings.operator_name,
        )
        return view_of(await open_case(tx, cipher, call.actor, call.permissions, opening))


@get(
    "/breaches/{case:str}",
    access=in_tenant(Permission.BREACH_READ, "breach_case"),
    dependencies=IN_TENANT,
    tags=["breaches"],
)
async def read_breach(call: InTenant, case: CaseName) -> BreachView:
    """A breach case with all that is known of it."""
    async with call.records() as tx:
        return view_of(await _read(call, tx, case))


@get(
    "/breaches/{case:str}/log",
    access=in_tenant(Permission.BREACH_READ, "breach_case"),
    dependencies=IN_TENANT,
    tags=["breaches"],
)
async def read_breach_log(
    call: InTenant,
    case: CaseName,
    after_version: Annotated[int, QueryParameter(description="Only what came after it.", ge=0)] = 0,
    limit: PageSize = 200,
) -> list[BreachLogEntry]:
    """Every change of a case, in order."""
    async with call.records() as tx:
        case_id = await store.find(tx, case)
        await store.read(tx, await call.cipher(tx), case_id)
        entries = await store.log(tx, await call.cipher(tx), case_id, after_version=after_version, limit=limit)
    return [log_entry_of(entry) for entry in entries]


@get(
    "/breaches/{case:str}/deadlines",
    access=in_tenant(Permission.BREACH_READ, "breach_case"),
    dependencies=IN_TENANT,
    tags=["breaches"],
)
async def list_breach_deadlines(call: InTenant, case: CaseName) -> list[BreachDeadline]:
    """Every stage of the duties of this case, the most urgent first."""
    async with call.records() as tx:
        found = await _read(call, tx, case)
        filed = filings(await notices_of(tx, await call.cipher(tx), CaseId(found.id)))
        return [deadline_of(one) for one in deadlines_of(found, filed, await store.now(tx))]


@get(
    "/breaches/{case:str}/missing",
    access=in_tenant(Permission.BREACH_READ, "breach_case"),
    dependencies=IN_TENANT,
    tags=["breaches"],
)
async def list_breach_gaps(
    call: InTenant,
    case: CaseName,
    *,
    document: Annotated[DocumentKind, QueryParameter(description="The kind of document.")] = "breach_notification",
    stage: Annotated[str | None, QueryParameter(description="Its stage, for NIS2 and DORA.", max_length=40)] = None,
    authority: Annotated[str | None, QueryParameter(description="Whose form it is.", max_length=12)] = None,
    phase: Annotated[missing.Phase, QueryParameter(description="The phase of the notice.")] = "initial",
) -> list[BreachGap]:
    """What a document cannot go without and the case does not say yet, in the form's order."""
    async with call.records() as tx:
        found = await _read(call, tx, case)
        form = missing.form_of(found, document, stage=stage, authority=authority)
        filed = filings(await notices_of(tx, await call.cipher(tx), CaseId(found.id)))
        late = missing.is_late(found, filed, await store.now(tx))
        return [gap_of(one) for one in missing.missing(found, form, phase=phase, late=late)]


@get(
    "/breaches/{case:str}/advice",
    access=in_tenant(Permission.BREACH_READ, "breach_case"),
    dependencies=IN_TENANT,
    tags=["breaches"],
)
async def read_breach_advice(call: InTenant, case: CaseName) -> Suggestion:
    """What the severity suggests about telling the authority and the persons. It decides nothing."""
    async with call.records() as tx:
        return severity.suggest(await _read(call, tx, case))


ROUTES: list[HTTPRouteHandler] = [
    list_breaches,
    list_breach_fields,
    open_breach,
    read_breach,
    read_breach_log,
    list_breach_deadlines,
    list_breach_gaps,
    read_breach_advice,
]


async def _read(call: InTenant, tx: TenantTx, case: str) -> BreachCase:
    return await store.read(tx, await call.cipher(tx), await store.find(tx, case))
