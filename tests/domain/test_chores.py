"""Chores may run at any time, any number of times, in any order, and by several workers at once (Q1)."""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from datetime import timedelta
from random import Random

import asyncpg
import msgspec
import pytest
from redis.asyncio import Redis

from tests.conftest import Eventually
from tests.domain.test_relay import Recorder, send
from tests.domain.workplace import Count, MakeEvent, MakeRule, MakeTenant, Tenant
from tests.unit.correlation_cases import NOON, correlation, event, rule
from watchfloor.alerts.windows.correlate import correlate
from watchfloor.detect.correlate.correlator import Correlator
from watchfloor.detect.engine import Matches
from watchfloor.kernel.clock import FixedClock, SystemClock
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.errors import Unavailable
from watchfloor.kernel.ids import new_uuid
from watchfloor.ops import schedule
from watchfloor.ops.chores import RECEIPTS_KEPT, Chore, Chores, run_chore
from watchfloor.ops.consumers import Resources
from watchfloor.ops.relay import Relay


@pytest.fixture
async def resources(settings: Settings) -> AsyncGenerator[Resources]:
    async with AsyncExitStack() as opened:
        yield Resources(settings, opened)


@pytest.fixture
def chores(resources: Resources) -> Chores:
    return Chores(resources, consumers=[Recorder()], clock=SystemClock())


