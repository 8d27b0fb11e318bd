"""The durable intake: limits by tenant, work handed out once, and what cannot be worked put aside (N3, Q4)."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Sequence
from typing import Final

import msgspec

from tests.wire.conftest import BACKLOG_BYTES, Customer, Doors, OpenFeed, Site
from watchfloor.detect.engine import Engine, Matches
from watchfloor.detect.rule import Rule
from watchfloor.feeds.batch import PackedBatch, Packer, SentEvent, unpack
from watchfloor.feeds.intake.postgres import PostgresIntake, forget_receipts
from watchfloor.feeds.intake.queue import Lane, Sender
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.valkey import Wake
from watchfloor.normalise.event import Event
from watchfloor.ops.pipeline import DEATHS_ALLOWED, Pipeline, blame_the_dead
from watchfloor.ops.pipeline_journal import open_journal
from watchfloor.ops.rulesets.compiled import shared_engine

EVENT: Final = "/services/collector/event"
SENDER: Final = Sender(remote="127.0.0.1", user_agent="test", content_type="", request_id="1")


def packed(*bodies: bytes) -> PackedBatch:
    """A batch of these events."""
    packer = Packer()
    for body in bodies:
        packer.add(SentEvent(body=body))
    return packer.finish()


def intake_of(site: Site, *, backlog_bytes: int = BACKLOG_BYTES) -> PostgresIntake:
    """An intake as a process of its own would have it."""
    return PostgresIntake(site.app, site.keyring, backlog_bytes=backlog_bytes)


async def kept(site: Site, customer: Customer) -> list[bytes]:
    """The bodies of the events in the lake, sorted."""
    return sorted(event.raw for event in await site.events(customer))


async def post(doors: Doors, feed: OpenFeed, text: bytes) -> int:
    """Sends one event and gives the status."""
    answer = await doors.client.post(EVENT, content=b'{"event":' + text + b"}", headers=feed.headers)
    if answer.status_code != 200:
        assert (answer.status_code, answer.json()["code"]) == (503, 9)
        assert int(answer.headers["retry-after"]) >= 1
    return answer.status_code


async def test_a_full_queue_refuses_its_tenant_and_nobody_else_and_opens_again(site: Site) -> None:
    doors = await site.doors(backlog_bytes=1_000_000)
    flooder, quiet = await site.customer(), await site.customer()
    flood, trickle = await site.feed(flooder), await site.feed(quiet)
    taken = 0
    while await post(doors, flood, json.dumps(os.urandom(60_000).hex()).encode()) == 200:
        taken += 1
        assert taken < 60
    assert await post(doors, trickle, b"1") == 200
    assert await post(doors, flood, json.dumps(os.urandom(60_000).hex()).encode()) == 503
    assert await site.rows(flooder, "intake_batches") == taken
    await site.pipeline().drain()
    assert len(await kept(site, flooder)) == taken
    assert len(await kept(site, quiet)) == 1
    later = await site.doors(backlog_bytes=1_000_000)
    assert await post(later, flood, b"1") == 200


async def test_the_plain_http_door_refuses_a_full_queue_with_429(site: Site) -> None:
    doors = await site.doors(backlog_bytes=1_000_000)
    feed = await site.feed(await site.customer(), door="ndjson")
    body = json.dumps({"a": os.urandom(120_000).hex()}).encode()
    statuses = [
        (await doors.client.post("/ingest/v1/main", content=body, headers=feed.headers)).status_code for _ in range(20)
    ]
    assert set(statuses) == {200, 429}
    assert statuses == sorted(statuses)


async def test_bodies_are_sealed_while_they_wait(site: Site) -> None:
    customer = await site.customer()
    feed = await site.feed(customer)
    batch = packed(b'{"canary":"plain words that anybody could read"}')
    await intake_of(site).put(feed.feed, batch, msgspec.structs.replace(SENDER, request_key="canary"))
    row = await site.superuser.fetchrow("select body, metadata from wf.intake_batches")
    assert row is not None
    assert batch.packed not in row["body"]
    assert b"canary" not in row["body"] + row["metadata"]
    opened = customer.cipher.open_(
        row["body"],
        table="intake_batches",
        column="body",
        row=await site.superuser.fetchval("select id from wf.intake_batches"),
    )
    assert [event.body for event in unpack(opened, SentEvent)] == [b'{"canary":"plain words that anybody could read"}']


async def test_several_pipelines_work_each_batch_once(site: Site) -> None:
    customers = [await site.customer() for _ in range(3)]
    intake = intake_of(site)
    for customer in customers:
        feed = await site.feed(customer)
        for number in range(30):
            await intake.put(feed.feed, packed(b'{"n":%d}' % number), SENDER)
    await asyncio.gather(*(site.pipeline().drain() for _ in range(3)))
    for customer in customers:
        assert await kept(site, customer) == sorted(b'{"n":%d}' % number for number in range(30))
        assert await site.rows(customer, "intake_batches") == 0


async def test_work_that_fails_leaves_its_batches_where_they_were(site: Site) -> None:
    customer = await site.customer()
    intake = intake_of(site)
    await intake.put((await site.feed(customer)).feed, packed(b"1"), SENDER)
    with contextlib.suppress(ZeroDivisionError):
        async with intake.work(customer.id, most_bytes=1_000) as work:
            assert work is not None
            raise ZeroDivisionError
    assert await intake.waiting_lanes(customer.id) == [Lane.LIVE]


async def test_batches_are_handed_out_up_to_the_allowance_and_one_at_least(site: Site) -> None:
    customer = await site.customer()
    feed = (await site.feed(customer)).feed
    intake = intake_of(site)
    for _ in range(5):
        await intake.put(feed, packed(b"x" * 1_000), SENDER)
    for allowance, expected in ((1, 1), (2_500, 2), (1_000_000, 2)):
        async with intake.work(customer.id, most_bytes=allowance) as work:
            assert work is not None
            assert (len(work.batches), work.has_more) == (expected, expected != 2 or allowance == 2_500)
    async with intake.work(customer.id, most_bytes=1_000) as work:
        assert work is None


class Fussy:
    """An engine that fails on a word, as a mistake in one would."""

    def __init__(self, engine: Engine, word: bytes) -> None:
        self._engine = engine
        self._word = word

    @property
    def rules(self) -> tuple[Rule, ...]:
        return self._engine.rules

    @property
    def version(self) -> str:
        return self._engine.version

    def match(self, batch: Sequence[Event]) -> Matches:
        if any(self._word in event.raw for event in batch):
            raise ZeroDivisionError
        return self._engine.match(batch)


def pipeline_with(site: Site, engine: Engine) -> Pipeline:
    """A pipeline with another engine."""
    return Pipeline(site.app, site.bench(intake_of(site), engine), Wake(site.valkey))


async def test_a_batch_that_fails_twice_is_put_aside_whole_and_its_neighbours_go_on(site: Site) -> None:
    customer = await site.customer()
    feed = (await site.feed(customer)).feed
    intake = intake_of(site)
    for body in (b'{"n":1}', b'{"n":2,"poison":1}', b'{"n":3}'):
        await intake.put(feed, packed(body), SENDER)
    await pipeline_with(site, Fussy(shared_engine(), b"poison")).drain()
    assert await kept(site, customer) == [b'{"n":1}', b'{"n":3}']
    row = await site.superuser.fetchrow("select id, event_index, code, reason, body from wf.quarantine")
    assert row is not None
    assert (row["event_index"], row["code"]) == (-1, "batch_failed")
    assert "ZeroDivisionError" in row["reason"]
    body = customer.cipher.open_(row["body"], table="quarantine", column="body", row=row["id"])
    assert [event.body for event in unpack(body, SentEvent)] == [b'{"n":2,"poison":1}']


DIES: Final = """
import os, sys
from pathlib import Path
from uuid import UUID
from watchfloor.ops.pipeline_journal import open_journal

