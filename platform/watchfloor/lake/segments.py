"""The lake as files: each segment is one immutable file of a tenant's events, compressed and sealed with its key.

A file is written beside its place, flushed, renamed and its directory flushed before its row enters the manifest, in
the transaction that takes its events off the queue. So the manifest never names a file that a crash could take away,
and a file that no row names is an orphan: nobody reads it, and a job removes it after an hour. Names are never used
twice. Content: zstd over lines (see `line`), sealed as column `file` of row `id` of `lake_segments`.
"""

import asyncio
import hashlib
import math
import os
import shutil
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

import zstandard

from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import Unavailable
from watchfloor.kernel.ids import TenantId, new_uuid
from watchfloor.lake import queries
from watchfloor.lake.line import read_lines, write_lines
from watchfloor.lake.queries import Segment
from watchfloor.normalise.event import Event

FORMAT: Final = "ndjson.zst"
_SUFFIX: Final = f".{FORMAT}"
_UNFINISHED: Final = ".tmp"
_LEVEL: Final = 3


class SegmentStore:
    """The event store in a local directory."""

    def __init__(self, directory: Path) -> None:
        """`directory` holds one directory a tenant; it is made when the first event comes."""
        self._directory = directory

    async def append(self, tx: TenantTx, cipher: TenantCipher, events: Sequence[Event]) -> Segment:
        """See `EventStore.append`."""
        segment_id = new_uuid()
        newest = max(event.time for event in events).astimezone(UTC)
        path = f"{tx.tenant_id}/{newest:%Y-%m-%d}/{segment_id}{_SUFFIX}"
        stored_bytes, digest = await asyncio.to_thread(self._store, cipher, segment_id, path, list(events))
        segment = Segment(
            id=segment_id,
            day=newest.date(),
            path=path,
            format=FORMAT,
            events=len(events),
            stored_bytes=stored_bytes,
            sha256=digest,
            first_event_at=min(event.time for event in events),
            last_event_at=newest,
            key_version=cipher.version,
        )
        await queries.insert_segment(tx, segment)
        return segment

    async def scan(
        self, tx: TenantTx, cipher: TenantCipher, *, since: datetime, until: datetime
    ) -> AsyncGenerator[Event]:
        """See `EventStore.scan`."""
        for segment in await queries.select_segments(tx, since=since, until=until):
            for event in await asyncio.to_thread(self._load, cipher, segment):
                if since <= event.time < until:
                    yield event

    async def collect_orphans(self, tx: TenantTx, *, older_than_seconds: float) -> int:
        """See `EventStore.collect_orphans`. A file as young as a transaction may be is left alone."""
        files = await asyncio.to_thread(self._files_older_than, tx.tenant_id, older_than_seconds)
        if not files:
            return 0
        kept = set(await queries.select_paths(tx))
        orphans = [file for file in files if str(file.relative_to(self._directory)) not in kept]
        for orphan in orphans:
            await asyncio.to_thread(orphan.unlink, missing_ok=True)
        return len(orphans)

    async def shred(self, tenant_id: TenantId) -> int:
        """See `EventStore.shred`."""
        return await asyncio.to_thread(self._remove_all, tenant_id)

    def _store(self, cipher: TenantCipher, segment_id: UUID, path: str, events: list[Event]) -> tuple[int, bytes]:
        compressed = zstandard.ZstdCompressor(level=_LEVEL).compress(write_lines(events))
        sealed = cipher.seal(compressed, table="lake_segments", column="file", row=segment_id)
        try:
            _write_durably(self._directory / path, sealed)
        except OSError as error:
            raise Unavailable(
                f"The lake cannot be written: {error.strerror}.",
                where=str(self._directory),
                remedy="Make room, or give the directory back to this program.",
            ) from None
        return len(sealed), hashlib.sha256(sealed).digest()

    def _load(self, cipher: TenantCipher, segment: Segment) -> list[Event]:
        try:
            sealed = (self._directory / segment.path).read_bytes()
        except OSError as error:
            raise Unavailable(
                f"A file of the lake cannot be read: {error.strerror}.",
                where=segment.path,
                remedy="Restore it from a backup.",
            ) from None
        compressed = cipher.open_(sealed, table="lake_segments", column="file", row=segment.id)
        return read_lines(zstandard.ZstdDecompressor().decompress(compressed))

    def _files_older_than(self, tenant_id: TenantId, seconds: float) -> list[Path]:
        before = SystemClock().now().timestamp() - seconds
        found = (self._directory / str(tenant_id)).glob("*/*")
        return [file for file in found if _written_at(file) < before]

    def _remove_all(self, tenant_id: TenantId) -> int:
        directory = self._directory / str(tenant_id)
        files = sum(1 for found in directory.rglob("*") if found.is_file())
        if directory.exists():
            shutil.rmtree(directory)
            _flush_directory(self._directory)
        return files


def _written_at(file: Path) -> float:
    """When a file was written; for one that has just got its final name, never yet."""
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return math.inf


def _write_durably(path: Path, content: bytes) -> None:
    _make_directory(path.parent)
    unfinished = path.with_name(path.name + _UNFINISHED)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    _flush_directory(path.parent)


def _make_directory(directory: Path) -> None:
    """Makes a directory and those above it, each durable in the one above."""
    if not directory.exists():
        _make_directory(directory.parent)
        directory.mkdir(mode=0o700, exist_ok=True)
        _flush_directory(directory.parent)


def _flush_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
