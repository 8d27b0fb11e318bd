"""The ledger says which log sources really came in: by feed and day, each event once."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import asyncpg
import pytest

from tests.domain.workplace import Count, MakeTenant, Tenant
from watchfloor.feeds.sources.ledger import SeenSource, Sighting, add_up, count_sources, forget_sources, seen_sources
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.ids import FeedId, new_uuid

NOON: Final = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
async def feed(acme: Tenant, superuser: "asyncpg.Connection[asyncpg.Record]") -> FeedId:
    return await make_feed(acme, superuser)


async def make_feed(tenant: Tenant, superuser: "asyncpg.Connection[asyncpg.Record]") -> FeedId:
    feed_id = FeedId(new_uuid())
    await superuser.execute(
        "insert into wf.feeds (tenant_id, id, name, door) values ($1, $2, 'windows', 'hec')", tenant.id, feed_id
    )
    return feed_id


def sighting(
    feed_id: UUID, *, service: str | None = "sysmon", category: str | None = None, days: int = 0, events: int = 1
) -> Sighting:
    moment = NOON + timedelta(days=days)
    return Sighting(
        feed_id=FeedId(feed_id),
        received_at=moment,
        product="windows",
        category=category,
        service=service,
        events=events,
        last_event_at=moment,
    )


async def brought(tenant: Tenant, *, since: datetime = NOON - timedelta(days=30)) -> list[tuple[str | None, int]]:
    async with tenant_tx(tenant.database, tenant.id) as tx:
        return [(one.service, one.events) for one in await seen_sources(tx, since=since)]


async def test_sightings_of_a_day_are_one_row_and_add_up(acme: Tenant, feed: FeedId, count: Count) -> None:
    for _ in range(2):
        async with tenant_tx(acme.database, acme.id) as tx:
            await count_sources(tx, [sighting(feed, events=3), sighting(feed, events=4), sighting(feed, service=None)])
    assert await count("wf.source_days") == 2
    assert await brought(acme) == [(None, 2), ("sysmon", 14)]


async def test_only_the_days_that_were_asked_for_count_and_old_ones_go(
    acme: Tenant, feed: FeedId, count: Count
) -> None:
    async with tenant_tx(acme.database, acme.id) as tx:
        await count_sources(tx, [])
        await count_sources(tx, [sighting(feed, days=-8), sighting(feed, days=-2), sighting(feed)])
    assert await brought(acme, since=NOON - timedelta(days=7)) == [("sysmon", 2)]
    async with tenant_tx(acme.database, acme.id) as tx:
        await forget_sources(tx, now=NOON + timedelta(days=396))
    assert await count("wf.source_days") == 2


async def test_a_tenant_sees_its_own_feeds_only(
    acme: Tenant, feed: FeedId, make_tenant: MakeTenant, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    nord = await make_tenant("NORD")
    theirs = await make_feed(nord, superuser)
    for tenant, feed_id, service in ((acme, feed, "sysmon"), (nord, theirs, "security")):
        async with tenant_tx(tenant.database, tenant.id) as tx:
            await count_sources(tx, [sighting(feed_id, service=service)])
    assert (await brought(acme), await brought(nord)) == ([("sysmon", 1)], [("security", 1)])


async def test_a_name_from_outside_cannot_burst_the_ledger(acme: Tenant, feed: FeedId) -> None:
    async with tenant_tx(acme.database, acme.id) as tx:
        await count_sources(tx, [sighting(feed, service="x" * 5_000)])
    assert await brought(acme) == [("x" * 64, 1)]


def test_tenants_are_added_up() -> None:
    one = SeenSource(product="aws", category=None, service="cloudtrail", events=1, last_event_at=NOON)
    later = SeenSource(
        product="aws", category=None, service="cloudtrail", events=2, last_event_at=NOON + timedelta(days=1)
    )
    other = SeenSource(product="aws", category="x", service=None, events=5, last_event_at=NOON)
    merged = add_up([[later], [one, other]])
    assert [(source.service, source.events) for source in merged] == [("cloudtrail", 3), (None, 5)]
    assert merged[0].last_event_at == later.last_event_at
