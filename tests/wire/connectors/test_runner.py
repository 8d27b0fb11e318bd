"""The runner by itself: fences, slots, waits, several at once, and what happens when it is we who cannot."""

import asyncio
import contextlib
import random
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from tests.conftest import Eventually
from tests.wire.conftest import ACTOR, BACKLOG_BYTES, Customer, Site
from tests.wire.connectors.made_up import CONNECTOR, MadeUp
from watchfloor.feeds.connectors.connector import Cursor, Page, Pulled, Remote, Throttled
from watchfloor.feeds.connectors.instances import queries
from watchfloor.feeds.connectors.instances.queries import StreamRow
from watchfloor.feeds.connectors.instances.registry import add_connector
from watchfloor.feeds.connectors.keys.ledger import forget_keys
from watchfloor.feeds.connectors.reach import Reach, open_egress
from watchfloor.feeds.connectors.running.faults import LONGEST_SECONDS, wait_after
from watchfloor.feeds.connectors.running.runner import Runner, Tools
from watchfloor.feeds.connectors.running.turn import Pace
from watchfloor.feeds.feed import Feed
from watchfloor.feeds.intake.postgres import PostgresIntake
from watchfloor.feeds.registry import change_feed
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.errors import Unavailable

GIVEN: Final = {"account": "mine", "key": "k"}


@dataclass
class Scripted(MadeUp):
    """A connector whose pages are made here. What it is asked is noted."""

    records: int = 0
    page_size: int = 10
    is_dead: bool = False
    fails: int = 0
    asked: list[str] = field(default_factory=list[str])
    settled: list[str] = field(default_factory=list[str])
    closed: int = 0
    hold: asyncio.Event | None = None
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    fault: Exception | None = None

    async def pull(self, remote: Remote, stream: str, cursor: Cursor | None) -> AsyncGenerator[Page]:
        """So many records in pages."""
        self.asked.append(f"{remote.settings.get('note', '')}/{stream}")
        if self.is_dead:
            self.reached.set()
            await asyncio.Event().wait()
        if self.fault is not None:
            raise self.fault
        try:
            at = 0 if cursor is None else int(str(cursor["at"]))
            while at < self.records:
                upto = min(at + self.page_size, self.records)
                bodies = [(b'{"n":%d}' % number, f"{stream}-{number}") for number in range(at, upto)]
                yield Page(
                    records=tuple(Pulled(body=body, key=key) for body, key in bodies),
                    cursor={"at": upto},
                    receipts=(f"r{upto}",),
                    newest=datetime.now(UTC),
                )
                at = upto
                if self.hold is not None:
                    self.reached.set()
                    await self.hold.wait()
        finally:
            self.closed += 1

    async def settle(self, remote: Remote, stream: str, receipts: Sequence[str]) -> None:
        """Notes what was settled."""
        del remote, stream
        self.settled += receipts


@dataclass
class Yard:
    """A site with runners."""

    site: Site
    connector: Scripted

    def runner(self, *, slots: int = 16, pace: Pace | None = None, intake: PostgresIntake | None = None) -> Runner:
        site = self.site
        tools = Tools(
            reach=Reach(database=site.app, egress=open_egress({}), clock=SystemClock(), stand_ins={}),
            keyring=site.keyring,
            intake=intake or PostgresIntake(site.app, site.keyring, backlog_bytes=BACKLOG_BYTES),
            catalogue={"made_up": self.connector},
            hint=lambda _: None,
            chance=random.Random(1),
        )
        return Runner(tools, slots=slots, pace=pace)

    async def add(self, customer: Customer, name: str, *, streams: Sequence[str] = ("log",)) -> Feed:
        async with tenant_tx(self.site.app, customer.id) as tx:
            given = {**GIVEN, "note": name}
            return await add_connector(
                tx, customer.cipher, ACTOR, CONNECTOR, name=name, given=given, streams=list(streams)
            )

    async def turn(self, runner: Runner) -> None:
        await runner.sweep()
        await runner.fill(asyncio.Event())
        await runner.finish()

    async def stream(self, customer: Customer, feed: Feed, name: str = "log") -> StreamRow:
        async with tenant_tx(self.site.app, customer.id) as tx:
            return next(row for row in await queries.select_streams(tx, [feed.id]) if row.name == name)


@pytest.fixture
def yard(site: Site) -> Yard:
    return Yard(site, Scripted())


