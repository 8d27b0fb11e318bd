"""Measures the way in: a door's events per second of CPU, and the pipeline's, with the cost of each of its stages.

    python infra/bench/intake.py [events]

Starts servers of its own in a directory that it removes again. Events are the shared rules' own samples. A door's
figure stands beside the same bodies only decoded by msgspec; times of a shared machine differ, ratios hardly do.
"""

import asyncio
import contextlib
import itertools
import json
import os
import sys
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path
from typing import Final, TypeVar

import asyncpg
import msgspec

from infra.ports import free_port
from infra.scratch import scratch_installation
from watchfloor.audit.append import Actor
from watchfloor.detect.load import load_shared_rules
from watchfloor.feeds.batch import unpack
from watchfloor.feeds.feed import Feed
from watchfloor.feeds.intake.postgres import PostgresIntake
from watchfloor.feeds.intake.queue import open_batch
from watchfloor.feeds.registry import create_feed, mint_token
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.config import Settings, environment_with
from watchfloor.kernel.db import Database, Role, tenant_tx
from watchfloor.kernel.ids import TenantId, new_uuid
from watchfloor.kernel.valkey import Wake, connect
from watchfloor.lake.segments import SegmentStore
from watchfloor.normalise.dispatch import normalise
from watchfloor.normalise.raw import RawEvent
from watchfloor.ops.embedded.postgres import PostgresServer
from watchfloor.ops.pipeline import Pipeline
from watchfloor.ops.pipeline_alerting import Alerting
from watchfloor.ops.pipeline_journal import open_journal
from watchfloor.ops.pipeline_turn import Bench
from watchfloor.ops.rulesets.compiled import shared_engine
from watchfloor.ops.service import Program
from watchfloor.tenancy.keyring import Keyring

T = TypeVar("T")


class Leave(Exception):
    """Ends a look at the queue without taking anything off it."""


BATCH_EVENTS: Final = 1_000
CONNECTIONS: Final = 4
ACTOR: Final = Actor(kind="system", id="bench", role="system", request_id="-")

_INSERT_TENANT: Final = """
insert into auth.tenants (id, slug, code, name, kind, state)
values ($1, 'bench', 'BENCH', 'Bench', 'customer', 'active')
"""


def tell(line: str) -> None:
    """Prints a line."""
    sys.stdout.write(f"{line}\n")


def bodies(count: int) -> list[bytes]:
    """HEC bodies of so many events: the rules' silent samples, numbered anew, and every thousandth one that fires."""
    samples = load_shared_rules().samples.values()
    silent = itertools.cycle([body for sample in samples for body in sample.silent])
    fires = itertools.cycle([body for sample in samples for body in sample.fires])
    made: list[bytes] = []
    for start in range(0, count, BATCH_EVENTS):
        events = [next(fires if number % 1_000 == 0 else silent) for number in range(start, start + BATCH_EVENTS)]
        made.append(b"".join(_envelope(event, start + place) for place, event in enumerate(events)))
    return made


def _envelope(event: bytes, number: int) -> bytes:
    fields = json.loads(event)
    for name in ("EventRecordID", "eventID"):
        if name in fields:
            fields[name] = number if name == "EventRecordID" else f"{number:032x}"
    return json.dumps({"time": 1795336244.5, "host": "bench", "event": fields}).encode()


async def send(port: int, token: str, work: Iterator[bytes]) -> None:
    """Sends bodies over one connection, one after the other."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for body in work:
        writer.write(
            f"POST /services/collector/event HTTP/1.1\r\nHost: x\r\nAuthorization: Splunk {token}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        answer = await reader.readuntil(b"\r\n\r\n")
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(answer.decode())
        await reader.readuntil(b"}")
    writer.close()


def cpu_seconds(pid: int) -> float:
    """The CPU time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def measure_door(door: Program, port: int, token: str, made: list[bytes]) -> None:
    """Prints what the door takes in, beside msgspec alone."""

    class Envelope(msgspec.Struct):
        event: object

    decoder = msgspec.json.Decoder(Envelope)
    lines = [body.replace(b'}{"time"', b'}\n{"time"') for body in made]
    began = time.process_time()
    for body in lines:
        decoder.decode_lines(body)
    alone = time.process_time() - began
    if door.pid is None:
        raise RuntimeError("the door is down")
    await send(port, token, iter(made[:2]))
    before, began = cpu_seconds(door.pid), time.perf_counter()
    work = iter(made)
    await asyncio.gather(*(send(port, token, work) for _ in range(CONNECTIONS)))
    wall, cpu = time.perf_counter() - began, cpu_seconds(door.pid) - before
    events, size = len(made) * BATCH_EVENTS, sum(map(len, made)) / 1e6
    tell(f"door: {events / cpu:,.0f} events/s and {size / cpu:.0f} MB/s of CPU; {events / wall:,.0f} events/s by clock")
    tell(f"      {cpu / events * 1e6:.1f} us an event, {cpu / alone:.2f} times msgspec's decoding alone")


