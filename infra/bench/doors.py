"""Measures every door: events and megabytes that become durable per second of the door's CPU.

    python infra/bench/doors.py [events]

Starts an installation of its own and removes it. The same events go through each door as its clients send them,
requests of a thousand over four connections. Each figure stands beside the same bodies only decoded in this process in
the same run: by msgspec where they are JSON, by protobuf's own parser, or cut at the line's ends for syslog.
"""

import asyncio
import json
import ssl
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

import asyncpg
import msgspec
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from infra.load import (
    ACTOR,
    HttpSender,
    add_customer,
    add_feed,
    cpu_seconds,
    running,
    sample_events,
    tell,
)
from watchfloor.feeds.certificates.authority import Authority
from watchfloor.feeds.certificates.issue import issue_certificate, write_client_files
from watchfloor.feeds.feed import Door, Feed
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, Role, tenant_tx
from watchfloor.kernel.ids import TenantId
from watchfloor.ops.embedded.postgres import PostgresServer
from watchfloor.ops.service import Program

BATCH_EVENTS: Final = 1_000
CONNECTIONS: Final = 4
WINDOW: Final = 128
"""How many frames a RELP client has under way."""

_TAKEN: Final = "select coalesce(sum(events), 0)::bigint from wf.intake_batches where tenant_id = $1"

Post = Callable[[HttpSender, bytes], Awaitable[tuple[int, bytes]]]
Decode = Callable[[bytes], object]


def hec(events: list[bytes]) -> bytes:
    """A collector's body: envelopes without anything between them."""
    return b"".join(b'{"time":1795336244.5,"host":"bench","event":%s}' % event for event in events)


def ndjson(events: list[bytes]) -> bytes:
    """One event a line."""
    return b"\n".join(events)


def bulk(events: list[bytes]) -> bytes:
    """An action line before each event."""
    return b"".join(b'{"create":{"_index":"winlogbeat"}}\n%s\n' % event for event in events)


def otlp(events: list[bytes]) -> bytes:
    """A request of OTLP with an event as the text of each record."""
    request = ExportLogsServiceRequest()
    scope = request.resource_logs.add().scope_logs.add()
    for event in events:
        record = scope.log_records.add()
        record.time_unix_nano = 1_795_336_244_500_000_000
        record.body.string_value = event.decode()
    made: bytes = request.SerializeToString()
    return made


def otlp_json(events: list[bytes]) -> bytes:
    """The same as JSON."""
    records = [{"timeUnixNano": "1795336244500000000", "body": {"stringValue": event.decode()}} for event in events]
    return msgspec.json.encode({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]})


def osquery(events: list[bytes], node_key: str) -> bytes:
    """A log request with a result for each event."""
    made = [
        {
            "name": "process_events",
            "hostIdentifier": "bench",
            "calendarTime": "Mon Nov 22 08:00:00 2026 UTC",
            "unixTime": 1_795_336_244,
            "epoch": 0,
            "counter": number,
            "numerics": False,
            "action": "added",
            "columns": {"path": "/usr/bin/id", "cmdline": event.decode()[:400], "uid": "0", "pid": str(number)},
        }
        for number, event in enumerate(events)
    ]
    return msgspec.json.encode({"node_key": node_key, "log_type": "result", "data": made})


def syslog(event: bytes) -> bytes:
    """An event as a message of RFC 5424."""
    return b"<134>1 2026-11-22T08:00:00.123456Z ws-1 audit 812 - - " + event


class Hall:
    """The measured installation."""

    def __init__(
        self, settings: Settings, programs: dict[str, Program], records: "asyncpg.Connection[asyncpg.Record]"
    ) -> None:
        self.settings = settings
        self.programs = programs
        self._records = records
        self._customers = 0

    async def taken(self, tenant_id: TenantId) -> int:
        """How many events of a customer are durable."""
        found: int = await self._records.fetchval(_TAKEN, tenant_id)
        return found

    async def customer(self, door: Door) -> tuple[Feed, str]:
        """A new customer with a feed at a door."""
        self._customers += 1
        tenant_id = await add_customer(self.settings, f"bench{self._customers}")
        return await add_feed(self.settings, tenant_id, door=door)


