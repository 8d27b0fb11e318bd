"""Notices that the installation's rules changed, has them compiled, and hands over the new engine.

Compiling is another process's work, and opening goes frame by frame in a thread: batches go on meanwhile with the
rules that are there. A rule set that cannot be compiled is said so once and changes nothing.
"""

import asyncio
import contextlib
import gc
import logging
import os
import sys
import time
from collections.abc import Callable, Generator
from typing import Final, Literal

from watchfloor.detect.prefilter.engine import PrefilteredEngine
from watchfloor.kernel.config import Settings, environment_with
from watchfloor.kernel.errors import Invalid
from watchfloor.ops.rulesets.compiled import fingerprint, path_of, read_compiled, signature

SECONDS: Final = 3.0
"""How often the rules' files are looked at."""

_REST_SECONDS: Final = 0.001
_NICENESS: Final = 10
_logger: Final = logging.getLogger(__name__)


class RulesetWatch:
    """Watches the rules of one installation for one pipeline."""

    def __init__(self, settings: Settings, *, seconds: float = SECONDS) -> None:
        """What is on disk now is taken as known."""
        self._settings = settings
        self._seconds = seconds
        self._seen = signature(settings)
        self._complaint: str | None = None

    async def run(self, stop: asyncio.Event, change: Callable[[PrefilteredEngine], None]) -> None:
        """Calls `change` with each new engine, until `stop` is set."""
        stopping = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                await asyncio.wait({stopping}, timeout=self._seconds)
                looking = asyncio.create_task(self._look())
                try:
                    await asyncio.wait({stopping, looking}, return_when=asyncio.FIRST_COMPLETED)
                    engine = looking.result() if looking.done() else None
                finally:
                    await _end(looking)
                if engine is not None:
                    change(engine)
        finally:
            await _end(stopping)

    async def _look(self) -> PrefilteredEngine | None:
        """The engine of rules that changed since the last look; None if nothing did, or they are not fit to run."""
        try:
            found = await asyncio.to_thread(signature, self._settings)
            self._complaint = None
            if found == self._seen:
                return None
            self._seen = found
            path = path_of(self._settings, await asyncio.to_thread(fingerprint, self._settings))
        except OSError:
            return None  # a file went away between two looks: the next look tells
        except Invalid as fault:
            self._complain(str(fault))
            return None
        if not path.exists() and not await self._compile():
            return None
        with _uncollected():
            return await asyncio.to_thread(read_compiled, path, rest=_rest)

    async def _compile(self) -> bool:
        home = environment_with(WATCHFLOOR_HOME=str(self._settings.home))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "watchfloor.ops.cli", "rules", "compile"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env=home,
        )
        with contextlib.suppress(OSError):  # it has ended already
            os.setpriority(os.PRIO_PROCESS, process.pid, _NICENESS)
        try:
            _, complaint = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            self._complain(complaint.decode("utf-8", "replace").strip())
        return process.returncode == 0

    def _complain(self, complaint: str) -> None:
        """Says why changed rules are not at work; the same only once."""
        if complaint != self._complaint:
            self._complaint = complaint
            _logger.error("The rules changed and cannot be compiled; the earlier ones stay: %s", complaint)


@contextlib.contextmanager
def _uncollected() -> Generator[None]:
    """What is made inside is never looked through for garbage, which would hold up all threads for a tenth of a second.

    Rules are hundreds of thousands of objects that stay; what is in no cycle is freed all the same.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _rest() -> None:
    """Lets the threads that work batches have the interpreter for a moment: they wait for it at each turn."""
    time.sleep(_REST_SECONDS)


async def _end(task: "asyncio.Task[PrefilteredEngine | None] | asyncio.Task[Literal[True]]") -> None:
    """Ends the task, if it has not ended."""
    task.cancel()
    await asyncio.wait({task})
