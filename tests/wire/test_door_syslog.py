"""Syslog over TCP and TLS: who sends is told by a credential alone, and what was read is made durable."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import Eventually
from tests.wire.conftest import ACTOR, Site
from tests.wire.streams import bodies, counted, streams, syslog_feed, tokened, waiting
from watchfloor.feeds.batch import PackedBatch
from watchfloor.feeds.certificates.registry import fingerprint_of, revoke_certificate
from watchfloor.feeds.doors.stream.listeners import Doorstep
from watchfloor.feeds.feed import Feed, FeedOptions
from watchfloor.feeds.intake.backlog import IntakeFull
from watchfloor.feeds.intake.postgres import PostgresIntake
from watchfloor.feeds.intake.queue import Alongside, Lane, Place, Receipt, Sender
from watchfloor.feeds.registry import change_feed, create_feed, revoke_tokens
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import tenant_tx

ONE, TWO = b"<34>1 2026-11-22T08:00:00Z host app 1 - - one", b"<34>Nov 22 08:00:00 host app: two"


async def test_a_certificate_is_enough_whatever_the_framing(
    site: Site, settings: Settings, eventually: Eventually
) -> None:
    customer, feed = await syslog_feed(site)
    async with streams(site, settings) as opened:
        line = await opened.connect("syslog", (await opened.sender(feed.feed)).context())
        await line.send(counted(ONE + b"\n") + TWO + b"\n" + counted(b"\xef\xbb\xbf" + TWO))

        async def are_there() -> bool:
            return await bodies(site, customer) == {ONE: 1, TWO: 2}

        await eventually(are_there)
        assert {event.fields["sender_ip"] for event in await waiting(site, customer)} == {"127.0.0.1"}
        await line.close()


async def test_a_token_in_each_message_tells_the_feed_and_is_not_stored(site: Site, settings: Settings) -> None:
    (one, feed), (other, other_feed) = await syslog_feed(site), await syslog_feed(site)
    async with streams(site, settings) as opened:
        for port, tls in (("plain", None), ("syslog", opened.anonymous())):
            line = await opened.connect(port, tls)
            await line.send(counted(tokened(feed.token, "a"), tokened(other_feed.token, "b"), tokened(feed.token, "c")))
            await line.close()
            assert await line.ending() == b""
    head = b"<134>1 2026-11-22T08:00:00Z host app - - - "
    assert await bodies(site, one) == {head + b"a": 2, head + b"c": 2}
    assert await bodies(site, other) == {head + b"b": 2}


async def test_a_port_with_a_token_of_its_own_needs_no_other(
    site: Site, settings: Settings, eventually: Eventually
) -> None:
    customer, feed = await syslog_feed(site)
    async with streams(site, settings, port_token=f"{feed.token}\n") as opened:
        line = await opened.connect("port")
        await line.send(b"<189>45: *Nov 22 08:00:00: %SYS-5-CONFIG_I: x\n")
        await eventually(lambda: site.rows(customer, "intake_batches"))
        await line.close()


async def test_without_a_good_credential_nothing_is_taken(site: Site, settings: Settings) -> None:
    customer, feed = await syslog_feed(site)
    other_door = await site.feed(customer, door="ndjson", name="other")
    revoked = await site.feed(customer, door="syslog", name="revoked")
    async with tenant_tx(site.auth, customer.id) as tx:
        await revoke_tokens(tx, ACTOR, feed_id=revoked.feed.id)
    async with streams(site, settings) as opened:
        unregistered = opened.authority.issue_client(name="x", days=1, now=datetime.now(UTC))
        strangers = {
            "none": ONE,
            "made up": tokened("wf_01h455vb4pex5vsknk084sn02q_" + "a" * 49, "x"),
            "of another door": tokened(other_door.token, "x"),
            "revoked": tokened(revoked.token, "x"),
        }
        for message in strangers.values():
            line = await opened.connect("plain")
            await line.send(counted(message))
            assert await line.ending() == b""
        tls = opened.anonymous()
        path = _pem(settings.home / "unregistered.pem", unregistered.certificate_pem, unregistered.key_pem.reveal())
        tls.load_cert_chain(path)
        line = await opened.connect("syslog", tls)
        await line.send(counted(tokened(feed.token, "x")))
        assert await line.ending() == b""
    assert await site.rows(customer, "intake_batches") == 0


async def test_a_revoked_certificate_and_a_paused_feed_are_refused_within_a_second(
    site: Site, settings: Settings, eventually: Eventually
) -> None:
    customer, feed = await syslog_feed(site)
    async with streams(site, settings) as opened:
        issued = await opened.issue(feed.feed)
        tls = opened.anonymous()
        tls.load_cert_chain(_pem(settings.home / "one.pem", issued.certificate_pem, issued.key_pem.reveal()))
        other = await opened.connect("syslog", (await opened.sender(feed.feed)).context())
        line = await opened.connect("syslog", tls)
        await line.send(counted(ONE))
        await eventually(lambda: site.rows(customer, "intake_batches"))
        async with tenant_tx(site.auth, customer.id) as tx:
            await revoke_certificate(tx, ACTOR, feed_id=feed.feed.id, fingerprint=fingerprint_of(issued.der))

        async def is_cut_off() -> bool:
            line.writer.write(counted(TWO))
            return line.reader.at_eof()

        await eventually(is_cut_off, within=3)
        async with tenant_tx(site.app, customer.id) as tx:
            await change_feed(tx, ACTOR, feed_id=feed.feed.id, source_hint=None, state="paused")

        async def is_paused() -> bool:
            other.writer.write(counted(TWO))
            return other.reader.at_eof()

        await eventually(is_paused, within=3)


async def test_what_came_before_a_fault_is_kept_and_the_connection_closed(site: Site, settings: Settings) -> None:
    customer, feed = await syslog_feed(site)
    async with streams(site, settings) as opened:
        line = await opened.connect("syslog", (await opened.sender(feed.feed)).context())
        await line.send(counted(ONE, TWO) + b"12x")
        assert await line.ending() == b""
    assert await bodies(site, customer) == {ONE: 1, TWO: 1}


async def test_a_last_line_without_an_end_is_kept(site: Site, settings: Settings, eventually: Eventually) -> None:
    customer, feed = await syslog_feed(site)
    async with streams(site, settings, port_token=feed.token) as opened:
        line = await opened.connect("port")
        await line.send(TWO + b"\n" + TWO)
        await line.close()

        async def are_there() -> bool:
            return await bodies(site, customer) == {TWO: 2}

        await eventually(are_there)


async def test_a_burst_and_a_hang_up_lose_nothing_and_make_few_batches(
    site: Site, settings: Settings, eventually: Eventually
) -> None:
    customer, feed = await syslog_feed(site)
    messages = [b"<34>1 2026-11-22T08:00:00Z host app 1 - - %06d %s" % (n, b"x" * 200) for n in range(20_000)]
    async with streams(site, settings) as opened:
        line = await opened.connect("syslog", (await opened.sender(feed.feed)).context())
        await line.send(counted(*messages))
        await line.close()

        async def are_there() -> bool:
            return sum((await bodies(site, customer)).values()) == len(messages)

        await eventually(are_there)
    assert set(await bodies(site, customer)) == set(messages)
    assert await site.rows(customer, "intake_batches") <= 40


async def test_what_was_read_is_put_when_the_program_stops(site: Site, settings: Settings) -> None:
    customer, feed = await syslog_feed(site)
    async with streams(site, settings) as opened:
        line = await opened.connect("syslog", (await opened.sender(feed.feed)).context())
        await line.send(counted(*[b"<34>stopping %d" % n for n in range(100)]))
        done = await opened.connect("syslog", (await opened.sender(feed.feed)).context())
        await done.send(counted(b"<34>at fault") + b"12x")
        assert await done.ending() == b""  # by now the listeners have read the others' messages, which wait for more
    assert sum((await bodies(site, customer)).values()) == 101
    assert await line.ending() == b""


class FullAtFirst(PostgresIntake):
    """An intake that is full for some batches."""

    left = 3

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
        if self.left:
            self.left -= 1
            raise IntakeFull("Full.", remedy="Wait.", retry_after_seconds=0)
        return await super().put(feed, batch, sender, alongside=alongside, lane=lane, places=places)


async def test_while_the_intake_is_full_the_sender_waits_and_loses_nothing(
    site: Site, settings: Settings, eventually: Eventually
) -> None:
    customer, feed = await syslog_feed(site)
    intake = FullAtFirst(site.app, site.keyring, backlog_bytes=10**9)
    async with streams(site, settings, intake=intake) as opened:
        line = await opened.connect("syslog", (await opened.sender(feed.feed)).context())
        await line.send(counted(*[b"<34>%d" % n for n in range(100)]))
        await eventually(lambda: site.rows(customer, "intake_batches"))
        await line.close()
    assert sum((await bodies(site, customer)).values()) == 100
    assert intake.left == 0


async def test_what_a_sender_sent_before_it_hung_up_is_kept_although_nothing_could_be_stored_then(
    site: Site, settings: Settings, eventually: Eventually
) -> None:
    customer, feed = await syslog_feed(site)
    intake = FullAtFirst(site.app, site.keyring, backlog_bytes=10**9)
    intake.left = 10**9
    messages = [b"<34>%06d %s" % (n, b"x" * 300) for n in range(8_000)]
    async with streams(site, settings, intake=intake) as opened:
        line = await opened.connect("syslog", (await opened.sender(feed.feed)).context())
        sending = asyncio.create_task(line.send(counted(*messages)))
        await eventually(lambda: intake.left < 10**9)
        line.writer.close()
        intake.left = 0

        async def are_there() -> bool:
            return sum((await bodies(site, customer)).values()) == len(messages)

        await eventually(are_there)
        await asyncio.gather(sending, return_exceptions=True)


async def test_a_feed_has_so_many_connections_and_strangers_fewer(
    site: Site, settings: Settings, eventually: Eventually
) -> None:
    _, feed = await syslog_feed(site)
    customer, other = await syslog_feed(site)
    doorstep = Doorstep(connections=8, of_a_feed=2, strangers=3, of_an_address=3)
    async with streams(site, settings, doorstep=doorstep) as opened:
        sender, neighbour = await opened.sender(feed.feed), await opened.sender(other.feed)
        lines = [await opened.connect("syslog", sender.context()) for _ in range(2)]
        third = await opened.connect("syslog", sender.context())
        assert await third.ending() == b""
        lines.append(await opened.connect("syslog", neighbour.context()))
        strangers = [await opened.connect("plain") for _ in range(4)]
        assert await strangers[3].ending() == b""
        await lines[2].send(counted(ONE))
        await eventually(lambda: site.rows(customer, "intake_batches"))
        await asyncio.gather(*(stranger.close() for stranger in strangers))

        async def comes_in() -> bool:
            line = await opened.connect("plain")
            await line.send(counted(tokened(other.token, "late")))
            await line.close()
            return any(body.endswith(b"late") for body in await bodies(site, customer))

        await eventually(comes_in)
        await asyncio.gather(*(line.close() for line in lines))


async def test_a_time_without_a_zone_is_read_in_the_zone_of_the_feed(
    site: Site, settings: Settings, eventually: Eventually
) -> None:
    customer = await site.customer()
    async with tenant_tx(site.app, customer.id) as tx:
        feed = await create_feed(tx, ACTOR, name="z", door="syslog", options=FeedOptions(zone="Asia/Kolkata"))
    async with streams(site, settings) as opened:
        line = await opened.connect("syslog", (await opened.sender(feed)).context())
        await line.send(b"<34>Jan  1 05:30:00 host app: x\n")
        await eventually(lambda: site.rows(customer, "intake_batches"))
        await line.close()
    (event,) = await waiting(site, customer)
    assert event.time is not None
    assert (event.time.month, event.time.day, event.time.hour, event.time.minute) == (1, 1, 0, 0)


@pytest.mark.parametrize("hostile", [b"{" * 5_000, b'{"a":' * 3_000 + b"1" + b"}" * 3_000])
async def test_a_message_that_nobody_can_read_holds_nothing_up(
    site: Site, settings: Settings, hostile: bytes, eventually: Eventually
) -> None:
    customer, feed = await syslog_feed(site)
    async with streams(site, settings, port_token=feed.token) as opened:
        line = await opened.connect("port")
        await line.send(hostile + b"\n")
        await eventually(lambda: site.rows(customer, "intake_batches"))
        await line.close()


def _pem(path: Path, *parts: str) -> Path:
    path.write_text("".join(parts))
    return path
