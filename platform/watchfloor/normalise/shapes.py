"""The shape of an event that no parser knows: by it, events of one unknown source are recognised and counted together.

Of an object: the names of its fields, two levels deep, and what kind of value each has. Of a line: its words, each by
what kind of word it is. A shape says nothing of the values, so it tells a source without telling of a person; field
names are the sender's words and may say anything. Pure, bounded, never raises.
"""

import re
from hashlib import sha256
from typing import Final

import msgspec

from watchfloor.normalise.event import Event, FieldValue
from watchfloor.normalise.parsed import as_text

FINGERPRINT_BYTES: Final = 16
MOST_NAMES: Final = 64
MOST_WORDS: Final = 24
_LONGEST: Final = 64
_SKETCH: Final = 500

_WORD: Final = re.compile(r"[^\s=:,;|\[\](){}<>\"']{1,256}|[=:,;|\[\](){}<>\"']")
_NUMBER: Final = re.compile(r"[+-]?\d{1,256}(?:[.\-/]\d{1,256}){0,8}")
_HEX: Final = re.compile(r"(?=.*\d)[0-9a-fA-F\-]{6,256}")
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z_\-]{1,31}")


class Shape(msgspec.Struct, frozen=True):
    """A shape. Equal ones have equal fingerprints (16 bytes); `sketch` tells a person what it looks like."""

    fingerprint: bytes
    sketch: str


def shape_of(event: Event) -> Shape:
    """The shape of an unparsed event."""
    fields = event.fields
    if event.raw.lstrip()[:1] == b"{" or set(fields) != {"message"}:
        parts = _names(fields)
    else:
        parts = _words(as_text(fields.get("message")))
    digest = sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()
    joined = " ".join(parts) if event.raw.lstrip()[:1] != b"{" else ", ".join(parts)
    return Shape(digest[:FINGERPRINT_BYTES], joined[:_SKETCH])


def _names(fields: dict[str, FieldValue]) -> list[str]:
    """The field names in alphabetical order: senders write the same fields in any order."""
    names: list[str] = []
    for name in sorted(fields)[:MOST_NAMES]:
        value = fields[name]
        names.append(f"{name[:_LONGEST]}:{_kind(value)}")
        if isinstance(value, dict):
            names += [f"{name[:_LONGEST]}.{inner[:_LONGEST]}" for inner in sorted(value)[:MOST_NAMES]]
    return names[: 2 * MOST_NAMES]


def _kind(value: FieldValue) -> str:
    if isinstance(value, dict):
        return "object"
    if isinstance(value, list):
        return "list"
    return "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else "value"


def _words(text: str) -> list[str]:
    """The first words, each by its kind: numbers alike, hexadecimal alike; the first two plain words as they are."""
    words: list[str] = []
    kept = 0
    for matched in _WORD.finditer(text[:2_048]):
        word = matched[0]
        if len(word) == 1 and not word.isalnum():
            words.append(word)
        elif _NUMBER.fullmatch(word):
            words.append("9")
        elif _HEX.fullmatch(word):
            words.append("hex")
        elif kept < 2 and _PLAIN.fullmatch(word):
            words.append(word)
            kept += 1
        else:
            words.append("w")
        if len(words) >= MOST_WORDS:
            break
    return words
