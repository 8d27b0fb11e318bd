"""An entry: a number, a day or a deed that a person states as evidence, and for which days it holds."""

from datetime import date, datetime
from typing import NewType
from uuid import UUID

import msgspec

EntryId = NewType("EntryId", UUID)


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """The file that was given with an entry. `sha256` is of its content."""

    name: str
    sha256: bytes
    path: str


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What was entered. It holds until before `until`; `by` is the shown id of who entered it.

    A share has `numerator` and `denominator`, any other number `value`, an age `happened_on`; what was done for an
    incident or a month has none of them. `withdrawn_at` says that it counts no more.
    """

    id: EntryId
    kind: str
    metric: str
    value: float | None
    numerator: int | None
    denominator: int | None
    happened_on: date | None
    incident_id: UUID | None
    first: date
    until: date
    note: str
    document: Document | None
    by: str
    at: datetime
    withdrawn_by: str | None
    withdrawn_at: datetime | None
