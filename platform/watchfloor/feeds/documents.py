"""Finds the JSON values in a body: one after the other with or without space between them, or in an array.

msgspec reads a whole text or says at which byte the first value ended; asking it that way finds the end of a value
without building it, at the speed of its scanner, and from there the next one begins. Owns no limits but its own
patience with broken text; events are counted by who collects them.
"""

import re
from collections.abc import Iterator
from typing import Final, TypeAlias

import msgspec

from watchfloor.kernel.errors import Invalid

Text: TypeAlias = "bytes | bytearray | memoryview"

_SCANNER: Final = msgspec.json.Decoder(msgspec.Raw)
_VALUE_BEGINS: Final = re.compile(rb"[^ \t\r\n]")
# The byte is counted from one: it is the first that does not belong to the value.
_TRAILING: Final = re.compile(r"trailing characters \(byte (\d+)\)")
_AT_BYTE: Final = re.compile(r" \(byte (\d+)\)$")
# An escape begins at a backslash after an even number of them. The first alternative is a whole pair.
_SURROGATES: Final = re.compile(
    rb"(?<!\\)(?:\\\\)*+(?:\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2}))"
)
_REPLACEMENT: Final = rb"\ufffd"
_BOM: Final = b"\xef\xbb\xbf"


class NotJson(Invalid):
    """The text is no JSON. `position` is the byte, counted from zero, at which that shows."""

    code = "not_json"

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message, where=f"byte {position}")
        self.position = position


def without_lone_surrogates(body: bytes | bytearray) -> bytes | bytearray:
    """The body with U+FFFD for each escaped half of a surrogate pair that stands alone (RFC 8259 section 8.2).

    Windows takes such halves in names and command lines, so whoever writes a log entry could otherwise have all of its
    neighbours refused. Nothing else is changed, and nothing moves.
    """
    if b"\\ud" not in body and b"\\uD" not in body:
        return body
    mended = bytearray(body)
    for found in _SURROGATES.finditer(body):
        if found[1]:
            mended[found.start(1) : found.end(1)] = _REPLACEMENT
    return mended


def first_byte(body: Text, position: int = 0) -> int:
    """Where the next value begins: after white space, and after a byte order mark at the very beginning.

    It is the body's length when nothing more comes.
    """
    if position == 0 and body[: len(_BOM)] == _BOM:
        position = len(_BOM)
    found = _VALUE_BEGINS.search(body, position)
    return len(body) if found is None else found.start()


def end_of_value(text: memoryview, position: int) -> int:
    """Where the value that begins at `position` ends, white space after it included. Raises NotJson."""
    try:
        _SCANNER.decode(text[position:])
    except msgspec.DecodeError as fault:
        found = _TRAILING.search(str(fault))
        if found is None:
            raise NotJson(*_explained(fault, position)) from None
        return position + int(found[1]) - 1
    except RecursionError:
        raise NotJson("The JSON nests too deep.", position) from None
    return len(text)


def values(body: bytes | bytearray) -> Iterator[memoryview]:
    """The values of a body that holds nothing else. Raises NotJson at the first that is none."""
    text = memoryview(body)
    position = first_byte(body)
    while position < len(text):
        end = end_of_value(text, position)
        yield text[position:end]
        position = first_byte(body, end)


def elements(body: Text, position: int) -> Iterator[memoryview]:
    """The elements of the array that begins at `position`, and nothing may come after it. Raises NotJson."""
    text = memoryview(body)
    position = first_byte(body, position + 1)
    if body[position : position + 1] == b"]":
        return _end(body, position)
    while True:
        end = end_of_value(text, position)
        yield text[position:end]
        separator = body[end : end + 1]
        if separator == b"]":
            return _end(body, end)
        if separator != b",":
            raise NotJson("A comma or the end of the array is missing.", end)
        position = first_byte(body, end + 1)


def lines(body: bytes | bytearray) -> Iterator[bytes]:
    """The lines of a text, without their ends, blank ones left out."""
    position = first_byte(body)
    while position < len(body):
        end = body.find(b"\n", position)
        end = len(body) if end < 0 else end
        line = bytes(body[position:end]).rstrip(b"\r")
        if line.strip():
            yield line
        position = end + 1


def _end(body: Text, position: int) -> None:
    if first_byte(body, position + 1) < len(body):
        raise NotJson("Something comes after the end of the array.", position + 1)


def _explained(fault: msgspec.DecodeError, position: int) -> tuple[str, int]:
    """What is wrong and where in the body: msgspec counts from where the value began."""
    text = str(fault).removeprefix("JSON is malformed: ")
    found = _AT_BYTE.search(text)
    if found is None:
        return "The JSON is cut off.", position
    return f"The JSON is malformed: {text[: found.start()]}.", position + int(found[1])
