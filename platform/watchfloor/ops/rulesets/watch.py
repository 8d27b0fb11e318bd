"""Notices that the installation's rules changed, has them compiled, and hands over the new engine.

Compiling is another process's work, and opening goes frame by frame in a thread: batches go on meanwhile with the
rules that are there. A rule set that cannot be compiled is said so once and changes nothing.
"""

import asyncio
import contextlib
import logging
import sys
from collections.abc import Callable
from typing import Final

from watchfloor.detect.prefilter.engine import PrefilteredEngine
from watchfloor.kernel.config import Settings, environment_with
from watchfloor.ops.rulesets.compiled import fingerprint, path_of, read_compiled, signature

SECONDS: Final = 3.0
"""How often the rules' files are looked at."""

_logger: Final = logging.getLogger(__name__)


class RulesetWatch:
    """Watches the rules of one installation for one pipeline."""

    def __init__(self, settings: Settings, *, seconds: float = SECONDS) -> None:
        """What is on disk now is taken as known."""
        self._settings = settings
        self._seconds = seconds
        self._seen = signature(settings)

    async def run(self, stop: asyncio.Event, change: Callable[[PrefilteredEngine], None]) -> None:
        """Calls `change` with each new engine, until `stop` is set."""
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self._seconds)
                return
            engine = await self._look()
            if engine is not None:
                change(engine)

    async def _look(self) -> PrefilteredEngine | None:
        """The engine of rules that changed since the last look; None if nothing did, or they are not fit to run."""
        try:
            found = await asyncio.to_thread(signature, self._settings)
            if found == self._seen:
                return None
            self._seen = found
            path = path_of(self._settings, await asyncio.to_thread(fingerprint, self._settings))
        except OSError:
            return None  # a file went away between two looks: the next look tells
        if not path.exists() and not await self._compile():
            return None
        return await asyncio.to_thread(read_compiled, path)

    async def _compile(self) -> bool:
        home = environment_with(WATCHFLOOR_HOME=str(self._settings.home))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "watchfloor.ops.cli", "rules", "compile"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env=home,
        )
        _, complaint = await process.communicate()
        if process.returncode:
            _logger.error(
                "The rules changed and cannot be compiled; the earlier ones stay: %s",
                complaint.decode("utf-8", "replace").strip(),
            )
        return process.returncode == 0
