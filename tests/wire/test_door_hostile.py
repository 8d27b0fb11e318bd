"""Hostile bodies at the HEC and NDJSON doors, in a process of its own: refused within a second and in little memory.

The table stands in `hostile`; N1 is what is proven.
"""

import asyncio
import json
import time
from collections.abc import AsyncGenerator
from typing import Final

import httpx
import pytest
from redis.asyncio import Redis

from tests.conftest import Eventually
from tests.wire.conftest import OpenFeed, Site
from tests.wire.hostile import (
    ROOM_BYTES,
    SECONDS,
    DoorProcess,
    HostileBody,
    Wrap,
    door_process,
    hostile_bodies,
    hostile_conversations,
    hostile_values,
    talk,
)
from tests.wire.test_door_hec import sent
from watchfloor.feeds.doors import incoming
from watchfloor.kernel import serving
from watchfloor.kernel.config import Settings

HEC: Final = "/services/collector/event"
RAW: Final = "/services/collector/raw"
NDJSON: Final = "/ingest/v1/main"


@pytest.fixture
async def process(settings: Settings, valkey: Redis) -> AsyncGenerator[DoorProcess]:
    assert valkey is not None
    async with door_process(settings) as running:
        yield running


def enveloped(value: bytes) -> bytes:
    """A value as an event of HEC."""
    return b'{"event":' + value + b"}"


def plain(value: bytes) -> bytes:
    """A value as an event of NDJSON."""
    return value + b"\n"


def hec_bodies() -> dict[str, HostileBody]:
    """What is hostile to HEC: the table, and what only its envelopes make possible."""
    return hostile_bodies(enveloped) | {
        "an endless exponent in the time": HostileBody(b'{"event":1,"time":1e' + b"9" * 100_000 + b"}"),
        "endless digits in the time": HostileBody(b'{"event":1,"time":' + b"9" * 4_000_000 + b"}"),
        "a time that no float holds": HostileBody(b'{"event":1,"time":1e100000}'),
        "endless digits in a time that is text": HostileBody(b'{"event":1,"time":"' + b"9" * 4_000_000 + b'"}'),
        "a hundred thousand fields": HostileBody(
            b'{"event":1,"fields":{' + b",".join(b'"f%d":1' % key for key in range(100_000)) + b"}}"
        ),
        "fields in fields": HostileBody(b'{"event":1,"fields":' + b'{"a":' * 5_000 + b"1" + b"}" * 5_001),
        "a host of four megabytes": HostileBody(b'{"event":1,"host":"' + b"h" * 4_000_000 + b'"}'),
        "an index with a line break": HostileBody(b'{"event":1,"index":"a\\nb"}'),
        "blanks for an event": HostileBody(b'{"event":"' + b" " * 4_000_000 + b'"}'),
        "ten thousand good events and a bad one": HostileBody(enveloped(b"1") * 9_999 + b'{"event":""}'),
    }


HEC_CODES: Final = {
    "a million empty objects": 12,
    "a million empty objects in lines": 12,
    "an index with a line break": 7,
    "blanks for an event": 13,
    "ten thousand good events and a bad one": 13,
    "a hundred thousand fields": 15,
}
"""What is answered with another code than 6, the general one."""


