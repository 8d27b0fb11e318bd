"""A notice: a version of a case for one recipient and one stage of a duty, and what became of it.

Owns its shape, which document a stage is written on, who approves it, and which notices stop a clock. Words of people
in it are untrusted. Nothing here sends anything: a notice is sent when a person says so.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final, Literal, TypeAlias
from uuid import UUID

import msgspec

from watchfloor.access.roles import Permission
from watchfloor.breach.missing import Phase
from watchfloor.breach.rules.forms import DocumentKind
from watchfloor.breach.rules.library import shipped
from watchfloor.breach.rules.regime import Actor, Recipient
from watchfloor.kernel.ids import CaseId, NoticeId

NoticeKind: TypeAlias = DocumentKind | Literal["other"]
"""The document. `other`: a duty for which there is a clock and a record, and no document of ours."""

NoticeStatus: TypeAlias = Literal["draft", "approved", "sent", "acknowledged", "withdrawn"]
StepName: TypeAlias = Literal["approved", "sent", "acknowledged", "answered", "withdrawn"]

FROZEN: Final[frozenset[NoticeStatus]] = frozenset({"sent", "acknowledged"})
"""A notice that is out."""

_KINDS: Final[Mapping[Recipient, NoticeKind]] = {
    "controller": "breach_notice",
    "covered_entity": "breach_notice",
    "supervisory_authority": "breach_notification",
    "data_subjects": "subject_letter",
    "financial_supervisor": "dora",
}
_NIS2: Final = frozenset({"nis2", "nis2-mssp"})
_OWN_DUTIES: Final[frozenset[Actor]] = frozenset({"processor", "provider", "business_associate"})
"""Whose duty is the MSSP's own: its lead answers for it."""

_SAME_NOTICE: Final[Mapping[str, str]] = {
    "gdpr-controller": "contract-controller",
    "contract-controller": "gdpr-controller",
}
"""The law and the contract ask for one and the same notice: it counts for both."""


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """What the recipient answered."""

    text: str
    by: str
    at: datetime


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """A file that came back."""

    id: UUID
    name: str
    sha256: str
    by: str
    at: datetime


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One notice. The version of the case that it holds is read apart (`keeping.snapshot`).

    `sha256` is that of the version's JSON, `rule` the row of the law that set `due_at`. `recipient` is the code of a
    supervisory authority, or the rules' own word for who is told. `part` counts the supplementary ones; `follows` is
    the one that went out before. `by` and the like are shown ids.
    """

    id: NoticeId
    case_id: CaseId
    regime: str
    stage: str
    rule: str | None
    kind: NoticeKind
    recipient: str
    language: str
    phase: Phase
    part: int
    follows: NoticeId | None
    due_at: datetime | None
    case_version: int
    sha256: str
    status: NoticeStatus = "draft"
    drafted_at: datetime
    drafted_by: str
    approved_at: datetime | None = None
    approved_by: str | None = None
    approval_reason: str | None = None
    submitted_at: datetime | None = None
    submitted_by: str | None = None
    channel: str | None = None
    delay_reasons: str | None = None
    received_at: datetime | None = None
    acknowledged_by: str | None = None
    reference: str | None = None
    responses: tuple[Response, ...] = ()
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None
    withdrawal_reason: str | None = None
    receipts: tuple[Receipt, ...] = ()

    @property
    def is_out(self) -> bool:
        """Whether it was sent and stands."""
        return self.status in FROZEN


def kind_of(regime: str, recipient: Recipient) -> NoticeKind:
    """The document of a stage, by whom it goes to."""
    if recipient == "csirt" and regime in _NIS2:
        return "nis2"
    return _KINDS.get(recipient, "other")


def approver_of(regime: str) -> Permission:
    """The permission that approves a notice: the controller's privacy officer, or a lead for what the MSSP owes."""
    is_own = shipped().find(regime).actor in _OWN_DUTIES
    return Permission.BREACH_NOTIFY if is_own else Permission.BREACH_DECIDE


def filings(notices: Iterable[Notice]) -> Iterator[Notice]:
    """The notices as clocks count them: what went out and is no withdrawal, for every duty that it meets."""
    for notice in notices:
        if not notice.is_out or notice.phase == "withdrawal":
            continue
        yield notice
        twin = _SAME_NOTICE.get(notice.regime)
        if twin is not None:
            yield msgspec.structs.replace(notice, regime=twin)
