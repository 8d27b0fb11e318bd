"""Where notices stand: a frozen version, sealed, and the steps that were added to it. Nothing is ever written over.

Owns the seals, the way in which steps make up a notice, and the entries in the audit chain, which hold the hash of the
version and nothing of what it says. Never checks who may: `drafting` and `sending` do.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, cast

import msgspec

from watchfloor.audit.append import Actor, append
from watchfloor.breach.case import BreachCase
from watchfloor.breach.missing import Phase
from watchfloor.breach.notices import queries
from watchfloor.breach.notices.notice import Notice, NoticeKind, Receipt, Response, StepName
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict, NotFound, TooLarge, Unavailable
from watchfloor.kernel.ids import CaseId, NoticeId, new_uuid

NO_SUCH_NOTICE: Final = "There is no such notice, or you may not see it."
MOST_RECEIPT_BYTES: Final = 700_000
MOST_RECEIPTS: Final = 20

_NOTICES: Final = "wf.breach_notices"
_STEPS: Final = "wf.breach_notice_steps"
_RECEIPTS: Final = "wf.breach_receipts"
_MOST_BYTES: Final = 3_500_000


class StepBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The words of a step, as they are sealed."""

    text: str = ""
    channel: str = ""
    reference: str = ""
    delay_reasons: str = ""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """Something that becomes of a notice."""

    name: StepName
    body: StepBody
    happened_at: datetime | None = None


async def write(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, notice: Notice, case: BreachCase
) -> tuple[Notice, bytes]:
    """Freezes the case as the notice's version. Returns the notice with its hash, and the version's JSON.

    Raises TooLarge for a case that holds more than a notice can.
    """
    document = msgspec.json.encode(case, order="deterministic")
    if len(document) > _MOST_BYTES:
        raise TooLarge("The case holds more than a notice can.", where=case.ref)
    digest = hashlib.sha256(document)
    made = msgspec.structs.replace(notice, sha256=digest.hexdigest())
    await queries.insert_notice(
        tx,
        queries.NewNotice(
            id=made.id,
            case_id=made.case_id,
            regime=made.regime,
            stage=made.stage,
            rule=made.rule,
            kind=made.kind,
            recipient=made.recipient,
            language=made.language,
            phase=made.phase,
            part=made.part,
            follows_id=made.follows,
            due_at=made.due_at,
            case_version=made.case_version,
            snapshot=cipher.seal(document, table=_NOTICES, column="snapshot", row=made.id),
            sha256=digest.digest(),
            drafted_by=made.drafted_by,
        ),
    )
    await _audit(tx, cipher, actor, made, case_ref=case.ref, action="draft", reason="")
    return made, document


async def add_step(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, notice: Notice, step: Step, *, place: int, case_ref: str
) -> Notice:
    """Adds what became of a notice. The case is locked. Raises Conflict when it was done already."""
    step_id = new_uuid()
    body = cipher.seal(msgspec.json.encode(step.body), table=_STEPS, column="body", row=step_id)
    written = await queries.insert_step(
        tx,
        queries.NewStep(
            id=step_id,
            notice_id=notice.id,
            place=place,
            step=step.name,
            happened_at=step.happened_at,
            body=body,
            actor_kind=actor.kind,
            actor_id=actor.id,
        ),
    )
    if not written:
        raise Conflict(f"The notice was {step.name} already.", where="status")
    after = await read(tx, cipher, notice.id)
    await _audit(tx, cipher, actor, after, case_ref=case_ref, action=step.name, reason=step.body.text)
    return after


async def next_place(tx: TenantTx, notice_id: NoticeId) -> int:
    """The place of the next step."""
    return len(await queries.select_steps(tx, [notice_id]))


