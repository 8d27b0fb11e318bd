"""The shared rules as a process without an engine knows them: for listing, and for checking what people name.

Read from the content when they are first asked for, and again when its files change.
"""

import asyncio
from pathlib import Path

from watchfloor.detect.load import load_shared_rules, shared_folder
from watchfloor.detect.rule import Rule
from watchfloor.kernel.errors import NotFound

_Files = frozenset[tuple[str, int, int]]


class Catalogue:
    """The shared rules."""

    def __init__(self) -> None:
        self._rules: tuple[Rule, ...] = ()
        self._files: _Files | None = None
        self._turn = asyncio.Lock()

    async def rules(self) -> tuple[Rule, ...]:
        """All that load, in the order of their paths."""
        async with self._turn:
            return await asyncio.to_thread(self._current)

    async def rule(self, name: str) -> Rule:
        """The rule with this id, name or title. Raises NotFound."""
        return find(await self.rules(), name)

    def _current(self) -> tuple[Rule, ...]:
        files = _files(shared_folder())
        if files != self._files:
            self._rules, self._files = load_shared_rules().rules, files
        return self._rules


def find(rules: tuple[Rule, ...], name: str) -> Rule:
    """The rule with this id, name or title. Raises NotFound."""
    wanted = name.strip()
    for rule in rules:
        if wanted.lower() in (rule.id, rule.title.lower()) or (rule.name is not None and wanted == rule.name):
            return rule
    raise NotFound("There is no such rule.")


def _files(folder: Path) -> _Files:
    found: set[tuple[str, int, int]] = set()
    for file in folder.rglob("*.y*ml"):
        state = file.stat()
        found.add((str(file), state.st_mtime_ns, state.st_size))
    return frozenset(found)
