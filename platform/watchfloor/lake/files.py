"""Where the lake's files lie: a directory of this machine, or a bucket of an S3-compatible store.

Owns writing a file so that it is whole and durable or not there, and reading, listing and removing files. It knows
nothing of what is in them. Names are relative (`<tenant>/<day>/<id>.parquet`) and never used twice.
"""

import contextlib
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

import msgspec
import pyarrow as pa

from watchfloor.kernel.errors import Unavailable

UNFINISHED: Final = ".tmp"


class Lying(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is there, whether or not the manifest names it."""

    path: str
    stored_bytes: int
    written_at: datetime


class Files(Protocol):
    """A place for files. Every method raises Unavailable when the place cannot be reached or is full."""

    def put(self, path: str, content: bytes) -> None:
        """Writes a file: durable when this returns. There must be none of this name."""
        ...

    def open(self, path: str) -> pa.NativeFile:
        """The file, for reading at any position. Raises Unavailable when it is gone."""
        ...

    def read(self, path: str) -> bytes:
        """The file's content. Raises Unavailable when it is gone."""
        ...

    def remove(self, path: str) -> None:
        """Removes a file; one that is not there is no error."""
        ...

    def listed(self, folder: str) -> Iterator[Lying]:
        """All files under a folder, unfinished ones among them."""
        ...

    def remove_all(self, folder: str) -> int:
        """Removes a folder with all files in it; returns how many."""
        ...


class LocalFiles:
    """Files in a directory: written beside their place, flushed, renamed, and the directory flushed."""

    def __init__(self, directory: Path) -> None:
        """`directory` is made when the first file comes."""
        self._directory = directory

    def put(self, path: str, content: bytes) -> None:
        """See `Files.put`."""
        try:
            _write_durably(self._directory / path, content)
        except OSError as error:
            raise Unavailable(
                f"The lake cannot be written: {error.strerror}.",
                where=str(self._directory),
                remedy="Make room, or give the directory back to this program.",
            ) from None

    def open(self, path: str) -> pa.NativeFile:
        """See `Files.open`."""
        try:
            return pa.memory_map(str(self._directory / path))
        except OSError as error:
            raise _unreadable(path, error) from None

    def read(self, path: str) -> bytes:
        """See `Files.read`."""
        try:
            return (self._directory / path).read_bytes()
        except OSError as error:
            raise _unreadable(path, error) from None

    def remove(self, path: str) -> None:
        """See `Files.remove`."""
        (self._directory / path).unlink(missing_ok=True)

    def listed(self, folder: str) -> Iterator[Lying]:
        """See `Files.listed`. A file that is renamed or removed meanwhile is passed over."""
        for found in (self._directory / folder).rglob("*"):
            with contextlib.suppress(FileNotFoundError):
                status = found.stat()
                if found.is_file():
                    yield Lying(
                        path=str(found.relative_to(self._directory)),
                        stored_bytes=status.st_size,
                        written_at=datetime.fromtimestamp(status.st_mtime, UTC),
                    )

    def remove_all(self, folder: str) -> int:
        """See `Files.remove_all`."""
        directory = self._directory / folder
        files = sum(1 for found in directory.rglob("*") if found.is_file())
        if directory.exists():
            shutil.rmtree(directory)
            _flush_directory(self._directory)
        return files


def _unreadable(path: str, error: OSError) -> Unavailable:
    return Unavailable(
        f"A file of the lake cannot be read: {error.strerror or 'no such file'}.",
        where=path,
        remedy="Restore it from a backup.",
    )


def _write_durably(path: Path, content: bytes) -> None:
    _make_directory(path.parent)
    unfinished = path.with_name(path.name + UNFINISHED)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    _flush_directory(path.parent)


def _make_directory(directory: Path) -> None:
    """Makes a directory and those above it, each durable in the one above."""
    if not directory.exists():
        _make_directory(directory.parent)
        directory.mkdir(mode=0o700, exist_ok=True)
        _flush_directory(directory.parent)


def _flush_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
