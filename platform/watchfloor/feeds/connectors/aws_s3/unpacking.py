"""Undoes an object's compression while it arrives, within bounds.

Owns gzip (several members too), zstd (several frames) and none, told by the first bytes and by nothing else. A piece
that is handed on is never larger than a step, whatever the input promises; an object that inflates beyond the limits
is refused, however little of it has come.
"""

import zlib
from collections.abc import Iterator
from typing import Final, Protocol

import zstandard

from watchfloor.feeds.connectors.connector import Malformed
from watchfloor.kernel.errors import TooLarge

OBJECT_BYTES: Final = 2_000_000_000
"""How large an object may be as it lies there."""

INFLATED_BYTES: Final = 16_000_000_000
INFLATION_RATIO: Final = 250
RATIO_FREE_BYTES: Final = 64_000_000
"""Up to this size the ratio does not matter."""

_STEP: Final = 262_144
# Five bytes of zstd can stand for a block of 128 KiB, so the input is handed over in crumbs.
_ZSTD_CRUMB: Final = 512
_ZSTD_WINDOW: Final = 8 * 1024 * 1024
_GZIP: Final = b"\x1f\x8b"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_MAGIC_BYTES: Final = 4


class _Decoder(Protocol):
    def feed(self, piece: bytes) -> Iterator[bytes]: ...

    @property
    def is_complete(self) -> bool: ...


class Unpacker:
    """One object's content, piece by piece."""

    def __init__(self) -> None:
        self._head = b""
        self._decoder: _Decoder | None = None
        self._arrived = self._made = 0

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """What this piece of the object comes to. Raises TooLarge for a bomb, Malformed when it is damaged."""
        self._arrived += len(piece)
        if self._decoder is None:
            self._head += piece
            if len(self._head) < _MAGIC_BYTES:
                return
            self._decoder, piece, self._head = _decoder_for(self._head), self._head, b""
        yield from self._bounded(self._decoder, piece)

    def finish(self) -> Iterator[bytes]:
        """What is left at the object's end. Raises Malformed when it is cut off."""
        if self._decoder is None:
            if self._head.startswith(_GZIP):
                raise Malformed("The object is cut off.")
            if self._head:
                yield self._head
        elif not self._decoder.is_complete:
            raise Malformed("The object is cut off.")

    def _bounded(self, decoder: _Decoder, piece: bytes) -> Iterator[bytes]:
        try:
            for made in decoder.feed(piece):
                self._made += len(made)
                if self._made > INFLATED_BYTES:
                    raise TooLarge(f"The object inflates to more than {INFLATED_BYTES} bytes.")
                if self._made > max(RATIO_FREE_BYTES, INFLATION_RATIO * self._arrived):
                    raise TooLarge(f"The object inflates to more than {INFLATION_RATIO} times its size.")
                yield made
        except (zlib.error, zstandard.ZstdError):
            raise Malformed("The object's compression is damaged.") from None


def _decoder_for(head: bytes) -> _Decoder:
    if head.startswith(_GZIP):
        return _Gzip()
    return _Zstd() if head.startswith(_ZSTD) else _Plain()


class _Plain:
    is_complete = True

    def feed(self, piece: bytes) -> Iterator[bytes]:
        yield piece


class _Gzip:
    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)

    @property
    def is_complete(self) -> bool:
        return self._member.eof

    def feed(self, piece: bytes) -> Iterator[bytes]:
        while True:
            if self._member.eof:
                piece = piece.lstrip(b"\0")  # some writers pad with zeros
                if not piece:
                    return
                self._member = zlib.decompressobj(wbits=31)
            made = self._member.decompress(piece, _STEP)
            if made:
                yield made
            piece = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
            # A full step may leave something inside, although all of the input is used.
            if not piece and len(made) < _STEP:
                return


class _Zstd:
    def __init__(self) -> None:
        self._context = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
        self._frame = self._context.decompressobj()

    @property
    def is_complete(self) -> bool:
        return self._frame.eof

    def feed(self, piece: bytes) -> Iterator[bytes]:
        for start in range(0, len(piece), _ZSTD_CRUMB):
            crumb = piece[start : start + _ZSTD_CRUMB]
            while crumb:
                if self._frame.eof:
                    self._frame = self._context.decompressobj()
                made = self._frame.decompress(crumb)
                for cut in range(0, len(made), _STEP):
                    yield made[cut : cut + _STEP]
                crumb = self._frame.unused_data if self._frame.eof else b""
