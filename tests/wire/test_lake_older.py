"""Files of the lake's form before this one: an installation that has them loses nothing."""

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
import zstandard

from tests.wire.conftest import Customer, Site
from tests.wire.test_lake_segments import event
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.errors import Unavailable
from watchfloor.kernel.ids import new_uuid
from watchfloor.lake.compaction import Compactor
from watchfloor.lake.line import write_lines

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


async def keep_as_before(site: Site, customer: Customer, numbers: range) -> None:
    """Events as the lake kept them before."""
    segment_id = new_uuid()
    content = zstandard.compress(write_lines([event(number) for number in numbers]))
    sealed = customer.cipher.seal(content, table="lake_segments", column="file", row=segment_id)
    path = f"{customer.id}/2026-11-20/{segment_id}.ndjson.zst"
    site.store.files.put(path, sealed)
    await site.superuser.execute(
        "insert into wf.lake_segments (tenant_id, id, day, path, format, events, stored_bytes, sha256, first_event_at, "
        "last_event_at, key_version) values ($1, $2, $3, $4, 'ndjson.zst', $5, $6, $7, $8, $9, 1)",
        customer.id,
        segment_id,
        NOON.date(),
        path,
        len(numbers),
        len(sealed),
        hashlib.sha256(sealed).digest(),
        NOON,
        NOON + timedelta(seconds=1),
    )


async def test_they_are_rewritten_and_hold_the_same_events(site: Site) -> None:
    customer = await site.customer()
    await keep_as_before(site, customer, range(40))
    await keep_as_before(site, customer, range(40, 55))
    async with tenant_tx(site.app, customer.id) as tx:
        await site.store.append(tx, customer.cipher, [event(99)])
    compactor = Compactor(site.app, site.store)
    assert (await compactor.compact(customer.id, customer.cipher, at=NOON)).retired == 2
    assert sorted(await site.events(customer), key=lambda one: one.key) == [
        event(number) for number in [*range(55), 99]
    ]
    assert await compactor.remove_retired(customer.id, older_than_seconds=0) == 2
    assert not list(site.lake_dir.rglob("*.ndjson.zst"))


async def test_until_then_nothing_says_that_it_read_everything(site: Site) -> None:
    customer = await site.customer()
    await keep_as_before(site, customer, range(3))
    with pytest.raises(Unavailable, match="older form"):
        await site.events(customer)
