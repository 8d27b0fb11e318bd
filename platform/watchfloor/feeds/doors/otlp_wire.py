"""Protocol Buffers' wire form, as far as it must be walked before it may be parsed (N1).

A parser builds all of a message at once, and two bytes on the wire can stand for a hundred in memory. So the outer
messages of a request are only walked here, and each log record is parsed by itself. Owns the walk, and the mending of
texts that are not UTF-8, which parsers refuse together with all that stands around them.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple, TypeAlias

from watchfloor.kernel.errors import Invalid

Data: TypeAlias = "bytes | bytearray | memoryview"

DELIMITED: Final = 2
"""The wire type of texts, bytes and messages."""

_FIXED: Final = {1: 8, 5: 4}
_LONGEST_VARINT_BITS: Final = 70
_DEEPEST: Final = 80


class Damaged(Invalid):
    """The bytes are no message."""

    code = "damaged"

    def __init__(self) -> None:
        super().__init__("The body is no message of Protocol Buffers, or it is cut off.")


class Field(NamedTuple):
    """One field: its number and wire type, where it begins, and where its content begins and ends."""

    number: int
    wire_type: int
    begins: int
    start: int
    end: int


class Steps:
    """How many fields may still be walked."""

    def __init__(self, most: int) -> None:
        self._left = most

    def take(self) -> None:
        """Counts one. Raises Damaged when there are too many for a message that anybody meant."""
        self._left -= 1
        if self._left < 0:
            raise Damaged


Shape: TypeAlias = "dict[int, Shape | None]"
"""Which fields of a message hold messages, and of which shape; None for a text."""

_ANY: Final[Shape] = {1: None}
_PAIR: Final[Shape] = {1: None, 2: _ANY}
_ANY[5] = {1: _ANY}
_ANY[6] = {1: _PAIR}
RECORD_SHAPE: Final[Shape] = {3: None, 5: _ANY, 6: _PAIR, 12: None}
RESOURCE_SHAPE: Final[Shape] = {1: _PAIR}
SCOPE_SHAPE: Final[Shape] = {1: None, 2: None, 3: _PAIR}


def fields(data: Data, steps: Steps, start: int = 0, end: int | None = None) -> Iterator[Field]:
    """The fields of the message between two places. Raises Damaged."""
    position, end = start, len(data) if end is None else end
    while position < end:
        steps.take()
        begins = position
        tag, position = _varint(data, position, end)
        number, wire_type = tag >> 3, tag & 7
        if number == 0:
            raise Damaged
        content = position
        if wire_type == DELIMITED:
            length, content = _varint(data, position, end)
            position = content + length
        elif wire_type == 0:
            _, position = _varint(data, position, end)
        elif wire_type in _FIXED:
            position += _FIXED[wire_type]
        else:
            raise Damaged
        if position > end:
            raise Damaged
        yield Field(number, wire_type, begins, content, position)


def mended(data: Data, shape: Shape, steps: Steps, depth: int = 0) -> bytes:
    """The message with U+FFFD for what is not UTF-8 in its texts. Raises Damaged."""
    if depth > _DEEPEST:
        raise Damaged
    whole = bytearray()
    for field in fields(data, steps):
        if field.wire_type != DELIMITED or field.number not in shape:
            whole += data[field.begins : field.end]
            continue
        inner = shape[field.number]
        content = bytes(data[field.start : field.end])
        if inner is None:
            content = content.decode("utf-8", "replace").encode()
        else:
            content = mended(content, inner, steps, depth + 1)
        whole += delimited(field.number, content)
    return bytes(whole)


def delimited(number: int, content: bytes) -> bytes:
    """A field that holds a text or a message."""
    return varint(number << 3 | DELIMITED) + varint(len(content)) + content


def varint(value: int) -> bytes:
    """A number in the wire form."""
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _varint(data: Data, position: int, end: int) -> tuple[int, int]:
    value = shift = 0
    while position < end and shift < _LONGEST_VARINT_BITS:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
    raise Damaged
