"""How fast pages become durable with their keys, and that memory stays flat. Needs the machine to itself."""

import resource
import time
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from typing import Final

import pytest

from infra.load import tell
from tests.wire.conftest import site
from tests.wire.connectors.test_runner import Scripted, Yard, yard
from watchfloor.feeds.connectors.connector import Cursor, Page, Pulled, Remote
from watchfloor.feeds.connectors.running.turn import Pace

__all__ = ["site", "yard"]

RECORDS: Final = 200_000
PAGE: Final = 1_000
BODY: Final = b'{"eventVersion":"1.09","eventName":"AssumeRole","n":%d,"requestParameters":{"x":"' + b"y" * 700 + b'"}}'
LEAST_A_SECOND: Final = 5_000
MOST_GROWTH_KB: Final = 60_000


class Endless(Scripted):
    """Pages whose records are made as they are asked for."""

    async def pull(self, remote: Remote, stream: str, cursor: Cursor | None) -> AsyncGenerator[Page]:
        """So many records in pages."""
        del remote
        at = 0 if cursor is None else int(str(cursor["at"]))
        while at < RECORDS:
            numbers = range(at, at + PAGE)
            records = tuple(Pulled(body=BODY % number, key=f"{stream}-{number}") for number in numbers)
            at += PAGE
            yield Page(records=records, cursor={"at": at}, newest=datetime.now(UTC))


@pytest.mark.load
async def test_pages_become_durable_quickly_and_memory_stays_flat(yard: Yard) -> None:
    yard.connector = Endless()
    customer = await yard.site.customer()
    feed = await yard.add(customer, "one")
    runner = yard.runner(pace=Pace(turn_seconds=10.0))
    peaks: list[int] = []
    began = time.perf_counter()
    while (await yard.stream(customer, feed)).records < RECORDS:
        await yard.turn(runner)
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
        await yard.site.superuser.execute("delete from wf.intake_batches")
        await yard.site.superuser.execute("update wf.connector_streams set due_at = now()")
    seconds = time.perf_counter() - began
    size = await yard.site.superuser.fetchval("select pg_total_relation_size('wf.pulled_keys')")
    tell(f"{RECORDS / seconds:,.0f} records/s, {size / RECORDS:.0f} bytes a key, peaks {peaks} KB")
    assert RECORDS / seconds > LEAST_A_SECOND
    assert peaks[-1] - peaks[0] < MOST_GROWTH_KB
