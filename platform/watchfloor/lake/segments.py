"""The lake: segments in files, each named by a row of the manifest.

A file is durable before its row enters the manifest, in the transaction that takes its events off the queue or that
retires the files it replaces. So the manifest never names a file that a crash could take away, and a file that no row
names is an orphan: nobody reads it, and a job removes it after an hour. Names are never used twice.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, cast

import pyarrow as pa
import pyarrow.compute as pc

from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.crypto import TenantCipher, new_key
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Unavailable
from watchfloor.kernel.ids import TenantId, new_uuid
from watchfloor.lake import parquet, queries
from watchfloor.lake.columns import SOURCE, TIME, to_events, to_table
from watchfloor.lake.files import Files
from watchfloor.lake.queries import Segment
from watchfloor.lake.sightings import sightings_of
from watchfloor.normalise.event import Event

SUFFIX: Final = ".parquet"
SIGHTINGS_SUFFIX: Final = ".sightings.parquet"


class SegmentStore:
    """The event store."""

    def __init__(self, files: Files) -> None:
        """`files` is where the files lie."""
        self.files = files

    async def append(self, tx: TenantTx, cipher: TenantCipher, events: Sequence[Event]) -> Segment:
        """See `EventStore.append`."""
        raw_bytes = sum(len(event.raw) for event in events)
        segment = await asyncio.to_thread(self._store_fresh, tx.tenant_id, cipher, events, raw_bytes)
        await queries.insert_segment(tx, segment)
        return segment

    async def scan(
        self, tx: TenantTx, cipher: TenantCipher, *, since: datetime, until: datetime
    ) -> AsyncGenerator[Event]:
        """See `EventStore.scan`."""
        for segment in await queries.select_segments(tx, since=since, until=until):
            groups = await asyncio.to_thread(self._groups, cipher, segment, since, until)
            for number in groups:
                for event in await asyncio.to_thread(self._events, cipher, segment, number):
                    if since <= event.time < until:
                        yield event

    async def collect_orphans(self, tx: TenantTx, *, older_than_seconds: float) -> int:
        """See `EventStore.collect_orphans`. A file as young as a transaction may be is left alone."""
        before = SystemClock().now() - timedelta(seconds=older_than_seconds)
        old = await asyncio.to_thread(self._files_before, tx.tenant_id, before)
        if not old:
            return 0
        kept = {name for path in await queries.select_paths(tx) for name in (path, sightings_path(path))}
        orphans = [path for path in old if path not in kept]
        for orphan in orphans:
            await asyncio.to_thread(self.files.remove, orphan)
        return len(orphans)

    async def shred(self, tenant_id: TenantId) -> int:
        """See `EventStore.shred`."""
        return await asyncio.to_thread(self.files.remove_all, str(tenant_id))

    def store(
        self,
        tenant_id: TenantId,
        cipher: TenantCipher,
        table: pa.Table,
        *,
        level: int,
        raw_bytes: int,
    ) -> Segment:
        """Writes a table's events as a file, with its sightings above level 0. It blocks. Raises Unavailable."""
        segment_id, key = new_uuid(), new_key()
        first = cast("datetime", pc.min(table.column(TIME)).as_py())
        last = cast("datetime", pc.max(table.column(TIME)).as_py())
        path = f"{tenant_id}/{last.astimezone(UTC):%Y-%m-%d}/{segment_id}{SUFFIX}"
        content = parquet.write(table, key)
        sightings = parquet.write(sightings_of(cipher, table), key) if level else None
        if sightings is not None:
            self.files.put(sightings_path(path), sightings)
        self.files.put(path, content)
        return Segment(
            id=segment_id,
            level=level,
            sources=sorted(cast("list[str]", pc.unique(table.column(SOURCE)).to_pylist())),
            day=last.astimezone(UTC).date(),
            path=path,
            events=table.num_rows,
            raw_bytes=raw_bytes,
            stored_bytes=len(content),
            sha256=hashlib.sha256(content).digest(),
            sightings_bytes=None if sightings is None else len(sightings),
            sightings_sha256=None if sightings is None else hashlib.sha256(sightings).digest(),
            first_event_at=first,
            last_event_at=last,
            key=cipher.seal(key, table="lake_segments", column="key", row=segment_id),
            key_version=cipher.version,
        )

    def remove(self, path: str) -> None:
        """Removes a segment's files. It blocks."""
        self.files.remove(path)
        self.files.remove(sightings_path(path))

    def load(self, cipher: TenantCipher, segment: Segment) -> pa.Table:
        """All of a segment's events. It blocks. Raises Unopenable, Unavailable."""
        with self.open(cipher, segment) as file:
            return file.read()

    def open(self, cipher: TenantCipher, segment: Segment) -> parquet.Opened:
        """A segment's file. Raises Unopenable for one that is damaged or not this tenant's, Unavailable if gone."""
        return parquet.Opened(self.files.open(segment.path), key_of(cipher, segment), where=segment.path)

    def _store_fresh(
        self, tenant_id: TenantId, cipher: TenantCipher, events: Sequence[Event], raw_bytes: int
    ) -> Segment:
        return self.store(tenant_id, cipher, to_table(events), level=0, raw_bytes=raw_bytes)

    def _groups(self, cipher: TenantCipher, segment: Segment, since: datetime, until: datetime) -> list[int]:
        with self.open(cipher, segment) as file:
            return [group.number for group in file.groups() if group.first_at < until and group.last_at >= since]

    def _events(self, cipher: TenantCipher, segment: Segment, group: int) -> list[Event]:
        with self.open(cipher, segment) as file:
            return to_events(file.read(group=group))

    def _files_before(self, tenant_id: TenantId, before: datetime) -> list[str]:
        return [file.path for file in self.files.listed(str(tenant_id)) if file.written_at < before]


def key_of(cipher: TenantCipher, segment: Segment) -> bytes:
    """The key of a segment's files.

    Raises Unopenable if the tenant's key is gone, or is another tenant's; Unavailable if the file is of an older form.
    """
    if segment.key is None:
        raise Unavailable(
            "Some events are in files of an older form, which are being rewritten.",
            where=segment.path,
            remedy="Ask again in a few minutes.",
        )
    return cipher.open_(segment.key, table="lake_segments", column="key", row=segment.id)


def sightings_path(path: str) -> str:
    """Where the sightings of a segment lie, by the path of its events."""
    return path.removesuffix(SUFFIX) + SIGHTINGS_SUFFIX
