"""What grows beside the facts of a breach case: decisions, approvals, contacts, evidence, the time line.

Owns their shape. Each names its person or its source; entries are added and never changed.
"""

from datetime import datetime
from typing import Literal, TypeAlias

from watchfloor.breach.known import Citation
from watchfloor.breach.values import Frozen

ApprovalRole: TypeAlias = Literal["analyst", "soc_lead", "dpo_mssp", "dpo_tenant", "counsel"]
DecisionKind: TypeAlias = Literal[
    "awareness", "breach", "risk", "art33", "art34", "regime", "moment", "statement", "classification", "severity"
]


class Evidence(Frozen, frozen=True, kw_only=True):
    """A thing kept as evidence. `custody` says who had it when, in order."""

    id: str
    what: str
    sha256: str
    collected_at: datetime
    by: str
    custody: tuple[str, ...] = ()
    citations: tuple[Citation, ...]


class TimelineItem(Frozen, frozen=True, kw_only=True):
    """Something that happened, with the record that says so."""

    utc: datetime
    source: Citation
    actor: str
    text: str
    code: str | None = None
    """What kind of thing it was, for documents in other languages: a kind of the incident's timeline, or `first_event`,
    `first_alert`, `controller_notified` and the like."""
    confirmed: bool
    visible_to_controller: bool


class ContactEntry(Frozen, frozen=True, kw_only=True):
    """Somebody spoke to somebody: an authority, the controller, the press."""

    at: datetime
    party: str
    channel: str
    text: str
    by: str


class Decision(Frozen, frozen=True, kw_only=True):
    """A person's decision. All of them stay, in their order; the field at `path` has the one that counts."""

    id: str
    kind: DecisionKind
    path: str
    outcome: str
    """The value in short, as `watchfloor breach show` writes it."""
    reason: str
    by: str
    at: datetime


class Approval(Frozen, frozen=True, kw_only=True):
    """A person's yes or no to the case as it stood at a version."""

    role: ApprovalRole
    decision: Literal["approved", "declined"]
    reason: str
    by: str
    at: datetime
    version: int
