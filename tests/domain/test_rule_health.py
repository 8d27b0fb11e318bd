"""Rule health says what each rule did, how often people found it right, and what it cost; and where nobody knows."""

from datetime import timedelta

import asyncpg
import pytest

from tests.domain.workplace import NOON, Count, MakeEvent, MakeRule, MakeTenant, Tenant
from watchfloor.alerts.health.costs import RuleCost, forget_costs, note_costs
from watchfloor.alerts.health.figures import RuleFigures, add_up, figures_of
from watchfloor.alerts.precision.estimate import Verdicts
from watchfloor.alerts.precision.figures import note_verdict
from watchfloor.detect.rule import Rule
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.ids import IncidentId, new_uuid

DAY = 86_400
SINCE = NOON - timedelta(days=30)


async def figures(tenant: Tenant) -> dict[str, RuleFigures]:
    async with tenant_tx(tenant.database, tenant.id) as tx:
        return {one.rule_id: one for one in await figures_of(tx, since=SINCE)}


async def judge(
    superuser: "asyncpg.Connection[asyncpg.Record]", tenant: Tenant, incident_id: IncidentId, verdict: str
) -> None:
    await superuser.execute(
        "update wf.incidents set verdict = $2, verdict_reason = 'x', opened_at = $3 where id = $1",
        incident_id,
        verdict,
        NOON,
    )
    async with tenant_tx(tenant.database, tenant.id) as tx:
        await note_verdict(tx, incident_id)


async def test_a_rule_that_fired_is_counted_with_its_title_level_and_last_event(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule
) -> None:
    rule = make_rule("Odd login", level="high")
    await acme.record(*((rule, make_event(n, at=n, host=f"ws-{n % 3}")) for n in range(10)))
    found = (await figures(acme))[rule.id]
    assert (found.title, found.level, found.matches, found.opened, found.tenants) == ("Odd login", "high", 10, 3, 1)
    assert found.last_event_at == NOON + timedelta(seconds=9)
    assert (found.verdicts.precision, found.hidden, found.nanoseconds, found.throttled_since) == (None, 0, 0, None)


async def test_what_is_older_than_the_period_does_not_count(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule
) -> None:
    rule = make_rule()
    await acme.record((rule, make_event(1, at=-40 * DAY, host="ws-1")))
    found = (await figures(acme))[rule.id]
    assert (found.matches, found.opened, found.tenants) == (0, 0, 0)
    assert found.last_event_at == NOON - timedelta(days=40), "when it last fired is known all the same"


