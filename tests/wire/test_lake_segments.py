"""The lake: what was appended comes back as it was, sealed on the disk, and only what was committed counts."""

import asyncio
import contextlib
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.conftest import EVER, Customer, Site
from watchfloor.kernel.crypto import Unopenable
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.errors import Unavailable
from watchfloor.kernel.ids import BatchId, FeedId, new_uuid
from watchfloor.lake.line import read_lines, write_lines
from watchfloor.normalise.dispatch import normalise
from watchfloor.normalise.event import Entity, Event, LogSource
from watchfloor.normalise.raw import RawEvent

NOON: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)


def event(number: int, *, at: datetime = NOON, raw: bytes = b'{"canary":"plain"}') -> Event:
    """An event of its own identity."""
    return Event(
        key=number.to_bytes(16),
        source="windows.sysmon",
        logsources=(LogSource(product="windows", category="process_creation"), LogSource(product="windows")),
        time=at,
        time_quality="parsed",
        received_at=at + timedelta(seconds=3, microseconds=7),
        fields={"a": 1, "b": [None, True, 1.5, 2**64 - 1, {"c": "\u2028ä\n"}], "": ""},
        entities=(Entity(kind="host", value="h"), Entity(kind="user", value="d\\u")),
        summary="canary\nin two lines",
        raw=raw,
        parser="windows/1",
    )


async def append(site: Site, customer: Customer, events: Sequence[Event]) -> Path:
    """Appends in a transaction of its own and gives the file."""
    async with tenant_tx(site.app, customer.id) as tx:
        segment = await site.store.append(tx, customer.cipher, events)
    return site.lake_dir / segment.path


@given(st.lists(st.binary(max_size=80), max_size=5))
def test_a_line_gives_back_the_event_whatever_its_source_sent(raws: list[bytes]) -> None:
    events = [event(number, raw=raw) for number, raw in enumerate(raws)]
    assert read_lines(write_lines(events)) == events


def test_a_line_gives_back_what_the_normaliser_makes() -> None:
    bodies = [b'{"EventID":1,"Computer":"h","EventRecordID":5}', b"text \xff\0", b'{"eventName":"A","eventSource":"b"}']
    events = [
        normalise(
            RawEvent(body=body),
            feed_id=FeedId(new_uuid()),
            batch_id=BatchId(new_uuid()),
            index=0,
            source_hint=None,
            received_at=NOON,
        )
        for body in bodies
    ]
    assert read_lines(write_lines(events)) == events


async def test_events_come_back_by_their_time(site: Site) -> None:
    customer = await site.customer()
    hours = [NOON + timedelta(hours=number) for number in range(6)]
    for number, hour in enumerate(hours):
        await append(site, customer, [event(number, at=hour), event(number + 100, at=hour + timedelta(minutes=30))])
    async with tenant_tx(site.app, customer.id) as tx:
        found = site.store.scan(tx, customer.cipher, since=hours[2], until=hours[4] + timedelta(minutes=30))
        assert [int.from_bytes(one.key) for one in [one async for one in found]] == [2, 102, 3, 103, 4]
    assert len(await site.events(customer)) == 12


async def test_nothing_can_be_read_from_the_disk_but_with_the_tenants_key(site: Site) -> None:
    customer, other = await site.customer(), await site.customer()
    file = await append(site, customer, [event(number) for number in range(50)])
    assert b"canary" not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0
    assert file.parent.parent.name == str(customer.id)
    async with tenant_tx(site.app, customer.id) as tx:
        with pytest.raises(Unopenable):
            [one async for one in site.store.scan(tx, other.cipher, since=EVER[0], until=EVER[1])]
    assert await site.events(other) == []


@pytest.mark.parametrize("place", [0, 40, 200, -1])
async def test_a_changed_file_does_not_open(site: Site, place: int) -> None:
    customer = await site.customer()
    file = await append(site, customer, [event(number) for number in range(50)])
    content = bytearray(file.read_bytes())
    content[place] ^= 1
    file.write_bytes(content)
    with pytest.raises(Unopenable):
        await site.events(customer)


async def test_a_missing_file_is_named(site: Site) -> None:
    customer = await site.customer()
    file = await append(site, customer, [event(1)])
    file.unlink()
    with pytest.raises(Unavailable) as error:
        await site.events(customer)
    assert error.value.where == str(file.relative_to(site.lake_dir))


async def test_what_was_rolled_back_is_no_part_of_the_lake_and_its_file_is_collected_later(site: Site) -> None:
    customer = await site.customer()
    kept = await append(site, customer, [event(1)])
    with contextlib.suppress(ZeroDivisionError):
        async with tenant_tx(site.app, customer.id) as tx:
            await site.store.append(tx, customer.cipher, [event(2)])
            raise ZeroDivisionError
    files = {file for file in site.lake_dir.rglob("*") if file.is_file()}
    assert len(files) == 2
    unfinished = kept.with_name("left-behind.ndjson.zst.tmp")
    unfinished.write_bytes(b"half a file")
    async with tenant_tx(site.app, customer.id) as tx:
        assert await site.store.collect_orphans(tx, older_than_seconds=3_600) == 0
    for file in [*files, unfinished]:
        os.utime(file, (0, 0))
    async with tenant_tx(site.app, customer.id) as tx:
        assert await site.store.collect_orphans(tx, older_than_seconds=3_600) == 2
    assert {file for file in site.lake_dir.rglob("*") if file.is_file()} == {kept}
    assert [int.from_bytes(one.key) for one in await site.events(customer)] == [1]


async def test_shredding_takes_one_tenants_files_and_no_others(site: Site) -> None:
    customer, other = await site.customer(), await site.customer()
    for _ in range(3):
        await append(site, customer, [event(1)])
    kept = await append(site, other, [event(1)])
    assert await site.store.shred(customer.id) == 3
    assert await site.store.shred(customer.id) == 0
    assert {file for file in site.lake_dir.rglob("*") if file.is_file()} == {kept}


async def test_many_writers_at_once_are_no_trouble(site: Site) -> None:
    customer = await site.customer()
    await asyncio.gather(*(append(site, customer, [event(number)]) for number in range(12)))
    assert sorted(int.from_bytes(one.key) for one in await site.events(customer)) == list(range(12))
