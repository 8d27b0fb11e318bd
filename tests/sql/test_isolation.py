"""Row-level security on every table, as every login role (T7, T8), and the leaks that it does not stop by itself."""

import json
import secrets
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final, cast

import asyncpg
import pytest

from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, Role, directory_tx, dsn_for, tenant_tx
from watchfloor.kernel.ids import TenantId

LOGIN_ROLES: Final = (Role.APP, Role.BOT, Role.REPORT, Role.AUTH)
WAYS: Final = ("fresh", "reused", "reset")

TENANT_TABLES: Final = """
select c.oid::regclass::text as name
  from pg_class c
  join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
 where c.relnamespace = 'wf'::regnamespace
   and c.relkind in ('r', 'p')
 order by 1
"""

FOREIGN_KEYS: Final = """
select f.conrelid::regclass::text as child,
       f.confrelid::regclass::text as parent,
       array(select attname::text from unnest(f.conkey) with ordinality k (n, at)
               join pg_attribute on attrelid = f.conrelid and attnum = n order by at) as columns,
       array(select attname::text from unnest(f.confkey) with ordinality k (n, at)
               join pg_attribute on attrelid = f.confrelid and attnum = n order by at) as parent_columns
  from pg_constraint f
 where f.contype = 'f'
   and f.connamespace = 'wf'::regnamespace
 order by 1, 2
"""


@pytest.fixture
async def tables(rolled_back: "asyncpg.Connection[asyncpg.Record]") -> list[str]:
    """All tenant tables."""
    return [row["name"] for row in await rolled_back.fetch(TENANT_TABLES)]


@asynccontextmanager
async def connected(settings: Settings, role: Role) -> AsyncGenerator["asyncpg.Connection[asyncpg.Record]"]:
    """A plain connection as a login role: what an attacker has who took over the process."""
    connection = await asyncpg.connect(dsn_for(settings, role).reveal())
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def without_context(
    settings: Settings, role: Role, way: str, tenant: uuid.UUID
) -> AsyncGenerator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection without a tenant: a fresh one, one that had a tenant before, or one that was reset after it."""
    async with connected(settings, role) as connection:
        if way != "fresh":
            database = await Database.open(settings, role, connections=1)
            async with connection.transaction():
                await connection.execute(
                    "select set_config('wf.context', $1, true)", database.context(TenantId(tenant))
                )
                assert await connection.fetchval("select wf.tenant()") == tenant
            await database.close()
        if way == "reset":
            await connection.execute("discard all")
        yield connection


async def attempt(connection: "asyncpg.Connection[asyncpg.Record]", statement: str, *arguments: object) -> str:
    """What a statement comes to: `refused`, or how many rows it saw or changed. Nothing of it stays."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        if statement.startswith("select"):
            return str(await connection.fetchval(statement, *arguments))
        return (await connection.execute(statement, *arguments)).split()[-1]
    except asyncpg.InsufficientPrivilegeError:
        return "refused"
    finally:
        await transaction.rollback()


async def a_row(superuser: "asyncpg.Connection[asyncpg.Record]", table: str, tenant: uuid.UUID) -> dict[str, object]:
    """One row of a tenant."""
    text = await superuser.fetchval(f"select to_jsonb(t)::text from {table} t where tenant_id = $1 limit 1", tenant)
    return cast("dict[str, object]", json.loads(text))


async def unused_parent(
    superuser: "asyncpg.Connection[asyncpg.Record]", key: asyncpg.Record, tenant: uuid.UUID
) -> dict[str, object]:
    """Another row of the tenant's that the key may point to and does not yet, so that the new row is like no other."""
    column, parent_column = key["columns"][-1], key["parent_columns"][-1]
    text = await superuser.fetchval(
        f"select to_jsonb(p.{parent_column})::text from {key['parent']} p where p.tenant_id = $1 and not exists"
        f" (select from {key['child']} c where c.tenant_id = $1 and c.{column} = p.{parent_column}) limit 1",
        tenant,
    )
    return {} if text is None else {column: json.loads(text)}


def insert(table: str) -> str:
    """An insert of one row that is given as JSON."""
    return f"insert into {table} select * from jsonb_populate_record(null::{table}, $1::text::jsonb)"


