"""`/tenants/{tenant}/breaches`: the register, a case as an archive, legal holds, and taking a clock's page."""

from datetime import date, datetime
from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, QueryParameter

from watchfloor.access.roles import Permission
from watchfloor.audit.append import append
from watchfloor.breach import register, store
from watchfloor.breach.bundling.bundle import bundle
from watchfloor.breach.holding.hold import Hold, holds_of, set_hold
from watchfloor.breach.watching.warning import answer
from watchfloor.kernel import ids
from watchfloor.tenancy.files import TenantFiles
from watchfloor.web.api.breach_notice_views import RegisterView, row_view
from watchfloor.web.api.breaches import CaseName, Reason
from watchfloor.web.api.given import IN_TENANT, InTenant
from watchfloor.web.api.reports import FILES_KIND
from watchfloor.web.declaration import in_tenant

_READ = in_tenant(Permission.BREACH_READ, "breach_case")
_WRITE = in_tenant(Permission.BREACH_WRITE, "breach_case", limit="write")


class HoldView(msgspec.Struct, frozen=True, kw_only=True):
    """A hold that was set or lifted; the last one counts."""

    is_held: bool
    reason: str
    at: datetime
    by: str


class NewHold(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That the case is held, or not any more, and why."""

    is_held: bool
    reason: Reason


class PagesEnded(msgspec.Struct, frozen=True, kw_only=True):
    """How many pages ended."""

    ended: int


@get("/breaches/register", access=_READ, dependencies=IN_TENANT, tags=["breaches"])
async def read_breach_register(
    call: InTenant,
    first: Annotated[date | None, QueryParameter(description="Cases opened from this day on.")] = None,
    until: Annotated[date | None, QueryParameter(description="The day after the last one.")] = None,
) -> list[RegisterView]:
    """The register of breaches: every case, also those that were no breach or were not reported, with the reasons."""
    async with call.records() as tx:
        return [row_view(row) for row in await register.rows(tx, await call.cipher(tx), first=first, until=until)]


@get(
    "/breaches/{case:str}/bundle",
    access=in_tenant(Permission.BREACH_READ, "breach_case", limit="download"),
    dependencies=IN_TENANT,
    tags=["breaches"],
    media_type="application/zip",
)
async def download_breach_bundle(call: InTenant, case: CaseName) -> Response[bytes]:
    """The case as an archive: its log, each notice as it was frozen, receipts, documents, and the audit entries."""
    files = TenantFiles(call.services.settings.reports_dir, FILES_KIND)
    async with call.records() as tx:
        cipher, case_id = await call.cipher(tx), await store.find(tx, case)
        content = await bundle(tx, cipher, files, case_id)
        name = ids.show("brc", case_id)
        await append(
            tx,
            call.actor,
            action="breach.export",
            object_kind="breach_case",
            object_id=name,
            after={"bytes": len(content)},
        )
    headers = {"Content-Disposition": f'attachment; filename="{name}.zip"', "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type="application/zip", headers=headers)


@get("/breaches/{case:str}/holds", access=_READ, dependencies=IN_TENANT, tags=["breaches"])
async def list_breach_holds(call: InTenant, case: CaseName) -> list[HoldView]:
    """The legal holds of a case, in order."""
    async with call.records() as tx:
        return _holds(await holds_of(tx, await call.cipher(tx), await store.find(tx, case)))


@post("/breaches/{case:str}/holds", access=_WRITE, dependencies=IN_TENANT, tags=["breaches"], status_code=200)
async def set_breach_hold(call: InTenant, case: CaseName, data: JSONBody[NewHold]) -> list[HoldView]:
    """Hold a case, so that it is kept; a privacy officer lets it go."""
    async with call.records() as tx:
        cipher, case_id = await call.cipher(tx), await store.find(tx, case)
        return _holds(
            await set_hold(
                tx, cipher, call.actor, call.permissions, case_id=case_id, is_held=data.is_held, reason=data.reason
            )
        )


@post("/breaches/{case:str}/taken", access=_WRITE, dependencies=IN_TENANT, tags=["breaches"], status_code=200)
async def take_breach_pages(call: InTenant, case: CaseName) -> PagesEnded:
    """Say that you are at it: the pages about the case's clocks end. The next point of a clock pages again."""
    async with call.records() as tx:
        case_id = await store.find(tx, case)
        ended = await answer(tx, case_id, by=call.actor.id)
        if ended:
            name = ids.show("brc", case_id)
            await append(
                tx, call.actor, action="breach.taken", object_kind="breach_case", object_id=name, after={"pages": ended}
            )
    return PagesEnded(ended=ended)


ROUTES: list[HTTPRouteHandler] = [
    read_breach_register,
    download_breach_bundle,
    list_breach_holds,
    set_breach_hold,
    take_breach_pages,
]


def _holds(holds: list[Hold]) -> list[HoldView]:
    return [HoldView(is_held=one.is_held, reason=one.reason, at=one.at, by=one.by) for one in holds]
