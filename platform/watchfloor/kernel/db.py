"""The only way to the database (T9).

`tenant_tx` opens a transaction inside one tenant: its context is signed for the login role and dies with the
transaction, so a connection that goes back to the pool carries no tenant, however the transaction ended.
`directory_tx` opens one without a tenant: tenant tables then show nothing. Neither hands out the connection.
"""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from enum import StrEnum
from typing import TYPE_CHECKING, Final, LiteralString, TypeVar
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg
import msgspec

from watchfloor.kernel.config import Settings
from watchfloor.kernel.errors import Conflict, Unavailable
from watchfloor.kernel.ids import TenantId
from watchfloor.kernel.keyfile import read_private
from watchfloor.kernel.secret import Secret

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

T = TypeVar("T")

CONTEXT_KEY_ID: Final = 1
_SET_CONTEXT: Final = "select set_config('wf.context', $1, true)"
_LOST: Final = (
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)


class Role(StrEnum):
    """The login roles. Each process connects as the one that its work needs."""

    APP = "wf_app"
    BOT = "wf_bot"
    REPORT = "wf_report"
    AUTH = "wf_auth"
    MIGRATE = "wf_migrate"


class Tx:
    """A transaction. Queries are literal SQL; results are structs, so no row leaves without a type."""

    def __init__(self, connection: "PoolConnectionProxy[asyncpg.Record]") -> None:
        self._connection = connection

    async def rows(self, kind: type[T], query: LiteralString, *arguments: object) -> list[T]:
        """All rows, each as `kind` (a struct whose fields are the columns)."""
        records = await self._connection.fetch(query, *arguments)
        return [msgspec.convert(dict(record), kind) for record in records]

    async def row(self, kind: type[T], query: LiteralString, *arguments: object) -> T | None:
        """The first row as `kind`, or None."""
        record = await self._connection.fetchrow(query, *arguments)
        return None if record is None else msgspec.convert(dict(record), kind)

    async def value(self, kind: type[T], query: LiteralString, *arguments: object) -> T | None:
        """The first column of the first row as `kind`, or None when there is no row or it is null."""
        found: object = await self._connection.fetchval(query, *arguments)
        return None if found is None else msgspec.convert(found, kind)

    async def values(self, kind: type[T], query: LiteralString, *arguments: object) -> list[T]:
        """The first column of all rows, each as `kind`."""
        records = await self._connection.fetch(query, *arguments)
        return [msgspec.convert(record[0], kind) for record in records]

    async def execute(self, query: LiteralString, *arguments: object) -> int:
        """Runs one statement and returns the number of rows that it changed."""
        status = await self._connection.execute(query, *arguments)
        last = status.rsplit(" ", 1)[-1]
        return int(last) if last.isdigit() else 0

    async def execute_many(self, query: LiteralString, arguments: Iterable[Sequence[object]]) -> None:
        """Runs one statement for each row of arguments, in one round trip."""
        await self._connection.executemany(query, arguments)

    async def stream(
        self, kind: type[T], query: LiteralString, *arguments: object, page: int = 1000
    ) -> AsyncIterator[T]:
        """All rows, fetched `page` at a time by a server-side cursor."""
        async for record in self._connection.cursor(query, *arguments, prefetch=page):
            yield msgspec.convert(dict(record), kind)


class TenantTx(Tx):
    """A transaction inside one tenant."""

    def __init__(self, connection: "PoolConnectionProxy[asyncpg.Record]", tenant_id: TenantId) -> None:
        super().__init__(connection)
        self.tenant_id = tenant_id


class DirectoryTx(Tx):
    """A transaction without a tenant: the directory and the few global tables."""


