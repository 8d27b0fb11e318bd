"""The rules as a process without an engine knows them: for listing, and for checking what people name.

Read when they are first asked for, and again when what they come from has changed.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from watchfloor.detect.finding import named_rule
from watchfloor.detect.rule import LoadReport, Rule

Load = Callable[[], LoadReport]
"""Reads the rules; may take seconds."""

Stamp = Callable[[], object]
"""Gives something that is equal as long as the rules would be; quick."""

_NEVER_READ: Final = object()


class Catalogue:
    """The rules of an installation."""

    def __init__(self, load: Load, stamp: Stamp) -> None:
        self._load = load
        self._stamp = stamp
        self._loaded = LoadReport(rules=(), faults=(), samples={})
        self._read: object = _NEVER_READ
        self._turn = asyncio.Lock()

    async def rules(self) -> tuple[Rule, ...]:
        """All that load, in the order of their paths."""
        return (await self.loaded()).rules

    async def loaded(self) -> LoadReport:
        """All that load, with their samples."""
        async with self._turn:
            return await asyncio.to_thread(self._current)

    async def rule(self, name: str) -> Rule:
        """The rule with this id, name or title. Raises NotFound."""
        return named_rule(await self.rules(), name)

    def _current(self) -> LoadReport:
        stamp = self._stamp()
        if stamp != self._read:
            self._loaded, self._read = self._load(), stamp
        return self._loaded