with open_journal(Path(sys.argv[1])) as journal, journal.working_on(UUID(sys.argv[2]), [UUID(sys.argv[3])]):
    os._exit(9)
"""


async def test_a_batch_under_which_processes_die_is_put_aside_in_the_end(site: Site) -> None:
    customer = await site.customer()
    intake = intake_of(site)
    await intake.put((await site.feed(customer)).feed, packed(b'{"n":1}'), SENDER)
    batch_id = await site.superuser.fetchval("select id from wf.intake_batches")
    for death in range(1, DEATHS_ALLOWED + 1):
        assert await site.rows(customer, "quarantine") == 0
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", DIES, str(site.run_dir), str(customer.id), str(batch_id)
        )
        assert await process.wait() == 9
        await blame_the_dead(intake, site.run_dir)
        await blame_the_dead(intake, site.run_dir)
        if death < DEATHS_ALLOWED:
            assert await site.superuser.fetchval("select attempts from wf.intake_batches") == death
    assert await site.rows(customer, "intake_batches") == 0
    assert await site.rows(customer, "quarantine") == 1


async def test_nobody_is_blamed_for_what_a_living_process_works_on(site: Site) -> None:
    customer = await site.customer()
    intake = intake_of(site)
    await intake.put((await site.feed(customer)).feed, packed(b'{"n":1}'), SENDER)
    batch_id = await site.superuser.fetchval("select id from wf.intake_batches")
    with open_journal(site.run_dir) as journal, journal.working_on(customer.id, [batch_id]):
        await blame_the_dead(intake, site.run_dir)
    await blame_the_dead(intake, site.run_dir)
    assert await site.superuser.fetchval("select attempts from wf.intake_batches") == 0
    assert list(site.run_dir.iterdir()) == []


async def test_a_batch_that_was_tampered_with_is_put_aside(site: Site) -> None:
    customer = await site.customer()
    intake = intake_of(site)
    await intake.put((await site.feed(customer)).feed, packed(b"1"), SENDER)
    await site.superuser.execute("update wf.intake_batches set body = overlay(body placing '\\x00' from 120)")
    await site.pipeline().drain()
    assert await site.rows(customer, "intake_batches") == 0
    assert await site.rows(customer, "quarantine") == 1


async def test_an_event_that_cannot_be_read_is_put_aside_and_the_others_go_on(site: Site) -> None:
    customer = await site.customer()
    deep = b'{"a":' * 40 + b"1" + b"}" * 40
    long = b'{"a":"' + b"x" * 300_000 + b'"}'
    await intake_of(site).put((await site.feed(customer)).feed, packed(b'{"n":1}', deep, long, b'{"n":2}'), SENDER)
    await site.pipeline().drain()
    assert await kept(site, customer) == [b'{"n":1}', b'{"n":2}']
    rows = await site.superuser.fetch("select id, event_index, code, body from wf.quarantine order by event_index")
    assert [(row["event_index"], row["code"]) for row in rows] == [(1, "too_deep"), (2, "too_large")]
    bodies = [customer.cipher.open_(row["body"], table="quarantine", column="body", row=row["id"]) for row in rows]
    assert bodies == [deep, long[: 256 * 1024]]
    hour = await site.superuser.fetchrow("select batches, events, unparsed, quarantined, raw_bytes from wf.feed_hours")
    assert hour is not None
    assert dict(hour) == {
        "batches": 1,
        "events": 4,
        "unparsed": 2,
        "quarantined": 2,
        "raw_bytes": len(deep) + len(long) + 14,
    }


async def test_a_disk_that_takes_nothing_loses_nothing(site: Site) -> None:
    customer = await site.customer()
    await intake_of(site).put((await site.feed(customer)).feed, packed(b'{"n":1}'), SENDER)
    site.lake_dir.write_bytes(b"in the way")
    for _ in range(5):
        assert not await site.pipeline().drain()
    assert await site.superuser.fetchval("select attempts from wf.intake_batches") == 0
    site.lake_dir.unlink()
    assert await site.pipeline().drain()
    assert await kept(site, customer) == [b'{"n":1}']
    assert await site.rows(customer, "quarantine") == 0


async def test_old_receipts_are_forgotten(site: Site) -> None:
    customer = await site.customer()
    feed = (await site.feed(customer)).feed
    intake = intake_of(site)
    sender = msgspec.structs.replace(SENDER, request_key="k")
    await intake.put(feed, packed(b"1"), sender)
    async with tenant_tx(site.app, customer.id) as tx:
        assert await forget_receipts(tx) == 0
    await site.superuser.execute("update wf.intake_receipts set received_at = now() - interval '25 hours'")
    async with tenant_tx(site.app, customer.id) as tx:
        assert await forget_receipts(tx) == 1
    assert not (await intake.put(feed, packed(b"1"), sender)).is_repeat


async def test_two_equal_requests_at_once_are_stored_once(site: Site) -> None:
    customer = await site.customer()
    feed = (await site.feed(customer)).feed
    intake = intake_of(site)
    sender = msgspec.structs.replace(SENDER, request_key="k")
    receipts = await asyncio.gather(*(intake.put(feed, packed(b"1"), sender) for _ in range(8)))
    assert sorted(receipt.is_repeat for receipt in receipts) == [False] + [True] * 7
    assert await site.rows(customer, "intake_batches") == 1
