"""The OTLP door: what it takes and answers in both wire forms, what it refuses and how, and what comes out parsed."""

import asyncio
import gzip
import json
import time
from collections.abc import Mapping
from typing import Final

import httpx
import pytest
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # the package has no types
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from redis.asyncio import Redis

from tests.unit.test_feeds_otlp import any_value, as_json, nested, pairs, request
from tests.wire.conftest import Doors, OpenFeed, Site
from tests.wire.hostile import (
    ROOM_BYTES,
    SECONDS,
    HostileBody,
    door_process,
    hostile_bodies,
    hostile_conversations,
    hostile_values,
    talk,
)
from tests.wire.test_door_hec import sent
from watchfloor.feeds.feed import FeedOptions
from watchfloor.kernel.config import Settings

LOGS: Final = "/v1/logs"
PROTOBUF: Final = {"Content-Type": "application/x-protobuf"}
JSON: Final = {"Content-Type": "application/json"}
TIME: Final = 1_795_334_644_444_555_666


def one(text: str, *, at: int = 0) -> ExportLogsServiceRequest:
    """A request with one record of text."""
    return request(LogRecord(body=any_value(text), time_unix_nano=at))


@pytest.fixture
async def feed(site: Site) -> OpenFeed:
    return await site.feed(await site.customer(), door="otlp")


@pytest.fixture
async def doors(site: Site) -> Doors:
    return await site.doors()


def bearer(feed: OpenFeed) -> dict[str, str]:
    return {"Authorization": f"Bearer {feed.token}"}


async def bodies(site: Site, feed: OpenFeed) -> list[object]:
    return [json.loads(event.body)["body"] for event in await sent(site, feed)]


async def test_each_form_is_taken_and_answered_in_itself(site: Site, doors: Doors, feed: OpenFeed) -> None:
    cases: list[tuple[bytes, dict[str, str], bytes]] = [
        (one("binary").SerializeToString(), PROTOBUF, b""),
        (as_json(one("written")), {"Content-Type": "application/json; charset=utf-8"}, b"{}"),
        (gzip.compress(one("gzip").SerializeToString()), {**PROTOBUF, "Content-Encoding": "gzip"}, b""),
        (gzip.compress(as_json(one("both"))), {**JSON, "Content-Encoding": "gzip"}, b"{}"),
        (request().SerializeToString(), PROTOBUF, b""),
        (b"", PROTOBUF, b""),
        (b"{}", JSON, b"{}"),
    ]
    for body, headers, expected in cases:
        answer = await doors.client.post(LOGS, content=body, headers={**headers, **bearer(feed)})
        assert (answer.status_code, answer.content) == (200, expected)
        assert answer.headers["content-type"].partition(";")[0] == headers["Content-Type"].partition(";")[0]
    assert await bodies(site, feed) == ["binary", "written", "gzip", "both"]


async def test_what_cannot_be_read_is_counted_and_the_rest_is_durable(site: Site, doors: Doors, feed: OpenFeed) -> None:
    whole = request(LogRecord(body=any_value("a")), LogRecord(body=nested(45)), LogRecord(body=any_value("b")))
    answer = await doors.client.post(LOGS, content=whole.SerializeToString(), headers={**PROTOBUF, **bearer(feed)})
    assert answer.status_code == 200
    partial = ExportLogsServiceResponse.FromString(answer.content).partial_success
    assert partial.rejected_log_records == 1
    assert partial.error_message.startswith("1 log records cannot be read.")
    deep = request(LogRecord(body=any_value("a")), LogRecord(body=nested(40)))
    answer = await doors.client.post(LOGS, content=as_json(deep), headers={**JSON, **bearer(feed)})
    assert answer.json()["partialSuccess"]["rejectedLogRecords"] == "1"
    assert await bodies(site, feed) == ["a", "b", "a"]


def status_of(answer: httpx.Response) -> tuple[int, str]:
    """The code and message of a refusal, in whichever form."""
    if answer.headers["content-type"].startswith("application/json"):
        return answer.json()["code"], answer.json()["message"]
    status = Status.FromString(answer.content)
    return status.code, status.message


