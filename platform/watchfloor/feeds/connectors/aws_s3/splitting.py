"""Cuts JSON into its records while it arrives; no more of it is held than one record and one piece.

Owns the elements of an array, values that follow one another, and lines. Most of an array is cut by the JSON decoder
itself, up to a place that looks as the first record began: what decodes as whole values ends where a value ends,
whatever is in it. Where that fails, brackets and strings are counted. Records come out byte for byte as they stand.
"""

import re
from collections.abc import Iterator
from typing import Final, Protocol

import msgspec

from watchfloor.feeds.connectors.connector import Malformed

RECORD_BYTES: Final = 2_000_000
"""How long one record may be. What the pipeline takes is far less; this bounds memory."""

LIST_START: Final = re.compile(
    rb'\s*+(?:\{\s*+"(?:Records|records|events|Events|findings|Findings)"\s*+:\s*+)?+\[\s*+(?=[{\]])'
)
"""The beginning of a list of records, alone or in an object that begins with it."""

_FIRST_KEY: Final = re.compile(rb'\s*+(\{\s*+"(?:[^"\\]++|\\.)*+")', re.DOTALL)
_GUESSES: Final = 3
_MOST_SPACE: Final = 64
_ENDS: Final = (b"]", b"]}")
_TOKEN: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+("|\\?\Z)|[{}\[\],]', re.DOTALL)
_SPACE: Final = b" \t\r\n"
_BETWEEN: Final = b" \t\r\n,"
_values: Final = msgspec.json.Decoder(list[msgspec.Raw])


class Splitter(Protocol):
    """Cuts one object's content."""

    def feed(self, piece: bytes) -> list[bytes]:
        """The records that are complete with this piece. Raises Malformed."""
        ...

    def finish(self) -> list[bytes]:
        """The records that the end completes. Raises Malformed when the content is cut off."""
        ...


class ArraySplitter:
    """The elements of an array, from behind its opening bracket, and of further ones that follow it."""

    def __init__(self) -> None:
        self._rest = b""
        self._start = b""
        self._is_behind = False

    def feed(self, piece: bytes) -> list[bytes]:
        """The elements that are complete with this piece. Raises Malformed."""
        self._rest += piece
        if self._may_be_the_end():
            return []
        return self._take_all()

    def finish(self) -> list[bytes]:
        """The elements that are left. Raises Malformed when an array does not end, or something else follows it."""
        found: list[bytes] = []
        if not self._is_behind:
            end = self._rest.rfind(b"]")
            whole = _whole_values(self._rest[:end]) if end >= 0 else None
            if whole is None:
                while more := self._take_all():
                    found += more
            else:
                found, self._rest, self._is_behind = whole, self._rest[end + 1 :], True
        if not self._is_behind:
            raise Malformed("The object's JSON is cut off.")
        if not _is_end(self._rest):
            raise Malformed("Something that is no record follows the object's records.")
        return found

    def _may_be_the_end(self) -> bool:
        """Whether the content looks complete, so that the end, which is near, decodes it at one stroke."""
        return not self._is_behind and len(self._rest) < RECORD_BYTES // 2 and self._rest.rstrip(_SPACE).endswith(_ENDS)

    def _take_all(self) -> list[bytes]:
        found: list[bytes] = []
        while not self._is_behind or self._begins_again():
            found += self._take()
            if not self._is_behind:
                break
        _check_length(self._rest)
        return found

    def _take(self) -> list[bytes]:
        for cut in self._guesses():
            found = _whole_values(self._rest[:cut])
            if found is not None:
                self._rest = self._rest[cut + 1 :]
                return found
        found, cut, self._is_behind = _scan_array(self._rest)
        self._rest = self._rest[cut:]
        return found

    def _guesses(self) -> Iterator[int]:
        """Where a comma may stand between two records: before what looks as the first record began."""
        if not self._start and (first := _FIRST_KEY.match(self._rest)):
            self._start = first[1]
        at = len(self._rest) if self._start else 0
        for _ in range(_GUESSES):
            at = self._rest.rfind(self._start, 0, at) if at else -1
            if at <= 0:
                return
            before = self._rest[max(0, at - _MOST_SPACE) : at].rstrip(_SPACE)
            if before.endswith(b","):
                yield max(0, at - _MOST_SPACE) + len(before) - 1

    def _begins_again(self) -> bool:
        """Whether another array follows; then this stands behind its opening bracket."""
        rest = self._rest.lstrip(_SPACE).removeprefix(b"}")
        next_one = LIST_START.match(rest)
        if next_one is None:
            return False
        self._rest, self._is_behind = rest[next_one.end() :], False
        return True


class ValueSplitter:
    """Objects and arrays that follow one another, with or without anything between them."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> list[bytes]:
        """The values that are complete with this piece. Raises Malformed."""
        self._rest += piece
        found, cut = _scan_values(self._rest)
        self._rest = self._rest[cut:]
        _check_length(self._rest)
        return found

    def finish(self) -> list[bytes]:
        """Nothing: a value ends by itself. Raises Malformed when one has not."""
        if self._rest.strip(_BETWEEN):
            raise Malformed("The object's JSON is cut off.")
        return []


class LineSplitter:
    """Lines, without what ends them; empty ones are left out, and the last needs no end."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, piece: bytes) -> list[bytes]:
        """The lines that are complete with this piece. Raises Malformed when one is too long."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        _check_length(self._rest)
        return [line for line in (line.rstrip(b"\r") for line in lines) if line.strip()]

    def finish(self) -> list[bytes]:
        """The last line."""
        line, self._rest = self._rest.rstrip(b"\r"), b""
        return [line] if line.strip() else []


def _whole_values(text: bytes) -> list[bytes] | None:
    """The values of a list's inside, if it is one."""
    try:
        return [bytes(value) for value in _values.decode(b"[" + text + b"]")]
    except (msgspec.DecodeError, UnicodeError):
        return None


def _is_end(rest: bytes) -> bool:
    """Whether nothing follows an array but what else its object has."""
    rest = rest.strip(_SPACE)
    if rest in (b"", b"}"):
        return True
    try:
        msgspec.json.decode(b'{"":0' + rest, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeError):
        return False
    return True


def _scan_array(text: bytes) -> tuple[list[bytes], int, bool]:
    """The elements that a comma or the array's end completes, where the next begins, and whether the array ended."""
    found: list[bytes] = []
    start = depth = 0
    for token in _TOKEN.finditer(text):
        sign = token[0]
        if sign[:1] == b'"':
            if token[1] != b'"':
                break  # the string goes on in the next piece
        elif sign in (b"{", b"["):
            depth += 1
        elif sign != b",":
            depth -= 1
        if depth < 0 or (depth == 0 and sign == b","):
            element = text[start : token.start()].strip(_SPACE)
            if element:
                found.append(element)
            start = token.end()
            if depth < 0:
                return found, start, True
    return found, start, False


def _scan_values(text: bytes) -> tuple[list[bytes], int]:
    """The values whose last bracket is there, and where the next begins."""
    found: list[bytes] = []
    start = depth = 0
    for token in _TOKEN.finditer(text):
        sign = token[0]
        if sign[:1] == b'"' and token[1] != b'"':
            break
        if sign in (b"{", b"["):
            depth += 1
        elif sign in (b"}", b"]"):
            depth -= 1
            if depth == 0:
                found.append(text[start : token.end()].strip(_BETWEEN))
                start = token.end()
        if depth < 0:
            raise Malformed("The object's JSON has a bracket too many.")
    return found, start


def _check_length(rest: bytes) -> None:
    if len(rest) > RECORD_BYTES:
        raise Malformed(f"A record of the object is longer than {RECORD_BYTES} bytes.")
