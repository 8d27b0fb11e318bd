"""When chores run: arq's cron on Valkey, so that of several workers one runs each; without Valkey each worker itself.

Chores are safe to repeat, so a worker that cannot reach Valkey does them all once a round until it comes back:
losing Valkey costs work done twice, never work not done.
"""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from datetime import UTC, timedelta
from typing import Final

from arq import cron
from arq.connections import RedisSettings, create_pool
from arq.cron import CronJob
from arq.worker import Worker
from redis.exceptions import RedisError

from watchfloor.kernel.config import Settings
from watchfloor.kernel.valkey import valkey_address
from watchfloor.ops.chores import Chore, run_chore

QUEUE: Final = "wf:chores"
ROUND_SECONDS: Final = 20.0
"""How long to wait for Valkey to come back before the chores are done without it."""

_LONGEST: Final = timedelta(minutes=5)
_PATIENCE_SECONDS: Final = 10.0

_log: Final = logging.getLogger(__name__)


async def keep(chores: Sequence[Chore], settings: Settings, stop: asyncio.Event) -> None:
    """Runs the chores on time until `stop` is set."""
    while not stop.is_set():
        try:
            await _with_valkey(chores, settings, stop)
        except (RedisError, OSError) as away:
            _log.warning("Valkey is away, chores run without it: %s", away)
            for chore in chores:
                await run_chore(chore)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), ROUND_SECONDS)


async def _with_valkey(chores: Sequence[Chore], settings: Settings, stop: asyncio.Event) -> None:
    address = RedisSettings.from_dsn(valkey_address(settings).reveal())
    address.conn_retries = 0
    pool = await create_pool(address, default_queue_name=QUEUE)
    worker = Worker(
        cron_jobs=[_cron(chore) for chore in chores],
        queue_name=QUEUE,
        redis_pool=pool,
        handle_signals=False,
        job_timeout=_LONGEST,
        keep_result=0,
        max_tries=1,
        timezone=UTC,
    )
    working = asyncio.create_task(worker.async_run())
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
    finally:
        stopping.cancel()
        await _end(worker, working)
        await pool.aclose(close_connection_pool=True)


async def _end(worker: Worker, working: asyncio.Task[None]) -> None:
    """Lets the chores under way finish, and cuts short what takes too long: it comes again."""
    worker.allow_pick_jobs = False
    if worker.tasks:
        await asyncio.wait(worker.tasks.values(), timeout=_PATIENCE_SECONDS)
    for task in (*worker.tasks.values(), working):
        task.cancel()
    await asyncio.gather(*worker.tasks.values(), working, return_exceptions=True)


def _cron(chore: Chore) -> CronJob:
    async def run(ctx: dict[object, object]) -> None:
        del ctx  # arq hands its own context to every job
        await run_chore(chore)

    seconds = int(chore.every.total_seconds())
    return cron(
        run,
        name=chore.name,
        second=set(range(0, 60, seconds)) if seconds < 60 else 0,
        minute=None if seconds < 60 else set(range(0, 60, seconds // 60)) if seconds < 3600 else 0,
        unique=True,
        run_at_startup=True,
        keep_result=0,
    )
