"""What becomes of a notice: approved by who may, sent by a person, acknowledged, answered, withdrawn.

Owns the order of these and what each needs. Nothing is ever submitted from here: a person files a notice and then says
when, by which way and under which reference. A late notice needs its reasons. What went out stops the clocks and moves
the case on (`effects`).
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

import msgspec

from watchfloor.access.roles import Permission
from watchfloor.audit.append import Actor
from watchfloor.breach import store
from watchfloor.breach.case import BreachCase
from watchfloor.breach.classification import value_of
from watchfloor.breach.notices import effects, keeping
from watchfloor.breach.notices.drafting import gaps_of, stages_of
from watchfloor.breach.notices.keeping import Step, StepBody
from watchfloor.breach.notices.notice import Notice, approver_of
from watchfloor.breach.permissions import LONGEST, require, require_person, require_words
from watchfloor.kernel.characters import visible
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Conflict, Invalid
from watchfloor.kernel.ids import CaseId, NoticeId

_SKEW: Final = timedelta(minutes=5)
_LONGEST_NAME: Final = 200
_TWINS: Final = ("gdpr-controller", "contract-controller")
_DECIDED_FIRST: Final = {
    "breach_notification": "risk.art33_decision",
    "subject_letter": "risk.art34_decision",
}
_GDPR: Final = ("gdpr-", "uk-gdpr-")


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """How a notice went out, as the person says who sent it."""

    submitted_at: datetime
    channel: str
    reference: str = ""
    delay_reasons: str = ""


class Acknowledged(msgspec.Struct, frozen=True, kw_only=True):
    """That the recipient has it: its receipt."""

    received_at: datetime
    reference: str = ""
    text: str = ""


async def approve(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    may: Collection[Permission],
    *,
    case_id: CaseId,
    notice_id: NoticeId,
    sha256: str,
    reason: str,
    knows_gaps: bool = False,
) -> Notice:
    """Approves the version that the person looked at: `sha256` is its hash.

    What the controller owes, only its privacy officer approves; what the MSSP owes, only a lead. Raises Refused where
    another one tries, Conflict for another version than the one seen, for gaps of which the person does not say that
    they know them, and where the decision that the notice rests on was not taken.
    """
    case, notice = await _locked(tx, cipher, case_id, notice_id)
    require_person(actor)
    require(may, approver_of(notice.regime))
    words = require_words(reason, name="reason")
    _require_status(notice, "draft")
    if sha256 != notice.sha256:
        raise Conflict("This is not the version that you looked at.", where="sha256", remedy="Look at it again.")
    snapshot = await keeping.snapshot(tx, cipher, notice.id)
    _require_decision(notice, case)
    gaps = gaps_of(notice, snapshot)
    if gaps and not knows_gaps:
        raise Conflict(
            f"The notice lacks: {', '.join(gap.path for gap in gaps)}.",
            where="missing",
            remedy="State them and draft again, or say that you approve it as it is.",
        )
    text = words if not gaps else f"{words} (lacks {', '.join(gap.path for gap in gaps)})"
    return await _step(
        tx, cipher, actor, case, notice=notice, step=Step(name="approved", body=StepBody(text=text[:LONGEST]))
    )


async def send(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    may: Collection[Permission],
    *,
    case_id: CaseId,
    notice_id: NoticeId,
    sent: Sent,
) -> Notice:
    """Enters that a person has sent an approved notice.

    Raises Refused where no person says so, Conflict for one that is not approved, and Invalid for a time that cannot
    be and for a late notice without reasons.
    """
    require(may, Permission.BREACH_WRITE)
    require_person(actor)
    case, notice = await _locked(tx, cipher, case_id, notice_id)
    _require_status(notice, "approved")
    channel = require_words(sent.channel, name="channel", shortest=2)
    at = await store.now(tx)
    _require_time(sent.submitted_at, name="submitted_at", first=notice.drafted_at, last=at)
    reasons = await _reasons(tx, cipher, case, notice, sent)
    body = StepBody(channel=channel, reference=sent.reference.strip()[:LONGEST], delay_reasons=reasons)
    step = Step(name="sent", body=body, happened_at=sent.submitted_at)
    after = await _step(tx, cipher, actor, case, notice=notice, step=step)
    if notice.phase == "withdrawal":
        await _withdraw_sent(tx, cipher, actor, case, notice)
    else:
        await effects.of_sending(tx, cipher, actor, may, case_id=case_id, notice=after)
    return after


async def acknowledge(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    may: Collection[Permission],
    *,
    case_id: CaseId,
    notice_id: NoticeId,
    acknowledged: Acknowledged,
) -> Notice:
    """Enters the recipient's receipt: when it got the notice, and under which reference it keeps it."""
    require(may, Permission.BREACH_WRITE)
    require_person(actor)
    case, notice = await _locked(tx, cipher, case_id, notice_id)
    _require_status(notice, "sent")
    first = notice.submitted_at or notice.drafted_at
    _require_time(acknowledged.received_at, name="received_at", first=first, last=await store.now(tx))
    body = StepBody(text=acknowledged.text.strip()[:LONGEST], reference=acknowledged.reference.strip()[:LONGEST])
    step = Step(name="acknowledged", body=body, happened_at=acknowledged.received_at)
    after = await _step(tx, cipher, actor, case, notice=notice, step=step)
    await effects.of_receipt(tx, cipher, actor, may, case_id=case_id, notice=after)
    return after


async def answer(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    may: Collection[Permission],
    *,
    case_id: CaseId,
    notice_id: NoticeId,
    text: str,
) -> Notice:
    """Adds what the recipient answered."""
    require(may, Permission.BREACH_WRITE)
    case, notice = await _locked(tx, cipher, case_id, notice_id)
    if not notice.is_out:
        raise Conflict(f"A notice that is {notice.status} has no answer.", where="status")
    words = require_words(text, name="text", shortest=1)
    return await _step(tx, cipher, actor, case, notice=notice, step=Step(name="answered", body=StepBody(text=words)))