async def test_every_chore_any_number_of_times_in_any_order_leaves_the_same_state(
    acme: Tenant,
    make_event: MakeEvent,
    make_rule: MakeRule,
    chores: Chores,
    superuser: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    await acme.work((make_rule(), make_event(1, host="ws-1")))
    await _dead_session(superuser)

    async def state() -> list[tuple[object, ...]]:
        rows = await superuser.fetch(
            "select (select count(*) from auth.sessions), (select max(seq) from wf.audit_heads),"
            " (select count(*) from wf.audit_heads), (select count(*) from wf.incidents)"
        )
        return [tuple(row) for row in rows]

    for chore in chores.all():
        await run_chore(chore)
    once = await state()
    for seed in range(10):
        order = [chore for chore in chores.all() for _ in range(Random(seed).randint(1, 3))]
        Random(seed).shuffle(order)
        await asyncio.gather(*(run_chore(chore) for chore in order))
        assert await state() == once


async def test_each_chain_has_a_signed_head_that_stands_outside_too(
    *,
    make_tenant: MakeTenant,
    make_event: MakeEvent,
    make_rule: MakeRule,
    chores: Chores,
    settings: Settings,
    count: Count,
) -> None:
    for code in ("ACME", "NORD"):
        await (await make_tenant(code)).work((make_rule(), make_event(1, host="ws-1")))
    await chores.sign_audit_heads()
    assert await count("wf.audit_heads") == 2
    assert len(list(settings.audit_dir.glob("*.jsonl"))) == 2


async def test_dead_sessions_are_removed_and_living_ones_stay(
    chores: Chores, superuser: "asyncpg.Connection[asyncpg.Record]", count: Count
) -> None:
    await _dead_session(superuser)
    await superuser.execute(
        "insert into auth.sessions (id_hash, person_id, csrf_hash, authenticated_by, user_agent, expires_at)"
        " select sha256('living'), id, sha256('c'), 'oidc', '', now() + interval '1 hour' from auth.people"
    )
    await chores.remove_dead_sessions()
    assert await count("auth.sessions") == 1


async def test_receipts_are_kept_as_long_as_a_message_may_come_again(
    acme: Tenant, resources: Resources, count: Count
) -> None:
    recorder = Recorder()
    await send(acme, "a")
    await Relay(recorder, resources).turn({acme.id})
    for age, left in ((RECEIPTS_KEPT - timedelta(hours=1), 1), (RECEIPTS_KEPT + timedelta(hours=1), 0)):
        clock = FixedClock(SystemClock().now() + age)
        await Chores(resources, consumers=[recorder], clock=clock).forget_receipts()
        assert await count("wf.outbox_receipts") == left


async def test_windows_of_correlations_are_kept_until_nothing_late_can_meet_them(
    acme: Tenant, resources: Resources, count: Count
) -> None:
    rules = (rule("a"), rule("C", correlation=correlation("event_count", ["a"], seconds=60, gte=3)))
    async with tenant_tx(acme.database, acme.id) as tx:
        await correlate(
            tx, acme.cipher, correlator=Correlator(rules), events=[event(0)], matches=Matches([0], [0]), now=NOON
        )
    for age, left in ((timedelta(minutes=60), 1), (timedelta(minutes=80), 0)):
        await Chores(resources, consumers=[], clock=FixedClock(NOON + age)).forget_windows()
        assert await count("wf.correlation_windows") == left


async def test_files_that_no_manifest_names_are_removed_once_they_are_old(
    acme: Tenant, chores: Chores, settings: Settings
) -> None:
    day = settings.lake_dir / str(acme.id) / "2026-03-02"
    day.mkdir(parents=True)
    old, young = day / f"{new_uuid()}.ndjson.zst.wf", day / f"{new_uuid()}.ndjson.zst.wf"
    for file in (old, young):
        file.write_bytes(b"x")
    os.utime(old, (0, 0))
    await chores.collect_orphans()
    assert (old.exists(), young.exists()) == (False, True)


async def test_files_that_no_report_names_are_removed_once_they_are_old(
    *,
    acme: Tenant,
    chores: Chores,
    settings: Settings,
    superuser: "asyncpg.Connection[asyncpg.Record]",
    make_event: MakeEvent,
    make_rule: MakeRule,
) -> None:
    [incident] = await acme.work((make_rule(), make_event(1, host="ws-1")))
    store = settings.reports_dir / str(acme.id)
    store.mkdir(parents=True)
    named, old, unfinished, young = (store / name for name in ("a.sealed", "b.sealed", ".c.new", "d.sealed"))
    for file in (named, old, unfinished, young):
        file.write_bytes(b"x")
    for file in (named, old, unfinished):
        os.utime(file, (0, 0))
    await superuser.execute(
        "insert into wf.reports (tenant_id, id, kind, incident_id, language, state, requested_by, path, sha256)"
        " values ($1, $2, 'incident', $3, 'en', 'ready', 'per_1', $4, sha256('x'))",
        *(acme.id, new_uuid(), incident, f"{acme.id}/a.sealed"),
    )
    await chores.collect_orphans()
    assert sorted(file.name for file in store.iterdir()) == ["a.sealed", "d.sealed"]


async def test_a_chore_that_fails_is_told_and_raises_nothing() -> None:
    async def failing() -> None:
        raise Unavailable("The disk is full.")

    await run_chore(Chore(name="failing", every=timedelta(hours=1), run=failing))


@pytest.mark.parametrize("is_valkey_there", [True, False])
async def test_chores_are_done_with_valkey_and_without(
    is_valkey_there: bool, settings: Settings, valkey: Redis, eventually: Eventually
) -> None:
    del valkey  # emptied
    if not is_valkey_there:
        settings = msgspec.structs.replace(settings, valkey_port=1)
    done: list[str] = []
    stop = asyncio.Event()

    def chore(name: str, every: timedelta) -> Chore:
        async def run() -> None:
            done.append(name)

        return Chore(name=name, every=every, run=run)

    wanted = [
        chore("often", timedelta(seconds=30)),
        chore("sometimes", timedelta(minutes=10)),
        chore("seldom", timedelta(hours=1)),
    ]
    keeping = asyncio.create_task(schedule.keep(wanted, settings, stop))
    await eventually(lambda: set(done) == {"often", "sometimes", "seldom"})
    stop.set()
    await asyncio.wait_for(keeping, 10)


async def _dead_session(superuser: "asyncpg.Connection[asyncpg.Record]") -> None:
    person = new_uuid()
    await superuser.execute("insert into auth.people (id, email, name) values ($1, 'a@b.example', 'A')", person)
    await superuser.execute(
        "insert into auth.sessions (id_hash, person_id, csrf_hash, authenticated_by, user_agent, expires_at)"
        " values (sha256('dead'), $1, sha256('c'), 'oidc', '', now() - interval '1 hour')",
        person,
    )
