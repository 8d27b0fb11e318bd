"""Databases for proofs about the schema, and sample rows to fill them with.

A module's tests share one database, because none of them leaves a trace in it: what they change is rolled back. The
rows come from `samples/`: one file a table, so a new table is sampled by one new file, and a test says so until it is.
"""

import asyncio
import uuid
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final, Protocol

import asyncpg
import pytest

from watchfloor.kernel.config import Settings
from watchfloor.ops.migrate import bootstrap

SAMPLES: Final = Path(__file__).parent / "samples"

# Kept up row by row, they take most of the time; what has no rows of another session can do without them until the end.
_LEAVE_INDEXES: Final = """
update pg_index
   set indisready = false,
       indisvalid = false
  from pg_class c
 where c.oid = indrelid
   and c.relnamespace::regnamespace::text in ('auth', 'wf')
"""


class MakeSettings(Protocol):
    """See tests/conftest.py."""

    def __call__(self, label: str = "made") -> Settings:
        """Copy the template."""
        ...


class Fill(Protocol):
    """Fills a database with sample rows and gives the tenants' ids."""

    async def __call__(
        self,
        connection: "asyncpg.Connection[asyncpg.Record]",
        *,
        tenants: int = 3,
        few: int = 2,
        middling: int = 4,
        many: int = 6,
        only: set[str] | None = None,
    ) -> list[uuid.UUID]:
        """`few`, `middling` and `many` are rows a tenant in small, middling and large tables; `only` names tables."""
        ...


async def fill_tables(
    connection: "asyncpg.Connection[asyncpg.Record]",
    *,
    tenants: int = 3,
    few: int = 2,
    middling: int = 4,
    many: int = 6,
    only: set[str] | None = None,
) -> list[uuid.UUID]:
    """See Fill."""
    scale, *files = sorted(SAMPLES.glob("*.sql"))
    ids = [uuid.uuid5(uuid.NAMESPACE_OID, f"tenant {number}") for number in range(1, tenants + 1)]
    async with connection.transaction():
        # The rows are consistent by themselves; checking each of a million keys again takes minutes.
        await connection.execute("set local session_replication_role = replica")
        await connection.execute(scale.read_text())
        for number, tenant_id in enumerate(ids, 1):
            row = (number, tenant_id, few, middling, many)
            await connection.execute("insert into pg_temp.sample values ($1, $2, $3, $4, $5)", *row)
        for file in files:
            table = file.name.removesuffix(".sql").partition("_")[2]
            if only is None or table in only:
                await connection.execute(file.read_text())
        await connection.execute("drop function pg_temp.sample_id; drop table pg_temp.sample")
    return ids


def superuser_dsn(settings: Settings) -> str:
    """How the superuser reaches the database of these settings."""
    if settings.database_url is None:
        raise AssertionError("test settings always name their database")
    return settings.database_url.reveal()


@pytest.fixture(scope="session")
def fill() -> Fill:
    """See Fill."""
    return fill_tables


@pytest.fixture(scope="module")
def module_settings(make_settings: MakeSettings) -> Settings:
    """An installation that the module's tests share, with the rights on the database itself as a real one has them."""
    made = make_settings("proofs")
    if made.database_url is None:
        raise AssertionError("test settings always name their database")
    asyncio.run(bootstrap(made, made.database_url))
    return made


@pytest.fixture(scope="module")
def sampled(module_settings: Settings) -> list[uuid.UUID]:
    """The tenants of the module's database, each with rows in every table."""

    async def run() -> list[uuid.UUID]:
        connection = await asyncpg.connect(superuser_dsn(module_settings))
        try:
            return await fill_tables(connection)
        finally:
            await connection.close()

    return asyncio.run(run())


@pytest.fixture(scope="module")
def busy_settings(make_settings: MakeSettings) -> Settings:
    """An installation with ten tenants and enough rows for the planner to take them seriously."""
    return _filled(make_settings("busy"), tenants=10, few=10, middling=400, many=2_000)


@pytest.fixture(scope="module")
def big_settings(make_settings: MakeSettings) -> Settings:
    """An installation with a hundred tenants and a million rows in each large table. Takes a minute or two."""
    return _filled(make_settings("big"), tenants=100, few=20, middling=1_000, many=10_000)


def _filled(made: Settings, *, tenants: int, few: int, middling: int, many: int) -> Settings:
    async def run() -> None:
        connection = await asyncpg.connect(superuser_dsn(made))
        await connection.execute(_LEAVE_INDEXES)
        await fill_tables(connection, tenants=tenants, few=few, middling=middling, many=many)
        await connection.execute("set maintenance_work_mem = '256MB'")
        for schema in ("auth", "wf"):
            await connection.execute(f"reindex schema {schema}")
        await connection.execute("vacuum analyze")
        await connection.close()

    asyncio.run(run())
    return made


@pytest.fixture
async def rolled_back(module_settings: Settings) -> AsyncGenerator["asyncpg.Connection[asyncpg.Record]"]:
    """The module's database as the superuser, in a transaction that is rolled back after the test."""
    connection = await asyncpg.connect(superuser_dsn(module_settings))
    transaction = connection.transaction()
    await transaction.start()
    yield connection
    await transaction.rollback()
    await connection.close()
