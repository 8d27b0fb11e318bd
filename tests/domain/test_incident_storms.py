"""A storm is few incidents, the newcomer in it has one of its own, and nothing is lost; what comes back is not new."""

from datetime import timedelta
from typing import TypeAlias

import asyncpg
import pytest

from tests.domain.storm import Storm, event_on, remember
from tests.domain.workplace import Count, MakeEvent, MakeRule, Tenant
from watchfloor.detect.rule import Level
from watchfloor.incidents import timeline
from watchfloor.incidents.grouping.storms import MANY, NEWCOMERS
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.ids import IncidentId

Superuser: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


async def kinds(superuser: Superuser) -> list[str]:
    """What opened the incidents of the last minutes, in the order of their numbers."""
    rows = await superuser.fetch(
        "select o.kind from wf.incident_origins o join wf.incidents i on i.id = o.incident_id"
        " where o.opened_at > now() - interval '1 hour' order by i.number"
    )
    return [row["kind"] for row in rows]


async def facts_of(tenant: Tenant, incident_id: IncidentId, kind: str) -> list[dict[str, str]]:
    async with tenant_tx(tenant.database, tenant.id) as tx:
        entries = await timeline.read(tx, tenant.cipher, incident_id, limit=500)
    return [entry.facts for entry in entries if entry.kind == kind]


async def age(superuser: Superuser) -> None:
    """Lets all that was opened be long ago."""
    await superuser.execute("update wf.incident_origins set opened_at = now() - interval '1 hour'")


async def test_ten_thousand_alerts_in_a_minute_open_five_incidents_and_the_new_host_has_its_own(
    acme: Tenant, superuser: Superuser, count: Count
) -> None:
    storm = Storm(alerts=10_000)
    await remember(acme, storm.rule, storm.known, superuser)
    for number, batch in enumerate(storm.batches()):
        await acme.work(*batch)
        if number == 0:
            await superuser.execute("analyze wf.alerts, wf.alert_events, wf.alert_entities")  # as autovacuum would
    opened = await kinds(superuser)
    assert len(opened) <= 5
    assert opened.count("newcomer") == 1
    assert await count("wf.alerts") == 10_001 + len(storm.known)
    assert await count("wf.alerts where incident_id is null") == 0
    own = await superuser.fetchrow(
        "select i.id, count(*) as alerts from wf.incidents i join wf.alerts a on a.incident_id = i.id"
        " join wf.incident_origins o on o.incident_id = i.id where o.kind = 'newcomer' group by i.id"
    )
    assert own is not None
    assert own["alerts"] == 1
    [opening] = await facts_of(acme, own["id"], "opened")
    assert opening["newcomer"] == "host"
    storm_id = await superuser.fetchval("select incident_id from wf.incident_origins order by gathered desc limit 1")
    gathered = await count("wf.incident_origins o join wf.alerts a using (incident_id) where o.kind = 'storm'")
    told = [int(facts["alerts"]) for facts in await facts_of(acme, storm_id, "storm")]
    assert told == sorted(told)
    assert told[-1] > gathered / 2
    assert len(told) <= 16, "a storm's timeline speaks of it when it has doubled"


@pytest.mark.parametrize("level", ["medium", "high"])
async def test_a_throttled_storm_is_as_few_incidents_and_counts_every_match(
    level: Level, acme: Tenant, superuser: Superuser, count: Count
) -> None:
    storm = Storm(alerts=1_000, level=level, batch=250)
    await remember(acme, storm.rule, storm.known, superuser)
    for batch in storm.batches():
        await acme.work(*batch)
    opened = await kinds(superuser)
    assert len(opened) <= 5
    assert opened.count("newcomer") == 1
    assert await count("wf.alerts where incident_id is null") == 0
    assert await superuser.fetchval("select sum(match_count)::integer from wf.alerts") == 1_001 + len(storm.known)


async def test_a_storm_over_hosts_that_nobody_knew_is_one_too_and_the_next_new_host_is_told(
    acme: Tenant, superuser: Superuser, count: Count
) -> None:
    storm = Storm(alerts=400, hosts=40, batch=200)
    for batch in storm.batches():
        await acme.work(*batch)
    assert await kinds(superuser) == [*["alert"] * MANY, "storm", "newcomer"]
    hosts = await count("wf.incident_entities e join wf.incident_origins o using (incident_id) where o.kind = 'storm'")
    assert hosts == 40 - MANY, "the storm names whom it concerns"


