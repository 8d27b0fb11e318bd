"""Measures the lake: what keeping events costs, and how long questions take, beside plain ways of keeping them.

    python infra/bench/lake.py [events] [--beside]

Needs the public events beside the repository (`../shared/data`): Windows events, repeated over 30 days of 20 tenants,
each time with a new key and a new time. Keeping is measured on the first half million, as the pipeline and compaction
do it; the rest is written as compaction leaves it. Questions go through walled processes, as people's do. `--beside`
asks the same of DuckDB over JSON lines and of a PostgreSQL table with jsonb, its indexes on time, host and entities:
with some hundred thousand events, as both take long to fill.
"""

import asyncio
import gzip
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import asyncpg
import duckdb
import msgspec
import pyarrow as pa

from infra.bench.engine import mixed
from infra.load import percentile
from infra.scratch import scratch_installation
from watchfloor.detect.condition import AllOf, Condition, OnField, Text, Wildcard
from watchfloor.detect.samples import normalise_sample
from watchfloor.kernel.crypto import TenantCipher, TenantKey
from watchfloor.kernel.ids import TenantId, new_uuid
from watchfloor.lake.columns import INSTANT, KEY, TIME, to_table
from watchfloor.lake.files import LocalFiles
from watchfloor.lake.merging import FRESH_BYTES, merge, raw_bytes_of, within
from watchfloor.lake.queries import Segment
from watchfloor.lake.segments import SegmentStore
from watchfloor.normalise.event import Entity, Event
from watchfloor.ops.embedded.postgres import PostgresServer
from watchfloor.search.asking import piece_of, sweep_for
from watchfloor.search.process import Searchers
from watchfloor.search.question import Aim, End, Find, Limits, Query, Tally, Task

TENANTS: Final = 20
DAYS: Final = 30
BEGIN: Final = datetime(2026, 10, 1, tzinfo=UTC)
BATCH: Final = 5_000
KEPT: Final = 500_000
"""So many events are kept as in production, to see what that costs."""

RUNS: Final = 10
INDICATORS: Final = 1_000


class Keep(msgspec.Struct, frozen=True, kw_only=True):
    """One tenant's events in the lake."""

    id: TenantId
    cipher: TenantCipher
    segments: tuple[Segment, ...]


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """A question in three languages. Of the JSON stores it is asked by SQL over their columns."""

    name: str
    query: Query
    aim: Aim
    duckdb: str
    postgres: str
    since: datetime = BEGIN
    until: datetime = BEGIN + timedelta(days=DAYS)
    every_tenant: bool = False


async def main(count: int, *, beside: bool) -> None:
    """Prints all figures."""
    stream, _ = mixed(60_000)
    events = [normalise_sample(line) for line in stream]
    tables = [to_table(events[first : first + BATCH]) for first in range(0, len(events), BATCH)]
    with tempfile.TemporaryDirectory(prefix="watchfloor-bench-") as place:
        directory = Path(place)
        measure_keeping(directory / "kept", events)
        lake = directory / "lake"
        tenants = write_all(lake, tables, count)
        asks = questions(events)
        await measure_asking(lake, tenants, asks)
        if beside:
            await measure_beside(directory, events, count, asks)


def measure_keeping(directory: Path, events: Sequence[Event]) -> None:
    """What the pipeline and compaction take for one tenant's events, and what lies on the disk."""
    store, keep = SegmentStore(LocalFiles(directory)), new_keep()
    segments: list[Segment] = []
    took, raw, packed = time.process_time(), 0, 0
    for batch, first in batches(events, KEPT):
        dated = [redated(event, first + number, KEPT) for number, event in enumerate(batch)]
        size = sum(len(event.raw) for event in dated)
        segments.append(store.store(keep.id, keep.cipher, to_table(dated), level=0, raw_bytes=size))
        raw += size
    took = time.process_time() - took
    fresh_bytes = sum(segment.stored_bytes for segment in segments)
    for batch, _ in batches(events, 60_000):
        packed += len(gzip.compress(b"\n".join(event.raw for event in batch)))
    raw_packed = sum(len(event.raw) for event in events)
    merging, done = time.process_time(), []
    waiting = list(segments)
    while waiting:
        some = within(waiting, FRESH_BYTES)
        done += merge(store, keep.id, keep.cipher, some)
        waiting = waiting[len(some) :]
    merging = time.process_time() - merging
    stored = sum(segment.stored_bytes for segment in done)
    marks = sum(segment.sightings_bytes or 0 for segment in done)
    say(f"keeping {KEPT:,} events of {raw / KEPT:,.0f} bytes, in seconds of processor, one tenant")
    say(f"  written as they come      {KEPT / took:>10,.0f} events/s   {took / KEPT * 1e6:.1f} us an event")
    say(f"  put together once         {KEPT / merging:>10,.0f} events/s   {merging / KEPT * 1e6:.1f} us an event")
    say(f"  bytes on disk a raw byte  {fresh_bytes / raw:.3f} fresh, {stored / raw:.3f} put together")
    say(f"  of which sightings        {marks / raw:.4f}; gzip'd JSON lines of what came: {packed / raw_packed:.3f}")
    shutil.rmtree(directory)


