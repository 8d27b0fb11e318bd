"""Finds the parser of a raw event and makes the `Event`. The one way in to this package.

A feed's `source_hint` and HEC's `sourcetype` say what should come; the content decides. Text or JSON that no parser
knows is kept as "unparsed"; only poison is refused (`ParseFailed`): too big, too deep, too many keys, empty, or no
JSON where JSON is promised.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from watchfloor.kernel.ids import BatchId, FeedId
from watchfloor.normalise.body import check_size, clean_text, looks_like_object, read_object, read_text
from watchfloor.normalise.cloudtrail import is_cloudtrail, parse_cloudtrail, unwrap
from watchfloor.normalise.event import Event, FieldValue
from watchfloor.normalise.failure import ParseFailed
from watchfloor.normalise.identity import key_by_place, key_by_vendor
from watchfloor.normalise.parsed import Parsed, one_line
from watchfloor.normalise.raw import RawEvent
from watchfloor.normalise.timestamps import choose_time
from watchfloor.normalise.unparsed import parse_object, parse_text
from watchfloor.normalise.windows.parser import parse_windows
from watchfloor.normalise.windows.shapes import flatten

SOURCE_HINTS: Final = frozenset({"windows", "aws.cloudtrail", "json", "text"})
"""What a feed may say of its content. Another word is as good as none."""

_JSON_HINTS: Final = frozenset({"windows", "aws.cloudtrail", "json"})
_JSON_SOURCETYPES: Final = frozenset({"_json", "json", "json_no_timestamp", "aws:cloudtrail"})

Parser = Callable[[dict[str, FieldValue]], Parsed | None]


def normalise(
    raw: RawEvent,
    *,
    feed_id: FeedId,
    batch_id: BatchId,
    index: int,
    source_hint: str | None,
    received_at: datetime,
) -> Event:
    """One raw event as an `Event`.

    `index` is the event's place in its batch (0-based), `received_at` the time of the batch's receipt with a zone.
    Raises ParseFailed for poison.
    """
    parsed = _parse(raw, source_hint)
    received = received_at.astimezone(UTC)
    own = parsed.time if parsed.time is not None else _zoned(raw.time)
    time, quality = choose_time(own, received_at=received)
    key = key_by_place(batch_id, index) if parsed.identity is None else key_by_vendor(feed_id, parsed.identity)
    return Event(
        key=key,
        source=parsed.source,
        logsources=parsed.logsources,
        time=time,
        time_quality=quality,
        received_at=received,
        fields=_with_metadata(parsed.fields, raw),
        entities=parsed.entities,
        summary=one_line(parsed.summary),
        raw=raw.body,
        parser=parsed.parser,
    )


def _parse(raw: RawEvent, source_hint: str | None) -> Parsed:
    check_size(raw.body)
    if source_hint == "text":
        return parse_text(read_text(raw.body))
    promised = source_hint in _JSON_HINTS or (raw.sourcetype or "").lower() in _JSON_SOURCETYPES
    if not promised and not looks_like_object(raw.body):
        return parse_text(read_text(raw.body))
    try:
        fields = read_object(raw.body)
    except ParseFailed as failure:
        if promised or failure.reason in {"too_deep", "too_many_keys"}:
            raise
        return parse_text(read_text(raw.body))
    return _parse_object(fields)


def _parse_object(fields: dict[str, FieldValue]) -> Parsed:
    for parser in _PARSERS:
        parsed = parser(fields)
        if parsed is not None:
            return parsed
    return parse_object(fields)


def _cloudtrail(fields: dict[str, FieldValue]) -> Parsed | None:
    record = unwrap(fields)
    return parse_cloudtrail(record) if is_cloudtrail(record) else None


def _windows(fields: dict[str, FieldValue]) -> Parsed | None:
    flat = flatten(fields)
    return parse_windows(flat) if flat is not None else None


_PARSERS: Final[tuple[Parser, ...]] = (_windows, _cloudtrail)


def _zoned(time: datetime | None) -> datetime | None:
    if time is None:
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def _with_metadata(fields: dict[str, FieldValue], raw: RawEvent) -> dict[str, FieldValue]:
    """The event's fields, and the door's where the event has none of that name."""
    for name, value in raw.fields.items():
        fields.setdefault(clean_text(name), clean_text(value))
    return fields
