"""What a tenant leaves behind outside its keys, and removing it: rows, files, hints in Valkey.

Each function may be repeated until nothing is left, and says what it removed. None of them touches another tenant:
rows go through the tenant's own transaction, files through its own directory, hints by its own ids.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Sequence
from pathlib import Path
from typing import Final, cast

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from tenants.installation import Installation
from tenants.leaving import queries
from watchfloor.controls.entries.keeping import evidence_dir
from watchfloor.feeds.intake.nats.server import Server
from watchfloor.kernel import ids
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.errors import Unavailable
from watchfloor.kernel.ids import TenantId
from watchfloor.kernel.valkey import connect
from watchfloor.lake.opening import open_lake

ROWS_AT_ONCE: Final = 50_000

_READY_KEYS: Final = "wf:ready:*"


class Files(msgspec.Struct, frozen=True, kw_only=True):
    """How many files there were or are."""

    lake: int
    reports: int
    evidence: int


async def count_rows(installation: Installation, tenant_id: TenantId) -> dict[str, int]:
    """The tenant's rows in each table that has any."""
    async with tenant_tx(installation.app, tenant_id) as tx:
        await queries.allow_long_statements(tx)
        counts = {table: await queries.count_rows(tx, table) for table in await queries.select_tables(tx)}
    return {table: count for table, count in counts.items() if count}


async def erase_rows(installation: Installation, tenant_id: TenantId) -> int:
    """Deletes the tenant's rows, some at a time, and says how many. The tenant must be offboarding."""
    total = 0
    while True:
        async with tenant_tx(installation.app, tenant_id) as tx:
            await queries.allow_long_statements(tx)
            removed = await queries.erase(tx, at_most=ROWS_AT_ONCE)
        total += removed
        if removed < ROWS_AT_ONCE:
            return total


async def count_files(settings: Settings, tenant_id: TenantId) -> Files:
    """The files that are the tenant's."""
    name = str(tenant_id)
    return Files(
        lake=await asyncio.to_thread(_count, settings.lake_dir / name),
        reports=await asyncio.to_thread(_count, settings.reports_dir / name),
        evidence=await asyncio.to_thread(_count, evidence_dir(settings.home) / name),
    )


async def remove_files(settings: Settings, tenant_id: TenantId) -> Files:
    """Removes the tenant's files and says how many there were."""
    there = await count_files(settings, tenant_id)
    try:
        await open_lake(settings).shred(tenant_id)
        for directory in (settings.reports_dir, evidence_dir(settings.home)):
            await asyncio.to_thread(_remove, directory / str(tenant_id))
    except OSError as error:
        raise Unavailable(
            f"A file of the tenant cannot be removed: {error.strerror}.",
            where=str(error.filename),
            remedy="Give the directory back to this program and run the command again.",
        ) from error
    return there


async def remove_hints(settings: Settings, tenant_id: TenantId, identifiers: Sequence[str]) -> int:
    """Removes from Valkey what names the tenant, and says how much that was.

    `identifiers` are other ids that lead to it, such as its feeds'. Raises Unavailable when Valkey is away.
    """
    client = connect(settings)
    names = [str(tenant_id), ids.show("ten", tenant_id), tenant_id.hex, *identifiers]
    removed = 0
    try:
        for name in names:
            for key in await _keys(client, f"*{name}*"):
                removed += await cast("Awaitable[int]", client.delete(key))
        for key in await _keys(client, _READY_KEYS):
            removed += await cast("Awaitable[int]", client.zrem(key, tenant_id.bytes))
    except RedisError as error:
        raise Unavailable(
            f"Valkey cannot be reached: {error}.", where="VALKEY_URL", remedy="Start it and run the command again."
        ) from error
    finally:
        await client.aclose()
    return removed


async def remove_waiting(settings: Settings, tenant_id: TenantId) -> int:
    """Removes the tenant's stream in NATS, if the intake is there, and says how many that were."""
    if settings.nats_url is None:
        return 0
    server = await Server.open(settings)
    try:
        return int(await server.remove(tenant_id))
    finally:
        await server.close()


async def _keys(client: Redis, pattern: str) -> list[bytes]:
    found = cast("AsyncIterator[bytes]", client.scan_iter(match=pattern, count=1000))  # pyright: ignore[reportUnknownMemberType] - no types
    return [key async for key in found]


def _count(directory: Path) -> int:
    return sum(1 for found in directory.rglob("*") if found.is_file())


def _remove(directory: Path) -> None:
    if directory.exists():
        shutil.rmtree(directory)
