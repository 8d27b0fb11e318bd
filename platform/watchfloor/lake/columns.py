"""Events as columns, and back: what a file of the lake holds.

Owns the layout. Each field of an event has up to two columns: `s.<name>` with its text where the value is text,
`j.<name>` with its compact JSON where it is anything else, so that nothing is lost of a value and a test on a field
reads that field alone. What every event has stands in columns that begin with `@`. A field that a table has no room for
(an attacker may make up a name for each event) stands in `@more`, a JSON object.
"""

import base64
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, TypeAlias, cast

import msgspec
import pyarrow as pa

from watchfloor.normalise.event import Entity, EntityKind, Event, FieldValue, LogSource, TimeQuality

TEXT: Final = "s."
JSON: Final = "j."
MORE: Final = "@more"
TIME: Final = "@time"
SOURCE: Final = "@source"
LOGSOURCES: Final = "@logsources"
ENTITIES: Final = "@entities"
HOST: Final = "@host"
SUMMARY: Final = "@summary"
RAW: Final = "@raw"
RAW_BASE64: Final = "@raw_base64"
KEY: Final = "@key"
NAMES: Final = "@names"
RECEIVED: Final = "@received"
QUALITY: Final = "@time_quality"
PARSER: Final = "@parser"

FIXED: Final = (
    TIME,
    RECEIVED,
    QUALITY,
    KEY,
    SOURCE,
    LOGSOURCES,
    PARSER,
    HOST,
    ENTITIES,
    SUMMARY,
    NAMES,
    RAW,
    RAW_BASE64,
    MORE,
)

MOST_FIELDS: Final = 600
"""How many fields have columns of their own in one table; the rarest of more stand in `@more`."""

LONGEST_NAME: Final = 200

INSTANT: Final = pa.timestamp("us", tz="UTC")

Texts: TypeAlias = "list[str | None]"

_ENCODER: Final = msgspec.json.Encoder()
_VALUE: Final = msgspec.json.Decoder()
_NAMES: Final = msgspec.json.Decoder(list[str])
_PAIRS: Final = msgspec.json.Decoder(list[tuple[EntityKind, str]])
_SOURCES: Final = msgspec.json.Decoder(list[tuple[str | None, str | None, str | None]])
_OBJECT: Final = msgspec.json.Decoder(dict[str, object])


def to_table(events: Sequence[Event]) -> pa.Table:
    """The events as columns, in their order."""
    texts, values, more = _field_columns(events)
    raws = [_text_of(event.raw) for event in events]
    columns: dict[str, pa.Array] = {
        TIME: pa.array([event.time for event in events], INSTANT),
        RECEIVED: pa.array([event.received_at for event in events], INSTANT),
        KEY: pa.array([event.key for event in events], pa.binary(16)),
        QUALITY: _strings(event.time_quality for event in events),
        SOURCE: _strings(event.source for event in events),
        LOGSOURCES: _strings(_pack_sources(event.logsources) for event in events),
        PARSER: _strings(event.parser for event in events),
        HOST: _strings(_host_of(event) for event in events),
        ENTITIES: _strings(_pack_entities(event.entities) for event in events),
        SUMMARY: _strings(event.summary for event in events),
        NAMES: _strings(_pack(list(event.fields)) for event in events),
        RAW: _strings(raws),
        RAW_BASE64: _strings(
            base64.b64encode(event.raw).decode("ascii") if raw is None else None
            for event, raw in zip(events, raws, strict=True)
        ),
        MORE: _strings(more),
    }
    columns |= {TEXT + name: pa.array(column, pa.string()) for name, column in sorted(texts.items())}
    columns |= {JSON + name: pa.array(column, pa.string()) for name, column in sorted(values.items())}
    return pa.table(columns)


def to_events(table: pa.Table) -> list[Event]:
    """The events of a table that has all its columns."""
    columns = {name: table.column(name).to_pylist() for name in table.column_names}
    return [_event(columns, row) for row in range(table.num_rows)]


def bounded(table: pa.Table) -> pa.Table:
    """The same events with no more columns than `MOST_FIELDS` allows: for tables put together of several."""
    fields = {name[len(TEXT) :] for name in table.column_names if not name.startswith("@")}
    return table if len(fields) <= MOST_FIELDS else to_table(to_events(table))


