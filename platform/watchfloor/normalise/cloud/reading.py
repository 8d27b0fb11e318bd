"""How the parsers of this package read nested JSON: first of several names, objects in lists, JSON inside of text.

Owns the bounds of these walks. It knows no source.
"""

from collections.abc import Iterator
from typing import Final

from watchfloor.normalise.body import read_embedded
from watchfloor.normalise.event import FieldValue
from watchfloor.normalise.parsed import as_text

MOST_OBJECTS: Final = 200


def objects(value: FieldValue) -> Iterator[dict[str, FieldValue]]:
    """The objects in a list, at most `MOST_OBJECTS`; an object stands for a list of one."""
    items = value if isinstance(value, list) else [value]
    for item in items[:MOST_OBJECTS]:
        if isinstance(item, dict):
            yield item


def texts(value: FieldValue) -> list[str]:
    """The scalars in a list as text, at most `MOST_OBJECTS`, without empty ones; a scalar stands for a list of one."""
    items = value if isinstance(value, list) else [value]
    return [text for item in items[:MOST_OBJECTS] if (text := as_text(item))]


def first_text(fields: dict[str, FieldValue], *names: str) -> str:
    """The first of these fields that has a scalar, as text; nothing if none has."""
    for name in names:
        text = as_text(fields.get(name))
        if text:
            return text
    return ""


def put(fields: dict[str, FieldValue], name: str, value: FieldValue) -> None:
    """Adds a field that the event does not have; null, empty text and empty lists add nothing."""
    if value is not None and value not in ("", []):
        fields.setdefault(name, value)


def open_text(fields: dict[str, FieldValue], *names: str) -> None:
    """Replaces fields that hold JSON objects or lists as text by what the text says."""
    for name in names:
        value = fields.get(name)
        if isinstance(value, str):
            fields[name] = read_embedded(value)


def named_values(items: FieldValue, *, name: str, value: str) -> dict[str, FieldValue]:
    """A list of `{name: .., value: ..}` as one object. Of several values of one name, a list."""
    found: dict[str, list[FieldValue]] = {}
    for item in objects(items):
        key = as_text(item.get(name))
        if key:
            found.setdefault(key, []).append(item.get(value))
    return {key: values[0] if len(values) == 1 else values for key, values in found.items()}
