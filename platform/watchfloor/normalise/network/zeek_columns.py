"""Zeek's logs in columns (TSV): a row under its header becomes what Zeek's JSON writer would have written."""

from typing import Final

from watchfloor.normalise.columns import Columns
from watchfloor.normalise.event import FieldValue
from watchfloor.normalise.network.zeek import parse_zeek
from watchfloor.normalise.parsed import Parsed

MOST_MEMBERS: Final = 256
_NUMBERS: Final = frozenset({"count", "port", "int"})
_FRACTIONS: Final = frozenset({"time", "interval", "double"})


def parse_zeek_row(text: str, columns: Columns) -> Parsed | None:
    """One row; None if it has another number of columns than the header."""
    words = text.split(columns.separator)
    # White space at a line's end is lost on the way: an empty last column may be missing.
    if not len(columns.names) - 1 <= len(words) <= len(columns.names):
        return None
    fields: dict[str, FieldValue] = {"_path": columns.path} if columns.path else {}
    types = columns.types or ("string",) * len(columns.names)
    for name, kind, word in zip(columns.names, types, words, strict=False):
        if word == columns.unset:
            continue
        if kind.startswith(("vector", "set", "table")):
            inner = kind.partition("[")[2].rstrip("]")
            members = [] if word == columns.empty else word.split(columns.set_separator)[:MOST_MEMBERS]
            fields[name] = [_typed(inner, member) for member in members]
        else:
            fields[name] = "" if word == columns.empty else _typed(kind, word)
    return parse_zeek(fields)


def _typed(kind: str, word: str) -> FieldValue:
    if kind == "bool":
        return word == "T"
    if kind in _NUMBERS and len(word) <= 18 and word.isascii() and word.removeprefix("-").isdigit():
        return int(word)
    if kind in _FRACTIONS:
        try:
            value = float(word) if len(word) <= 32 else None
        except ValueError:
            return word
        return value if value is not None and abs(value) < 1e15 else word
    return word
