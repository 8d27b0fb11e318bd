"""Puts small files of the lake together, so that a search opens few: in the background, in any number of processes.

Fresh files become one file for each day, sorted; of those, files of about one size become one, so that an
event is written a few times in all. The files are made first, without a transaction; one transaction then makes them
part of the lake and retires what they replace. Where another process was faster nothing is retired and what was made
is an orphan. So an event is in the lake once at every moment, whenever a process is killed.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import Database, TenantTx, tenant_tx
from watchfloor.kernel.ids import TenantId
from watchfloor.lake import queries
from watchfloor.lake.merging import FRESH_BYTES, MERGED_BYTES, merge, within
from watchfloor.lake.older import rewrite
from watchfloor.lake.queries import Segment
from watchfloor.lake.segments import SegmentStore

FRESH_FILES: Final = 16
"""So many fresh files are put together at once,"""

FRESH_SECONDS: Final = 300.0
"""and fewer when the first of them is so old."""

GRACE_SECONDS: Final = 6 * 3_600.0
"""How long a retired file stays: no search runs longer, and no backup between its dump and its files."""

_SMALL_BYTES: Final = MERGED_BYTES // 2
_MANY: Final = 8
_MOST_FRESH: Final = 256


class Compacted(msgspec.Struct, frozen=True, kw_only=True):
    """What one round did: so many files became so many."""

    retired: int = 0
    made: int = 0


class _Overtaken(Exception):
    """Another process put these files together meanwhile. Rolls the transaction back."""


class Compactor:
    """Puts one installation's files together."""

    def __init__(self, database: Database, store: SegmentStore, *, fresh_seconds: float = FRESH_SECONDS) -> None:
        """Few fresh files wait until the first of them is `fresh_seconds` old."""
        self._database = database
        self._store = store
        self._fresh_seconds = fresh_seconds

    async def compact(self, tenant_id: TenantId, cipher: TenantCipher, *, at: datetime) -> Compacted:
        """Does all that is to do for a tenant now. Raises Unopenable and Unavailable for a file that cannot be read."""
        retired = made = await self._rewrite_older(tenant_id, cipher)
        while (fresh := await self._fresh(tenant_id)) and (done := await self._replace(tenant_id, cipher, fresh)):
            retired, made = retired + done.retired, made + done.made
        for crowd in await self._crowded(tenant_id, over_before=at.astimezone(UTC).date() - timedelta(days=1)):
            done = await self._replace(tenant_id, cipher, crowd)
            if done is not None:
                retired, made = retired + done.retired, made + done.made
        return Compacted(retired=retired, made=made)

    async def remove_retired(self, tenant_id: TenantId, *, older_than_seconds: float = GRACE_SECONDS) -> int:
        """Removes the files that were replaced long enough ago; returns how many."""
        async with tenant_tx(self._database, tenant_id) as tx:
            retired = await queries.select_retired(tx, older_than_seconds=older_than_seconds)
        for one in retired:
            await asyncio.to_thread(self._store.remove, one.path)
        async with tenant_tx(self._database, tenant_id) as tx:
            await queries.delete_segments(tx, [one.id for one in retired])
        return len(retired)

    async def _rewrite_older(self, tenant_id: TenantId, cipher: TenantCipher) -> int:
        """Rewrites files of the lake's form before this one, each by itself; returns how many."""
        done = 0
        async with tenant_tx(self._database, tenant_id) as tx:
            older = await queries.select_older(tx)
        for old in older:
            new = await asyncio.to_thread(rewrite, self._store, tenant_id, cipher, old)
            done += await self._enter([old.id], [new], tenant_id)
        return done

    async def _fresh(self, tenant_id: TenantId) -> list[Segment]:
        """The fresh files to put together now; none while they are few and young."""
        async with tenant_tx(self._database, tenant_id) as tx:
            state = await queries.select_fresh_state(tx)
            if not state.segments or (state.segments < FRESH_FILES and state.oldest_seconds < self._fresh_seconds):
                return []
            return within(await queries.select_fresh(tx, most=_MOST_FRESH), FRESH_BYTES)

    async def _crowded(self, tenant_id: TenantId, *, over_before: date) -> list[list[Segment]]:
        async with tenant_tx(self._database, tenant_id) as tx:
            crowds = await queries.select_crowded(tx, small_bytes=_SMALL_BYTES, many=_MANY, over_before=over_before)
            found = [within(await queries.select_named(tx, crowd.ids), MERGED_BYTES) for crowd in crowds]
        return [segments for segments in found if len(segments) > 1]

    async def _replace(self, tenant_id: TenantId, cipher: TenantCipher, old: Sequence[Segment]) -> Compacted | None:
        """One round; None if another process was faster."""
        new = await asyncio.to_thread(merge, self._store, tenant_id, cipher, old)
        if not await self._enter([segment.id for segment in old], new, tenant_id):
            return None
        return Compacted(retired=len(old), made=len(new))

    async def _enter(self, old: Sequence[UUID], new: Sequence[Segment], tenant_id: TenantId) -> bool:
        """Makes new files part of the lake in place of old ones; False if another process was faster."""
        try:
            async with tenant_tx(self._database, tenant_id) as tx:
                await _take_over(tx, old, new)
        except _Overtaken:
            return False
        return True


async def _take_over(tx: TenantTx, old: Sequence[UUID], new: Sequence[Segment]) -> None:
    if await queries.retire(tx, list(old)) != len(old):
        raise _Overtaken
    for segment in new:
        await queries.insert_segment(tx, segment)
