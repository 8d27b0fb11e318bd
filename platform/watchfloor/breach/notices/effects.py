"""What a notice that went out says about its case: facts that follow from it, and the state that it leads to.

Owns which facts and which moves those are. A fact that a person stated otherwise is written over by nothing but the
notice that the fact is about; each cites the notice.
"""

from collections.abc import Collection
from typing import Final

from watchfloor.access.roles import Permission
from watchfloor.audit.append import Actor
from watchfloor.breach import store
from watchfloor.breach.case import BreachCase, CaseStatus
from watchfloor.breach.entering import Stated, state
from watchfloor.breach.known import Citation
from watchfloor.breach.missing import Phase
from watchfloor.breach.notices.notice import Notice
from watchfloor.breach.status import move, objection
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import CaseId

_LEADS_TO: Final[dict[Phase, CaseStatus]] = {
    "initial": "authority_initial",
    "supplementary": "supplementary",
    "final": "authority_final",
}


async def of_sending(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    may: Collection[Permission],
    *,
    case_id: CaseId,
    notice: Notice,
) -> None:
    """Enters what follows from a notice that was sent."""
    case = await store.read(tx, cipher, case_id)
    facts = _facts_of_sending(case, notice)
    if facts:
        await state(tx, cipher, actor, may, case_id=case_id, facts=facts)
    if notice.kind == "breach_notification":
        await _move(tx, cipher, actor, may, case_id=case_id, notice=notice)


async def of_receipt(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    may: Collection[Permission],
    *,
    case_id: CaseId,
    notice: Notice,
) -> None:
    """Enters what follows from a recipient's receipt."""
    if notice.phase != "initial":
        return
    facts: list[Stated] = []
    if notice.kind == "breach_notice":
        facts.append(_stated(notice, "clock.controller_notified_at", notice.received_at))
        if notice.reference:
            facts.append(_stated(notice, "clock.controller_notified_receipt", notice.reference))
    if notice.kind == "breach_notification" and notice.reference:
        facts.append(_stated(notice, "others.earlier_reference", notice.reference))
    if facts:
        await state(tx, cipher, actor, may, case_id=case_id, facts=facts)


def _facts_of_sending(case: BreachCase, notice: Notice) -> list[Stated]:
    facts: list[Stated] = []
    if notice.kind == "breach_notice" and notice.phase == "initial":
        facts.append(_stated(notice, "clock.controller_notified_at", notice.submitted_at))
        facts.append(_stated(notice, "clock.controller_notified_channel", notice.channel))
    if notice.kind == "subject_letter":
        facts.append(_stated(notice, "subject_comm.told", value=True))
        facts.append(_stated(notice, "subject_comm.sent_at", notice.submitted_at))
        facts.append(_stated(notice, "subject_comm.channel", notice.channel))
    is_authority = notice.kind == "breach_notification"
    if is_authority and notice.delay_reasons and case.clock.delay_reasons is None:
        facts.append(_stated(notice, "clock.delay_reasons", notice.delay_reasons))
    return facts


def _stated(notice: Notice, path: str, value: object) -> Stated:
    cite = Citation(kind="document", id=ids.show("ntc", notice.id), what=f"notice of {notice.regime}, {notice.stage}")
    return Stated(path=path, value=value, citations=(cite,))


async def _move(
    tx: TenantTx,
    cipher: TenantCipher,
    actor: Actor,
    may: Collection[Permission],
    *,
    case_id: CaseId,
    notice: Notice,
) -> None:
    """Moves the case with the notice where its state allows it; what went out is entered in any case."""
    case = await store.read(tx, cipher, case_id)
    to = _LEADS_TO.get(notice.phase)
    if to is None or objection(case, to) is not None:
        return
    reason = f"The {notice.phase} notice to {notice.recipient} was sent."
    await move(tx, cipher, actor, may, case_id=case_id, to=to, reason=reason)
