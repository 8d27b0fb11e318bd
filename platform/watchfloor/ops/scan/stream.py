"""Opens a recorded file for reading from its beginning to its end: decompressed and as UTF-8. The content decides.

Compressed streams are expanded piece by piece, so that a file that expands to more than the memory is only slow.
"""

import bz2
import codecs
import gzip
import io
import lzma
import sys
import zlib
from pathlib import Path
from typing import IO, Final, cast

import zstandard

from watchfloor.ops.scan.sources import STANDARD_INPUT

DAMAGE: Final = (OSError, EOFError, lzma.LZMAError, zlib.error, zstandard.ZstdError, UnicodeError)
"""What reading a damaged stream may raise."""

_BUFFER: Final = 256 * 1024
_ZSTD_PIECE: Final = 1024  # a byte may stand for 32 KiB, so this is at most 32 MiB at once
_GZIP: Final = b"\x1f\x8b"
_XZ: Final = b"\xfd7zXZ\0"
_BZIP2: Final = b"BZh"
_ZSTD: Final = b"\x28\xb5\x2f\xfd"
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Stream:
    """An open file. `read` gives decompressed bytes; `position` counts the bytes taken from the file itself."""

    def __init__(self, path: Path) -> None:
        """Open `path` and look at its beginning. Raises one of `DAMAGE`."""
        self._file = _open(path)
        self._is_ours = path != STANDARD_INPUT
        self._counted = _Counted(self._file)
        try:
            self._content = _recoded(_decompressed(_buffered(self._counted)))
        except DAMAGE:
            self.close()
            raise

    @property
    def position(self) -> int:
        """How many bytes of the file have been taken."""
        return self._counted.taken

    def read(self, size: int) -> bytes:
        """The next `size` bytes, fewer only at the end. Raises one of `DAMAGE`."""
        return self._content.read(size)

    def close(self) -> None:
        """Close the file, if it was opened here."""
        if self._is_ours:
            self._file.close()


class _Counted(io.RawIOBase):
    """Counts what is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # the type of all buffers has no name before 3.12
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        self.taken += len(data)
        return len(data)


class _Zstandard(io.RawIOBase):
    """Frames of Zstandard, one after the other. Unlike the library's own reader it notices a frame that is cut off."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._frame: zstandard.ZstdDecompressionObj | None = None
        self._ready = b""
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # as above
        while not self._ready:
            piece = self._rest or self._source.read(_ZSTD_PIECE)
            if not piece:
                if self._frame is not None:
                    raise EOFError("The compressed file ends within a frame")
                return 0
            self._expand(piece)
        taken = self._ready[: len(buffer)]
        self._ready = self._ready[len(taken) :]
        buffer[: len(taken)] = taken
        return len(taken)

    def _expand(self, piece: bytes) -> None:
        if self._frame is None:
            self._frame = zstandard.ZstdDecompressor().decompressobj()
        self._ready = self._frame.decompress(piece)
        self._rest = b""
        if self._frame.eof:
            self._rest = self._frame.unused_data
            self._frame = None


def _open(path: Path) -> IO[bytes]:
    return sys.stdin.buffer if path == STANDARD_INPUT else path.open("rb", buffering=0)


def _buffered(raw: io.RawIOBase) -> "io.BufferedReader[io.RawIOBase]":
    return io.BufferedReader(raw, _BUFFER)


def _decompressed(source: "io.BufferedReader[io.RawIOBase]") -> IO[bytes]:
    head = source.peek(8)
    if head.startswith(_GZIP):
        return cast("IO[bytes]", gzip.GzipFile(fileobj=source, mode="rb"))
    if head.startswith(_XZ):
        return lzma.LZMAFile(source)
    if head.startswith(_BZIP2):
        return bz2.BZ2File(source)
    if head.startswith(_ZSTD):
        return _buffered(_Zstandard(source))
    return source


def _recoded(content: IO[bytes]) -> IO[bytes]:
    """The content in UTF-8, where it says of itself that it is UTF-16, as what Windows' shells write is."""
    buffered = _buffered(cast("io.RawIOBase", content))
    return _buffered(_Recoded(buffered)) if buffered.peek(2).startswith(_UTF16) else buffered


class _Recoded(io.RawIOBase):
    """UTF-16 as UTF-8; what is no letter becomes U+FFFD."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self._decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # as above
        while not self._ready:
            piece = self._source.read(_BUFFER)
            self._ready = self._decoder.decode(piece, final=not piece).encode("utf-8", errors="replace")
            if not piece:
                break
        taken = self._ready[: len(buffer)]
        self._ready = self._ready[len(taken) :]
        buffer[: len(taken)] = taken
        return len(taken)
