"""Undoes a request's Content-Encoding, within bounds (N1).

Owns gzip (RFC 1952, several members too), deflate (RFC 1950, and the bare RFC 1951 that some senders mean) and zstd
(RFC 8878). Whatever the input promises, no more than the limit and one small step beyond it is ever produced.
"""

import zlib
from collections.abc import Callable
from typing import Final, Protocol

import zstandard

from watchfloor.feeds.limits import INFLATED_BYTES, INFLATION_RATIO, RATIO_FREE_BYTES
from watchfloor.kernel.errors import Invalid, TooLarge

_PARTS: Final = 1_000
"""How many gzip members or zstd frames one body may consist of."""

_ZLIB_STEP: Final = 65_536
_ROOM: Final = 1_000_000
# Five bytes of zstd can stand for a block of 128 KiB, so the input is handed over in crumbs.
_ZSTD_STEP: Final = 96
_ZSTD_WINDOW: Final = 8 * 1024 * 1024

_GZIP: Final = zlib.MAX_WBITS | 16
_RAW: Final = -zlib.MAX_WBITS


class UnknownEncoding(Invalid):
    """A Content-Encoding that the doors do not speak (HTTP 415)."""

    code = "unknown_encoding"


def inflate(body: bytes, encoding: str) -> bytes | bytearray:
    """The body without its Content-Encoding.

    Raises UnknownEncoding, TooLarge when the content is over the limit or suspiciously well compressed, and
    Invalid when it is damaged or cut off.
    """
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return body
    if name in ("gzip", "x-gzip"):
        return _inflate(body, lambda: _Zlib(_GZIP), step=_ZLIB_STEP)
    if name == "deflate":
        return _inflate(body, lambda: _Zlib(_deflate_window(body)), step=_ZLIB_STEP)
    if name == "zstd":
        return _inflate(body, _Zstd, step=_ZSTD_STEP)
    raise UnknownEncoding(
        "The Content-Encoding is unknown.", where="Content-Encoding", remedy="Use gzip, deflate, zstd or identity."
    )


class _Part(Protocol):
    """A decoder of one member or frame."""

    def feed(self, crumb: bytes, room: int) -> bytes:
        """What `crumb` stands for; at most `room` bytes where the library can be told."""
        ...

    @property
    def pending(self) -> bytes:
        """Input that was not used yet."""
        ...

    @property
    def ended(self) -> bool:
        """Whether the member or frame is complete."""
        ...


class _Zlib:
    def __init__(self, window: int) -> None:
        self._inflater = zlib.decompressobj(window)

    def feed(self, crumb: bytes, room: int) -> bytes:
        return self._inflater.decompress(crumb, room)

    @property
    def pending(self) -> bytes:
        return self._inflater.unconsumed_tail or self._inflater.unused_data

    @property
    def ended(self) -> bool:
        return self._inflater.eof


class _Zstd:
    def __init__(self) -> None:
        self._inflater = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()

    def feed(self, crumb: bytes, room: int) -> bytes:
        del room
        return self._inflater.decompress(crumb)

    @property
    def pending(self) -> bytes:
        return self._inflater.unused_data

    @property
    def ended(self) -> bool:
        return self._inflater.eof


def _inflate(body: bytes, begin: Callable[[], _Part], *, step: int) -> bytearray:
    limit = min(INFLATED_BYTES, max(RATIO_FREE_BYTES, INFLATION_RATIO * len(body)))
    inflated = bytearray()
    part, parts, position, pending = begin(), 1, 0, b""
    while pending or position < len(body):
        if part.ended:
            part, parts = begin(), parts + 1
            if parts > _PARTS:
                raise TooLarge(f"The body consists of more than {_PARTS} compressed parts.")
        if not pending:
            pending = body[position : position + step]
            position += step
        try:
            inflated += part.feed(pending, min(limit - len(inflated), _ROOM) + 1)
        except (zlib.error, zstandard.ZstdError):
            raise Invalid("The compressed body is damaged.") from None
        pending = part.pending
        if len(inflated) > limit:
            raise TooLarge(_too_large(limit))
    if not part.ended:
        raise Invalid("The compressed body is cut off.")
    return inflated


def _too_large(limit: int) -> str:
    if limit == INFLATED_BYTES:
        return f"The body inflates to more than {INFLATED_BYTES} bytes."
    return f"The body inflates to more than {INFLATION_RATIO} times its size."


def _deflate_window(body: bytes) -> int:
    """Whether "deflate" is the zlib format of RFC 9110 or the bare stream that some senders mean by it."""
    has_header = len(body) >= 2 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
    return zlib.MAX_WBITS if has_header else _RAW
