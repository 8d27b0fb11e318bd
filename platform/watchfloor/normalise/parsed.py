"""What a source's parser hands to `dispatch`: everything about the event that the source itself says."""

from datetime import datetime
from typing import Final

import msgspec

from watchfloor.normalise.event import Entity, FieldValue, LogSource

MAX_SUMMARY: Final = 300


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """One event as its source's parser understood it.

    `time` is the event's own time, or None. `identity` is the vendor's own identity of the event, or None.
    `summary` may hold any characters; `one_line` makes it one line.
    """

    source: str
    logsources: tuple[LogSource, ...]
    time: datetime | None
    identity: tuple[str, ...] | None
    fields: dict[str, FieldValue]
    entities: tuple[Entity, ...]
    summary: str
    parser: str


def one_line(text: str) -> str:
    """`text` on one line of 1 to `MAX_SUMMARY` characters, without control characters."""
    begun = text[: 4 * MAX_SUMMARY]
    if not begun.isprintable():
        begun = "".join(c if c.isprintable() else " " for c in begun)
    words = " ".join(begun.split())
    if not words:
        return "An event without printable text"
    return words if len(words) <= MAX_SUMMARY else words[: MAX_SUMMARY - 1] + "…"


def as_text(value: FieldValue) -> str:
    """A scalar as text; nothing for null, objects and lists."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (str, int, float)) else ""


def as_object(value: FieldValue) -> dict[str, FieldValue]:
    """The object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}
