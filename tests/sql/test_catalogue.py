"""The schema against its rules (T1, T2, T4, T5, T6): each lint is a query in `catalogue/` that gives what breaks it.

Beside each stands a planted fault. A lint that does not see its planted fault proves nothing, so both are tested: the
migrated schema gives nothing, and the same schema with the fault gives exactly the objects that were planted.
"""

from pathlib import Path
from typing import Final

import asyncpg
import pytest

HERE: Final = Path(__file__).parent
CATALOGUE: Final = HERE / "catalogue"
ISOLATION: Final = HERE.parent / "isolation"
LINTS: Final = sorted(
    path.name.removesuffix(".sql") for path in CATALOGUE.glob("*.sql") if not path.name.endswith(".planted.sql")
)
LISTS: Final = {
    "global_tables": ISOLATION / "global_tables.txt",
    "definer_functions": ISOLATION / "definer_functions.txt",
    "unbounded_text": HERE / "unbounded_text.txt",
}


def listed(path: Path) -> dict[str, str]:
    """The names in a list and their reasons."""
    lines = [line for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]
    return {name: " ".join(reason) for name, *reason in (line.split() for line in lines)}


async def offenders(connection: "asyncpg.Connection[asyncpg.Record]", lint: str) -> list[tuple[str, str]]:
    """What a lint finds, as (object, what is wrong)."""
    await connection.execute("reset role")
    for name, path in LISTS.items():
        await connection.execute(f"create temp table if not exists {name} (name text)")
        await connection.executemany(f"insert into pg_temp.{name} values ($1)", [(entry,) for entry in listed(path)])
    rows = await connection.fetch((CATALOGUE / f"{lint}.sql").read_text())
    return sorted((row["object"], row["detail"]) for row in rows)


def planted(lint: str) -> tuple[str, set[str]]:
    """The planted fault of a lint, and the objects that it has to find."""
    text = (CATALOGUE / f"{lint}.planted.sql").read_text()
    first, _, statements = text.partition("\n")
    return statements, set(first.removeprefix("-- finds: ").split(", "))


def test_there_are_at_least_fifteen_lints_and_each_has_a_planted_fault() -> None:
    assert len(LINTS) >= 15
    assert [lint for lint in LINTS if not (CATALOGUE / f"{lint}.planted.sql").exists()] == []


@pytest.mark.parametrize("lint", LINTS)
async def test_the_schema_keeps_the_rule(rolled_back: "asyncpg.Connection[asyncpg.Record]", lint: str) -> None:
    assert await offenders(rolled_back, lint) == []


@pytest.mark.parametrize("lint", LINTS)
async def test_the_rule_finds_its_planted_fault(rolled_back: "asyncpg.Connection[asyncpg.Record]", lint: str) -> None:
    statements, objects = planted(lint)
    await rolled_back.execute("set local role wf_owner")
    await rolled_back.execute(statements)
    assert {name for name, _ in await offenders(rolled_back, lint)} == objects


@pytest.mark.parametrize(("name", "longest"), [("global_tables", 12), ("definer_functions", 5)])
def test_a_list_of_exceptions_is_short_and_gives_reasons(name: str, longest: int) -> None:
    entries = listed(LISTS[name])
    assert len(entries) <= longest
    assert [entry for entry, reason in entries.items() if len(reason) < 20] == []


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("global_tables", "select relname::text from pg_class where relnamespace = 'wf'::regnamespace"),
        ("definer_functions", "select oid::regprocedure::text from pg_proc where prosecdef"),
        (
            "unbounded_text",
            "select format('%s.%s', attrelid::regclass, attname) from pg_attribute where attnum > 0",
        ),
    ],
)
async def test_a_list_of_exceptions_names_nothing_that_is_gone(
    rolled_back: "asyncpg.Connection[asyncpg.Record]", name: str, query: str
) -> None:
    there = {row[0] for row in await rolled_back.fetch(query)}
    assert set(listed(LISTS[name])) - there == set()
