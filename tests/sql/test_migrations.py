"""Migrations on an empty database and on every earlier schema with rows in it (T12)."""

import asyncio
import itertools
import re
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final, Protocol

import asyncpg
import pytest

from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, Role, dsn_for
from watchfloor.kernel.errors import Conflict, Unavailable
from watchfloor.kernel.secret import Secret
from watchfloor.ops.migrate import Migration, bootstrap, check_schema, migrate, migrations

NAMES: Final = [migration.name for migration in migrations()]
SAMPLES: Final = Path(__file__).parent / "samples"


class Servers(Protocol):
    """See tests/conftest.py."""

    settings: Settings

    async def statement(self, sql: str) -> None:
        """Run a statement as the superuser."""
        ...

    def settings_for(self, database: str, home: Path) -> Settings:
        """Settings of an installation on a database."""
        ...


class Fill(Protocol):
    """See conftest.py."""

    async def __call__(
        self, connection: "asyncpg.Connection[asyncpg.Record]", *, only: set[str] | None = None
    ) -> list[object]:
        """Fill tables with sample rows."""
        ...


numbers = itertools.count(1)


@pytest.fixture
async def empty(servers: Servers, open_dir: Path) -> AsyncGenerator[Settings]:
    """An installation on an empty database: roles, no schema."""
    name = f"empty_{next(numbers)}"
    await servers.statement(f"create database {name}")
    made = servers.settings_for(name, open_dir / name)
    await bootstrap(made, address(made))
    yield made
    await servers.statement(f"drop database {name} with (force)")


def address(settings: Settings) -> Secret:
    """How the superuser reaches the database."""
    assert settings.database_url is not None
    return settings.database_url


async def superuser(settings: Settings) -> "asyncpg.Connection[asyncpg.Record]":
    """A connection as the superuser."""
    return await asyncpg.connect(address(settings).reveal())


async def apply_by_hand(settings: Settings, some: list[Migration]) -> None:
    """Applies migrations as an older release did, which knew no others."""
    connection = await asyncpg.connect(dsn_for(settings, Role.MIGRATE).reveal())
    await connection.execute("set role wf_owner")
    await connection.execute(
        "create schema if not exists wf; create table if not exists wf.schema_migrations (version integer primary key,"
        " name text not null, checksum bytea not null check (length(checksum) = 32),"
        " applied_at timestamptz not null default now())"
    )
    for migration in some:
        await connection.execute(migration.sql)
        await connection.execute(
            "insert into wf.schema_migrations (version, name, checksum) values ($1, $2, $3)",
            migration.version,
            migration.name,
            migration.checksum,
        )
    await connection.close()


async def tables(connection: "asyncpg.Connection[asyncpg.Record]") -> set[str]:
    """The tables there are."""
    rows = await connection.fetch(
        "select format('%s.%s', schemaname, tablename) as name from pg_tables where schemaname in ('wf', 'auth')"
    )
    return {row["name"] for row in rows}


async def counts(connection: "asyncpg.Connection[asyncpg.Record]", names: set[str]) -> dict[str, int]:
    """How many rows each table has."""
    data = sorted(names - {"wf.schema_migrations", "wf.installation"})
    return {name: await connection.fetchval(f"select count(*) from {name}") for name in data}


async def test_an_empty_database_gets_every_migration_once(empty: Settings) -> None:
    assert await migrate(empty) == NAMES
    assert await migrate(empty) == []
    database = await Database.open(empty, Role.APP, connections=1)
    await check_schema(database)
    await database.close()


async def test_two_that_migrate_at_once_apply_every_migration_once(empty: Settings) -> None:
    applied = await asyncio.gather(*(migrate(empty) for _ in range(4)))
    assert sorted(itertools.chain.from_iterable(applied)) == NAMES


@pytest.mark.parametrize("version", range(1, len(NAMES)))
async def test_an_earlier_schema_keeps_its_rows(empty: Settings, fill: Fill, version: int) -> None:
    await apply_by_hand(empty, migrations()[:version])
    connection = await superuser(empty)
    there = await tables(connection)
    await fill(connection, only=there)
    before = await counts(connection, there)
    assert version < 2 or sum(before.values()) > 0
    assert await migrate(empty) == NAMES[version:]
    assert await counts(connection, there) == before
    await connection.close()


async def test_every_table_of_the_schema_is_sampled(rolled_back: "asyncpg.Connection[asyncpg.Record]") -> None:
    sampled = {path.name.removesuffix(".sql").partition("_")[2] for path in SAMPLES.glob("*.sql")}
    not_tenants = {"wf.installation", "wf.leases", "wf.schema_migrations"}
    assert await tables(rolled_back) - sampled - not_tenants == set()


async def test_a_migration_gives_up_when_it_waits_too_long_and_leaves_nothing_half_done(empty: Settings) -> None:
    await apply_by_hand(empty, migrations()[:-1])
    connection = await superuser(empty)
    lock = connection.transaction()
    await lock.start()
    await connection.execute("lock table wf.schema_migrations in share mode")
    began = asyncio.get_running_loop().time()
    with pytest.raises(Unavailable, match="in use"):
        await migrate(empty)
    assert 4 < asyncio.get_running_loop().time() - began < 9
    await lock.rollback()
    assert await connection.fetchval("select max(version) from wf.schema_migrations") == len(NAMES) - 1
    assert await migrate(empty) == NAMES[-1:]
    await connection.close()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("update wf.schema_migrations set checksum = sha256('x') where version = 2", "another content"),
        ("insert into wf.schema_migrations values (9000, '9000_later', sha256('x'))", "Install the newer program"),
        ("update wf.installation set kind = 'production'", "belongs to a production installation"),
    ],
)
async def test_a_database_that_is_not_this_programs_is_left_alone(empty: Settings, damage: str, message: str) -> None:
    await migrate(empty)
    connection = await superuser(empty)
    await connection.execute(damage)
    before = await connection.fetch("select version, checksum from wf.schema_migrations order by version")
    with pytest.raises(Conflict, match=message):
        await migrate(empty)
    assert await connection.fetch("select version, checksum from wf.schema_migrations order by version") == before
    await connection.close()


@pytest.mark.parametrize(
    "damage",
    [
        "delete from wf.schema_migrations where version > 3",
        "insert into wf.schema_migrations values (9000, 'x', sha256('x'))",
    ],
)
async def test_a_program_refuses_to_run_on_another_schema(empty: Settings, damage: str) -> None:
    await migrate(empty)
    connection = await superuser(empty)
    await connection.execute(damage)
    await connection.close()
    database = await Database.open(empty, Role.APP, connections=1)
    with pytest.raises(Conflict, match="this program needs schema"):
        await check_schema(database)
    await database.close()


@pytest.mark.parametrize("migration", migrations(), ids=lambda migration: migration.name)
def test_a_migration_is_one_transaction_that_only_goes_forward(migration: Migration) -> None:
    forbidden = r"\b(commit|rollback|concurrently|vacuum|lock_timeout|drop table|drop column|drop schema)\b"
    assert re.findall(forbidden, re.sub(r"--.*", "", migration.sql), re.IGNORECASE) == []


def test_migrations_are_numbered_without_a_gap() -> None:
    assert [migration.version for migration in migrations()] == list(range(1, len(NAMES) + 1))
    assert [name for name in NAMES if not re.fullmatch(r"[0-9]{4}_[a-z][a-z_]*", name)] == []
