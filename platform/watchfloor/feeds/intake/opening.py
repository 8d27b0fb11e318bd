"""Opens the intake that this installation has: in PostgreSQL, or on NATS JetStream.

Owns the choice and the wiring. Everything else sees the protocol in `queue`.
"""

import contextlib
from collections.abc import AsyncGenerator

from redis.asyncio import Redis

from watchfloor.feeds.intake.nats.intake import NatsIntake
from watchfloor.feeds.intake.nats.promise import check_promise
from watchfloor.feeds.intake.nats.server import Server
from watchfloor.feeds.intake.postgres import PostgresIntake
from watchfloor.feeds.intake.queue import Intake
from watchfloor.feeds.intake.rates.bucket import Meter
from watchfloor.feeds.intake.rates.quota import Quota, Quotas
from watchfloor.feeds.intake.refusals.ledger import RefusalLedger
from watchfloor.feeds.intake.turnstile import Rates, Turnstile
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database
from watchfloor.tenancy.keyring import Keyring


@contextlib.asynccontextmanager
async def open_intake(
    settings: Settings, database: Database, keyring: Keyring, *, valkey: Redis | None = None
) -> AsyncGenerator[Intake]:
    """The intake, closed at the end. `database` is one of wf_app.

    With `valkey` the processes that put share each tenant's rate. Raises Invalid when NATS is not set up for it, and
    Unavailable when NATS is away.
    """
    usual = Quota(bytes_per_second=settings.intake_bytes_per_second, burst_bytes=settings.intake_burst_bytes)
    rates = Rates(quotas=Quotas(database, usual), meter=Meter(valkey))
    async with contextlib.AsyncExitStack() as held:
        refusals = RefusalLedger(database)
        held.push_async_callback(refusals.close)
        turnstile = Turnstile(settings.intake_backlog_bytes, rates=rates, refusals=refusals)
        if settings.intake == "nats":
            server = await Server.open(settings)
            held.push_async_callback(server.close)
            await check_promise(settings, server)
            on_nats = NatsIntake(server, database, keyring, turnstile=turnstile, clock=SystemClock())
            held.push_async_callback(on_nats.close)
            yield on_nats
        else:
            yield PostgresIntake(database, keyring, turnstile=turnstile)
