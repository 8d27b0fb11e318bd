"""A whole installation whose processes can be killed: real durability, and each one started again as it ends."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

import asyncpg
import pytest

from infra.ports import free_port
from watchfloor.audit.append import Actor
from watchfloor.feeds.feed import Door
from watchfloor.feeds.registry import create_feed, mint_token
from watchfloor.kernel.config import Settings, load_settings
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import Database, Role, tenant_tx
from watchfloor.kernel.errors import WatchfloorError
from watchfloor.kernel.ids import FeedId, TenantId, new_uuid
from watchfloor.ops.embedded.postgres import PostgresServer
from watchfloor.ops.embedded.valkey import ValkeyServer
from watchfloor.ops.migrate import bootstrap, migrate
from watchfloor.ops.service import Program
from watchfloor.tenancy.keyring import Keyring

ACTOR: Final = Actor(kind="system", id="test", role="system", request_id="-")

_INSERT_TENANT: Final = """
insert into auth.tenants (id, slug, code, name, kind, state)
values ($1, $2, $3, $4, 'customer', 'active')
"""

_INSERT_RECORD: Final = """
insert into wf.tenants (tenant_id, code, name, language, time_zone, bundle, bundle_hash)
values ($1, $2, $3, 'en', 'Europe/Berlin', '{}', sha256('x'))
"""


class Killable(Protocol):
    """A process that can be killed and comes back."""

    @property
    def name(self) -> str: ...
    @property
    def pid(self) -> int | None: ...
    async def start(self) -> None: ...
    async def wait(self) -> int: ...
    async def stop(self) -> None: ...


@dataclass(frozen=True)
class Source:
    """A customer's feed, as its sender knows it."""

    tenant_id: TenantId
    feed_id: FeedId
    token: str
    cipher: TenantCipher


@dataclass
class Installation:
    """Servers, doors and pipeline, kept alive without pause."""

    settings: Settings
    services: dict[str, Killable]
    programs: tuple[str, ...] = ("doors", "pipeline")
    ends: int = 0
    _keepers: list["asyncio.Task[None]"] = field(default_factory=list)

    async def start(self) -> None:
        """Starts all and keeps them alive from now on."""
        for name in ("postgres", "valkey"):
            await self.services[name].start()
        await bootstrap(self.settings, self._postgres().admin_dsn, create_database=True)
        await migrate(self.settings)
        for name in self.programs:
            await self.services[name].start()
        self._keepers = [asyncio.create_task(self._keep(service)) for service in self.services.values()]

    async def stop(self) -> None:
        """Stops all."""
        for keeper in self._keepers:
            keeper.cancel()
        if self._keepers:
            await asyncio.wait(self._keepers)
        for service in reversed(self.services.values()):
            await service.stop()

    def kill(self, name: str) -> bool:
        """Kills a process as it stands. False when it is down just now."""
        pid = self.services[name].pid
        if pid is None:
            return False
        os.kill(pid, signal.SIGKILL)
        return True

    async def source(self, number: int, *, door: Door) -> Source:
        """A new customer with one feed."""
        tenant_id = TenantId(new_uuid())
        async with self.superuser() as connection:
            await connection.execute(_INSERT_TENANT, tenant_id, f"customer-{number}", f"CUST{number}", f"No. {number}")
            await connection.execute(_INSERT_RECORD, tenant_id, f"CUST{number}", f"No. {number}")
        app = await Database.open(self.settings, Role.APP, connections=1)
        auth = await Database.open(self.settings, Role.AUTH, connections=1)
        try:
            async with tenant_tx(app, tenant_id) as tx:
                cipher = await Keyring.open(self.settings).create(tx)
                feed = await create_feed(tx, ACTOR, name="main", door=door)
            async with tenant_tx(auth, tenant_id) as tx:
                minted = await mint_token(tx, ACTOR, feed_id=feed.id)
        finally:
            await app.close()
            await auth.close()
        return Source(tenant_id, feed.id, minted.text.reveal(), cipher)

    @contextlib.asynccontextmanager
    async def superuser(self) -> AsyncGenerator["asyncpg.Connection[asyncpg.Record]"]:
        """The database as the superuser."""
        address = self._postgres().admin_dsn.reveal().rpartition("/")[0] + "/watchfloor"
        connection = await asyncpg.connect(address)
        try:
            yield connection
        finally:
            await connection.close()

    def _postgres(self) -> PostgresServer:
        server = self.services["postgres"]
        assert isinstance(server, PostgresServer)
        return server

    async def _keep(self, service: Killable) -> None:
        while True:
            await service.wait()
            self.ends += 1
            while True:
                try:
                    await service.start()
                except (WatchfloorError, OSError):
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(asyncio.Event().wait(), 0.05)
                else:
                    break


def _program(name: str, environment: dict[str, str], home: Path) -> Program:
    variables = [f"{variable}={value}" for variable, value in environment.items()]
    command = ["/usr/bin/env", *variables, sys.executable, "-P", "-m", "watchfloor.ops.cli", "serve", name]
    return Program(name, command, log_dir=home / "log")


@pytest.fixture
async def installation(open_dir: Path) -> AsyncGenerator[Installation]:
    """An installation of this test's own, up and running."""
    home = open_dir / "crash"
    home.mkdir(mode=0o711)
    environment = {
        "WATCHFLOOR_HOME": str(home),
        "WATCHFLOOR_ENVIRONMENT": "test",
        "WATCHFLOOR_LOG_LEVEL": "warning",
        "WATCHFLOOR_POSTGRES_PORT": str(free_port()),
        "WATCHFLOOR_VALKEY_PORT": str(free_port()),
        "WATCHFLOOR_DOOR_PORT": str(free_port()),
    }
    settings = load_settings(environment)
    services: dict[str, Killable] = {
        "postgres": PostgresServer(home, settings.postgres_port),
        "valkey": ValkeyServer(home, settings.valkey_port),
        "doors": _program("doors", environment, home),
        "pipeline": _program("pipeline", environment, home),
    }
    made = Installation(settings, services)
    try:
        await made.start()
        yield made
    finally:
        await made.stop()
