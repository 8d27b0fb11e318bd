"""What is asked of the lake, and what comes back: the shapes that cross into the process that searches."""

from datetime import datetime
from typing import Literal, TypeAlias

import msgspec

from watchfloor.detect.condition import AllOf, Condition
from watchfloor.normalise.event import EntityKind, LogSource

Order: TypeAlias = Literal["newest", "oldest"]
Include: TypeAlias = Literal["line", "fields", "record"]
"""How much of each event: the line for people; also its fields; also what its source sent."""

Stop: TypeAlias = Literal["complete", "page", "seconds", "rows", "bytes", "cancelled"]
"""Why a search ended: everything was looked at; the page is full; a limit was reached; it was called off."""


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """Which events: those of a log source (of any, when None) that a condition holds for."""

    condition: Condition = AllOf(())
    logsource: LogSource | None = None


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one search may use: seconds, rows looked at, bytes of answer."""

    seconds: float = 30.0
    rows: int = 500_000_000
    bytes: int = 50_000_000


class Place(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """Where an event stands in the order: its time and its key. Pages go on after it."""

    time: datetime
    key: bytes


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A file that may have events of the answer: where it lies and what opens it."""

    path: str
    key: bytes
    has_sightings: bool
    events: int
    first_at: datetime
    last_at: datetime


class Find(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Give the events, in order, at most `most`."""

    most: int = 100
    order: Order = "newest"
    after: Place | None = None
    include: Include = "fields"


class Tally(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Count the events: by the texts of fields, and by spans of `every_seconds` of time, when given."""

    by: tuple[str, ...] = ()
    every_seconds: int | None = None
    most: int = 100


class Indicator(msgspec.Struct, frozen=True, kw_only=True):
    """What a sweep looks for, and its marks in sightings."""

    kind: EntityKind
    value: str
    marks: tuple[int, ...] = ()


class Sweep(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Say which of these indicators were seen, how often, and when first and last."""

    indicators: tuple[Indicator, ...]


Aim: TypeAlias = Find | Tally | Sweep


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """One search of one tenant's files."""

    directory: str
    pieces: tuple[Piece, ...]
    since: datetime
    until: datetime
    query: Query
    aim: Aim
    limits: Limits


class Hit(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """An event of the answer. `fields` and `raw` as the question included them."""

    place: Place
    source: str
    host: str | None
    summary: str
    entities: tuple[tuple[EntityKind, str], ...]
    fields: dict[str, object] | None = None
    raw: bytes | None = None


class Count(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """How many events have these texts (None: no value) in this span of time."""

    values: tuple[str | None, ...]
    since: datetime | None
    events: int


class Seen(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """An indicator that was seen."""

    kind: EntityKind
    value: str
    events: int
    first_at: datetime
    last_at: datetime


class Progress(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """How far it is: rows looked at of those that may have to be, and events found."""

    rows: int
    of_rows: int
    found: int


class End(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The last that comes. `searched_to`: in the asked order, everything up to this time was looked at."""

    stop: Stop
    rows: int
    found: int
    files: int
    seconds: float
    searched_to: datetime | None = None


class Fault(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The search failed: an error's code, message and place."""

    code: str
    message: str
    where: str | None = None
    remedy: str | None = None


Said: TypeAlias = Hit | Count | Seen | Progress | End | Fault