async def test_newcomers_have_an_end_and_what_is_beyond_it_is_in_the_storm(
    acme: Tenant, superuser: Superuser, count: Count
) -> None:
    storm = Storm(alerts=100, hosts=20, batch=100)
    await remember(acme, storm.rule, storm.known, superuser)
    for batch in storm.batches():
        await acme.work(*batch)
    for number in range(2 * NEWCOMERS):
        at = timedelta(seconds=90 + number)
        await acme.work((storm.rule, event_on(f"late-{number}", number=5_000 + number, at=at)))
    assert (await kinds(superuser)).count("newcomer") == NEWCOMERS
    assert await count("wf.alerts where incident_id is null") == 0


async def test_another_rule_on_a_host_in_a_storm_is_a_story_of_its_own(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule, superuser: Superuser
) -> None:
    storm = Storm(alerts=100, hosts=20, batch=100)
    await remember(acme, storm.rule, storm.known, superuser)
    for batch in storm.batches():
        await acme.work(*batch)
    [incident_id] = await acme.work((make_rule("LSASS read", level="critical"), make_event(1, at=100, host="ws-15")))
    assert (await kinds(superuser))[-1] == "alert"
    assert await superuser.fetchval("select title from wf.incidents where id = $1", incident_id) == "LSASS read"


async def test_a_few_incidents_of_a_rule_over_an_hour_are_no_storm(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule, superuser: Superuser
) -> None:
    for number in range(2 * MANY):
        await acme.work((make_rule(), make_event(number, at=number, host=f"ws-{number}")))
        await age(superuser)
    assert await superuser.fetchval("select count(*) from wf.incident_origins where kind = 'alert'") == 2 * MANY


async def test_a_storm_that_was_worked_out_begins_anew(acme: Tenant, superuser: Superuser) -> None:
    storm = Storm(alerts=200, hosts=20, batch=100)
    await remember(acme, storm.rule, storm.known, superuser)
    first, second, _ = storm.batches()
    await acme.work(*first)
    await superuser.execute("update wf.incidents set state = 'closed', closed_at = now() where state = 'new'")
    await acme.work(*second)
    opened = await kinds(superuser)
    assert opened.count("storm") == 2
    assert await superuser.fetchval("select count(*) from wf.alerts where incident_id is null") == 0


async def resolve(superuser: Superuser, verdict: str, state: str = "resolved") -> None:
    await superuser.execute(
        "update wf.incidents set state = $1, verdict = $2, verdict_reason = 'x', acknowledged_at = now(),"
        " resolved_at = now(), closed_at = case when $1 = 'closed' then now() end",
        state,
        verdict,
    )


LATER = 5 * 3600.0
"""After the window of the rule, so that the same dedup key opens another alert."""


@pytest.mark.parametrize("verdict", ["true_positive", "inconclusive"])
async def test_what_comes_back_after_an_attack_was_resolved_takes_the_incident_up_again(
    verdict: str,
    *,
    acme: Tenant,
    make_event: MakeEvent,
    make_rule: MakeRule,
    superuser: Superuser,
    count: Count,
) -> None:
    [first] = await acme.work((make_rule(), make_event(1, host="ws-1")))
    await resolve(superuser, verdict)
    assert await acme.work((make_rule(), make_event(2, at=LATER, host="ws-1"))) == [first]
    assert await count("wf.incidents where state = 'acknowledged' and resolved_at is null") == 1
    assert await count("wf.audit_entries where action = 'incident.reopen'") == 1
    [reopened] = await facts_of(acme, first, "reopened")
    assert reopened["rule"] == "Odd login"


@pytest.mark.parametrize(
    ("verdict", "state", "level"),
    [
        ("false_positive", "resolved", "medium"),
        ("benign", "resolved", "medium"),
        ("true_positive", "closed", "medium"),
        ("true_positive", "resolved", "high"),
        ("true_positive", "resolved", "critical"),
    ],
)
async def test_what_else_comes_back_is_never_swallowed_and_says_what_it_follows(
    verdict: str,
    state: str,
    level: Level,
    *,
    acme: Tenant,
    make_event: MakeEvent,
    make_rule: MakeRule,
    superuser: Superuser,
) -> None:
    rule = make_rule(level=level)
    [first] = await acme.work((rule, make_event(1, host="ws-1")))
    await resolve(superuser, verdict, state)
    [second] = await acme.work((rule, make_event(2, at=LATER, host="ws-1")))
    assert first != second
    [opening] = await facts_of(acme, second, "opened")
    assert opening["earlier"] == "ACME-1"


async def test_what_comes_back_a_day_later_follows_nothing(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule, superuser: Superuser
) -> None:
    await acme.work((make_rule(), make_event(1, host="ws-1")))
    await resolve(superuser, "true_positive")
    await superuser.execute("update wf.incidents set resolved_at = now() - interval '5 hours'")
    [second] = await acme.work((make_rule(), make_event(2, at=LATER, host="ws-1")))
    [opening] = await facts_of(acme, second, "opened")
    assert "earlier" not in opening