async def add_receipt(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, notice: Notice, *, name: str, content: bytes, case_ref: str
) -> Notice:
    """Keeps a file that came back; one that is kept already changes nothing.

    Raises TooLarge for a file, and Conflict for too many.
    """
    if not 0 < len(content) <= MOST_RECEIPT_BYTES:
        raise TooLarge(f"A receipt has 1 to {MOST_RECEIPT_BYTES:,} bytes.", where="content")
    digest = hashlib.sha256(content)
    if any(receipt.sha256 == digest.hexdigest() for receipt in notice.receipts):
        return notice
    if len(notice.receipts) >= MOST_RECEIPTS:
        raise Conflict(f"A notice keeps {MOST_RECEIPTS} files at most.", where="receipts")
    receipt_id = new_uuid()
    await queries.insert_receipt(
        tx,
        receipt_id,
        notice.id,
        name=cipher.seal(name.encode(), table=_RECEIPTS, column="name", row=receipt_id),
        content=cipher.seal(content, table=_RECEIPTS, column="content", row=receipt_id),
        sha256=digest.digest(),
        by=actor.id,
    )
    after = await read(tx, cipher, notice.id)
    await _audit(tx, cipher, actor, after, case_ref=case_ref, action="receipt", reason=digest.hexdigest())
    return after


async def read(tx: TenantTx, cipher: TenantCipher, notice_id: NoticeId) -> Notice:
    """The notice as it stands. Raises NotFound."""
    row = await queries.select_notice(tx, notice_id)
    if row is None:
        raise NotFound(NO_SUCH_NOTICE)
    return (await _made_up(tx, cipher, [row]))[0]


async def find(tx: TenantTx, cipher: TenantCipher, case_id: CaseId, name: str) -> Notice:
    """The notice of this case that somebody names by `ntc_…`. Raises NotFound."""
    try:
        notice_id = NoticeId(ids.parse("ntc", name.strip()))
    except NotFound:
        raise NotFound(NO_SUCH_NOTICE) from None
    notice = await read(tx, cipher, notice_id)
    if notice.case_id != case_id:
        raise NotFound(NO_SUCH_NOTICE)
    return notice


async def notices_of(tx: TenantTx, cipher: TenantCipher, case_id: CaseId) -> list[Notice]:
    """The notices of a case in the order in which they were drafted."""
    return await _made_up(tx, cipher, await queries.select_notices(tx, [case_id]))


async def notices_by_case(
    tx: TenantTx, cipher: TenantCipher, case_ids: Sequence[CaseId]
) -> dict[CaseId, tuple[Notice, ...]]:
    """The notices of several cases; a case without any has an empty entry."""
    found: dict[CaseId, list[Notice]] = {case_id: [] for case_id in case_ids}
    if case_ids:
        for notice in await _made_up(tx, cipher, await queries.select_notices(tx, case_ids)):
            found[notice.case_id].append(notice)
    return {case_id: tuple(notices) for case_id, notices in found.items()}


async def snapshot_bytes(tx: TenantTx, cipher: TenantCipher, notice_id: NoticeId) -> bytes:
    """The JSON of a notice's version, exactly as it was frozen. Raises NotFound, Unavailable where it is another."""
    row = await queries.select_snapshot(tx, notice_id)
    if row is None:
        raise NotFound(NO_SUCH_NOTICE)
    document = cipher.open_(row.snapshot, table=_NOTICES, column="snapshot", row=notice_id)
    if hashlib.sha256(document).digest() != row.sha256:
        raise Unavailable("A notice's version is not the one that was frozen.", where=ids.show("ntc", notice_id))
    return document


async def snapshot(tx: TenantTx, cipher: TenantCipher, notice_id: NoticeId) -> BreachCase:
    """The case as the notice has it. Raises as `snapshot_bytes` does."""
    return msgspec.json.decode(await snapshot_bytes(tx, cipher, notice_id), type=BreachCase)


async def receipt_content(tx: TenantTx, cipher: TenantCipher, notice: Notice, receipt: Receipt) -> bytes:
    """A file that came back. Raises NotFound, Unavailable where it is another one than was kept."""
    sealed = await queries.select_content(tx, receipt.id, notice.id)
    if sealed is None:
        raise NotFound("There is no such file.")
    content = cipher.open_(sealed, table=_RECEIPTS, column="content", row=receipt.id)
    if hashlib.sha256(content).hexdigest() != receipt.sha256:
        raise Unavailable("A receipt is not what was kept.", where=str(receipt.id))
    return content


