"""Alerts become incidents in PostgreSQL: number, severity, entities, timeline, audit and message in one transaction."""

from datetime import timedelta

import asyncpg
import pytest

from tests.domain.workplace import NOON, Count, MakeEvent, MakeRule, MakeTenant, Tenant
from watchfloor.incidents import timeline
from watchfloor.incidents.group import group
from watchfloor.incidents.grouping.writing import MAX_ENTITIES
from watchfloor.incidents.incident import Incident
from watchfloor.incidents.queries import select_incident
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.errors import Conflict
from watchfloor.kernel.ids import IncidentId, show
from watchfloor.kernel.outbox import INCIDENT_CHANGED, take


async def read(tenant: Tenant, incident_id: IncidentId) -> Incident:
    async with tenant_tx(tenant.database, tenant.id) as tx:
        found = await select_incident(tx, incident_id)
    assert found is not None
    return found


async def steps(tenant: Tenant, incident_id: IncidentId) -> list[tuple[str, str]]:
    async with tenant_tx(tenant.database, tenant.id) as tx:
        entries = await timeline.read(tx, tenant.cipher, incident_id, limit=100)
    return [(entry.kind, entry.facts.get("rule") or entry.facts.get("after") or "") for entry in entries]


async def messages(tenant: Tenant) -> list[str]:
    async with tenant_tx(tenant.database, tenant.id) as tx:
        return [message.key for message in await take(tx, topic=INCIDENT_CHANGED)]


async def test_an_alert_opens_an_incident_named_after_its_rule(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule, count: Count
) -> None:
    [incident_id] = await acme.work((make_rule("LSASS read", level="high"), make_event(1, host="ws-1")))
    opened = await read(acme, incident_id)
    assert (opened.number, opened.title, opened.severity, opened.state) == (1, "LSASS read", "high", "new")
    assert (opened.first_event_at, opened.last_event_at) == (NOON, NOON)
    assert await steps(acme, incident_id) == [("opened", "LSASS read")]
    assert await messages(acme) == [show("inc", incident_id)]
    assert await count("wf.audit_entries where action = 'incident.open'") == 1


async def test_a_worse_alert_that_joins_raises_severity_and_title(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule, count: Count
) -> None:
    [incident_id] = await acme.work((make_rule("Odd login"), make_event(1, host="ws-1", user="bob")))
    joined = await acme.work((make_rule("LSASS read", level="critical"), make_event(2, at=60, user="bob")))
    assert joined == [incident_id]
    grown = await read(acme, incident_id)
    assert (grown.title, grown.severity, grown.revision) == ("LSASS read", "critical", 2)
    assert grown.last_event_at == NOON + timedelta(seconds=60)
    assert await steps(acme, incident_id) == [
        ("opened", "Odd login"),
        ("alert", "LSASS read"),
        ("severity_changed", "critical"),
    ]
    assert await count("wf.audit_entries where action = 'incident.extend'") == 1


async def test_a_milder_alert_that_joins_changes_neither(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule
) -> None:
    [incident_id] = await acme.work((make_rule("LSASS read", level="critical"), make_event(1, host="ws-1")))
    await acme.work((make_rule("Odd login"), make_event(2, host="ws-1")))
    kept = await read(acme, incident_id)
    assert (kept.title, kept.severity) == ("LSASS read", "critical")


async def test_more_matches_of_an_alert_move_the_incident_but_write_no_line(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule, count: Count
) -> None:
    rule = make_rule()
    [incident_id] = await acme.work((rule, make_event(1, host="ws-1")))
    before = await count("wf.audit_entries")
    assert await acme.work((rule, make_event(2, at=60, host="ws-1", user="bob"))) == [incident_id]
    assert await steps(acme, incident_id) == [("opened", "Odd login")]
    assert (await read(acme, incident_id)).last_event_at == NOON + timedelta(seconds=60)
    assert len(await messages(acme)) == 2
    assert await count("wf.audit_entries") == before
    assert await count("wf.incident_entities where kind = 'user'") == 1


async def test_a_redelivered_batch_touches_nothing(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule, count: Count
) -> None:
    batch = [(make_rule(title), make_event(number, host="ws-1")) for number, title in enumerate("abc")]
    await acme.work(*batch)
    before = [await count(f"wf.{table}") for table in ("incidents", "incident_timeline", "audit_entries", "outbox")]
    assert await acme.work(*batch) == []
    assert before == [
        await count(f"wf.{table}") for table in ("incidents", "incident_timeline", "audit_entries", "outbox")
    ]


async def test_a_resolved_incident_is_left_alone_and_a_new_one_opens(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    rule = make_rule()
    [first] = await acme.work((rule, make_event(1, host="ws-1")))
    await superuser.execute("update wf.incidents set state = 'closed', resolved_at = $1, closed_at = $1", NOON)
    [second] = await acme.work((rule, make_event(2, at=60, host="ws-1")))
    assert first != second
    assert (await read(acme, second)).number == 2


async def test_numbers_have_no_gap_when_a_transaction_fails(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule
) -> None:
    async def failing() -> None:
        async with tenant_tx(acme.database, acme.id) as tx:
            await group(tx, acme.cipher, await acme.record_in(tx, (make_rule(), make_event(1, host="ws-1"))))
            raise Conflict("The batch fails.")

    with pytest.raises(Conflict):
        await failing()
    [incident_id] = await acme.work((make_rule(), make_event(1, host="ws-1")))
    assert (await read(acme, incident_id)).number == 1


async def test_each_tenant_counts_its_own_incidents(
    acme: Tenant, make_tenant: MakeTenant, make_event: MakeEvent, make_rule: MakeRule
) -> None:
    for tenant in (acme, await make_tenant("NORD")):
        [incident_id] = await tenant.work((make_rule(), make_event(1, host="ws-1")))
        assert (await read(tenant, incident_id)).number == 1


async def test_a_storm_is_a_few_lines_on_the_timeline(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule, count: Count
) -> None:
    rule = make_rule(level="critical", dedup=("host",))
    storm = [(rule, make_event(number, at=number, host=f"ws-{number}", user="bob")) for number in range(300)]
    [incident_id] = await acme.work(*storm)
    assert await count("wf.alerts where incident_id is not null") == 300
    assert len(await steps(acme, incident_id)) == 22
    assert await count("wf.audit_entries") == 1
    assert len(await messages(acme)) == 1


async def test_an_incident_names_no_more_entities_than_it_may(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule, count: Count
) -> None:
    rule = make_rule(level="critical", dedup=("host",))
    for start in (0, MAX_ENTITIES - 50):
        await acme.work(
            *((rule, make_event(n, at=n, host=f"ws-{n}", user="bob")) for n in range(start, start + MAX_ENTITIES - 50))
        )
    assert await count("wf.incident_entities") == MAX_ENTITIES


async def test_an_informational_alert_waits_for_a_story_to_join(
    acme: Tenant, make_event: MakeEvent, make_rule: MakeRule, count: Count
) -> None:
    context = make_rule("Logged on", level="informational")
    assert await acme.work((context, make_event(1, host="ws-1"))) == []
    [incident_id] = await acme.work((make_rule("LSASS read"), make_event(2, at=60, host="ws-1")))
    assert await count("wf.alerts where incident_id is null") == 1
    assert await acme.work((context, make_event(3, at=120, host="ws-1"))) == [incident_id]
    assert await count("wf.alerts where incident_id is null") == 0
