"""What the supervisor keeps alive: embedded servers and our own programs look alike to it."""

import asyncio
import contextlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

from watchfloor.kernel.errors import Unavailable
from watchfloor.ops.child import Child, spawn

_READY_SECONDS: Final = 60.0


class Service(Protocol):
    """Something that is started, runs until it ends or is stopped, and can be started again."""

    @property
    def name(self) -> str:
        """What people and log files call it."""
        ...

    async def start(self) -> None:
        """Start it and return once it is ready. Raises a WatchfloorError if it cannot be."""
        ...

    async def wait(self) -> int:
        """Wait until it has ended; returns its exit code (negative: the signal)."""
        ...

    async def stop(self) -> None:
        """End it; returns once it has ended."""
        ...


class Program:
    """One of our own long-running commands.

    It is handed a pipe as `--ready-fd N` and writes a line to it when it is ready to work, which holds
    for programs with and without a port.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        log_dir: Path,
        environment: Mapping[str, str] | None = None,
        ready_seconds: float = _READY_SECONDS,
    ) -> None:
        self.name = name
        self._argv = argv
        self._environment = environment
        self._log = log_dir / f"{name}.log"
        self._ready_seconds = ready_seconds
        self._child: Child | None = None

    @property
    def pid(self) -> int | None:
        """The program's process id while it runs."""
        return self._child.pid if self._child and self._child.exit_code() is None else None

    async def start(self) -> None:
        """Start it and wait for its line. Raises Unavailable, with its last words, if it ends before."""
        ready, ready_end = os.pipe()
        try:
            self._child = spawn(
                [*self._argv, "--ready-fd", str(ready_end)],
                name=self.name,
                log=self._log,
                environment=self._environment,
                keep_open=(ready_end,),
            )
        finally:
            os.close(ready_end)
        try:
            async with asyncio.timeout(self._ready_seconds):
                is_ready = await _line(ready)
                if not is_ready:  # its end of the pipe closes a moment before it has ended
                    await self._child.wait()
        except TimeoutError:
            is_ready = False
        except asyncio.CancelledError:
            await self.stop()
            raise
        finally:
            os.close(ready)
        if not is_ready:
            raise await self._failed(self._child)

    async def wait(self) -> int:
        """Wait until it has ended; returns its exit code (negative: the signal)."""
        return await self._child.wait() if self._child else 0

    async def stop(self) -> None:
        """End it: SIGTERM, and SIGKILL if it takes longer than 20 s."""
        if self._child:
            await self._child.stop()

    async def _failed(self, child: Child) -> Unavailable:
        code = child.exit_code()
        await child.stop()
        said = [line for line in child.said() if line.strip()]
        reason = said[-1] if said else "it said nothing"
        ended = f"was not ready within {self._ready_seconds:.0f} s" if code is None else f"ended with code {code}"
        return Unavailable(f"The {self.name} process {ended}: {reason}", where=str(child.log))


async def _line(descriptor: int) -> bool:
    """Wait for a line on a pipe; False if it is closed without one."""
    readable = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(descriptor, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(descriptor)
    return bool(os.read(descriptor, 16))


def announce_ready(descriptor: int | None) -> None:
    """Tell the supervisor, from inside a program, that it is ready to work. Nothing to do if nobody asked."""
    if descriptor is None:
        return
    with contextlib.suppress(OSError):  # nobody listens any more: then nobody needs to know
        os.write(descriptor, b"ready\n")
    os.close(descriptor)
