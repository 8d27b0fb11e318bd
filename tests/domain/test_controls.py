"""Evidence counted from a tenant's tables equals what plain Python counts from the same records."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final, TypeAlias
from uuid import UUID

import asyncpg
import msgspec
import pytest

from tests.domain import control_records as plain
from tests.domain.control_records import FIRST, NOW, UNTIL, drawn, plant
from tests.domain.workplace import MakeTenant, Tenant
from watchfloor.audit.append import Actor, append
from watchfloor.controls.evidence import Evidence, measure
from watchfloor.controls.library import shipped
from watchfloor.controls.measurement import Beside, Measurement, Roster, RosterVersion
from watchfloor.controls.people.roster import unstaffed
from watchfloor.controls.result import Outcome
from watchfloor.kernel import ids
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.kernel.ids import PersonId
from watchfloor.measures.basis import quantile
from watchfloor.paging.rota import Layer, Override, Rota

Superuser: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
SEEDS: Final = (1, 2, 3)
ANALYST: Final = Actor(kind="person", id="per_1", role="analyst", request_id="r")


async def counted(
    tenant: Tenant,
    *,
    database: Database | None = None,
    first: date = FIRST,
    until: date = UNTIL,
    now: datetime = NOW,
    beside: Beside | None = None,
) -> Evidence:
    async with tenant_tx(database or tenant.database, tenant.id) as tx:
        return await measure(tx, tenant.cipher, shipped(), first=first, until=until, now=now, beside=beside or Beside())


def of(measurement: Measurement) -> tuple[int | None, int | None]:
    return measurement.numerator, measurement.denominator


@pytest.mark.parametrize("seed", SEEDS)
async def test_shares_are_those_that_plain_python_counts(acme: Tenant, superuser: Superuser, seed: int) -> None:
    records = drawn(seed)
    await plant(superuser, acme.id, records)
    evidence = await counted(acme)
    critical = [feed for feed in records.feeds if feed.level in ("high", "critical")]
    assert of(evidence.find("E01", "sources")) == plain.feeds_reporting(records.feeds)
    assert of(evidence.find("E01", "critical_sources")) == plain.feeds_reporting(critical)
    assert of(evidence.find("E05", "days_reviewed")) == plain.days_reviewed(records)
    assert of(evidence.find("E06", "triaged_urgent")) == plain.triaged(records, ("high", "critical"))
    assert of(evidence.find("E06", "triaged_all")) == plain.triaged(records, ("low", "medium", "high", "critical"))
    assert of(evidence.find("E07", "resolved")) == plain.resolved(records)
    assert of(evidence.find("E08", "complete")) == plain.complete(records)
    assert of(evidence.find("E26", "explained")) == plain.accesses(records)
    minutes = plain.triage_minutes(records)
    for name, share in (("p50", 0.5), ("p95", 0.95)):
        found = evidence.find("E06", f"triage_{name}")
        assert (found.value, found.denominator) == (quantile(minutes, share), len(minutes))


async def test_each_share_is_made_of_its_members(acme: Tenant, superuser: Superuser) -> None:
    await plant(superuser, acme.id, drawn(4))
    evidence = await counted(acme)
    shares = [one for one in evidence.measurements.values() if one.members and one.metric != "staffed"]
    assert len(shares) > 8
    for one in shares:
        if one.denominator is not None and one.kind != "E03":
            assert of(one) == (sum(member.is_good for member in one.members), len(one.members))
            assert [member.id for member in one.members] == sorted({member.id for member in one.members})


async def test_the_same_records_give_the_same_rows_as_either_role(
    acme: Tenant, superuser: Superuser, db_report: Database
) -> None:
    await plant(superuser, acme.id, drawn(5))
    app, report = await counted(acme), await counted(acme, database=db_report)
    for framework in shipped().frameworks:
        assert msgspec.json.encode(app.of(framework)) == msgspec.json.encode(report.of(framework))


async def test_a_tenant_sees_nothing_of_another_one(make_tenant: MakeTenant, superuser: Superuser) -> None:
    full, empty = await make_tenant("FULL"), await make_tenant("VOID")
    await plant(superuser, full.id, drawn(6))
    evidence = await counted(empty)
    assert {one.value for one in evidence.measurements.values()} == {None}
    assert {one.members for one in evidence.measurements.values()} == {()}
    named = {member.id for one in (await counted(full)).measurements.values() for member in one.members}
    assert len(named) > 100


async def test_an_empty_tenant_has_no_data_everywhere_and_no_control_passes(acme: Tenant) -> None:
    evidence = await counted(acme)
    for framework in shipped().frameworks:
        found = evidence.of(framework)
        outcomes: set[Outcome] = {control.result for control in found.controls}
        assert outcomes <= {"no_data", "not_in_scope"}
        for row in found.rows:
            if row.result == "no_data":
                assert (row.value, row.threshold) == (None, None)
                assert row.data_gaps


async def test_an_hour_of_400_incidents_and_a_month_of_30_feeds_takes_seconds(
    acme: Tenant, superuser: Superuser
) -> None:
    await plant(superuser, acme.id, drawn(7, incidents=400, feeds=30))
    began = datetime.now(UTC)
    evidence = await counted(acme)
    rows = [row for framework in shipped().frameworks for row in evidence.of(framework).rows]
    assert datetime.now(UTC) - began < timedelta(seconds=10)
    assert len(rows) > 200


async def test_a_running_period_is_said_with_every_number(acme: Tenant, superuser: Superuser) -> None:
    await plant(superuser, acme.id, drawn(8))
    evidence = await counted(acme, now=datetime(2026, 3, 20, 12, tzinfo=UTC))
    judged = [one for one in evidence.measurements.values() if one.value is not None]
    assert judged
    for one in judged:
        assert "period_running" in {gap.code for gap in one.gaps}
    days = evidence.find("E05", "days_reviewed")
    assert days.denominator == 19
    for framework in shipped().frameworks:
        assert "supported" not in {row.result for row in evidence.of(framework).rows}


# The roster ------------------------------------------------------------------------------------------------------

ANNA, BORIS = PersonId(UUID(int=1)), PersonId(UUID(int=2))


def layer(first: date, *people: PersonId) -> Layer:
    return Layer(
        name="primary",
        zone="Europe/Berlin",
        period="weekly",
        first=first,
        at=time(9),
        people=people,
    )


def minutes_by_the_minute(roster: Roster, begin: datetime, end: datetime) -> int:
    """Asks for every minute of the period: which version holds, and whether it names somebody."""
    staffed = 0
    moment = begin
    while moment < end:
        held = [version.rota for version in roster.versions if version.since <= moment]
        layers = held[-1].layers if held else ()
        on_turn = any(_begun(one) <= moment and one.people for one in layers)
        standing_in = any(one.starts_at <= moment < one.ends_at for one in roster.overrides)
        staffed += on_turn or standing_in
        moment += timedelta(minutes=1)
    return staffed


def _begun(one: Layer) -> datetime:
    return datetime.combine(one.first, one.at, plain.ZONE).astimezone(UTC)


async def test_staffed_minutes_are_those_that_a_count_minute_by_minute_finds(
    acme: Tenant, superuser: Superuser
) -> None:
    begin, end = plain.begin(), plain.end()
    await plant(superuser, acme.id, drawn(9, incidents=1, feeds=1))
    roster = Roster(
        versions=(
            RosterVersion(since=begin - timedelta(days=9), rota=Rota(layers=(layer(date(2026, 3, 2), BORIS),))),
            RosterVersion(
                since=begin + timedelta(days=2, minutes=7), rota=Rota(layers=(layer(date(2026, 3, 9), ANNA),))
            ),
            RosterVersion(since=begin + timedelta(days=20), rota=Rota()),
            RosterVersion(
                since=begin + timedelta(days=27, hours=3), rota=Rota(layers=(layer(date(2026, 3, 2), ANNA, BORIS),))
            ),
        ),
        overrides=(
            Override(
                layer="lead",
                person_id=BORIS,
                starts_at=begin + timedelta(days=21),
                ends_at=begin + timedelta(days=22, minutes=30),
                made_at=begin,
            ),
        ),
    )
    evidence = await counted(acme, beside=Beside(roster=roster))
    found = evidence.find("E24", "staffed")
    assert found.numerator == minutes_by_the_minute(roster, begin, end)
    assert found.denominator == 743 * 60
    holes = list(unstaffed(roster, begin, end))
    assert [member.id for member in found.members] == [hole.isoformat(timespec="minutes") for hole, _ in holes]
    assert sum((until - since for since, until in holes), timedelta()) == timedelta(
        minutes=743 * 60 - (found.numerator or 0)
    )


async def test_without_the_operators_roster_there_is_no_data(acme: Tenant) -> None:
    found = (await counted(acme)).find("E24", "staffed")
    assert (found.value, [gap.code for gap in found.gaps]) == (None, ["other_tenant"])


# What the log and the lake hold ----------------------------------------------------------------------------------


async def test_a_changed_audit_entry_is_named(acme: Tenant, superuser: Superuser) -> None:
    for number in range(5):
        async with tenant_tx(acme.database, acme.id) as tx:
            await append(tx, ANALYST, action="x", object_kind="y", object_id=str(number))
    now = datetime.now(UTC)
    today = now.date()
    sound = (await counted(acme, first=today - timedelta(days=1), until=today + timedelta(days=1), now=now)).find(
        "E03", "audit_chain"
    )
    assert of(sound) == (5, 5)
    await superuser.execute("update wf.audit_entries set action = 'forged' where seq = 3")
    broken = (await counted(acme, first=today - timedelta(days=1), until=today + timedelta(days=1), now=now)).find(
        "E03", "audit_chain"
    )
    assert (of(broken), [member.id for member in broken.members]) == ((4, 5), ["3"])


async def test_ids_in_samples_are_those_that_the_api_opens(acme: Tenant, superuser: Superuser) -> None:
    records = drawn(10)
    await plant(superuser, acme.id, records)
    evidence = await counted(acme)
    shown = {ids.show("inc", incident.id) for incident in records.incidents}
    sample = evidence.find("E08", "complete").sample
    assert sample
    assert set(sample) <= shown
