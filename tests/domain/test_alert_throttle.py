"""A rule that is too noisy is throttled and flagged: nothing is lost, nothing is miscounted, newcomers still pass."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import asyncpg
import msgspec
import pytest

from tests.domain.workplace import NOON, Count, MakeEvent, MakeRule, MakeTenant, Tenant
from watchfloor.alerts.alert import EVIDENCE_EVENTS, MAX_ENTITIES, AlertChange
from watchfloor.alerts.listing import Alert, entities_of, evidence_of, find_alert
from watchfloor.alerts.noise.budget import Budgets
from watchfloor.alerts.noise.flags import CALM, RULE_THROTTLED, ThrottleNews, forget_noise, unflag_calm
from watchfloor.alerts.noise.throttle import MARK, MEMORY
from watchfloor.detect.rule import Level, Rule
from watchfloor.incidents.grouping.storms import MANY
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.outbox import take
from watchfloor.normalise.event import Event

BUDGET = Budgets().medium
HOUR = 3600


def storm(make_event: MakeEvent, rule: Rule, hosts: range, *, at: float = 0) -> list[tuple[Rule, Event]]:
    """One event for each of many hosts, all received within one hour."""
    return [(rule, make_event(number, at=at + number * 0.001, host=f"ws-{number}")) for number in hosts]


def one_host(make_event: MakeEvent, rule: Rule, users: range, *, at: float = 0) -> list[tuple[Rule, Event]]:
    """One event for each of many users of one host."""
    return [(rule, make_event(n, at=at + n * 0.001, host="ws-1", user=f"u{n}")) for n in users]


def is_standing(change: AlertChange) -> bool:
    return change.rule.title.endswith(MARK)


async def standing_alerts(tenant: Tenant, changes: Sequence[AlertChange]) -> list[Alert]:
    async with tenant_tx(tenant.database, tenant.id) as tx:
        found = [await find_alert(tx, alert_id) for alert_id in {c.alert_id for c in changes if is_standing(c)}]
    return sorted(found, key=lambda alert: alert.first_seen)


async def news(tenant: Tenant) -> list[ThrottleNews]:
    async with tenant_tx(tenant.database, tenant.id) as tx:
        messages = await take(tx, topic=RULE_THROTTLED)
    return [msgspec.json.decode(message.payload, type=ThrottleNews) for message in messages]


async def unflag(tenant: Tenant, *, now: datetime) -> list[str]:
    async with tenant_tx(tenant.database, tenant.id) as tx:
        return await unflag_calm(tx, now=now)


async def test_ten_thousand_keys_are_a_few_alerts_and_one_that_counts_the_rest(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule, count: Count
) -> None:
    rule = make_rule()
    changes: list[AlertChange] = []
    for begin in range(0, 10_000, 2_500):
        changes += await acme.record(*storm(make_event, rule, range(begin, begin + 2_500)))
    assert await count("wf.alerts") == 2 * BUDGET + 1
    [standing] = await standing_alerts(acme, changes)
    assert (standing.match_count, standing.held_keys) == (10_000 - 2 * BUDGET, 10_000 - 2 * BUDGET)
    assert await count("wf.alert_events") == 10_000
    assert sum(change.added for change in changes) == 10_000
    [hour] = await hours(acme)
    assert hour == (10_000, 2 * BUDGET, BUDGET, 10_000 - 2 * BUDGET, 10_000 - 2 * BUDGET)


async def hours(tenant: Tenant) -> list[tuple[int, ...]]:
    query = (
        "select matches, opened, reserved, held_matches, held_keys from wf.rule_hours where tenant_id = $1 order by"
        " rule_id, hour"
    )

    class Row(msgspec.Struct, frozen=True):
        matches: int
        opened: int
        reserved: int
        held_matches: int
        held_keys: int

    async with tenant_tx(tenant.database, tenant.id) as tx:
        return [msgspec.structs.astuple(row) for row in await tx.rows(Row, query, tenant.id)]


async def test_a_key_that_comes_again_counts_as_a_match_and_not_as_a_key(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule
) -> None:
    rule = make_rule(dedup=("user",))
    changes = await acme.record(*one_host(make_event, rule, range(BUDGET + 10)))
    again = [(rule, make_event(1000 + n, at=5, host="ws-1", user=f"u{n}")) for n in range(BUDGET + 20)]
    changes += await acme.record(*again)
    [standing] = await standing_alerts(acme, changes)
    assert (standing.held_keys, standing.match_count) == (20, 30)


async def test_a_redelivered_storm_changes_nothing(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule, count: Count
) -> None:
    events = storm(make_event, make_rule(), range(300))
    await acme.record(*events)
    before = await hours(acme)
    assert await acme.record(*events) == []
    assert await acme.record(*reversed(events)) == []
    later = [(rule, msgspec.structs.replace(event, received_at=event.received_at + MEMORY)) for rule, event in events]
    assert await acme.record(*later) == []
    assert (await count("wf.alert_events"), await hours(acme)) == (300, before)


async def test_a_newcomer_gets_an_alert_of_its_own_in_the_middle_of_a_storm(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule
) -> None:
    rule = make_rule(dedup=("user",))
    await acme.record(*one_host(make_event, rule, range(500)))
    [change] = await acme.record((rule, make_event(9_000, at=60, host="ws-attacked", user="eve")))
    assert (change.is_new, is_standing(change)) == (True, False)
    [second] = await acme.record((rule, make_event(9_001, at=61, host="ws-attacked", user="mallory")))
    assert is_standing(second), "it is known now"


async def test_hosts_that_were_held_are_no_newcomers_an_hour_later(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule
) -> None:
    rule = make_rule(window=60)
    await acme.record(*storm(make_event, rule, range(1_000)))
    again = [(rule, make_event(5_000 + n, at=HOUR + n * 0.001, host=f"ws-{n}")) for n in range(1_000)]
    changes = await acme.record(*again, (rule, make_event(9_999, at=HOUR + 10, host="ws-attacked")))
    own = [change for change in changes if not is_standing(change)]
    assert len(own) == BUDGET + 1
    assert "ws-attacked" in {entity.value for change in own for entity in change.entities}


async def test_each_hour_has_a_budget_and_a_standing_alert_of_its_own(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule
) -> None:
    rule = make_rule(dedup=("user",), window=60)
    changes: list[AlertChange] = []
    for hour in range(3):
        first = 1_000 * hour
        changes += await acme.record(*one_host(make_event, rule, range(first, first + 100), at=hour * HOUR))
    found = await standing_alerts(acme, changes)
    assert [alert.held_keys for alert in found] == [100 - BUDGET] * 3
    assert [row[:2] for row in await hours(acme)] == [(100, BUDGET)] * 3


async def test_an_alert_that_stands_grows_as_ever_while_its_rule_is_throttled(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule
) -> None:
    rule = make_rule()
    changes = await acme.record(*storm(make_event, rule, range(500)))
    first = next(change for change in changes if {"ws-0"} == {entity.value for entity in change.entities})
    [grown] = await acme.record((rule, make_event(7_000, at=30, host="ws-0")))
    assert (grown.alert_id, grown.is_new) == (first.alert_id, False)


async def test_a_critical_rule_is_never_throttled(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule, count: Count
) -> None:
    await acme.record(*storm(make_event, make_rule(level="critical"), range(500)))
    assert (await count("wf.alerts"), await count("wf.alerts where held_keys is not null")) == (500, 0)


@pytest.mark.parametrize("level", ["informational", "low", "medium", "high"])
async def test_each_other_level_has_its_budget(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule, level: Level
) -> None:
    budget = Budgets().of(level)
    assert budget is not None
    rule = make_rule(level=level, dedup=("user",))
    changes = await acme.record(*one_host(make_event, rule, range(budget)))
    assert not any(is_standing(change) for change in changes)
    changes = await acme.record(*one_host(make_event, rule, range(budget, budget + 1)))
    assert [is_standing(change) for change in changes] == [True]


async def test_a_tenant_may_have_a_budget_of_its_own(
    make_tenant: MakeTenant, make_event: MakeEvent, make_rule: MakeRule
) -> None:
    rule = make_rule(dedup=("user",))
    for bundle, expected in (('{"alert_budget": {"medium": 3}}', 3), ('{"alert_budget": {"medium": "?"}}', BUDGET)):
        tenant = await make_tenant(f"TEN{expected}", bundle=bundle)
        changes = await tenant.record(*one_host(make_event, rule, range(200)))
        assert sum(not is_standing(change) for change in changes) == expected


async def test_one_rule_and_one_tenant_hold_up_no_other(
    acme: Tenant, make_tenant: MakeTenant, make_event: MakeEvent, make_rule: MakeRule
) -> None:
    noisy, quiet = make_rule("noisy"), make_rule("quiet")
    await acme.record(*storm(make_event, noisy, range(500)))
    changes = await acme.record(*storm(make_event, quiet, range(BUDGET)))
    nord = await make_tenant("NORD")
    changes += await nord.record(*storm(make_event, noisy, range(BUDGET)))
    assert not any(is_standing(change) for change in changes)
    assert await news(nord) == []


async def test_a_standing_alert_keeps_its_first_events_and_names_no_more_than_it_may(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule
) -> None:
    changes = await acme.record(*storm(make_event, make_rule(), range(1_000)))
    [standing] = await standing_alerts(acme, changes)
    async with tenant_tx(acme.database, acme.id) as tx:
        evidence = await evidence_of(tx, acme.cipher, standing.id)
        entities = await entities_of(tx, acme.cipher, standing.id)
    first = range(2 * BUDGET, 2 * BUDGET + EVIDENCE_EVENTS)
    assert [event.evidence.fields["Number"] for event in evidence] == list(first)
    assert len(entities) == MAX_ENTITIES
    assert standing.rule.why.startswith(f"This rule opened {BUDGET} alerts within an hour")
    assert standing.rule.title == "Odd login (throttled)"


async def test_a_storm_opens_an_incident_that_ties_together_nothing_else(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await acme.work(*storm(make_event, make_rule(), range(500)))
    titles = [row[0] for row in await superuser.fetch("select title from wf.incidents order by number")]
    assert titles == ["Odd login"] * (MANY + 1), "a few by themselves, and the storm"
    assert await superuser.fetchval("select count(*) from wf.alerts where incident_id is null") == 0
    [later] = await acme.work((make_rule("other"), make_event(8_000, at=5, host="ws-400")))
    assert await superuser.fetchval("select title from wf.incidents where id = $1", later) == "other"


async def test_a_storm_from_one_source_is_one_incident(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule, count: Count
) -> None:
    rule = make_rule()
    await acme.work(*((rule, make_event(n, at=n * 0.001, host=f"ws-{n}", user="bob")) for n in range(500)))
    assert await count("wf.incidents") == 1


async def test_what_comes_after_a_storm_was_worked_out_is_news(
    acme: Tenant,
    make_event: MakeEvent,
    make_rule: MakeRule,
    superuser: "asyncpg.Connection[asyncpg.Record]",
    count: Count,
) -> None:
    rule = make_rule(dedup=("user",))
    await acme.work(*one_host(make_event, rule, range(200)))
    await superuser.execute("update wf.incidents set state = 'resolved', resolved_at = $1", NOON + timedelta(minutes=5))
    await acme.work(*one_host(make_event, rule, range(200, 300), at=600))
    assert await count("wf.alerts where held_keys = 140") == 1
    assert await count("wf.alerts where held_keys = 100") == 1


async def test_a_throttled_rule_is_flagged_told_of_once_and_unflagged_when_it_is_calm(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    rule = make_rule(dedup=("user",))
    flag = "select throttled_since, throttled_last, held_matches, held_keys from wf.rule_states"
    await acme.record(*one_host(make_event, rule, range(BUDGET)))
    assert tuple(await superuser.fetchrow(flag) or ()) == (None, None, 0, 0)
    await acme.record(*one_host(make_event, rule, range(BUDGET, 100)))
    await acme.record(*one_host(make_event, rule, range(100, 120), at=600))
    since, last, *held = tuple(await superuser.fetchrow(flag) or ())
    assert (since < last, held) == (True, [60, 60])
    assert [(one.rule_id, one.until) for one in await news(acme)] == [(rule.id, None)]
    assert await unflag(acme, now=last + CALM) == []
    later = last + CALM + timedelta(seconds=1)
    assert await unflag(acme, now=later) == [rule.id]
    assert await unflag(acme, now=later) == []
    assert tuple(await superuser.fetchrow(flag) or ()) == (None, None, 0, 0)
    assert [(one.until, one.held_keys) for one in await news(acme)] == [(None, 0), (later, 60)]
    actions = await superuser.fetch("select action from wf.audit_entries order by seq")
    assert [row[0] for row in actions] == ["rule.throttled", "rule.unthrottled"]


async def test_pipelines_at_once_count_exactly(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    rule = make_rule()
    parts = [storm(make_event, rule, range(begin, begin + 100)) for begin in range(0, 800, 100)]
    await asyncio.gather(*(acme.work(*part) for part in parts for _ in range(2)))
    found = await superuser.fetchrow(
        "select count(*) filter (where held_keys is null), sum(held_keys), sum(match_count) from wf.alerts"
    )
    assert tuple(found or ()) == (2 * BUDGET, 800 - 2 * BUDGET, 800)
    assert len(await news(acme)) == 1


async def test_a_batch_that_fails_leaves_no_figures(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule, count: Count
) -> None:
    async def fail() -> None:
        async with tenant_tx(acme.database, acme.id) as tx:
            await acme.record_in(tx, *storm(make_event, make_rule(), range(300)))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    for table in ("rule_hours", "rule_states", "rule_subjects", "held_keys", "outbox"):
        assert await count(f"wf.{table}") == 0


async def test_what_nothing_asks_for_any_more_is_forgotten(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule, count: Count
) -> None:
    await acme.record(*storm(make_event, make_rule(), range(300)))
    tables = ("rule_hours", "rule_subjects", "held_keys")
    async with tenant_tx(acme.database, acme.id) as tx:
        await forget_noise(tx, now=NOON + timedelta(hours=2))
    assert [await count(f"wf.{table}") for table in tables] == [1, 300, 180]
    async with tenant_tx(acme.database, acme.id) as tx:
        await forget_noise(tx, now=NOON + timedelta(days=30))
    assert [await count(f"wf.{table}") for table in tables] == [1, 0, 0]
    async with tenant_tx(acme.database, acme.id) as tx:
        await forget_noise(tx, now=NOON + timedelta(days=500))
    assert [await count(f"wf.{table}") for table in tables] == [0, 0, 0]
