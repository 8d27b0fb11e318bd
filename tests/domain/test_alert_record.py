"""Matches become alerts in PostgreSQL: each event counts once, however often and in whatever order it arrives."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.domain.workplace import NOON, Count, MakeEvent, MakeRule, MakeTenant, Tenant
from watchfloor.alerts.alert import EVIDENCE_EVENTS, MAX_ENTITIES
from watchfloor.alerts.listing import entities_of, evidence_of, find_alert, list_alerts, list_of_incident
from watchfloor.alerts.record import lock, record
from watchfloor.detect.engine import Matches
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import AlertId, IncidentId, new_uuid
from watchfloor.normalise.event import Entity
from watchfloor.tenancy.keyring import Keyring

BEFORE_ALL = (NOON + timedelta(days=10_000), AlertId(new_uuid()))


async def test_a_match_opens_an_alert_with_its_rule_entities_and_evidence(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule
) -> None:
    event = make_event(1, host="ws-1", user="acme\\bob")
    [change] = await acme.record((make_rule(level="high"), event))
    assert (change.is_new, change.added, change.entities) == (True, 1, event.entities)
    async with tenant_tx(acme.database, acme.id) as tx:
        alert = await find_alert(tx, change.alert_id)
        assert await entities_of(tx, acme.cipher, change.alert_id) == sorted(event.entities)
        [kept] = await evidence_of(tx, acme.cipher, change.alert_id)
    assert (alert.severity, alert.match_count, alert.first_seen) == ("high", 1, NOON)
    assert (alert.rule.author, alert.rule.licence, alert.rule.techniques) == (
        "Watchfloor",
        "Apache-2.0",
        ("T1110.001",),
    )
    assert (kept.key, kept.evidence.raw, kept.evidence.fields) == (event.key, event.raw, event.fields)


async def test_a_redelivered_event_changes_nothing_even_if_it_claims_another_time(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule, count: Count
) -> None:
    rule = make_rule()
    await acme.record((rule, make_event(1, host="ws-1")))
    assert await acme.record((rule, make_event(1, host="ws-1"))) == []
    assert await acme.record((rule, make_event(1, at=100_000, host="ws-1"))) == []
    assert (await count("wf.alerts"), await count("wf.alert_events")) == (1, 1)


async def test_other_hosts_rules_and_tenants_have_alerts_of_their_own(
    acme: Tenant, make_tenant: MakeTenant, make_event: MakeEvent, make_rule: MakeRule, count: Count
) -> None:
    nord = await make_tenant("NORD")
    for tenant in (acme, nord):
        changes = await tenant.record(
            (make_rule("one"), make_event(1, host="ws-1")),
            (make_rule("one"), make_event(2, host="ws-2")),
            (make_rule("two"), make_event(1, host="ws-1")),
        )
        assert [change.is_new for change in changes] == [True, True, True]
    assert await count("wf.alerts") == 6


async def test_equal_keys_of_two_tenants_look_unrelated(
    acme: Tenant,
    make_tenant: MakeTenant,
    make_event: MakeEvent,
    make_rule: MakeRule,
    superuser: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    for tenant in (acme, await make_tenant("NORD")):
        await tenant.record((make_rule(), make_event(1, host="ws-1", user="bob")))
    for column, table in (("dedup_index", "wf.alerts"), ("value_index", "wf.alert_entities")):
        found = await superuser.fetch(f"select {column} from {table}")
        assert len({row[0] for row in found}) == len(found)


async def test_nothing_that_names_anybody_stands_open_in_the_tables(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await acme.work((make_rule(), make_event(1, host="canary-host", user="canary-user", summary="canary-summary")))
    tables = await superuser.fetch(
        "select relname from pg_class where relnamespace = 'wf'::regnamespace and relkind = 'r'"
    )
    for (table,) in tables:
        rows = await superuser.fetch(f"select t::text from wf.{table} t")
        assert not [row for row in rows if "canary" in row[0] or b"canary".hex() in row[0]], table


async def test_the_first_events_are_kept_whole_and_all_are_counted(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule
) -> None:
    rule = make_rule()
    for start in (0, 15, 30):
        await acme.record(*((rule, make_event(number, at=number, host="ws-1")) for number in range(start, start + 15)))
    async with tenant_tx(acme.database, acme.id) as tx:
        [alert] = await list_alerts(tx, before=BEFORE_ALL, limit=10)
        kept = await evidence_of(tx, acme.cipher, alert.id)
    assert alert.match_count == 45
    assert [event.evidence.fields["Number"] for event in kept] == list(range(EVIDENCE_EVENTS))


async def test_an_alert_names_no_more_entities_than_it_may(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule
) -> None:
    rule = make_rule()
    for start in (0, 200):
        await acme.record(*((rule, make_event(n, at=n, host="ws-1", user=f"u{n}")) for n in range(start, start + 200)))
    async with tenant_tx(acme.database, acme.id) as tx:
        [alert] = await list_alerts(tx, before=BEFORE_ALL, limit=10)
        named = await entities_of(tx, acme.cipher, alert.id)
    assert len(named) == MAX_ENTITIES
    assert Entity("host", "ws-1") in named


async def test_a_rotated_key_still_finds_the_alert(
    acme: Tenant, settings: Settings, make_event: MakeEvent, make_rule: MakeRule, db_app: Database
) -> None:
    await acme.record((make_rule(), make_event(1, host="ws-1")))
    async with tenant_tx(db_app, acme.id) as tx:
        newer = Tenant(acme.id, acme.code, await Keyring.open(settings).rotate(tx), db_app)
    [change] = await newer.record((make_rule(), make_event(1, host="ws-1")), (make_rule(), make_event(2, host="ws-1")))
    assert (change.is_new, change.added) == (False, 1)


async def test_what_follows_a_resolved_incident_is_a_new_alert(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    rule = make_rule()
    [incident_id] = await acme.work((rule, make_event(1, host="ws-1")))
    await superuser.execute("update wf.incidents set state = 'resolved', resolved_at = $1", NOON + timedelta(minutes=5))
    [late] = await acme.record((rule, make_event(2, at=60, host="ws-1")))
    [news] = await acme.record((rule, make_event(3, at=600, host="ws-1")))
    assert (late.is_new, late.incident_id) == (False, incident_id)
    assert (news.is_new, news.incident_id) == (True, None)


async def test_two_batches_at_once_open_one_alert(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule, count: Count
) -> None:
    rule = make_rule()
    await asyncio.gather(*(acme.work((rule, make_event(n, at=n, host="ws-1"))) for n in range(4)))
    assert (await count("wf.alerts"), await count("wf.alert_events"), await count("wf.incidents")) == (1, 4, 1)


async def test_the_lock_of_one_tenant_holds_up_no_other(acme: Tenant, make_tenant: MakeTenant) -> None:
    nord = await make_tenant("NORD")

    async def other() -> None:
        async with tenant_tx(nord.database, nord.id) as tx:
            await lock(tx)

    async with tenant_tx(acme.database, acme.id) as tx:
        await lock(tx)
        await asyncio.wait_for(asyncio.create_task(other()), 5)


async def test_no_matches_cost_no_query(acme: Tenant) -> None:
    async with tenant_tx(acme.database, acme.id) as tx:
        assert await acme.record_in(tx) == []


async def test_columns_of_unequal_length_are_a_fault_and_never_a_loss(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule
) -> None:
    matches = Matches([0, 0], [0])
    async with tenant_tx(acme.database, acme.id) as tx:
        with pytest.raises(ValueError, match="zip"):
            await record(tx, acme.cipher, events=[make_event(1)], matches=matches, rules=[make_rule()])


async def test_another_tenants_alert_does_not_exist(
    acme: Tenant, make_tenant: MakeTenant, make_event: MakeEvent, make_rule: MakeRule
) -> None:
    [change] = await acme.record((make_rule(), make_event(1, host="ws-1")))
    nord = await make_tenant("NORD")
    async with tenant_tx(nord.database, nord.id) as tx:
        with pytest.raises(NotFound):
            await find_alert(tx, change.alert_id)
        assert await evidence_of(tx, nord.cipher, change.alert_id) == []
        assert await list_of_incident(tx, IncidentId(new_uuid()), limit=10) == []


deliveries = st.lists(st.lists(st.integers(1, 25), min_size=1, max_size=8), min_size=1, max_size=6)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=deliveries, minutes=st.lists(st.integers(0, 400), min_size=25, max_size=25))
async def test_the_tables_equal_a_model_under_any_order_and_redelivery(
    make_tenant: MakeTenant,
    make_event: MakeEvent,
    make_rule: MakeRule,
    batches: list[list[int]],
    minutes: list[int],
) -> None:
    tenant = await make_tenant(f"T{new_uuid().hex[-6:].upper()}")
    rule, window = make_rule(window=3600), 3600.0
    model: dict[str, list[set[tuple[float, int]]]] = {}
    for batch in batches:
        await tenant.record(*((rule, make_event(n, at=60.0 * minutes[n - 1], host=_home(n))) for n in batch))
        for number in sorted(set(batch), key=lambda n: (minutes[n - 1], make_event(n).key)):
            _model_take(model.setdefault(_home(number), []), 60.0 * minutes[number - 1], number, window)
    async with tenant_tx(tenant.database, tenant.id) as tx:
        alerts = await list_alerts(tx, before=BEFORE_ALL, limit=100)
    found = sorted((a.first_seen, a.last_seen, a.match_count) for a in alerts)
    expected = sorted(
        (
            NOON + timedelta(seconds=min(moment for moment, _ in alert)),
            NOON + timedelta(seconds=max(moment for moment, _ in alert)),
            len(alert),
        )
        for group in model.values()
        for alert in group
    )
    assert found == expected


def _home(number: int) -> str:
    """The host of an event, which is what the rule tells its alerts apart by."""
    return f"ws-{number % 2}"


def _model_take(alerts: list[set[tuple[float, int]]], moment: float, number: int, window: float) -> None:
    """The rule in its plainest form: the earliest alert whose widened span covers the event, or a new one."""
    if any(number == counted for alert in alerts for _, counted in alert):
        return
    covering = [
        alert
        for alert in alerts
        if min(alert)[0] - window <= moment <= max(alert)[0] + window
        and max(moment, max(alert)[0]) - min(moment, min(alert)[0]) <= 86_400
    ]
    if covering:
        min(covering, key=lambda alert: min(alert)[0]).add((moment, number))
    else:
        alerts.append({(moment, number)})
