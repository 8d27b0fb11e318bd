"""The processes that search: one task in, what it says out, then it ends.

Owns the walls around a search and the wire format: each message is its length (4 bytes, big-endian) and MessagePack.
One process has all libraries loaded and nothing else; for each search it makes a copy of itself, so that a search
begins in milliseconds, and nothing of one tenant can be left for the next. The copy can read one tenant's directory
and nothing else of the lake, holds the keys of the files that it was given, and has no network.
"""

import os
import signal
import socket
import struct
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from watchfloor.kernel.errors import WatchfloorError
from watchfloor.kernel.walls.confinement import confine, die_with_parent, limit_resources
from watchfloor.lake.files import LocalFiles
from watchfloor.search.budget import Budget
from watchfloor.search.finding import find
from watchfloor.search.question import Fault, Find, Said, Sweep, Task
from watchfloor.search.sweeping import sweep
from watchfloor.search.tallying import tally

MEMORY_BYTES: Final = 4 * 1024**3
"""Address space: files are mapped into it."""

OPEN_FILES: Final = 4_096
LENGTH: Final = struct.Struct(">I")
BEGIN: Final = b"+"

_PROCESSORS: Final = os.cpu_count() or 1
_ENCODER: Final = msgspec.msgpack.Encoder()
_TASK: Final = msgspec.msgpack.Decoder(Task)


def main(arguments: list[str]) -> int:
    """Makes a copy for each descriptor that comes through the socket named in the first argument, until it closes.

    What comes back for each is a descriptor of the copy's process, by which it can be ended.
    """
    die_with_parent()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=int(arguments[0])) as control:
        while True:
            message, descriptors, _, _ = socket.recv_fds(control, len(BEGIN), 1)
            if not message:
                return 0
            process = os.fork()
            if not process:
                control.close()
                _search(descriptors[0])
            own = os.pidfd_open(process)
            socket.send_fds(control, [BEGIN], [own])
            os.close(own)
            os.close(descriptors[0])


def _search(conversation: int) -> None:
    """Does one task in this process, and ends it."""
    status = 1
    try:
        with os.fdopen(conversation, "rb", closefd=False) as given, os.fdopen(conversation, "wb") as out:
            _work(given, out)
        status = 0
    finally:
        os._exit(status)


def _work(given: BinaryIO, out: BinaryIO) -> None:
    die_with_parent()
    head = given.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return
    task = _TASK.decode(given.read(LENGTH.unpack(head)[0]))
    seconds = int(task.limits.seconds + 1) * _PROCESSORS
    limit_resources(seconds=seconds, memory_bytes=MEMORY_BYTES, files=OPEN_FILES)
    confine([Path(task.directory)])
    try:
        for said in answer(task):
            _say(out, said)
    except WatchfloorError as fault:
        _say(out, Fault(code=fault.code, message=fault.message, where=fault.where, remedy=fault.remedy))


def answer(task: Task) -> Iterator[Said]:
    """What there is to say to a task. Raises what reading files and conditions raises."""
    files = LocalFiles(Path(task.directory).parent)
    budget = Budget(task.limits, of_rows=sum(piece.events for piece in task.pieces), now=time.monotonic)
    aim = task.aim
    if isinstance(aim, Find):
        said = find(files, task, aim, budget)
    elif isinstance(aim, Sweep):
        said = sweep(files, task, aim, budget)
    else:
        said = tally(files, task, aim, budget)
    for one in said:
        yield one
        budget.bytes += len(_ENCODER.encode(one))


def _say(out: BinaryIO, said: Said) -> None:
    message = _ENCODER.encode(said)
    out.write(LENGTH.pack(len(message)) + message)
    out.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
