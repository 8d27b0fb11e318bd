"""One turn of one stream: its pages, one by one, until there is nothing left, time is up or something is wrong.

Owns the order: a page is durable before the next is asked for, and only then settled with the vendor. The stream is
held for as long as the turn lasts; a turn that lost it stops where it is and writes nothing more.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import AsyncGenerator, Sequence
from typing import Final, Literal, TypeAlias, cast

import msgspec

from watchfloor.feeds.connectors.connector import Connector, Cursor, Page, Remote
from watchfloor.feeds.connectors.running import queries
from watchfloor.feeds.connectors.running.commit import Fenced, Holding, store
from watchfloor.feeds.connectors.running.faults import shown, wait_after
from watchfloor.feeds.connectors.running.queries import TakenRow
from watchfloor.feeds.feed import Feed
from watchfloor.feeds.intake.queue import Intake
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.kernel.errors import Unavailable, WatchfloorError

TURN_SECONDS: Final = 60.0
"""After so long a turn ends with the page under way, so that others get theirs."""

PAGE_SECONDS: Final = 120.0
"""How long a connector may take for one page."""

LEASE_SECONDS: Final = 60.0
_OURS_SECONDS: Final = 5.0
"""How long a stream waits when it is we who have no room."""

Outcome: TypeAlias = Literal["done", "more", "fault", "full", "fenced"]

_log: Final = logging.getLogger(__name__)


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How long things may take."""

    turn_seconds: float = TURN_SECONDS
    page_seconds: float = PAGE_SECONDS
    lease_seconds: float = LEASE_SECONDS


class _OurFault(Exception):
    def __init__(self, fault: WatchfloorError) -> None:
        super().__init__(str(fault))
        self.fault = fault


class Turn:
    """A turn of a stream that is held."""

    def __init__(
        self,
        database: Database,
        intake: Intake,
        connector: Connector,
        remote: Remote,
        holding: Holding,
        *,
        pace: Pace,
        chance: random.Random,
    ) -> None:
        self._database = database
        self._intake = intake
        self._connector = connector
        self._remote = remote
        self._holding = holding
        self._pace = pace
        self._chance = chance
        self.records = 0
        self.pages = 0

    async def run(self, stop: asyncio.Event) -> Outcome:
        """Works until the turn is over. Raises Unavailable when our own database is away."""
        keeping = asyncio.create_task(self._keep())
        try:
            has_all = await self._pull(stop)
        except Fenced:
            _log.warning("a stream passed on to another runner")
            return "fenced"
        except _OurFault as ours:
            _log.warning("a stream waits for us: %s", ours.fault)
            await self._give_back(_OURS_SECONDS * (1 + self._chance.random()))
            return "full"
        except WatchfloorError as fault:
            await self._note(fault)
            return "fault"
        except Exception:  # noqa: BLE001  the edge: one connector's defect stops no other's work
            _log.exception("a connector failed in a way that it should not")
            await self._note(Unavailable("The connector failed in a way that it should not; the log has it."))
            return "fault"
        finally:
            keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeping
        await self._end(has_all=has_all)
        return "done" if has_all else "more"

    async def _pull(self, stop: asyncio.Event) -> bool:
        """Takes pages; True when there are no more now."""
        row = self._holding.row
        cursor = None if row.cursor is None else cast("Cursor", msgspec.json.decode(row.cursor))
        ends = time.monotonic() + self._pace.turn_seconds
        async with contextlib.aclosing(self._connector.pull(self._remote, row.name, cursor)) as pages:
            while not stop.is_set():
                page = await self._next(pages)
                if page is None:
                    return True
                await self._commit(page)
                if page.receipts:
                    await self._settle(page.receipts)
                if time.monotonic() >= ends:
                    break
        return False

    async def _next(self, pages: AsyncGenerator[Page]) -> Page | None:
        try:
            async with asyncio.timeout(self._pace.page_seconds):
                return await anext(pages)
        except StopAsyncIteration:
            return None
        except TimeoutError:
            raise Unavailable("The vendor took too long for one page.") from None

    async def _commit(self, page: Page) -> None:
        try:
            stored = await store(self._database, self._intake, self._holding, page)
        except Fenced:
            raise
        except WatchfloorError as fault:
            raise _OurFault(fault) from fault
        self.records += stored.records
        self.pages += 1

    async def _settle(self, receipts: Sequence[str]) -> None:
        try:
            async with asyncio.timeout(self._pace.page_seconds):
                await self._connector.settle(self._remote, self._holding.row.name, receipts)
        except TimeoutError:
            raise Unavailable("The vendor took too long to be told what is stored.") from None

    async def _keep(self) -> None:
        """Holds the stream for as long as the turn lasts; losing it shows at the next page."""
        row = self._holding.row
        while True:
            await asyncio.sleep(self._pace.lease_seconds / 3)
            with contextlib.suppress(WatchfloorError):
                async with tenant_tx(self._database, self._holding.feed.tenant_id) as tx:
                    if not await queries.hold(tx, row.id, epoch=row.epoch, seconds=self._pace.lease_seconds):
                        return

    async def _end(self, *, has_all: bool) -> None:
        row, every = self._holding.row, self._holding.stream.every.total_seconds()
        seconds = every * (1 + 0.1 * self._chance.random()) if has_all else 0.0
        async with tenant_tx(self._database, self._holding.feed.tenant_id) as tx:
            await queries.end_turn(tx, row.id, epoch=row.epoch, seconds=seconds, has_all=has_all)
            await queries.prove_connector(tx, row.feed_id)

    async def _give_back(self, seconds: float) -> None:
        row = self._holding.row
        async with tenant_tx(self._database, self._holding.feed.tenant_id) as tx:
            await queries.give_back(tx, row.id, epoch=row.epoch, seconds=seconds)

    async def _note(self, fault: WatchfloorError) -> None:
        held = self._holding
        await note(self._database, held.feed, held.row, fault, has_worked=self.pages > 0, chance=self._chance)


async def note(
    database: Database, feed: Feed, row: TakenRow, fault: WatchfloorError, *, has_worked: bool, chance: random.Random
) -> None:
    """Gives a stream back with what went wrong. `has_worked`: something came of the turn before that."""
    wait = wait_after(
        fault,
        stream_failures=0 if has_worked else row.failures,
        connector_failures=0 if has_worked else row.connector_failures,
        chance=chance,
    )
    _log.warning("the stream %s of a connector waits for %.0f s: %s", row.name, wait.stream_seconds, fault.code)
    async with tenant_tx(database, feed.tenant_id) as tx:
        is_noted = await queries.note_fault(tx, row.id, shown(fault), epoch=row.epoch, seconds=wait.stream_seconds)
        if is_noted and wait.is_failure:
            await queries.note_connector_failure(tx, row.feed_id, seconds=wait.connector_seconds)
