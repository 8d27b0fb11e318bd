"""Hostile bodies at the osquery door, in a process of its own: refused within a second and in little memory (N1)."""

import gzip
import json
import time
from collections.abc import AsyncGenerator
from typing import Final, cast
from uuid import UUID

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
from watchfloor.feeds.doors import admission
from watchfloor.kernel.config import Settings
from watchfloor.kernel.ids import TenantId

LOG: Final = "/api/osquery/log"
PATHS: Final = ("enroll", "config", "log", "distributed/read", "distributed/write", "carve/begin", "carve/block")


@pytest.fixture
async def process(settings: Settings, valkey: Redis) -> AsyncGenerator[DoorProcess]:
    assert valkey is not None
    async with door_process(settings) as running:
        yield running


async def key_of(site: Site, process: DoorProcess) -> tuple[OpenFeed, str]:
    """A host of a new customer."""
    feed = await site.feed(await site.customer(), door="osquery")
    asked = {"enroll_secret": feed.token, "host_identifier": "web01"}
    answer = await process.client.post("/api/osquery/enroll", json=asked)
    return feed, str(answer.json()["node_key"])


def line(value: bytes) -> bytes:
    """A value as the one line of a log body."""
    return b'{"log_type":"result","data":[' + value + b"]}"


def bodies() -> dict[str, HostileBody]:
    """The table, and what only this protocol makes possible."""
    many = b",".join([b"{}"] * 1_700_000)
    rows = b'{"snapshot":[' + b",".join([b'{"a":1}'] * 500_000) + b"]}"
    return hostile_bodies(line) | {
        "two million lines": HostileBody(gzip.compress(line(many)), "gzip"),
        "data that is no list": HostileBody(b'{"log_type":"result","data":{"a":1}}'),
        "a list that is cut off": HostileBody(b'{"log_type":"result","data":[{"a":1},'),
        "something behind the object": HostileBody(line(b"{}") + b"{}"),
        "a hundred members and more": HostileBody(
            b"{" + b",".join(b'"m%d":1' % number for number in range(102)) + b"}"
        ),
        "a name of four megabytes": HostileBody(b'{"' + b"n" * 4_000_000 + b'":1}'),
        "a name that is none": HostileBody(b'{node_key:"x"}'),
        "a million rows that went away together": HostileBody(
            gzip.compress(line(b'{"diffResults":{"added":[' + many + b"]}}")), "gzip"
        ),
        "half a million rows of one snapshot, many times": HostileBody(gzip.compress(line(rows)) * 2, "gzip"),
    }


TAKEN: Final = frozenset({"forty levels"})
"""What is one line over a limit, which an agent may really send: taken, and put into quarantine."""


async def post(process: DoorProcess, key: str, path: str, hostile: HostileBody) -> httpx.Response:
    headers = {"Authorization": f"NodeKey {key}"} if key else {}
    if hostile.encoding:
        headers["Content-Encoding"] = hostile.encoding
    return await process.client.post(path, content=hostile.body, headers=headers)


async def test_hostile_bodies_are_refused_quickly_and_in_little_memory(site: Site, process: DoorProcess) -> None:
    _, key = await key_of(site, process)
    good = HostileBody(line(b'{"name":"x","hostIdentifier":"h"}'))
    for _ in range(20):
        assert (await post(process, key, LOG, good)).status_code == 200
    idle, slowest = process.most_bytes(), 0.0
    for name, hostile in bodies().items():
        begun = time.monotonic()
        answer = await post(process, key, LOG, hostile)
        took = time.monotonic() - begun
        slowest = max(slowest, took)
        assert took < SECONDS, name
        expected = {200} if name in TAKEN else {400, 413, 415}
        assert answer.status_code in expected, (name, answer.text)
        said = json.loads(answer.content)
        assert ("error" in said) == (name not in TAKEN), name
        assert len(answer.content) < 2_000, name
    assert (await post(process, key, LOG, good)).status_code == 200
    assert process.most_bytes() - idle < ROOM_BYTES
    print(len(bodies()), f"{slowest:.2f} s", (process.most_bytes() - idle) // 1_000_000, "MB")  # noqa: T201


@pytest.mark.slow
async def test_no_path_fails_on_any_of_them_with_a_key_or_without(site: Site, process: DoorProcess) -> None:
    _, key = await key_of(site, process)
    chosen = (
        "a gzip bomb",
        "two million lines",
        "a hundred thousand levels",
        "nothing but NUL",
        "UTF-16",
        "forty levels",
    )
    some = {name: bodies()[name] for name in chosen}
    some |= {name: HostileBody(line(value)) for name, value in hostile_values().items()}
    some |= {f"{name}, bare": HostileBody(value) for name, value in hostile_values().items()}
    idle = process.most_bytes()
    for path in PATHS:
        for presented in (key, "wfn_x", ""):
            for name, hostile in some.items():
                answer = await post(process, presented, f"/api/osquery/{path}", hostile)
                assert answer.status_code < 500, (path, name, answer.text)
                assert isinstance(json.loads(answer.content), dict), (path, name)
    assert process.most_bytes() - idle < ROOM_BYTES


async def test_conversations_that_break_http_end(site: Site, process: DoorProcess) -> None:
    _, key = await key_of(site, process)
    for name, pieces in hostile_conversations(LOG, f"NodeKey {key}", line(b"{}")).items():
        said = await talk(process.port, *pieces)
        assert not said or said.startswith(b"HTTP/1.1 4"), name
    assert (await post(process, key, LOG, HostileBody(line(b"{}")))).status_code == 200


async def test_strangers_share_a_room_and_take_none_of_a_known_host(site: Site) -> None:
    doors = await site.doors()
    feed = await site.feed(await site.customer(), door="osquery")
    asked = {"enroll_secret": feed.token, "host_identifier": "web01"}
    key = (await doors.client.post("/api/osquery/enroll", json=asked)).json()["node_key"]
    room = cast("admission.Admission", vars(doors.reception)["_admission"])  # filled as by many slow strangers
    with room.share(TenantId(UUID(int=0))) as share:
        share.take(admission.TENANT_BYTES - 100)
        stranger = await doors.client.post(LOG, json={"data": ["x" * 5_000], "node_key": key})
        by_header = await doors.client.post(LOG, json={"data": []}, headers={"Authorization": f"NodeKey {key}"})
    assert (stranger.status_code, by_header.status_code) == (503, 200)
    assert (await doors.client.post(LOG, json={"node_key": key, "data": []})).status_code == 200
