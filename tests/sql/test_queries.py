"""Every query of every `queries.py` against the migrated schema (T11): it is prepared, some login role may run it, and
its plan reads a tenant's rows through an index that narrows them.

A query is a string constant in upper case. The plans of the quick run are made with sequential scans switched off, so
that one shows where no index can serve; those of the slow run are made over a million rows of a hundred tenants.
"""

import importlib.util
import json
import re
import sys
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Final, cast

import asyncpg
import msgspec
import pytest

from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Role, dsn_for

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parent.parent
SOURCES: Final = (ROOT / "platform" / "watchfloor", ROOT / "bot", ROOT / "reports", ROOT / "tenants")
EXEMPT: Final = HERE / "whole_tenant.txt"
ROLES: Final = (Role.APP, Role.AUTH, Role.BOT, Role.REPORT, Role.MIGRATE)
PLANNED: Final = ("select", "insert", "update", "delete", "with")
NOT_PLANNED: Final = ("create", "grant", "revoke", "set", "alter", "lock")

SMALL: Final = frozenset(
    {
        "tenants",
        "tenant_keys",
        "counters",
        "feeds",
        "feed_trust",
        "connectors",
        "intake_waiting",
        "audit_tips",
        "overlay_versions",
        "brandings",
        "report_schedules",
        "report_recipients",
    }
)
"""Tenant tables with so few rows a tenant that reading all of them is as good as an index."""

TRANSPARENT: Final = frozenset({"Nested Loop", "LockRows", "Result", "Subquery Scan", "Append", "ProjectSet"})
"""Nodes that hand on rows as they come, so that a limit above them ends the scan below them."""

Plan = dict[str, object]


class Query(msgspec.Struct, frozen=True):
    """One query: where it stands, and its text."""

    name: str
    sql: str

    @property
    def verb(self) -> str:
        """Its first word."""
        return self.sql.split(maxsplit=1)[0].lower()


def queries() -> list[Query]:
    """All queries of all modules, by name."""
    found: list[Query] = []
    for source in SOURCES:
        for path in sorted(source.rglob("queries.py")):
            name = ".".join(path.relative_to(source.parent).with_suffix("").parts)
            found += [Query(f"{name}:{constant}", sql) for constant, sql in constants(name, path)]
    return found


def constants(name: str, path: Path) -> Iterator[tuple[str, str]]:
    """The text constants of a module."""
    module = sys.modules.get(name)
    if module is None:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    for constant, value in cast("dict[str, object]", vars(module)).items():
        if re.fullmatch(r"[A-Z][A-Z0-9_]+", constant) and isinstance(value, str) and " " in value:
            yield constant, value


QUERIES: Final = queries()
TO_PLAN: Final = [query for query in QUERIES if query.verb in PLANNED]


class Connections:
    """One connection for each login role, all of which make generic plans."""

    def __init__(self, by_role: dict[Role, "asyncpg.Connection[asyncpg.Record]"], *, sequential: bool) -> None:
        self._by_role = by_role
        self._sequential = sequential

    @classmethod
    async def open(cls, settings: Settings, *, sequential: bool) -> "Connections":
        """Connects. `sequential` allows sequential scans."""
        by_role: dict[Role, asyncpg.Connection[asyncpg.Record]] = {}
        for role in ROLES:
            connection = await asyncpg.connect(dsn_for(settings, role).reveal(), statement_cache_size=0)
            await connection.execute("set plan_cache_mode = force_generic_plan")
            await connection.execute(f"set enable_seqscan = {'on' if sequential else 'off'}")
            await connection.execute("set jit = off")
            if role is Role.MIGRATE:
                await connection.execute("set role wf_owner")
            by_role[role] = connection
        return cls(by_role, sequential=sequential)

    async def close(self) -> None:
        """Closes them."""
        for connection in self._by_role.values():
            await connection.close()

    async def tenant_tables(self) -> set[str]:
        """The tables with row-level security."""
        rows = await self._by_role[Role.MIGRATE].fetch(
            "select relname from pg_class where relnamespace = 'wf'::regnamespace and relrowsecurity"
        )
        return {row["relname"] for row in rows}

    async def plan(self, query: Query) -> Plan:
        """The generic plan of a query, as the first login role that may run it. Fails if none may."""
        for connection in self._by_role.values():
            transaction = connection.transaction()
            await transaction.start()
            try:
                await connection.execute(f"prepare q as {query.sql}")
                arguments = await connection.fetchval(
                    "select cardinality(parameter_types) from pg_prepared_statements where name = 'q'"
                )
                values = ", ".join(["null"] * arguments)
                call = f"explain (verbose, format json) execute q{f'({values})' if values else ''}"
                return cast("Plan", json.loads(await connection.fetchval(call))[0]["Plan"])
            except asyncpg.InsufficientPrivilegeError:
                continue
            finally:
                await transaction.rollback()
                await connection.execute("deallocate all")
        raise AssertionError(f"no login role may run {query.name}")

    async def faults(self, query: Query) -> list[str]:
        """What in a query's plan reads more of a tenant table than it should."""
        tables = await self.tenant_tables()
        # The planner rightly reads a table of two pages as a whole, when it may.
        return faults(await self.plan(query), tables - SMALL if self._sequential else tables)


