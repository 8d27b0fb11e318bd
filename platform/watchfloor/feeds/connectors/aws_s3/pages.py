"""Pages out of pieces: those of the queues, while they have anything, and those of a window in the past.

Owns what happens to a message. It is kept hidden from others for as long as it is worked on, and settled by the runner
once everything in it is durable. One whose object is gone is settled; one whose object cannot be read is left alone, so
that the queue's own dead-letter queue has it in the end, and is settled only where there is none; whatever else is not
settled when the pages end is given back.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from typing import Final

import msgspec

from watchfloor.feeds.connectors.aws_s3 import queues
from watchfloor.feeds.connectors.aws_s3.account import Account
from watchfloor.feeds.connectors.aws_s3.envelopes import Message, read_message
from watchfloor.feeds.connectors.aws_s3.fetching import Crew, Job, Piece
from watchfloor.feeds.connectors.aws_s3.queues import Taken
from watchfloor.feeds.connectors.connector import Cursor, Denied, Malformed, Page, Pulled, Stranger
from watchfloor.kernel.errors import Unavailable, WatchfloorError
from watchfloor.kernel.telemetry import CONNECTOR_OBJECTS

PAGE_RECORDS: Final = 2_000
PAGE_BYTES: Final = 4_000_000
_PAGE_JOBS: Final = 40
_MOST_HELD: Final = 40
_DENIED_SECONDS: Final = 900
_GRACE_SECONDS: Final = 2
_FAULTS_IN_A_ROW: Final = 3
_GIVE_UP_TAKES: Final = 10
"""How often a message is taken whose object cannot be read, where no dead-letter queue takes it first."""


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How long a queue is asked for messages, and how long they are hidden unless it is told again.

    The wait is short of the twenty seconds that SQS allows, because a stream holds a slot of the runner meanwhile.
    """

    wait_seconds: int = 5
    hidden_seconds: int = 120


