"""The values that a breach case is made of: contacts, systems, kinds of data and persons, measures, and their codes.

Owns their shape; which of them stands where is the case's matter (`case`). Words in them are untrusted.
"""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias

import msgspec

from watchfloor.breach.rules.codes import DataCode, PersonCode

Instant: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]
"""An instant that has its offset from UTC."""

OnBehalf: TypeAlias = Literal["controller", "processor_for_controller", "representative", "counsel"]
Precision: TypeAlias = Literal["minute", "hour", "day", "month", "unknown"]
Likelihood: TypeAlias = Literal["very_likely", "likely", "neutral", "unlikely", "very_unlikely"]
RiskLevel: TypeAlias = Literal["unlikely", "risk", "high"]
Impact: TypeAlias = Literal["high", "medium", "low", "none"]
Recovery: TypeAlias = Literal["regular", "supplemented", "extended", "not_recoverable", "done"]
Backups: TypeAlias = Literal["complete", "partial", "none"]
MeasureState: TypeAlias = Literal["in_place", "done", "in_progress", "planned", "dropped"]
Exemption: TypeAlias = Literal["a", "b", "c"]
"""Why the persons need not be told: data unintelligible, high risk removed since, disproportionate effort."""


class Frozen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of everything in a case."""


class Contact(Frozen, frozen=True, kw_only=True):
    """Somebody to speak to."""

    name: str
    role: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None


class Establishment(Frozen, frozen=True, kw_only=True):
    """A seat of the controller; `country` by ISO 3166-1."""

    country: str
    name: str
    address: str | None = None


class Party(Frozen, frozen=True, kw_only=True):
    """Another organisation: a sub-processor, a joint controller."""

    name: str
    part: str | None = None
    """What it does in the processing."""
    country: str | None = None
    contact: Contact | None = None


class System(Frozen, frozen=True, kw_only=True):
    """A system that is hit. `role` says what it is for."""

    name: str
    kind: str | None = None
    role: str | None = None
    criticality: str | None = None


class Account(Frozen, frozen=True, kw_only=True):
    """An account that is hit. Documents count accounts and do not print them."""

    name: str
    kind: str | None = None


class Indicator(Frozen, frozen=True, kw_only=True):
    """A sign of the attack that others may look for."""

    kind: str
    value: str


class DataCategory(Frozen, frozen=True, kw_only=True):
    """A kind of data that is hit, and what makes it weigh."""

    code: DataCode
    art9: bool = False
    art10: bool = False
    credential: bool = False
    financial: bool = False
    id_document: bool = False
    minors: bool = False
    note: str | None = None


class Unintelligible(Frozen, frozen=True, kw_only=True):
    """Whether the data are unreadable to whoever has them."""

    applied: bool
    algorithm_note: str | None = None
    key_safe: bool | None = None
    all_data: bool | None = None


class SubjectCategory(Frozen, frozen=True, kw_only=True):
    """A kind of persons."""

    code: PersonCode
    vulnerable: bool = False
    note: str | None = None


class CountryCount(Frozen, frozen=True, kw_only=True):
    """How many of the persons live in a country (ISO 3166-1)."""

    cc: str
    min: int
    max: int | None = None


class Art33Decision(Frozen, frozen=True, kw_only=True):
    """Whether the authority is told, by a person of the controller."""

    notify: bool
    reason: str
    by: str
    at: datetime


class Art34Decision(Frozen, frozen=True, kw_only=True):
    """Whether the persons are told, by a person of the controller; `exemption` when one of Art. 34(3) is the reason."""

    notify: bool
    exemption: Exemption | None = None
    reason: str
    by: str
    at: datetime


class Measure(Frozen, frozen=True, kw_only=True):
    """Something done, or to be done."""

    text: str
    owner: str | None = None
    state: MeasureState
    due: Instant | None = None
    done_at: Instant | None = None
    evidence_ids: tuple[str, ...] = ()