async def test_pages_are_settled_after_they_are_durable_and_the_generator_is_closed(yard: Yard) -> None:
    customer = await yard.site.customer()
    feed = await yard.add(customer, "one")
    yard.connector.records = 25
    await yard.turn(yard.runner())
    assert yard.connector.settled == ["r10", "r20", "r25"]
    assert yard.connector.closed == 1
    row = await yard.stream(customer, feed)
    assert (row.records, row.pages, row.fault, row.is_held) == (25, 3, None, None)
    assert row.reached_at is not None
    assert row.due_at > datetime.now(UTC) + timedelta(seconds=20)


async def test_a_runner_that_slept_through_its_time_writes_nothing_any_more(yard: Yard) -> None:
    customer = await yard.site.customer()
    feed = await yard.add(customer, "one")
    yard.connector.records, yard.connector.hold = 30, asyncio.Event()
    slept = yard.runner()
    await slept.sweep()
    await slept.fill(asyncio.Event())
    await yard.connector.reached.wait()
    await yard.site.superuser.execute("update wf.connector_streams set held_until = now() - interval '1 second'")
    yard.connector.reached, hold = asyncio.Event(), yard.connector.hold
    yard.connector.hold = None
    await yard.turn(yard.runner())
    assert (await yard.stream(customer, feed)).records == 30
    hold.set()
    await slept.finish()
    row = await yard.stream(customer, feed)
    assert (row.records, row.pages, row.fault) == (30, 3, None)
    assert await yard.site.rows(customer, "pulled_keys") == 30
    await yard.site.pipeline().drain()
    assert len(await yard.site.events(customer)) == 30


async def test_a_page_larger_than_a_request_may_be_is_stored_in_parts_and_once(yard: Yard) -> None:
    customer = await yard.site.customer()
    feed = await yard.add(customer, "one")
    yard.connector.records = yard.connector.page_size = 12_001
    await yard.turn(yard.runner())
    assert (await yard.stream(customer, feed)).records == 12_001
    assert await yard.site.rows(customer, "intake_batches") == 3
    assert await yard.site.rows(customer, "pulled_keys") == 12_001


async def test_a_connector_that_hangs_holds_one_slot_and_no_other_waits_for_it(yard: Yard) -> None:
    customer, other = await yard.site.customer(), await yard.site.customer()
    await yard.add(customer, "dead", streams=["log", "side"])
    yard.connector.is_dead = True
    pace, stop = Pace(page_seconds=30), asyncio.Event()
    runner = yard.runner(slots=2, pace=pace)
    await runner.sweep()
    await runner.fill(stop)
    await yard.connector.reached.wait()
    assert yard.connector.asked in (["dead/log"], ["dead/side"])
    yard.connector.is_dead, yard.connector.records = False, 5
    feed = await yard.add(other, "quick")
    await runner.sweep()
    running = asyncio.create_task(runner.run(stop))
    try:
        async with asyncio.timeout(10):
            while (await yard.stream(other, feed)).records < 5:
                await yard.site.superuser.execute("select pg_sleep(0.01)")
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
    assert yard.connector.asked.count("dead/log") + yard.connector.asked.count("dead/side") == 1


async def test_a_page_that_takes_too_long_ends_the_turn_with_a_fault(yard: Yard) -> None:
    customer = await yard.site.customer()
    feed = await yard.add(customer, "dead")
    yard.connector.is_dead = True
    await yard.turn(yard.runner(pace=Pace(page_seconds=0.05)))
    row = await yard.stream(customer, feed)
    assert (row.fault, row.failures) == ("unavailable", 1)
    assert row.due_at > datetime.now(UTC) + timedelta(seconds=4)


async def test_failures_open_the_breaker_and_one_success_closes_it(yard: Yard) -> None:
    customer = await yard.site.customer()
    feed = await yard.add(customer, "one", streams=["log", "side"])
    yard.connector.fault = Unavailable("Away.")
    for _ in range(3):
        await yard.site.superuser.execute("update wf.connector_streams set due_at = now()")
        await yard.turn(yard.runner())
    asked = len(yard.connector.asked)
    await yard.site.superuser.execute("update wf.connector_streams set due_at = now()")
    await yard.turn(yard.runner())
    assert len(yard.connector.asked) == asked, "the breaker is open"
    await yard.site.superuser.execute("update wf.connectors set retry_at = now()")
    yard.connector.fault = None
    for _ in range(2):
        await yard.turn(yard.runner())
    failures = await yard.site.superuser.fetchval("select failures from wf.connectors")
    assert failures == 0
    assert (await yard.stream(customer, feed)).fault is None


async def test_a_defect_of_a_connector_is_a_fault_and_its_words_stay_inside(yard: Yard) -> None:
    customer = await yard.site.customer()
    feed = await yard.add(customer, "one")
    yard.connector.fault = ZeroDivisionError("a secret")
    await yard.turn(yard.runner())
    row = await yard.stream(customer, feed)
    assert row.fault == "unavailable"
    assert "a secret" not in (row.fault_message or "")


