"""SQL of a tenant's end: reading all that is its own, deleting it, and what stays of people."""

from collections.abc import AsyncIterator, Sequence
from typing import Final, LiteralString, cast
from uuid import UUID

import msgspec

from watchfloor.kernel.db import TenantTx, Tx

UPDATE_TO_TOMBSTONE: Final[LiteralString] = """
update auth.tenants
   set state = 'offboarded',
       name = $2
 where id = $1
"""

REVOKE_ALL_TOKENS: Final[LiteralString] = """
update auth.feed_tokens
   set revoked_at = now()
 where tenant_id = $1
   and revoked_at is null
"""

REVOKE_ALL_CERTIFICATES: Final[LiteralString] = """
update auth.feed_certificates
   set revoked_at = now()
 where tenant_id = $1
   and revoked_at is null
"""

REVOKE_ALL_KEYS: Final[LiteralString] = """
update auth.api_keys
   set revoked_at = now()
 where tenant_id = $1
   and revoked_at is null
"""

DELETE_TOKENS: Final[LiteralString] = "delete from auth.feed_tokens where tenant_id = $1"

DELETE_CERTIFICATES: Final[LiteralString] = "delete from auth.feed_certificates where tenant_id = $1"

DELETE_KEYS: Final[LiteralString] = "delete from auth.api_keys where tenant_id = $1"

# Whom nobody else knows leaves with the tenant: their sessions and, unless they vouch for something, themselves.
SELECT_PEOPLE_OF_ONLY: Final[LiteralString] = """
select m.person_id
  from auth.memberships m
 where m.tenant_id = $1
   and not exists (
         select
           from auth.memberships o
          where o.person_id = m.person_id
            and o.tenant_id <> $1)
"""

DELETE_MEMBERSHIPS: Final[LiteralString] = "delete from auth.memberships where tenant_id = $1"

DELETE_LOGINS: Final[LiteralString] = "delete from auth.logins where person_id = any ($1::uuid[])"

DELETE_SESSIONS: Final[LiteralString] = "delete from auth.sessions where person_id = any ($1::uuid[])"

FORGET_GRANTERS: Final[LiteralString] = """
update auth.memberships
   set granted_by = null
 where granted_by = any ($1::uuid[])
"""

DELETE_PEOPLE: Final[LiteralString] = """
delete from auth.people p
 where p.id = any ($1::uuid[])
   and not exists (
         select
           from auth.api_keys k
          where k.created_by = p.id)
"""

# Somebody who made another tenant's API key stays as a number only.
BLANK_PEOPLE: Final[LiteralString] = """
update auth.people
   set email = id::text || '@offboarded.invalid',
       name = 'offboarded',
       state = 'disabled',
       issuer = null,
       subject = null
 where id = any ($1::uuid[])
"""

ERASE: Final[LiteralString] = "select wf.erase_tenant($1)"

SELECT_TABLES: Final[LiteralString] = """
select c.relname::text
  from pg_catalog.pg_class c
  join pg_catalog.pg_attribute a
    on a.attrelid = c.oid
   and a.attname = 'tenant_id'
   and not a.attisdropped
 where c.relkind in ('r', 'p')
   and c.relnamespace = 'wf'::regnamespace
 order by c.relname
"""

EXPORT_STATEMENT: Final[LiteralString] = """
select format(
         'select to_jsonb(t)::text as json from wf.%I t where t.tenant_id = $1 order by %s',
         c.relname,
         (select string_agg(format('t.%I', a.attname), ', ' order by k.position)
            from unnest(i.indkey::smallint[]) with ordinality k (attnum, position)
            join pg_catalog.pg_attribute a
              on a.attrelid = c.oid
             and a.attnum = k.attnum))
  from pg_catalog.pg_class c
  join pg_catalog.pg_index i
    on i.indrelid = c.oid
   and i.indisprimary
 where c.relname = $1
   and c.relnamespace = 'wf'::regnamespace
"""

COUNT_STATEMENT: Final[LiteralString] = """
select format('select count(*) from wf.%I where tenant_id = $1', c.relname)
  from pg_catalog.pg_class c
 where c.relname = $1
   and c.relnamespace = 'wf'::regnamespace
"""

SELECT_ENTRY_ID: Final[LiteralString] = """
select id
  from wf.audit_entries
 where tenant_id = $1
   and seq = $2
"""

SELECT_FINISHED_REPORTS: Final[LiteralString] = """
select id,
       sha256
  from wf.reports
 where tenant_id = $1
   and state = 'ready'
 order by id
"""

SELECT_EVIDENCE_DOCUMENTS: Final[LiteralString] = """
select id,
       document_sha256 as sha256
  from wf.evidence_entries
 where tenant_id = $1
   and document_sha256 is not null
 order by id
"""

# A transaction that began before this one and still runs keeps the snapshot's xmin at or below this one's number.
CURRENT_TRANSACTION: Final[LiteralString] = "select pg_current_xact_id()::text::bigint"

