"""Who owns the gateway: one process of the installation, by an advisory lock that dies with its connection.

Two owners would both get every press. The lock is held by an open transaction that writes nothing; if its connection is
lost the owner stops at once, because another may own the gateway by then.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

from bot.discord import queries
from watchfloor.kernel.db import Database, DirectoryTx, directory_tx

LOOK_SECONDS: Final = 2.0
"""How often who waits asks again, and how often the owner makes sure."""


@asynccontextmanager
async def ownership(database: Database, stop: asyncio.Event) -> AsyncGenerator[DirectoryTx | None]:
    """Waits for the gateway and owns it inside this block. None when `stop` was set first."""
    while not stop.is_set():
        async with directory_tx(database) as tx:
            if await queries.take_gateway(tx):
                yield tx
                return
        await paused(stop, LOOK_SECONDS)
    yield None


async def keep(tx: DirectoryTx, stop: asyncio.Event) -> None:
    """Makes sure of the lock until `stop` is set. Raises Unavailable when its connection is lost."""
    while not stop.is_set():
        await queries.keep_gateway(tx)
        await paused(stop, LOOK_SECONDS)


async def paused(stop: asyncio.Event, seconds: float) -> None:
    """Waits so long, or until `stop` is set."""
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({stopped}, timeout=seconds)
    finally:
        stopped.cancel()