class PageBuilder:
    """A page in the making."""

    def __init__(self) -> None:
        """Empty."""
        self._records: list[Pulled] = []
        self._marks: list[str] = []
        self._strangers: dict[tuple[str, str], int] = {}
        self._bytes = self._jobs = 0
        self._newest: datetime | None = None
        self.receipts: list[str] = []

    @property
    def is_full(self) -> bool:
        """Whether nothing more is to be put into it."""
        return len(self._records) >= PAGE_RECORDS or self._bytes >= PAGE_BYTES or self._jobs >= _PAGE_JOBS

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in it to be stored or settled."""
        return not (self._records or self._marks or self._strangers or self.receipts)

    def add(self, piece: Piece) -> None:
        """Adds what was read."""
        self._records += piece.records
        self._marks += piece.marks
        self._jobs += piece.done is not None
        for record in piece.records:
            self._bytes += len(record.body)
            if record.at is not None and (self._newest is None or record.at > self._newest):
                self._newest = record.at
        for account, place, count in piece.strangers:
            self._strangers[account, place] = self._strangers.get((account, place), 0) + count

    def page(self, *, cursor: Cursor | None = None, behind: timedelta | None = None) -> Page:
        """The page."""
        return Page(
            records=tuple(self._records),
            cursor=cursor,
            marks=tuple(self._marks),
            receipts=tuple(self.receipts),
            strangers=tuple(
                Stranger(account=account, place=place, records=count)
                for (account, place), count in self._strangers.items()
            ),
            newest=self._newest,
            behind=behind,
        )


class Delivery:
    """The queues of an account, from now until they are empty."""

    def __init__(self, account: Account, crew: Crew, pace: Pace) -> None:
        """Nothing is taken yet."""
        self._account = account
        self._crew = crew
        self._pace = pace
        self._held: dict[str, datetime | None] = {}
        self._has_room = asyncio.Condition()
        self._fault: WatchfloorError | None = None
        self._faults = 0
        self._denied: list[str] = []
        self._is_ending = False

    async def pages(self) -> AsyncGenerator[Page]:
        """What the queues announce. Raises what the first of three objects in a row came to grief on."""
        receivers = [asyncio.create_task(self._receive(queue)) for queue in self._account.queues]
        tasks = [*receivers, asyncio.create_task(self._finish(receivers)), asyncio.create_task(self._keep())]
        for task in tasks:
            task.add_done_callback(self._crew.tell_end)
        try:
            async with contextlib.aclosing(self._built()) as built:
                async for page in built:
                    yield page
                    await self._release(page.receipts)
            if self._fault is not None:
                raise self._fault
            if self._denied:
                # The others went well, so these would only come back at once to be denied again.
                await queues.hold(self._account, self._denied, seconds=_DENIED_SECONDS)
                await self._release(self._denied)
        finally:
            await self._stop(receivers)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            with contextlib.suppress(WatchfloorError):
                await queues.hold(self._account, self._held, seconds=0)

    async def _stop(self, receivers: "list[asyncio.Task[None]]") -> None:
        """Lets the requests for messages come to their end: what they are handed is to be given back, too."""
        self._is_ending = True
        async with self._has_room:
            self._has_room.notify_all()
        await asyncio.wait(receivers, timeout=self._pace.wait_seconds + _GRACE_SECONDS)

    async def _built(self) -> AsyncGenerator[Page]:
        while (piece := await self._crew.next()) is not None:
            builder, last_straw = PageBuilder(), None
            while piece is not None:
                builder.add(piece)
                if piece.done is not None:
                    last_straw = await self._judge(piece, piece.done, builder)
                is_enough = builder.is_full or last_straw is not None
                piece = None if is_enough else self._crew.next_if_any()
            if not builder.is_empty:
                yield builder.page(behind=self._behind(builder.receipts))
            if last_straw is not None:
                raise last_straw

    async def _judge(self, piece: Piece, job: Job, builder: PageBuilder) -> WatchfloorError | None:
        """Decides what becomes of a message that was worked on. Returns the fault that is one too many, if it is."""
        receipt, fault = job.receipt or "", piece.fault
        if fault is None or (piece.is_unreadable and job.takes >= _GIVE_UP_TAKES):
            builder.receipts.append(receipt)
            self._fault, self._faults = None, 0
            return None
        if piece.is_unreadable:
            await self._release([receipt])
            return None
        self._fault, self._faults = fault, self._faults + 1
        if isinstance(fault, Denied):
            self._denied.append(receipt)
        is_alone = isinstance(fault, Denied) or type(fault) is Unavailable
        return None if is_alone and self._faults < _FAULTS_IN_A_ROW else fault

    async def _receive(self, queue: str) -> None:
        while True:
            async with self._has_room:
                await self._has_room.wait_for(lambda: self._is_ending or len(self._held) < _MOST_HELD)
            if self._is_ending:
                return
            # Who has work asks briefly, so that an end need not wait.
            wait = min(self._pace.wait_seconds, 1) if self._held else self._pace.wait_seconds
            found = await queues.take(self._account, queue, wait_seconds=wait, hidden_seconds=self._pace.hidden_seconds)
            self._held |= {taken.receipt: taken.sent_at for taken in found}
            if not found or self._is_ending:
                return
            await self._crew.begin([job for job in map(self._job, found) if job is not None])

    def _job(self, taken: Taken) -> Job | None:
        try:
            message = read_message(taken.body)
        except Malformed:
            CONNECTOR_OBJECTS.labels(connector="aws_s3", outcome="unknown_message").inc()
            if taken.takes < _GIVE_UP_TAKES:
                self._held.pop(taken.receipt, None)
                return None
            message = Message()
        return Job(
            objects=message.objects,
            event=message.event,
            receipt=taken.receipt,
            takes=taken.takes,
            sent_at=taken.sent_at,
        )

    async def _finish(self, receivers: "list[asyncio.Task[None]]") -> None:
        await asyncio.wait(receivers)
        await self._crew.finish()

    async def _keep(self) -> None:
        """Tells the queues now and then that the messages are still worked on."""
        while True:
            await asyncio.sleep(self._pace.hidden_seconds / 2)
            with contextlib.suppress(WatchfloorError):
                await queues.hold(self._account, list(self._held), seconds=self._pace.hidden_seconds)

    async def _release(self, receipts: "list[str] | tuple[str, ...]") -> None:
        async with self._has_room:
            for receipt in receipts:
                self._held.pop(receipt, None)
            self._has_room.notify_all()

    def _behind(self, settled: list[str]) -> timedelta:
        waiting = [at for receipt, at in self._held.items() if at is not None and receipt not in settled]
        return self._account.remote.clock.now() - min(waiting) if waiting else timedelta(0)
