"""SQL of preparing a database, and of what the worker counts and cleans up."""

from typing import Final, LiteralString

import msgspec

from watchfloor.kernel.db import TenantTx

DATABASE_EXISTS: Final[LiteralString] = """
select true
  from pg_catalog.pg_database
 where datname = $1
"""

CREATE_DATABASE: Final[LiteralString] = "create database watchfloor"

ROLE_STATEMENT: Final[LiteralString] = """
select format('create role %I with %s noinherit', $1::text, $2::text)
 where not exists (select from pg_catalog.pg_roles where rolname = $1)
"""

SELECT_EXCESSIVE_ROLES: Final[LiteralString] = """
select rolname
  from pg_catalog.pg_roles
 where rolname = any ($1::text[])
   and (rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls or rolinherit)
 order by rolname
"""

LOGIN_STATEMENT: Final[LiteralString] = "select format('alter role %I password %L', $1::text, $2::text)"

SETTINGS_STATEMENTS: Final[LiteralString] = """
select format('alter role %I set %s', $1::text, s)
  from unnest(array[
         'search_path = pg_catalog',
         'statement_timeout = ''60s''',
         'lock_timeout = ''10s''',
         'idle_in_transaction_session_timeout = ''120s''',
         'timezone = ''UTC''']) s
"""

DATABASE_STATEMENTS: Final[LiteralString] = """
select format(statement, current_database())
  from unnest(array[
         'revoke all on database %I from public',
         'grant create on database %I to wf_owner',
         'grant connect on database %I to wf_migrate, wf_app, wf_bot, wf_report, wf_auth']) statement
"""

OWNER_MEMBERSHIP: Final[LiteralString] = "grant wf_owner to wf_migrate"
REVOKE_PUBLIC_SCHEMA: Final[LiteralString] = "revoke all on schema public from public"

BECOME_OWNER: Final[LiteralString] = "set role wf_owner"
LOCK_MIGRATIONS: Final[LiteralString] = "select pg_advisory_lock(hashtextextended('watchfloor.migrations', 0))"
SHORT_LOCKS: Final[LiteralString] = "set local lock_timeout = '5s'"

CREATE_MIGRATIONS: Final[LiteralString] = """
create schema if not exists wf;
create table if not exists wf.schema_migrations (
  version integer primary key,
  name text not null,
  checksum bytea not null check (length(checksum) = 32),
  applied_at timestamptz not null default now()
)
"""

SELECT_APPLIED: Final[LiteralString] = """
select version,
       name,
       checksum
  from wf.schema_migrations
 order by version
"""

INSERT_APPLIED: Final[LiteralString] = """
insert into wf.schema_migrations (version, name, checksum)
values ($1, $2, $3)
"""

SELECT_VERSION: Final[LiteralString] = "select coalesce(max(version), 0) from wf.schema_migrations"

UPSERT_CONTEXT_KEY: Final[LiteralString] = """
insert into private.context_keys (id, inner_pad, outer_pad)
values ($1, $2, $3)
on conflict (id) do update
   set inner_pad = excluded.inner_pad,
       outer_pad = excluded.outer_pad
"""

INSERT_INSTALLATION: Final[LiteralString] = """
insert into wf.installation (kind)
values ($1)
on conflict do nothing
"""

SELECT_INSTALLATION: Final[LiteralString] = "select kind from wf.installation"

COUNT_BACKLOG: Final[LiteralString] = """
select (select count(*) from wf.intake_batches b where b.tenant_id = $1) as batches,
       (select count(*) from wf.outbox o where o.tenant_id = $1) as messages
"""

SELECT_REPORT_PATHS: Final[LiteralString] = """
select path
  from wf.reports
 where tenant_id = $1
   and path is not null
"""


class Backlog(msgspec.Struct, frozen=True, kw_only=True):
    """What waits for a tenant: accepted batches, and messages to surfaces."""

    batches: int
    messages: int


async def count_backlog(tx: TenantTx) -> Backlog:
    """What waits for the tenant now."""
    counted = await tx.row(Backlog, COUNT_BACKLOG, tx.tenant_id)
    return counted or Backlog(batches=0, messages=0)


async def select_report_paths(tx: TenantTx) -> list[str]:
    """The files of all the tenant's reports."""
    return await tx.values(str, SELECT_REPORT_PATHS, tx.tenant_id)
