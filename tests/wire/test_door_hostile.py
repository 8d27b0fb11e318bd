"""Hostile bodies at the doors, in a process of its own: refused within a second and in little memory (N1)."""

import asyncio
import functools
import gzip
import json
import os
import re
import sys
import time
import zlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import pytest
import zstandard
from redis.asyncio import Redis

from infra.ports import free_port
from tests.wire.conftest import OpenFeed, Site
from watchfloor.kernel.config import Settings
from watchfloor.ops.service import Program

HEC: Final = "/services/collector/event"
RAW: Final = "/services/collector/raw"
NDJSON: Final = "/ingest/v1/main"
ROOM_BYTES: Final = 64_000_000


@dataclass(frozen=True)
class DoorProcess:
    """Doors in a process of their own."""

    client: httpx.AsyncClient
    program: Program
    port: int

    def most_bytes(self) -> int:
        """The most memory that the process has ever held."""
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{self.program.pid}/status").read_text("utf-8"))
        assert found is not None
        return int(found[1]) * 1_024


@pytest.fixture
async def process(settings: Settings, valkey: Redis) -> AsyncGenerator[DoorProcess]:
    assert settings.database_url is not None
    assert valkey is not None
    port = free_port()
    environment = {
        "WATCHFLOOR_HOME": str(settings.home),
        "WATCHFLOOR_ENVIRONMENT": "test",
        "WATCHFLOOR_VALKEY_PORT": str(settings.valkey_port),
        "WATCHFLOOR_DOOR_PORT": str(port),
        "DATABASE_URL": settings.database_url.reveal(),
    }
    variables = [f"{variable}={value}" for variable, value in environment.items()]
    command = ["/usr/bin/env", *variables, sys.executable, "-P", "-m", "watchfloor.ops.cli", "serve", "doors"]
    program = Program("doors", command, log_dir=settings.home / "log")
    await program.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
        yield DoorProcess(client, program, port)
    await program.stop()


def event(text: bytes) -> bytes:
    """A HEC envelope around a JSON text."""
    return b'{"event":' + text + b"}"


DEEP: Final = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
BOMB_BYTES: Final = 200_000_000
MANY_KEYS: Final = b"{" + b",".join(b'"k%d":%d' % (key, key) for key in range(300_000)) + b"}"


