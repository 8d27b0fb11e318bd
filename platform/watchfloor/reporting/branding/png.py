"""PNG files (ISO/IEC 15948) looked at chunk by chunk, without making pixels of them.

A file passes whose chunks are whole and in order, whose data unpacks to exactly as many bytes as its size asks for, and
behind whose end nothing stands. Of the chunks only those stay that are needed to draw it.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import Final

import msgspec

from watchfloor.reporting.branding.size import check_size, damaged

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_DEPTHS: Final[dict[int, tuple[int, ...]]] = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_CHANNELS: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_PASSES: Final = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""Adam7: first column and row, and the steps of both."""
_AT_ONCE: Final = 65_536
_LAST_FILTER: Final = 4
_LEAST_CHUNK: Final = 12


class _Header(msgspec.Struct, frozen=True):
    width: int
    height: int
    depth: int
    colour: int
    is_interlaced: bool


def bare_png(content: bytes) -> bytes:
    """The file with nothing in it but the image. Raises Invalid when it is not whole, TooLarge for too many pixels."""
    kept: list[tuple[bytes, bytes]] = []
    header: _Header | None = None
    for kind, body in _chunks(content):
        if header is None:
            header = _read_header(kind, body)
        elif kind == b"IHDR":
            raise damaged("it has two headers")
        elif kind[0] & 0x20 and kind != b"tRNS":
            continue  # ancillary: text, profiles, EXIF, animation
        elif kind not in (b"PLTE", b"tRNS", b"IDAT", b"IEND"):
            raise damaged("it has a part that no PNG has")
        kept.append((kind, body))
    if header is None:
        raise damaged("it is empty")
    _check_order([kind for kind, _ in kept], header)
    _check_pixels(b"".join(body for kind, body in kept if kind == b"IDAT"), header)
    return _SIGNATURE + b"".join(_chunk(kind, body) for kind, body in kept)


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks up to the last one, behind which nothing may stand."""
    place = len(_SIGNATURE)
    while place + _LEAST_CHUNK <= len(content):
        (length,) = struct.unpack_from(">I", content, place)
        end = place + _LEAST_CHUNK + length
        if end > len(content):
            raise damaged("it is cut off")
        kind, body = content[place + 4 : place + 8], content[place + 8 : end - 4]
        if zlib.crc32(kind + body) != int.from_bytes(content[end - 4 : end]):
            raise damaged("a part does not have its check sum")
        yield kind, body
        place = end
        if kind == b"IEND":
            if place != len(content):
                raise damaged("something stands behind its end")
            return
    raise damaged("it is cut off")


def _read_header(kind: bytes, body: bytes) -> _Header:
    if kind != b"IHDR" or len(body) != 13:
        raise damaged("it does not begin with a header")
    width, height, depth, colour, packing, filtering, interlace = struct.unpack(">IIBBBBB", body)
    check_size(width, height)
    if depth not in _DEPTHS.get(colour, ()) or packing or filtering or interlace > 1:
        raise damaged("its header says what no PNG has")
    return _Header(width, height, depth, colour, bool(interlace))


def _check_order(kinds: list[bytes], header: _Header) -> None:
    palettes = kinds.count(b"PLTE")
    allowed = {0: (0,), 2: (0, 1), 3: (1,), 4: (0,), 6: (0, 1)}[header.colour]
    if b"IDAT" not in kinds:
        raise damaged("it has no pixels")
    first, last = kinds.index(b"IDAT"), len(kinds) - kinds[::-1].index(b"IDAT")
    if set(kinds[first:last]) != {b"IDAT"} or kinds[last:] != [b"IEND"]:
        raise damaged("its parts are out of order")
    if palettes not in allowed:
        raise damaged("its palette is not as its header says")


def _check_pixels(packed: bytes, header: _Header) -> None:
    """Unpacks to exactly what the size asks for, row by row, and never more than a piece of it at a time."""
    rows = _Rows(header)
    unpacking = zlib.decompressobj()
    try:
        piece = unpacking.decompress(packed, _AT_ONCE)
        while piece and rows.found <= rows.wanted:
            rows.take(piece)
            piece = unpacking.decompress(unpacking.unconsumed_tail, _AT_ONCE)
    except zlib.error:
        raise damaged("its pixels do not unpack") from None
    if rows.found != rows.wanted or not unpacking.eof or unpacking.unused_data:
        raise damaged("it does not have as many pixels as it says")


class _Rows:
    """How many bytes the rows of an image have, each with its filter before it, and how many were found."""

    def __init__(self, header: _Header) -> None:
        lengths = list(_lengths(header))
        self.wanted = sum(count * length for count, length in lengths)
        self.found = 0
        self._lengths = (length for count, length in lengths for _ in range(count))
        self._next_row = 0

    def take(self, piece: bytes) -> None:
        """Counts a piece. Raises Invalid for a row with a filter that does not exist."""
        while self._next_row < min(self.found + len(piece), self.wanted):
            if piece[self._next_row - self.found] > _LAST_FILTER:
                raise damaged("its rows are none")
            self._next_row += next(self._lengths)
        self.found += len(piece)


def _lengths(header: _Header) -> Iterator[tuple[int, int]]:
    """For each pass, how many rows it has and of how many bytes."""
    bits = header.depth * _CHANNELS[header.colour]
    for left, top, across, down in _PASSES if header.is_interlaced else ((0, 0, 1, 1),):
        width = max(0, -(-(header.width - left) // across))
        height = max(0, -(-(header.height - top) // down))
        if width:
            yield height, 1 + -(-width * bits // 8)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
