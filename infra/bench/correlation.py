"""Measures correlation: events a second through windows in PostgreSQL, and what open windows cost.

    python infra/bench/correlation.py [open windows]

It runs on an installation of its own. First as many windows are opened as are asked for, one a group; then events go
into them, spread over all of them, and into one of them alone (a flood). Only matched events are counted: what no
correlation looks at costs nothing.
"""

import asyncio
import hashlib
import random
import resource
import sys
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg

from infra.scratch import scratch_installation
from watchfloor.alerts.record import lock
from watchfloor.alerts.windows.correlate import correlate, forget
from watchfloor.detect.correlate.correlator import Correlator
from watchfloor.detect.correlation import Bound, Correlation
from watchfloor.detect.engine import Matches
from watchfloor.detect.lists import NEVER
from watchfloor.detect.rule import Rule
from watchfloor.kernel.config import Settings
from watchfloor.kernel.crypto import TenantCipher, TenantKey
from watchfloor.kernel.db import Database, Role, tenant_tx
from watchfloor.kernel.ids import TenantId, new_uuid
from watchfloor.normalise.event import Event, LogSource
from watchfloor.ops.embedded.postgres import PostgresServer

NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
BATCH: Final = 5_000
ROUNDS: Final = 12
FLOOD: Final = 50_000


def rule(number: int, correlation: Correlation | None = None) -> Rule:
    """A base rule, or a correlation of one."""
    return Rule(
        id=f"{number:08}-0000-4000-8000-000000000000",
        title="Measured",
        level="medium",
        status="test",
        author="Watchfloor",
        references=(),
        tags=(),
        why="",
        false_positives=(),
        runbook=(),
        dedup=("host",),
        window_seconds=3_600,
        licence="Apache-2.0",
        link=None,
        logsource=LogSource(product="windows"),
        path="measured.yml",
        content_hash=hashlib.sha256(str(number).encode()).hexdigest(),
        condition=NEVER,
        correlation=correlation,
    )


BASE: Final = rule(0)
RULES: Final = (
    BASE,
    rule(
        1,
        Correlation(
            kind="event_count",
            rules=(BASE.id,),
            group_by=("TargetUserName", "IpAddress"),
            timespan_seconds=600,
            bounds=(Bound("gte", 10),),
        ),
    ),
)


def event(number: int, group: int, at: float) -> Event:
    """A failed logon."""
    moment = NOON + timedelta(seconds=at)
    return Event(
        key=number.to_bytes(16, "big"),
        source="windows.security",
        logsources=(LogSource("windows", None, "security"),),
        time=moment,
        time_quality="parsed",
        received_at=moment,
        fields={
            "EventID": 4625,
            "TargetUserName": f"user-{group}",
            "IpAddress": f"10.{group >> 16}.{group >> 8 & 255}",
        },
        entities=(),
        summary="",
        raw=b"{}",
        parser="windows/1",
    )


class Measure:
    """Batches through `correlate`, each in its transaction, with the time that they take."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tenant_id = TenantId(new_uuid())
        self._cipher = TenantCipher(self._tenant_id, [TenantKey.generate(1)])
        self._correlator = Correlator(RULES)
        self.fired = 0

    async def run(self, batches: Iterable[Sequence[Event]]) -> tuple[float, float]:
        """Events a second, and this process's CPU in milliseconds for a thousand events."""
        events, seconds, cpu = 0, 0.0, 0.0
        for batch in batches:
            matches = Matches(list(range(len(batch))), [0] * len(batch))
            began, worked = time.perf_counter(), time.process_time()
            async with tenant_tx(self._database, self._tenant_id) as tx:
                await lock(tx)
                added = await correlate(
                    tx,
                    self._cipher,
                    correlator=self._correlator,
                    events=batch,
                    matches=matches,
                    now=batch[-1].received_at,
                )
            seconds += time.perf_counter() - began
            cpu += time.process_time() - worked
            events += len(batch)
            self.fired += len(added.rule)
        return events / seconds, cpu / events * 1_000_000

    async def end(self, at: datetime) -> tuple[int, float]:
        """Deletes all that has expired: how many windows, in how many seconds."""
        began = time.perf_counter()
        async with tenant_tx(self._database, self._tenant_id) as tx:
            gone = await forget(tx, now=at)
        return gone, time.perf_counter() - began


def tell(text: str) -> None:
    """Prints a line of the result."""
    print(text, flush=True)  # noqa: T201 - a program for a terminal


def resident() -> float:
    """The most memory that this process has had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def table_size(settings: Settings) -> tuple[int, int]:
    """Rows and bytes of the windows' table with its indexes."""
    admin = PostgresServer(settings.home, settings.postgres_port).admin_dsn.reveal()
    superuser = await asyncpg.connect(admin.rpartition("/")[0] + "/watchfloor")
    row = await superuser.fetchrow(
        "select count(*) as rows, pg_total_relation_size('wf.correlation_windows') as bytes from wf.correlation_windows"
    )
    await superuser.close()
    return (0, 0) if row is None else (row["rows"], row["bytes"])


async def main(windows: int) -> None:
    """Runs all on one tenant."""
    dice = random.Random(1)  # noqa: S311 - the same each time
    async with scratch_installation() as (settings, _):
        database = await Database.open(settings, Role.APP, connections=2)
        measure = Measure(database)
        before = resident()
        opening = (
            [event(number, number, number / 1_000) for number in range(start, min(start + BATCH, windows))]
            for start in range(0, windows, BATCH)
        )
        rate, cpu = await measure.run(opening)
        rows, size = await table_size(settings)
        tell(
            f"opening {windows:,} windows: {rate:,.0f} events/s, {cpu:.0f} ms CPU per 1,000;"
            f" {rows:,} rows of {size / rows:,.0f} bytes with their indexes"
        )
        spread = (
            [event(10**9 + turn * BATCH + n, dice.randrange(windows), 120 + turn * 5 + n / 1_000) for n in range(BATCH)]
            for turn in range(ROUNDS)
        )
        rate, cpu = await measure.run(spread)
        tell(f"events spread over {windows:,} open windows: {rate:,.0f} events/s, {cpu:.0f} ms CPU per 1,000")
        flood = [[event(2 * 10**9 + n, 7, 200 + n / 500) for n in range(FLOOD)]]
        rate, cpu = await measure.run(flood)
        tell(f"flood of {FLOOD:,} events into one window, one batch: {rate:,.0f} events/s, {cpu:.0f} ms CPU per 1,000")
        rows, size = await table_size(settings)
        tell(f"at the end: {rows:,} windows, {size / 2**20:,.0f} MiB in PostgreSQL, {measure.fired} fired")
        tell(f"resident: {resident():,.0f} MiB at most, {before:,.0f} MiB before (no window stays in the process)")
        gone, seconds = await measure.end(NOON + timedelta(hours=3))
        tell(f"letting go of {gone:,} expired windows: {seconds:.2f} s")
        await database.close()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
