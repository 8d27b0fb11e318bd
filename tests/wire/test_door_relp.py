"""RELP: a message is answered when it is durable, and not before; what is not answered the client sends again."""

import asyncio
from collections.abc import Sequence

import pytest

from tests.conftest import Eventually
from tests.wire.conftest import Customer, OpenFeed, Site
from tests.wire.streams import OFFERS, bodies, frame, streams, tokened
from watchfloor.feeds.batch import PackedBatch
from watchfloor.feeds.doors.stream import collector, listeners
from watchfloor.feeds.doors.stream.collector import Manner
from watchfloor.feeds.feed import Feed
from watchfloor.feeds.intake.backlog import IntakeFull
from watchfloor.feeds.intake.postgres import PostgresIntake
from watchfloor.feeds.intake.queue import Alongside, Lane, Place, Receipt, Sender
from watchfloor.kernel.config import Settings

OPEN = frame(1, b"open", OFFERS)


async def relp_feed(site: Site) -> tuple[Customer, OpenFeed]:
    customer = await site.customer()
    return customer, await site.feed(customer, door="relp")


async def test_each_message_is_answered_and_is_then_durable(site: Site, settings: Settings) -> None:
    customer, feed = await relp_feed(site)
    async with streams(site, settings) as opened:
        line = await opened.connect("relp", (await opened.sender(feed.feed)).context())
        await line.send(OPEN + frame(2, b"syslog", b"<13>one\n") + frame(3, b"syslog", b"<13>two"))
        assert await line.answers(3) == [b"1 rsp 200 OK", b"2 rsp 200 OK", b"3 rsp 200 OK"]
        assert await bodies(site, customer) == {b"<13>one": 1, b"<13>two": 1}
        await line.send(frame(4, b"syslog", b"\n") + frame(5, b"syslog") + frame(6, b"status", b"x"))
        answers = await line.answers(3)
        assert sorted(answers) == [b"4 rsp 200 OK", b"5 rsp 200 OK", b"6 rsp 500 There is no such command"]
        await line.send(frame(7, b"close"))
        assert await line.ending() == b"7 rsp 0\n0 serverclose 0\n"
    assert sum((await bodies(site, customer)).values()) == 2


async def test_a_token_in_each_message_is_enough(site: Site, settings: Settings) -> None:
    customer, feed = await relp_feed(site)
    async with streams(site, settings) as opened:
        line = await opened.connect("relp", opened.anonymous())
        await line.send(OPEN + frame(2, b"syslog", tokened(feed.token, "one")))
        assert await line.answers(2) == [b"1 rsp 200 OK", b"2 rsp 200 OK"]
    (body,) = await bodies(site, customer)
    assert body == b"<134>1 2026-11-22T08:00:00Z host app - - - one"


@pytest.mark.parametrize("window", [128, 5_000])
async def test_a_client_that_waits_for_its_window_is_answered_without_delay(
    site: Site, settings: Settings, window: int
) -> None:
    customer, feed = await relp_feed(site)
    async with streams(site, settings) as opened:
        line = await opened.connect("relp", (await opened.sender(feed.feed)).context())
        await line.send(OPEN)
        await line.answers(1)
        begun = asyncio.get_running_loop().time()
        for turn in range(4):
            numbers = range(2 + turn * window, 2 + (turn + 1) * window)
            await line.send(b"".join(frame(number, b"syslog", b"<13>%d" % number) for number in numbers))
            assert await line.answers(window) == [b"%d rsp 200 OK" % number for number in numbers]
        assert asyncio.get_running_loop().time() - begun < 8
    assert sum((await bodies(site, customer)).values()) == 4 * window


class Refusing(PostgresIntake):
    """An intake that is full until somebody says otherwise."""

    is_full = True

    async def put(
        self,
        feed: Feed,
        batch: PackedBatch,
        sender: Sender,
        *,
        alongside: Alongside | None = None,
        lane: Lane | None = None,
        places: Sequence[Place] | None = None,
    ) -> Receipt:
        if self.is_full:
            raise IntakeFull("Full.", remedy="Wait.", retry_after_seconds=0)
        return await super().put(feed, batch, sender, alongside=alongside, lane=lane, places=places)


