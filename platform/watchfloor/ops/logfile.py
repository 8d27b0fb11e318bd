"""The files under `home/log` that child programs write to: private, appended to, and bounded.

A child holds its file open for as long as it lives, so a file that grew too large is copied aside and
cut, not renamed. At most two of them exist: the current and the one before.
"""

import asyncio
import contextlib
import os
import shutil
from pathlib import Path
from typing import Final, NoReturn

LIMIT_BYTES: Final = 50 * 1024 * 1024
"""A log file larger than this is moved aside."""

_TAIL_BYTES: Final = 64 * 1024


def open_log(path: Path) -> int:
    """Open `path` for appending, readable by its owner only; returns the file descriptor."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)


def bound(path: Path, *, limit_bytes: int = LIMIT_BYTES) -> None:
    """Move what `path` holds to `path.1` if it is over the limit; the writer goes on in the emptied file."""
    if not path.exists() or path.stat().st_size <= limit_bytes:
        return
    before = path.with_name(f"{path.name}.1")
    shutil.copyfile(path, before)
    before.chmod(0o600)
    os.truncate(path, 0)


async def keep_bounded(log_dir: Path, *, pause_seconds: float = 60.0) -> NoReturn:
    """Bound all logs of a directory again and again, until cancelled."""
    while True:
        await asyncio.to_thread(_bound_all, log_dir)
        await asyncio.sleep(pause_seconds)


def _bound_all(log_dir: Path) -> None:
    for path in log_dir.glob("*.log"):
        with contextlib.suppress(OSError):  # a full disk: the next round may find room
            bound(path)


def lines_since(path: Path, offset: int) -> list[str]:
    """What was written to `path` from byte `offset` on (its end, if that is much), as lines."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(min(offset, size), size - _TAIL_BYTES))
        return file.read().decode("utf-8", "replace").splitlines()
