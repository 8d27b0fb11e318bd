"""What every intake promises, held against each of them: PostgreSQL, and NATS JetStream with a real server."""

import asyncio
import contextlib
import os
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import msgspec
import pytest

from tests.conftest import Eventually
from tests.wire.conftest import Customer, Site
from tests.wire.nats_cluster import Cluster, prepare
from watchfloor.feeds.batch import PackedBatch, Packer, SentEvent, unpack
from watchfloor.feeds.feed import Feed, FeedOptions
from watchfloor.feeds.intake.backlog import IntakeFull
from watchfloor.feeds.intake.nats.intake import NatsIntake
from watchfloor.feeds.intake.nats.server import Server
from watchfloor.feeds.intake.opening import open_intake
from watchfloor.feeds.intake.postgres import PostgresIntake
from watchfloor.feeds.intake.queue import Intake, Lane, Place, Sender, open_batch
from watchfloor.feeds.intake.turnstile import Turnstile
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx, tenant_tx
from watchfloor.kernel.errors import Invalid, Unavailable
from watchfloor.kernel.ids import BatchId, TenantId, new_uuid
from watchfloor.kernel.secret import Secret

Kind = Literal["postgres", "nats"]

SENDER: Final = Sender(remote="127.0.0.1", user_agent="test", content_type="", request_id="1")
PLENTY: Final = 50_000_000


def packed(*bodies: bytes) -> PackedBatch:
    """A batch of these events."""
    packer = Packer()
    for body in bodies:
        packer.add(SentEvent(body=body))
    return packer.finish()


def keyed(key: str) -> Sender:
    """A sender that gives its request an id."""
    return msgspec.structs.replace(SENDER, request_key=key)


@pytest.fixture(scope="module")
def started(open_dir: Path) -> Generator[Cluster]:
    """One NATS server for all of this module's tests; tenants keep them apart."""
    cluster = prepare(open_dir / "nats-one", nodes=1)
    cluster.start()
    yield cluster
    cluster.stop()


@pytest.fixture
async def one_node(started: Cluster, eventually: Eventually) -> Cluster:
    """It answers."""
    await eventually(started.is_ready)
    return started


@dataclass
class Bench:
    """An intake, and what is needed to look behind it."""

    site: Site
    kind: Kind
    cluster: Cluster | None
    held: contextlib.AsyncExitStack
    intake: Intake = field(init=False)

    async def open(self, *, backlog_bytes: int = PLENTY) -> Intake:
        """An intake as a process of its own would have it."""
        turnstile = Turnstile(backlog_bytes)
        if self.kind == "postgres" or self.cluster is None:
            return PostgresIntake(self.site.app, self.site.keyring, turnstile=turnstile)
        address = msgspec.structs.replace(self.site.settings, nats_url=Secret(self.cluster.url), nats_replicas=1)
        server = await Server.open(address)
        self.held.push_async_callback(server.close)
        return NatsIntake(server, self.site.app, self.site.keyring, turnstile=turnstile, clock=SystemClock())

    async def customer(self, *, options: FeedOptions | None = None) -> tuple[Customer, Feed]:
        """A customer with a feed."""
        customer = await self.site.customer()
        return customer, (await self.site.feed(customer, options=options)).feed

    async def take(self, customer: Customer, *, lane: Lane = Lane.LIVE, most: int = PLENTY) -> list[bytes]:
        """Works one turn and gives its events' bodies."""
        async with self.intake.work(customer.id, most_bytes=most, lane=lane) as work:
            if work is None:
                return []
            return [event.body for batch in work.batches for event in unpack(open_batch(work.cipher, batch), SentEvent)]

    async def fill(self, feed: Feed, *, lane: Lane | None = None) -> int:
        """Puts large batches until one is refused, and says how many were taken."""
        for taken in range(60):
            try:
                await self.intake.put(feed, packed(os.urandom(60_000).hex().encode()), SENDER, lane=lane)
            except IntakeFull:
                return taken
        raise AssertionError("nothing is ever refused")

    async def drain(self, customer: Customer, *, lane: Lane = Lane.LIVE, most: int = PLENTY) -> list[bytes]:
        """Works all that there is in a lane."""
        taken: list[bytes] = []
        while found := await self.take(customer, lane=lane, most=most):
            taken += found
        return taken


@pytest.fixture(params=["postgres", "nats"])
async def bench(
    request: pytest.FixtureRequest, site: Site, started: Cluster, eventually: Eventually
) -> AsyncGenerator[Bench]:
    """See Bench, for each kind of intake."""
    kind: Kind = request.param
    cluster = started if kind == "nats" else None
    if cluster is not None:
        await eventually(cluster.is_ready)
    async with contextlib.AsyncExitStack() as held:
        made = Bench(site, kind, cluster, held)
        made.intake = await made.open()
        yield made