OLDEST_TRANSACTION: Final[LiteralString] = "select pg_snapshot_xmin(pg_current_snapshot())::text::bigint"

# Waiting in the database needs no timer here and ends when the connection does.
PAUSE: Final[LiteralString] = "select pg_sleep(0.05)"

# Erasing and counting a large tenant may take longer than an ordinary statement may.
ALLOW_LONG_STATEMENTS: Final[LiteralString] = "select set_config('statement_timeout', '0', true)"


class JsonRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of any table, as JSON."""

    json: str


class FileRow(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the tenant's, and what it belongs to."""

    id: UUID
    sha256: bytes


async def leave_tombstone(tx: Tx, tenant_id: UUID, *, name: str) -> None:
    """Ends the tenant: its slug and code stay taken, its name goes."""
    await tx.execute(UPDATE_TO_TOMBSTONE, tenant_id, name)


async def revoke_all(tx: TenantTx) -> tuple[int, int]:
    """Revokes the tenant's feed tokens (with the certificates of feeds) and API keys, and says how many of each."""
    tokens = await tx.execute(REVOKE_ALL_TOKENS, tx.tenant_id)
    tokens += await tx.execute(REVOKE_ALL_CERTIFICATES, tx.tenant_id)
    return tokens, await tx.execute(REVOKE_ALL_KEYS, tx.tenant_id)


async def current_transaction(tx: Tx) -> int:
    """The number of this transaction."""
    return await tx.value(int, CURRENT_TRANSACTION) or 0


async def oldest_transaction(tx: Tx) -> int:
    """The number of the oldest transaction that still runs, or the next one to come."""
    return await tx.value(int, OLDEST_TRANSACTION) or 0


async def pause(tx: Tx) -> None:
    """Lets a moment pass."""
    await tx.execute(PAUSE)


async def select_tables(tx: Tx) -> list[str]:
    """The tables of schema `wf` that hold tenants' rows."""
    return await tx.values(str, SELECT_TABLES)


async def count_rows(tx: TenantTx, table: str) -> int:
    """How many rows of a table are the tenant's. The database itself quotes the table's name."""
    statement = cast("LiteralString", await tx.value(str, COUNT_STATEMENT, table))
    return await tx.value(int, statement, tx.tenant_id) or 0


async def export_rows(tx: TenantTx, table: str) -> AsyncIterator[str]:
    """The tenant's rows of a table as JSON, in the order of the primary key. The database quotes the table's name."""
    statement = cast("LiteralString", await tx.value(str, EXPORT_STATEMENT, table))
    async for row in tx.stream(JsonRow, statement, tx.tenant_id):
        yield row.json


async def select_entry_id(tx: TenantTx, seq: int) -> UUID | None:
    """The id of an audit entry, by its number."""
    return await tx.value(UUID, SELECT_ENTRY_ID, tx.tenant_id, seq)


async def select_finished_reports(tx: TenantTx) -> list[FileRow]:
    """The tenant's finished reports."""
    return await tx.rows(FileRow, SELECT_FINISHED_REPORTS, tx.tenant_id)


async def select_evidence_documents(tx: TenantTx) -> list[FileRow]:
    """The entries of evidence that came with a document."""
    return await tx.rows(FileRow, SELECT_EVIDENCE_DOCUMENTS, tx.tenant_id)


async def erase(tx: TenantTx, *, at_most: int) -> int:
    """Deletes up to `at_most` rows of the tenant, which must be offboarding, and says how many."""
    return await tx.value(int, ERASE, at_most) or 0


async def allow_long_statements(tx: Tx) -> None:
    """Lifts the time limit of statements for this transaction."""
    await tx.execute(ALLOW_LONG_STATEMENTS)


async def select_people_of_only(tx: Tx, tenant_id: UUID) -> list[UUID]:
    """The people who belong to this tenant and to no other."""
    return await tx.values(UUID, SELECT_PEOPLE_OF_ONLY, tenant_id)


async def delete_credentials(tx: Tx, tenant_id: UUID) -> tuple[int, int]:
    """Deletes the tenant's feed tokens (with the certificates of feeds) and API keys, and says how many of each."""
    tokens = await tx.execute(DELETE_TOKENS, tenant_id) + await tx.execute(DELETE_CERTIFICATES, tenant_id)
    return tokens, await tx.execute(DELETE_KEYS, tenant_id)


async def delete_memberships(tx: Tx, tenant_id: UUID) -> int:
    """Deletes the tenant's memberships and says how many there were."""
    return await tx.execute(DELETE_MEMBERSHIPS, tenant_id)


async def delete_people(tx: Tx, people: Sequence[UUID]) -> int:
    """Forgets people: their sessions and themselves, or all but their number where another tenant's key needs it."""
    await tx.execute(DELETE_LOGINS, people)
    await tx.execute(DELETE_SESSIONS, people)
    await tx.execute(FORGET_GRANTERS, people)
    deleted = await tx.execute(DELETE_PEOPLE, people)
    return deleted + await tx.execute(BLANK_PEOPLE, people)
