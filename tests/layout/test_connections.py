"""Only kernel/db.py connects to the database and only kernel/valkey.py to Valkey (T9).

A connection that was opened elsewhere would carry no signed tenant context, or a former one. The installation of
roles and schema runs as the owner, before there are tenants, and has its own connection.
"""

import pytest

from tests.layout.sources import Source, expect_none, planted, product, uses

CONNECTING = frozenset(
    f"asyncpg.{name}"
    for name in (
        "connect", "create_pool", "Pool", "Connection", "pool.create_pool", "pool.Pool", "pool.PoolConnectionProxy",
        "connection.connect", "connection.Connection", "connect_utils",
    )
) | {"psycopg", "psycopg2", "psycopg.connect", "psycopg2.connect", "sqlite3.connect"}  # fmt: skip
HOMES = {
    "platform/watchfloor/kernel/db.py": "the pool",
    "platform/watchfloor/ops/migrate.py": "installs roles and schema as the owner",
}
# Inside kernel/db.py a connection is handed to the transaction objects and to nobody else.
HANDED_OUT = "connection"


def faults(source: Source) -> list[str]:
    if source.path in HOMES:
        return []
    return [
        source.fault(node, f"{name}: connect through kernel/db.py") for node, name in uses(source) if name in CONNECTING
    ]


def test_only_the_database_module_connects() -> None:
    expect_none(fault for source in product() for fault in faults(source))


def test_each_home_is_still_needed() -> None:
    used = {source.path for source in product() if any(name in CONNECTING for _, name in uses(source))}
    assert used == set(HOMES)


@pytest.mark.parametrize(
    "text",
    [
        "import asyncpg\nasync def f():\n    return await asyncpg.connect('')",
        "from asyncpg import create_pool",
        "import asyncpg as pg\npg.create_pool('')",
        "from asyncpg.pool import Pool",
        "import psycopg",
        "import sqlite3\nsqlite3.connect(':memory:')",
    ],
)
def test_each_planted_connection_is_found(text: str) -> None:
    assert faults(planted("platform/watchfloor/feeds/intake.py", text))


@pytest.mark.parametrize(
    "text", ["import asyncpg\ntry:\n    pass\nexcept asyncpg.UniqueViolationError:\n    pass", "connect = 1"]
)
def test_lookalikes_pass(text: str) -> None:
    assert faults(planted("platform/watchfloor/feeds/intake.py", text)) == []