async def test_what_cannot_be_stored_is_not_answered_and_the_client_keeps_it(
    site: Site, settings: Settings, monkeypatch: pytest.MonkeyPatch, eventually: Eventually
) -> None:
    monkeypatch.setitem(listeners.MANNERS, "relp", Manner(linger=0.02, prompt=64, patience=0.3))
    customer, feed = await relp_feed(site)
    intake = Refusing(site.app, site.keyring, backlog_bytes=10**9)
    async with streams(site, settings, intake=intake) as opened:
        sender = await opened.sender(feed.feed)
        line = await opened.connect("relp", sender.context())
        await line.send(OPEN + frame(2, b"syslog", b"<13>one"))
        assert await line.answers(1) == [b"1 rsp 200 OK"]
        await line.send(frame(3, b"syslog", b"<13>two"))
        again = b"".join(frame(number, b"syslog", b"<13>%d" % number) for number in range(4, 20_000))
        sending = asyncio.create_task(line.send(again))
        assert b"200 OK" not in await line.ending()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        assert await site.rows(customer, "intake_batches") == 0
        intake.is_full = False
        line = await opened.connect("relp", sender.context())
        await line.send(OPEN + frame(2, b"syslog", b"<13>one") + frame(3, b"syslog", b"<13>two"))
        assert len(await line.answers(3)) == 3
        await eventually(lambda: site.rows(customer, "intake_batches"))
    assert set(await bodies(site, customer)) >= {b"<13>one", b"<13>two"}


async def test_one_full_tenant_never_slows_another(
    site: Site, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collector, "BATCH_BYTES", 100_000)
    monkeypatch.setattr(listeners, "STOP_SECONDS", 0.2)
    (_, flooded), (calm, feed) = await relp_feed(site), await relp_feed(site)

    class FullForOne(Refusing):
        async def put(
            self,
            feed: Feed,
            batch: PackedBatch,
            sender: Sender,
            *,
            alongside: Alongside | None = None,
            lane: Lane | None = None,
            places: Sequence[Place] | None = None,
        ) -> Receipt:
            self.is_full = feed.tenant_id == flooded.feed.tenant_id
            return await super().put(feed, batch, sender, alongside=alongside, lane=lane, places=places)

    intake = FullForOne(site.app, site.keyring, backlog_bytes=10**9)
    async with streams(site, settings, intake=intake) as opened:
        greedy, modest = await opened.sender(flooded.feed), await opened.sender(feed.feed)
        flood = OPEN + b"".join(frame(number, b"syslog", b"<13>" + b"x" * 50_000) for number in range(2, 300))
        senders = [await opened.connect("relp", greedy.context()) for _ in range(20)]
        floods = [asyncio.create_task(line.send(flood)) for line in senders]
        line = await opened.connect("relp", modest.context())
        await line.send(OPEN)
        await line.answers(1)
        for number in range(2, 22):
            begun = asyncio.get_running_loop().time()
            await line.send(frame(number, b"syslog", b"<13>calm"))
            assert await line.answers(1) == [b"%d rsp 200 OK" % number]
            assert asyncio.get_running_loop().time() - begun < 1
        for task in floods:
            task.cancel()
        await asyncio.gather(*floods, return_exceptions=True)
        for sender in senders:
            sender.writer.transport.abort()
    assert await bodies(site, calm) == {b"<13>calm": 20}


async def test_an_orderly_stop_answers_what_was_read_and_says_goodbye(site: Site, settings: Settings) -> None:
    customer, feed = await relp_feed(site)
    async with streams(site, settings) as opened:
        line = await opened.connect("relp", (await opened.sender(feed.feed)).context())
        await line.send(OPEN)
        await line.answers(1)
        await line.send(frame(2, b"syslog", b"<13>last"))
        assert await line.answers(1) == [b"2 rsp 200 OK"]
    assert await line.ending() == b"0 serverclose 0\n"
    assert await bodies(site, customer) == {b"<13>last": 1}
