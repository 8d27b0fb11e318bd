"""The facts of an assurance report (R10): what the provider did with this customer's data, and how that is known.

Owns their shape. Every row is of this tenant; what nobody recorded has no row. What was not checked, or not entered by
the provider, is None, and never an empty list.
"""

from datetime import date
from typing import Literal, TypeAlias

from reports.documents.service.facts import Days, Number, Outage
from reports.facts import Count, Digest, Facts, Figure, Instant, ReportFacts, Side

Decision: TypeAlias = Literal["customer", "two_persons", "analysts", "preapproved"]
Ended: TypeAlias = Literal["done", "failed", "declined", "expired", "withdrawn"]
Position: TypeAlias = Literal[
    "viewer", "approver", "admin", "privacy_officer", "analyst", "lead", "content_engineer", "platform_admin"
]
Area: TypeAlias = Literal["incidents", "breaches", "events", "machines", "rules", "reports", "people", "other"]
ChangeKind: TypeAlias = Literal["role_given", "role_ended", "role_expired", "key_made", "key_renewed", "key_revoked"]
Addressee: TypeAlias = Literal["customer", "authority"]


class Acts(Facts, frozen=True):
    """How often somebody looked, took a copy out, and changed something; between which entries of the audit chain."""

    reads: Count
    exports: Count
    changes: Count
    first_entry: Count
    last_entry: Count

    @property
    def number(self) -> int:
        """All of them."""
        return self.reads + self.exports + self.changes


class Access(Facts, frozen=True):
    """A day on which a person of the provider, or a key of theirs, acted. `person` is who stands behind a key.

    `incidents` are the references of those worked on that day; a reason may be another thing, such as an alert.
    """

    actor: str
    person: str
    name: str
    is_key: bool
    day: date
    roles: tuple[Position, ...]
    has_reason: bool
    incidents: tuple[str, ...]
    acts: Acts


class Touch(Facts, frozen=True):
    """What somebody did in one area of the data."""

    actor: str
    name: str
    is_key: bool
    area: Area
    acts: Acts


class Hand(Facts, frozen=True):
    """A day's acts of one kind from the command line of the servers: an account of a machine, and no person."""

    day: date
    account: str
    action: str
    area: Area
    is_export: bool
    number: Count
    first_entry: Count
    last_entry: Count


class Membership(Facts, frozen=True):
    """A role that a person of the provider holds in this tenant now. `granted_by` is None when no person is named."""

    name: str
    role: Position
    granted_at: Instant
    granted_by: str | None
    expires_at: Instant | None


class Change(Facts, frozen=True):
    """A role or a key of one of the provider's people that came or went in the period.

    `entry` is None for a role that ended by its date: nobody acted.
    """

    at: Instant
    entry: Count | None
    kind: ChangeKind
    subject: str
    role: Position | None
    by: str


class Key(Facts, frozen=True):
    """An API key to this tenant that a person of the provider made and that was not ended."""

    id: str
    name: str
    owner: str
    scopes: tuple[str, ...]
    expires_at: Instant
    last_used_at: Instant | None
    owner_has_role: bool


class Vote(Facts, frozen=True):
    """Who agreed to an action, or refused it."""

    name: str
    side: Side
    is_approval: bool


class Decided(Facts, frozen=True):
    """A response action that ended in the period, and who decided on it. `text` of it stays with the incident."""

    ended_at: Instant
    incident: str
    action: str
    decision: Decision
    state: Ended
    votes: tuple[Vote, ...]


class BreachNotice(Facts, frozen=True):
    """A notice of a breach: from the provider as processor to the customer, or of its own duty to the authority."""

    id: str
    to: Addressee
    drafted_at: Instant
    sent_at: Instant | None


class Delivered(Facts, frozen=True):
    """A report that was made in the period, and the hash of its file."""

    id: str
    kind: str
    ready_at: Instant
    sha256: Digest


class Chain(Facts, frozen=True):
    """What verifying the whole audit chain of this tenant gave, when the data was read."""

    entries: Count
    heads: Count
    copied_heads: Count
    signed_to: Count
    faults: Count


class Restricted(Facts, frozen=True):
    """Incidents that only named people see in the chat, and how many people are named."""

    incidents: Count
    people: Count


class Processor(Facts, frozen=True):
    """Another company that processes the customer's data for the provider. `until` is the last day, if one is set."""

    name: str
    purpose: str
    data: str
    place: str
    since: date
    until: date | None
    safeguard: str


class Kept(Facts, frozen=True):
    """Where which data is kept, and by whom."""

    what: str
    place: str
    by: str


class OwnIncident(Facts, frozen=True):
    """An incident of the provider's own that touched this customer."""

    began: date
    ended: date | None
    what: str
    effect: str


class Entered(Facts, frozen=True):
    """What the provider entered about itself, as of a day. A part that it did not enter is None."""

    as_of: date
    processors: tuple[Processor, ...] | None
    kept: tuple[Kept, ...] | None
    incidents: tuple[OwnIncident, ...] | None


class Figures(Facts, frozen=True):
    """The counts of the first page: each is that of its rows."""

    people_acting: Figure
    access_days: Figure
    access_with_reason: Figure
    exports: Figure
    acts_by_hand: Figure
    actions_done: Figure
    actions_by_customer: Figure
    notices_sent: Figure


class AssuranceReport(ReportFacts, frozen=True, kw_only=True, tag_field="report", tag="assurance"):
    """All that an assurance report says. `chain` is None when it was not verified, `entered` when nothing was."""

    period: Days
    figures: Figures
    accesses: tuple[Access, ...]
    touches: tuple[Touch, ...]
    hands: tuple[Hand, ...]
    memberships: tuple[Membership, ...]
    changes: tuple[Change, ...]
    customers_changes: Count
    """Changes of roles and keys of the customer's own people: counted, not listed."""
    keys: tuple[Key, ...]
    decided: tuple[Decided, ...]
    restricted: Restricted
    numbers: tuple[Number, ...]
    outages: tuple[Outage, ...]
    notices: tuple[BreachNotice, ...]
    delivered: tuple[Delivered, ...]
    entered: Entered | None = None
    chain: Chain | None = None

    def number(self, measure: str) -> Number | None:
        """The figure of a measure."""
        return next((one for one in self.numbers if one.id == measure), None)