def write_all(directory: Path, tables: Sequence[pa.Table], count: int) -> list[Keep]:
    """So many events of all tenants, as compaction leaves them: a file a day."""
    store = SegmentStore(LocalFiles(directory))
    each = count // TENANTS // DAYS
    began, keeps, number = time.perf_counter(), [], 0
    for _ in range(TENANTS):
        keep, segments = new_keep(), []
        for day in range(DAYS):
            rows = rows_of(tables, number, each)
            at = BEGIN + timedelta(days=day)
            times = pa.array([at + timedelta(days=1) * (row / each) for row in range(each)], INSTANT)
            keys = pa.array([(number + row).to_bytes(16) for row in range(each)], pa.binary(16))
            dated = rows.drop_columns([TIME, KEY]).append_column(TIME, times).append_column(KEY, keys)
            segments.append(store.store(keep.id, keep.cipher, dated, level=1, raw_bytes=raw_bytes_of(dated)))
            number += each
        keeps.append(Keep(id=keep.id, cipher=keep.cipher, segments=tuple(segments)))
    say(f"{number:,} events of {TENANTS} tenants written in {time.perf_counter() - began:,.0f} s")
    return keeps


async def measure_asking(lake: Path, tenants: Sequence[Keep], asks: Sequence[Ask]) -> None:
    """How long each question takes, asked of one tenant after the other."""
    searchers = Searchers()
    say(f"{'':34}{'p50':>9}{'p95':>9}   answer   rows   files")
    for ask in asks:
        took: list[float] = []
        end: End | None = None
        found = rows = files = 0
        for run in range(3 if ask.every_tenant else RUNS):
            chosen = tenants if ask.every_tenant else [tenants[run % TENANTS]]
            await asyncio.sleep(1)
            began, found, rows, files = time.perf_counter(), 0, 0, 0
            for tenant in chosen:
                async for said in searchers.search(task_of(lake, tenant, ask)):
                    end = said if isinstance(said, End) else end
                if end is not None:
                    found, rows, files = found + end.found, rows + end.rows, files + end.files
            took.append(time.perf_counter() - began)
        show(ask.name, took, f"{found:>8,} {rows:>10,} {files:>5,}")
    await searchers.close()


async def measure_beside(directory: Path, events: Sequence[Event], count: int, asks: Sequence[Ask]) -> None:
    """The same questions of JSON lines and of a table."""
    lines = directory / "lines"
    began = time.perf_counter()
    write_lines(lines, events, count)
    say(f"JSON lines written in {time.perf_counter() - began:,.0f} s")
    connection = duckdb.connect(config={"threads": 2})
    for ask in asks:
        took = []
        for run in range(3):
            glob = "*" if ask.every_tenant else str(run)
            began = time.perf_counter()
            rows = connection.execute(ask.duckdb.replace("$EVENTS", f"'{lines}/{glob}/*.ndjson'")).fetchall()
            took.append(time.perf_counter() - began)
        show(f"DuckDB on JSON lines: {ask.name}", took, f"{len(rows):>8,} rows")
    async with scratch_installation() as (settings, _):
        admin = PostgresServer(settings.home, settings.postgres_port).admin_dsn.reveal()
        table = await asyncpg.connect(admin)
        began = time.perf_counter()
        await fill_table(table, events, count)
        size = await table.fetchval("select pg_total_relation_size('events')")
        say(f"PostgreSQL filled in {time.perf_counter() - began:,.0f} s, {size / 1e6:,.0f} MB with indexes")
        for ask in asks:
            took = []
            for run in range(RUNS):
                where = "true" if ask.every_tenant else f"tenant = {run % TENANTS}"
                began = time.perf_counter()
                rows = await table.fetch(ask.postgres.replace("$TENANT", where))
                took.append(time.perf_counter() - began)
            show(f"PostgreSQL jsonb: {ask.name}", took, f"{len(rows):>8,} rows")
        await table.close()