async def receive(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    may: Collection[Permission],
    *,
    case_id: CaseId,
    notice_id: NoticeId,
    name: str,
    content: bytes,
) -> Notice:
    """Keeps a file that came back: the authority's receipt, a letter. Its hash goes into the audit chain."""
    require(may, Permission.BREACH_WRITE)
    case, notice = await _locked(tx, cipher, case_id, notice_id)
    if not notice.is_out:
        raise Conflict(f"A notice that is {notice.status} has no receipt.", where="status")
    title = visible(name, newline=" ").strip()
    if not 1 <= len(title) <= _LONGEST_NAME:
        raise Invalid(f"A file's name has 1 to {_LONGEST_NAME} characters.", where="name")
    return await keeping.add_receipt(tx, cipher, actor, notice, name=title, content=content, case_ref=case.ref)


async def withdraw(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    may: Collection[Permission],
    *,
    case_id: CaseId,
    notice_id: NoticeId,
    reason: str,
) -> Notice:
    """Takes a notice back that did not go out; an approved one, only who may approve it.

    One that is out is taken back by a notice of the phase `withdrawal`. Raises Conflict for it.
    """
    require(may, Permission.BREACH_WRITE)
    case, notice = await _locked(tx, cipher, case_id, notice_id)
    words = require_words(reason, name="reason")
    if notice.is_out:
        raise Conflict(
            "The notice is out: only another notice takes it back.",
            where="status",
            remedy="Draft one of the phase `withdrawal`, and send it.",
        )
    if notice.status == "approved":
        require_person(actor)
        require(may, approver_of(notice.regime))
    return await _step(tx, cipher, actor, case, notice=notice, step=Step(name="withdrawn", body=StepBody(text=words)))


async def _locked(
    tx: TenantTx, cipher: TenantCipher, case_id: CaseId, notice_id: NoticeId
) -> tuple[BreachCase, Notice]:
    """The case, locked, and its notice as it stands then."""
    case = await store.lock(tx, cipher, case_id)
    notice = await keeping.read(tx, cipher, notice_id)
    if notice.case_id != case_id:
        raise Conflict("The notice is of another case.", where="notice")
    if notice.status == "withdrawn":
        raise Conflict("The notice was withdrawn.", where="status")
    return case, notice


async def _step(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, case: BreachCase, *, notice: Notice, step: Step
) -> Notice:
    place = await keeping.next_place(tx, notice.id)
    return await keeping.add_step(tx, cipher, actor, notice, step, place=place, case_ref=case.ref)


async def _withdraw_sent(
    tx: TenantTx, cipher: TenantCipher, actor: Actor, case: BreachCase, withdrawal: Notice
) -> None:
    """Ends what the withdrawal takes back: all that went to this recipient for this duty."""
    for one in await keeping.notices_of(tx, cipher, withdrawal.case_id):
        same = (one.regime, one.recipient) == (withdrawal.regime, withdrawal.recipient)
        if one.is_out and same and one.phase != "withdrawal":
            body = StepBody(text="Taken back by a notice of withdrawal.")
            await _step(tx, cipher, actor, case, notice=one, step=Step(name="withdrawn", body=body))


async def _reasons(tx: TenantTx, cipher: TenantCipher, case: BreachCase, notice: Notice, sent: Sent) -> str:
    """The reasons for the delay, or none where nothing is late. Raises Invalid for a late notice without."""
    given = sent.delay_reasons.strip()[:LONGEST]
    before = await keeping.notices_of(tx, cipher, notice.case_id)
    regimes = _TWINS if notice.regime in _TWINS else (notice.regime,)
    late = [
        one
        for regime in regimes
        for one in stages_of(case, before, regime, sent.submitted_at)
        if one.stage == notice.stage and one.needs_reasons
    ]
    if not late or notice.phase == "withdrawal":
        return given
    snapshot = await keeping.snapshot(tx, cipher, notice.id)
    reasons = given or value_of(snapshot.clock.delay_reasons) or ""
    if not reasons.strip():
        raise Invalid(
            f"The notice is late by {_length(late[0].late_by)}: it needs the reasons for the delay.",
            where="delay_reasons",
            remedy="Give them here, or state clock.delay_reasons and draft again.",
        )
    return reasons


def _length(late: timedelta | None) -> str:
    minutes = 0 if late is None else int(late.total_seconds()) // 60
    return f"{minutes // 60} h {minutes % 60} min"


def _require_status(notice: Notice, wanted: str) -> None:
    if notice.status != wanted:
        raise Conflict(f"The notice is {notice.status}, not {wanted}.", where="status")


def _require_time(instant: datetime, *, name: str, first: datetime, last: datetime) -> None:
    if instant.tzinfo is None:
        raise Invalid("An instant needs its offset from UTC.", where=name)
    if instant > last + _SKEW:
        raise Invalid("This lies in the future.", where=name)
    if instant < first - _SKEW:
        raise Invalid(f"This lies before {first:%Y-%m-%d %H:%M} UTC, when it could have been.", where=name)


def _require_decision(notice: Notice, case: BreachCase) -> None:
    path = _DECIDED_FIRST.get(notice.kind)
    if path is None or notice.phase == "withdrawal" or not notice.regime.startswith(_GDPR):
        return
    is_authority = notice.kind == "breach_notification"
    decided = value_of(case.risk.art33_decision) if is_authority else value_of(case.risk.art34_decision)
    if decided is None or not decided.notify:
        raise Conflict("Nobody has decided that this notice is sent.", where=path, remedy=f"Decide {path} first.")
