"""`/tenants/{tenant}/evidence`: what people enter where nothing is measured, and the tenant's own numbers."""

from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter

from watchfloor.access.roles import Permission
from watchfloor.controls import tenant
from watchfloor.controls.entries.entry import Entry, EntryId
from watchfloor.controls.entries.keeping import (
    Stated,
    enter,
    evidence_files,
    find_entry,
    list_entries,
    withdraw,
)
from watchfloor.controls.library import shipped
from watchfloor.controls.period import local_day
from watchfloor.controls.thresholds import queries as thresholds
from watchfloor.controls.thresholds.keeping import set_number
from watchfloor.kernel import ids
from watchfloor.kernel.errors import NotFound
from watchfloor.web.api.given import IN_TENANT, Cursor, InTenant, Page, PageSize
from watchfloor.web.cursors import ById
from watchfloor.web.declaration import in_tenant

_LIST: Final = "evidence"
_FIRST: Final = UUID(int=0)
_Name = Annotated[str, PathParameter(description="An entry's id (`evd_...`).", max_length=64)]
_Id = Annotated[str, msgspec.Meta(max_length=40)]


class NewEvidenceEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is entered for a metric of an evidence kind. It holds from `first` until before `until`.

    A share needs `numerator` and `denominator`, another number `value`, an age the day `happened_on`, what was done for
    an incident its number `incident`; what was done for a month needs nothing more. `note` says where it comes from.
    """

    kind: Annotated[str, msgspec.Meta(max_length=3)]
    metric: _Id
    first: date
    until: date
    note: Annotated[str, msgspec.Meta(min_length=1, max_length=2000)]
    value: Annotated[float, msgspec.Meta(ge=0)] | None = None
    numerator: Annotated[int, msgspec.Meta(ge=0, lt=2**53)] | None = None
    denominator: Annotated[int, msgspec.Meta(ge=1, lt=2**53)] | None = None
    happened_on: date | None = None
    incident: Annotated[int, msgspec.Meta(ge=1, lt=2**53)] | None = None


class EvidenceEntryMade(msgspec.Struct, frozen=True, kw_only=True):
    """The entry that was written down."""

    id: str


class EvidenceEntryView(msgspec.Struct, frozen=True, kw_only=True):
    """An entry. `document` is the name of the file that came with it; one that was withdrawn counts no more."""

    id: str
    kind: str
    metric: str
    value: float | None
    numerator: int | None
    denominator: int | None
    happened_on: date | None
    incident: str | None
    first: date
    until: date
    note: str
    document: str | None
    document_sha256: str | None
    by: str
    at: datetime
    withdrawn_by: str | None
    withdrawn_at: datetime | None


class OwnNumber(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The number that the tenant holds itself to; the usual one takes its own away."""

    kind: Annotated[str, msgspec.Meta(max_length=3)]
    metric: _Id
    number: Annotated[float, msgspec.Meta(ge=0)]


class OwnNumberView(msgspec.Struct, frozen=True, kw_only=True):
    """A number of the tenant's own, and who set it."""

    kind: str
    metric: str
    number: float
    set_by: str
    set_at: datetime


@get(
    "/evidence/entries",
    access=in_tenant(Permission.REPORT_READ, "evidence"),
    dependencies=IN_TENANT,
    tags=["controls"],
)
async def list_evidence_entries(call: InTenant, cursor: Cursor = None, limit: PageSize = 50) -> Page[EvidenceEntryView]:
    """All entries in the order in which they were made, withdrawn ones too."""
    after = _FIRST if cursor is None else call.services.cursors.read(call.tenant_id, _LIST, cursor, ById).id
    async with call.records() as tx:
        found = await list_entries(tx, await call.cipher(tx), after=after, limit=limit + 1)
    more = None
    if len(found) > limit:
        more = call.services.cursors.make(call.tenant_id, _LIST, ById(found[limit - 1].id))
    return Page(items=[_view(entry) for entry in found[:limit]], next_cursor=more)


@get(
    "/evidence/entries/{entry:str}",
    access=in_tenant(Permission.REPORT_READ, "evidence"),
    dependencies=IN_TENANT,
    tags=["controls"],
)
async def read_evidence_entry(call: InTenant, entry: _Name) -> EvidenceEntryView:
    """An entry with its note."""
    async with call.records() as tx:
        return _view(await find_entry(tx, await call.cipher(tx), _id(entry)))


