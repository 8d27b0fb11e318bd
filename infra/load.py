"""What measurements of the way in share: programs of an installation, customers with feeds, events and senders."""

import asyncio
import contextlib
import itertools
import json
import os
import sys
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import Final

import asyncpg

from infra.ports import free_port
from infra.scratch import scratch_installation
from watchfloor.audit.append import Actor
from watchfloor.detect.load import load_shared_rules
from watchfloor.feeds.feed import Door, Feed, FeedOptions
from watchfloor.feeds.registry import create_feed, mint_token
from watchfloor.kernel.config import Settings, environment_with
from watchfloor.kernel.db import Database, Role, tenant_tx
from watchfloor.kernel.ids import TenantId, new_uuid
from watchfloor.ops.embedded.postgres import PostgresServer
from watchfloor.ops.service import Program
from watchfloor.tenancy.keyring import Keyring

ACTOR: Final = Actor(kind="system", id="bench", role="system", request_id="-")

_INSERT_TENANT: Final = """
insert into auth.tenants (id, slug, code, name, kind, state)
values ($1, $2, $3, $2, 'customer', 'active')
"""


def tell(line: str) -> None:
    """Prints a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def sample_events(count: int) -> Iterator[dict[str, object]]:
    """The shared rules' silent samples that are JSON, numbered anew, and every thousandth one that fires."""
    samples = load_shared_rules().samples.values()
    silent = itertools.cycle([body for sample in samples for body in sample.silent if body.startswith(b"{")])
    fires = itertools.cycle([body for sample in samples for body in sample.fires if body.startswith(b"{")])
    for number in range(count):
        fields: dict[str, object] = json.loads(next(fires if number % 1_000 == 0 else silent))
        for name in ("EventRecordID", "eventID"):
            if name in fields:
                fields[name] = number if name == "EventRecordID" else f"{number:032x}"
        yield fields


@contextlib.asynccontextmanager
async def running(*programs: str, **variables: str) -> AsyncGenerator[tuple[Settings, dict[str, Program]]]:
    """An installation's servers and these programs of it (`doors`, `pipeline`), until the end of the block."""
    ports = {f"WATCHFLOOR_{name}_PORT": str(free_port()) for name in ("DOOR", "SYSLOG", "RELP")}
    backlog = {"WATCHFLOOR_INTAKE_BACKLOG_BYTES": str(10**12)}
    async with scratch_installation(**ports, **backlog, **variables) as (settings, environment):
        started: dict[str, Program] = {}
        async with contextlib.AsyncExitStack() as held:
            for name in programs:
                command = [sys.executable, "-P", "-m", "watchfloor.ops.cli", "serve", name]
                environ = environment_with(**environment)
                program = Program(name, command, log_dir=settings.log_dir, environment=environ)
                held.push_async_callback(program.stop)
                await program.start()
                started[name] = program
            yield settings, started


async def add_customer(settings: Settings, name: str) -> TenantId:
    """A new customer, with a key."""
    tenant_id = TenantId(new_uuid())
    admin = PostgresServer(settings.home, settings.postgres_port).admin_dsn.reveal().rpartition("/")[0]
    connection = await asyncpg.connect(f"{admin}/watchfloor")
    await connection.execute(_INSERT_TENANT, tenant_id, name, name.upper())
    await connection.close()
    app = await Database.open(settings, Role.APP, connections=1)
    async with tenant_tx(app, tenant_id) as tx:
        await Keyring.open(settings).create(tx)
    await app.close()
    return tenant_id


async def add_feed(
    settings: Settings, tenant_id: TenantId, *, door: Door, options: FeedOptions | None = None
) -> tuple[Feed, str]:
    """A customer's feed at a door, called as the door, and its token."""
    app = await Database.open(settings, Role.APP, connections=1)
    auth = await Database.open(settings, Role.AUTH, connections=1)
    async with tenant_tx(app, tenant_id) as tx:
        feed = await create_feed(tx, ACTOR, name=door, door=door, options=options or FeedOptions())
    async with tenant_tx(auth, tenant_id) as tx:
        minted = await mint_token(tx, ACTOR, feed_id=feed.id)
    await app.close()
    await auth.close()
    return feed, minted.text.reveal()


class HttpSender:
    """One connection to the doors, kept open; it sends one request after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> "HttpSender":
        """Connects to a port of this machine."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def post(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """Sends a body; the status and the body of the answer."""
        head = [f"POST {path} HTTP/1.1", "Host: bench", f"Content-Length: {len(body)}"]
        head += [f"{name}: {value}" for name, value in headers.items()]
        self._writer.write("\r\n".join([*head, "", ""]).encode() + body)
        answer = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        length = int(answer.partition(b"content-length: ")[2].partition(b"\r\n")[0] or b"0")
        return int(answer[9:12]), await self._reader.readexactly(length)

    def close(self) -> None:
        """Hangs up."""
        self._writer.close()


def cpu_seconds(program: Program) -> float:
    """The CPU time that a program has used."""
    if program.pid is None:
        raise RuntimeError(f"{program.name} is down")
    fields = Path(f"/proc/{program.pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(program: Program) -> float:
    """A program's resident memory in MiB."""
    pages = int(Path(f"/proc/{program.pid}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def percentile(values: list[float], share: float) -> float:
    """The value below which the share (0 to 1) of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
