"""Reports that are made by themselves: each period asked for once, whatever dies and whoever changes what (Q1)."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import asyncpg
import msgspec
import pytest
from redis.asyncio import Redis

from tests.domain.posting import KIM, LEE, MONTHLY, NOVEMBER, SEPTEMBER, Post, open_post
from tests.domain.workplace import Tenant
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.reporting.timetable.asking import ask_for_due
from watchfloor.reporting.timetable.schedule import Schedule


@pytest.fixture
async def post(
    settings: Settings, acme: Tenant, db_app: Database, valkey: Redis, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> AsyncGenerator[Post]:
    del valkey  # emptied
    async with open_post(settings, acme, db_app, superuser) as opened:
        yield opened


async def test_each_period_is_asked_for_once_and_made_up_for_after_an_outage(post: Post) -> None:
    await post.plan()
    assert await post.ask() == 3
    assert await post.ask() == 0
    asked = await post.superuser.fetch(
        "select period_from::text, requested_by, state from wf.reports where kind = 'service' order by 1"
    )
    assert [tuple(row) for row in asked] == [(f"2026-{month:02}-01", "schedule", "queued") for month in (8, 9, 10)]
    assert await post.ask(NOVEMBER + timedelta(days=9)) == 1


async def test_workers_that_look_at_once_ask_once(post: Post) -> None:
    await post.plan()
    assert sorted(await asyncio.gather(*(post.ask() for _ in range(6)))) == [0, 0, 0, 0, 0, 3]


async def test_who_dies_while_asking_leaves_nothing_and_the_next_one_asks(post: Post) -> None:
    await post.plan()

    async def ask_and_die() -> None:
        async with tenant_tx(post.app, post.acme.id) as tx:
            await ask_for_due(tx, at=NOVEMBER)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await ask_and_die()
    assert await post.ask() == 3


async def test_languages_and_frameworks_are_reports_of_their_own(post: Post) -> None:
    quarterly = Schedule(name="controls/nis2-art21", kind="controls", framework="nis2-art21", every="quarter")
    two = msgspec.structs.replace(MONTHLY, languages=("de", "en"))
    await post.plan(schedules=(quarterly, two))
    assert await post.ask() == 3 * 2 + 1


async def test_a_changed_schedule_asks_for_nothing_that_it_asked_for_before(post: Post) -> None:
    await post.plan()
    await post.ask()
    assert await post.plan(schedules=(msgspec.structs.replace(MONTHLY, day=2, at="05:00"),))
    assert await post.ask() == 0
    assert not await post.plan(schedules=(msgspec.structs.replace(MONTHLY, day=2, at="05:00"),))
    noted = await post.superuser.fetchval("select count(*) from wf.audit_entries where action = 'tenant.reports'")
    assert noted == 2


async def test_a_schedule_that_is_for_other_periods_or_is_new_again_asks_for_nothing_of_the_past(post: Post) -> None:
    await post.plan()
    await post.plan(schedules=(msgspec.structs.replace(MONTHLY, every="quarter"),), at=NOVEMBER)
    assert await post.ask() == 0
    await post.plan(schedules=(), at=NOVEMBER)
    await post.plan(at=NOVEMBER)
    assert await post.ask() == 0
    assert await post.ask(NOVEMBER + timedelta(days=9)) == 1


async def test_a_day_that_is_moved_ahead_leaves_no_period_out(post: Post) -> None:
    late = msgspec.structs.replace(MONTHLY, day=28)
    await post.plan(schedules=(late,))
    assert await post.ask() == 3  # July, August and September
    await post.plan(schedules=(msgspec.structs.replace(late, day=2),), at=NOVEMBER)
    assert await post.ask() == 1
    newest = await post.superuser.fetchval("select max(period_from)::text from wf.reports")
    assert newest == "2026-10-01"


async def test_a_report_that_failed_holds_up_none_that_is_due_later(post: Post) -> None:
    await post.plan()
    assert await post.ask(SEPTEMBER) == 1
    await post.superuser.execute("update wf.reports set state = 'failed', error = 'x'")
    assert await post.ask() == 2
    assert await post.ask() == 0


async def test_who_asked_by_hand_and_the_schedule_share_a_report_that_waits(post: Post) -> None:
    await post.plan(KIM)
    await post.ask(SEPTEMBER)
    await post.superuser.execute("delete from wf.report_runs")
    assert await post.ask(SEPTEMBER) == 1
    assert await post.superuser.fetchval("select count(*) from wf.reports") == 1
    assert await post.states() == ["due"]


async def test_the_tenants_own_clocks_say_when(post: Post) -> None:
    await post.plan()
    due_in_berlin = datetime(2026, 9, 1, 5, tzinfo=UTC)
    await post.superuser.execute("update wf.tenants set time_zone = 'Asia/Kolkata'")
    assert await post.ask(due_in_berlin - timedelta(hours=3, minutes=31)) == 0
    assert await post.ask(due_in_berlin - timedelta(hours=3, minutes=30)) == 1
    await post.superuser.execute("update wf.tenants set time_zone = 'Europe/Berlin'")
    assert await post.ask(due_in_berlin) == 0


async def test_two_people_who_change_a_plan_at_once_both_get_through_and_one_plan_stands(post: Post) -> None:
    plans = [post.plan(KIM, LEE), post.plan(KIM), post.plan(LEE), post.plan(KIM, LEE)]
    await asyncio.gather(*plans)
    kept = await post.superuser.fetchval("select count(*) from wf.report_recipients")
    assert kept in {1, 2}