async def measure_http(hall: Hall, label: str, feed: Feed, *, bodies: list[bytes], post: Post, decode: Decode) -> None:
    """Prints what a door over HTTP takes."""
    alone = _cpu(lambda: [decode(body) for body in bodies])
    door = hall.programs["doors"]
    senders = [await HttpSender.open(hall.settings.door_port) for _ in range(CONNECTIONS)]
    await _pour(senders[:1], iter(bodies[:1]), post)
    known, cpu, wall = await hall.taken(feed.tenant_id), cpu_seconds(door), time.perf_counter()
    await _pour(senders, iter(bodies), post)
    cpu, wall = cpu_seconds(door) - cpu, time.perf_counter() - wall
    taken = await hall.taken(feed.tenant_id) - known
    show(label, taken, sum(map(len, bodies)), cpu=cpu, wall=wall, alone=alone)
    for sender in senders:
        sender.close()


async def _pour(senders: list[HttpSender], bodies: Iterator[bytes], post: Post) -> None:
    async def send(sender: HttpSender) -> None:
        for body in bodies:
            status, answer = await post(sender, body)
            if status != 200 or b"rejectedLogRecords" in answer:
                raise RuntimeError(answer.decode())

    await asyncio.gather(*map(send, senders))


async def measure_stream(hall: Hall, label: str, door: Door, events: list[bytes]) -> None:
    """Prints what syslog over TLS, or RELP over TLS, takes."""
    feed, _ = await hall.customer(door)
    tls = await _tls(hall.settings, feed)
    messages = [syslog(event) for event in events]
    text = b"\n".join(messages)
    alone = _cpu(text.split)
    program = hall.programs["syslog"]
    port = hall.settings.relp_port if door == "relp" else hall.settings.syslog_port
    send = _send_relp if door == "relp" else _send_syslog
    shares = [messages[place::CONNECTIONS] for place in range(CONNECTIONS)]
    cpu, wall = cpu_seconds(program), time.perf_counter()
    await asyncio.gather(*(send(port, tls, share) for share in shares))
    while await hall.taken(feed.tenant_id) < len(events):  # noqa: ASYNC110 - plain syslog tells nobody
        await asyncio.sleep(0.02)
    cpu, wall = cpu_seconds(program) - cpu, time.perf_counter() - wall
    show(label, len(events), len(text), cpu=cpu, wall=wall, alone=alone)


async def _send_syslog(port: int, tls: ssl.SSLContext, messages: list[bytes]) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls, server_hostname="localhost")
    for first in range(0, len(messages), WINDOW):
        writer.write(b"".join(b"%d %s" % (len(one), one) for one in messages[first : first + WINDOW]))
        await writer.drain()
    writer.close()
    await writer.wait_closed()


async def _send_relp(port: int, tls: ssl.SSLContext, messages: list[bytes]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls, server_hostname="localhost")
    offer = b"relp_version=0\nrelp_software=bench\ncommands=syslog"
    writer.write(b"1 open %d %s\n" % (len(offer), offer))
    await reader.readuntil(b"syslog\n")
    for first in range(0, len(messages), WINDOW):
        window = messages[first : first + WINDOW]
        writer.write(b"".join(b"%d syslog %d %s\n" % (first + n + 2, len(one), one) for n, one in enumerate(window)))
        for _ in window:
            answer = await reader.readuntil(b"\n")
            if b" 200 OK" not in answer:
                raise RuntimeError(answer.decode())
    writer.close()


async def _tls(settings: Settings, feed: Feed) -> ssl.SSLContext:
    authority = Authority.open(settings.secrets_dir, now=SystemClock().now())
    auth = await Database.open(settings, Role.AUTH, connections=1)
    async with tenant_tx(auth, feed.tenant_id) as tx:
        issued = await issue_certificate(tx, ACTOR, authority, feed_id=feed.id, now=SystemClock().now())
    await auth.close()
    directory = settings.home / f"sender-{feed.door}"
    directory.mkdir(mode=0o700)
    files = write_client_files(directory, "sender", issued, authority)
    context = ssl.create_default_context(cafile=str(files.authority))
    context.load_cert_chain(files.certificate, files.key)
    return context


