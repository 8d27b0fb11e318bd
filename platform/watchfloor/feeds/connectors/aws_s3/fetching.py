"""Reads several objects at once, and hands on what is in them piece by piece.

Owns the readers and the bound on what they have read and nobody has taken yet, so that memory is the same for ten
objects and ten thousand; what is not read at all; and whose records are taken. An object that was finished before is
known by its mark and is not fetched again. What goes wrong with one object is handed on with it, and stops no other.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final, Self

import msgspec

from watchfloor.feeds.connectors.aws_s3.account import Account
from watchfloor.feeds.connectors.aws_s3.envelopes import Announcement
from watchfloor.feeds.connectors.aws_s3.objects import Regions, read_object
from watchfloor.feeds.connectors.aws_s3.parse import Parsed, account_of_key, is_read, object_mark, read_event
from watchfloor.feeds.connectors.connector import Pulled
from watchfloor.kernel.errors import Invalid, NotFound, WatchfloorError
from watchfloor.kernel.telemetry import CONNECTOR_OBJECTS

READERS: Final = 8
"""How many objects are read at once."""

_PIECES: Final = 24
_PIECE_RECORDS: Final = 1_000


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """Objects that belong together: those of one message, or one out of a listing."""

    objects: tuple[Announcement, ...]
    event: bytes | None = None
    receipt: str | None = None
    takes: int = 1
    sent_at: datetime | None = None


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """What was read. `done` is the job that ends with it, `fault` what kept it from a good end.

    `is_unreadable`: the fault is the object's own and will stay.
    """

    records: tuple[Pulled, ...] = ()
    strangers: tuple[tuple[str, str, int], ...] = ()
    marks: tuple[str, ...] = ()
    done: Job | None = None
    fault: WatchfloorError | None = None

    @property
    def is_unreadable(self) -> bool:
        """Whether the fault is the object's own and will stay."""
        return isinstance(self.fault, Invalid)


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """What is read: accounts, places as (bucket, prefix), and the time between `start` and `end` if it is bounded."""

    accounts: frozenset[str]
    places: tuple[tuple[str, str], ...]
    start: datetime | None = None
    end: datetime | None = None

    def has_place(self, place: Announcement) -> bool:
        """Whether the object lies in one of the places."""
        return any(place.bucket == bucket and place.key.startswith(prefix) for bucket, prefix in self.places)

    def has_time(self, record: Pulled) -> bool:
        """Whether the record's time is within; one without a time is."""
        if record.at is None or self.start is None or self.end is None:
            return True
        return self.start <= record.at < self.end


class Crew:
    """Readers at work, to be used as an asynchronous context manager."""

    def __init__(self, account: Account, regions: Regions, scope: Scope) -> None:
        """They begin within the context."""
        self._account = account
        self._regions = regions
        self._scope = scope
        self._jobs: asyncio.Queue[tuple[Job, frozenset[str]]] = asyncio.Queue()
        self._pieces: asyncio.Queue[Piece | BaseException | None] = asyncio.Queue()
        self._room = asyncio.Semaphore(_PIECES)
        self._readers: list[asyncio.Task[None]] = []
        self._under_way = 0
        self._is_idle = asyncio.Event()
        self._is_idle.set()

    async def __aenter__(self) -> Self:
        for _ in range(READERS):
            reader = asyncio.create_task(self._read())
            reader.add_done_callback(self.tell_end)
            self._readers.append(reader)
        return self

    async def __aexit__(self, *_: object) -> None:
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)

    async def begin(self, jobs: Sequence[Job]) -> None:
        """Gives the readers something to do. Raises what `known` raises."""
        marks = [mark for job in jobs for mark in map(_announced_mark, job.objects) if mark is not None]
        known = frozenset(await self._account.remote.known(marks)) if marks else frozenset[str]()
        self._under_way += len(jobs)
        if jobs:
            self._is_idle.clear()
        for job in jobs:
            self._jobs.put_nowait((job, known))

    def tell_end(self, task: "asyncio.Task[None]") -> None:
        """Has `next` raise what ended a task that this work cannot go on without."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self._pieces.put_nowait(error)

    async def finish(self) -> None:
        """Waits for what was begun, and has `next` answer None behind it."""
        await self._is_idle.wait()
        self._pieces.put_nowait(None)

    async def next(self) -> Piece | None:
        """The next piece; None where `finish` was called. Raises what ended a task."""
        return self._taken(await self._pieces.get())

    def next_if_any(self) -> Piece | None:
        """A piece, if one is there and is one. Raises what ended a task."""
        if self._pieces.empty():
            return None
        first = self._pieces.get_nowait()
        if first is None:
            self._pieces.put_nowait(None)
        return self._taken(first)

    def _taken(self, found: Piece | BaseException | None) -> Piece | None:
        if isinstance(found, BaseException):
            raise found
        if found is not None:
            self._room.release()
        return found

    async def _read(self) -> None:
        while True:
            job, known = await self._jobs.get()
            fault: WatchfloorError | None = None
            try:
                if job.event is not None:
                    await self._hand_on([read_event(job.event)], "queue")
                for place in job.objects:
                    await self._object(place, known)
            except WatchfloorError as error:
                fault = error
                _count("unreadable" if isinstance(error, Invalid) else "failed")
            await self._put(Piece(done=job, fault=fault))
            self._under_way -= 1
            if not self._under_way:
                self._is_idle.set()

    async def _object(self, place: Announcement, known: frozenset[str]) -> None:
        mark, account = _announced_mark(place), account_of_key(place.key)
        if not is_read(place.key) or place.size == 0:
            _count("passed")
        elif mark in known:
            _count("known")
        elif not self._scope.has_place(place):
            await self._put(Piece(strangers=((place.bucket, place.bucket, 1),)))
            _count("foreign")
        elif account is not None and account not in self._scope.accounts:
            await self._put(Piece(strangers=((account, place.bucket, 1),)))
            _count("foreign")
        else:
            try:
                await self._contents(place, mark)
            except NotFound:
                _count("gone")

    async def _contents(self, place: Announcement, announced: str | None) -> None:
        marks: list[str] = [announced] if announced is not None else []
        async with contextlib.aclosing(read_object(self._account, self._regions, place)) as parts:
            async for etag, found in parts:
                if found:
                    await self._hand_on(found, place.bucket)
                    continue
                mark = object_mark(place.bucket, place.key, etag)
                if mark not in marks:
                    if await self._account.remote.known([mark]):
                        _count("known")
                        return
                    marks.append(mark)
        await self._put(Piece(marks=tuple(marks)))
        _count("read")

    async def _hand_on(self, found: list[Parsed], bucket: str) -> None:
        ours: list[Pulled] = []
        strangers: Counter[str] = Counter()
        for parsed in found:
            if parsed.account is not None and parsed.account not in self._scope.accounts:
                strangers[parsed.account] += 1
            elif self._scope.has_time(parsed.record):
                ours.append(parsed.record)
        for start in range(0, len(ours), _PIECE_RECORDS):
            await self._put(Piece(records=tuple(ours[start : start + _PIECE_RECORDS])))
        if strangers:
            await self._put(Piece(strangers=tuple((account, bucket, count) for account, count in strangers.items())))

    async def _put(self, piece: Piece) -> None:
        await self._room.acquire()
        self._pieces.put_nowait(piece)


def _announced_mark(place: Announcement) -> str | None:
    return None if place.etag is None else object_mark(place.bucket, place.key, place.etag)


def _count(outcome: str) -> None:
    CONNECTOR_OBJECTS.labels(connector="aws_s3", outcome=outcome).inc()