async def test_every_tenant_table_has_sample_rows_of_every_tenant(
    rolled_back: "asyncpg.Connection[asyncpg.Record]", tables: list[str], sampled: list[uuid.UUID]
) -> None:
    empty = [
        table
        for table in tables
        if await rolled_back.fetchval(f"select count(distinct tenant_id) from {table}") < len(sampled)
    ]
    assert empty == [], "add a file for each to tests/sql/samples"


@pytest.mark.parametrize(("role", "way"), [(role, way) for role in LOGIN_ROLES for way in WAYS])
async def test_without_a_context_no_row_is_seen_changed_removed_or_added(
    rolled_back: "asyncpg.Connection[asyncpg.Record]",
    module_settings: Settings,
    sampled: list[uuid.UUID],
    tables: list[str],
    *,
    role: Role,
    way: str,
) -> None:
    leaks: list[str] = []
    async with without_context(module_settings, role, way, sampled[0]) as connection:
        for table in tables:
            row = json.dumps(await a_row(rolled_back, table, sampled[0]))
            outcomes = {
                f"select count(*) from {table}": await attempt(connection, f"select count(*) from {table}"),
                f"update {table}": await attempt(connection, f"update {table} set tenant_id = tenant_id"),
                f"delete from {table}": await attempt(connection, f"delete from {table}"),
            }
            leaks += [statement for statement, outcome in outcomes.items() if outcome not in {"0", "refused"}]
            if await attempt(connection, insert(table), row) != "refused":
                leaks.append(insert(table))
    assert leaks == []


@pytest.mark.parametrize("role", LOGIN_ROLES)
async def test_with_a_context_exactly_that_tenants_rows_are_there(
    rolled_back: "asyncpg.Connection[asyncpg.Record]",
    module_settings: Settings,
    sampled: list[uuid.UUID],
    tables: list[str],
    role: Role,
) -> None:
    mine, other = sampled[0], sampled[1]
    wrong: list[str] = []
    database = await Database.open(module_settings, role, connections=1)
    context = database.context(TenantId(mine))
    await database.close()
    async with connected(module_settings, role) as connection:
        await connection.execute("select set_config('wf.context', $1, false)", context)
        for table in tables:
            own = str(await rolled_back.fetchval(f"select count(*) from {table} where tenant_id = $1", mine))
            foreign = json.dumps(await a_row(rolled_back, table, other))
            for statement, allowed in (
                (f"select count(*) from {table}", {own, "refused"}),
                (f"select count(*) from {table} where tenant_id = '{other}'", {"0", "refused"}),
                (f"update {table} set tenant_id = tenant_id", {own, "refused"}),
                (f"update {table} set tenant_id = '{other}'", {"refused"}),
                (f"delete from {table} where tenant_id = '{other}'", {"0", "refused"}),
            ):
                if (found := await attempt(connection, statement)) not in allowed:
                    wrong.append(f"{statement}: {found}")
            if await attempt(connection, insert(table), foreign) != "refused":
                wrong.append(f"{table}: took a row of another tenant")
    assert wrong == []


@pytest.mark.parametrize("role", [*LOGIN_ROLES, Role.MIGRATE])
async def test_no_login_role_may_truncate_a_table_because_row_security_does_not_hold_truncate(
    module_settings: Settings, tables: list[str], role: Role
) -> None:
    async with connected(module_settings, role) as connection:
        assert {await attempt(connection, f"truncate {table} cascade") for table in tables} == {"refused"}


@pytest.fixture
async def app(module_settings: Settings) -> AsyncGenerator[Database]:
    """The module's database as wf_app."""
    database = await Database.open(module_settings, Role.APP, connections=1)
    yield database
    await database.close()


def forgeries(good: str, tenant: uuid.UUID, other: uuid.UUID, foreign_role: str) -> dict[str, str]:
    """Contexts that nobody signed for this role and tenant."""
    key, _, mac = good.split(":")
    return {
        "empty": "",
        "only a tenant": str(tenant),
        "no signature": f"{key}:{tenant}:",
        "zeros": f"{key}:{tenant}:{'0' * 64}",
        "a random signature": f"{key}:{tenant}:{secrets.token_hex(32)}",
        "another tenant's signature": f"{key}:{other}:{mac}",
        "another role's signature": foreign_role,
        "one digit off": f"{key}:{tenant}:{mac[:-1]}{'0' if mac[-1] != '0' else '1'}",
        "one digit short": f"{key}:{tenant}:{mac[:-1]}",
        "one digit more": f"{key}:{tenant}:{mac}0",
        "upper case": good.upper(),
        "another key": f"2:{tenant}:{mac}",
        "a key beyond its type": f"9999:{tenant}:{mac}",
        "a key far beyond its type": f"99999999999:{tenant}:{mac}",
        "a negative key": f"-1:{tenant}:{mac}",
        "a key in other digits": f"\u0661:{tenant}:{mac}",
        "a space before": f" {good}",
        "a line after": f"{good}\n",
        "a fourth part": f"{good}:x",
        "dashes for a tenant": f"{key}:{'-' * 36}:{mac}",
        "SQL": f"{key}:{tenant}' or '1'='1:{mac}",
        "very long": f"{key}:{tenant}:{mac}" * 1000,
    }