@get(
    "/evidence/entries/{entry:str}/document",
    access=in_tenant(Permission.REPORT_READ, "evidence", limit="download"),
    dependencies=IN_TENANT,
    tags=["controls"],
    media_type="application/octet-stream",
)
async def download_evidence_document(call: InTenant, entry: _Name) -> Response[bytes]:
    """The file that came with an entry, exactly as it was given."""
    async with call.records() as tx:
        cipher = await call.cipher(tx)
        found = await find_entry(tx, cipher, _id(entry))
        if found.document is None:
            raise NotFound("This entry has no document.")
        files = evidence_files(call.services.settings.home)
        content = await files.read(tx, cipher, sha256=found.document.sha256)
    name = f"{ids.show('evd', found.id)}.bin"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type="application/octet-stream", headers=headers)


@post(
    "/evidence/entries",
    access=in_tenant(Permission.EVIDENCE_ENTER, "evidence", limit="write"),
    dependencies=IN_TENANT,
    tags=["controls"],
    status_code=201,
)
async def make_evidence_entry(call: InTenant, data: JSONBody[NewEvidenceEntry]) -> EvidenceEntryMade:
    """Enter a number as evidence. It is shown as entered by you, apart from what is measured."""
    stated = msgspec.convert(data, Stated, from_attributes=True)
    async with call.records() as tx:
        today = local_day(call.services.clock.now(), await tenant.time_zone(tx))
        made = await enter(tx, await call.cipher(tx), call.actor, library=shipped(), stated=stated, today=today)
    return EvidenceEntryMade(id=ids.show("evd", made))


@post(
    "/evidence/entries/{entry:str}/withdraw",
    access=in_tenant(Permission.EVIDENCE_ENTER, "evidence", limit="write"),
    dependencies=IN_TENANT,
    tags=["controls"],
    status_code=200,
)
async def withdraw_evidence_entry(call: InTenant, entry: _Name) -> EvidenceEntryMade:
    """Take an entry back. It stays readable and counts no more."""
    async with call.records() as tx:
        await withdraw(tx, call.actor, _id(entry))
    return EvidenceEntryMade(id=entry)


@get(
    "/evidence/thresholds",
    access=in_tenant(Permission.REPORT_READ, "evidence"),
    dependencies=IN_TENANT,
    tags=["controls"],
)
async def list_thresholds(call: InTenant) -> list[OwnNumberView]:
    """The numbers that the tenant holds itself to beyond the usual ones."""
    async with call.records() as tx:
        rows = await thresholds.select_numbers(tx)
    return [msgspec.convert(row, OwnNumberView, from_attributes=True) for row in rows]


@post(
    "/evidence/thresholds",
    access=in_tenant(Permission.EVIDENCE_ENTER, "evidence", limit="write"),
    dependencies=IN_TENANT,
    tags=["controls"],
    status_code=200,
)
async def set_threshold(call: InTenant, data: JSONBody[OwnNumber]) -> OwnNumber:
    """Hold the tenant to a stricter number. A looser one is refused."""
    async with call.records() as tx:
        await set_number(tx, call.actor, shipped(), kind=data.kind, metric=data.metric, number=data.number)
    return data


ROUTES: list[HTTPRouteHandler] = [
    list_evidence_entries,
    read_evidence_entry,
    download_evidence_document,
    make_evidence_entry,
    withdraw_evidence_entry,
    list_thresholds,
    set_threshold,
]


def _id(entry: str) -> EntryId:
    return EntryId(ids.parse("evd", entry))


def _view(entry: Entry) -> EvidenceEntryView:
    document = entry.document
    return EvidenceEntryView(
        id=ids.show("evd", entry.id),
        kind=entry.kind,
        metric=entry.metric,
        value=entry.value,
        numerator=entry.numerator,
        denominator=entry.denominator,
        happened_on=entry.happened_on,
        incident=None if entry.incident_id is None else ids.show("inc", entry.incident_id),
        first=entry.first,
        until=entry.until,
        note=entry.note,
        document=None if document is None else document.name,
        document_sha256=None if document is None else document.sha256.hex(),
        by=entry.by,
        at=entry.at,
        withdrawn_by=entry.withdrawn_by,
        withdrawn_at=entry.withdrawn_at,
    )
