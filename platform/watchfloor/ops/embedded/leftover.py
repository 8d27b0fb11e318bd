"""Server processes that an earlier, killed run left on a data directory.

A data directory belongs to one run at a time (the instance lock sees to that), so whatever still works in it
when we start is a leftover and is ended before anything else. Processes are known by their program and their
data directory, not by a number in a file, which may by now be another program's.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_POLL_SECONDS: Final = 0.05


def leftovers(data_dir: Path, program: str) -> list[int]:
    """Ids of the processes of `program` that work in `data_dir`. Empty where there is no /proc."""
    return [pid for pid in _processes() if _works_in(_PROC / str(pid), data_dir, program)]


async def end_leftovers(data_dir: Path, program: str, *, number: signal.Signals, patience_seconds: float) -> int:
    """End what is left on `data_dir`: `number` first, SIGKILL after `patience_seconds`; returns how many there were."""
    found = leftovers(data_dir, program)
    for step, seconds in ((number, patience_seconds), (signal.SIGKILL, 5.0)):
        remaining = leftovers(data_dir, program)
        if not remaining:
            break
        for pid in remaining:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, step)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await _all_gone(data_dir, program)
    return len(found)


async def _all_gone(data_dir: Path, program: str) -> None:
    while leftovers(data_dir, program):  # noqa: ASYNC110 - the end of a process that is no child is no event
        await asyncio.sleep(_POLL_SECONDS)


def _processes() -> Iterator[int]:
    if _PROC.is_dir():
        yield from (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdecimal())


def _works_in(process: Path, data_dir: Path, program: str) -> bool:
    """Whether the process runs `program` with `data_dir` as an argument or as its working directory."""
    try:
        if (process / "comm").read_text().strip() != program:
            return False
        arguments = (process / "cmdline").read_bytes().split(b"\0")
    except OSError:  # it ended while we looked
        return False
    if os.fsencode(data_dir) in arguments:
        return True
    try:
        return (process / "cwd").readlink() == data_dir
    except OSError:  # not ours to look at: then it is known by its arguments or not at all
        return False
