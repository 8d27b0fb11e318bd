"""`/tenants/{tenant}/reports`: asking for a report, following it, fetching the file."""

from datetime import date, datetime
from typing import Annotated, Final, Literal

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter

from watchfloor.access.principal import NOBODY_HERE
from watchfloor.access.roles import Permission
from watchfloor.breach import store
from watchfloor.desk import work
from watchfloor.kernel import ids
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict, NotFound, Refused
from watchfloor.kernel.ids import CaseId, ReportId
from watchfloor.kernel.outbox import REPORT_REQUESTED
from watchfloor.reporting.request import request
from watchfloor.reporting.subject import KINDS, OF_BREACHES, Kind, Subject
from watchfloor.tenancy.files import TenantFiles
from watchfloor.web.api import queries
from watchfloor.web.api.evidence import LAST_ID, LAST_MOMENT
from watchfloor.web.api.given import IN_TENANT, Cursor, InTenant, Page, PageSize
from watchfloor.web.cursors import ByTime
from watchfloor.web.declaration import in_tenant

FILES_KIND: Final = "reports"

_LIST: Final = "reports"
_Name = Annotated[str, PathParameter(description="A report's id (`rpt_...`).", max_length=64)]


_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class ReportRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the report is about, by its kind, and in which language; without one, in the tenant's.

    An incident's report needs `incident`; a service report and the register a period, `period_to`
    being the day after its last one; control evidence a period and a `framework`; documents of a breach its `case` and,
    but for the record of decisions, the `notice`.
    """

    kind: Kind = "incident"
    incident: _Text | None = None
    case: _Text | None = None
    notice: _Text | None = None
    period_from: date | None = None
    period_to: date | None = None
    framework: _Text | None = None
    language: Annotated[str, msgspec.Meta(pattern="^[a-z]{2}$")] | None = None


class ReportRequested(msgspec.Struct, frozen=True, kw_only=True):
    """The report that is being made."""

    text: str
    report: str


class ReportView(msgspec.Struct, frozen=True, kw_only=True):
    """A report. `sha256` is that of the file."""

    id: str
    kind: Kind
    incident: str | None
    case: str | None
    notice: str | None
    period_from: date | None
    period_to: date | None
    framework: str | None
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
    """Ask for a report as things stand now."""
    if data.kind not in _readable(call):
        raise Refused("Reports of breach cases are for those who may read these.")
    async with call.records() as tx:
        asked = await _ask(call, tx, data)
    await call.hint(REPORT_REQUESTED)
    return asked


@get("/reports", access=in_tenant(Permission.REPORT_READ, "report"), dependencies=IN_TENANT, tags=["reports"])
async def list_reports(call: InTenant, cursor: Cursor = None, limit: PageSize = 50) -> Page[ReportView]:
    """Reports, the newest first."""
    place = ByTime(LAST_MOMENT, LAST_ID)
    if cursor is not None:
        place = call.services.cursors.read(call.tenant_id, _LIST, cursor, ByTime)
    async with call.records() as tx:
        rows = await queries.select_reports(
            tx, kinds=_readable(call), before_at=place.at, before_id=place.id, limit=limit + 1
        )
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
        return _view(await find_report(call, tx, report))


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
        row = await find_report(call, tx, report)
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


async def _ask(call: InTenant, tx: TenantTx, data: ReportRequest) -> ReportRequested:
    if data.kind == "incident" and data.incident is not None:
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
        return ReportRequested(text=reply.text, report=ids.show("rpt", report_id))
    subject = _subject(data)
    if subject.case_id is not None:
        await store.read(tx, await call.cipher(tx), CaseId(subject.case_id))
    asked = await request(tx, call.actor, subject, language=data.language)
    text = "The report is being made." if asked.is_new else "The report is being made already."
    return ReportRequested(text=text, report=ids.show("rpt", asked.report_id))


def _subject(data: ReportRequest) -> Subject:
    return Subject(
        kind=data.kind,
        case_id=None if data.case is None else ids.parse("brc", data.case),
        notice_id=None if data.notice is None else ids.parse("ntc", data.notice),
        period_from=data.period_from,
        period_to=data.period_to,
        framework=data.framework,
    )


def _readable(call: InTenant) -> list[Kind]:
    """The kinds of report that this caller may see."""
    return [kind for kind in KINDS if kind not in OF_BREACHES or Permission.BREACH_READ in call.permissions]


async def find_report(call: InTenant, tx: TenantTx, report: str) -> queries.ReportRow:
    """The report of that name. Raises NotFound, also for one that this caller may not see."""
    row = await queries.select_report(tx, ids.parse("rpt", report))
    if row is None or row.kind not in _readable(call):
        raise NotFound(NOBODY_HERE)
    return row


def _view(row: queries.ReportRow) -> ReportView:
    return ReportView(
        id=ids.show("rpt", ReportId(row.id)),
        kind=row.kind,
        incident=None if row.incident_id is None else ids.show("inc", row.incident_id),
        case=None if row.case_id is None else ids.show("brc", row.case_id),
        notice=None if row.notice_id is None else ids.show("ntc", row.notice_id),
        period_from=row.period_from,
        period_to=row.period_to,
        framework=row.framework,
        language=row.language,
        state=row.state,
        created_at=row.created_at,
        ready_at=row.ready_at,
        sha256=None if row.sha256 is None else row.sha256.hex(),
        bytes=row.bytes,
        pages=row.pages,
        error=row.error,
    )