def questions(events: Sequence[Event]) -> list[Ask]:
    """What is asked: about things that are in the events, but for most of the indicators."""
    host = next(entity.value for entity in events[100].entities if entity.kind == "host")
    middle = BEGIN + timedelta(days=DAYS / 2)
    early, late = middle - timedelta(minutes=15), middle + timedelta(minutes=15)
    indicators = swept(events)
    values = ", ".join(f"'{entity.kind}:{entity.value}'" for entity in indicators)
    program, arguments = (
        on("Image", Wildcard.ANY, "\\powershell.exe"),
        on("CommandLine", Wildcard.ANY, "-enc", Wildcard.ANY),
    )
    timeline = f"host = '{host}' and time between '{early}' and '{late}' order by time limit 1000"
    hunt = (
        "lower(fields->>'Image') like '%\\\\powershell.exe' and lower(fields->>'CommandLine') like '%-enc%' "
        "order by time desc limit 100"
    )
    words = "raw ilike '%mimikatz%' order by time desc limit 100"
    seen = "select e, count(*), min(time), max(time) from"
    return [
        Ask(
            name="host, half an hour",
            query=Query(condition=on(":host", host)),
            aim=Find(most=1_000, order="oldest"),
            since=early,
            until=late,
            duckdb=f"select * from {JSON_EVENTS} where {timeline}",
            postgres=f"select * from events where $TENANT and {timeline}",
        ),
        Ask(
            name="30 days, program and arguments",
            query=Query(condition=AllOf((program, arguments))),
            aim=Find(most=100),
            duckdb=f"select * from {JSON_EVENTS} where {hunt}".replace("\\\\", "\\"),
            postgres=f"select * from events where $TENANT and {hunt}",
        ),
        Ask(
            name="30 days, words anywhere",
            query=Query(condition=on(":raw", Wildcard.ANY, "mimikatz", Wildcard.ANY)),
            aim=Find(most=100),
            duckdb=f"select * from {JSON_EVENTS} where {words}",
            postgres=f"select * from events where $TENANT and {words}",
        ),
        Ask(
            name=f"{INDICATORS:,} indicators, all tenants",
            query=Query(),
            aim=sweep_for(TenantCipher(TenantId(new_uuid()), [TenantKey.generate(1)]), indicators),
            every_tenant=True,
            duckdb=f"{seen} (select unnest(entities) e, time from {JSON_EVENTS}) where e in ({values}) group by e",
            postgres=f"{seen} events, unnest(entities) e where entities && array[{values}] and e in ({values}) "
            "group by e",
        ),
        Ask(
            name="30 days, events an hour by source",
            query=Query(),
            aim=Tally(by=(":source",), every_seconds=3_600),
            duckdb=f"select time_bucket(interval '1 hour', time) h, source, count(*) from {JSON_EVENTS} "
            "group by h, source",
            postgres="select date_trunc('hour', time) h, source, count(*) from events where $TENANT group by h, source",
        ),
    ]


