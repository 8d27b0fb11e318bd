"""What every connector is held to, whatever the vendor does: nothing lost, nothing doubled, and no hammering.

A connector's tests make a class of this one with its `Vendor` (see there), as `test_made_up` does. What counts is what
the lake has at the end, worked by the real pipeline.
"""

import asyncio
import contextlib
import json
import os
import random
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Final, Protocol

import msgspec
import pytest

from tests.conftest import Eventually
from tests.wire.conftest import ACTOR, BACKLOG_BYTES, Customer, Site
from tests.wire.connectors.nursery import imported
from tests.wire.connectors.vendor import Trouble, Vendor
from watchfloor.feeds.connectors.connector import Connector
from watchfloor.feeds.connectors.instances.queries import StrangerRow, StreamRow, select_strangers, select_streams
from watchfloor.feeds.connectors.instances.registry import add_connector
from watchfloor.feeds.connectors.reach import Reach, open_egress
from watchfloor.feeds.connectors.running.runner import Runner, Tools
from watchfloor.feeds.connectors.running.turn import Pace
from watchfloor.feeds.feed import Feed
from watchfloor.feeds.intake.postgres import PostgresIntake
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.ids import TenantId

KILLS: Final = int(os.environ.get("KILLS", "8"))
"""How often the runner is killed; KILLS=50 is what was asked for."""

LEASE_SECONDS: Final = 0.3
_ROOT: Final = str(Path(__file__).parents[3])

_HURRY: Final = """
update wf.connector_streams set due_at = now() where tenant_id = $1 and state = 'active'
"""
_FORGIVE: Final = "update wf.connectors set retry_at = null where tenant_id = $1"
_WAIT: Final = """
select extract(epoch from max(due_at) - now())::double precision
  from wf.connector_streams
 where tenant_id = $1
   and state = 'active'
"""


class _Switch(Protocol):
    def __call__(self, *, is_back: bool = False) -> None: ...


@dataclass
class Line:
    """A customer's connector, from the vendor to the lake."""

    site: Site
    customer: Customer
    vendor: Vendor
    connector: Connector
    feed: Feed
    names: list[str] = field(default_factory=list[str])

    async def happen(self, count: int, *, is_late: bool = False) -> list[str]:
        """Records happen that must be in the lake at the end."""
        names = await self.vendor.happen(count, is_late=is_late)
        assert len(names) == count
        self.names += names
        return names

    def runner(self, pace: Pace | None = None) -> Runner:
        """A runner in this process."""
        site = self.site
        tools = Tools(
            reach=Reach(
                database=site.app,
                egress=open_egress(self.vendor.stand_ins()),
                clock=SystemClock(),
                stand_ins=self.vendor.stand_ins(),
            ),
            keyring=site.keyring,
            intake=PostgresIntake(site.app, site.keyring, backlog_bytes=BACKLOG_BYTES),
            catalogue={self.connector.manifest.name: self.connector},
            hint=_heard,
            chance=random.Random(5),
        )
        return Runner(tools, pace=pace)

    async def turn(self) -> StreamRow:
        """Everything that is due gets one turn, whatever it was told to wait for; gives how the stream stands then."""
        await self.hurry()
        runner, stop = self.runner(), asyncio.Event()
        await runner.sweep()
        await runner.fill(stop)
        await runner.finish()
        return await self.standing()

    async def hurry(self) -> None:
        """Nothing has to be waited for any more."""
        await self.site.superuser.execute(_HURRY, self.customer.id)
        await self.site.superuser.execute(_FORGIVE, self.customer.id)

    async def catch_up(self, *, turns: int = 12) -> None:
        """Takes turns until one has all that there is and stores nothing new, and nothing waits to be settled."""
        for _ in range(turns):
            before = await self.standing()
            after = await self.turn()
            has_all = after.reached_at is not None and after.reached_at != before.reached_at
            if has_all and after.records == before.records and not await self.vendor.unsettled():
                return
        raise AssertionError(f"not caught up after {turns} turns: {await self.standing()}")

    async def standing(self) -> StreamRow:
        """How the stream stands."""
        async with tenant_tx(self.site.app, self.customer.id) as tx:
            rows = await select_streams(tx, [self.feed.id])
        return next(row for row in rows if row.name == self.vendor.STREAM and row.window_start is None)

    async def strangers(self) -> list[StrangerRow]:
        """The foreign accounts that were seen."""
        async with tenant_tx(self.site.app, self.customer.id) as tx:
            return await select_strangers(tx, self.feed.id, limit=100)

    async def check(self) -> None:
        """Every record that happened is in the lake, once, and nothing else is."""
        while await self.site.rows(self.customer, "intake_batches"):
            await self.site.pipeline().drain()
        found = Counter(self.vendor.name_of(event.raw) for event in await self.site.events(self.customer))
        lost = sorted(set(self.names) - set(found))
        assert lost == [], f"{len(lost)} of {len(self.names)} lost"
        doubled = sorted(name for name, times in found.items() if times > 1)
        assert doubled == [], f"{len(doubled)} of {len(self.names)} doubled"
        assert set(found) - set(self.names) == set()


