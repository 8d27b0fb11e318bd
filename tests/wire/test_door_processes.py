"""Doors scale by process: several on one port, on one machine or on another one, and none is needed for the others."""

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Final

import httpx
import pytest
from redis.asyncio import Redis

from infra.ports import free_port
from tests.conftest import Eventually
from tests.wire.conftest import OpenFeed, Site
from tests.wire.hostile import DoorProcess, door_process
from tests.wire.test_door_hec import sent
from watchfloor.feeds.feed import FeedOptions
from watchfloor.kernel.config import Settings, load_settings
from watchfloor.kernel.errors import Unavailable
from watchfloor.kernel.serving import listen
from watchfloor.ops.up import programs_of

EVENT: Final = "/services/collector/event"
CHANNEL: Final = {"X-Splunk-Request-Channel": "11111111-2222-3333-4444-555555555555"}


@pytest.fixture
async def pair(settings: Settings, valkey: Redis) -> AsyncGenerator[tuple[DoorProcess, DoorProcess]]:
    """Two processes on one port."""
    assert valkey is not None
    port = free_port()
    async with contextlib.AsyncExitStack() as held:
        first, second = [
            await held.enter_async_context(door_process(settings, port=port, name=name, door_processes="2"))
            for name in ("doors", "doors-2")
        ]
        yield first, second


def connections_of(process: DoorProcess) -> int:
    """How many connections to the doors' port a process holds, its listener not counted."""
    port = f":{process.port:04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]]
    inodes = {f"socket:[{row[9]}]" for row in rows if row[1].endswith(port) and row[3] == "01"}
    held: set[str] = set()
    for descriptor in Path(f"/proc/{process.program.pid}/fd").iterdir():
        with contextlib.suppress(OSError):  # it was closed in the meantime
            held.add(str(descriptor.readlink()))
    return len(held & inodes)


async def send(port: int, feed: OpenFeed, name: str) -> int | None:
    """Sends one event over a connection of its own; gives the id of its acknowledgement, None if there is none."""
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
            answer = await client.post(EVENT, json={"event": name}, headers={**feed.headers, **CHANNEL})
            return int(answer.json()["ackId"]) if answer.status_code == 200 else None
    except httpx.TransportError:
        return None


async def test_two_processes_share_a_port_and_one_that_is_killed_loses_nothing_acknowledged(
    site: Site, pair: tuple[DoorProcess, DoorProcess], eventually: Eventually
) -> None:
    first, second = pair
    feed = await site.feed(await site.customer(), options=FeedOptions(acknowledge=True))
    held = [(await asyncio.open_connection("127.0.0.1", first.port))[1] for _ in range(40)]
    await eventually(lambda: connections_of(first) + connections_of(second) == 40)
    assert connections_of(first) > 0
    assert connections_of(second) > 0
    for writer in held:
        writer.close()

    acknowledged: dict[str, int] = {}
    failed: list[str] = []

    async def keep_sending(sender: int) -> None:
        for number in range(15):
            name = f"{sender}-{number}"
            ack_id = await send(first.port, feed, name)
            if ack_id is None:
                failed.append(name)
            else:
                acknowledged[name] = ack_id

    sending = [asyncio.create_task(keep_sending(sender)) for sender in range(6)]
    await eventually(lambda: len(acknowledged) >= 20)
    assert second.program.pid is not None
    os.kill(second.program.pid, signal.SIGKILL)
    await asyncio.gather(*sending)

    stored = {event.body.decode() for event in await sent(site, feed)}
    assert acknowledged.keys() <= stored
    assert len(failed) < 30
    assert len(set(acknowledged.values())) == len(acknowledged)
    answer = await first.client.post(
        "/services/collector/ack", json={"acks": list(acknowledged.values())}, headers={**feed.headers, **CHANNEL}
    )
    assert set(answer.json()["acks"].values()) == {True}


async def test_doors_run_by_themselves_with_the_addresses_of_the_servers_and_a_few_secrets(
    site: Site, settings: Settings
) -> None:
    """The other machine has no embedded servers, no events, and of the secrets only those that are documented."""
    feed = await site.feed(await site.customer())
    home = settings.home.parent / f"{settings.home.name}-elsewhere"
    (home / "secrets").mkdir(parents=True, mode=0o700)
    for name in ("context.key", "postgres.wf_app", "postgres.wf_auth", "root.key"):
        shutil.copy2(settings.secrets_dir / name, home / "secrets" / name)
    shutil.copytree(settings.secrets_dir / "tenants", home / "secrets" / "tenants")
    assert settings.database_url is not None
    elsewhere = load_settings(
        {
            "WATCHFLOOR_HOME": str(home),
            "WATCHFLOOR_ENVIRONMENT": "test",
            "DATABASE_URL": settings.database_url.reveal(),
            "VALKEY_URL": f"redis://127.0.0.1:{settings.valkey_port}",
        }
    )
    async with door_process(elsewhere) as process:
        answer = await process.client.post(EVENT, content=b'{"event":"a"}', headers=feed.headers)
        assert answer.status_code == 200
    assert [event.body for event in await sent(site, feed)] == [b"a"]
    shutil.rmtree(home)


def test_up_starts_as_many_doors_as_the_settings_say(settings: Settings) -> None:
    assert settings.database_url is not None
    environ = {
        "WATCHFLOOR_HOME": str(settings.home),
        "WATCHFLOOR_ENVIRONMENT": "test",
        "WATCHFLOOR_DOOR_PROCESSES": "3",
        "DATABASE_URL": settings.database_url.reveal(),
    }
    names = [program.name for program in programs_of(load_settings(environ))]
    assert [name for name in names if name.startswith("doors")] == ["doors", "doors-2", "doors-3"]


def test_a_port_is_shared_only_by_those_who_both_say_so() -> None:
    port = free_port()
    with contextlib.closing(listen("127.0.0.1", port, setting="A", shared=True)) as first:
        with contextlib.closing(listen("127.0.0.1", port, setting="B", shared=True)) as second:
            first.listen()
            second.listen()
            assert first.getsockname() == second.getsockname()
        with pytest.raises(Unavailable, match="in use"):
            listen("127.0.0.1", port, setting="C")