def nodes(plan: Plan, above: tuple[Plan, ...] = ()) -> Iterator[tuple[Plan, tuple[Plan, ...]]]:
    """All nodes of a plan, each with those above it, the root first."""
    yield plan, above
    for child in cast("list[Plan]", plan.get("Plans", [])):
        yield from nodes(child, (*above, plan))


def faults(plan: Plan, tenant_tables: set[str]) -> list[str]:
    """What in a plan reads more of a tenant table than it should."""
    found: list[str] = []
    for node, above in nodes(plan):
        # A bitmap's index scan does not name the table; the node above it does.
        named = node if "Relation Name" in node else above[-1] if above else node
        table = str(named.get("Relation Name"))
        if named.get("Schema") != "wf" or table not in tenant_tables:
            continue
        if node["Node Type"] == "Seq Scan":
            found.append(f"sequential scan of {table}")
        elif node["Node Type"] in {"Index Scan", "Index Only Scan"} and "Index Cond" not in node:
            found.append(f"reads all of {table} through an index")
        elif "Index Cond" in node and table not in SMALL and reads_whole_tenant(node, above):
            found.append(f"reads all of a tenant's {table}: {node['Index Cond']}")
    return found


def reads_whole_tenant(node: Plan, above: tuple[Plan, ...]) -> bool:
    """Whether an index scan is narrowed by the tenant alone, and no limit ends it early."""
    condition = str(node["Index Cond"])
    columns = set(re.findall(r"(?:\w+\.)?([a-z_]+)(?:\)::\w+)? (?:=|<|>|<=|>=|IS)", condition))
    columns |= {name for group in re.findall(r"ROW\(([^)]*)\)", condition) for name in re.findall(r"[a-z_]+", group)}
    if columns - {"tenant_id"}:
        return False
    for step in reversed(above):
        if step["Node Type"] == "Limit":
            return False
        if step["Node Type"] not in TRANSPARENT:
            return True
    return not any(step["Node Type"] == "Result" for step in above[:1])


async def all_faults(connections: Connections) -> dict[str, list[str]]:
    """The faults of all queries that have any and are not exempt."""
    allowed = exempt()
    found = {query.name: await connections.faults(query) for query in TO_PLAN if query.name not in allowed}
    return {name: texts for name, texts in found.items() if texts}


def exempt() -> dict[str, str]:
    """The queries that read whole tenants on purpose, and why."""
    lines = [line for line in EXEMPT.read_text().splitlines() if line.strip() and not line.startswith("#")]
    return {name: " ".join(reason) for name, *reason in (line.split() for line in lines)}


@pytest.fixture
async def connections(busy_settings: Settings) -> AsyncGenerator[Connections]:
    """Connections to a database of middling size, with sequential scans switched off."""
    made = await Connections.open(busy_settings, sequential=False)
    yield made
    await made.close()


def test_every_query_is_of_a_kind_that_is_known_here() -> None:
    assert len(TO_PLAN) >= 100
    assert [query.name for query in QUERIES if query.verb not in (*PLANNED, *NOT_PLANNED)] == []


async def test_each_query_fits_the_schema_may_be_run_and_is_served_by_an_index(connections: Connections) -> None:
    assert await all_faults(connections) == {}


def test_an_exemption_names_a_query_and_a_reason() -> None:
    assert set(exempt()) - {query.name for query in TO_PLAN} == set()
    assert [name for name, reason in exempt().items() if len(reason) < 20] == []


@pytest.mark.parametrize(
    ("sql", "table"),
    [
        ("select title from wf.incidents where title = $1", "incidents"),
        ("select title from wf.incidents where tenant_id = $1 and title like $2", "incidents"),
        ("select id from wf.alerts where tenant_id = $1 and rule ->> 'x' = $2", "alerts"),
        ("select count(*) from wf.incident_timeline", "incident_timeline"),
        ("delete from wf.alert_events where tenant_id = $1 and source = $2", "alert_events"),
        ("select id from wf.incidents where tenant_id = $1 order by title limit 10", "incidents"),
    ],
)
async def test_the_gate_sees_a_query_that_no_index_serves(connections: Connections, sql: str, table: str) -> None:
    assert [fault for fault in await connections.faults(Query("planted", sql)) if table in fault] != []


@pytest.mark.parametrize(
    "sql",
    [
        "select title from wf.incidents where tenant_id = $1 and id = $2",
        "select id from wf.incidents where tenant_id = $1 order by id limit 10",
        "select id from wf.alerts where incident_id = $1",
        "update wf.incidents set revision = revision + 1 where tenant_id = $1 and id = $2",
    ],
)
async def test_the_gate_lets_a_query_pass_that_an_index_serves(connections: Connections, sql: str) -> None:
    assert await connections.faults(Query("planted", sql)) == []


@pytest.mark.slow
async def test_over_a_million_rows_of_a_hundred_tenants_no_query_scans_a_tenant_table(big_settings: Settings) -> None:
    made = await Connections.open(big_settings, sequential=True)
    found = await all_faults(made)
    await made.close()
    assert found == {}