async def test_a_forged_context_opens_nothing(
    module_settings: Settings, app: Database, sampled: list[uuid.UUID]
) -> None:
    tenant, other = TenantId(sampled[0]), TenantId(sampled[1])
    bot = await Database.open(module_settings, Role.BOT, connections=1)
    foreign_role = bot.context(tenant)
    await bot.close()
    opened: list[str] = []
    async with connected(module_settings, Role.APP) as connection:
        for name, forged in forgeries(app.context(tenant), tenant, other, foreign_role).items():
            for local in (True, False):
                async with connection.transaction():
                    await connection.execute("select set_config('wf.context', $1, $2)", forged, local)
                    if await connection.fetchval("select wf.tenant()") is not None:
                        opened.append(name)
                    if await connection.fetchval("select count(*) from wf.incidents") != 0:
                        opened.append(name)
        await connection.execute("select set_config('wf.context', $1, false)", app.context(tenant))
        assert await connection.fetchval("select wf.tenant()") == tenant
    assert opened == []


@pytest.mark.parametrize("role", LOGIN_ROLES)
async def test_a_login_role_cannot_work_around_the_context(
    module_settings: Settings, sampled: list[uuid.UUID], role: Role
) -> None:
    del sampled
    done: list[str] = []
    async with connected(module_settings, role) as connection:
        for statement in (
            "select inner_pad from private.context_keys",
            "select count(*) from pg_authid",
            "set role wf_owner",
            "set role postgres",
            "set session authorization wf_owner",
            "set session_replication_role = replica",
            "alter table wf.incidents disable row level security",
            "alter table wf.incidents no force row level security",
            "drop policy tenant_isolation on wf.incidents",
            "create policy mine on wf.incidents using (true)",
            "alter function wf.tenant() security invoker",
            "create or replace function wf.tenant() returns uuid language sql as 'select null::uuid'",
            "create function pg_temp.tenant() returns uuid language sql as 'select null::uuid'",
            "create function public.tenant() returns uuid language sql as 'select null::uuid'",
            "create temp table incidents (id uuid)",
            "create schema mine",
            "create extension dblink",
            "copy wf.incidents to program 'cat'",
            "copy wf.incidents from '/etc/hostname'",
            "select pg_read_file('/etc/hostname')",
            "select lo_import('/etc/hostname')",
            "alter role current_user bypassrls",
            "alter role current_user superuser",
            "alter system set log_statement = 'all'",
        ):
            try:
                await connection.execute(statement)
            except (asyncpg.InsufficientPrivilegeError, asyncpg.InvalidParameterValueError):
                continue
            done.append(statement)
    assert done == []


async def test_switching_row_security_off_gives_an_error_and_no_rows(
    module_settings: Settings, sampled: list[uuid.UUID]
) -> None:
    del sampled
    async with connected(module_settings, Role.APP) as connection:
        await connection.execute("set row_security = off")
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await connection.fetchval("select count(*) from wf.incidents")


async def test_a_prepared_statement_does_not_keep_the_tenant_that_it_was_planned_for(
    module_settings: Settings, app: Database, sampled: list[uuid.UUID]
) -> None:
    async with connected(module_settings, Role.APP) as connection:
        await connection.execute("set plan_cache_mode = force_generic_plan")
        count = await connection.prepare("select array_agg(distinct tenant_id) from wf.incidents")
        for tenant in (sampled[0], sampled[1], None, sampled[2]):
            context = "" if tenant is None else app.context(TenantId(tenant))
            await connection.execute("select set_config('wf.context', $1, false)", context)
            assert await count.fetchval() == (None if tenant is None else [tenant])


