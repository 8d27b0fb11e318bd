"""Windows in the database: exact over batches, late events, processes at once, a process that is killed, a new key."""

import asyncio
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import asyncpg
import pytest

from tests.domain.workplace import Count, MakeTenant, Tenant
from tests.unit.correlation_cases import NOON, Stream, correlation, event, rule
from watchfloor.alerts.record import lock
from watchfloor.alerts.windows.correlate import ClosedWindows, close, correlate, forget
from watchfloor.alerts.windows.store import WindowStore
from watchfloor.detect.correlate.correlator import Correlator
from watchfloor.detect.engine import Matches, PlainEngine
from watchfloor.detect.rule import Rule
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.errors import Unavailable
from watchfloor.normalise.event import Event
from watchfloor.tenancy.keyring import Keyring

COUNT: Final = (rule("a"), rule("C", correlation=correlation("event_count", ["a"], seconds=60, gte=3)))
CHAIN: Final = (
    rule("a"),
    rule("b"),
    rule("I", correlation=correlation("event_count", ["a"], seconds=60, gte=3)),
    rule("C", correlation=correlation("temporal_ordered", ["I", "b"], seconds=120, gte=2)),
)
FEW: Final = (rule("a"), rule("C", correlation=correlation("event_count", ["a"], seconds=60, lt=3)))


class Pipeline:
    """The part of a pipeline that correlates, as a process of its own would do it: nothing is kept in it."""

    def __init__(self, tenant: Tenant, rules: Sequence[Rule]) -> None:
        self.tenant = tenant
        self.rules = rules
        self.engine = PlainEngine(rules)
        self.correlator = Correlator(rules)

    async def work(self, *events: Event, now: datetime | None = None, dies: bool = False) -> list[tuple[str, float]]:
        """One batch in a transaction of its own: titles and seconds after noon."""
        async with tenant_tx(self.tenant.database, self.tenant.id) as tx:
            await lock(tx)
            matches = await correlate(
                tx,
                self.tenant.cipher,
                correlator=self.correlator,
                events=events,
                matches=self.engine.match(events),
                now=now or max(one.received_at for one in events),
            )
            if dies:
                assert matches.rule
                raise Unavailable("The process died here.")
        return self.told(events, matches)

    async def close(self, *, at: float) -> list[tuple[str, float]]:
        """Closes what is due so many seconds after noon."""
        async with tenant_tx(self.tenant.database, self.tenant.id) as tx:
            await lock(tx)
            closed: ClosedWindows = await close(
                tx, self.tenant.cipher, correlator=self.correlator, now=NOON + timedelta(seconds=at)
            )
        return self.told(closed.events, closed.matches)

    def told(self, events: Sequence[Event], matches: Matches) -> list[tuple[str, float]]:
        return [
            (self.rules[number].title, (events[index].time - NOON).total_seconds())
            for index, number in zip(matches.event, matches.rule, strict=True)
        ]


async def test_a_window_goes_on_from_batch_to_batch_and_from_process_to_process(acme: Tenant) -> None:
    assert await Pipeline(acme, COUNT).work(event(0)) == []
    assert await Pipeline(acme, COUNT).work(event(20), event(25, g="y")) == []
    assert await Pipeline(acme, COUNT).work(event(50)) == [("C", 50)]
    assert await Pipeline(acme, COUNT).work(event(51)) == []


async def test_the_first_match_of_a_stream_costs_statements_and_one_that_concerns_nothing_costs_none(
    acme: Tenant, count: Count
) -> None:
    rules = (*COUNT, rule("z"))
    assert await Pipeline(acme, rules).work(event(0, "z")) == []
    assert await count("wf.correlation_windows") == 0


async def test_an_event_an_hour_late_completes_a_window(acme: Tenant) -> None:
    pipeline = Pipeline(acme, COUNT)
    await pipeline.work(event(0), event(50))
    for minute in range(1, 60):
        await pipeline.work(event(60 * minute, g="other"))
    assert await pipeline.work(event(20, late=3_580)) == [("C", 20)]


async def test_what_no_late_event_can_meet_is_let_go(acme: Tenant, count: Count) -> None:
    pipeline = Pipeline(acme, COUNT)
    await pipeline.work(event(0), event(30, g="y"))

    async def left_at(seconds: float) -> int:
        async with tenant_tx(acme.database, acme.id) as tx:
            await forget(tx, now=NOON + timedelta(seconds=seconds))
        return await count("wf.correlation_windows")

    assert await left_at(60 + 3_600) == 2
    assert await left_at(60 + 3_600 + 1_300) == 0


