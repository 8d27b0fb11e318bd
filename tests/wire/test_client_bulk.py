"""The bulk door with clients that customers run: each sends, is acknowledged, is refused and comes again by its own
rules, and every event is found in the intake once.

The tables stand for clients that are not here to run: their requests head by head, as their documentation and their
sources describe them, and what each looks for in the answer's text.
"""

import asyncio
import base64
import contextlib
import json
import os
import shutil
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg
import pytest
from elasticsearch import ApiError, Elasticsearch, helpers

from tests.conftest import Eventually
from tests.wire.conftest import Doors, OpenFeed, Site
from tests.wire.hostile import talk
from watchfloor.feeds.batch import SentEvent, unpack
from watchfloor.kernel.db import tenant_tx

RSYSLOGD: Final = shutil.which("rsyslogd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


async def sent(site: Site, feed: OpenFeed) -> list[SentEvent]:
    """What is durable, in its order."""
    rows = await site.superuser.fetch(
        "select id, body from wf.intake_batches where feed_id = $1 order by id", feed.feed.id
    )
    return await opened(site, feed, rows)


async def opened(site: Site, feed: OpenFeed, rows: "Sequence[asyncpg.Record]") -> list[SentEvent]:
    """The events of batches."""
    async with tenant_tx(site.app, feed.feed.tenant_id) as tx:
        cipher = await site.keyring.cipher(tx)
    return [
        event
        for row in rows
        for event in unpack(cipher.open_(row["body"], table="intake_batches", column="body", row=row["id"]), SentEvent)
    ]


async def make_room(site: Site, feed: OpenFeed) -> list[SentEvent]:
    """Takes everything off the queue, as the pipeline would, and gives it."""
    rows = await site.superuser.fetch(
        "delete from wf.intake_batches where feed_id = $1 returning id, body", feed.feed.id
    )
    return await opened(site, feed, rows)


@pytest.fixture
async def feed(site: Site) -> OpenFeed:
    return await site.feed(await site.customer(), door="bulk")


def cluster(doors: Doors, feed: OpenFeed) -> Elasticsearch:
    """The official client, as its documentation connects it. It does not try again by itself here."""
    return Elasticsearch(
        f"http://127.0.0.1:{doors.port}",
        api_key=(str(feed.feed.id), feed.token),
        max_retries=0,
        http_compress=True,
    )


async def test_the_official_client_connects_sends_and_recognises_repeats(site: Site, feed: OpenFeed) -> None:
    doors = await site.doors()
    numbers = range(1_200)

    def send() -> tuple[str, int, int, int]:
        with cluster(doors, feed) as client:
            version = client.info()["version"]["number"]
            plain, _ = helpers.bulk(client, ({"_index": "logs", "_op_type": "create", "n": n} for n in numbers))
            keyed = [{"_index": "logs", "_op_type": "create", "_id": str(n), "k": n} for n in range(10)]
            first, _ = helpers.bulk(client, keyed)
            again = [item for _, item in helpers.streaming_bulk(client, keyed, raise_on_error=False)]
            assert client.license.get()["license"]["status"] == "active"
            assert client.cluster.health()["status"] == "green"
            assert client.indices.exists_index_template(name="logs")
            return version, plain, first, sum(item["create"]["status"] == 409 for item in again)

    assert await asyncio.to_thread(send) == ("8.19.0", 1_200, 10, 10)
    events = [json.loads(event.body) for event in await sent(site, feed)]
    assert [event["n"] for event in events if "n" in event] == list(numbers)
    assert [event["k"] for event in events if "k" in event] == list(range(10))


async def test_the_official_client_sends_a_refused_burst_again(site: Site, feed: OpenFeed) -> None:
    full = await site.doors(backlog_bytes=1)
    refused = asyncio.Event()
    loop = asyncio.get_running_loop()

    def send() -> int:
        with cluster(full, feed) as client:
            actions = ({"_index": "logs", "_op_type": "index", "n": n} for n in range(60))
            with pytest.raises(ApiError) as one_try:
                list(helpers.streaming_bulk(client, ({"_index": "x", "n": -n} for n in (1, 2)), chunk_size=1))
            assert one_try.value.status_code == 429
            loop.call_soon_threadsafe(refused.set)
            # One chunk fits at a time: each later one is refused until there is room.
            results = helpers.streaming_bulk(client, actions, chunk_size=20, max_retries=50, initial_backoff=0.05,
                                             max_backoff=0.1)  # fmt: skip
            return sum(ok for ok, _ in results)

    sending = asyncio.create_task(asyncio.to_thread(send))
    await refused.wait()
    found: list[SentEvent] = []
    while not sending.done():
        found += await make_room(site, feed)
        await asyncio.wait([sending], timeout=0.1)
    found += await make_room(site, feed)
    assert await sending == 60
    assert sorted(json.loads(event.body)["n"] for event in found) == [-1, *range(60)]


@dataclass(frozen=True)
class Syslogd:
    """A running rsyslog that reads a file and sends its lines on."""

    input: Path
    log: Path

    def write(self, *lines: str) -> None:
        """Appends lines for it to read."""
        with self.input.open("a", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)


CONFIGURATION: Final = """
global(workDirectory="{home}" processInternalMessages="on")
module(load="imfile" pollingInterval="1")
module(load="omelasticsearch")
input(type="imfile" file="{home}/in.log" tag="app:" ruleset="out")
template(name="event" type="list") {{
  constant(value="{{")
  property(outname="message" name="msg" format="jsonf")
  constant(value=",")
  property(outname="@timestamp" name="timereported" dateFormat="rfc3339" format="jsonf")
  constant(value="}}")
}}
ruleset(name="out") {{
  action(type="omelasticsearch" server="127.0.0.1" serverport="{port}" uid="{uid}" pwd="{token}"
    searchIndex="logs" searchType="" bulkmode="on" template="event" action.resumeRetryCount="-1"
    action.resumeInterval="1" action.resumeIntervalMax="1"
    queue.type="LinkedList" queue.dequeueBatchSize="50" queue.workerThreads="1" queue.size="10000")
}}
syslog.* action(type="omfile" file="{home}/own.log")
"""


@contextlib.asynccontextmanager
async def rsyslog(home: Path, doors: Doors, feed: OpenFeed, *, token: str) -> AsyncGenerator[Syslogd]:
    """rsyslog with a configuration and a directory of its own, until the end of the block."""
    assert RSYSLOGD is not None
    running = Syslogd(input=home / "in.log", log=home / "own.log")
    running.input.touch()
    configuration = home / "rsyslog.conf"
    configuration.write_text(
        CONFIGURATION.format(home=home, port=doors.port, uid=feed.feed.name, token=token), encoding="utf-8"
    )
    process = await asyncio.create_subprocess_exec(
        RSYSLOGD, "-n", "-f", str(configuration), "-i", str(home / "pid"), cwd=home,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield running
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def test_rsyslog_loses_nothing_in_a_refused_burst(
    site: Site, feed: OpenFeed, tmp_path: Path, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert RSYSLOGD is not None, "rsyslog is not installed: run infra/bootstrap test"
    monkeypatch.setattr("watchfloor.feeds.doors.bulk.replies.HOLD_SECONDS", 0.05)
    full = await site.doors(backlog_bytes=1)
    found: list[SentEvent] = []
    lines = [f"line {number} of the burst" for number in range(120)]

    async def take() -> bool:
        found.extend(await make_room(site, feed))
        return len(found) >= len(lines)

    async with rsyslog(tmp_path, full, feed, token=feed.token) as daemon:
        daemon.write(*lines)
        await eventually(
            lambda: "suspending" in daemon.log.read_text("utf-8") if daemon.log.exists() else False, within=20
        )
        async with asyncio.timeout(30):
            while not await take():
                await eventually(lambda: is_waiting(site, feed), within=30)
    # A connection that breaks after the batch was stored has it sent again: at least once, and here exactly once.
    assert sorted(json.loads(event.body)["message"] for event in found) == sorted(lines)
    assert {event.source for event in found} == {"logs"}


async def is_waiting(site: Site, feed: OpenFeed) -> bool:
    """Whether anything is in the queue."""
    found: bool = await site.superuser.fetchval(
        "select exists (select from wf.intake_batches where feed_id = $1)", feed.feed.id
    )
    return found


@dataclass(frozen=True)
class Client:
    """A client that is not here: what it asks first, how it sends, and the text that it looks for in the answer."""

    asks: tuple[str, ...]
    head: str
    body: bytes
    expects: bytes


DATE: Final = b'"@timestamp":"2026-11-22T08:26:49.123Z"'
CLIENTS: Final[dict[str, Client]] = {
    "Logstash": Client(
        asks=("HEAD /", "GET /_license", "GET /", "HEAD /_index_template/ecs-logstash", "GET /_xpack"),
        head=(
            "POST /_bulk?filter_path=errors,items.*.error,items.*.status HTTP/1.1\r\nUser-Agent: Manticore 0.9.1\r\n"
            "x-elastic-product-origin: logstash-output-elasticsearch\r\nAccept-Encoding: gzip,deflate\r\n"
            "Content-Type: application/json\r\nAuthorization: ApiKey {api_key}"
        ),
        body=b'{"create":{"_id":null,"_index":"logs-generic-default","routing":null}}\n{%b,"message":"a"}\n' % DATE,
        expects=b'"errors":false,"items":[{"create":{"_index":"logs-generic-default",',
    ),
    "Winlogbeat": Client(
        asks=("GET /", "GET /_license", "GET /_ilm/policy/winlogbeat", "HEAD /_index_template/winlogbeat-8.15.3"),
        head=(
            "POST /_bulk HTTP/1.1\r\nUser-Agent: Elastic-winlogbeat/8.15.3 (windows; amd64; x; 2024-10-01)\r\n"
            "Accept: application/json\r\nX-Elastic-Product-Origin: beats\r\nAccept-Encoding: gzip\r\n"
            "Content-Type: application/json; charset=UTF-8\r\nAuthorization: ApiKey {api_key}"
        ),
        body=b'{"create":{"_index":"winlogbeat-8.15.3"}}\n{%b,"winlog":{"event_id":"4624","channel":"Security"}}\n'
        % DATE,
        expects=b'"errors":false,"items":[{"create":{"_index":"winlogbeat-8.15.3",',
    ),
    "Filebeat of Wazuh": Client(
        asks=(
            "GET /", "HEAD /_template/wazuh", "GET /_nodes/ingest",
            "GET /_ingest/pipeline/filebeat-7.10.2-wazuh-alerts-pipeline",
        ),
        head=(
            "POST /_bulk HTTP/1.1\r\nUser-Agent: Filebeat/7.10.2 (linux; amd64; x)\r\nAccept: application/json\r\n"
            "Content-Type: application/json; charset=UTF-8\r\nAuthorization: Basic {basic}"
        ),
        body=(
            b'{"index":{"_index":"wazuh-alerts-4.x-2026.11.22","pipeline":"filebeat-7.10.2-wazuh-alerts-pipeline"}}\n'
            b'{%b,"fields":{"index_prefix":"wazuh-alerts-4.x-"},"message":"{}"}\n' % DATE
        ),
        expects=b'"errors":false,"items":[{"index":{"_index":"wazuh-alerts-4.x-2026.11.22",',
    ),
    "Fluent Bit": Client(
        asks=(),
        head=(
            "POST /_bulk HTTP/1.1\r\nUser-Agent: Fluent-Bit\r\nContent-Type: application/x-ndjson\r\n"
            "Authorization: Basic {basic}"
        ),
        body=b'{"create":{"_index":"fluent-bit"}}\n{%b,"log":"a"}\n' % DATE,
        expects=b'"errors":false,"items":[',
    ),
    "Vector": Client(
        asks=("GET /_cluster/health", "GET /"),
        head=(
            "POST /_bulk?timeout=60s HTTP/1.1\r\nUser-Agent: Vector/0.42.0 (x86_64-unknown-linux-gnu)\r\n"
            "Content-Type: application/x-ndjson\r\nAuthorization: Basic {basic}"
        ),
        body=b'{"create":{"_index":"vector-2026.11.22"}}\n{%b,"message":"a"}\n' % DATE,
        expects=b'"errors":false',
    ),
    "syslog-ng": Client(
        asks=(),
        head=(
            "POST /_bulk HTTP/1.1\r\nUser-Agent: syslog-ng 3.38.1/libcurl 7.88.1\r\nAccept: */*\r\n"
            "Content-Type: application/x-ndjson\r\nAuthorization: Basic {basic}"
        ),
        body=b'{"index":{"_index":"syslog","_type":""}}\n{%b,"MESSAGE":"a"}\n' % DATE,
        expects=b'"errors":false',
    ),
}  # fmt: skip


async def test_each_client_finds_what_it_looks_for(site: Site) -> None:
    customer = await site.customer()
    doors = await site.doors()
    for number, (name, client) in enumerate(CLIENTS.items()):
        feed = await site.feed(customer, door="bulk", name=f"feed-{number}")
        api_key, basic = encoded(f"{feed.feed.id}:{feed.token}"), encoded(f"{feed.feed.name}:{feed.token}")
        head = client.head.format(api_key=api_key, basic=basic)
        authorization = head.rpartition("\r\n")[2]
        for question in client.asks:
            asked = f"{question} HTTP/1.1\r\nHost: door:9200\r\n{authorization}\r\nConnection: close\r\n\r\n"
            said = await talk(doors.port, asked.encode())
            assert said.startswith(b"HTTP/1.1 200 "), (name, question)
            assert b"x-elastic-product: Elasticsearch\r\n" in said
        request = f"{head}\r\nHost: door:9200\r\nConnection: close\r\nContent-Length: {len(client.body)}\r\n\r\n"
        said = await talk(doors.port, request.encode() + client.body)
        assert said.startswith(b"HTTP/1.1 200 "), name
        assert client.expects in said, name
        assert b'"errors":true' not in said
        assert [event.body for event in await sent(site, feed)] == [client.body.split(b"\n")[1]], name


def encoded(text: str) -> str:
    """Base64."""
    return base64.b64encode(text.encode()).decode()