class Database:
    """A pool of connections of one login role, and that role's signature over tenant contexts."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]", role: Role, context_key: Secret) -> None:
        self._pool = pool
        self._context_key = context_key.reveal().encode()
        self.role = role

    @classmethod
    async def open(cls, settings: Settings, role: Role, *, connections: int | None = None) -> "Database":
        """Connects as `role`.

        Raises Unavailable when the server is away, Invalid when a password or key file is missing.
        """
        context_key = read_secret(settings, "context.key")
        try:
            pool = await asyncpg.create_pool(
                dsn_for(settings, role).reveal(),
                min_size=1,
                max_size=connections or settings.database_connections,
                command_timeout=60,
                timeout=10,
                server_settings={"application_name": f"watchfloor:{role}"},
            )
        except (OSError, asyncpg.PostgresError, TimeoutError) as error:
            raise Unavailable(
                f"PostgreSQL does not let {role} in: {error}.",
                where="DATABASE_URL",
                remedy="Check that the server runs and that `watchfloor migrate` has been run.",
            ) from None
        return cls(pool, role, context_key)

    async def close(self) -> None:
        """Waits for the open transactions and closes all connections."""
        await self._pool.close()

    def context(self, tenant_id: TenantId) -> str:
        """The signed context that `wf.tenant()` verifies: HMAC-SHA256 (RFC 2104) over role and tenant."""
        message = f"{self.role}:{tenant_id}".encode()
        return f"{CONTEXT_KEY_ID}:{tenant_id}:{hmac.digest(self._context_key, message, 'sha256').hex()}"

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator["PoolConnectionProxy[asyncpg.Record]"]:
        """A connection inside a transaction. For this module's `*_tx` only; a lint keeps others away."""
        try:
            connection = await self._pool.acquire(timeout=10)
        except (OSError, TimeoutError, *_LOST) as error:
            raise Unavailable(f"PostgreSQL cannot be reached: {str(error) or 'no connection is free'}.") from error
        try:
            async with connection.transaction():
                yield connection
        except _LOST as lost:
            if isinstance(lost, ValueError):  # asyncpg's word for an argument of the wrong type
                raise
            raise Unavailable(f"The connection to PostgreSQL was lost: {lost}.") from lost
        finally:
            with suppress(OSError, *_LOST):  # a dead connection is not handed out again
                await self._pool.release(connection)


# The task is kept beside the tenant because a child task inherits the variable but not the transaction.
_inside: ContextVar[tuple[asyncio.Task[object] | None, TenantId] | None] = ContextVar("_inside", default=None)


@asynccontextmanager
async def tenant_tx(database: Database, tenant_id: TenantId) -> AsyncGenerator[TenantTx]:
    """A transaction inside `tenant_id`, committed at the end and rolled back on any error.

    Raises Conflict when the task is already inside a tenant: one unit of work belongs to one tenant.
    """
    task = asyncio.current_task()
    outer = _inside.get()
    if outer is not None and outer[0] is task:
        raise Conflict("A tenant transaction is open already; a second one may not nest in it.", where=str(outer[1]))
    token = _inside.set((task, tenant_id))
    try:
        async with database.connection() as connection:
            await connection.execute(_SET_CONTEXT, database.context(tenant_id))
            yield TenantTx(connection, tenant_id)
    finally:
        _inside.reset(token)


@asynccontextmanager
async def directory_tx(database: Database) -> AsyncGenerator[DirectoryTx]:
    """A transaction without a tenant, committed at the end and rolled back on any error."""
    async with database.connection() as connection:
        yield DirectoryTx(connection)


def read_secret(settings: Settings, name: str) -> Secret:
    """The content of one file of the secrets directory. Raises Invalid when it is missing or exposed (S5)."""
    return Secret(read_private(settings.secrets_dir / name).decode().strip())


def dsn_for(settings: Settings, role: Role) -> Secret:
    """Where and as whom `role` connects. Host, port, database and options are those of DATABASE_URL."""
    password = quote(read_secret(settings, f"postgres.{role}").reveal(), safe="")
    if settings.database_url is None:
        return Secret(f"postgresql://{role}:{password}@127.0.0.1:{settings.postgres_port}/watchfloor")
    parts = urlsplit(settings.database_url.reveal())
    place = parts.netloc.rpartition("@")[2]
    return Secret(urlunsplit((parts.scheme, f"{role}:{password}@{place}", parts.path, parts.query, "")))


def context_pads(context_key: Secret) -> tuple[bytes, bytes]:
    """The inner and outer pad of HMAC-SHA256 for the key (RFC 2104), as the database keeps it."""
    key = context_key.reveal().encode()
    block = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    return bytes(b ^ 0x36 for b in block), bytes(b ^ 0x5C for b in block)