async def test_precision_is_the_share_of_true_positives_among_what_people_decided(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    rule, other = make_rule("one"), make_rule("two")
    for number, verdict in enumerate(["true_positive", "true_positive", "false_positive", "benign", "inconclusive"]):
        [incident_id] = await acme.work((rule, make_event(number, host=f"ws-{number}")))
        await judge(superuser, acme, incident_id, verdict)
    await superuser.execute("update wf.incident_origins set opened_at = now() - interval '1 hour'")
    [open_one] = await acme.work((rule, make_event(10, host="ws-10")))
    [shared] = await acme.work((rule, make_event(11, host="ws-11")), (other, make_event(12, host="ws-11")))
    await judge(superuser, acme, shared, "true_positive")
    assert open_one != shared
    found = await figures(acme)
    assert found[rule.id].verdicts == Verdicts(true_positive=3, benign=1, false_positive=1, inconclusive=1)
    assert found[rule.id].verdicts.precision == pytest.approx(3 / 5)
    assert found[other.id].verdicts.precision == pytest.approx(1.0)


async def test_verdicts_that_decide_nothing_make_no_figure(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    rule = make_rule()
    [incident_id] = await acme.work((rule, make_event(1, host="ws-1")))
    await judge(superuser, acme, incident_id, "inconclusive")
    assert (await figures(acme))[rule.id].verdicts.precision is None


async def test_what_was_throttled_hidden_and_switched_off_is_told(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    rule, off = make_rule(dedup=("user",)), make_rule("off")
    await acme.record(*((rule, make_event(n, host="ws-1", user=f"u{n}")) for n in range(100)))
    await superuser.execute(
        "insert into wf.hidden_matches (tenant_id, exception_id, rule_id, day, hidden, last_at)"
        " values ($1, $2, $3, $4, 7, now()), ($1, $2, $3, $5, 5, now())",
        acme.id,
        new_uuid(),
        rule.id,
        NOON.date(),
        (SINCE - timedelta(days=1)).date(),
    )
    await superuser.execute(
        "insert into wf.rule_settings (tenant_id, rule_id, is_disabled, reason, changed_by)"
        " values ($1, $2, true, 'x', 'per_1')",
        acme.id,
        off.id,
    )
    found = await figures(acme)
    assert (found[rule.id].hidden, found[rule.id].off_in, found[off.id].off_in) == (7, 0, 1)
    assert (found[rule.id].throttled_since, found[rule.id].throttled_tenants) == (NOON, 1)
    assert (found[rule.id].matches, found[rule.id].opened) == (100, 60)
    assert (found[rule.id].held_matches, found[rule.id].held_keys) == (40, 40)


async def test_costs_add_up_by_rule_and_day_and_are_forgotten_in_the_end(acme: Tenant, count: Count) -> None:
    async with tenant_tx(acme.database, acme.id) as tx:
        await note_costs(tx, [], day=NOON.date())
        await note_costs(tx, [RuleCost(rule_id="quiet", candidates=0)], day=NOON.date())
        for _ in range(2):
            twice = [RuleCost(rule_id="a", candidates=3, nanoseconds=10), RuleCost(rule_id="a", candidates=1)]
            await note_costs(tx, [*twice, RuleCost(rule_id="b", candidates=5, nanoseconds=30)], day=NOON.date())
    found = await figures(acme)
    assert {rule_id: (one.candidates, one.nanoseconds) for rule_id, one in found.items()} == {
        "a": (8, 20),
        "b": (10, 60),
    }
    async with tenant_tx(acme.database, acme.id) as tx:
        await forget_costs(tx, now=NOON + timedelta(days=500))
    assert await count("wf.rule_costs") == 0


async def test_tenants_are_read_apart_and_added_up(
    acme: Tenant, make_tenant: MakeTenant, make_event: MakeEvent, make_rule: MakeRule
) -> None:
    nord = await make_tenant("NORD")
    both, only = make_rule("both"), make_rule("only")
    await acme.record((both, make_event(1, host="ws-1")), (only, make_event(2, host="ws-2")))
    await nord.record((both, make_event(1, at=60, host="ws-1")))
    assert set(await figures(nord)) == {both.id}
    first, second = add_up([list((await figures(acme)).values()), list((await figures(nord)).values())])
    assert (first.rule_id, first.matches, first.tenants) == (both.id, 2, 2)
    assert first.last_event_at == NOON + timedelta(seconds=60)
    assert (second.rule_id, second.tenants) == (only.id, 1)
    assert add_up([]) == []


def test_adding_up_keeps_the_first_throttling_and_every_count() -> None:
    one = RuleFigures(rule_id="a", matches=1, throttled_since=NOON, throttled_last=NOON, throttled_tenants=1, hidden=2)
    other = RuleFigures(
        rule_id="a",
        title="A",
        level="low",
        throttled_since=NOON - timedelta(hours=1),
        throttled_last=NOON - timedelta(minutes=1),
        throttled_tenants=1,
        off_in=1,
        verdicts=Verdicts(benign=1),
    )
    [both] = add_up([[one], [other]])
    assert (both.title, both.level, both.hidden, both.off_in, both.throttled_tenants) == ("A", "low", 2, 1, 2)
    assert (both.throttled_since, both.throttled_last) == (NOON - timedelta(hours=1), NOON)
    assert both.verdicts.precision == 0.0


def test_a_rule_may_be_named_by_a_cost_alone(make_rule: MakeRule) -> None:
    rule: Rule = make_rule()
    [found] = add_up([[RuleFigures(rule_id=rule.id, candidates=4)]])
    assert (found.title, found.level, found.matches) == ("", None, 0)
