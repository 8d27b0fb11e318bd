"""Starts searches in processes of their own, listens to them, and ends them on time.

Owns the way to a process and back; what walls it has is `worker`'s part. A process is used for one search.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import AsyncGenerator
from typing import Final

import msgspec

from watchfloor.kernel.errors import Conflict, Invalid, NotFound, Refused, TooLarge, Unavailable, WatchfloorError
from watchfloor.search.question import End, Fault, Said, Task
from watchfloor.search.worker import BEGIN, LENGTH

GRACE_SECONDS: Final = 5.0
"""How long past its own limit a search may go on until it is killed: one group of rows."""

_ERRORS: Final[dict[str, type[WatchfloorError]]] = {
    kind.code: kind for kind in (NotFound, Refused, Conflict, Invalid, TooLarge)
}
_ENCODER: Final = msgspec.msgpack.Encoder()
_SAID: Final = msgspec.msgpack.Decoder(Said)
_LONGEST_MESSAGE: Final = 64_000_000


class Searchers:
    """Runs searches, `most` at a time; the others wait. The first one starts what all are copied from."""

    def __init__(self, *, most: int = 4) -> None:
        self._slots = asyncio.Semaphore(most)
        self._original: _Original | None = None
        self._starting = asyncio.Lock()

    async def search(self, task: Task) -> AsyncGenerator[Said]:
        """All that is said to the task; the last is an `End`. Closing the generator ends the search at once.

        Raises Unavailable when no process can be had, or it broke or hung; and what reading the files raised.
        """
        async with self._slots:
            copy = await self._copy()
            try:
                async with asyncio.timeout(task.limits.seconds + GRACE_SECONDS):
                    await copy.give(task)
                    async for said in copy.listen():
                        yield said
                        if isinstance(said, End):
                            return
            except TimeoutError:
                raise Unavailable(
                    f"The search did not answer within {task.limits.seconds:g} s.",
                    remedy="Ask for less time, or narrow the search.",
                ) from None
            finally:
                copy.end()

    async def close(self) -> None:
        """Ends the process that all are copied from, and with it every search."""
        if self._original is not None:
            await self._original.end()
            self._original = None

    async def _copy(self) -> "_Copy":
        async with self._starting:
            if self._original is not None:
                with contextlib.suppress(OSError):  # it was killed: another takes its place
                    return await self._original.copy()
                await self._original.end()
            self._original = await _Original.start()
            try:
                return await self._original.copy()
            except OSError as fault:
                raise Unavailable(f"The process for a search could not be started: {fault.strerror}.") from None


class _Copy:
    """A process with one search."""

    def __init__(self, process: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer

    async def give(self, task: Task) -> None:
        message = _ENCODER.encode(task)
        with contextlib.suppress(ConnectionError):  # it ended early; its silence tells
            self._writer.write(LENGTH.pack(len(message)) + message)
            await self._writer.drain()

    async def listen(self) -> AsyncGenerator[Said]:
        while True:
            try:
                (length,) = LENGTH.unpack(await self._reader.readexactly(LENGTH.size))
                if length > _LONGEST_MESSAGE:
                    raise Unavailable("The process for a search answered with nonsense.")
                said = _SAID.decode(await self._reader.readexactly(length))
            except (asyncio.IncompleteReadError, ConnectionError, msgspec.DecodeError):
                raise Unavailable("The process for a search ended without an answer.") from None
            if isinstance(said, Fault):
                kind = _ERRORS.get(said.code, Unavailable)
                raise kind(said.message, where=said.where, remedy=said.remedy)
            yield said

    def end(self) -> None:
        """Kills it, if it still runs."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._process, signal.SIGKILL)
        os.close(self._process)
        self._writer.close()


class _Original:
    """The process that searches are copied from."""

    def __init__(self, process: asyncio.subprocess.Process, control: socket.socket) -> None:
        self._process = process
        self._control = control

    @classmethod
    async def start(cls) -> "_Original":
        mine, theirs = socket.socketpair()
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-B", "-m", "watchfloor.search.worker", str(theirs.fileno())),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                cwd="/",
                env={"LC_ALL": "C.UTF-8", "TZ": "UTC"},
                start_new_session=True,
            )
        except OSError as fault:
            mine.close()
            raise Unavailable(f"The process for a search could not be started: {fault.strerror}.") from None
        finally:
            theirs.close()
        return cls(process, mine)

    async def copy(self) -> _Copy:
        """A process for one search. Raises OSError if this one is gone."""
        mine, theirs = socket.socketpair()
        try:
            process = await asyncio.to_thread(self._ask_for_copy, theirs)
        except OSError:
            mine.close()
            raise
        finally:
            theirs.close()
        return _Copy(process, *(await asyncio.open_connection(sock=mine)))

    async def end(self) -> None:
        self._control.close()
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    def _ask_for_copy(self, conversation: socket.socket) -> int:
        socket.send_fds(self._control, [BEGIN], [conversation.fileno()])
        _, descriptors, _, _ = socket.recv_fds(self._control, len(BEGIN), 1)
        if not descriptors:
            raise BrokenPipeError
        return descriptors[0]
