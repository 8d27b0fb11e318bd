"""The quarantine for people: equal failures in one line, put back once and with the same identity, dropped for good."""

import json
from typing import Final

import click.testing
import pytest

from tests.wire.conftest import ACTOR, Customer, Site
from watchfloor.feeds.batch import PackedBatch, Packer, SentEvent
from watchfloor.feeds.feed import Feed
from watchfloor.feeds.intake.postgres import PostgresIntake
from watchfloor.feeds.intake.queue import Sender
from watchfloor.feeds.quarantine.commands import PutBack, Selection, drop, send, take_out
from watchfloor.feeds.quarantine.listing import Group, list_groups, redacted
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.errors import Invalid
from watchfloor.ops.commands.quarantine import quarantine

SENDER: Final = Sender(remote="-", user_agent="", content_type="", request_id="1")
WHY: Final = "The parser was repaired."
GOOD: Final = b'{"n":1}'
BAD: Final = b"no JSON at all, password=hunter2"


def packed(*bodies: bytes) -> PackedBatch:
    packer = Packer()
    for body in bodies:
        packer.add(SentEvent(body=body, host="ws-1", sourcetype="_json"))
    return packer.finish()


class Desk:
    """A customer whose events were put aside."""

    def __init__(self, site: Site, customer: Customer, feed: Feed) -> None:
        self.site = site
        self.customer = customer
        self.feed = feed
        self.intake = PostgresIntake(site.app, site.keyring, backlog_bytes=10**9)

    async def put(self, *bodies: bytes) -> None:
        await self.intake.put(self.feed, packed(*bodies), SENDER)
        assert await self.site.pipeline().drain()

    async def groups(self) -> list[Group]:
        async with tenant_tx(self.site.app, self.customer.id) as tx:
            return await list_groups(tx, self.customer.cipher)

    async def take_out(self) -> PutBack:
        async with tenant_tx(self.site.app, self.customer.id) as tx:
            chosen = Selection(feed_id=self.feed.id)
            return await take_out(tx, self.customer.cipher, ACTOR, selection=chosen, reason=WHY)

    async def left(self) -> int:
        return await self.site.rows(self.customer, "quarantine")

    async def repair(self) -> None:
        """From now on the feed's events are taken as text, too."""
        await self.site.superuser.execute("update wf.feeds set source_hint = 'text' where id = $1", self.feed.id)


@pytest.fixture
async def desk(site: Site) -> Desk:
    customer = await site.customer()
    return Desk(site, customer, (await site.feed(customer, source_hint="json")).feed)


async def test_ten_thousand_equal_failures_are_one_line(desk: Desk) -> None:
    for _ in range(4):
        await desk.put(*[BAD] * 2_500)
    (group,) = await desk.groups()
    assert (group.things, group.feed, group.code) == (10_000, "main", "not_json")
    assert group.sample == "no JSON at all, password=***"


async def test_what_was_put_back_leaves_once_it_can_be_read_and_comes_once(desk: Desk) -> None:
    await desk.put(GOOD, BAD, BAD)
    before = {event.key for event in await desk.site.events(desk.customer)}
    await desk.repair()
    for _ in range(2):  # asked for twice, before any of it is worked
        await send(desk.intake, await desk.take_out(), request_id="-")
    assert await desk.left() == 2
    assert await desk.site.pipeline().drain()
    assert await desk.left() == 0
    events = await desk.site.events(desk.customer)
    assert sorted(event.raw for event in events) == sorted([GOOD, BAD, BAD])
    assert len({event.key for event in events} | before) == 3
    figures = await desk.site.superuser.fetchrow(
        "select sum(events) as events, sum(quarantined) as quarantined from wf.feed_hours"
    )
    assert figures is not None
    assert (figures["events"], figures["quarantined"]) == (3, 2)


