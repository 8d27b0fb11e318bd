"""The log lines of osquery agents as events.

Owns what becomes of a line: one event, but that rows which an agent sends together are told apart where rules shall
see them (`diffResults`), and a snapshot that is longer than an event may be is kept in parts. A line that is over a
limit all the same does not stop the lines behind it, as the agent would send it first for ever: it is taken, and the
normaliser puts it into quarantine.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

import msgspec

from watchfloor.feeds.batch import PackedBatch, Packer, SentEvent
from watchfloor.feeds.documents import without_lone_surrogates
from watchfloor.feeds.doors.osquery.bodies import Span, elements, members, text_of
from watchfloor.feeds.limits import EVENTS, fault_of
from watchfloor.kernel.errors import Invalid

LONGEST_LINE: Final = 1_048_576
"""What an agent sends at most in a line, unless it is told otherwise (`logger_tls_linesize_max`)."""

_ROWS_APART: Final = EVENTS - 2_000
_PART_BYTES: Final = 128 * 1024
_PART_KEYS: Final = 1_500
_TYPES: Final = frozenset({"result", "status"})
_ROWS: Final = ("snapshot", "diffResults")


class _Head(msgspec.Struct):
    unixTime: int | float | str | None = None  # noqa: N815  osquery's name
    hostIdentifier: str | None = None  # noqa: N815  osquery's name


_HEAD: Final = msgspec.json.Decoder(_Head)


class LogReader:
    """Reads one log body of a host."""

    def __init__(self, node: str) -> None:
        """`node` is the host's id, which stands with each event: the name in a line is what somebody wrote."""
        self._fields = {"osquery_node": node}
        self._packer = Packer()
        self._is_readable = False
        self._longest = 0

    def read(self, body: bytes | bytearray) -> PackedBatch | None:
        """The batch; None when the body is in order and has no lines. Raises Invalid, TooLarge."""
        body = without_lone_surrogates(body)
        parts = members(body)
        log_type = text_of(body, parts.get("log_type"))
        sourcetype = f"osquery:{log_type}" if log_type in _TYPES else None
        span = parts.get("data")
        if span is None or body[span[0] : span[0] + 1] == b"n":
            return None
        if body[span[0] : span[0] + 1] != b"[":
            raise Invalid("It is not a list.", where="data")
        for element in elements(body, span):
            for event in self._events(_line(element)):
                self._add(event, sourcetype)
        if self._packer.events == 0:
            return None
        if not self._is_readable and self._longest <= LONGEST_LINE:
            self._add(_remark(self._packer.events), "osquery:status")
        return self._packer.finish()

    def _events(self, line: bytes) -> Iterator[bytes]:
        is_fine = fault_of(line) is None
        if line[:1] != b"{" or (is_fine and b'"diffResults"' not in line):
            return iter((line,))
        try:
            parts = members(line)
        except Invalid:
            return iter((line,))
        if "diffResults" in parts:
            return self._differences(line, parts)
        if "snapshot" in parts and line[parts["snapshot"][0]] == ord("["):
            return _in_parts(line, parts, parts["snapshot"], action=None)
        return iter((line,))

    def _differences(self, line: bytes, parts: dict[str, Span]) -> Iterator[bytes]:
        """Each row as an agent with `log_result_events` sends it."""
        span = parts["diffResults"]
        lists = members(line, span[0]) if line[span[0]] == ord("{") else {}
        for action in ("added", "removed"):
            rows = lists.get(action)
            if rows is None or line[rows[0]] != ord("["):
                continue
            if self._packer.events > _ROWS_APART:
                yield from _in_parts(line, parts, rows, action=action)
                continue
            head = _head(line, parts, action)
            for row in elements(line, rows):
                yield b'{%s"columns":%s}' % (head, bytes(row).strip())

    def _add(self, body: bytes, sourcetype: str | None) -> None:
        time, host = _described(body)
        self._longest = max(self._longest, len(body))
        self._is_readable = self._is_readable or fault_of(body) is None
        self._packer.add(
            SentEvent(body=body, time=time, host=host, source="osquery", sourcetype=sourcetype, fields=self._fields)
        )


def _line(element: memoryview) -> bytes:
    """A line's bytes. Some agents send lines as texts."""
    line = bytes(element).strip()
    if line[:1] != b'"':
        return line
    try:
        return msgspec.json.decode(line, type=str).encode()
    except (msgspec.DecodeError, UnicodeDecodeError):
        return line


def _in_parts(line: bytes, parts: dict[str, Span], rows: Span, *, action: str | None) -> Iterator[bytes]:
    """The rows of a line in several lines, each within the limits of an event."""
    head = _head(line, parts, action)
    held: list[bytes] = []
    size = keys = number = 0
    for element in elements(line, rows):
        row = bytes(element).strip()
        if held and (size + len(row) > _PART_BYTES or keys + row.count(b":") > _PART_KEYS):
            yield b'{%s"snapshot_part":%d,"snapshot":[%s]}' % (head, number, b",".join(held))
            held, size, keys, number = [], 0, 0, number + 1
        held.append(row)
        size += len(row) + 1
        keys += row.count(b":")
    yield b'{%s"snapshot_part":%d,"snapshot":[%s]}' % (head, number, b",".join(held))


def _head(line: bytes, parts: dict[str, Span], action: str | None) -> bytes:
    """What a line says besides its rows, each with a comma behind it."""
    kept = [(name, line[begin:end].strip()) for name, (begin, end) in parts.items() if name not in _ROWS]
    if action is not None:
        kept = [(name, value) for name, value in kept if name != "action"]
        kept.append(("action", msgspec.json.encode(action)))
    return b"".join(b"%s:%s," % (msgspec.json.encode(name), value) for name, value in kept)


def _described(body: bytes) -> tuple[datetime | None, str | None]:
    try:
        head = _HEAD.decode(body)
        seconds = None if head.unixTime is None else float(head.unixTime)
        time = None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError, OverflowError, OSError):
        return None, None
    return time, head.hostIdentifier[:255] if head.hostIdentifier else None


def _remark(lines: int) -> bytes:
    """A line of ours, beside lines of which none can be read."""
    return msgspec.json.encode(
        {
            "hostIdentifier": "watchfloor",
            "severity": "1",
            "filename": "door",
            "line": "0",
            "message": f"{lines} lines of a request are over a limit; they are in the quarantine.",
        }
    )