async def test_refusals_are_statuses_in_the_form_of_the_request(site: Site, doors: Doors, feed: OpenFeed) -> None:
    hec = await site.feed(await site.customer(), door="hec")
    good, own = one("x").SerializeToString(), bearer(feed)
    cases: list[tuple[Mapping[str, str], bytes, int, int]] = [
        ({}, good, 401, 16),
        ({"Authorization": "Bearer nonsense"}, good, 403, 7),
        (bearer(hec), good, 403, 7),
        (own, b"just words", 400, 3),
        (own, b"x" * 5_000_001, 413, 3),
        ({**own, "Content-Encoding": "br"}, good, 415, 3),
        ({**own, "Content-Encoding": "gzip"}, good, 400, 3),
    ]
    for headers, body, status, code in cases:
        for form in (PROTOBUF, JSON):
            answer = await doors.client.post(LOGS, content=body, headers={**form, **headers})
            assert (answer.status_code, answer.headers["content-type"]) == (status, form["Content-Type"])
            found, message = status_of(answer)
            assert (found, message[-1:]) == (code, ".")
    for headers in (own, {**own, "Content-Type": "text/plain"}):
        answer = await doors.client.post(LOGS, content=good, headers=headers)
        assert (answer.status_code, status_of(answer)[0]) == (415, 3)
    answer = await doors.client.get(LOGS, headers=own)
    assert (answer.status_code, status_of(answer)[0]) == (405, 12)
    assert await sent(site, feed) == []


async def test_a_full_queue_is_answered_so_that_exporters_come_again(site: Site) -> None:
    doors, feed = await site.doors(backlog_bytes=1), await site.feed(await site.customer(), door="otlp")
    body = as_json(one("x"))
    assert (await doors.client.post(LOGS, content=body, headers={**JSON, **bearer(feed)})).status_code == 200
    for form, more in ((PROTOBUF, one("x").SerializeToString()), (JSON, body)):
        answer = await doors.client.post(LOGS, content=more, headers={**form, **bearer(feed)})
        assert (answer.status_code, status_of(answer)[0]) == (429, 8)
        assert int(answer.headers["retry-after"]) > 0
    doors.reception.close()
    answer = await doors.client.post(LOGS, content=body, headers={**JSON, **bearer(feed)})
    assert (answer.status_code, status_of(answer)[0]) == (503, 14)
    assert int(answer.headers["retry-after"]) > 0


async def test_a_token_in_the_url_counts_only_where_the_feed_opted_for_it(
    site: Site, doors: Doors, feed: OpenFeed
) -> None:
    customer = await site.customer()
    opted = await site.feed(customer, door="otlp", name="opted", options=FeedOptions(token_in_url=True))
    body = one("x").SerializeToString()
    for path in ("/t/{}/v1/logs", "/v1/logs?token={}"):
        assert (await doors.client.post(path.format(opted.token), content=body, headers=PROTOBUF)).status_code == 200
        assert (await doors.client.post(path.format(feed.token), content=body, headers=PROTOBUF)).status_code == 401
    assert (len(await sent(site, opted)), len(await sent(site, feed))) == (2, 0)


async def test_traces_and_metrics_of_a_feed_are_dropped_with_thanks(site: Site, doors: Doors, feed: OpenFeed) -> None:
    for path in ("/v1/traces", "/v1/metrics"):
        for form, expected in ((PROTOBUF, b""), (JSON, b"{}")):
            answer = await doors.client.post(path, content=b"whatever" * 1_000, headers={**form, **bearer(feed)})
            assert (answer.status_code, answer.content) == (200, expected)
            assert (await doors.client.post(path, content=b"", headers=form)).status_code == 401
    assert await sent(site, feed) == []


async def test_an_honest_retry_is_stored_once(site: Site, doors: Doors, feed: OpenFeed) -> None:
    timed, untimed = one("timed", at=TIME).SerializeToString(), one("untimed").SerializeToString()
    for body in (timed, gzip.compress(timed), untimed, untimed):
        encoding = {"Content-Encoding": "gzip"} if body[:2] == b"\x1f\x8b" else {}
        answer = await doors.client.post(LOGS, content=body, headers={**PROTOBUF, **bearer(feed), **encoding})
        assert answer.status_code == 200
    assert await bodies(site, feed) == ["timed", "untimed", "untimed"]