@functools.cache
def bodies() -> dict[str, tuple[bytes, str]]:
    """Bodies and their Content-Encoding, by what is wrong with them."""
    zeros = bytes(BOMB_BYTES)
    bomb = gzip.compress(zeros, 6)
    return {
        "a gzip bomb": (bomb, "gzip"),
        "a gzip bomb of many members": (gzip.compress(bytes(40_000_000), 9) * 10, "gzip"),
        "a bomb in a bomb": (gzip.compress(bomb), "gzip"),
        "a deflate bomb": (zlib.compress(zeros), "deflate"),
        "a zstd bomb": (zstandard.compress(zeros), "zstd"),
        "a zstd bomb of many frames": (zstandard.compress(bytes(30_000_000)) * 30, "zstd"),
        "a hundred thousand empty gzip members": (gzip.compress(b"") * 100_000, "gzip"),
        "a bomb of white space": (gzip.compress(b" " * 19_000_000 + b"x", 1), "gzip"),
        "gzip that is cut off": (gzip.compress(event(b"1") * 500)[:-9], "gzip"),
        "gzip that is none": (b"\x1f\x8b" + os.urandom(500), "gzip"),
        "zstd that is none": (b"\x28\xb5\x2f\xfd" + os.urandom(500), "zstd"),
        "an unknown encoding": (event(b"1"), "br"),
        "two encodings": (gzip.compress(gzip.compress(event(b"1"))), "gzip, gzip"),
        "more than five megabytes": (event(b'"' + b"x" * 5_000_000 + b'"'), ""),
        "twenty-four megabytes in a million envelopes": (gzip.compress(event(b"{}") * 1_700_000), "gzip"),
        "a million empty objects": (b"{}" * 1_000_000, ""),
        "a million empty objects in lines": (b"{}\n" * 1_000_000, ""),
        "a million numbers": (b"1 " * 1_000_000, ""),
        "more than ten thousand events": (event(b"1") * 10_001, ""),
        "a hundred thousand levels": (event(DEEP), ""),
        "a hundred thousand open brackets": (b"[" * 100_000, ""),
        "levels that never close": (b'{"event":{"a":' * 50_000, ""),
        "one event of four megabytes": (event(b'{"a":"' + b"x" * 4_000_000 + b'"}'), ""),
        "three hundred thousand keys": (event(MANY_KEYS), ""),
        "forty levels": (event(b'{"a":' * 40 + b"1" + b"}" * 40), ""),
        "a raw NUL": (b'{"event":"a\0b"}', ""),
        "nothing but NUL": (b"\0" * 1_000_000, ""),
        "broken UTF-8 between envelopes": (event(b"1") + b"\xff\xfe" + event(b"2"), ""),
        "UTF-16": ('{"event":1}'.encode("utf-16"), ""),
        "an endless number": (b"9" * 4_000_000, ""),
        "an endless exponent": (b'{"event":1,"time":1e' + b"9" * 100_000 + b"}", ""),
        "a text that never ends": (b'{"event":"' + b"a" * 4_000_000, ""),
        "backslashes without end": (b'{"event":"' + b"\\" * 4_000_001 + b'"}', ""),
        "surrogates without end": (b'{"event":"' + b"\\ud800" * 600_000, ""),
        "every line opens what no line closes": ((b"[" + b"1," * 5_000 + b"\n") * 400 + b"x", ""),
        "a form": (b"event=1&token=2", ""),
        "XML": (b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", ""),
    }


@pytest.mark.parametrize("path", [HEC, NDJSON])
async def test_hostile_bodies_are_refused_quickly_and_in_little_memory(
    site: Site, process: DoorProcess, path: str
) -> None:
    feed = await site.feed(await site.customer(), door="hec" if path == HEC else "ndjson")
    for _ in range(20):
        assert (await good(process, path, feed)).status_code == 200
    idle = process.most_bytes()
    slowest = 0.0
    for name, (body, encoding) in bodies().items():
        headers = {**feed.headers, "Content-Encoding": encoding} if encoding else feed.headers
        begun = time.monotonic()
        answer = await process.client.post(path, content=body, headers=headers)
        slowest = max(slowest, time.monotonic() - begun)
        assert time.monotonic() - begun < 1.0, name
        if path == NDJSON and name in TAKEN_AS_OBJECTS:
            assert answer.status_code == 200, name
            continue
        assert 400 <= answer.status_code < 500, name
        assert json.loads(answer.content), name
        assert len(answer.content) < 20_000, name
    assert (await good(process, path, feed)).status_code == 200
    assert process.most_bytes() - idle < ROOM_BYTES
    print(path, len(bodies()), f"{slowest:.2f} s", (process.most_bytes() - idle) // 1_000_000, "MB")  # noqa: T201


# What breaks the envelope's rules, or is bad for HEC as a whole, is an object, or good ones, to the other door.
TAKEN_AS_OBJECTS: Final = frozenset({"an endless exponent", "broken UTF-8 between envelopes"})


async def good(process: DoorProcess, path: str, feed: OpenFeed) -> httpx.Response:
    """An ordinary request."""
    return await process.client.post(path, content=b'{"event":{"a":1}}', headers=feed.headers)


async def test_many_bombs_at_once_stay_within_the_same_room(site: Site, process: DoorProcess) -> None:
    feeds = [await site.feed(await site.customer()) for _ in range(4)]
    for feed in feeds:
        assert (await good(process, HEC, feed)).status_code == 200
    idle = process.most_bytes()
    names = ("a gzip bomb", "a zstd bomb", "a million empty objects")
    answers = await asyncio.gather(
        *(
            process.client.post(HEC, content=body, headers={**feed.headers, "Content-Encoding": encoding})
            for feed in feeds
            for body, encoding in map(bodies().__getitem__, names)
            for _ in range(3)
        )
    )
    assert {answer.status_code for answer in answers} <= {400, 413, 503}
    assert process.most_bytes() - idle < ROOM_BYTES


async def talk(port: int, *pieces: bytes) -> bytes:
    """Writes pieces to the port and gives what comes back until the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        return await asyncio.wait_for(reader.read(), 5)
    finally:
        writer.close()


async def test_a_body_without_end_is_cut_off(site: Site, process: DoorProcess) -> None:
    feed = await site.feed(await site.customer())
    head = f"POST {HEC} HTTP/1.1\r\nHost: x\r\nAuthorization: Splunk {feed.token}\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"40000\r\n" + b"x" * 0x40000 + b"\r\n"
    begun = time.monotonic()
    try:
        said = await talk(process.port, head.encode(), *([chunk] * 400))
    except ConnectionError:
        said = b""
    assert time.monotonic() - begun < 5
    assert not said or said.startswith(b"HTTP/1.1 413 ")
    assert (await good(process, HEC, feed)).status_code == 200


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
