"""Prepares a database: roles, then forward-only migrations (T3, T12).

`bootstrap` needs a login that may create roles (DATABASE_URL's own); nothing else ever uses it. Migrations run as
wf_migrate acting for wf_owner, each in a transaction of its own under a five-second lock time-out.
"""

import hashlib
import secrets
from contextlib import suppress
from importlib.resources import files
from typing import Final, cast

import asyncpg
import msgspec

from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import CONTEXT_KEY_ID, Database, Role, context_pads, directory_tx, dsn_for, read_secret
from watchfloor.kernel.errors import Conflict, Unavailable
from watchfloor.kernel.keyfile import create_private
from watchfloor.kernel.keys import FileRootKeys
from watchfloor.kernel.secret import Secret
from watchfloor.ops import queries
from watchfloor.tenancy.vault import ROOT_KEY_FILE

DATABASE_NAME: Final = "watchfloor"


class Migration(msgspec.Struct, frozen=True, kw_only=True):
    """One numbered file of `migrations/`."""

    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> bytes:
        """SHA-256 of the file: an applied migration never changes."""
        return hashlib.sha256(self.sql.encode()).digest()


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the list of applied migrations."""

    version: int
    name: str
    checksum: bytes


def migrations() -> list[Migration]:
    """All migrations, in order."""
    found = (entry for entry in files("watchfloor").joinpath("migrations").iterdir() if entry.name.endswith(".sql"))
    return sorted(
        (
            Migration(version=int(entry.name[:4]), name=entry.name.removesuffix(".sql"), sql=entry.read_text("utf-8"))
            for entry in found
        ),
        key=lambda migration: migration.version,
    )


async def bootstrap(settings: Settings, admin: Secret, *, create_database: bool = False) -> None:
    """Makes the secrets, the database and the roles where they are missing. Safe to repeat.

    `admin` is the address of a login that may create roles. Raises Unavailable when it cannot connect.
    """
    make_secrets(settings)
    if create_database:
        connection = await _connect(admin)
        try:
            if not await connection.fetchval(queries.DATABASE_EXISTS, DATABASE_NAME):
                await connection.execute(queries.CREATE_DATABASE)
        finally:
            await connection.close()
        admin = Secret(admin.reveal().rpartition("/")[0] + f"/{DATABASE_NAME}")
    connection = await _connect(admin)
    try:
        async with connection.transaction():
            await _make_roles(connection, settings)
    finally:
        await connection.close()


async def migrate(settings: Settings) -> list[str]:
    """Applies the migrations that are missing and returns their names.

    Raises Conflict when an applied migration was changed, when the database is newer than this program, or
    when the database belongs to another kind of installation.
    """
    connection = await _connect(dsn_for(settings, Role.MIGRATE))
    try:
        await connection.execute(queries.BECOME_OWNER)
        await connection.execute(queries.LOCK_MIGRATIONS)
        await connection.execute(queries.CREATE_MIGRATIONS)
        records = await connection.fetch(queries.SELECT_APPLIED)
        pending = _pending(msgspec.convert([dict(record) for record in records], list[Applied]))
        for migration in pending:
            await _apply(connection, migration)
        await connection.execute(
            queries.UPSERT_CONTEXT_KEY, CONTEXT_KEY_ID, *context_pads(read_secret(settings, "context.key"))
        )
        await _claim(connection, settings)
    finally:
        await connection.close()
    return [migration.name for migration in pending]


async def check_schema(database: Database) -> None:
    """Refuses to go on with a schema that is not the one of this program. Raises Conflict."""
    newest = migrations()[-1].version
    async with directory_tx(database) as tx:
        found = await tx.value(int, queries.SELECT_VERSION) or 0
    if found != newest:
        raise Conflict(
            f"The database has schema {found}, this program needs schema {newest}.",
            where="wf.schema_migrations",
            remedy="Run `watchfloor migrate`." if found < newest else "Install the newer program again.",
        )


def make_secrets(settings: Settings) -> None:
    """Creates the secret files that are missing: 256 random bits each, readable by the owner only."""
    for name in ("context.key", *(f"postgres.{role}" for role in Role)):
        if not (settings.secrets_dir / name).exists():
            with suppress(Conflict):  # another start was first, and its secret counts
                create_private(settings.secrets_dir / name, secrets.token_hex(32).encode())
    FileRootKeys.load_or_create(settings.secrets_dir / ROOT_KEY_FILE)


async def _connect(address: Secret) -> "asyncpg.Connection[asyncpg.Record]":
    try:
        return await asyncpg.connect(address.reveal(), timeout=10, command_timeout=300)
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        raise Unavailable(
            f"PostgreSQL cannot be reached or refuses the login: {error}.",
            where="DATABASE_URL",
            remedy="Check that the server runs and that the address, user and password are right.",
        ) from None


async def _make_roles(connection: "asyncpg.Connection[asyncpg.Record]", settings: Settings) -> None:
    for name in ("wf_owner", *Role):
        await _run(connection, queries.ROLE_STATEMENT, name, "nologin" if name == "wf_owner" else "login")
    excessive = await connection.fetch(queries.SELECT_EXCESSIVE_ROLES, ["wf_owner", *Role])
    if excessive:
        raise Conflict(
            f"These roles may do more than they should: {', '.join(cast('str', record[0]) for record in excessive)}.",
            where="PostgreSQL",
            remedy="Alter each with nosuperuser nocreatedb nocreaterole noreplication nobypassrls noinherit.",
        )
    for role in Role:
        await _run(connection, queries.LOGIN_STATEMENT, role, read_secret(settings, f"postgres.{role}").reveal())
        await _run(connection, queries.SETTINGS_STATEMENTS, role)
    await connection.execute(queries.OWNER_MEMBERSHIP)
    await connection.execute(queries.REVOKE_PUBLIC_SCHEMA)
    await _run(connection, queries.DATABASE_STATEMENTS)


async def _run(connection: "asyncpg.Connection[asyncpg.Record]", query: str, *arguments: str) -> None:
    """Runs the statements that PostgreSQL itself quoted: names and passwords cannot be parameters there."""
    for record in await connection.fetch(query, *(str(argument) for argument in arguments)):
        await connection.execute(cast("str", record[0]))


async def _apply(connection: "asyncpg.Connection[asyncpg.Record]", migration: Migration) -> None:
    try:
        async with connection.transaction():
            await connection.execute(queries.SHORT_LOCKS)
            await connection.execute(migration.sql)
            await connection.execute(queries.INSERT_APPLIED, migration.version, migration.name, migration.checksum)
    except asyncpg.LockNotAvailableError:
        raise Unavailable(
            "A table that the migration changes was in use for five seconds; nothing was changed.",
            where=migration.name,
            remedy="Run `watchfloor migrate` again, at a quieter time.",
        ) from None


def _pending(applied: list[Applied]) -> list[Migration]:
    known = migrations()
    for row, migration in zip(applied, known, strict=False):
        if (row.version, row.checksum) != (migration.version, migration.checksum):
            raise Conflict(
                f"Migration {row.name} was applied with another content than this program's {migration.name}.",
                where="wf.schema_migrations",
                remedy="Migrations never change once applied; install the program that applied it, or a newer one.",
            )
    if len(applied) > len(known):
        raise Conflict(
            f"The database has schema {applied[-1].version}, this program knows {known[-1].version}.",
            where="wf.schema_migrations",
            remedy="Install the newer program again.",
        )
    return known[len(applied) :]


async def _claim(connection: "asyncpg.Connection[asyncpg.Record]", settings: Settings) -> None:
    await connection.execute(queries.INSERT_INSTALLATION, settings.environment)
    kind = cast("str", await connection.fetchval(queries.SELECT_INSTALLATION))
    if kind != settings.environment:
        raise Conflict(
            f"This database belongs to a {kind} installation; this is a {settings.environment} one.",
            where="WATCHFLOOR_ENVIRONMENT",
            remedy="Use a database of its own for each.",
        )
