"""The register of breaches (GDPR Art. 33(5)): a row for every case, whether it was reported, kept back or no breach.

Owns what a row says and from where: the case as it stands, its decisions, and what went out. What nobody entered is
left open; a row never makes up a reason.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import date, datetime
from typing import Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

import msgspec

from watchfloor.breach import store
from watchfloor.breach.case import BreachCase, CaseStatus, TellingStatus
from watchfloor.breach.classification import value_of
from watchfloor.breach.known import Known, Range
from watchfloor.breach.notices.keeping import notices_by_case
from watchfloor.breach.notices.notice import Notice
from watchfloor.breach.rules.codes import BreachType, Consequence
from watchfloor.breach.rules.enisa import Level
from watchfloor.breach.values import DataCategory, Measure, RiskLevel, SubjectCategory
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import CaseId, NoticeId

Answer: TypeAlias = Literal["yes", "no", "undecided"]

_AT_ONCE: Final = 100


class Ruled(msgspec.Struct, frozen=True, kw_only=True):
    """A decision as the register has it: what, why, by whom, when. Open where nobody decided."""

    answer: Answer = "undecided"
    reason: str | None = None
    by: str | None = None
    at: datetime | None = None


class Filing(msgspec.Struct, frozen=True, kw_only=True):
    """A notice that went out."""

    notice: NoticeId
    regime: str
    stage: str
    phase: str
    part: int
    recipient: str
    submitted_at: datetime
    received_at: datetime | None
    reference: str | None
    delay_reasons: str | None
    sha256: str
    approved_by: str | None


class RegisterRow(msgspec.Struct, frozen=True, kw_only=True):
    """One breach, or one case that was found to be none. `by` and the like are shown ids; words are untrusted."""

    case_id: CaseId
    ref: str
    title: str
    status: CaseStatus
    telling: TellingStatus
    version: int
    opened_at: datetime
    occurred_from: datetime | None
    occurred_to: datetime | None
    detected_at: datetime | None
    aware_at: datetime | None
    time_zone: str
    is_breach: Ruled
    types: tuple[BreachType, ...]
    facts: str | None
    data: tuple[DataCategory, ...]
    records: Range | None
    persons: tuple[SubjectCategory, ...]
    number: Range | None
    consequences: tuple[Consequence, ...]
    effects: str | None
    """What happened to persons already, or else what is likely, in words."""
    severity: Level | None
    taken: tuple[Measure, ...]
    proposed: tuple[Measure, ...]
    risk: RiskLevel | None
    risk_reason: str | None
    authority: Ruled
    """Whether the authority is told."""
    subjects: Ruled
    """Whether the persons are told."""
    exemption: str | None
    subjects_told_at: datetime | None
    subjects_told: int | None
    filings: tuple[Filing, ...]
    delay_reasons: str | None
    lessons: str | None
    approved_by: str | None
    """The privacy officer who approved the case last, or else the last notice to the authority."""


async def rows(
    tx: TenantTx, cipher: TenantCipher, *, first: date | None = None, until: date | None = None
) -> list[RegisterRow]:
    """The tenant's register, the oldest case first; of the cases opened from `first` until before `until`.

    Days are those of each case's own zone.
    """
    found = [case async for case in _cases(tx, cipher) if _is_within(case, first, until)]
    notices = await notices_by_case(tx, cipher, [CaseId(case.id) for case in found])
    return [row_of(case, notices[CaseId(case.id)]) for case in reversed(found)]


def row_of(case: BreachCase, notices: Sequence[Notice]) -> RegisterRow:
    """The row of a case."""
    return RegisterRow(
        case_id=CaseId(case.id),
        ref=case.ref,
        title=case.title,
        status=case.status,
        telling=case.telling,
        version=case.version,
        opened_at=case.created_at,
        occurred_from=value_of(case.clock.occurred_from),
        occurred_to=value_of(case.clock.occurred_to),
        detected_at=value_of(case.clock.detected_at),
        aware_at=value_of(case.clock.controller_aware_at),
        time_zone=case.tz,
        is_breach=_ruled(case.is_breach),
        types=value_of(case.nature.types) or (),
        facts=value_of(case.nature.description),
        data=value_of(case.data.categories) or (),
        records=value_of(case.data.records),
        persons=value_of(case.subjects.categories) or (),
        number=value_of(case.subjects.count),
        consequences=value_of(case.risk.consequences) or (),
        effects=value_of(case.risk.effects_seen) or value_of(case.risk.consequences_text),
        severity=value_of(case.severity.level),
        taken=value_of(case.measures.taken) or (),
        proposed=value_of(case.measures.proposed) or (),
        risk=value_of(case.risk.risk),
        risk_reason=None if case.risk.risk is None else case.risk.risk.basis,
        authority=_told(case, is_authority=True),
        subjects=_told(case, is_authority=False),
        exemption=_exemption(case),
        subjects_told_at=value_of(case.subject_comm.sent_at),
        subjects_told=value_of(case.subject_comm.number),
        filings=tuple(_filings(notices)),
        delay_reasons=_delay(case, notices),
        lessons=value_of(case.measures.lessons),
        approved_by=_approved_by(case, notices),
    )


async def _cases(tx: TenantTx, cipher: TenantCipher) -> AsyncIterator[BreachCase]:
    """Every case, the newest first."""
    before: CaseId | None = None
    while True:
        page = await store.page(tx, cipher, before=before, limit=_AT_ONCE)
        for case in page:
            yield case
        if len(page) < _AT_ONCE:
            return
        before = CaseId(page[-1].id)


def _is_within(case: BreachCase, first: date | None, until: date | None) -> bool:
    day = case.created_at.astimezone(ZoneInfo(case.tz)).date()
    return (first is None or day >= first) and (until is None or day < until)


def _ruled(fact: Known[bool] | None) -> Ruled:
    if fact is None or fact.value is None:
        return Ruled()
    return Ruled(answer="yes" if fact.value else "no", reason=fact.basis, by=fact.by, at=fact.at)


def _told(case: BreachCase, *, is_authority: bool) -> Ruled:
    decided = value_of(case.risk.art33_decision) if is_authority else value_of(case.risk.art34_decision)
    if decided is None:
        return Ruled()
    return Ruled(answer="yes" if decided.notify else "no", reason=decided.reason, by=decided.by, at=decided.at)


def _exemption(case: BreachCase) -> str | None:
    decided = value_of(case.risk.art34_decision)
    return None if decided is None else decided.exemption


def _filings(notices: Iterable[Notice]) -> list[Filing]:
    return [
        Filing(
            notice=notice.id,
            regime=notice.regime,
            stage=notice.stage,
            phase=notice.phase,
            part=notice.part,
            recipient=notice.recipient,
            submitted_at=notice.submitted_at,
            received_at=notice.received_at,
            reference=notice.reference,
            delay_reasons=notice.delay_reasons,
            sha256=notice.sha256,
            approved_by=notice.approved_by,
        )
        for notice in notices
        if notice.submitted_at is not None
    ]


def _delay(case: BreachCase, notices: Iterable[Notice]) -> str | None:
    of_notices = (notice.delay_reasons for notice in notices if notice.is_out and notice.delay_reasons)
    return next(of_notices, value_of(case.clock.delay_reasons))


def _approved_by(case: BreachCase, notices: Sequence[Notice]) -> str | None:
    spoken = [one for one in case.approvals if one.role == "dpo_tenant"]
    if spoken and spoken[-1].decision == "approved":
        return spoken[-1].by
    sent = [one.approved_by for one in notices if one.kind == "breach_notification" and one.is_out]
    return sent[-1] if sent else None
