"""`/tenants/{tenant}/breaches/{case}/notices`: drafting, approving and following notices. Nothing is sent from here."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody, PathParameter

from watchfloor.access.roles import Permission
from watchfloor.breach import store
from watchfloor.breach.missing import Phase
from watchfloor.breach.notices import drafting, keeping, sending
from watchfloor.breach.notices.drafting import Wanted
from watchfloor.breach.notices.notice import Notice
from watchfloor.breach.notices.sending import Acknowledged, Sent
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import CaseId
from watchfloor.web.api.breach_notice_views import NoticeDetail, NoticeView, detail_of, notice_of
from watchfloor.web.api.breaches import CaseName, Reason
from watchfloor.web.api.given import IN_TENANT, InTenant
from watchfloor.web.declaration import in_tenant

NoticeName = Annotated[str, PathParameter(description="A notice's id (`ntc_...`).", max_length=64)]
_ReceiptName = Annotated[str, PathParameter(description="The SHA-256 of a file that came back.", max_length=64)]
_Code = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
_Text = Annotated[str, msgspec.Meta(max_length=8_000)]

_ONE = "/breaches/{case:str}/notices/{notice:str}"
_READ = in_tenant(Permission.BREACH_READ, "breach_notice")
_WRITE = in_tenant(Permission.BREACH_WRITE, "breach_notice", limit="write")


class NewNotice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be drafted. What is left out follows from the case, its form, and what went out before."""

    regime: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    stage: _Code | None = None
    phase: Phase | None = None
    recipient: Annotated[str, msgspec.Meta(min_length=2, max_length=12)] | None = None
    language: Annotated[str, msgspec.Meta(pattern="^[a-z]{2}$")] | None = None
    seen: int | None = None


