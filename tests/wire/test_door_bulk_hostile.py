"""Hostile bodies at the bulk door, in a process of its own: refused within a second and in little memory (N1).

The table stands in `hostile`; what only this protocol makes possible is added. A refusal is an answer of 4xx, or one
in which every action has failed.
"""

import gzip
import json
import time
from collections.abc import AsyncGenerator
from typing import Final

import httpx
import pytest
from redis.asyncio import Redis

from tests.wire.conftest import OpenFeed, Site
from tests.wire.hostile import (
    ROOM_BYTES,
    SECONDS,
    DoorProcess,
    HostileBody,
    door_process,
    hostile_bodies,
    hostile_conversations,
    hostile_values,
    talk,
)
from watchfloor.kernel.config import Settings

PATH: Final = "/logs/_bulk"
GOOD: Final = b'{"create":{}}\n{"a":1}\n'


@pytest.fixture
async def process(settings: Settings, valkey: Redis) -> AsyncGenerator[DoorProcess]:
    assert valkey is not None
    async with door_process(settings) as running:
        yield running


def paired(value: bytes) -> bytes:
    """A value as the document of an action."""
    return b'{"create":{}}\n' + value + b"\n"


def own_bodies() -> dict[str, HostileBody]:
    """What only actions make possible."""
    return {
        "a million actions without documents": HostileBody(b'{"delete":{"_id":"1"}}\n' * 200_000),
        "a million actions, compressed": HostileBody(gzip.compress(b'{"delete":{"_id":"1"}}\n' * 800_000), "gzip"),
        "two million empty lines": HostileBody(b"\n" * 2_000_000 + b"x"),
        "two million carriage returns": HostileBody(b"\r\n" * 1_000_000 + b"x"),
        "an action of four megabytes": HostileBody(b'{"create":{"_id":"' + b"x" * 4_000_000 + b'"}}\n{"a":1}\n'),
        "an index of four megabytes": HostileBody(b'{"create":{"_index":"' + b"x" * 4_000_000 + b'"}}\n{"a":1}\n'),
        "an action of a hundred thousand levels": HostileBody(b'{"create":' * 100_000 + b"}" * 100_000),
        "metadata of a hundred thousand levels": HostileBody(
            b'{"create":{"x":' + b"[" * 100_000 + b"]" * 100_000 + b'}}\n{"a":1}\n'
        ),
        "metadata of three hundred thousand keys": HostileBody(
            b'{"create":' + b"{" + b",".join(b'"k%d":%d' % (n, n) for n in range(300_000)) + b'},"x":{}}\n{"a":1}\n',
            is_partly_good=True,
        ),
        "an id of endless digits": HostileBody(b'{"create":{"_id":' + b"9" * 4_000_000 + b'}}\n{"a":1}\n'),
        "an id that is true": HostileBody(b'{"create":{"_id":true}}\n{"a":1}\n'),
        "ten thousand good documents and a bad action": HostileBody(GOOD * 9_999 + b"x\n"),
        "the same number ten thousand times and a bad action": HostileBody(
            b'{"create":{"_id":"1"}}\n{"a":1}\n' * 9_999 + b"{}\n"
        ),
        "an update of a hundred thousand levels": HostileBody(
            b'{"update":{"_id":"1"}}\n{"doc":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}\n"
        ),
        "only broken documents": HostileBody(b'{"create":{}}\n{"a":\n' * 9_999),
    }


async def test_hostile_bodies_are_refused_quickly_and_in_little_memory(site: Site, process: DoorProcess) -> None:
    feed = await site.feed(await site.customer(), door="bulk")
    for _ in range(20):
        assert (await good(process, feed)).status_code == 200
    idle, stored = process.most_bytes(), await batches(site)
    slowest = 0.0
    bodies = hostile_bodies(paired) | own_bodies()
    for name, hostile in bodies.items():
        headers = {**feed.headers, "Content-Encoding": hostile.encoding} if hostile.encoding else feed.headers
        begun = time.monotonic()
        answer = await process.client.post(PATH, content=hostile.body, headers=headers)
        slowest = max(slowest, time.monotonic() - begun)
        assert time.monotonic() - begun < SECONDS, name
        assert answer.headers["x-elastic-product"] == "Elasticsearch", name
        said = json.loads(answer.content)
        if answer.status_code == 200 and not hostile.is_partly_good:
            statuses = {one["status"] for item in said["items"] for one in item.values()}
            assert said["errors"], name
            assert statuses == {400}, name
        elif not hostile.is_partly_good:
            assert 400 <= answer.status_code < 500, name
            assert said["status"] == answer.status_code, name
            assert len(answer.content) < 20_000, name
        assert hostile.is_partly_good or await batches(site) == stored, name
        stored = await batches(site)
    assert (await good(process, feed)).status_code == 200
    assert process.most_bytes() - idle < ROOM_BYTES
    print(PATH, len(bodies), f"{slowest:.2f} s", (process.most_bytes() - idle) // 1_000_000, "MB")  # noqa: T201


async def test_ugly_values_and_broken_http_never_break_anything(site: Site, process: DoorProcess) -> None:
    feed = await site.feed(await site.customer(), door="bulk")
    for name, value in hostile_values().items():
        for body in (paired(value), b'{"create":{"_id":' + json.dumps(name).encode() + b"}}\n" + value + b"\n"):
            begun = time.monotonic()
            answer = await process.client.post(PATH, content=body, headers=feed.headers)
            assert time.monotonic() - begun < SECONDS, name
            assert answer.status_code == 200, name
            assert {one["status"] for item in answer.json()["items"] for one in item.values()} <= {201, 400}, name
    stored = await batches(site)
    for name, pieces in hostile_conversations(PATH, f"ApiKey {feed.token}", GOOD).items():
        said = await talk(process.port, *pieces)
        assert said == b"" or said.startswith(b"HTTP/1.1 4"), (name, said[:100])
        assert await batches(site) == stored, name
    assert (await good(process, feed)).status_code == 200


async def batches(site: Site) -> int:
    """How many requests are stored."""
    return int(await site.superuser.fetchval("select count(*) from wf.intake_batches"))


async def good(process: DoorProcess, feed: OpenFeed) -> httpx.Response:
    """An ordinary request."""
    return await process.client.post(PATH, content=GOOD, headers=feed.headers)
