"""One container, read from its bookmark on.

Owns what is looked at again: the blobs of the last hours, for they grow, and now and then those of the last day, for
some come late. A blob that is finished has a mark with its size; should it have grown since, it is read anew, and what
was stored of it is not stored again.
"""

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from typing import Final

import msgspec

from watchfloor.feeds.connectors.azure_blob.bookmark import Bookmark, Open, digest
from watchfloor.feeds.connectors.azure_blob.hours import days, floor, hour_of, is_year
from watchfloor.feeds.connectors.azure_blob.parse import read_lines
from watchfloor.feeds.connectors.azure_blob.store import Blob, Store
from watchfloor.feeds.connectors.connector import Malformed, Page

RELIST: Final = timedelta(hours=3)
"""For so long after its hour's beginning a blob may grow or appear, and is looked at each time."""

SWEEP_EVERY: Final = timedelta(hours=1)
SWEEP_BACK: Final = timedelta(hours=24)
LOOK_EVERY: Final = timedelta(minutes=10)
CHUNK: Final = 4_000_000
"""So many bytes are read at once; no line is longer."""

_MOST_FOLDERS: Final = 1_000


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A blob of a diagnostic setting, and the hour that it is of."""

    blob: Blob
    hour: datetime


class Reader:
    """A container, or the part of it below a prefix."""

    def __init__(
        self, store: Store, place: str, bookmark: Bookmark, *, run: str, end: datetime | None, chunk: int = CHUNK
    ) -> None:
        """`place` is `container/prefix`. With an `end` it is a backfill, whose name is `run`."""
        self._store = store
        self._container, _, self._prefix = place.partition("/")
        self._bookmark = bookmark
        self._run = run
        self._end = end
        self._chunk = chunk
        self._owners = frozenset(value.lower() for value in store.remote.values("accounts"))

    async def pages(self) -> AsyncGenerator[Page]:
        """What is new, without cursors: the bookmark is right each time that one is given."""
        mark = self._bookmark
        if mark.is_done:
            return
        now = self._store.remote.clock.now()
        await self._look(now)
        low, start, is_sweep = self._span(now)
        found = [one for one in await self._list(start, self._end or now) if one.hour >= floor(start)]
        finished = await self._finished([one for one in found if one.hour < low])
        for one in sorted(found, key=lambda one: (one.hour, one.blob.name)):
            if one.blob.name not in finished:
                behind = max(now - one.hour - timedelta(hours=1), timedelta())
                async for page in self._blob(one, is_old=one.hour < low):
                    yield msgspec.structs.replace(page, behind=behind)
        mark.open = {name: state for name, state in mark.open.items() if state.hour >= int(low.timestamp())}
        mark.is_done = self._end is not None
        mark.to = max(mark.to, now) if self._end is None else mark.to
        mark.swept = now if is_sweep else mark.swept
        yield Page(behind=timedelta())

    def _span(self, now: datetime) -> tuple[datetime, datetime, bool]:
        """From when on blobs are open, from when on they are listed, and whether this is a sweep."""
        mark = self._bookmark
        if self._end is not None:
            return floor(self._end) + timedelta(hours=1), mark.since, False
        low = max(floor(mark.since), floor(min(mark.to, now) - RELIST))
        hours = [datetime.fromtimestamp(state.hour, tz=now.tzinfo) for state in mark.open.values()]
        start = min([low, *hours])
        is_sweep = now - mark.swept >= SWEEP_EVERY
        return low, max(mark.since, min(start, now - SWEEP_BACK)) if is_sweep else start, is_sweep

    async def _look(self, now: datetime) -> None:
        """Finds the container's resources, if it is time to."""
        mark = self._bookmark
        if mark.looked is not None and timedelta() <= now - mark.looked < LOOK_EVERY:
            return
        roots: list[str] = []
        folders, asked = [self._prefix], 0
        while folders:
            folder = folders.pop()
            asked += 1
            if asked > _MOST_FOLDERS:
                raise Malformed(
                    f"There are more than {_MOST_FOLDERS} folders of resources.",
                    where=self._container,
                    remedy="Name a part of the container with a prefix: container/resourceId=/SUBSCRIPTIONS/…",
                )
            below = [
                name
                async for part in self._store.listing(self._container, prefix=folder, delimiter="/")
                for name in part.folders
            ]
            years = [name for name in below if is_year(name)]
            if years:
                roots.append(years[0][: -len("y=2026/")])
            folders += [name for name in below if not is_year(name)]
        mark.roots, mark.looked = sorted(roots), now

    async def _list(self, start: datetime, end: datetime) -> list[Found]:
        found: dict[str, Found] = {}
        for root in self._bookmark.roots:
            for day in days(start, end):
                async for part in self._store.listing(self._container, prefix=f"{root}{day}"):
                    for blob in part.blobs:
                        hour = hour_of(blob.name)
                        if hour is not None and hour <= end:
                            found[blob.name] = Found(blob=blob, hour=hour)
        return list(found.values())

    async def _finished(self, old: list[Found]) -> set[str]:
        """The names of those that have not changed since they were read to their end."""
        marks = {self._mark(one.blob): one.blob.name for one in old if digest(one.blob) not in self._bookmark.open}
        return {marks[known] for known in await self._store.remote.known(list(marks))}

    async def _blob(self, one: Found, *, is_old: bool) -> AsyncGenerator[Page]:
        """What a blob holds beyond what was read of it."""
        blob, name, made = one.blob, digest(one.blob), int(one.blob.made_at.timestamp())
        state = self._bookmark.open.get(name)
        if state is None or state.made != made or state.next > blob.size:
            state = Open(0, made, int(one.hour.timestamp()))
        while state.next < blob.size:
            content = await self._store.read(self._container, blob.name, start=state.next, length=self._chunk)
            if not content:
                break
            lines = read_lines(
                content,
                container=self._container,
                blob=blob.name,
                made=made,
                start=state.next,
                owners=self._owners,
                is_all=is_old and state.next + len(content) >= blob.size,
                longest=self._chunk,
            )
            if not lines.size:
                break
            state = msgspec.structs.replace(state, next=state.next + lines.size)
            self._bookmark.open[name] = state
            yield Page(records=lines.records, strangers=lines.strangers, newest=lines.newest)
        if is_old:
            self._bookmark.open.pop(name, None)
            yield Page(marks=(self._mark(blob),))

    def _mark(self, blob: Blob) -> str:
        made = int(blob.made_at.timestamp())
        return f"blob:{self._run}:{self._container}/{blob.name}@{made}#{blob.size}"
