"""One of three NATS servers is killed under load: nothing acknowledged is lost, and nothing is worked twice."""

import asyncio
import contextlib
import itertools
import json
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import asyncpg
import msgspec
import nats
import pytest

from tests.conftest import Eventually
from tests.wire.nats_cluster import Cluster, Node, prepare
from watchfloor.audit.append import Actor
from watchfloor.feeds.batch import PackedBatch, Packer, SentEvent, unpack
from watchfloor.feeds.feed import Feed
from watchfloor.feeds.intake.nats.intake import NatsIntake
from watchfloor.feeds.intake.nats.server import Server, stream_name
from watchfloor.feeds.intake.queue import Sender, open_batch
from watchfloor.feeds.intake.turnstile import Turnstile
from watchfloor.feeds.registry import create_feed
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.kernel.errors import Unavailable
from watchfloor.kernel.ids import TenantId, new_uuid
from watchfloor.kernel.secret import Secret
from watchfloor.tenancy.keyring import Keyring

ACTOR: Final = Actor(kind="system", id="test", role="system", request_id="-")
SENDERS: Final = 3
_NOTE: Final = "insert into wf.counters (tenant_id, name, value) values ($1, $2, 1)"


def packed(number: int) -> PackedBatch:
    packer = Packer()
    packer.add(SentEvent(body=json.dumps({"n": number, "padding": "x" * 2_000}).encode()))
    return packer.finish()


@dataclass
class Floor:
    """Senders and workers of one tenant, each with an intake of its own."""

    settings: Settings
    database: Database
    keyring: Keyring
    feed: Feed
    eventually: Eventually
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    has_sent_all: asyncio.Event = field(default_factory=asyncio.Event)
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    acknowledged: list[int] = field(default_factory=list)
    worked: int = 0
    retries: int = 0

    @contextlib.asynccontextmanager
    async def intake(self) -> AsyncGenerator[NatsIntake]:
        server = await Server.open(self.settings)
        made = NatsIntake(server, self.database, self.keyring, turnstile=Turnstile(10**9), clock=SystemClock())
        try:
            yield made
        finally:
            await made.close()
            await server.close()

    async def send(self) -> None:
        """Puts one batch after the other, each until it is acknowledged."""
        async with self.intake() as intake:
            while not self.stop.is_set():
                number = next(self.numbers)
                sender = Sender(remote="-", user_agent="", content_type="", request_id="", request_key=str(number))

                async def is_taken(number: int = number, sender: Sender = sender) -> bool:
                    try:
                        await intake.put(self.feed, packed(number), sender)
                    except Unavailable:
                        self.retries += 1
                        return False
                    return True

                await self.eventually(is_taken, within=40)
                self.acknowledged.append(number)

    async def work(self) -> None:
        """Notes each event in the transaction that works it; a second time would break a primary key."""
        async with self.intake() as intake:
            while not (self.has_sent_all.is_set() and await self._is_through(intake)):
                with contextlib.suppress(Unavailable):
                    async with intake.work(self.feed.tenant_id, most_bytes=50_000) as work:
                        if work is None:
                            continue
                        for batch in work.batches:
                            for event in unpack(open_batch(work.cipher, batch), SentEvent):
                                number = str(json.loads(event.body)["n"])
                                await work.tx.execute(_NOTE, self.feed.tenant_id, number)
                    self.worked += len(work.batches)

    async def _is_through(self, intake: NatsIntake) -> bool:
        with contextlib.suppress(Unavailable):
            return await intake.waiting_lanes(self.feed.tenant_id) == []
        return False


@pytest.fixture
def cluster(open_dir: Path) -> Cluster:
    """Three servers, not started."""
    return prepare(open_dir / "nats-three", nodes=3)


async def leader_of(cluster: Cluster, tenant_id: TenantId) -> Node:
    """The server that leads the tenant's stream."""
    client = await nats.connect(cluster.url.split(","))  # pyright: ignore[reportUnknownMemberType]  untyped options
    info = await client.jetstream().stream_info(stream_name(tenant_id))  # pyright: ignore[reportUnknownMemberType]  untyped options
    await client.close()
    assert info.cluster is not None
    return next(node for node in cluster.nodes if f"node{node.number}" == info.cluster.leader)


# The client library lets go of its connection to a node that died without closing it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.crash
async def test_the_leader_is_killed_and_nothing_acknowledged_is_lost_or_worked_twice(
    cluster: Cluster,
    settings: Settings,
    db_app: Database,
    superuser: "asyncpg.Connection[asyncpg.Record]",
    eventually: Eventually,
) -> None:
    keyring, tenant_id = Keyring.open(settings), TenantId(new_uuid())
    async with tenant_tx(db_app, tenant_id) as tx:
        await keyring.create(tx)
        feed = await create_feed(tx, ACTOR, name="main", door="ndjson")
    cluster.start()
    try:
        await eventually(cluster.is_ready, within=20)
        at = msgspec.structs.replace(settings, nats_url=Secret(cluster.url))
        floor = Floor(at, db_app, keyring, feed, eventually)
        async with asyncio.TaskGroup() as tasks:
            senders = [tasks.create_task(floor.send()) for _ in range(SENDERS)]
            for _ in range(2):
                tasks.create_task(floor.work())
            await eventually(lambda: floor.worked >= 50, within=20)
            killed = await leader_of(cluster, tenant_id)
            killed.end()
            before = len(floor.acknowledged), floor.worked
            await eventually(lambda: len(floor.acknowledged) >= before[0] + 50, within=30)
            await eventually(lambda: floor.worked >= before[1] + 50, within=30)
            killed.start()
            await eventually(lambda: len(floor.acknowledged) >= before[0] + 100, within=30)
            floor.stop.set()
            await asyncio.gather(*senders)
            floor.has_sent_all.set()
        rows = await superuser.fetch("select name from wf.counters where tenant_id = $1", tenant_id)
        worked = Counter(int(row["name"]) for row in rows)
        print({"acknowledged": len(floor.acknowledged), "retries": floor.retries})  # noqa: T201 - figures
        assert set(floor.acknowledged) - set(worked) == set()
        assert set(worked.values()) == {1}
        assert await superuser.fetchval("select count(*) from wf.quarantine") == 0
    finally:
        cluster.stop()