async def _made_up(tx: TenantTx, cipher: TenantCipher, rows: Sequence[queries.NoticeRow]) -> list[Notice]:
    made = [row.id for row in rows]
    steps = await queries.select_steps(tx, made) if made else []
    receipts = await queries.select_receipts(tx, made) if made else []
    notices: list[Notice] = []
    for row in rows:
        notice = _after(cipher, _draft(row), (step for step in steps if step.notice_id == row.id))
        kept = tuple(_receipt(cipher, one) for one in receipts if one.notice_id == row.id)
        notices.append(msgspec.structs.replace(notice, receipts=kept))
    return notices


def _draft(row: queries.NoticeRow) -> Notice:
    return Notice(
        id=NoticeId(row.id),
        case_id=CaseId(row.case_id),
        regime=row.regime,
        stage=row.stage,
        rule=row.rule,
        kind=cast("NoticeKind", row.kind),
        recipient=row.recipient,
        language=row.language,
        phase=cast("Phase", row.phase),
        part=row.part,
        follows=None if row.follows_id is None else NoticeId(row.follows_id),
        due_at=row.due_at,
        case_version=row.case_version,
        sha256=row.sha256.hex(),
        drafted_at=row.drafted_at,
        drafted_by=row.drafted_by,
    )


def _receipt(cipher: TenantCipher, row: queries.ReceiptRow) -> Receipt:
    name = cipher.open_(row.name, table=_RECEIPTS, column="name", row=row.id).decode()
    return Receipt(id=row.id, name=name, sha256=row.sha256.hex(), by=row.added_by, at=row.added_at)


def _after(cipher: TenantCipher, notice: Notice, rows: Iterable[queries.StepRow]) -> Notice:
    for row in rows:
        opened = cipher.open_(row.body, table=_STEPS, column="body", row=row.id)
        notice = _with(notice, row, msgspec.json.decode(opened, type=StepBody))
    return notice


def _with(notice: Notice, row: queries.StepRow, body: StepBody) -> Notice:
    """The notice with one more step."""
    match cast("StepName", row.step):
        case "approved":
            return msgspec.structs.replace(
                notice, status="approved", approved_at=row.at, approved_by=row.actor_id, approval_reason=body.text
            )
        case "sent":
            return msgspec.structs.replace(
                notice,
                status="sent",
                submitted_at=row.happened_at,
                submitted_by=row.actor_id,
                channel=body.channel,
                delay_reasons=body.delay_reasons or None,
                reference=body.reference or None,
            )
        case "acknowledged":
            return msgspec.structs.replace(
                notice,
                status="acknowledged",
                received_at=row.happened_at,
                acknowledged_by=row.actor_id,
                reference=body.reference or notice.reference,
            )
        case "answered":
            response = Response(text=body.text, by=row.actor_id, at=row.at)
            return msgspec.structs.replace(notice, responses=(*notice.responses, response))
        case "withdrawn":
            return msgspec.structs.replace(
                notice,
                status="withdrawn",
                withdrawn_at=row.at,
                withdrawn_by=row.actor_id,
                withdrawal_reason=body.text,
            )


async def _audit(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, notice: Notice, *, case_ref: str, action: str, reason: str
) -> None:
    phase = f"{notice.phase} {notice.part}" if notice.part else notice.phase
    await append(
        tx,
        actor,
        action=f"breach.notice.{action}",
        object_kind="breach_notice",
        object_id=ids.show("ntc", notice.id),
        before=None,
        after={
            "snapshot": notice.sha256,
            "status": notice.status,
            "case": ids.show("brc", notice.case_id),
            "version": notice.case_version,
            "submitted_at": notice.submitted_at,
            "received_at": notice.received_at,
        },
        detail={
            "case": case_ref,
            "notice": f"{notice.regime}, {notice.stage}, {phase}, to {notice.recipient}",
            "snapshot": notice.sha256,
            "reason": reason[:2_000],
        },
        cipher=cipher,
    )