@pytest.mark.parametrize("path", [HEC, NDJSON])
async def test_hostile_bodies_are_refused_quickly_and_in_little_memory(
    site: Site, process: DoorProcess, path: str
) -> None:
    feed = await site.feed(await site.customer(), door="hec" if path == HEC else "ndjson")
    for _ in range(20):
        assert (await good(process, path, feed)).status_code == 200
    idle, stored = process.most_bytes(), await batches(site)
    slowest = 0.0
    bodies = hec_bodies() if path == HEC else hostile_bodies(plain)
    for name, hostile in bodies.items():
        headers = {**feed.headers, "Content-Encoding": hostile.encoding} if hostile.encoding else feed.headers
        begun = time.monotonic()
        answer = await process.client.post(path, content=hostile.body, headers=headers)
        slowest = max(slowest, time.monotonic() - begun)
        assert time.monotonic() - begun < SECONDS, name
        if path == NDJSON and hostile.is_partly_good:
            assert answer.status_code == 200, name
            stored += 1
            continue
        assert 400 <= answer.status_code < 500, name
        said = json.loads(answer.content)
        assert path == NDJSON or said["code"] == HEC_CODES.get(name, 6), (name, said)
        assert path == HEC or said["status"] == answer.status_code, name
        assert len(answer.content) < 20_000, name
        assert await batches(site) == stored, name
    assert (await good(process, path, feed)).status_code == 200
    assert process.most_bytes() - idle < ROOM_BYTES
    print(path, len(bodies), f"{slowest:.2f} s", (process.most_bytes() - idle) // 1_000_000, "MB")  # noqa: T201


@pytest.mark.parametrize(("path", "wrap"), [(HEC, enveloped), (NDJSON, plain), (RAW, plain)])
async def test_ugly_values_are_taken_or_refused_but_never_break_anything(
    site: Site, process: DoorProcess, path: str, wrap: Wrap
) -> None:
    feed = await site.feed(await site.customer(), door="ndjson" if path == NDJSON else "hec")
    for name, value in hostile_values().items():
        begun = time.monotonic()
        answer = await process.client.post(path, content=wrap(value), headers=feed.headers)
        assert time.monotonic() - begun < SECONDS, name
        assert answer.status_code in (200, 400), name
        assert json.loads(answer.content), name
    if path == HEC:
        events = [event.body for event in await sent(site, feed)]
        assert hostile_values()["a number beyond every float"] in events
        assert hostile_values()["the same key twice"] in events
    assert (await good(process, path, feed)).status_code == 200


async def batches(site: Site) -> int:
    """How many requests are stored."""
    return int(await site.superuser.fetchval("select count(*) from wf.intake_batches"))


async def good(process: DoorProcess, path: str, feed: OpenFeed) -> httpx.Response:
    """An ordinary request."""
    return await process.client.post(path, content=b'{"event":{"a":1}}', headers=feed.headers)


async def test_many_bombs_at_once_stay_within_the_same_room(site: Site, process: DoorProcess) -> None:
    feeds = [await site.feed(await site.customer()) for _ in range(4)]
    for feed in feeds:
        assert (await good(process, HEC, feed)).status_code == 200
    idle = process.most_bytes()
    bombs = [hec_bodies()[name] for name in ("a gzip bomb", "a zstd bomb", "a million empty objects")]
    answers = await asyncio.gather(
        *(
            process.client.post(
                HEC, content=hostile.body, headers={**feed.headers, "Content-Encoding": hostile.encoding}
            )
            for feed in feeds
            for hostile in bombs
            for _ in range(3)
        )
    )
    assert {answer.status_code for answer in answers} <= {400, 413, 503}
    assert process.most_bytes() - idle < ROOM_BYTES


async def test_what_breaks_http_itself_is_refused_and_the_worker_goes_on(site: Site, process: DoorProcess) -> None:
    feed = await site.feed(await site.customer())
    assert (await good(process, HEC, feed)).status_code == 200
    idle, stored = process.most_bytes(), await batches(site)
    for name, pieces in hostile_conversations(HEC, f"Splunk {feed.token}", b'{"event":"a"}').items():
        begun = time.monotonic()
        said = await talk(process.port, *pieces)
        assert time.monotonic() - begun < SECONDS, name
        assert said == b"" or said.startswith(b"HTTP/1.1 4"), (name, said[:100])
        assert await batches(site) == stored, name
    assert (await good(process, HEC, feed)).status_code == 200
    assert process.most_bytes() - idle < ROOM_BYTES


async def test_a_head_without_end_is_cut_off(process: DoorProcess) -> None:
    """Whoever connects can send a head, with or without a token."""
    idle = process.most_bytes()
    line = b"X-Long: " + b"x" * 60_000 + b"\r\n"
    said = await talk(process.port, b"POST / HTTP/1.1\r\n", *([line] * 1_000))
    assert said == b"" or said.startswith(b"HTTP/1.1 431 ")
    assert process.most_bytes() - idle < 16_000_000
    assert (await process.client.get("/services/collector/health")).status_code == 200


async def test_a_body_without_end_is_cut_off(site: Site, process: DoorProcess) -> None:
    feed = await site.feed(await site.customer())
    head = f"POST {HEC} HTTP/1.1\r\nHost: x\r\nAuthorization: Splunk {feed.token}\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"40000\r\n" + b"x" * 0x40000 + b"\r\n"
    said = await talk(process.port, head.encode(), *([chunk] * 400))
    assert not said or said.startswith(b"HTTP/1.1 413 ")
    assert (await good(process, HEC, feed)).status_code == 200


async def test_a_sender_that_hangs_up_in_the_middle_leaves_nothing_behind(site: Site, process: DoorProcess) -> None:
    feed = await site.feed(await site.customer())
    head = f"POST {HEC} HTTP/1.1\r\nHost: x\r\nAuthorization: Splunk {feed.token}\r\nContent-Length: 500\r\n\r\n"
    for _ in range(20):
        _, writer = await asyncio.open_connection("127.0.0.1", process.port)
        writer.write(head.encode() + b'{"event":"a"}')
        await writer.drain()
        writer.close()
    assert (await good(process, HEC, feed)).status_code == 200
    assert len(await sent(site, feed)) == 1


async def test_a_slow_body_is_given_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "READ_SECONDS", 0.2)
    feed, doors = await site.feed(await site.customer()), await site.doors()
    head = f"POST {HEC} HTTP/1.1\r\nHost: x\r\nAuthorization: Splunk {feed.token}\r\nContent-Length: 500\r\n\r\n"
    said = await talk(doors.port, head.encode() + b'{"event":"a"}')
    assert said.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in said.lower()
    assert json.loads(said.partition(b"\r\n\r\n")[2])["code"] == 9
    assert await sent(site, feed) == []


@pytest.mark.parametrize("beginning", [b"", b"POST / HTTP/1.1\r\nX-"])
async def test_a_head_that_does_not_come_is_given_up(
    site: Site, monkeypatch: pytest.MonkeyPatch, beginning: bytes, eventually: Eventually
) -> None:
    monkeypatch.setattr(serving, "HEAD_SECONDS", 0.2)
    doors = await site.doors()
    assert await talk(doors.port, beginning) == b""

    async def is_served() -> bool:
        return (await doors.client.get("/services/collector/health")).status_code == 200

    await eventually(is_served)


async def test_a_sender_that_asks_first_is_refused_before_it_sends(site: Site, process: DoorProcess) -> None:
    feed = await site.feed(await site.customer())
    head = (
        f"POST {HEC} HTTP/1.1\r\nHost: x\r\nAuthorization: Splunk {feed.token}\r\n"
        "Content-Length: 50000000\r\nExpect: 100-continue\r\n\r\n"
    )
    said = await talk(process.port, head.encode())
    assert said.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in said.lower()


async def test_a_sender_that_asks_first_and_may_send_is_told_to_go_on(site: Site, process: DoorProcess) -> None:
    feed = await site.feed(await site.customer())
    head = (
        f"POST {HEC} HTTP/1.1\r\nHost: x\r\nAuthorization: Splunk {feed.token}\r\nConnection: close\r\n"
        "Content-Length: 11\r\nExpect: 100-continue\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", process.port)
    writer.write(head.encode())
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(b'{"event":1}')
    assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
    writer.close()
