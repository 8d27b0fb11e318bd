"""Notices and the register of breach cases as the API shows them."""

from datetime import datetime
from typing import Literal

import msgspec

from watchfloor.breach.case import CaseStatus, TellingStatus
from watchfloor.breach.difference import Change, Way
from watchfloor.breach.known import FactStatus, Known, Range
from watchfloor.breach.missing import Missing, Phase
from watchfloor.breach.notices.notice import Notice, NoticeKind, NoticeStatus, approver_of
from watchfloor.breach.register import Filing, RegisterRow, Ruled
from watchfloor.breach.values import DataCategory, Measure, SubjectCategory
from watchfloor.kernel import ids
from watchfloor.web.api.breach_views import BreachGap, gap_of


class ReceiptView(msgspec.Struct, frozen=True, kw_only=True):
    """A file that came back. It is fetched by its hash."""

    sha256: str
    name: str
    by: str
    at: datetime


class ResponseView(msgspec.Struct, frozen=True, kw_only=True):
    """What the recipient answered."""

    text: str
    by: str
    at: datetime


class NoticeView(msgspec.Struct, frozen=True, kw_only=True):
    """A notice and what became of it. `sha256` is that of the frozen version, `follows` the notice before.

    `approval_needs` is the permission that approves it.
    """

    id: str
    regime: str
    stage: str
    rule: str | None
    kind: NoticeKind
    recipient: str
    language: str
    phase: Phase
    part: int
    follows: str | None
    due_at: datetime | None
    case_version: int
    sha256: str
    status: NoticeStatus
    approval_needs: str
    drafted_at: datetime
    drafted_by: str
    approved_at: datetime | None
    approved_by: str | None
    approval_reason: str | None
    submitted_at: datetime | None
    submitted_by: str | None
    channel: str | None
    delay_reasons: str | None
    received_at: datetime | None
    acknowledged_by: str | None
    reference: str | None
    responses: list[ResponseView]
    withdrawn_at: datetime | None
    withdrawn_by: str | None
    withdrawal_reason: str | None
    receipts: list[ReceiptView]


class SaidView(msgspec.Struct, frozen=True, kw_only=True):
    """What stood at a field."""

    value: object
    status: FactStatus
    basis: str
    expected_at: datetime | None


class ChangeView(msgspec.Struct, frozen=True, kw_only=True):
    """A field that the notice says otherwise than the one before."""

    path: str
    way: Way
    before: SaidView | None
    after: SaidView | None


class NoticeDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A notice, what it lacks, and what has changed since the notice that it follows."""

    notice: NoticeView
    missing: list[BreachGap]
    changes: list[ChangeView]


class RuledView(msgspec.Struct, frozen=True, kw_only=True):
    """A decision in the register."""

    answer: Literal["yes", "no", "undecided"]
    reason: str | None
    by: str | None
    at: datetime | None


class FilingView(msgspec.Struct, frozen=True, kw_only=True):
    """A notice that went out, in the register."""

    notice: str
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


class RegisterView(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the register of breaches; what nobody entered is null or empty."""

    case: str
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
    is_breach: RuledView
    types: list[str]
    facts: str | None
    data: tuple[DataCategory, ...]
    records: Range | None
    persons: tuple[SubjectCategory, ...]
    number: Range | None
    consequences: list[str]
    effects: str | None
    severity: str | None
    taken: tuple[Measure, ...]
    proposed: tuple[Measure, ...]
    risk: str | None
    risk_reason: str | None
    authority: RuledView
    subjects: RuledView
    exemption: str | None
    subjects_told_at: datetime | None
    subjects_told: int | None
    filings: list[FilingView]
    delay_reasons: str | None
    lessons: str | None
    approved_by: str | None


