"""Events as windows keep them: whole, in few bytes."""

from datetime import datetime
from typing import Final, cast

import msgspec
import zstandard

from watchfloor.normalise.event import Entity, Event, FieldValue, LogSource, TimeQuality

_COMPRESSION: Final = 1
_MOST_BYTES: Final = 8 * 1024 * 1024


class _Packed(msgspec.Struct, array_like=True):
    key: bytes
    source: str
    logsources: tuple[LogSource, ...]
    time: datetime
    time_quality: TimeQuality
    received_at: datetime
    fields: dict[str, object]
    entities: tuple[Entity, ...]
    summary: str
    raw: bytes
    parser: str


def pack(event: Event) -> bytes:
    """The event, packed."""
    packed = _Packed(**{name: getattr(event, name) for name in Event.__struct_fields__})
    return zstandard.compress(msgspec.msgpack.encode(packed), _COMPRESSION)


def unpack(body: bytes) -> Event:
    """The event of a packed one."""
    packed = msgspec.msgpack.decode(zstandard.ZstdDecompressor().decompress(body, _MOST_BYTES), type=_Packed)
    return Event(
        key=packed.key,
        source=packed.source,
        logsources=packed.logsources,
        time=packed.time,
        time_quality=packed.time_quality,
        received_at=packed.received_at,
        fields=cast("dict[str, FieldValue]", packed.fields),
        entities=packed.entities,
        summary=packed.summary,
        raw=packed.raw,
        parser=packed.parser,
    )
