"""What all tests share: real servers, a database of their own, a way to wait, and no way out of the machine.

One PostgreSQL and one Valkey are started for the whole run. The schema is migrated once into a template, and a
test that asks for `settings` gets its own copy of it and its own home directory. Valkey is emptied before
each test that asks for it. Nothing sleeps: `eventually` waits for a condition, with a deadline.
"""

import asyncio
import contextlib
import inspect
import itertools
import os
import reprlib
import shutil
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, TypeVar, cast, overload

import asyncpg
import hypothesis
import pytest
from redis.asyncio import Redis

from infra.ports import free_port
from watchfloor.kernel.config import Settings, load_settings
from watchfloor.kernel.db import Database, Role
from watchfloor.kernel.valkey import connect
from watchfloor.ops.embedded.postgres import PostgresServer
from watchfloor.ops.embedded.valkey import ValkeyServer
from watchfloor.ops.migrate import bootstrap, migrate

T = TypeVar("T")

# How long a draw takes is the machine's business, and no fault of what is tested.
_UNTIMED: Final = hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.register_profile("fast", _UNTIMED, max_examples=60)
hypothesis.settings.register_profile("full", _UNTIMED, max_examples=10_000)
hypothesis.settings.load_profile("fast")

_TEMPLATE: Final = "watchfloor"
_test_numbers: Final = itertools.count(1)
_DEADLINE_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 0.01
_SERVER_OPTIONS: Final = {
    # A crash of the machine is not what tests are about; a crash of the server loses nothing with these either.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "max_wal_size": "4GB",
    "max_connections": "300",
}


class Eventually(Protocol):
    """Waits until `condition()` (or what it gives when awaited) is true, and gives that value."""

    @overload
    def __call__(self, condition: Callable[[], Awaitable[T]], *, within: float = ...) -> Awaitable[T]: ...
    @overload
    def __call__(self, condition: Callable[[], T], *, within: float = ...) -> Awaitable[T]: ...
    def __call__(self, condition: Callable[[], object], *, within: float = _DEADLINE_SECONDS) -> Awaitable[object]:
        """Fail the test if it is not true within `within` seconds."""
        ...


@dataclass
class Servers:
    """The run's two servers, and copies of the migrated database in the first."""

    postgres: PostgresServer
    valkey: ValkeyServer
    settings: Settings
    """The settings with which the template was made. Copies share its secrets."""

    async def start(self) -> None:
        """Start both and migrate the template."""
        await self.postgres.start()
        await self.valkey.start()
        await bootstrap(self.settings, self.postgres.admin_dsn, create_database=True)
        await migrate(self.settings)

    async def stop(self) -> None:
        """Stop both."""
        await self.valkey.stop()
        await self.postgres.stop()

    async def statement(self, sql: str) -> None:
        """Run a statement as the superuser, outside of any transaction."""
        connection = await asyncpg.connect(self.postgres.admin_dsn.reveal())
        try:
            await connection.execute(sql)
        finally:
            await connection.close()

    def settings_for(self, database: str, home: Path) -> Settings:
        """Settings of an installation on `database`, with the template's secrets in its own `home`."""
        home.mkdir(mode=0o711, parents=True, exist_ok=True)
        shutil.copytree(self.settings.secrets_dir, home / "secrets")
        return load_settings(
            {
                "WATCHFLOOR_HOME": str(home),
                "WATCHFLOOR_ENVIRONMENT": "test",
                "WATCHFLOOR_VALKEY_PORT": str(self.valkey.port),
                "WATCHFLOOR_POSTGRES_PORT": str(self.postgres.port),
                "DATABASE_URL": f"{self.postgres.admin_dsn.reveal().rpartition('/')[0]}/{database}",
            }
        )


class MakeSettings(Protocol):
    """Makes an installation with a fresh database. For fixtures that live longer than a test."""

    def __call__(self, label: str = "made") -> Settings:
        """Copy the template; the database and the home end with the run."""
        ...


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Makes what a test logged fit to be sent between processes: hostile text need not be UTF-8."""
    report = yield
    report.sections = [(name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections]
    return report


@pytest.fixture(scope="session")
def open_dir() -> Generator[Path]:
    """A directory that a server's own account can reach, which pytest's are not. For the whole run."""
    path = Path(tempfile.mkdtemp(prefix="watchfloor-test-"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def servers(open_dir: Path) -> Generator[Servers]:
    """The run's PostgreSQL and Valkey, on free ports, with the migrated template."""
    home = open_dir / "servers"
    home.mkdir(mode=0o711)
    postgres, valkey = PostgresServer(home, free_port(), _SERVER_OPTIONS), ValkeyServer(home, free_port())
    environ = {
        "WATCHFLOOR_HOME": str(home),
        "WATCHFLOOR_ENVIRONMENT": "test",
        "WATCHFLOOR_POSTGRES_PORT": str(postgres.port),
        "WATCHFLOOR_VALKEY_PORT": str(valkey.port),
    }
    started = Servers(postgres, valkey, load_settings(environ))
    asyncio.run(started.start())
    yield started
    asyncio.run(started.stop())


