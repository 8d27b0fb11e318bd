"""What the facts of every document have: who hands it over to whom, when, and where its numbers come from.

Owns the base of all facts; a document adds its own in `reports/documents/<kind>/facts.py`, and a collector fills them.

Invariants: every number names the query it came from (`source`, an id in `provenance`); every instant has a zone; free
text is what a named person wrote or what an event held, and is never trusted (O1, O3).
"""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias

import msgspec

Instant: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]
Digest: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
Colour: TypeAlias = Annotated[str, msgspec.Meta(pattern="^#[0-9a-f]{6}$")]
Handling: TypeAlias = Literal["TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED"]
Side: TypeAlias = Literal["provider", "customer", "system"]
Severity: TypeAlias = Literal["informational", "low", "medium", "high", "critical"]


class Facts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all parts: immutable, by keyword, nothing unknown."""


class Actor(Facts, frozen=True):
    """Who did something. `name` is shown to the customer."""

    side: Side
    name: str


class Look(Facts, frozen=True):
    """How the document is dressed: as it was when its data was read, so that it never changes afterwards.

    `headings` and `lines` are colours. `logo` is a PNG or JPEG, and `logo_name` what it says to those who do not see
    it. `sender` is who signs as sender in the head and the foot, `address` whose mails are, `contact` where questions
    go. What is missing is Watchfloor's plain look.
    """

    headings: Colour | None = None
    lines: Colour | None = None
    logo: bytes | None = None
    logo_name: str = ""
    sender: str | None = None
    address: str | None = None
    contact: str | None = None


class Provider(Facts, frozen=True):
    """The MSSP that hands the report over, and how it is dressed."""

    name: str
    contact: str
    look: Look | None = None


class Customer(Facts, frozen=True):
    """The tenant that the report is for. `language` and `time_zone` decide how it is written."""

    id: str
    name: str
    language: str
    time_zone: str


class Figure(Facts, frozen=True):
    """A counted number, and the id of the provenance entry that tells how it was counted."""

    value: Count
    source: str


class Provenance(Facts, frozen=True):
    """Where a number comes from: the query's name, when it ran, and the records that it counted."""

    id: Annotated[str, msgspec.Meta(pattern="^[A-Z][0-9]{1,3}$")]
    query: str
    taken_at: Instant
    records: tuple[str, ...]
    total_records: Count


class AuditHead(Facts, frozen=True):
    """The newest signed head of the tenant's audit chain (A3). Entries may be newer: heads follow by the minute."""

    seq: Count
    hash: Digest
    signed_at: Instant
    key_id: str


class ReportFacts(Facts, frozen=True, kw_only=True):
    """What every document says of itself.

    `revision` counts the reports of this kind, subject and language. `audit_entries` is the length of the tenant's
    audit chain when the data was read; `audit_head` is missing when nothing was signed yet.
    """

    id: str
    revision: Annotated[int, msgspec.Meta(ge=1)]
    handling: Handling
    generated_at: Instant
    provider: Provider
    customer: Customer
    provenance: tuple[Provenance, ...] = ()
    audit_head: AuditHead | None = None
    audit_entries: Count = 0
