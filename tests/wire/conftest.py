"""What tests of doors and pipeline share: a site with customers, feeds, doors on a real port, and a pipeline."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import asyncpg
import httpx
import pytest
from redis.asyncio import Redis

from watchfloor.audit.append import Actor
from watchfloor.detect.engine import Engine
from watchfloor.feeds.doors.admission import Admission
from watchfloor.feeds.doors.gate import Gate
from watchfloor.feeds.doors.hints import Hints
from watchfloor.feeds.doors.protocol import DoorParts
from watchfloor.feeds.doors.reception import Reception
from watchfloor.feeds.doors.server import door_server
from watchfloor.feeds.feed import Door, Feed, FeedOptions
from watchfloor.feeds.intake.postgres import PostgresIntake
from watchfloor.feeds.intake.queue import Intake
from watchfloor.feeds.registry import create_feed, mint_token
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.config import Settings
from watchfloor.kernel.credentials import MintedToken
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.kernel.ids import TenantId, new_uuid
from watchfloor.kernel.serving import listen
from watchfloor.kernel.valkey import Wake
from watchfloor.lake.opening import open_lake
from watchfloor.lake.segments import SegmentStore
from watchfloor.normalise.event import Event
from watchfloor.ops.pipeline import Pipeline
from watchfloor.ops.pipeline_alerting import Alerting
from watchfloor.ops.pipeline_journal import open_journal
from watchfloor.ops.pipeline_turn import Bench
from watchfloor.ops.rulesets.compiled import shared_engine
from watchfloor.tenancy.keyring import Keyring

ACTOR: Final = Actor(kind="system", id="test", role="system", request_id="-")
EVER: Final = (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))
BACKLOG_BYTES: Final = 50_000_000

_INSERT_TENANT: Final = """
insert into auth.tenants (id, slug, code, name, kind, state)
values ($1, $2, $3, $4, 'customer', 'active')
"""

_INSERT_RECORD: Final = """
insert into wf.tenants (tenant_id, code, name, language, time_zone, bundle, bundle_hash)
values ($1, $2, $3, 'en', 'Europe/Berlin', '{}', sha256('x'))
on conflict (tenant_id) do nothing
"""


@dataclass(frozen=True)
class Customer:
    """A customer with a key."""

    id: TenantId
    cipher: TenantCipher


@dataclass(frozen=True)
class OpenFeed:
    """A feed and a token for it."""

    feed: Feed
    minted: MintedToken

    @property
    def token(self) -> str:
        """The token as its owner reads it."""
        return self.minted.text.reveal()

    @property
    def headers(self) -> dict[str, str]:
        """The token as a HEC client shows it."""
        return {"Authorization": f"Splunk {self.token}"}


@dataclass(frozen=True)
class Doors:
    """Doors on a loopback port."""

    client: httpx.AsyncClient
    reception: Reception
    intake: PostgresIntake
    port: int


@dataclass
class Site:
    """An installation: everything between a sender and an incident."""

    app: Database
    auth: Database
    superuser: "asyncpg.Connection[asyncpg.Record]"
    keyring: Keyring
    valkey: Redis
    lake_dir: Path
    run_dir: Path
    store: SegmentStore
    held: contextlib.AsyncExitStack
    settings: Settings
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    async def customer(self) -> Customer:
        """A new customer."""
        number, tenant_id = next(self._numbers), TenantId(new_uuid())
        await self.superuser.execute(
            _INSERT_TENANT, tenant_id, f"customer-{number}", f"CUST{number}", f"Customer {number}"
        )
        await self.superuser.execute(_INSERT_RECORD, tenant_id, f"CUST{number}", f"Customer {number}")
        async with tenant_tx(self.app, tenant_id) as tx:
            return Customer(tenant_id, await self.keyring.create(tx))

    async def feed(
        self,
        customer: Customer,
        *,
        door: Door = "hec",
        name: str = "main",
        source_hint: str | None = None,
        options: FeedOptions | None = None,
    ) -> OpenFeed:
        """A new feed of a customer, with a token."""
        async with tenant_tx(self.app, customer.id) as tx:
            chosen = options or FeedOptions()
            feed = await create_feed(tx, ACTOR, name=name, door=door, source_hint=source_hint, options=chosen)
        async with tenant_tx(self.auth, customer.id) as tx:
            return OpenFeed(feed, await mint_token(tx, ACTOR, feed_id=feed.id))

    async def doors(self, *, backlog_bytes: int = BACKLOG_BYTES, own: Database | None = None) -> Doors:
        """Doors, open until the test ends. `backlog_bytes` is what may wait of each customer.

        `own` is the database for what protocols keep beside the intake.
        """
        intake = PostgresIntake(self.app, self.keyring, backlog_bytes=backlog_bytes)
        hints = Hints(Wake(self.valkey))
        reception = Reception(Gate(self.auth, self.keyring), Admission(), intake, hints)
        listener = self.held.enter_context(listen("127.0.0.1", 0, setting="TEST"))
        ready = asyncio.Event()
        parts = DoorParts(reception=reception, intake=intake, database=own or self.app, keyring=self.keyring)
        server = door_server(parts, ready.set)
        serving = asyncio.create_task(server.serve([listener]))
        await ready.wait()

        async def close() -> None:
            server.should_exit = True
            await serving
            await hints.finish()

        self.held.push_async_callback(close)
        port: int = listener.getsockname()[1]
        client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20)
        return Doors(await self.held.enter_async_context(client), reception, intake, port)

    def pipeline(self, wake: Wake | None = None) -> Pipeline:
        """A pipeline over the shared rules, woken through Valkey unless told otherwise."""
        intake = PostgresIntake(self.app, self.keyring, backlog_bytes=BACKLOG_BYTES)
        return Pipeline(self.app, self.bench(intake, shared_engine()), wake or Wake(self.valkey))

    def bench(self, intake: Intake, engine: Engine) -> Bench:
        """What a pipeline works with."""
        journal = self.held.enter_context(open_journal(self.run_dir))
        return Bench(intake=intake, store=self.store, alerting=Alerting(engine), clock=SystemClock(), journal=journal)

    async def events(self, customer: Customer) -> list[Event]:
        """All events that the lake has of a customer."""
        async with tenant_tx(self.app, customer.id) as tx:
            found = self.store.scan(tx, customer.cipher, since=EVER[0], until=EVER[1])
            return [event async for event in found]

    async def rows(self, customer: Customer, table: str) -> int:
        """How many rows a customer has in a table of schema wf."""
        statement = f"select count(*) from wf.{table} where tenant_id = $1"
        return int(await self.superuser.fetchval(statement, customer.id))


@pytest.fixture
async def site(
    settings: Settings,
    db_app: Database,
    db_auth: Database,
    superuser: "asyncpg.Connection[asyncpg.Record]",
    valkey: Redis,
) -> AsyncGenerator[Site]:
    """See Site."""
    async with contextlib.AsyncExitStack() as held:
        yield Site(
            app=db_app,
            auth=db_auth,
            superuser=superuser,
            keyring=Keyring.open(settings),
            valkey=valkey,
            lake_dir=settings.lake_dir,
            run_dir=settings.home / "run",
            store=open_lake(settings),
            held=held,
            settings=settings,
        )
