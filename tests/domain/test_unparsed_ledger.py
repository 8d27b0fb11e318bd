"""What no parser knows is counted by feed and shape, with a few samples that only the tenant's key opens."""

from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg
import pytest

from tests.domain.workplace import Count, MakeTenant, Tenant
from watchfloor.feeds.unparsed.ledger import (
    KEPT_SAMPLES,
    MOST_SHAPES,
    SAMPLE_BYTES,
    UnknownShape,
    UnparsedSource,
    count_unparsed,
    forget_unparsed,
    unparsed_sources,
)
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.ids import FeedId, new_uuid

NOON: Final = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
async def feed(acme: Tenant, superuser: "asyncpg.Connection[asyncpg.Record]") -> FeedId:
    return await make_feed(acme, superuser, "odd")


async def make_feed(tenant: Tenant, superuser: "asyncpg.Connection[asyncpg.Record]", name: str) -> FeedId:
    feed_id = FeedId(new_uuid())
    await superuser.execute(
        "insert into wf.feeds (tenant_id, id, name, door) values ($1, $2, $3, 'hec')", tenant.id, feed_id, name
    )
    return feed_id


def shape(feed_id: FeedId, number: int = 1, *, events: int = 1, hours: int = 0, sample: bytes = b"odd") -> UnknownShape:
    return UnknownShape(
        feed_id=feed_id,
        fingerprint=number.to_bytes(16, "big"),
        sketch=f"sketch {number}",
        events=events,
        seen_at=NOON + timedelta(hours=hours),
        samples=(sample,) * min(events, KEPT_SAMPLES),
    )


async def bring(tenant: Tenant, *shapes: UnknownShape) -> None:
    async with tenant_tx(tenant.database, tenant.id) as tx:
        await count_unparsed(tx, tenant.cipher, shapes)


async def listed(tenant: Tenant) -> list[UnparsedSource]:
    async with tenant_tx(tenant.database, tenant.id) as tx:
        return await unparsed_sources(tx, tenant.cipher, with_samples=True)


async def test_a_shape_is_one_row_that_counts_and_keeps_its_first_samples(acme: Tenant, feed: FeedId) -> None:
    await bring(acme, shape(feed, events=2, sample=b"first"), shape(feed, events=5, hours=1, sample=b"second"))
    await bring(acme, shape(feed, events=1, hours=-1, sample=b"third"))
    (one,) = await listed(acme)
    assert (one.feed, one.sketch, one.events) == ("odd", "sketch 1", 8)
    assert (one.first_seen_at, one.last_seen_at) == (NOON - timedelta(hours=1), NOON + timedelta(hours=1))
    assert one.samples == (b"first", b"first", b"second")


async def test_samples_are_cut_and_nothing_of_them_stands_open(
    acme: Tenant, feed: FeedId, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await bring(acme, shape(feed, events=3, sample=b"alice" * 2_000))
    (one,) = await listed(acme)
    assert [len(sample) for sample in one.samples] == [SAMPLE_BYTES] * 3
    row = await superuser.fetchrow("select * from wf.unparsed_sources where tenant_id = $1", acme.id)
    assert row is not None
    assert not any(b"alice" in value or b"sketch" in value for value in row.values() if isinstance(value, bytes))
    assert row["shape"].bytes != shape(feed).fingerprint


async def test_what_goes_beyond_the_bound_is_counted_as_one(acme: Tenant, feed: FeedId, count: Count) -> None:
    await bring(acme, *(shape(feed, number) for number in range(1, MOST_SHAPES + 11)))
    await bring(acme, shape(feed, 5_000, events=7), shape(feed, 1, events=3))
    assert await count("wf.unparsed_sources") == MOST_SHAPES + 1
    async with tenant_tx(acme.database, acme.id) as tx:
        found = await unparsed_sources(tx, acme.cipher, with_samples=True, limit=500)
    (other,) = [one for one in found if one.sketch is None]
    assert (other.events, other.samples) == (17, ())
    assert sum(one.events for one in found) == MOST_SHAPES + 10 + 10


async def test_each_feed_has_shapes_of_its_own_and_no_other_tenant_sees_them(
    acme: Tenant,
    feed: FeedId,
    make_tenant: MakeTenant,
    superuser: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    second, stranger = await make_feed(acme, superuser, "other"), await make_tenant("NORD")
    await bring(acme, shape(feed), shape(second))
    assert sorted(one.feed for one in await listed(acme)) == ["odd", "other"]
    assert await listed(stranger) == []


async def test_shapes_that_come_no_more_are_forgotten(acme: Tenant, feed: FeedId) -> None:
    await bring(acme, shape(feed, 1), shape(feed, 2, hours=24))
    async with tenant_tx(acme.database, acme.id) as tx:
        await forget_unparsed(tx, now=NOON + timedelta(days=90, hours=1))
    assert [one.sketch for one in await listed(acme)] == ["sketch 2"]
