"""A connector driven by hand, a turn at a time, with a clock that can be set: for the traps of one vendor."""

import contextlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from watchfloor.feeds.connectors.connector import Connector, Cursor, Page, Remote
from watchfloor.feeds.connectors.reach import open_egress
from watchfloor.kernel.clock import FixedClock
from watchfloor.kernel.secret import Secret

NOW: Final = datetime(2026, 11, 23, 14, 20, tzinfo=UTC)
_SECRETS: Final = frozenset({"client_secret", "certificate", "sas"})


class Drive:
    """Stores what a runner would: each page before the next is asked for, records by their keys, and the cursor."""

    def __init__(
        self,
        connector: Connector,
        stream: str,
        *,
        given: Mapping[str, str],
        stand_ins: Mapping[str, str],
        now: datetime = NOW,
    ) -> None:
        self.clock = FixedClock(now)
        self.cursor: Cursor | None = None
        self.records: dict[str, bytes] = {}
        self.strangers: Counter[str] = Counter()
        self.pages: list[Page] = []
        self.repeats = 0
        self.given = dict(given)
        self.stand_ins = stand_ins
        self._connector = connector
        self._stream = stream
        self._known: set[str] = set()

    @property
    def remote(self) -> Remote:
        return Remote(
            settings={name: value for name, value in self.given.items() if name not in _SECRETS},
            secrets={name: Secret(value) for name, value in self.given.items() if name in _SECRETS},
            egress=open_egress(self.stand_ins),
            clock=self.clock,
            known=self._find,
            stand_ins=self.stand_ins,
        )

    async def turn(self, *, most_pages: int | None = None) -> list[bytes]:
        """Pages until there are no more, or as many as that; gives the records that are new."""
        fresh: list[bytes] = []
        async with contextlib.aclosing(self._connector.pull(self.remote, self._stream, self.cursor)) as pages:
            count = 0
            async for page in pages:
                fresh += self._store(page)
                count += 1
                if count == most_pages:
                    break
        return fresh

    def _store(self, page: Page) -> list[bytes]:
        self.pages.append(page)
        fresh = [record for record in page.records if record.key not in self._known]
        self.repeats += len(page.records) - len(fresh)
        for record in fresh:
            assert record.key not in self.records
            self.records[record.key] = record.body
        self._known |= {record.key for record in fresh} | set(page.marks)
        for stranger in page.strangers:
            self.strangers[stranger.account] += stranger.records
        if page.cursor is not None:
            self.cursor = msgspec.json.decode(msgspec.json.encode(page.cursor), type=dict)
        return [record.body for record in fresh]

    async def _find(self, keys: Sequence[str]) -> set[str]:
        return self._known.intersection(keys)