@dataclass
class Nursery:
    """Runners that are killed; see the module of that name."""

    process: Process

    async def live(self, until: Callable[[], bool], eventually: Eventually, then_seconds: float) -> None:
        """A runner lives until something is so, or for a second and a half, and a moment longer."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"live\n")
        pid = int(await self._line())
        with contextlib.suppress(AssertionError):
            await eventually(until, within=1.5)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), then_seconds)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        assert await self._line() == "ended"

    async def _line(self) -> str:
        assert self.process.stdout is not None
        line = (await self.process.stdout.readline()).decode().strip()
        assert line, "the nursery has ended"
        return line


class Suite:
    """The tests. A class for each connector inherits them."""

    VENDOR: ClassVar[type[Vendor]]

    @pytest.fixture
    async def line(self, site: Site) -> AsyncGenerator[Line]:
        """A customer whose connector asks the vendor."""
        customer = await site.customer()
        async with self.VENDOR() as vendor:
            connector = imported(vendor.CONNECTOR)
            async with tenant_tx(site.app, customer.id) as tx:
                feed = await add_connector(
                    tx,
                    customer.cipher,
                    ACTOR,
                    connector,
                    name="pulled",
                    given=vendor.given(),
                    streams=[vendor.STREAM],
                )
            yield Line(site, customer, vendor, connector, feed)

    def needs(self, *troubles: Trouble) -> None:
        """Passes over the test when the vendor knows no such trouble."""
        for trouble in troubles:
            if trouble in self.VENDOR.CANNOT:
                pytest.skip(self.VENDOR.CANNOT[trouble])

    async def test_all_records_come_once_however_often_the_vendor_is_asked(self, line: Line) -> None:
        await line.happen(35)
        await line.catch_up()
        await line.happen(12)
        await line.catch_up()
        await line.catch_up()
        await line.check()
        standing = await line.standing()
        assert (standing.fault, standing.failures, standing.records) == (None, 0, len(line.names))
        assert standing.newest_at is not None

    async def test_a_storm_of_429_loses_nothing_and_is_waited_out(self, line: Line) -> None:
        self.needs("throttle")
        await line.happen(30)
        line.vendor.throttle(3)
        standing = await line.turn()
        assert standing.fault == "throttled"
        async with tenant_tx(line.site.app, line.customer.id) as tx:
            waits = await tx.value(float, _WAIT, tx.tenant_id)
        assert waits is not None
        assert waits > 0.5, "the vendor asked for a second"
        asked = line.vendor.requests
        runner = line.runner()
        await runner.sweep()
        await runner.fill(asyncio.Event())
        await runner.finish()
        assert line.vendor.requests == asked, "nobody asks before the time is over"
        await line.catch_up()
        await line.check()

    async def test_who_was_signed_out_signs_in_again_and_loses_nothing(self, line: Line) -> None:
        self.needs("expire")
        await line.happen(25)
        await line.catch_up()
        await line.happen(25)
        line.vendor.expire()
        await line.catch_up()
        await line.check()

    async def test_credentials_that_are_not_good_any_more_stop_the_stream_and_are_told(self, line: Line) -> None:
        self.needs("revoke")
        await self._is_stopped(line, line.vendor.revoke, "expired")

    async def test_a_permission_that_is_gone_stops_the_stream_and_is_told(self, line: Line) -> None:
        self.needs("forbid")
        await self._is_stopped(line, line.vendor.forbid, "denied")

    async def test_pages_that_come_twice_are_stored_once(self, line: Line) -> None:
        self.needs("repeat")
        line.vendor.repeat()
        await line.happen(30)
        await line.catch_up()
        await line.happen(15)
        await line.catch_up()
        await line.check()

    async def test_records_in_another_order_are_all_stored(self, line: Line) -> None:
        self.needs("disorder")
        line.vendor.disorder()
        await line.happen(30)
        await line.catch_up()
        await line.happen(30)
        await line.catch_up()
        await line.check()

    async def test_what_happens_while_pages_are_read_is_not_lost(self, line: Line) -> None:
        self.needs("between")
        await line.happen(40)
        line.vendor.between(lambda: line.happen(17))
        await line.catch_up()
        await line.check()
        assert len(line.names) == 57

    async def test_late_records_are_not_lost(self, line: Line) -> None:
        self.needs("late")
        await line.happen(20)
        await line.catch_up()
        await line.happen(8, is_late=True)
        await line.catch_up()
        await line.happen(5)
        await line.happen(3, is_late=True)
        await line.catch_up()
        await line.check()

    async def test_records_of_strangers_are_counted_and_never_stored(self, line: Line) -> None:
        self.needs("stranger")
        await line.happen(10)
        await line.vendor.happen(6, is_foreign=True)
        await line.happen(10)
        await line.catch_up()
        await line.check()
        strangers = await line.strangers()
        assert sum(stranger.records for stranger in strangers) >= 6
        assert await line.site.rows(line.customer, "quarantine") == 0

    @pytest.mark.crash
    async def test_a_runner_that_is_killed_again_and_again_loses_and_doubles_nothing(
        self, line: Line, eventually: Eventually
    ) -> None:
        chance, cut = random.Random(KILLS), 0
        await line.happen(60)
        async with self._nursery(line) as nursery:
            for _ in range(KILLS):
                await line.happen(40)
                await line.hurry()
                await nursery.live(_asked_for(line.vendor, chance.randint(1, 8)), eventually, chance.uniform(0, 0.02))
                cut += bool((await line.standing()).is_held)
        await eventually(lambda: _is_free(line))
        await line.catch_up(turns=40)
        await line.check()
        assert cut > KILLS // 5, "some must have died while they worked"

    async def _is_stopped(self, line: Line, trouble: _Switch, code: str) -> None:
        await line.happen(15)
        await line.catch_up()
        await line.happen(15)
        trouble()
        standing = await line.turn()
        assert standing.fault == code
        assert standing.fault_message
        assert standing.fault_remedy
        for secret in line.connector.manifest.settings:
            if secret.is_secret and (text := line.vendor.given().get(secret.name)):
                assert text not in msgspec.json.encode(standing).decode()
        asked = line.vendor.requests
        for _ in range(3):
            runner = line.runner()
            await runner.sweep()
            await runner.fill(asyncio.Event())
            await runner.finish()
        assert line.vendor.requests == asked, "it stops"
        trouble(is_back=True)
        await line.catch_up()
        await line.check()

    @contextlib.asynccontextmanager
    async def _nursery(self, line: Line) -> AsyncGenerator[Nursery]:
        environment = _environment(line.site.settings, line.vendor)
        given = json.dumps([line.vendor.CONNECTOR, environment, LEASE_SECONDS])
        program = f"import sys; sys.path.insert(0, {_ROOT!r}); from tests.wire.connectors.nursery import main; main()"
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, given, stdin=PIPE, stdout=PIPE)
        try:
            assert process.stdout is not None
            assert (await process.stdout.readline()).strip() == b"ready"
            yield Nursery(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            await process.wait()


def _environment(settings: Settings, vendor: Vendor) -> dict[str, str]:
    """The settings of this test's installation as a process of its own reads them."""
    assert settings.database_url is not None
    pairs = ",".join(f"{usual}={own}" for usual, own in vendor.stand_ins().items())
    return {
        "WATCHFLOOR_HOME": str(settings.home),
        "WATCHFLOOR_ENVIRONMENT": "test",
        "WATCHFLOOR_VALKEY_PORT": str(settings.valkey_port),
        "DATABASE_URL": settings.database_url.reveal(),
        "WATCHFLOOR_CONNECTOR_STAND_INS": pairs,
    }


def _asked_for(vendor: Vendor, times: int) -> Callable[[], bool]:
    """Whether the vendor has been asked so many times more than now."""
    target = vendor.requests + times
    return lambda: vendor.requests >= target


async def _is_free(line: Line) -> bool:
    """Whether nobody holds the stream any more."""
    return not (await line.standing()).is_held


def _heard(tenant_id: TenantId) -> None:
    """The pipeline of a test is started by the test."""
    del tenant_id