async def test_what_was_put_is_there_for_another_process_and_comes_once(bench: Bench) -> None:
    customer, feed = await bench.customer()
    receipt = await bench.intake.put(feed, packed(b"1", b"2"), SENDER)
    assert (receipt.events, receipt.is_repeat) == (2, False)
    bench.intake = await bench.open()
    assert await bench.intake.waiting_lanes(customer.id) == [Lane.LIVE]
    assert await bench.take(customer) == [b"1", b"2"]
    assert await bench.take(customer) == []
    assert await bench.intake.waiting_lanes(customer.id) == []


async def test_batches_come_in_the_order_in_which_they_were_put(bench: Bench) -> None:
    customer, feed = await bench.customer()
    for number in range(100):
        await bench.intake.put(feed, packed(b"%d" % number), SENDER)
    with contextlib.suppress(ZeroDivisionError):
        async with bench.intake.work(customer.id, most_bytes=PLENTY) as work:
            assert work is not None
            raise ZeroDivisionError
    assert await bench.drain(customer, most=20) == [b"%d" % number for number in range(100)]


async def test_work_that_fails_leaves_its_batches_where_they_were_and_writes_nothing(bench: Bench) -> None:
    customer, feed = await bench.customer()
    await bench.intake.put(feed, packed(b"1"), keyed("k"))
    for _ in range(3):
        with contextlib.suppress(ZeroDivisionError):
            async with bench.intake.work(customer.id, most_bytes=PLENTY) as work:
                assert work is not None
                await work.tx.execute(
                    "insert into wf.counters (tenant_id, name, value) values ($1, 'x', 1)", customer.id
                )
                raise ZeroDivisionError
    assert await bench.site.rows(customer, "counters") == 0
    assert await bench.take(customer) == [b"1"]


async def test_batches_are_handed_out_up_to_the_allowance_and_one_at_least(bench: Bench) -> None:
    customer, feed = await bench.customer()
    for _ in range(5):
        await bench.intake.put(feed, packed(b"x" * 1_000), SENDER)
    for allowance, expected, has_more in ((1, 1, True), (2_500, 2, True), (1_000_000, 2, False)):
        async with bench.intake.work(customer.id, most_bytes=allowance) as work:
            assert work is not None
            assert (len(work.batches), work.has_more) == (expected, has_more)
    assert await bench.take(customer) == []


async def test_a_large_batch_goes_through_whole(bench: Bench) -> None:
    customer, feed = await bench.customer()
    bodies = [os.urandom(120_000).hex().encode() for _ in range(20)]
    await bench.intake.put(feed, packed(*bodies), SENDER)
    assert await bench.take(customer, most=1_000) == bodies


async def test_an_honest_retry_is_stored_once(bench: Bench) -> None:
    customer, feed = await bench.customer()
    receipts = await asyncio.gather(*(bench.intake.put(feed, packed(b"1"), keyed("k")) for _ in range(8)))
    assert sorted(receipt.is_repeat for receipt in receipts) == [False] + [True] * 7
    assert not (await bench.intake.put(feed, packed(b"2"), keyed("k"))).is_repeat
    assert not (await bench.intake.put(feed, packed(b"1"), keyed("other"))).is_repeat
    assert sorted(await bench.drain(customer)) == [b"1", b"1", b"2"]
    assert (await bench.intake.put(feed, packed(b"1"), keyed("k"))).is_repeat
    assert await bench.drain(customer) == []


async def test_tenants_see_nothing_of_each_other(bench: Bench) -> None:
    one, other = await bench.customer(), await bench.customer()
    for number in range(10):
        for customer, feed in (one, other):
            await bench.intake.put(feed, packed(f"{customer.id} {number}".encode()), keyed("same"))
    for customer, _ in (one, other):
        assert await bench.drain(customer) == [f"{customer.id} {number}".encode() for number in range(10)]


async def test_a_full_tenant_is_refused_and_others_are_not(bench: Bench) -> None:
    bench.intake = await bench.open(backlog_bytes=1_000_000)
    (greedy, flood), (_, trickle) = await bench.customer(), await bench.customer()
    taken = await bench.fill(flood)
    await bench.intake.put(trickle, packed(b"1"), SENDER)
    with pytest.raises(IntakeFull):
        await bench.intake.expect(flood, 100_000)
    assert len(await bench.drain(greedy)) == taken
    await (await bench.open(backlog_bytes=1_000_000)).put(flood, packed(b"1"), SENDER)