WINDOWS: Final[dict[str, object]] = {
    "event_id": {"id": 4688, "qualifiers": 0},
    "provider": {"name": "Microsoft-Windows-Security-Auditing", "guid": "{x}", "event_source": ""},
    "system_time": "2026-11-22T08:00:00.1234567Z",
    "computer": "ws-17.acme.example",
    "channel": "Security",
    "record_id": 77,
    "level": "Information",
    "message": "A new process has been created.",
    "task": "Process Creation",
    "opcode": "Info",
    "keywords": ["Audit Success"],
    "event_data": {"data": [{"NewProcessName": "C:\\Windows\\System32\\cmd.exe"}, {"CommandLine": "cmd /c dir"}]},
    "execution": {"process_id": 4, "thread_id": 8},
}
TRAIL: Final = (
    '{"eventVersion":"1.09","eventTime":"2026-11-22T08:00:00Z","eventSource":"iam.amazonaws.com","eventName":'
    '"CreateUser","awsRegion":"us-east-1","eventID":"e-1","userIdentity":{"type":"Root"},"recipientAccountId":"1"}'
)
SSHD: Final = "Nov 22 08:00:00 web-1 sshd[812]: Failed password for root from 203.0.113.9 port 4122 ssh2"
CARRIED: Final[dict[str, tuple[LogRecord, str]]] = {
    "the Collector's Windows receiver": (LogRecord(body=any_value(WINDOWS)), "windows.security"),
    "the same with event data by name": (
        LogRecord(body=any_value({**WINDOWS, "record_id": 78, "event_data": {"NewProcessName": "C:\\a.exe"}})),
        "windows.security",
    ),
    "a line of a file": (
        LogRecord(body=any_value(SSHD), attributes=pairs({"log.file.name": "auth.log"})),
        "linux.sshd",
    ),
    "the Collector's syslog receiver": (
        LogRecord(
            body=any_value(f"<38>{SSHD}"),
            attributes=pairs({
                "appname": "sshd", "hostname": "web-1", "proc_id": "812", "priority": 38,
                "message": "Failed password for root from 203.0.113.9 port 4122 ssh2",
            }),
        ),
        "linux.sshd",
    ),
    "journald": (
        LogRecord(body=any_value({"MESSAGE": SSHD.partition(": ")[2], "SYSLOG_IDENTIFIER": "sshd", "_HOSTNAME": "w"})),
        "linux.sshd",
    ),
    "a record as text": (LogRecord(body=any_value(TRAIL)), "aws.cloudtrail"),
    "a record as an object": (LogRecord(body=any_value(json.loads(TRAIL))), "aws.cloudtrail"),
    "a record parsed into attributes": (
        LogRecord(body=any_value("x"), attributes=pairs(json.loads(TRAIL))), "aws.cloudtrail",
    ),
    "a line of access.log": (
        LogRecord(body=any_value('203.0.113.9 - - [22/Nov/2026:08:00:00 +0000] "GET /x HTTP/1.1" 404 5 "-" "curl"')),
        "web.access",
    ),
    "a program's own words": (LogRecord(body=any_value("user logged in"), severity_text="INFO"), "unparsed"),
}  # fmt: skip


async def test_what_a_record_carries_comes_out_parsed(site: Site, doors: Doors) -> None:
    customer = await site.customer()
    feed = await site.feed(customer, door="otlp")
    now = time.time_ns()
    for record, _ in CARRIED.values():
        record.time_unix_nano = now
    whole = request(*[record for record, _ in CARRIED.values()], resource={"host.name": "web-1", "os.type": "linux"})
    answer = await doors.client.post(LOGS, content=whole.SerializeToString(), headers={**PROTOBUF, **bearer(feed)})
    assert (answer.status_code, answer.content) == (200, b"")
    await site.pipeline().drain()
    found = await site.events(customer)
    expected = sorted(source for _, source in CARRIED.values())
    assert sorted(event.source for event in found) == expected
    windows = next(event for event in found if event.fields.get("EventRecordID") == 77)
    shown = {name: windows.fields[name] for name in ("EventID", "NewProcessName", "CommandLine", "Image", "host.name")}
    assert shown == {
        "EventID": 4688,
        "NewProcessName": "C:\\Windows\\System32\\cmd.exe",
        "CommandLine": "cmd /c dir",
        "Image": "C:\\Windows\\System32\\cmd.exe",
        "host.name": "web-1",
    }
    words = next(event for event in found if event.source == "unparsed")
    assert words.summary.startswith("body=user logged in")
    assert words.time_quality == "parsed"
    assert {entity.value for event in found if event.source == "linux.sshd" for entity in event.entities} >= {
        "203.0.113.9",
        "web-1",
    }


def delimited(tag: int, content: bytes) -> bytes:
    """A field of Protocol Buffers with a length."""
    length, encoded = len(content), bytearray()
    while length > 0x7F:
        encoded.append(length & 0x7F | 0x80)
        length >>= 7
    encoded.append(length)
    return bytes([tag]) + bytes(encoded) + content


def within(record: bytes) -> bytes:
    """A request with one record's bytes."""
    return delimited(0x0A, delimited(0x12, delimited(0x12, record)))


def deep_value(levels: int) -> bytes:
    value = b"\x0a\x01x"
    for _ in range(levels):
        value = delimited(0x2A, delimited(0x0A, value))
    return delimited(0x2A, value)