def swept(events: Sequence[Event]) -> list[Entity]:
    """Thirty that were seen and many that were not."""
    some = events[:: len(events) // 400]
    real = [entity for event in some for entity in event.entities if entity.kind in {"ip", "hash"}]
    seen = list(dict.fromkeys(real))[:30]
    return [*seen, *(Entity("ip", f"203.0.{number // 250}.{number % 250}") for number in range(INDICATORS - len(seen)))]


JSON_EVENTS: Final = (
    "read_json($EVENTS, format='newline_delimited', columns={time: 'timestamptz', source: 'varchar', host: 'varchar', "
    "entities: 'varchar[]', fields: 'json', raw: 'varchar'})"
)


def on(field: str, *parts: str | Wildcard) -> Condition:
    """A test on the text of a field."""
    return OnField(field, Text(parts))


def task_of(lake: Path, tenant: Keep, ask: Ask) -> Task:
    """The question as it is put to one tenant's files."""
    aim = ask.aim
    if not isinstance(aim, Find | Tally):
        aim = sweep_for(tenant.cipher, [Entity(one.kind, one.value) for one in aim.indicators])
    pieces = (
        segment
        for segment in tenant.segments
        if segment.first_event_at < ask.until and segment.last_event_at >= ask.since
    )
    return Task(
        directory=str(lake / str(tenant.id)),
        pieces=tuple(piece_of(tenant.cipher, segment) for segment in pieces),
        since=ask.since,
        until=ask.until,
        query=ask.query,
        aim=aim,
        limits=Limits(seconds=600),
    )


def new_keep() -> Keep:
    """A tenant without events."""
    tenant = TenantId(new_uuid())
    return Keep(id=tenant, cipher=TenantCipher(tenant, [TenantKey.generate(1)]), segments=())


def batches(events: Sequence[Event], count: int) -> Iterator[tuple[list[Event], int]]:
    """The events over and over, in batches, each with the number of its first."""
    for first in range(0, count, BATCH):
        begin = first % (len(events) // BATCH * BATCH)
        yield list(events[begin : begin + BATCH]), first


def redated(event: Event, number: int, count: int) -> Event:
    """The event once more, at a time and with a key of its own."""
    at = BEGIN + timedelta(days=DAYS) * (number / count)
    return msgspec.structs.replace(event, key=number.to_bytes(16), time=at)


def rows_of(tables: Sequence[pa.Table], first: int, count: int) -> pa.Table:
    """So many rows of the tables over and over."""
    parts, left = [], count
    while left:
        table = tables[first // BATCH % len(tables)]
        part = table.slice(first % BATCH, left)
        parts.append(part)
        first, left = first + part.num_rows, left - part.num_rows
    return pa.concat_tables(parts, promote_options="default")


def plain(event: Event) -> dict[str, object]:
    """The event as the other stores have it."""
    host = next((entity.value for entity in event.entities if entity.kind == "host"), None)
    return {
        "time": event.time,
        "source": event.source,
        "host": host,
        "entities": [f"{entity.kind}:{entity.value}" for entity in event.entities],
        "fields": event.fields,
        "raw": event.raw.decode(errors="replace"),
    }


def spread(events: Sequence[Event], count: int) -> Iterator[tuple[int, int, list[Event]]]:
    """The events of each tenant and day, as `write_all` spreads them."""
    each, number = count // TENANTS // DAYS, 0
    for tenant in range(TENANTS):
        for day in range(DAYS):
            at = BEGIN + timedelta(days=day)
            yield (
                tenant,
                day,
                [
                    msgspec.structs.replace(
                        events[(number + row) % len(events)], time=at + timedelta(days=1) * (row / each)
                    )
                    for row in range(each)
                ],
            )
            number += each


def write_lines(directory: Path, events: Sequence[Event], count: int) -> None:
    """A file of JSON lines for each tenant and day."""
    encoder = msgspec.json.Encoder()
    for tenant, day, some in spread(events, count):
        path = directory / str(tenant) / f"{day:02}.ndjson"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoder.encode_lines([plain(event) for event in some]))


async def fill_table(connection: "asyncpg.Connection[asyncpg.Record]", events: Sequence[Event], count: int) -> None:
    """A table with the indexes that one would give it."""
    await connection.execute(
        "create table events (tenant int, time timestamptz, source text, host text, entities text[], fields jsonb, "
        "raw text)"
    )
    for tenant, _, some in spread(events, count):
        rows = []
        for event in some:
            line = plain(event)
            fields = json.dumps(event.fields).replace("\\u0000", "")
            rows.append(
                (
                    tenant,
                    line["time"],
                    line["source"],
                    line["host"],
                    line["entities"],
                    fields,
                    str(line["raw"]).replace("\0", ""),
                )
            )
        await connection.copy_records_to_table("events", records=rows)
    await connection.execute("create index on events (tenant, time)")
    await connection.execute("create index on events (tenant, host, time)")
    await connection.execute("create index on events using gin (entities)")
    await connection.execute("vacuum analyze events")


def show(name: str, took: Sequence[float], answer: str) -> None:
    """A line of figures."""
    say(f"{name:34}{statistics.median(took) * 1e3:>7,.0f} ms{percentile(list(took), 0.95) * 1e3:>7,.0f} ms {answer}")


def say(line: str) -> None:
    """Prints a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    given = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    asyncio.run(main(int(given[0]) if given else 1_000_000, beside="--beside" in sys.argv))