async def test_a_backfill_never_fills_the_room_of_live_events(bench: Bench) -> None:
    bench.intake = await bench.open(backlog_bytes=1_000_000)
    customer, feed = await bench.customer()
    assert await bench.fill(feed, lane=Lane.BACKFILL) >= 5
    await bench.intake.put(feed, packed(b"live"), SENDER)
    assert await bench.intake.waiting_lanes(customer.id) == [Lane.LIVE, Lane.BACKFILL]


async def test_lanes_are_queues_of_their_own(bench: Bench) -> None:
    customer, feed = await bench.customer(options=FeedOptions(backfill=True))
    await bench.intake.put(feed, packed(b"bulk"), SENDER, lane=Lane.BULK)
    await bench.intake.put(feed, packed(b"backfill"), SENDER)
    await bench.intake.put(feed, packed(b"live"), SENDER, lane=Lane.LIVE)
    assert await bench.intake.waiting_lanes(customer.id) == list(Lane)
    for lane, body in ((Lane.LIVE, b"live"), (Lane.BACKFILL, b"backfill"), (Lane.BULK, b"bulk")):
        assert await bench.drain(customer, lane=lane) == [body]


async def test_many_workers_at_once_work_each_batch_once(bench: Bench) -> None:
    customer, feed = await bench.customer()
    for number in range(60):
        await bench.intake.put(feed, packed(b"%d" % number), SENDER)
    taken = list[bytes]()

    async def work() -> None:
        intake = await bench.open()
        idle = 0
        while idle < 3:
            async with intake.work(customer.id, most_bytes=4) as found:
                idle = idle + 1 if found is None else 0
                for batch in () if found is None else found.batches:
                    taken.extend(event.body for event in unpack(open_batch(customer.cipher, batch), SentEvent))

    await asyncio.gather(*(work() for _ in range(4)))
    taken += await bench.drain(customer)
    assert sorted(taken, key=int) == [b"%d" % number for number in range(60)]


async def test_a_batch_that_fails_again_and_again_is_put_aside_and_the_others_go_on(bench: Bench) -> None:
    customer, feed = await bench.customer()
    for body in (b"1", b"poison", b"3"):
        await bench.intake.put(feed, packed(body), SENDER)
    done = list[bytes]()
    aside = list[BatchId]()
    for _ in range(20):
        ids = tuple[BatchId, ...]()
        try:
            async with bench.intake.work(customer.id, most_bytes=PLENTY) as work:
                if work is None:
                    break
                ids = tuple(batch.id for batch in work.batches)
                bodies = [
                    event.body for batch in work.batches for event in unpack(open_batch(work.cipher, batch), SentEvent)
                ]
                if b"poison" in bodies:
                    raise ZeroDivisionError
                done += bodies
        except ZeroDivisionError:
            aside += await bench.intake.note_failure(customer.id, ids, allowed=2, reason="It divides by zero.")
    assert done == [b"1", b"3"]
    assert len(aside) == 1
    row = await bench.site.superuser.fetchrow("select id, batch_id, event_index, code, reason, body from wf.quarantine")
    assert row is not None
    assert (row["batch_id"], row["event_index"], row["code"]) == (aside[0], -1, "batch_failed")
    assert row["reason"] == "It divides by zero."
    body = customer.cipher.open_(row["body"], table="quarantine", column="body", row=row["id"])
    assert [event.body for event in unpack(body, SentEvent)] == [b"poison"]


async def test_what_is_written_alongside_is_there_with_the_batch_and_not_with_a_repeat(bench: Bench) -> None:
    customer, feed = await bench.customer()

    async def alongside(tx: TenantTx, _cipher: TenantCipher) -> None:
        await tx.execute("insert into wf.counters (tenant_id, name, value) values ($1, $2, 1)", tx.tenant_id, "x")

    async def refuse(_tx: TenantTx, _cipher: TenantCipher) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await bench.intake.put(feed, packed(b"0"), SENDER, alongside=refuse)
    for _ in range(2):
        await bench.intake.put(feed, packed(b"1"), keyed("k"), alongside=alongside)
        await bench.site.superuser.execute("update wf.counters set name = 'y' where name = 'x'")
    assert await bench.site.rows(customer, "counters") == 1
    assert await bench.drain(customer) == [b"1"]