def hostile_messages() -> dict[str, HostileBody]:
    """Bodies that only this door can read, or has to."""
    good = one("x").SerializeToString()
    empty_record = b"\x12\x00"
    many = {
        "a million empty records": delimited(0x0A, delimited(0x12, empty_record * 1_000_000)),
        "a million empty scopes": delimited(0x0A, empty_record * 1_000_000),
        "a million empty resources": b"\x0a\x00" * 1_000_000,
        "two million unknown numbers": b"\x08\x00" * 2_000_000,
        "a million attributes": within(b"\x32\x00" * 1_000_000),
        "a million attributes of a resource": delimited(0x0A, delimited(0x0A, b"\x0a\x00" * 1_000_000)),
        "lists of a million nothings": b"".join(
            within(delimited(0x2A, delimited(0x2A, b"\x0a\x00" * 100_000))) for _ in range(20)
        ),
        "records with a million broken texts": b"".join(
            within(delimited(0x2A, delimited(0x2A, b"\x0a\x03\x0a\x01\xff" * 40_000))) for _ in range(20)
        ),
    }
    bodies = {
        "a hundred thousand levels": within(deep_value(2_000)),
        "eighty levels": within(deep_value(80)),
        "thirty-two levels": within(deep_value(32)),
        "levels of nothing": b"\x0a\x80\x80\x80\x01" * 100_000,
        "a length of eighteen digits": b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f" + good,
        "a number without end": b"\xff" * 1_000_000,
        "groups": b"\x0b" * 100_000,
        "a record cut off": good[:-1],
        "a message inside of a text": within(b"\x1a\x05" + b"\xff" * 5)[:-2],
        "field zero": b"\x00\x00" * 1_000,
        "rubbish behind it": good + b"\xff\xff",
        "text": b"just words",
        "JSON": as_json(one("x")),
        **many,
    }
    return {f"protobuf: {name}": HostileBody(body) for name, body in bodies.items()} | {
        f"protobuf: {name}, compressed": HostileBody(gzip.compress(body, 1), "gzip") for name, body in many.items()
    }


def as_record(value: bytes) -> bytes:
    """One JSON value as a record's body would be in our shared table: a request around it."""
    return b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":' + value + b"}}]}]}]}"


PARTLY_GOOD: Final = "protobuf: records with a million broken texts"
"""Mending has its limit too: up to it they are taken, and the others are counted."""


async def test_hostile_bodies_are_refused_quickly_and_in_little_memory(
    site: Site, settings: Settings, valkey: Redis
) -> None:
    assert valkey is not None
    feed = await site.feed(await site.customer(), door="otlp")
    table = {f"json: {name}": body for name, body in hostile_bodies(as_record).items()} | hostile_messages()
    async with door_process(settings) as process:

        async def send(content: bytes, form: Mapping[str, str], encoding: str = "") -> httpx.Response:
            headers = {**form, **bearer(feed)} | ({"Content-Encoding": encoding} if encoding else {})
            return await process.client.post(LOGS, content=content, headers=headers)

        good = as_json(one("x"))
        for _ in range(20):
            assert (await send(good, JSON)).status_code == 200
        idle, slowest = process.most_bytes(), (0.0, "")
        for name, hostile in table.items():
            form = JSON if name.startswith("json") else PROTOBUF
            begun = time.monotonic()
            answer = await send(hostile.body, form, hostile.encoding)
            took = time.monotonic() - begun
            slowest = max(slowest, (took, name))
            assert took < SECONDS, name
            if name == PARTLY_GOOD:
                assert ExportLogsServiceResponse.FromString(answer.content).partial_success.rejected_log_records > 10
                continue
            assert 400 <= answer.status_code < 500, (name, answer.status_code)
            assert status_of(answer)[0] in {3, 7, 16}, name
            assert len(answer.content) < 2_000, name
        for name, value in hostile_values().items():
            answer = await send(as_record(value), JSON)
            assert answer.status_code in {200, 400}, name
        for name, pieces in hostile_conversations(LOGS, f"Bearer {feed.token}", good).items():
            said = await talk(process.port, *pieces)
            assert not said or said.startswith(b"HTTP/1.1 4"), name
        assert (await send(good, JSON)).status_code == 200
        used = process.most_bytes() - idle
        print(len(table), f"{slowest[0]:.2f} s {slowest[1]}", used // 1_000_000, "MB")  # noqa: T201
        assert used < ROOM_BYTES


@pytest.mark.slow
async def test_many_large_requests_at_once_stay_within_the_same_room(
    site: Site, settings: Settings, valkey: Redis
) -> None:
    assert valkey is not None
    feeds = [await site.feed(await site.customer(), door="otlp") for _ in range(3)]
    table = hostile_messages()
    many = [table[name.removesuffix(", compressed")].body for name in table if name.endswith(", compressed")]
    async with door_process(settings) as process:
        for feed in feeds:
            body = one("x").SerializeToString()
            assert (await process.client.post(LOGS, content=body, headers={**PROTOBUF, **bearer(feed)})).is_success
        idle = process.most_bytes()
        answers = await asyncio.gather(*(
            process.client.post(LOGS, content=body, headers={**PROTOBUF, **bearer(feed)})
            for feed in feeds for body in many
        ))  # fmt: skip
        assert {answer.status_code for answer in answers} <= {200, 400, 413, 503}
        assert process.most_bytes() - idle < ROOM_BYTES
