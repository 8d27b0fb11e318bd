"""A figure that was read, with the records that it counts. Owns what a record shows outside: ids, never free text."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

from watchfloor.measures.basis import Basis

RecordKind: TypeAlias = Literal[
    "feed_hour", "feed", "alarm", "alert", "incident", "action", "exception", "audit_entry", "technique", "notice"
]


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One of the records behind a figure. `label` is a reference, name or code; `quantity` what it adds, if not one.

    `quantity` is in the figure's unit: events, seconds. In a share a record counts for the part when `counts` is true.
    """

    kind: RecordKind
    id: str
    at: datetime
    label: str
    quantity: float = 1
    counts: bool = True


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What one measure came to. `records` lists what it counts, when somebody asks."""

    measure: str
    basis: Basis
    records: Callable[[], Sequence[Record]]


def reading(measure: str, basis: Basis, records: Iterable[Record] = ()) -> Reading:
    """A figure with records that are at hand."""
    kept = tuple(records)
    return Reading(measure=measure, basis=basis, records=lambda: kept)
