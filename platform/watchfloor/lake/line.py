"""An event as one line of a segment, and back.

Owns the form: a JSON object with the event's parts; what the source sent stands as text when it is UTF-8, which
compresses far better than base64, and as base64 when it is not. A line holds everything, so an event is read back as
it was written.
"""

import base64
from datetime import datetime
from typing import Final, cast

import msgspec

from watchfloor.normalise.event import Entity, EntityKind, Event, FieldValue, LogSource, TimeQuality


class _Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    key: str
    source: str
    logsources: list[tuple[str | None, str | None, str | None]]
    time: datetime
    time_quality: TimeQuality
    received_at: datetime
    fields: dict[str, object]
    entities: list[tuple[EntityKind, str]]
    summary: str
    parser: str
    raw: str = ""
    raw_base64: str = ""


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(_Line)


def write_lines(events: list[Event]) -> bytes:
    """The events, one a line."""
    return _ENCODER.encode_lines([_line(event) for event in events])


def read_lines(text: bytes) -> list[Event]:
    """The events of `write_lines`. Raises msgspec.DecodeError for anything else."""
    return [_event(line) for line in _DECODER.decode_lines(text)]


def _line(event: Event) -> _Line:
    try:
        raw, raw_base64 = event.raw.decode("utf-8"), ""
    except UnicodeDecodeError:
        raw, raw_base64 = "", base64.b64encode(event.raw).decode("ascii")
    return _Line(
        key=event.key.hex(),
        source=event.source,
        logsources=[(part.product, part.category, part.service) for part in event.logsources],
        time=event.time,
        time_quality=event.time_quality,
        received_at=event.received_at,
        fields=cast("dict[str, object]", event.fields),
        entities=[(entity.kind, entity.value) for entity in event.entities],
        summary=event.summary,
        parser=event.parser,
        raw=raw,
        raw_base64=raw_base64,
    )


def _event(line: _Line) -> Event:
    return Event(
        key=bytes.fromhex(line.key),
        source=line.source,
        logsources=tuple(
            LogSource(product=product, category=category, service=service)
            for product, category, service in line.logsources
        ),
        time=line.time,
        time_quality=line.time_quality,
        received_at=line.received_at,
        fields=cast("dict[str, FieldValue]", line.fields),
        entities=tuple(Entity(kind=kind, value=value) for kind, value in line.entities),
        summary=line.summary,
        raw=base64.b64decode(line.raw_base64) if line.raw_base64 else line.raw.encode("utf-8"),
        parser=line.parser,
    )
