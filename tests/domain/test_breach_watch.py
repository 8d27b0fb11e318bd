"""The watch over the clocks of breach cases: each point once, after an outage the newest alone, never what is done."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Final

import pytest

from tests.domain.breach_cases import Desk, desk_of
from tests.domain.notice_office import HOUR, NoticeOffice, Superuser
from tests.domain.workplace import Count, MakeEvent, MakeRule, MakeTenant, MakeWorker
from watchfloor.breach.holding.hold import KEPT
from watchfloor.breach.notices.notice import Notice
from watchfloor.breach.watching.warning import Point, answer, points_of
from watchfloor.kernel.clock import FixedClock
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import tenant_tx
from watchfloor.ops.chores import Chores
from watchfloor.ops.consumers import Resources
from watchfloor.paging.duty.roster import Roster
from watchfloor.paging.pages import REASONS
from watchfloor.paging.steps import plan

AUTHORITY: Final = ("gdpr-authority", "initial")
LEFT: Final = (48, 24, 12, 6, 2, 0)
OPEN: Final = "wf.pages where subject_kind = 'breach' and ended_at is null"


@pytest.fixture
async def desk(make_tenant: MakeTenant, make_rule: MakeRule, make_event: MakeEvent, make_worker: MakeWorker) -> Desk:
    return await desk_of(make_tenant, make_rule, make_event, make_worker)


@pytest.fixture
async def office(desk: Desk, superuser: Superuser) -> NoticeOffice:
    return NoticeOffice(desk, await desk.open(), superuser)


@pytest.fixture
async def resources(settings: Settings) -> AsyncGenerator[Resources]:
    async with AsyncExitStack() as opened:
        yield Resources(settings, opened)


def left(point: Point) -> float:
    return (point.due_at - point.at) / HOUR


async def test_nothing_is_said_before_the_first_point(office: NoticeOffice, count: Count) -> None:
    await office.breach_with_risk(aware=23 * HOUR)

    assert await office.watch() == []
    assert await count("wf.pages") == 0


async def test_over_72_hours_each_point_is_told_once(office: NoticeOffice, superuser: Superuser) -> None:
    await office.breach_with_risk()
    told: list[float] = []
    for _ in range(80):
        told += [left(point) for point in await office.watch()]
        told += [left(point) for point in await office.watch()]
        await office.let_pass(HOUR)

    pages = await superuser.fetch("select reason, urgency, ladder, answer_by from wf.pages order by raised_at")
    assert told == list(LEFT)
    assert [row["reason"] for row in pages] == ["duty_soon"] * 5 + ["duty_missed"]
    assert [row["ladder"] for row in pages] == ["primary"] * 4 + ["critical", "lead"]
    assert {row["reason"] for row in pages} <= REASONS.keys()


async def test_after_an_outage_the_newest_point_alone_is_told_and_at_once(office: NoticeOffice, count: Count) -> None:
    await office.breach_with_risk(aware=67 * HOUR)

    told = await office.watch()

    assert [left(point) for point in told] == [6]
    assert await office.watch() == []
    assert await count("wf.pages") == 1


async def test_an_outage_past_the_end_is_told_as_missed(office: NoticeOffice, superuser: Superuser) -> None:
    await office.breach_with_risk(aware=90 * HOUR)

    assert [left(point) for point in await office.watch()] == [0]
    row = await superuser.fetchrow("select reason, urgency, ladder, ref, summary from wf.pages")
    assert row is not None
    assert (row["reason"], row["urgency"], row["ladder"]) == ("duty_missed", "critical", "lead")
    assert row["ref"] == office.case.ref


async def test_of_several_workers_that_look_at_once_one_tells(office: NoticeOffice, count: Count) -> None:
    await office.breach_with_risk(aware=61 * HOUR)

    told = await asyncio.gather(*(office.watch() for _ in range(4)))

    assert sum(map(len, told)) == 1
    assert await count("wf.pages") == 1


async def test_what_nobody_has_decided_is_warned_of_as_provisional(office: NoticeOffice, superuser: Superuser) -> None:
    aware = (await office.now() - 61 * HOUR).isoformat()
    await office.desk.decide(office.case, "clock.controller_aware_at", aware)

    [point] = await office.watch()

    assert point.is_provisional
    assert "provisional" in await superuser.fetchval("select summary from wf.pages")


async def test_what_is_decided_is_not_called_provisional(office: NoticeOffice, superuser: Superuser) -> None:
    await office.breach_with_risk(aware=61 * HOUR)

    [point] = await office.watch()

    assert not point.is_provisional
    assert "provisional" not in await superuser.fetchval("select summary from wf.pages")


async def test_nobody_is_warned_of_what_is_not_owed(office: NoticeOffice) -> None:
    await office.breach_with_risk(aware=61 * HOUR)
    await office.desk.decide(office.case, "risk.risk", "unlikely")

    assert await office.watch() == []


async def test_nobody_is_warned_of_what_was_sent_and_its_page_ends(office: NoticeOffice, count: Count) -> None:
    await office.breach_with_risk(aware=61 * HOUR)
    await office.watch()
    assert await count(OPEN) == 1

    await office.out()
    await office.let_pass(20 * HOUR)

    assert await office.watch() == []
    assert await count(OPEN) == 0


async def test_a_case_that_is_found_to_be_no_breach_ends_its_pages(office: NoticeOffice, count: Count) -> None:
    await office.breach_with_risk(aware=61 * HOUR)
    await office.watch()

    await office.desk.decide(office.case, "is_breach", "no")

    assert await office.watch() == []
    assert await count(OPEN) == 0


async def test_the_next_point_takes_the_place_of_the_page_before(office: NoticeOffice, count: Count) -> None:
    await office.breach_with_risk(aware=61 * HOUR)
    await office.watch()
    await office.let_pass(6 * HOUR)

    assert len(await office.watch()) == 1
    assert (await count("wf.pages"), await count(OPEN)) == (2, 1)


async def test_who_takes_a_page_ends_it_until_the_next_point(office: NoticeOffice, count: Count) -> None:
    await office.breach_with_risk(aware=61 * HOUR)
    await office.watch()
    tenant = office.desk.tenant

    async with tenant_tx(tenant.database, tenant.id) as tx:
        assert await answer(tx, office.case_id, by="per_1") == 1

    assert (await office.watch(), await count(OPEN)) == ([], 0)
    await office.let_pass(6 * HOUR)
    assert len(await office.watch()) == 1


async def test_an_awareness_that_is_corrected_moves_the_points(office: NoticeOffice) -> None:
    await office.breach_with_risk(aware=50 * HOUR)
    assert [left(point) for point in await office.watch()] == [24]

    aware = (await office.now() - 71 * HOUR).isoformat()
    await office.desk.decide(office.case, "clock.controller_aware_at", aware)

    assert [left(point) for point in await office.watch()] == [2]


async def test_the_contracts_hours_and_the_law_have_clocks_of_their_own(office: NoticeOffice) -> None:
    aware = (await office.now() - 23 * HOUR).isoformat()
    await office.desk.decide(office.case, "clock.processor_aware_at", aware, by=office.desk.lead)

    assert [(point.regime, left(point)) for point in await office.watch()] == [("contract-controller", 1)]


async def test_the_msps_own_duty_is_warned_of_like_any_other(office: NoticeOffice) -> None:
    now = await office.now()
    await office.desk.decide(office.case, "other_regimes.nis2-mssp.applicable", "yes")
    await office.desk.decide(office.case, "moments.provider_aware", (now - 13 * HOUR).isoformat(), by=office.desk.lead)

    found = {(point.regime, point.stage): left(point) for point in await office.watch()}

    assert found == {("nis2-mssp", "early_warning"): 12}


async def test_the_points_of_dora_are_those_of_its_own_clock(office: NoticeOffice) -> None:
    now = await office.now()
    for path, value in (
        ("other_regimes.dora.applicable", "yes"),
        ("moments.entity_aware", (now - 5 * HOUR).isoformat()),
        ("moments.classified_major", (now - timedelta(hours=3, minutes=30)).isoformat()),
    ):
        await office.desk.decide(office.case, path, value)

    [point] = [one for one in await office.watch() if one.regime == "dora"]

    assert point.stage == "initial_notification"
    assert point.at <= now < point.due_at or point.due_at.weekday() in (0, 5, 6)


async def test_a_point_is_told_at_its_very_instant(office: NoticeOffice) -> None:
    await office.breach_with_risk()
    case = await office.desk.read(office.case)
    due = (await office.deadline(*AUTHORITY)).due_at
    assert due is not None

    def told(at: datetime) -> list[float]:
        nothing: tuple[Notice, ...] = ()
        return [left(point) for point in points_of(case, nothing, at)]

    assert [told(due - hours * HOUR) for hours in LEFT] == [[hours] for hours in LEFT]
    assert told(due - 48 * HOUR - timedelta(microseconds=1)) == []


async def test_a_warning_climbs_the_ladder_like_any_page_and_stops_when_its_stage_was_sent(
    office: NoticeOffice, count: Count
) -> None:
    tenant, people = office.desk.tenant, Roster(leads=(office.desk.lead.person_id,))
    await office.breach_with_risk(aware=71 * HOUR)
    await office.watch()
    async with tenant_tx(tenant.database, tenant.id) as tx:
        await plan(tx, people, lanes=("email",))
    planned = await count("wf.page_steps where state = 'due'")

    await office.out()
    await office.watch()
    async with tenant_tx(tenant.database, tenant.id) as tx:
        await plan(tx, people, lanes=("email",))

    assert planned == 4
    assert await count("wf.page_steps where state = 'due'") == 0


async def test_the_chore_watches_every_customer_and_forgets_what_is_over(
    office: NoticeOffice, resources: Resources, count: Count
) -> None:
    chores = Chores(resources, consumers=[], clock=FixedClock(await office.now()))
    aware = (await office.now() - 61 * HOUR).isoformat()
    await office.desk.decide(office.case, "clock.controller_aware_at", aware)

    await chores.watch_breaches()
    await chores.watch_breaches()
    assert await count("wf.pages") == 1

    await office.desk.decide(office.case, "is_breach", "no")
    await office.let_pass(KEPT + HOUR)
    await chores.watch_breaches()
    await chores.forget_breaches()
    assert (await count(OPEN), await count("wf.breach_cases")) == (0, 0)