def field_name(column: str) -> str | None:
    """The field that a column holds values of; None for a column that every event has."""
    return None if column.startswith("@") else column[len(TEXT) :]


def entity_text(entity: Entity) -> str:
    """How an entity is written in `@entities`: this text stands there exactly if the event has it."""
    return _pack([entity.kind, entity.value])


def covered_by(text: str) -> tuple[LogSource, ...]:
    """The log sources that a text of `@logsources` says."""
    return tuple(LogSource(*parts) for parts in _SOURCES.decode(text))


def entities_of(text: str) -> tuple[Entity, ...]:
    """The entities that a text of `@entities` says."""
    return tuple(Entity(kind=kind, value=value) for kind, value in _PAIRS.decode(text))


def value_of(text: str) -> FieldValue:
    """The value that a text of a `j.` column says."""
    return cast("FieldValue", _VALUE.decode(text))


def names_of(text: str) -> list[str]:
    """The names of fields, in their order, that a text of `@names` says."""
    return _NAMES.decode(text)


def object_of(text: str) -> dict[str, FieldValue]:
    """The fields that a text of `@more` says."""
    return cast("dict[str, FieldValue]", _OBJECT.decode(text))


def _field_columns(events: Sequence[Event]) -> tuple[dict[str, Texts], dict[str, Texts], Texts]:
    count = len(events)
    texts: dict[str, Texts] = {}
    values: dict[str, Texts] = {}
    more: Texts = [None] * count
    homeless = _without_column(events)
    for row, event in enumerate(events):
        rest: dict[str, FieldValue] = {}
        for name, value in event.fields.items():
            if homeless and name in homeless:
                rest[name] = value
                continue
            if isinstance(value, str):
                columns, text = texts, value
            else:
                columns, text = values, _pack(value)
            column = columns.get(name)
            if column is None:
                column = columns[name] = [None] * count
            column[row] = text
        if rest:
            more[row] = _pack(rest)
    return texts, values, more


def _without_column(events: Sequence[Event]) -> frozenset[str]:
    """The names that get no column: such as are too long, and the rarest ones beyond `MOST_FIELDS`."""
    names = Counter(name for event in events for name in event.fields)
    long = {name for name in names if len(name) > LONGEST_NAME}
    if len(names) - len(long) <= MOST_FIELDS:
        return frozenset(long)
    by_use = sorted(names.keys() - long, key=lambda name: (-names[name], name))
    return frozenset([*long, *by_use[MOST_FIELDS:]])


def _event(columns: dict[str, list[object]], row: int) -> Event:
    def text(name: str) -> str:
        return cast("str", columns[name][row])

    rest = columns[MORE][row]
    fields = object_of(cast("str", rest)) if rest is not None else {}
    names = names_of(text(NAMES))
    for name in names:
        if name not in fields:
            fields[name] = _value(columns, name, row)
    encoded = columns[RAW_BASE64][row]
    return Event(
        key=cast("bytes", columns[KEY][row]),
        source=text(SOURCE),
        logsources=covered_by(text(LOGSOURCES)),
        time=cast("datetime", columns[TIME][row]),
        time_quality=cast("TimeQuality", text(QUALITY)),
        received_at=cast("datetime", columns[RECEIVED][row]),
        fields={name: fields[name] for name in names},
        entities=entities_of(text(ENTITIES)),
        summary=text(SUMMARY),
        raw=text(RAW).encode() if encoded is None else base64.b64decode(cast("str", encoded)),
        parser=text(PARSER),
    )


def _value(columns: dict[str, list[object]], name: str, row: int) -> FieldValue:
    column = columns.get(TEXT + name)
    if column is not None and column[row] is not None:
        return cast("str", column[row])
    return value_of(cast("str", columns[JSON + name][row]))


def _text_of(raw: bytes) -> str | None:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _host_of(event: Event) -> str | None:
    return next((entity.value for entity in event.entities if entity.kind == "host"), None)


def _strings(texts: Iterable[str | None]) -> pa.Array:
    return pa.array(texts, pa.string())


def _pack(value: object) -> str:
    return _ENCODER.encode(value).decode("utf-8")


def _pack_entities(entities: tuple[Entity, ...]) -> str:
    return f"[{','.join(entity_text(entity) for entity in entities)}]"


def _pack_sources(sources: tuple[LogSource, ...]) -> str:
    return _pack([(one.product, one.category, one.service) for one in sources])
