"""Files that only their owner may read (S5).

Owns how secret files are written (never readable by others for a moment, whole or not at all, on disk
before the call returns) and the checks before one is read. It knows nothing of what is inside.
"""

import fcntl
import os
import secrets
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from watchfloor.kernel.errors import Conflict, Invalid, Unavailable

_MODE: Final = 0o600
_MAX_BYTES: Final = 1_000_000


def read_private(path: Path) -> bytes:
    """The content of `path`.

    Raises Invalid if it is missing, no ordinary file, larger than 1 MB, readable or writable by group or
    others, owned by another account, or in a directory where anybody may replace it.
    """
    try:
        with path.open("rb") as file:
            _refuse_exposed(path, os.fstat(file.fileno()))
            return file.read(_MAX_BYTES)
    except FileNotFoundError:
        raise Invalid("The key file is missing.", where=str(path), remedy="Restore it from its backup.") from None
    except OSError as error:
        raise Invalid(f"The key file cannot be read: {error.strerror}.", where=str(path)) from None


def create_private(path: Path, content: bytes) -> None:
    """Write a new file. Raises Conflict if there is one, Unavailable if it cannot be written.

    It appears whole or not at all: of two processes that create it at once, one gets Conflict.
    """
    _write(path, content, replace=False)


def replace_private(path: Path, content: bytes) -> None:
    """Put new content in place of the old in one step. Raises Unavailable if it cannot be written."""
    _write(path, content, replace=True)


@contextmanager
def exclusive(path: Path) -> Generator[None]:
    """Keep other processes that call this for a file in the same directory waiting until the block ends."""
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _write(path: Path, content: bytes, *, replace: bool) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_whole(draft, content)
        if replace:
            draft.replace(path)
        else:
            _link(draft, path)
        _sync_directory(path.parent)
    except OSError as error:
        raise Unavailable(
            f"The file cannot be written: {error.strerror}.", where=str(path), remedy="Check space and permissions."
        ) from None
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _link(draft: Path, path: Path) -> None:
    """Give the draft its name. A hard link, unlike a rename, fails where the name is taken."""
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        raise Conflict("The file exists already and is kept as it is.", where=str(path)) from None


def _write_whole(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refuse_exposed(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode) or found.st_size > _MAX_BYTES:
        raise Invalid("This is not a key file.", where=str(path))
    if found.st_mode & 0o077:
        raise Invalid("Others can read or change this file.", where=str(path), remedy=f"Run chmod 600 {path}.")
    if os.geteuid() != 0 and found.st_uid not in (0, os.geteuid()):
        raise Invalid("This file belongs to another account.", where=str(path), remedy="Run chown on it.")
    directory = path.parent.stat()
    if directory.st_mode & stat.S_IWOTH and not directory.st_mode & stat.S_ISVTX:
        raise Invalid("Anybody can replace this file.", where=str(path), remedy=f"Run chmod 700 {path.parent}.")
