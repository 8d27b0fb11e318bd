"""`/tenants/{tenant}/reports`: asking for a report, following it, fetching the file."""

from datetime import datetime
from typing import Annotated, Final, Literal

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter

from watchfloor.access.principal import NOBODY_HERE
from watchfloor.access.roles import Permission
from watchfloor.desk import work
from watchfloor.kernel import ids
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict, NotFound
from watchfloor.kernel.ids import IncidentId, ReportId
from watchfloor.kernel.outbox import REPORT_REQUESTED
from watchfloor.tenancy.files import TenantFiles
from watchfloor.web.api import queries
from watchfloor.web.api.evidence import LAST_ID, LAST_MOMENT
from watchfloor.web.api.given import IN_TENANT, Cursor, InTenant, Page, PageSize
from watchfloor.web.cursors import ByTime
from watchfloor.web.declaration import in_tenant

FILES_KIND: Final = "reports"

_LIST: Final = "reports"
_Name = Annotated[str, PathParameter(description="A report's id (`rpt_...`).", max_length=64)]


class ReportRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which incident, and in which language; without one, in the tenant's."""

    incident: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    language: Annotated[str, msgspec.Meta(pattern="^[a-z]{2}$")] | None = None


class ReportRequested(msgspec.Struct, frozen=True, kw_only=True):
    """The report that is being made."""

    text: str
    report: str


class ReportView(msgspec.Struct, frozen=True, kw_only=True):
    """A report. `sha256` is that of the file."""

    id: str
    kind: Literal["incident"]
    incident: str
    language: str
    state: Literal["queued", "ready", "failed"]
    created_at: datetime
    ready_at: datetime | None
    sha256: str | None
    bytes: int | None
    pages: int | None
    error: str | None


@post(
    "/reports",
    access=in_tenant(Permission.REPORT_REQUEST, "report", limit="report"),
    dependencies=IN_TENANT,
    tags=["reports"],
    status_code=202,
)
async def request_report(call: InTenant, data: JSONBody[ReportRequest]) -> ReportRequested:
    """Ask for an incident's report as it stands now."""
    async with call.records() as tx:
        reply = await work.request_report(
            tx,
            await call.cipher(tx),
            call.actor,
            call.permissions,
            incident=data.incident,
            language=data.language,
        )
    report_id = reply.require().report_id
    if report_id is None:
        raise NotFound(NOBODY_HERE)
    await call.hint(REPORT_REQUESTED)
    return ReportRequested(text=reply.text, report=ids.show("rpt", report_id))


@get("/reports", access=in_tenant(Permission.REPORT_READ, "report"), dependencies=IN_TENANT, tags=["reports"])
async def list_reports(call: InTenant, cursor: Cursor = None, limit: PageSize = 50) -> Page[ReportView]:
    """Reports, the newest first."""
    place = ByTime(LAST_MOMENT, LAST_ID)
    if cursor is not None:
        place = call.services.cursors.read(call.tenant_id, _LIST, cursor, ByTime)
    async with call.records() as tx:
        rows = await queries.select_reports(tx, before_at=place.at, before_id=place.id, limit=limit + 1)
    more = None
    if len(rows) > limit:
        last = rows[limit - 1]
        more = call.services.cursors.make(call.tenant_id, _LIST, ByTime(last.created_at, last.id))
    return Page(items=[_view(row) for row in rows[:limit]], next_cursor=more)


@get(
    "/reports/{report:str}",
    access=in_tenant(Permission.REPORT_READ, "report"),
    dependencies=IN_TENANT,
    tags=["reports"],
)
async def read_report(call: InTenant, report: _Name) -> ReportView:
    """A report and how far it is."""
    async with call.records() as tx:
        return _view(await _find(tx, report))


@get(
    "/reports/{report:str}/file",
    access=in_tenant(Permission.REPORT_READ, "report", limit="download"),
    dependencies=IN_TENANT,
    tags=["reports"],
    media_type="application/pdf",
)
async def download_report(call: InTenant, report: _Name) -> Response[bytes]:
    """The report as PDF."""
    async with call.records() as tx:
        row = await _find(tx, report)
        if row.sha256 is None:
            raise Conflict("This report has no file yet.", remedy="Ask again when its state is `ready`.")
        files = TenantFiles(call.services.settings.reports_dir, FILES_KIND)
        content = await files.read(tx, await call.cipher(tx), sha256=row.sha256)
    name = ids.show("rpt", ReportId(row.id))
    return Response(
        content,
        media_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}.pdf"'},
    )


ROUTES: list[HTTPRouteHandler] = [request_report, list_reports, read_report, download_report]


async def _find(tx: TenantTx, report: str) -> queries.ReportRow:
    row = await queries.select_report(tx, ids.parse("rpt", report))
    if row is None:
        raise NotFound(NOBODY_HERE)
    return row


def _view(row: queries.ReportRow) -> ReportView:
    return ReportView(
        id=ids.show("rpt", ReportId(row.id)),
        kind=row.kind,
        incident=ids.show("inc", IncidentId(row.incident_id)),
        language=row.language,
        state=row.state,
        created_at=row.created_at,
        ready_at=row.ready_at,
        sha256=None if row.sha256 is None else row.sha256.hex(),
        bytes=row.bytes,
        pages=row.pages,
        error=row.error,
    )