def timed(label: str, events: int, work: Callable[[], T]) -> T:
    """What `work` gives; prints what it cost an event."""
    began = time.process_time()
    made = work()
    tell(f"      {label:<22}{(time.process_time() - began) / events * 1e6:8.1f} us")
    return made


async def measure_stages(intake: PostgresIntake, store: SegmentStore, feed: Feed) -> None:
    """Prints the cost of each stage on one turn's batches, and leaves them where they are."""
    engine = shared_engine()
    with contextlib.suppress(Leave):
        async with intake.work(feed.tenant_id, most_bytes=8_000_000) as work:
            if work is None:
                raise RuntimeError("nothing waits")
            count = sum(batch.events for batch in work.batches)
            packed = timed("open", count, lambda: [open_batch(work.cipher, batch) for batch in work.batches])
            raws = timed("unpack", count, lambda: [raw for one in packed for raw in unpack(one, RawEvent)])
            batch = work.batches[0]
            events = timed(
                "normalise",
                count,
                lambda: [
                    normalise(
                        raw,
                        feed_id=feed.id,
                        batch_id=batch.id,
                        index=index,
                        source_hint=None,
                        received_at=batch.received_at,
                    )
                    for index, raw in enumerate(raws)
                ],
            )
            matches = timed(f"match {len(engine.rules)} rules", count, lambda: engine.match(events))
            began = time.process_time()
            await store.append(work.tx, work.cipher, events)
            tell(f"      {'lake':<22}{(time.process_time() - began) / count * 1e6:8.1f} us")
            tell(f"      ({len(matches.event)} matches in {count} events)")
            raise Leave


async def measure_pipeline(settings: Settings, feed: Feed, events: int) -> None:
    """Prints what the pipeline works off."""
    database = await Database.open(settings, Role.APP)
    valkey = connect(settings)
    intake = PostgresIntake(database, Keyring.open(settings), backlog_bytes=10**12)
    store = SegmentStore(settings.lake_dir)
    tell("stages, CPU an event:")
    await measure_stages(intake, store, feed)
    with open_journal(settings.home / "run") as journal:
        bench = Bench(
            intake=intake, store=store, alerting=Alerting(shared_engine()), clock=SystemClock(), journal=journal
        )
        cpu, wall = time.process_time(), time.perf_counter()
        await Pipeline(database, bench, Wake(valkey)).drain()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    tell(f"pipeline: {events / cpu:,.0f} events/s of CPU; {events / wall:,.0f} events/s by clock")
    await valkey.aclose()
    await database.close()


@contextlib.asynccontextmanager
async def installation() -> AsyncGenerator[tuple[Settings, Program]]:
    """Servers and a door, until the end of the block."""
    variables = {"WATCHFLOOR_DOOR_PORT": str(free_port()), "WATCHFLOOR_INTAKE_BACKLOG_BYTES": str(10**12)}
    async with scratch_installation(**variables) as (settings, environment):
        command = [sys.executable, "-P", "-m", "watchfloor.ops.cli", "serve", "doors"]
        door = Program("doors", command, log_dir=settings.log_dir, environment=environment_with(**environment))
        try:
            await door.start()
            yield settings, door
        finally:
            await door.stop()


async def customer(settings: Settings) -> tuple[Feed, str]:
    """A customer's feed and its token."""
    tenant_id = TenantId(new_uuid())
    admin = PostgresServer(settings.home, settings.postgres_port).admin_dsn.reveal().rpartition("/")[0]
    connection = await asyncpg.connect(f"{admin}/watchfloor")
    await connection.execute(_INSERT_TENANT, tenant_id)
    await connection.close()
    app = await Database.open(settings, Role.APP, connections=1)
    auth = await Database.open(settings, Role.AUTH, connections=1)
    async with tenant_tx(app, tenant_id) as tx:
        await Keyring.open(settings).create(tx)
        feed = await create_feed(tx, ACTOR, name="bench", door="hec")
    async with tenant_tx(auth, tenant_id) as tx:
        minted = await mint_token(tx, ACTOR, feed_id=feed.id)
    await app.close()
    await auth.close()
    return feed, minted.text.reveal()


async def main(count: int) -> None:
    """Measures with so many events."""
    made = bodies(count)
    async with installation() as (settings, door):
        feed, token = await customer(settings)
        await measure_door(door, settings.door_port, token, made)
        await measure_pipeline(settings, feed, (len(made) + 2) * BATCH_EVENTS)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000))