async def test_while_older_batches_wait_for_work_nothing_is_let_go(
    acme: Tenant, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    pipeline = Pipeline(acme, COUNT)
    await pipeline.work(event(0), event(10))
    await superuser.execute(
        "insert into wf.feeds (tenant_id, id, name, door) values ($1, gen_random_uuid(), 'main', 'hec')", acme.id
    )
    await superuser.execute(
        "insert into wf.intake_batches (tenant_id, id, lane, feed_id, door, received_at, remote, user_agent, metadata,"
        " events, raw_bytes, body)"
        " select $1, gen_random_uuid(), 1, id, 'hec', $2, '', '', '', 1, 1, '' from wf.feeds",
        acme.id,
        NOON + timedelta(minutes=30),
    )
    tomorrow = NOON + timedelta(days=1)
    async with tenant_tx(acme.database, acme.id) as tx:
        assert await forget(tx, now=tomorrow) == 0
    assert await pipeline.work(event(20, late=1_800), now=tomorrow) == [("C", 20)]


async def test_a_batch_that_is_rolled_back_has_counted_nothing(acme: Tenant) -> None:
    pipeline = Pipeline(acme, COUNT)
    await pipeline.work(event(0), event(1))
    with pytest.raises(Unavailable):
        await pipeline.work(event(2), dies=True)
    assert await pipeline.work(event(2)) == [("C", 2)]
    assert await pipeline.work(event(2)) == []


@pytest.mark.parametrize("rules", [COUNT, CHAIN], ids=["count", "chain"])
async def test_two_processes_at_once_find_what_one_finds_in_order(acme: Tenant, rules: tuple[Rule, ...]) -> None:
    dice = random.Random(7)
    events = [event(dice.randrange(900), dice.choice("aaab"), g=dice.choice("wxyz"), number=n) for n in range(400)]
    alone = Stream(*rules)
    for one in sorted(events, key=lambda one: one.time):
        alone.feed(one)
    shuffled = dice.sample(events + dice.sample(events, 100), len(events) + 100)
    batches = [shuffled[start : start + 25] for start in range(0, len(shuffled), 25)]

    async def process(own: list[list[Event]]) -> None:
        pipeline = Pipeline(acme, rules)
        for batch in own:
            await pipeline.work(*batch)

    await asyncio.gather(process(batches[0::2]), process(batches[1::2]))
    async with tenant_tx(acme.database, acme.id) as tx:
        store = WindowStore(tx, acme.cipher, alone.correlator)
        await store.load(alone.windows.windows)
    right = {group: window.fired for group, window in alone.windows.windows.items()}
    assert {group: window.fired for group, window in store.windows.items()} == right
    assert any(right.values())


async def test_a_window_that_needs_its_end_is_closed_by_the_clock_with_an_event_to_show(
    acme: Tenant, count: Count
) -> None:
    pipeline = Pipeline(acme, FEW)
    await pipeline.work(event(0), event(30), *(event(at, g="many") for at in range(5)))
    assert await pipeline.close(at=3_600) == []
    assert await pipeline.work(event(59, late=3_540)) == []
    assert await pipeline.close(at=60 + 3_600 + 1_300) == []
    assert await count("wf.correlation_windows") == 1, "what came late may have more behind it"
    assert await pipeline.close(at=59 + 3_540 + 3_600 + 1_300) == []
    assert await count("wf.correlation_windows") == 0
    await pipeline.work(event(0, g="few"), event(40, g="few"))
    assert await pipeline.close(at=60 + 3_600 + 1_300) in ([("C", 0)], [("C", 40)])
    assert await pipeline.close(at=90_000) == []


async def test_a_flood_of_one_rule_stays_small_and_right(
    acme: Tenant, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    pipeline = Pipeline(acme, COUNT)
    flood = [event(number / 1_000, number=number) for number in range(20_000)]
    assert await pipeline.work(*flood) == [("C", 0.002)]
    size: int = await superuser.fetchval("select length(state) from wf.correlation_windows")
    assert size < 2_000
    assert await pipeline.work(event(61, late=60)) == [("C", 61)]
    assert await pipeline.work(event(77.5), event(80.5, g="x")) == []


async def test_nothing_in_a_row_shows_who_is_in_the_group(
    acme: Tenant, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    rules = (rule("a"), rule("C", correlation=correlation("value_count", ["a"], fields=["v"], lt=9)))
    await Pipeline(acme, rules).work(event(0, g="Jordan.Example", v="secret-value"))
    row = await superuser.fetchrow("select * from wf.correlation_windows")
    assert row is not None
    shown = b"|".join(value if isinstance(value, bytes) else str(value).encode() for value in row.values())
    assert b"jordan" not in shown.lower()
    assert b"secret" not in shown


async def test_windows_go_on_under_a_new_key(acme: Tenant, settings: Settings, count: Count) -> None:
    pipeline = Pipeline(acme, COUNT)
    await pipeline.work(event(0), event(1))
    async with tenant_tx(acme.database, acme.id) as tx:
        renewed = await Keyring.open(settings).rotate(tx)
    later = Pipeline(Tenant(acme.id, acme.code, renewed, acme.database), COUNT)
    assert await later.work(event(2)) == [("C", 2)]
    assert await count("wf.correlation_windows") == 1


async def test_a_correlation_that_changed_begins_anew_and_waits_for_no_stranger(acme: Tenant, count: Count) -> None:
    await Pipeline(acme, FEW).work(event(0))
    other = (FEW[0], rule("C", correlation=correlation("event_count", ["a"], seconds=90, lt=3)))
    assert await Pipeline(acme, other).close(at=90_000) == []
    assert await count("wf.correlation_windows") == 1
    assert await Pipeline(acme, FEW).close(at=90_000 + 700) == [("C", 0)]


async def test_another_tenant_has_windows_of_its_own(acme: Tenant, make_tenant: MakeTenant) -> None:
    nord = await make_tenant("NORD")
    await Pipeline(acme, COUNT).work(event(0), event(1))
    assert await Pipeline(nord, COUNT).work(event(2)) == []
    assert await Pipeline(acme, COUNT).work(event(2)) == [("C", 2)]
