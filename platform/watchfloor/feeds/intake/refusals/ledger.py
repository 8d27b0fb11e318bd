"""Counts what is turned away, without making a flood of refusals a flood of writes.

Owns the adding up in memory, written every few seconds while there is anything; a process that is killed forgets the
last of them. Reading is by hour.
"""

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Final

import msgspec

from watchfloor.feeds.feed import Feed
from watchfloor.feeds.intake.backlog import Cause
from watchfloor.feeds.intake.refusals import queries
from watchfloor.feeds.intake.refusals.queries import RefusedHour
from watchfloor.kernel.db import Database, TenantTx, tenant_tx
from watchfloor.kernel.errors import WatchfloorError
from watchfloor.kernel.ids import FeedId, TenantId

WRITE_SECONDS: Final = 2.0
DAYS_KEPT: Final = 400

_logger: Final = logging.getLogger(__name__)


class _Tally(msgspec.Struct):
    requests: int = 0
    events: int = 0
    raw_bytes: int = 0


class RefusalLedger:
    """What this process turned away."""

    def __init__(self, database: Database) -> None:
        """`database` is one of wf_app."""
        self._database = database
        self._tallies: dict[TenantId, dict[tuple[FeedId, Cause], _Tally]] = {}
        self._writing: asyncio.Task[None] | None = None
        self._is_closing = asyncio.Event()

    def count_refused(self, feed: Feed, *, cause: Cause, events: int = 0, raw_bytes: int = 0) -> None:
        """Counts a request that was turned away; `events` and `raw_bytes` are what is known of it."""
        tally = self._tallies.setdefault(feed.tenant_id, {}).setdefault((feed.id, cause), _Tally())
        tally.requests += 1
        tally.events += events
        tally.raw_bytes += raw_bytes
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_soon())

    async def close(self) -> None:
        """Writes what is left."""
        self._is_closing.set()
        if self._writing is not None:
            await self._writing
        await self.write()

    async def write(self) -> None:
        """Writes what was counted since the last time. What cannot be written is counted on."""
        for tenant_id in list(self._tallies):
            tallies = self._tallies.pop(tenant_id)
            rows: list[tuple[FeedId, Cause, int, int, int]] = [
                (feed, cause, t.requests, t.events, t.raw_bytes) for (feed, cause), t in tallies.items()
            ]
            try:
                async with tenant_tx(self._database, tenant_id) as tx:
                    await queries.add_refusals(tx, rows)
            except (WatchfloorError, OSError) as error:
                _logger.warning("Refusals are counted later: %s", error)
                self._give_back(tenant_id, tallies)
                return

    async def _write_soon(self) -> None:
        try:
            async with asyncio.timeout(WRITE_SECONDS):
                await self._is_closing.wait()
        except TimeoutError:
            await self.write()

    def _give_back(self, tenant_id: TenantId, tallies: dict[tuple[FeedId, Cause], _Tally]) -> None:
        kept = self._tallies.setdefault(tenant_id, {})
        for key, tally in tallies.items():
            newer = kept.setdefault(key, _Tally())
            newer.requests += tally.requests
            newer.events += tally.events
            newer.raw_bytes += tally.raw_bytes


async def list_refused(tx: TenantTx, *, since: datetime) -> list[RefusedHour]:
    """What was turned away of the tenant's feeds in each hour, from the hour in which `since` lies."""
    return await queries.select_refusals(tx, since=since - timedelta(hours=1))


async def forget_refused(tx: TenantTx) -> int:
    """Forgets figures that nothing asks for any more. For a regular job."""
    return await queries.delete_refusals(tx, older_than_days=DAYS_KEPT)