async def test_a_full_queue_makes_the_stream_wait_and_is_not_the_vendors_fault(yard: Yard) -> None:
    customer = await yard.site.customer()
    feed = await yard.add(customer, "one")
    yard.connector.records = 10
    await yard.turn(yard.runner())
    yard.connector.records = 20
    await yard.site.superuser.execute("update wf.connector_streams set due_at = now()")
    full = PostgresIntake(yard.site.app, yard.site.keyring, backlog_bytes=1)
    await yard.turn(yard.runner(intake=full))
    row = await yard.stream(customer, feed)
    assert (row.fault, row.failures, row.records) == (None, 0, 10)
    await yard.site.superuser.execute("update wf.connector_streams set due_at = now()")
    await yard.turn(yard.runner())
    assert (await yard.stream(customer, feed)).records == 20


async def test_two_runners_share_the_work_and_nothing_is_doubled(yard: Yard) -> None:
    customers = [await yard.site.customer() for _ in range(3)]
    feeds = [(customer, await yard.add(customer, "one")) for customer in customers]
    yard.connector.records = 40
    await asyncio.gather(*(yard.turn(yard.runner()) for _ in range(2)))
    for customer, feed in feeds:
        assert (await yard.stream(customer, feed)).records == 40
        assert await yard.site.rows(customer, "intake_batches") == 4
    assert len(yard.connector.asked) == 3


async def test_a_paused_connector_is_not_asked(yard: Yard) -> None:
    customer = await yard.site.customer()
    feed = await yard.add(customer, "one")
    async with tenant_tx(yard.site.app, customer.id) as tx:
        await change_feed(tx, ACTOR, feed_id=feed.id, source_hint=None, state="paused")
    yard.connector.records = 5
    await yard.turn(yard.runner())
    assert yard.connector.asked == []


async def test_a_tenant_with_many_streams_does_not_keep_another_waiting(yard: Yard) -> None:
    busy, quiet = await yard.site.customer(), await yard.site.customer()
    for number in range(4):
        await yard.add(busy, f"busy-{number}")
    await yard.add(quiet, "quiet")
    yard.connector.records, yard.connector.hold = 10, asyncio.Event()
    runner = yard.runner(slots=2)
    await runner.sweep()
    await runner.fill(asyncio.Event())
    await asyncio.wait_for(yard.connector.reached.wait(), 5)
    yard.connector.hold.set()
    await runner.finish()
    assert "quiet/log" in yard.connector.asked[:2]


async def test_a_turn_that_is_told_to_stop_ends_with_its_page(yard: Yard, eventually: Eventually) -> None:
    customer = await yard.site.customer()
    feed = await yard.add(customer, "one")
    yard.connector.records, yard.connector.hold = 100, asyncio.Event()
    stop, runner = asyncio.Event(), yard.runner()
    running = asyncio.create_task(runner.run(stop))
    await asyncio.wait_for(yard.connector.reached.wait(), 5)
    stop.set()
    yard.connector.hold.set()
    await asyncio.wait_for(running, 5)
    row = await yard.stream(customer, feed)
    assert 10 <= row.records <= 30
    assert row.is_held is None
    assert row.due_at <= datetime.now(UTC) + timedelta(seconds=1)
    await eventually(lambda: yard.connector.closed == 1)


async def test_old_keys_are_forgotten_and_younger_ones_kept(yard: Yard) -> None:
    customer = await yard.site.customer()
    await yard.add(customer, "one")
    yard.connector.records = 20
    await yard.turn(yard.runner())
    await yard.site.superuser.execute(
        "update wf.pulled_keys set day = current_date - 41"
        " where key_hash in (select key_hash from wf.pulled_keys limit 5)"
    )
    async with tenant_tx(yard.site.app, customer.id) as tx:
        assert await forget_keys(tx) == 5
    assert await yard.site.rows(customer, "pulled_keys") == 15


def test_waits_grow_have_an_end_and_keep_the_vendors_word() -> None:
    chance = random.Random(3)
    away = [
        wait_after(Unavailable("Away."), stream_failures=count, connector_failures=0, chance=chance).stream_seconds
        for count in range(20)
    ]
    assert away[0] < 7
    assert max(away) <= LONGEST_SECONDS * 1.25
    assert away[5] > away[0] * 8
    asked = Throttled("Wait.", retry_after_seconds=120)
    waits = {wait_after(asked, stream_failures=0, connector_failures=0, chance=chance).stream_seconds for _ in range(9)}
    assert len(waits) == 9, "each waits for a time of its own"
    assert min(waits) >= 120
    assert max(waits) <= 150