@pytest.fixture(scope="session")
def make_settings(servers: Servers, open_dir: Path) -> MakeSettings:
    """See MakeSettings."""
    numbers = itertools.count(1)

    def make(label: str = "made") -> Settings:
        name = f"{label}_{next(numbers)}"
        with ThreadPoolExecutor(1) as outside_of_any_loop:
            outside_of_any_loop.submit(asyncio.run, servers.statement(_copy(name))).result()
        return servers.settings_for(name, open_dir / name)

    return make


@pytest.fixture
async def settings(servers: Servers, open_dir: Path) -> AsyncGenerator[Settings]:
    """Settings of an installation of this test's own: fresh database, fresh home. Removed after the test."""
    name = f"test_{os.getpid()}_{next(_test_numbers)}"
    await servers.statement(_copy(name))
    yield servers.settings_for(name, open_dir / name)
    await servers.statement(f"drop database {name} with (force)")
    shutil.rmtree(open_dir / name, ignore_errors=True)


@pytest.fixture
async def open_database(settings: Settings) -> AsyncGenerator[Callable[[Role], Awaitable[Database]]]:
    """Opens this test's database as a role; for tests that have the role as a parameter."""
    async with contextlib.AsyncExitStack() as opened:

        async def open_as(role: Role) -> Database:
            return await opened.enter_async_context(_opened(settings, role))

        yield open_as


def _copy(name: str) -> str:
    return f'create database "{name}" template {_TEMPLATE}'


@contextlib.asynccontextmanager
async def _opened(settings: Settings, role: Role) -> AsyncGenerator[Database]:
    database = await Database.open(settings, role, connections=4)
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture
async def db_app(settings: Settings) -> AsyncGenerator[Database]:
    """This test's database as `wf_app`."""
    async with _opened(settings, Role.APP) as database:
        yield database


@pytest.fixture
async def db_bot(settings: Settings) -> AsyncGenerator[Database]:
    """This test's database as `wf_bot`."""
    async with _opened(settings, Role.BOT) as database:
        yield database


@pytest.fixture
async def db_report(settings: Settings) -> AsyncGenerator[Database]:
    """This test's database as `wf_report`."""
    async with _opened(settings, Role.REPORT) as database:
        yield database


@pytest.fixture
async def db_auth(settings: Settings) -> AsyncGenerator[Database]:
    """This test's database as `wf_auth`."""
    async with _opened(settings, Role.AUTH) as database:
        yield database


@pytest.fixture
async def superuser(settings: Settings) -> AsyncGenerator["asyncpg.Connection[asyncpg.Record]"]:
    """This test's database as the superuser, whom no row security holds: to look at it and to tamper with it."""
    if settings.database_url is None:
        raise AssertionError("test settings always name their database")
    connection = await asyncpg.connect(settings.database_url.reveal())
    yield connection
    await connection.close()


@pytest.fixture
async def valkey(servers: Servers) -> AsyncGenerator[Redis]:
    """The run's Valkey, emptied."""
    client = connect(servers.settings)
    await cast("Awaitable[object]", client.flushall())  # pyright: ignore[reportUnknownMemberType]  untyped keywords
    yield client
    await client.aclose()


def _shown(condition: Callable[[], object]) -> str:
    try:
        return inspect.getsource(condition).strip()
    except (OSError, TypeError):
        return reprlib.repr(condition)


@pytest.fixture
def eventually() -> Eventually:
    """See Eventually."""

    async def wait(condition: Callable[[], object], *, within: float = _DEADLINE_SECONDS) -> object:
        deadline = time.monotonic() + within
        while True:
            found = condition()
            value: object = await found if inspect.isawaitable(found) else found
            if value:
                return value
            if time.monotonic() > deadline:
                raise AssertionError(f"not so within {within:g} s: {_shown(condition)}")
            await asyncio.sleep(_POLL_SECONDS)

    return cast("Eventually", wait)