class NoticeApproval(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Your approval of the version with this hash. `knows_gaps`: you approve it although fields are missing."""

    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    reason: Reason
    knows_gaps: bool = False


class NoticeSent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How you sent it. A late one needs the reasons for the delay."""

    submitted_at: Annotated[datetime, msgspec.Meta(tz=True)]
    channel: Annotated[str, msgspec.Meta(min_length=2, max_length=300)]
    reference: Annotated[str, msgspec.Meta(max_length=300)] = ""
    delay_reasons: _Text = ""


class NoticeReceived(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The recipient's receipt."""

    received_at: Annotated[datetime, msgspec.Meta(tz=True)]
    reference: Annotated[str, msgspec.Meta(max_length=300)] = ""
    text: _Text = ""


class NoticeAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the recipient answered."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=8_000)]


class NoticeFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file that came back; `content` is base64."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    content: bytes


class NoticeWithdrawal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why the notice is not sent."""

    reason: Reason


@get("/breaches/{case:str}/notices", access=_READ, dependencies=IN_TENANT, tags=["breaches"])
async def list_notices(call: InTenant, case: CaseName) -> list[NoticeView]:
    """The notices of a case, in the order in which they were drafted."""
    async with call.records() as tx:
        cipher, case_id = await call.cipher(tx), await store.find(tx, case)
        return [notice_of(one) for one in await keeping.notices_of(tx, cipher, case_id)]


@post("/breaches/{case:str}/notices", access=_WRITE, dependencies=IN_TENANT, tags=["breaches"], status_code=201)
async def draft_notice(call: InTenant, case: CaseName, data: JSONBody[NewNotice]) -> NoticeDetail:
    """Freeze the case as a draft. It says what is missing and what has changed since the notice before."""
    wanted = Wanted(
        regime=data.regime, stage=data.stage, phase=data.phase, recipient=data.recipient, language=data.language
    )
    async with call.records() as tx:
        cipher, case_id = await call.cipher(tx), await store.find(tx, case)
        made = await drafting.draft(
            tx, cipher, call.actor, call.permissions, case_id=case_id, wanted=wanted, seen=data.seen
        )
    return detail_of(made.notice, made.missing, made.changes)


@get(_ONE, access=_READ, dependencies=IN_TENANT, tags=["breaches"])
async def read_notice(call: InTenant, case: CaseName, notice: NoticeName) -> NoticeDetail:
    """A notice with what it lacks and what has changed since the one before."""
    async with call.records() as tx:
        cipher, found = await _find(call, tx, case, notice)
        snapshot = await keeping.snapshot(tx, cipher, found.id)
        changes = await drafting.changes_of(tx, cipher, found)
        return detail_of(found, drafting.gaps_of(found, snapshot), changes)


@get(
    f"{_ONE}/version",
    access=in_tenant(Permission.BREACH_READ, "breach_notice", limit="download"),
    dependencies=IN_TENANT,
    tags=["breaches"],
    media_type="application/octet-stream",
)
async def download_notice_version(call: InTenant, case: CaseName, notice: NoticeName) -> Response[bytes]:
    """The frozen version, byte for byte: its SHA-256 is the notice's."""
    async with call.records() as tx:
        cipher, found = await _find(call, tx, case, notice)
        content = await keeping.snapshot_bytes(tx, cipher, found.id)
    return _file(content, f"{notice_of(found).id}.json")


@post(f"{_ONE}/approve", access=_WRITE, dependencies=IN_TENANT, tags=["breaches"], status_code=200)
async def approve_notice(
    call: InTenant, case: CaseName, notice: NoticeName, data: JSONBody[NoticeApproval]
) -> NoticeView:
    """Approve a draft: a privacy officer what the controller owes, a lead what the MSSP owes. It is frozen for ever."""
    async with call.records() as tx:
        cipher, found = await _find(call, tx, case, notice)
        approved = await sending.approve(
            tx,
            cipher,
            call.actor,
            call.permissions,
            case_id=found.case_id,
            notice_id=found.id,
            sha256=data.sha256,
            reason=data.reason,
            knows_gaps=data.knows_gaps,
        )
    return notice_of(approved)


@post(f"{_ONE}/send", access=_WRITE, dependencies=IN_TENANT, tags=["breaches"], status_code=200)
async def enter_sending(call: InTenant, case: CaseName, notice: NoticeName, data: JSONBody[NoticeSent]) -> NoticeView:
    """Enter that you have sent an approved notice: when, and by which way."""
    said = msgspec.convert(data, Sent, from_attributes=True)
    async with call.records() as tx:
        cipher, found = await _find(call, tx, case, notice)
        sent = await sending.send(
            tx, cipher, call.actor, call.permissions, case_id=found.case_id, notice_id=found.id, sent=said
        )
    return notice_of(sent)


@post(f"{_ONE}/acknowledge", access=_WRITE, dependencies=IN_TENANT, tags=["breaches"], status_code=200)
async def enter_receipt(
    call: InTenant, case: CaseName, notice: NoticeName, data: JSONBody[NoticeReceived]
) -> NoticeView:
    """Enter the recipient's receipt: when it got the notice, and its reference."""
    said = msgspec.convert(data, Acknowledged, from_attributes=True)
    async with call.records() as tx:
        cipher, found = await _find(call, tx, case, notice)
        known = await sending.acknowledge(
            tx, cipher, call.actor, call.permissions, case_id=found.case_id, notice_id=found.id, acknowledged=said
        )
    return notice_of(known)


@post(f"{_ONE}/answer", access=_WRITE, dependencies=IN_TENANT, tags=["breaches"], status_code=200)
async def enter_answer(call: InTenant, case: CaseName, notice: NoticeName, data: JSONBody[NoticeAnswer]) -> NoticeView:
    """Enter what the recipient answered."""
    async with call.records() as tx:
        cipher, found = await _find(call, tx, case, notice)
        answered = await sending.answer(
            tx, cipher, call.actor, call.permissions, case_id=found.case_id, notice_id=found.id, text=data.text
        )
    return notice_of(answered)


@post(f"{_ONE}/receipts", access=_WRITE, dependencies=IN_TENANT, tags=["breaches"], status_code=200)
async def keep_receipt(call: InTenant, case: CaseName, notice: NoticeName, data: JSONBody[NoticeFile]) -> NoticeView:
    """Keep a file that came back, such as the authority's receipt."""
    async with call.records() as tx:
        cipher, found = await _find(call, tx, case, notice)
        kept = await sending.receive(
            tx,
            cipher,
            call.actor,
            call.permissions,
            case_id=found.case_id,
            notice_id=found.id,
            name=data.name,
            content=data.content,
        )
    return notice_of(kept)


@get(
    f"{_ONE}/receipts/{{receipt:str}}",
    access=in_tenant(Permission.BREACH_READ, "breach_notice", limit="download"),
    dependencies=IN_TENANT,
    tags=["breaches"],
    media_type="application/octet-stream",
)
async def download_receipt(
    call: InTenant, case: CaseName, notice: NoticeName, receipt: _ReceiptName
) -> Response[bytes]:
    """A file that came back, exactly as it was given."""
    async with call.records() as tx:
        cipher, found = await _find(call, tx, case, notice)
        kept = next((one for one in found.receipts if one.sha256 == receipt), None)
        if kept is None:
            raise NotFound("There is no such file.")
        content = await keeping.receipt_content(tx, cipher, found, kept)
    return _file(content, f"{receipt[:16]}.bin")


@post(f"{_ONE}/withdraw", access=_WRITE, dependencies=IN_TENANT, tags=["breaches"], status_code=200)
async def withdraw_notice(
    call: InTenant, case: CaseName, notice: NoticeName, data: JSONBody[NoticeWithdrawal]
) -> NoticeView:
    """Take a notice back that was not sent. One that is out is taken back by another notice."""
    async with call.records() as tx:
        cipher, found = await _find(call, tx, case, notice)
        gone = await sending.withdraw(
            tx, cipher, call.actor, call.permissions, case_id=found.case_id, notice_id=found.id, reason=data.reason
        )
    return notice_of(gone)


ROUTES: list[HTTPRouteHandler] = [
    list_notices,
    draft_notice,
    read_notice,
    download_notice_version,
    approve_notice,
    enter_sending,
    enter_receipt,
    enter_answer,
    keep_receipt,
    download_receipt,
    withdraw_notice,
]


async def _find(call: InTenant, tx: TenantTx, case: str, notice: str) -> tuple[TenantCipher, Notice]:
    cipher = await call.cipher(tx)
    case_id: CaseId = await store.find(tx, case)
    return cipher, await keeping.find(tx, cipher, case_id, notice)


def _file(content: bytes, name: str) -> Response[bytes]:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type="application/octet-stream", headers=headers)