def show(label: str, events: int, size: int, *, cpu: float, wall: float, alone: float) -> None:
    """Prints a door's line."""
    tell(
        f"  {label:<16}{events / cpu:>9,.0f} events/s {size / cpu / 1e6:>6.1f} MB/s of CPU"
        f"   {events / wall:>8,.0f}/s by the clock   {cpu / events * 1e6:>6.1f} us an event,"
        f" x{cpu / alone:.1f} of decoding alone"
    )


def _cpu(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return max(time.process_time() - began, 1e-6)


async def main(count: int) -> None:
    """Measures with so many events for each door."""
    events = [json.dumps(event, separators=(",", ":")).encode() for event in sample_events(count)]
    groups = [events[first : first + BATCH_EVENTS] for first in range(0, count, BATCH_EVENTS)]
    async with running("doors", "syslog", WATCHFLOOR_INTAKE_BYTES_PER_SECOND=str(10**12)) as (settings, programs):
        admin = PostgresServer(settings.home, settings.postgres_port).admin_dsn.reveal().rpartition("/")[0]
        records = await asyncpg.connect(f"{admin}/watchfloor")
        hall = Hall(settings, programs, records)
        tell(f"{count:,} events of {sum(map(len, events)) // count:,} bytes through each door:")
        await measure_json_doors(hall, groups)
        await measure_osquery(hall, groups)
        await measure_stream(hall, "syslog TLS", "syslog", events)
        await measure_stream(hall, "RELP TLS", "relp", events)
        await records.close()


async def measure_json_doors(hall: Hall, groups: list[list[bytes]]) -> None:
    """The doors that take what any program can post."""
    lines = msgspec.json.Decoder().decode_lines

    def envelopes(body: bytes) -> object:
        return lines(body.replace(b'}{"time"', b'}\n{"time"'))

    forms: tuple[tuple[str, Door, Callable[[list[bytes]], bytes], str, dict[str, str], Decode], ...] = (
        ("HEC", "hec", hec, "/services/collector/event", {"Authorization": "Splunk {}"}, envelopes),
        ("NDJSON", "ndjson", ndjson, "/ingest/v1/ndjson", {"Authorization": "Bearer {}"}, lines),
        (
            "_bulk",
            "bulk",
            bulk,
            "/_bulk",
            {"Authorization": "ApiKey {}", "Content-Type": "application/x-ndjson"},
            lines,
        ),
        (
            "OTLP protobuf",
            "otlp",
            otlp,
            "/v1/logs",
            {"Authorization": "Bearer {}", "Content-Type": "application/x-protobuf"},
            ExportLogsServiceRequest.FromString,
        ),
        (
            "OTLP JSON",
            "otlp",
            otlp_json,
            "/v1/logs",
            {"Authorization": "Bearer {}", "Content-Type": "application/json"},
            msgspec.json.decode,
        ),
    )
    for label, door, form, path, headers, decode in forms:
        feed, token = await hall.customer(door)
        post = _poster(path, {name: value.format(token) for name, value in headers.items()})
        await measure_http(hall, label, feed, bodies=list(map(form, groups)), post=post, decode=decode)


async def measure_osquery(hall: Hall, groups: list[list[bytes]]) -> None:
    """The door of osquery, after an agent has enrolled."""
    feed, token = await hall.customer("osquery")
    sender = await HttpSender.open(hall.settings.door_port)
    asked = msgspec.json.encode({"enroll_secret": token, "host_identifier": "bench", "host_details": {}})
    _, answer = await sender.post("/api/osquery/enroll", asked, {"Content-Type": "application/json"})
    sender.close()
    node_key = str(msgspec.json.decode(answer, type=dict[str, object])["node_key"])
    bodies, post = [osquery(group, node_key) for group in groups], _poster("/api/osquery/log", {})
    await measure_http(hall, "osquery", feed, bodies=bodies, post=post, decode=msgspec.json.decode)


def _poster(path: str, headers: dict[str, str]) -> Post:
    return lambda sender, body: sender.post(path, body, headers)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 40_000))