async def test_what_fails_again_is_put_aside_again_and_not_lost(desk: Desk) -> None:
    await desk.put(GOOD, BAD)
    before = await desk.site.superuser.fetchrow("select batch_id, event_index from wf.quarantine")
    await send(desk.intake, await desk.take_out(), request_id="-")
    assert await desk.site.pipeline().drain()
    assert await desk.site.superuser.fetchrow("select batch_id, event_index from wf.quarantine") == before
    assert len(await desk.site.events(desk.customer)) == 1


async def test_a_whole_batch_is_put_back_as_it_was(desk: Desk) -> None:
    await desk.intake.put(desk.feed, packed(GOOD, b'{"n":2}'), SENDER)
    batch_id = await desk.site.superuser.fetchval("select id from wf.intake_batches")
    assert await desk.intake.note_failure(desk.customer.id, [batch_id], allowed=1, reason="It failed.") == [batch_id]
    found = await desk.take_out()
    assert (found.things, found.unusable, found.left) == (1, 0, 0)
    await send(desk.intake, found, request_id="-")
    assert await desk.site.pipeline().drain()
    assert await desk.left() == 0
    assert sorted(event.raw for event in await desk.site.events(desk.customer)) == [GOOD, b'{"n":2}']


async def test_what_was_not_kept_whole_cannot_be_put_back(desk: Desk) -> None:
    deep = b'{"a":' * 40 + b"1" + b"}" * 40
    await desk.put(GOOD, b'{"a":"' + b"x" * 300_000 + b'"}', deep)
    found = await desk.take_out()
    assert (found.parcels, found.things, found.unusable, found.left) == ((), 0, 2, 0)


async def test_dropping_needs_a_choice_and_a_reason_and_is_in_the_log(desk: Desk) -> None:
    await desk.put(GOOD, BAD)
    with pytest.raises(Invalid):
        Selection()
    async with tenant_tx(desk.site.app, desk.customer.id) as tx:
        with pytest.raises(Invalid):
            await drop(tx, desk.customer.cipher, ACTOR, selection=Selection(code="not_json"), reason="no")
        gone = await drop(tx, desk.customer.cipher, ACTOR, selection=Selection(code="not_json"), reason=WHY)
    assert (gone.things, gone.left) == (1, 0)
    actions = await desk.site.superuser.fetch("select action from wf.audit_entries where object_kind = 'quarantine'")
    assert [row["action"] for row in actions] == ["quarantine.drop"]


async def test_another_tenants_things_are_out_of_reach(desk: Desk) -> None:
    await desk.put(GOOD, BAD)
    thing = await desk.site.superuser.fetchval("select id from wf.quarantine")
    other = await desk.site.customer()
    async with tenant_tx(desk.site.app, other.id) as tx:
        chosen = Selection(things=(thing,))
        assert (await take_out(tx, other.cipher, ACTOR, selection=chosen, reason=WHY)).things == 0
        assert (await drop(tx, other.cipher, ACTOR, selection=chosen, reason=WHY)).things == 0
    assert await desk.left() == 1


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (b"a\nb\x1b[31m\xe2\x80\xae", "a b[U+001B][31m[U+202E]"),
        (b'{"password": "hunter2", "user": "kim"}', '{"password": ***, "user": "kim"}'),
        (b"GET https://kim:secret@example.org/", "GET https://***@example.org/"),
        (b"Authorization: Bearer abcdefghij.klmnop", "Authorization: *** ***"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (json.dumps({"a": "x" * 500}).encode(), '{"a": "' + "x" * 192 + "…"),
    ],
)
def test_a_sample_shows_neither_secrets_nor_control_characters(sent: bytes, shown: str) -> None:
    assert redacted(sent) == shown


def test_the_commands_say_what_they_want() -> None:
    run = click.testing.CliRunner().invoke
    assert run(quarantine, ["replay", "acme"]).exit_code == 2
    assert set(quarantine.commands) == {"list", "show", "replay", "drop"}
