"""Measures the whole path of an event: HTTP in, durable, parsed, rules evaluated, stored; events per second of CPU.

    python infra/bench/path.py [events]

The door and the pipeline run as programs of their own, one after the other, so that each has a core. Their costs an
event add up to what one core does of both. Then each stage is measured by itself on the same batches. PostgreSQL's own
work stands beside: it is the machine's, but not Python's.
"""

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import asyncpg

from infra.load import HttpSender, add_customer, add_feed, cpu_seconds, running, sample_events, tell
from watchfloor.feeds.batch import unpack
from watchfloor.feeds.feed import Feed
from watchfloor.feeds.intake.opening import open_intake
from watchfloor.feeds.intake.queue import Lane, open_batch
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, Role
from watchfloor.lake.opening import open_lake
from watchfloor.normalise.raw import RawEvent
from watchfloor.ops.embedded.postgres import PostgresServer
from watchfloor.ops.pipeline_digest import digest
from watchfloor.ops.pipeline_reading import read_batch
from watchfloor.ops.rulesets.compiled import shared_engine
from watchfloor.ops.service import Program
from watchfloor.tenancy.keyring import Keyring

T = TypeVar("T")

BATCH_EVENTS: Final = 1_000
CONNECTIONS: Final = 4
STAGE_BYTES: Final = 8_000_000

_WAITING: Final = "select count(*) from wf.intake_batches"


class Leave(Exception):
    """Ends a look at the queue without taking anything off it."""


def bodies(count: int) -> list[bytes]:
    """HEC bodies of so many events."""
    made = [json.dumps({"time": 1795336244.5, "host": "bench", "event": one}).encode() for one in sample_events(count)]
    return [b"".join(made[first : first + BATCH_EVENTS]) for first in range(0, count, BATCH_EVENTS)]


async def pour(settings: Settings, token: str, made: list[bytes]) -> None:
    """Sends all bodies, over a few connections."""
    work = iter(made)

    async def send() -> None:
        sender = await HttpSender.open(settings.door_port)
        for body in work:
            status, answer = await sender.post("/services/collector/event", body, {"Authorization": f"Splunk {token}"})
            if status != 200:
                raise RuntimeError(answer.decode())
        sender.close()

    await asyncio.gather(*(send() for _ in range(CONNECTIONS)))


async def measure_door(settings: Settings, door: Program, token: str, made: list[bytes]) -> float:
    """Prints and gives the door's microseconds an event."""
    await pour(settings, token, made[:2])
    cpu, wall, database = cpu_seconds(door), time.perf_counter(), postgres_seconds(settings)
    await pour(settings, token, made[2:])
    events = (len(made) - 2) * BATCH_EVENTS
    cpu, wall, database = cpu_seconds(door) - cpu, time.perf_counter() - wall, postgres_seconds(settings) - database
    show("door (HEC)", events, cpu=cpu, wall=wall, database=database)
    return cpu / events * 1e6


async def measure_pipeline(settings: Settings, pipeline: Program, events: int) -> float:
    """Prints and gives the pipeline's microseconds an event, from its start on; compiled rules are there."""
    admin = PostgresServer(settings.home, settings.postgres_port).admin_dsn.reveal().rpartition("/")[0]
    records = await asyncpg.connect(f"{admin}/watchfloor")
    database = postgres_seconds(settings)
    await pipeline.start()
    cpu, wall = cpu_seconds(pipeline), time.perf_counter()
    while await records.fetchval(_WAITING):  # noqa: ASYNC110 - a table tells nobody
        await asyncio.sleep(0.02)
    cpu, wall, database = cpu_seconds(pipeline) - cpu, time.perf_counter() - wall, postgres_seconds(settings) - database
    await records.close()
    show("pipeline", events, cpu=cpu, wall=wall, database=database)
    return cpu / events * 1e6


async def measure_stages(settings: Settings, feed: Feed) -> None:
    """Prints the cost of each stage on the first batches, and leaves them where they are."""
    engine = shared_engine()
    database = await Database.open(settings, Role.APP)
    store = open_lake(settings)
    async with open_intake(settings, database, Keyring.open(settings)) as intake:
        with contextlib.suppress(Leave):
            async with intake.work(feed.tenant_id, lane=Lane.LIVE, most_bytes=STAGE_BYTES) as work:
                if work is None:
                    raise RuntimeError("nothing waits")
                count = sum(batch.events for batch in work.batches)
                batches, cipher = work.batches, work.cipher
                digest(cipher, batches, engine)  # what is opened once is open
                tell(f"stages of the pipeline, CPU an event, on {count:,} events and {len(engine.rules)} rules:")
                packed = timed("open", count, lambda: [open_batch(cipher, batch) for batch in batches])
                timed("unpack", count, lambda: [raw for one in packed for raw in unpack(one, RawEvent)])
                read = timed("open, unpack, normalise", count, lambda: [read_batch(cipher, one)[0] for one in batches])
                events = [event for found in read for event in found]
                timed("match", count, lambda: engine.match(events))
                digested = timed("all of the digest", count, lambda: digest(cipher, batches, engine))
                began = time.process_time()
                await store.append(work.tx, cipher, digested.events)
                tell(f"    {'lake':<24}{(time.process_time() - began) / count * 1e6:8.1f} us")
                raise Leave
    await database.close()


def timed(label: str, events: int, work: Callable[[], T]) -> T:
    """What `work` gives; prints what it cost an event."""
    began = time.process_time()
    made = work()
    tell(f"    {label:<24}{(time.process_time() - began) / events * 1e6:8.1f} us")
    return made


def show(label: str, events: int, *, cpu: float, wall: float, database: float) -> None:
    """Prints what a program did."""
    tell(
        f"{label:<12}{events / cpu:>9,.0f} events/s of CPU, {cpu / events * 1e6:.1f} us an event;"
        f" {events / wall:,.0f}/s by the clock; PostgreSQL {database / events * 1e6:.1f} us an event"
    )


def postgres_seconds(settings: Settings) -> float:
    """The CPU time of the database's server and of its processes, those that have ended among them."""
    first = (settings.home / "postgres" / "postmaster.pid").read_text("utf-8").split()[0]
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text("utf-8").rpartition(")")[2].split()
            if stat.parent.name == first:
                ticks += sum(map(int, fields[11:15]))
            elif fields[1] == first:
                ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


async def main(count: int) -> None:
    """Measures with so many events."""
    made = bodies(count)
    async with running("doors", "pipeline", WATCHFLOOR_INTAKE_BYTES_PER_SECOND=str(10**12)) as (settings, programs):
        await programs["pipeline"].stop()  # it has compiled the rules
        feed, token = await add_feed(settings, await add_customer(settings, "bench"), door="hec")
        door = await measure_door(settings, programs["doors"], token, made)
        await measure_stages(settings, feed)
        pipeline = await measure_pipeline(settings, programs["pipeline"], len(made) * BATCH_EVENTS)
        tell(f"the whole path: {door + pipeline:.1f} us an event, {1e6 / (door + pipeline):,.0f} events/s on one core")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 60_000))
