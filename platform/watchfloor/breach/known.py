"""A fact of a breach case: what is known, how well, since when, by whom, and from which record.

Owns the rule that nothing stands in a case without a citation, and nothing under investigation without a day on which
it will be known. A field that nobody filled is absent (`None` in the case) and never an empty value.
"""

from datetime import datetime
from typing import Final, Generic, Literal, TypeAlias, TypeVar

import msgspec

from watchfloor.kernel.errors import Invalid

T = TypeVar("T")

FactStatus: TypeAlias = Literal["known", "estimated", "under_investigation", "not_applicable"]

CitationKind: TypeAlias = Literal["incident", "alert", "timeline", "asset", "event", "document", "person"]

SYSTEM: Final = "system"
"""`by` of a fact that was taken from records and not stated by a person."""

_GIVEN: Final = ("known", "estimated")


class Citation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which record says so.

    `id` is the outside form of the record's id, such as `inc_…`, or of the person's whose statement it is; for a
    document whatever finds it again. `what` says in a few words what stands there; it is untrusted.
    """

    kind: CitationKind
    id: str
    what: str


class Known(msgspec.Struct, Generic[T], frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fact. Raises Invalid when it has no citation, no value, or no day on which it is expected.

    `known` and `estimated` have a value; `under_investigation` may have one and has `expected_at`; `not_applicable` has
    none. `basis` says in a person's words what it rests on: an estimate's method, a decision's reason. `by` is the
    shown id of the person, or "system". Instants are UTC.
    """

    value: T | None = None
    status: FactStatus = "known"
    basis: str = ""
    expected_at: datetime | None = None
    citations: tuple[Citation, ...]
    by: str
    at: datetime

    def __post_init__(self) -> None:
        if not self.citations:
            raise Invalid("A fact needs a citation.", where="citations", remedy="Name the record that says so.")
        if self.status in _GIVEN and self.value is None:
            raise Invalid(f"A fact that is {self.status} needs a value.", where="value")
        if self.status == "not_applicable" and self.value is not None:
            raise Invalid("What does not apply has no value.", where="value")
        if self.status == "under_investigation" and self.expected_at is None:
            raise Invalid(
                "What is under investigation needs the time when it will be known.",
                where="expected_at",
                remedy="Give a day, even a rough one: the notice says it.",
            )
        if self.status in ("estimated", "not_applicable") and not self.basis.strip():
            raise Invalid(f"A fact that is {self.status.replace('_', ' ')} needs a basis.", where="basis")


class Range(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A number that is not known to the unit: from `min` to `max`, open upwards without `max`.

    `exact` says that it was counted, and then both ends are the same.
    """

    min: int
    max: int | None = None
    exact: bool = False

    def __post_init__(self) -> None:
        if self.min < 0 or (self.max is not None and self.max < self.min):
            raise Invalid("A range goes from a number of 0 or more up to one that is not smaller.", where="min")
        if self.exact and self.max != self.min:
            raise Invalid("An exact number has the same `min` and `max`.", where="exact")