def notice_of(notice: Notice) -> NoticeView:
    """A notice."""
    return NoticeView(
        id=ids.show("ntc", notice.id),
        regime=notice.regime,
        stage=notice.stage,
        rule=notice.rule,
        kind=notice.kind,
        recipient=notice.recipient,
        language=notice.language,
        phase=notice.phase,
        part=notice.part,
        follows=None if notice.follows is None else ids.show("ntc", notice.follows),
        due_at=notice.due_at,
        case_version=notice.case_version,
        sha256=notice.sha256,
        status=notice.status,
        approval_needs=str(approver_of(notice.regime)),
        drafted_at=notice.drafted_at,
        drafted_by=notice.drafted_by,
        approved_at=notice.approved_at,
        approved_by=notice.approved_by,
        approval_reason=notice.approval_reason,
        submitted_at=notice.submitted_at,
        submitted_by=notice.submitted_by,
        channel=notice.channel,
        delay_reasons=notice.delay_reasons,
        received_at=notice.received_at,
        acknowledged_by=notice.acknowledged_by,
        reference=notice.reference,
        responses=[ResponseView(text=one.text, by=one.by, at=one.at) for one in notice.responses],
        withdrawn_at=notice.withdrawn_at,
        withdrawn_by=notice.withdrawn_by,
        withdrawal_reason=notice.withdrawal_reason,
        receipts=[ReceiptView(sha256=one.sha256, name=one.name, by=one.by, at=one.at) for one in notice.receipts],
    )


def detail_of(notice: Notice, missing: tuple[Missing, ...], changes: tuple[Change, ...]) -> NoticeDetail:
    """A notice with its gaps and changes."""
    return NoticeDetail(
        notice=notice_of(notice),
        missing=[gap_of(one) for one in missing],
        changes=[_change(one) for one in changes],
    )


def row_view(row: RegisterRow) -> RegisterView:
    """A row of the register."""
    return RegisterView(
        case=ids.show("brc", row.case_id),
        ref=row.ref,
        title=row.title,
        status=row.status,
        telling=row.telling,
        version=row.version,
        opened_at=row.opened_at,
        occurred_from=row.occurred_from,
        occurred_to=row.occurred_to,
        detected_at=row.detected_at,
        aware_at=row.aware_at,
        time_zone=row.time_zone,
        is_breach=_ruled(row.is_breach),
        types=list(row.types),
        facts=row.facts,
        data=row.data,
        records=row.records,
        persons=row.persons,
        number=row.number,
        consequences=list(row.consequences),
        effects=row.effects,
        severity=row.severity,
        taken=row.taken,
        proposed=row.proposed,
        risk=row.risk,
        risk_reason=row.risk_reason,
        authority=_ruled(row.authority),
        subjects=_ruled(row.subjects),
        exemption=row.exemption,
        subjects_told_at=row.subjects_told_at,
        subjects_told=row.subjects_told,
        filings=[_filing(one) for one in row.filings],
        delay_reasons=row.delay_reasons,
        lessons=row.lessons,
        approved_by=row.approved_by,
    )


def _ruled(ruled: Ruled) -> RuledView:
    return RuledView(answer=ruled.answer, reason=ruled.reason, by=ruled.by, at=ruled.at)


def _filing(filing: Filing) -> FilingView:
    return FilingView(
        notice=ids.show("ntc", filing.notice),
        regime=filing.regime,
        stage=filing.stage,
        phase=filing.phase,
        part=filing.part,
        recipient=filing.recipient,
        submitted_at=filing.submitted_at,
        received_at=filing.received_at,
        reference=filing.reference,
        delay_reasons=filing.delay_reasons,
        sha256=filing.sha256,
        approved_by=filing.approved_by,
    )


def _change(change: Change) -> ChangeView:
    return ChangeView(path=change.path, way=change.way, before=_said(change.before), after=_said(change.after))


def _said(fact: Known[object] | None) -> SaidView | None:
    if fact is None:
        return None
    return SaidView(
        value=msgspec.to_builtins(fact.value), status=fact.status, basis=fact.basis, expected_at=fact.expected_at
    )