async def test_a_plain_foreign_key_links_to_another_tenants_row_and_a_composite_one_does_not(
    rolled_back: "asyncpg.Connection[asyncpg.Record]", app: Database, sampled: list[uuid.UUID]
) -> None:
    mine, other = sampled[0], sampled[1]
    await rolled_back.execute("set local role wf_owner")
    await rolled_back.execute(
        "create table wf.p (tenant_id uuid not null, id uuid unique, primary key (tenant_id, id));"
        "create table wf.plain (tenant_id uuid primary key, p uuid references wf.p (id));"
        "create table wf.composite (tenant_id uuid primary key, p uuid, foreign key (tenant_id, p) references wf.p);"
        "call private.isolate('wf.p'); call private.isolate('wf.plain'); call private.isolate('wf.composite');"
        "grant select, insert on wf.p, wf.plain, wf.composite to wf_app"
    )
    await rolled_back.execute("reset role")
    theirs = uuid.uuid4()
    await rolled_back.execute("insert into wf.p values ($1, $2)", other, theirs)
    await rolled_back.execute("set local session authorization wf_app")
    await rolled_back.execute("select set_config('wf.context', $1, true)", app.context(TenantId(mine)))
    await rolled_back.execute("insert into wf.plain values ($1, $2)", mine, theirs)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await rolled_back.execute("insert into wf.composite values ($1, $2)", mine, theirs)


def changed(value: object, kind: str) -> object:
    """Another value of a column's type, so that no unique index is in the way."""
    match kind:
        case "uuid":
            return str(uuid.uuid4())
        case "bigint" | "integer":
            return secrets.randbelow(10**6) + 10**6
        case "timestamp with time zone":
            return f"2031-01-01T00:00:{secrets.randbelow(60):02}.{secrets.randbelow(10**6):06}Z"
        case "bytea":
            return "\\x" + secrets.token_hex(len(str(value)) // 2 - 1)
        case _:
            return value


async def test_another_tenants_row_looks_like_none_through_every_foreign_key(
    rolled_back: "asyncpg.Connection[asyncpg.Record]", module_settings: Settings, sampled: list[uuid.UUID]
) -> None:
    mine, other = sampled[0], sampled[1]
    tried: list[str] = []
    keys = await rolled_back.fetch(FOREIGN_KEYS)
    for key in keys:
        child, column, parent_column = key["child"], key["columns"][-1], key["parent_columns"][-1]
        role = await rolled_back.fetchval(
            "select r from unnest($2::text[]) r where has_table_privilege(r, $1, 'insert') limit 1",
            child,
            [str(role) for role in LOGIN_ROLES],
        )
        if role is None:
            continue
        kinds = {
            row["name"]: row["kind"]
            for row in await rolled_back.fetch(
                "select attname::text as name, format_type(atttypid, null) as kind"
                " from pg_attribute where attrelid = $1::text::regclass and attnum > 0",
                child,
            )
        }
        sample = await a_row(rolled_back, child, mine)
        fresh: dict[str, object] = {
            name: changed(sample[name], kinds[name])
            for name in ("id", "number", "first_seen", "batch_id", "host_index", "value_index")
            if name in sample
        }
        for own in keys:
            if own["child"] == child and own["columns"][-1] != column:
                fresh |= await unused_parent(rolled_back, own, mine)
        real = (await a_row(rolled_back, key["parent"], other))[parent_column]
        answers: list[str] = []
        for target in (real, changed(real, kinds[column])):
            row = {**sample, **fresh, column: target}
            database = await Database.open(module_settings, Role(role), connections=1)
            with pytest.raises(asyncpg.ForeignKeyViolationError) as refusal:
                async with tenant_tx(database, TenantId(mine)) as tx:
                    await tx.execute(insert(child), json.dumps(row))  # pyright: ignore[reportArgumentType] - a test's SQL
            await database.close()
            answers.append(f"{refusal.value} {refusal.value.detail}".replace(str(target), "?"))
        assert answers[0] == answers[1]
        tried.append(f"{child}.{column}")
    assert len(tried) >= 10


async def test_the_directory_transaction_shows_no_tenants_rows(app: Database, sampled: list[uuid.UUID]) -> None:
    async with tenant_tx(app, TenantId(sampled[0])) as tx:
        assert (await tx.value(int, "select count(*) from wf.incidents") or 0) > 0
    async with directory_tx(app) as outside:
        assert await outside.value(int, "select count(*) from wf.incidents") == 0
