"""The login roles and what they may (T3), against the catalogue of a database that was prepared as a real one is."""

from typing import Final

import asyncpg
import pytest

from watchfloor.kernel.db import Role

ALL_ROLES: Final = [str(role) for role in Role]

READS_ONLY: Final = {Role.REPORT: {"wf.reports", "wf.outbox", "wf.outbox_receipts"}, Role.AUTH: {"wf.outbox"}}
"""The few tables that roles which otherwise read may write in schema wf."""


async def test_no_role_is_superuser_owner_or_above_row_security(
    rolled_back: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    rows = await rolled_back.fetch(
        "select rolname, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolinherit, rolcanlogin"
        " from pg_roles where rolname like 'wf\\_%' order by rolname"
    )
    assert [row["rolname"] for row in rows] == sorted([*ALL_ROLES, "wf_owner"])
    for row in rows:
        assert not any(row[name] for name in ("rolsuper", "rolcreaterole", "rolcreatedb", "rolreplication"))
        assert not row["rolbypassrls"]
        assert not row["rolinherit"]
        assert row["rolcanlogin"] == (row["rolname"] != "wf_owner")


async def test_only_the_migrating_role_is_a_member_of_another_and_it_must_say_so(
    rolled_back: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    rows = await rolled_back.fetch(
        "select member::regrole::text as member, roleid::regrole::text as role, admin_option"
        " from pg_auth_members where member::regrole::text = any ($1)",
        [*ALL_ROLES, "wf_owner"],
    )
    assert [tuple(row) for row in rows] == [("wf_migrate", "wf_owner", False)]


async def test_no_login_role_owns_anything(rolled_back: "asyncpg.Connection[asyncpg.Record]") -> None:
    owned = await rolled_back.fetchval(
        "select count(*) from pg_shdepend where deptype = 'o' and refclassid = 'pg_authid'::regclass"
        " and refobjid::regrole::text = any ($1)",
        ALL_ROLES,
    )
    assert owned == 0


async def test_no_login_role_may_create_anything_anywhere(rolled_back: "asyncpg.Connection[asyncpg.Record]") -> None:
    rows = await rolled_back.fetch(
        "select r, n.nspname from unnest($1::text[]) r, pg_namespace n where has_schema_privilege(r, n.oid, 'create')",
        ALL_ROLES,
    )
    assert rows == []
    may = "select r from unnest($1::text[]) r where has_database_privilege(r, current_database(), $2)"
    assert await rolled_back.fetch(may, ALL_ROLES, "create") == []
    assert await rolled_back.fetch(may, ALL_ROLES, "temporary") == []


async def test_everybody_has_nothing_on_the_database(rolled_back: "asyncpg.Connection[asyncpg.Record]") -> None:
    rows = await rolled_back.fetch(
        "select g.privilege_type from pg_database d,"
        " lateral aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) g"
        " where d.datname = current_database() and g.grantee = 0"
    )
    assert rows == []


@pytest.mark.parametrize("setting", ["statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"])
async def test_no_role_may_wait_or_work_without_end(
    rolled_back: "asyncpg.Connection[asyncpg.Record]", setting: str
) -> None:
    without = await rolled_back.fetch(
        "select r.rolname from pg_roles r where r.rolname = any ($1) and not exists ("
        " select from pg_db_role_setting s, unnest(s.setconfig) c"
        " where s.setrole = r.oid and c like $2 || '=%' and c not in ($2 || '=0'))",
        ALL_ROLES,
        setting,
    )
    assert without == []


@pytest.mark.parametrize("role", [Role.REPORT, Role.AUTH])
async def test_a_role_that_reads_tenants_rows_writes_only_what_it_is_for(
    rolled_back: "asyncpg.Connection[asyncpg.Record]", role: Role
) -> None:
    rows = await rolled_back.fetch(
        "select distinct c.oid::regclass::text as name from pg_class c, lateral aclexplode(c.relacl) g"
        " where c.relnamespace = 'wf'::regnamespace and g.grantee = $1::text::regrole"
        " and g.privilege_type in ('INSERT', 'UPDATE', 'DELETE')",
        str(role),
    )
    assert {row["name"] for row in rows} == READS_ONLY[role]


async def test_the_directory_is_open_to_its_own_role_and_workers_see_no_names(
    rolled_back: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    rows = await rolled_back.fetch(
        "select r, c.relname, a.attname from unnest($1::text[]) r, pg_class c, pg_attribute a"
        " where c.relnamespace = 'auth'::regnamespace and c.relkind = 'r' and a.attrelid = c.oid and a.attnum > 0"
        " and has_column_privilege(r, c.oid, a.attnum, 'select')",
        [role for role in ALL_ROLES if role != Role.AUTH],
    )
    assert sorted((row["r"], row["relname"], row["attname"]) for row in rows) == [
        ("wf_app", "tenants", "id"),
        ("wf_app", "tenants", "kind"),
        ("wf_app", "tenants", "state"),
    ]