async def test_what_was_put_back_is_worked_only_while_it_is_in_the_quarantine(bench: Bench) -> None:
    customer, feed = await bench.customer()
    batch_id, at = BatchId(new_uuid()), SystemClock().now()
    places = [Place(batch_id, index, at) for index in (3, 7)]
    async with tenant_tx(bench.site.app, customer.id) as tx:
        await tx.execute(
            "insert into wf.quarantine (tenant_id, id, feed_id, batch_id, event_index, code, reason, received_at, body)"
            " values ($1, $2, $3, $4, 7, 'x', 'x', now(), 'sealed')",
            customer.id,
            new_uuid(),
            feed.id,
            batch_id,
        )
    for _ in range(2):
        await bench.intake.put(feed, packed(b"3", b"7"), SENDER, lane=Lane.BACKFILL, places=places)
    async with bench.intake.work(customer.id, most_bytes=PLENTY, lane=Lane.BACKFILL) as work:
        assert work is not None
        (batch,) = work.batches
        found = batch.place_of(1)
        assert batch.place_of(0) is None
        assert found is not None
        assert (found.batch_id, found.index) == (batch_id, 7)
    assert await bench.site.rows(customer, "quarantine") == 0
    assert await bench.intake.waiting_lanes(customer.id) in ([], [Lane.BACKFILL])
    assert await bench.take(customer, lane=Lane.BACKFILL) == []
    assert await bench.intake.waiting_lanes(customer.id) == []


async def test_a_check_says_whether_anything_could_be_stored(bench: Bench) -> None:
    await bench.intake.check()
    assert await bench.intake.waiting_lanes(TenantId(new_uuid())) == []


async def test_a_lost_acknowledgement_repeats_nothing(
    site: Site, one_node: Cluster, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with contextlib.AsyncExitStack() as held:
        bench = Bench(site, "nats", one_node, held)
        bench.intake = await bench.open()
        customer, feed = await bench.customer()
        for body in (b"1", b"2"):
            await bench.intake.put(feed, packed(body), SENDER)

        async def dies(_server: Server, messages: object) -> None:
            """The process is killed between commit and acknowledgement; what it held comes back at once."""
            await _server.give_back(messages)  # type: ignore[arg-type]  # whatever it held

        with monkeypatch.context() as patched:
            patched.setattr(Server, "acknowledge", dies)
            assert await bench.take(customer) == [b"1", b"2"]
        bench.intake = await bench.open()
        await bench.intake.put(feed, packed(b"3"), SENDER)
        taken = list[bytes]()

        async def is_through() -> bool:
            taken.extend(await bench.drain(customer))
            return await bench.intake.waiting_lanes(customer.id) == []

        await eventually(is_through)
        assert taken == [b"3"]
        assert await site.rows(customer, "intake_marks") == 3


async def test_marks_are_forgotten_once_their_batches_cannot_come_again(site: Site, one_node: Cluster) -> None:
    async with contextlib.AsyncExitStack() as held:
        bench = Bench(site, "nats", one_node, held)
        customer, feed = await bench.customer()
        for number in range(4):
            bench.intake = await bench.open()  # each looks once
            await bench.intake.put(feed, packed(b"%d" % number), SENDER)
            assert await bench.take(customer) == [b"%d" % number]
        assert await site.rows(customer, "intake_marks") == 1


async def test_nothing_that_leaves_for_nats_can_be_read_there(site: Site, one_node: Cluster) -> None:
    async with contextlib.AsyncExitStack() as held:
        bench = Bench(site, "nats", one_node, held)
        bench.intake = await bench.open()
        _, feed = await bench.customer()
        canary = b"plain words that anybody could read"
        sender = msgspec.structs.replace(SENDER, remote="203.0.113.77", user_agent="canary-agent")
        await bench.intake.put(feed, packed(canary), sender)
        stored = b"".join(path.read_bytes() for path in one_node.directory.rglob("*.blk"))
        assert feed.id.bytes in stored
        assert canary not in stored
        assert b"203.0.113.77" not in stored
        assert b"canary-agent" not in stored


async def test_a_cluster_that_cannot_promise_what_the_intake_promises_is_refused(
    site: Site, open_dir: Path, eventually: Eventually, caplog: pytest.LogCaptureFixture
) -> None:
    async def start(cluster: Cluster, *, asks: bool = True) -> None:
        settings = msgspec.structs.replace(
            site.settings,
            intake="nats",
            nats_url=Secret(cluster.url),
            nats_system_url=Secret(cluster.system_url) if asks else None,
            nats_replicas=1,
        )
        async with open_intake(settings, site.app, site.keyring) as intake:
            await intake.check()

    careless = prepare(open_dir / "nats-careless", nodes=1, sync="2m")
    narrow = prepare(open_dir / "nats-narrow", nodes=1, max_payload="1MB")
    with pytest.raises(Unavailable, match="cannot be reached"):
        await start(careless)
    for cluster in (careless, narrow):
        cluster.start()
    try:
        for cluster in (careless, narrow):
            await eventually(cluster.is_ready)
        with pytest.raises(Invalid, match="before it has written to disk, on node0"):
            await start(careless)
        with pytest.raises(Invalid, match="messages of 1048576 bytes"):
            await start(narrow)
        await start(careless, asks=False)
        assert "Nobody checked that NATS writes to disk" in caplog.text
    finally:
        careless.stop()
        narrow.stop()
