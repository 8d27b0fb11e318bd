"""What the API says of a search: events, counts, indicators that were seen, and what was looked at."""

from datetime import datetime

import msgspec

from watchfloor.normalise.event import EntityKind
from watchfloor.search.question import Count, End, Hit, Progress, Said, Seen, Stop


class EventEntity(msgspec.Struct, frozen=True, kw_only=True):
    """A thing in an event."""

    kind: EntityKind
    value: str


class EventFound(msgspec.Struct, frozen=True, kw_only=True):
    """An event. `fields` and `raw` (Base64) as `include` says."""

    time: datetime
    key: str
    source: str
    host: str | None
    summary: str
    entities: list[EventEntity]
    fields: dict[str, object] | None
    raw: bytes | None


class EventCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many events have these texts (null: no value) in the span of time that begins at `since`."""

    values: tuple[str | None, ...]
    since: datetime | None
    events: int


class IndicatorSeen(msgspec.Struct, frozen=True, kw_only=True):
    """An indicator that was seen: in how many events, first and last."""

    kind: EntityKind
    value: str
    events: int
    first_at: datetime
    last_at: datetime


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked at. `stopped` other than `complete` or `page`: there may be more, as a limit was reached."""

    stopped: Stop
    events: int
    files: int
    found: int
    seconds: float


class SearchFound(msgspec.Struct, frozen=True, kw_only=True):
    """The answer. `next_cursor` is null on the last page, and where a limit ended the search."""

    events: list[EventFound]
    counts: list[EventCount]
    looked: Looked
    next_cursor: str | None


class SweepFound(msgspec.Struct, frozen=True, kw_only=True):
    """The indicators that were seen. `unknown` are those that name nothing that events are kept under."""

    seen: list[IndicatorSeen]
    unknown: list[str]
    looked: Looked


def name_of(said: Said) -> str:
    """What a line of a stream calls it."""
    match said:
        case Hit():
            return "event"
        case Count():
            return "count"
        case Seen():
            return "seen"
        case Progress():
            return "progress"
        case _:
            return "looked"


def view_of(said: Said) -> object:
    """What a line of a stream says of it."""
    match said:
        case Hit():
            return event_view(said)
        case Count():
            return count_view(said)
        case Seen():
            return seen_view(said)
        case End():
            return looked_view(said)
        case _:
            return {name: getattr(said, name) for name in said.__struct_fields__}


def end_of(said: list[Said]) -> End:
    """How a search ended."""
    return next(one for one in reversed(said) if isinstance(one, End))


def event_view(hit: Hit) -> EventFound:
    """An event."""
    return EventFound(
        time=hit.place.time,
        key=hit.place.key.hex(),
        source=hit.source,
        host=hit.host,
        summary=hit.summary,
        entities=[EventEntity(kind=kind, value=value) for kind, value in hit.entities],
        fields=hit.fields,
        raw=hit.raw,
    )


def count_view(count: Count) -> EventCount:
    """A count."""
    return EventCount(values=count.values, since=count.since, events=count.events)


def seen_view(seen: Seen) -> IndicatorSeen:
    """An indicator that was seen."""
    return IndicatorSeen(
        kind=seen.kind, value=seen.value, events=seen.events, first_at=seen.first_at, last_at=seen.last_at
    )


def looked_view(end: End) -> Looked:
    """What was looked at."""
    return Looked(stopped=end.stop, events=end.rows, files=end.files, found=end.found, seconds=end.seconds)
