"""The pipeline as it runs: woken by hints, not dependent on them, fair between tenants, quick to stop (Q3)."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator

from redis.asyncio import Redis

from infra.ports import free_port
from tests.conftest import Eventually
from tests.wire.conftest import Customer, Site
from watchfloor.feeds.batch import Packer, SentEvent
from watchfloor.feeds.doors.hints import PIPELINE_LANE, Hints
from watchfloor.feeds.feed import Feed
from watchfloor.feeds.intake.postgres import PostgresIntake
from watchfloor.feeds.intake.queue import Sender
from watchfloor.kernel.ids import TenantId, new_uuid
from watchfloor.kernel.valkey import Wake
from watchfloor.ops.pipeline import Pipeline

SENDER = Sender(remote="127.0.0.1", user_agent="test", content_type="", request_id="1")


async def put(site: Site, feed: Feed, *, events: int, batches: int = 1) -> None:
    """Puts batches of ordinary events, without a hint."""
    intake = PostgresIntake(site.app, site.keyring, backlog_bytes=10**9)
    body = json.dumps({"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Image": "x" * 1_000}).encode()
    for _ in range(batches):
        packer = Packer()
        for _ in range(events):
            packer.add(SentEvent(body=body))
        await intake.put(feed, packer.finish(), SENDER)


@contextlib.asynccontextmanager
async def running(pipeline: Pipeline) -> AsyncGenerator[None]:
    """The pipeline runs inside this block, and stops promptly at its end."""
    stop = asyncio.Event()
    run = asyncio.create_task(pipeline.run(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(run, 5)


async def test_a_hint_brings_work_at_once(site: Site, eventually: Eventually) -> None:
    customer = await site.customer()
    feed = (await site.feed(customer)).feed
    async with running(site.pipeline()):

        async def is_idle() -> bool:
            waiting: int = await site.valkey.zcard(f"wf:ready:{PIPELINE_LANE}")
            return waiting == 0

        await eventually(is_idle)
        await put(site, feed, events=1)
        await Wake(site.valkey).hint(PIPELINE_LANE, customer.id)
        await eventually(lambda: _is_empty(site, customer), within=2)


async def test_without_valkey_work_is_found_by_sweeping(site: Site, eventually: Eventually) -> None:
    customer = await site.customer()
    feed = (await site.feed(customer)).feed
    nowhere = Redis(host="127.0.0.1", port=free_port())
    pipeline = site.pipeline(Wake(nowhere))
    async with running(pipeline):
        await put(site, feed, events=1)
        await eventually(lambda: _is_empty(site, customer), within=5)
    await nowhere.aclose()


async def test_a_suspended_tenant_keeps_its_events_and_is_worked_once_it_is_back(site: Site) -> None:
    customer = await site.customer()
    await put(site, (await site.feed(customer)).feed, events=1)
    await site.superuser.execute("update auth.tenants set state = 'suspended'")
    await site.pipeline().drain()
    assert not await _is_empty(site, customer)
    await site.superuser.execute("update auth.tenants set state = 'active'")
    await site.pipeline().drain()
    assert await _is_empty(site, customer)


async def test_a_tenant_without_a_key_holds_nobody_up(site: Site) -> None:
    gone, other = await site.customer(), await site.customer()
    for customer in (gone, other):
        await put(site, (await site.feed(customer)).feed, events=1)
    await site.keyring.destroy(gone.id)
    await site.superuser.execute("delete from wf.tenant_keys where tenant_id = $1", gone.id)
    assert await site.pipeline().drain()
    assert await _is_empty(site, other)


async def test_a_flood_of_one_tenant_does_not_hold_up_another(site: Site, eventually: Eventually) -> None:
    flooder, quiet = await site.customer(), await site.customer()
    flood, trickle = (await site.feed(flooder)).feed, (await site.feed(quiet)).feed
    await put(site, flood, events=400, batches=60)
    async with running(site.pipeline()):

        async def has_begun() -> bool:
            return await site.rows(flooder, "intake_batches") < 60

        await eventually(has_begun)
        await put(site, trickle, events=1)
        waiting = await site.rows(flooder, "intake_batches")
        await Wake(site.valkey).hint(PIPELINE_LANE, quiet.id)
        await eventually(lambda: _is_empty(site, quiet), within=10)
        assert waiting - await site.rows(flooder, "intake_batches") <= 12
        await eventually(lambda: _is_empty(site, flooder), within=60)


async def _is_empty(site: Site, customer: Customer) -> bool:
    return await site.rows(customer, "intake_batches") == 0


class Slow:
    """Where hints go slowly, and how they were asked for."""

    def __init__(self) -> None:
        self.given = list[TenantId]()
        self.go_on = asyncio.Event()

    async def hint(self, lane: str, tenant_id: TenantId) -> None:
        assert lane == PIPELINE_LANE
        self.given.append(tenant_id)
        await self.go_on.wait()


async def test_a_hint_that_is_asked_for_while_one_is_under_way_follows_it(eventually: Eventually) -> None:
    slow = Slow()
    hints = Hints(slow)
    one, other = TenantId(new_uuid()), TenantId(new_uuid())
    hints.give(one)
    await eventually(lambda: slow.given == [one])
    for _ in range(5):
        hints.give(one)
    hints.give(other)
    slow.go_on.set()
    await hints.finish()
    assert sorted(slow.given) == sorted([one, one, other])
