"""Splits a stream of JSON into the values that are events, without reading any of them.

Takes an array, one object, several one after the other, and objects that wrap an array of events (`Records` of
CloudTrail, `records` of Azure, `value` of Graph, `Events` of AWS' event history). Counts lines. A value that is never
closed, and what stands between events and is none, is told with its line; what follows goes on.
"""

import re
from collections.abc import Iterator
from typing import Final, Protocol

import msgspec

MAX_DOCUMENT: Final = 64 * 1024 * 1024
"""The most bytes of one value. A file with a longer one is not read further."""

_READ_BYTES: Final = 4 * 1024 * 1024
_LONGEST_OPENING: Final = 4096
_WRAPPERS: Final = ("Records", "records", "value", "Events")
_NAMED: Final = rb'"(?:' + "|".join(_WRAPPERS).encode() + rb')"\s*:\s*\['
_WRAPPED: Final = re.compile(rb"\s*\{\s*" + _NAMED)
_WRAPPED_INSIDE: Final = re.compile(_NAMED + rb"\s*\{")
_BRACKET: Final = re.compile(rb'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+")*+([\[\]{}])', re.DOTALL)
_BETWEEN: Final = b" \t\r\n,\xef\xbb\xbf"
_REST_OF_WRAPPER: Final = -1


class Readable(Protocol):
    """What gives bytes, and none at its end."""

    def read(self, size: int, /) -> bytes:
        """The next bytes: `size` of them, fewer only at the end."""
        ...


class Found(msgspec.Struct, frozen=True):
    """A value's bytes, or in words why there is none; and the line where it begins (1-based)."""

    line: int
    body: bytes | str


def is_wrapped(head: bytes) -> bool:
    """Whether a file that begins so is an object that wraps an array of events."""
    return _WRAPPED.match(head) is not None


def split_documents(stream: Readable, head: bytes) -> Iterator[Found]:
    """The events of a JSON stream of which `head` has been read. Raises what reading the stream raises."""
    splitting = _Splitting()
    data = head
    while data:
        yield from splitting.feed(data)
        if splitting.pending > MAX_DOCUMENT:
            reason = f"This value has no end within {MAX_DOCUMENT} bytes; the rest of the file is not read."
            yield Found(splitting.line, reason)
            return
        data = stream.read(_READ_BYTES)
    yield from splitting.end()


class _Splitting:
    """The state between two reads.

    `_depth` counts open brackets. Events open where it is `_level`: 0 outside of everything, 1 in an array, 2 in the
    array of a wrapper. `_start` is where the open event begins, `_place` what has been looked at so far; `line` is the
    line of `_counted`.
    """

    def __init__(self) -> None:
        self.line = 1
        self._buffer = b""
        self._counted = 0
        self._place = 0
        self._start: int | None = None
        self._depth = 0
        self._level = 0

    @property
    def pending(self) -> int:
        """How many bytes wait for more."""
        return len(self._buffer)

    def feed(self, data: bytes, *, last: bool = False) -> Iterator[Found]:
        """Takes more bytes, gives the events that they complete."""
        self._buffer += data
        while (bracket := _BRACKET.match(self._buffer, self._place)) is not None:
            at = bracket.start(1)
            if self._depth == 0 and not last and len(self._buffer) - at < _LONGEST_OPENING:
                break  # more bytes are needed to tell a wrapper from an event
            yield from self._step(at, opens=bracket[1] in b"[{")
            self._place = max(self._place, at + 1)
        self._forget()

    def end(self) -> Iterator[Found]:
        """What is left when no more bytes come."""
        yield from self.feed(b"", last=True)
        if self._depth:
            yield Found(self.line, "The file ends within this value.")
        else:
            yield from self._stray(len(self._buffer))

    def _step(self, at: int, *, opens: bool) -> Iterator[Found]:
        if self._start is not None:
            self._depth += 1 if opens else -1
            if self._depth == self._level:
                start, self._start = self._start, None
                yield from self._event(start, at + 1)
        elif self._level == _REST_OF_WRAPPER:
            self._depth += 1 if opens else -1
            self._level = self._level if self._depth else 0
        else:
            yield from self._stray(at if opens or self._depth else at + 1)
            if opens:
                self._open(at)
            else:
                self._depth = max(self._depth - 1, 0)
                self._level = _REST_OF_WRAPPER if self._depth else 0

    def _open(self, at: int) -> None:
        """A bracket opens between events: an event, an array of events, or a wrapper of one."""
        wrapped = _WRAPPED.match(self._buffer, at) if self._depth == 0 else None
        if wrapped is not None:
            self._depth = self._level = 2
            self._place = wrapped.end()
        elif self._depth == 0 and self._buffer[at : at + 1] == b"[":
            self._depth = self._level = 1
        else:
            self._start = at
            self._depth += 1

    def _event(self, start: int, end: int) -> Iterator[Found]:
        body, line = self._buffer[start:end], self._line_at(start)
        inner = _unwrap(body) if self._level == 0 and _WRAPPED_INSIDE.search(body) is not None else None
        yield from [Found(line, body)] if inner is None else (Found(line, event) for event in inner)

    def _stray(self, until: int) -> Iterator[Found]:
        between = self._buffer[self._place : until]
        text = between.lstrip(_BETWEEN)
        if text:
            line = self._line_at(self._place + len(between) - len(text))
            yield Found(line, "What stands here is no event: an event is a JSON object.")

    def _line_at(self, position: int) -> int:
        """The line of a position that is not before the last one asked for."""
        self.line += self._buffer.count(b"\n", self._counted, position)
        self._counted = position
        return self.line

    def _forget(self) -> None:
        """Drops what has been given out."""
        keep = self._place if self._start is None else self._start
        self._line_at(keep)
        self._buffer = self._buffer[keep:]
        self._place -= keep
        self._counted = 0
        self._start = None if self._start is None else 0


def _unwrap(body: bytes) -> list[bytes] | None:
    """The events that an object wraps under one of its keys; None if it is an event itself."""
    try:
        keys = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        for name in _WRAPPERS:
            if name in keys and (name != "value" or "@odata.context" in keys):
                return [bytes(event) for event in msgspec.json.decode(keys[name], type=list[msgspec.Raw])]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return None
