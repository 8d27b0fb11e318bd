"""Lanes and quotas, over real doors and a real pipeline: nobody's flood and nobody's backfill delays live events."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

import msgspec
import pytest
from redis.asyncio import Redis

from tests.wire.conftest import Customer, Site
from watchfloor.feeds.batch import PackedBatch, Packer, SentEvent
from watchfloor.feeds.feed import Feed, FeedOptions
from watchfloor.feeds.intake.backlog import IntakeFull
from watchfloor.feeds.intake.opening import open_intake
from watchfloor.feeds.intake.postgres import PostgresIntake
from watchfloor.feeds.intake.queue import Intake, Lane, Sender, Work
from watchfloor.feeds.intake.rates.bucket import Meter
from watchfloor.feeds.intake.rates.quota import Quota, TenantQuota
from watchfloor.feeds.intake.refusals.ledger import list_refused
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.ids import TenantId, new_uuid
from watchfloor.kernel.valkey import Wake
from watchfloor.ops.pipeline import Pipeline
from watchfloor.ops.rulesets.compiled import shared_engine

SENDER: Final = Sender(remote="-", user_agent="", content_type="", request_id="1")
SLOW: Final = Quota(bytes_per_second=10_000, burst_bytes=50_000)


def packed(*bodies: bytes) -> PackedBatch:
    packer = Packer()
    for body in bodies:
        packer.add(SentEvent(body=body))
    return packer.finish()


class Watched(PostgresIntake):
    """Notes whose turns there were, in their order."""

    def __init__(self, site: Site) -> None:
        super().__init__(site.app, site.keyring, backlog_bytes=10**9)
        self.order: list[tuple[TenantId, Lane]] = []

    @asynccontextmanager
    async def work(
        self, tenant_id: TenantId, *, most_bytes: int, lane: Lane = Lane.LIVE
    ) -> AsyncGenerator[Work | None]:
        self.order.append((tenant_id, lane))
        async with super().work(tenant_id, most_bytes=most_bytes, lane=lane) as work:
            yield work


async def test_a_backfill_a_hundred_times_as_large_delays_nobodys_live_events(site: Site) -> None:
    intake = Watched(site)
    busy, quiet = await site.customer(), await site.customer()
    old = (await site.feed(busy, name="old", options=FeedOptions(backfill=True))).feed
    lines = [json.dumps({"n": number, "padding": "x" * 900}).encode() for number in range(1_000)]
    for _ in range(10):
        await intake.put(old, packed(*lines), SENDER)
    for customer in (busy, quiet):
        await intake.put((await site.feed(customer)).feed, packed(*lines[:100]), SENDER)
    pipeline = Pipeline(site.app, site.bench(intake, shared_engine()), Wake(site.valkey))
    assert await pipeline.drain()
    first_later = next(place for place, (_, lane) in enumerate(intake.order) if lane is not Lane.LIVE)
    assert {tenant_id for tenant_id, _ in intake.order[:first_later]} == {busy.id, quiet.id}
    assert {lane for _, lane in intake.order[first_later:]} == {Lane.BACKFILL}
    assert len(await site.events(busy)) == 10_100
    assert len(await site.events(quiet)) == 100


async def put_until_refused(intake: Intake, feed: Feed, *, size: int) -> tuple[int, IntakeFull]:
    for taken in range(200):
        try:
            await intake.put(feed, packed(b"x" * size), SENDER)
        except IntakeFull as refused:
            return taken, refused
    raise AssertionError("nothing is ever refused")


async def limited(site: Site, customer: Customer, quota: TenantQuota) -> None:
    """Writes the quota into the tenant's record, as a bundle would."""
    await site.superuser.execute(
        "update wf.tenants set bundle = $2 where tenant_id = $1",
        customer.id,
        msgspec.json.encode({"intake": quota}).decode(),
    )


async def test_a_tenant_over_its_rate_waits_in_all_processes_and_nobody_else_does(site: Site) -> None:
    greedy, other = await site.customer(), await site.customer()
    await limited(site, greedy, TenantQuota(bytes_per_second=10_000, burst_bytes=50_000))
    feed, free = (await site.feed(greedy)).feed, (await site.feed(other)).feed
    async with (
        open_intake(site.settings, site.app, site.keyring, valkey=site.valkey) as one,
        open_intake(site.settings, site.app, site.keyring, valkey=site.valkey) as two,
    ):
        taken, refused = await put_until_refused(one, feed, size=9_000)
        assert 4 <= taken <= 7
        assert refused.cause == "rate"
        assert 1 <= refused.retry_after_seconds <= 5
        with pytest.raises(IntakeFull):
            await two.put(feed, packed(b"x" * 20_000), SENDER)
        with pytest.raises(IntakeFull):
            await two.expect(feed, 20_000)
        for _ in range(20):
            await two.put(free, packed(b"x" * 9_000), SENDER)
    async with tenant_tx(site.app, greedy.id) as tx:
        (hour,) = await list_refused(tx, since=SystemClock().now())
    assert (hour.cause, hour.feed_id, hour.requests, hour.events, hour.raw_bytes) == ("rate", feed.id, 3, 2, 49_000)
    async with tenant_tx(site.app, other.id) as tx:
        assert await list_refused(tx, since=SystemClock().now() - timedelta(days=1)) == []


async def test_without_valkey_each_process_keeps_the_rate_by_itself() -> None:
    away = Redis(port=1)
    tenant_id = TenantId(new_uuid())
    for meter in (Meter(None), Meter(away)):
        await meter.spend(tenant_id, 50_000, SLOW)
        with pytest.raises(IntakeFull):
            await meter.spend(tenant_id, 20_000, SLOW)
    await away.aclose()


async def test_a_batch_larger_than_the_burst_goes_through_once_and_is_paid_for(site: Site) -> None:
    meter, tenant_id = Meter(site.valkey), TenantId(new_uuid())
    await meter.spend(tenant_id, 500_000, SLOW)
    with pytest.raises(IntakeFull) as refused:
        await meter.look(tenant_id, 1, SLOW)
    assert 40 <= refused.value.retry_after_seconds <= 46


async def test_a_door_says_no_before_it_takes_the_body(site: Site) -> None:
    doors = await site.doors(backlog_bytes=1_000_000)
    customer = await site.customer()
    feed = await site.feed(customer, door="ndjson")
    body = json.dumps({"a": "x" * 100}).encode()
    assert (await doors.client.post("/ingest/v1/main", content=body, headers=feed.headers)).status_code == 200
    await site.superuser.execute("update wf.intake_batches set body = $1", b"0" * 999_990)
    later = await site.doors(backlog_bytes=1_000_000)
    answers = [await later.client.post("/ingest/v1/main", content=body, headers=feed.headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [429, 429]
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in answers)
