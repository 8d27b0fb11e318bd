"""Scores in PostgreSQL: kept with each change, moved by verdicts and weights, shown with their reasons."""

from typing import TypeAlias

import asyncpg
import pytest

from tests.domain.workplace import Count, MakeEvent, MakeRule, MakeTenant, MakeWorker, Tenant, Worker
from watchfloor.access.roles import PERMISSIONS_OF, Permission, Role
from watchfloor.alerts.alert import Severity
from watchfloor.alerts.precision.figures import precision_of
from watchfloor.assets.weights import Weight
from watchfloor.desk import moves, reading, severity, work
from watchfloor.desk.card import Row, Text
from watchfloor.desk.display.listing import lines_of
from watchfloor.desk.front import urgency
from watchfloor.desk.reply import Reply
from watchfloor.incidents.incident import VerdictKind
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.kernel.errors import Conflict, Invalid, NotFound

Superuser: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
REASON = "It concerns the finance server."


class Desk:
    """A desk, as the chat's role works at it."""

    def __init__(self, tenant: Tenant, bot: Database, worker: Worker) -> None:
        self.tenant, self.bot, self.worker = tenant, bot, worker

    async def judge(self, incident: str, verdict: VerdictKind, reason: str = "We looked at it.") -> Reply:
        async with tenant_tx(self.bot, self.tenant.id) as tx:
            place = (tx, self.tenant.cipher, self.worker.actor, self.worker.permissions)
            await moves.acknowledge(*place, incident=incident)
            return await work.verdict(*place, incident=incident, verdict=verdict, reason=reason)

    async def rate(self, level: Severity, reason: str = REASON, worker: Worker | None = None) -> Reply:
        who = worker or self.worker
        async with tenant_tx(self.bot, self.tenant.id) as tx:
            place = (tx, self.tenant.cipher, who.actor, who.permissions)
            return await severity.rate(*place, incident="ACME-1", severity=level, reason=reason)

    async def weigh(self, name: str, weight: Weight, worker: Worker | None = None) -> Reply:
        who = worker or self.worker
        async with tenant_tx(self.bot, self.tenant.id) as tx:
            place = (tx, self.tenant.cipher, who.actor, who.permissions)
            return await severity.weigh(*place, incident="ACME-1", name=name, weight=weight)

    async def row(self, incident: str, label: str) -> Row | None:
        async with tenant_tx(self.bot, self.tenant.id) as tx:
            place = (tx, self.tenant.cipher, self.worker.actor, self.worker.permissions)
            shown = await reading.show(*place, incident=incident)
        assert shown.card is not None
        return next((row for row in shown.card.rows if row.label == label), None)


@pytest.fixture
def desk(acme: Tenant, db_bot: Database, make_worker: MakeWorker) -> Desk:
    return Desk(acme, db_bot, make_worker())


async def scores(superuser: Superuser) -> list[int]:
    rows = await superuser.fetch("select score from wf.incidents order by number")
    return [row["score"] for row in rows]


async def test_a_new_incident_has_a_score_and_its_card_says_why(
    desk: Desk, make_event: MakeEvent, make_rule: MakeRule, superuser: Superuser
) -> None:
    await desk.tenant.work((make_rule(level="high"), make_event(1, host="ws-1")))
    assert await scores(superuser) == [45]
    assert await desk.row("ACME-1", "Score") == Row("Score", (Text("45 of 100: high detection"),))
    rule = make_rule("LSASS read", level="critical")
    await desk.tenant.work((rule, make_event(2, at=60, host="ws-1")), (rule, make_event(3, at=60, host="ws-1")))
    assert await scores(superuser) == [63], "a second rule and a worse severity"


async def test_verdicts_move_the_scores_of_open_incidents_with_the_same_rule(
    desk: Desk, make_event: MakeEvent, make_rule: MakeRule, superuser: Superuser, count: Count
) -> None:
    for number in range(3):
        await desk.tenant.work((make_rule(), make_event(number, host=f"ws-{number}")))
    await desk.tenant.work((make_rule("other"), make_event(9, host="ws-9")))
    assert await scores(superuser) == [30, 30, 30, 30]
    before = await count("wf.outbox")
    await desk.judge("ACME-1", "false_positive")
    assert await scores(superuser) == [25, 25, 25, 30]
    assert await count("wf.outbox") == before + 4, "its acknowledgement, its verdict, and the two others"
    await desk.judge("ACME-2", "false_positive")
    assert (await scores(superuser))[2] < 25
    await desk.judge("ACME-1", "true_positive", "We were wrong before.")
    assert await scores(superuser) == [30, 30, 30, 30], "a corrected verdict counts once"


async def test_precision_counts_each_incident_once_and_stays_with_its_tenant(
    desk: Desk, make_tenant: MakeTenant, make_event: MakeEvent, make_rule: MakeRule
) -> None:
    rule = make_rule(dedup=("host", "user"))
    await desk.tenant.work(*((rule, make_event(n, host="ws-1", user=f"u{n}")) for n in range(3)))
    await desk.judge("ACME-1", "true_positive")
    nord = await make_tenant("NORD")
    for tenant, expected in ((desk.tenant, 1), (nord, 0)):
        async with tenant_tx(tenant.database, tenant.id) as tx:
            found = await precision_of(tx, [rule.id, "unknown"])
        assert (found[rule.id].true_positive, found["unknown"].decided) == (expected, 0)


async def test_an_alert_that_joins_an_incident_with_a_verdict_counts_for_its_rule_too(
    desk: Desk, make_event: MakeEvent, make_rule: MakeRule, count: Count
) -> None:
    await desk.tenant.work((make_rule(), make_event(1, host="ws-1")))
    await desk.judge("ACME-1", "true_positive")
    await desk.tenant.work((make_rule("other"), make_event(2, at=60, host="ws-1")))
    assert await count("wf.rule_verdicts") == 2


async def test_the_worth_of_a_thing_counts_in_all_open_incidents_that_name_it(
    desk: Desk, make_event: MakeEvent, make_rule: MakeRule, superuser: Superuser, count: Count
) -> None:
    await desk.tenant.work((make_rule("one"), make_event(1, host="dc-1")))
    await desk.tenant.work((make_rule("two"), make_event(2, at=2 * 86_400, host="dc-1")))
    reply = await desk.weigh("DC-1", "critical")
    assert reply.changed
    assert await scores(superuser) == [48, 48]
    assert await desk.row("ACME-2", "Score") == Row("Score", (Text("48 of 100: medium detection, critical asset"),))
    assert not (await desk.weigh("dc-1", "critical")).changed
    assert await count("wf.audit_entries where action = 'asset.weigh'") == 1
    sealed = await superuser.fetchval("select value from wf.asset_weights")
    assert b"dc-1" not in sealed
    await desk.weigh("dc-1", "normal")
    assert await scores(superuser) == [30, 30]
    assert await count("wf.asset_weights") == 0
    with pytest.raises(NotFound):
        await desk.weigh("ws-99", "high")


async def test_a_severity_that_a_person_set_stands_until_something_worse_comes(
    desk: Desk, make_event: MakeEvent, make_rule: MakeRule, superuser: Superuser
) -> None:
    await desk.tenant.work((make_rule(level="high"), make_event(1, host="ws-1")))
    assert (await desk.rate("low")).changed
    again = await desk.rate("low")
    assert (again.changed, again.ok) == (False, True)
    await desk.tenant.work((make_rule("as bad", level="high"), make_event(2, at=60, host="ws-1")))
    assert await superuser.fetchval("select severity from wf.incidents") == "low"
    await desk.tenant.work((make_rule("worse", level="critical"), make_event(3, at=90, host="ws-1")))
    assert await superuser.fetchval("select severity from wf.incidents") == "critical"


async def test_a_raised_severity_pages_and_a_reason_is_needed(
    desk: Desk, make_event: MakeEvent, make_rule: MakeRule, count: Count
) -> None:
    await desk.tenant.work((make_rule(), make_event(1, host="ws-1")))
    with pytest.raises(Invalid):
        await desk.rate("critical", "why not")
    assert await count("wf.pages") == 0
    await desk.rate("critical")
    assert await count("wf.pages") == 1
    await desk.judge("ACME-1", "benign")
    async with tenant_tx(desk.bot, desk.tenant.id) as tx:
        place = (tx, desk.tenant.cipher, desk.worker.actor, desk.worker.permissions)
        await moves.resolve(*place, incident="ACME-1")
    with pytest.raises(Conflict):
        await desk.rate("low")


async def test_only_who_works_incidents_may_rate(
    desk: Desk, make_event: MakeEvent, make_rule: MakeRule, make_worker: MakeWorker
) -> None:
    await desk.tenant.work((make_rule(), make_event(1, host="ws-1")))
    for role in Role:
        worker = make_worker(role)
        if Permission.INCIDENT_RATE not in PERMISSIONS_OF[role]:
            assert not (await desk.rate("low", worker=worker)).ok
            assert not (await desk.weigh("ws-1", "high", worker)).ok
    assert {role for role in Role if Permission.INCIDENT_RATE in PERMISSIONS_OF[role]} == {Role.ANALYST, Role.LEAD}


async def test_the_queue_goes_by_severity_then_by_score(desk: Desk, make_event: MakeEvent, make_rule: MakeRule) -> None:
    await desk.tenant.work((make_rule("a"), make_event(1, host="ws-1")))
    await desk.tenant.work((make_rule("b"), make_event(2, host="ws-2")), (make_rule("c"), make_event(3, host="ws-2")))
    await desk.tenant.work((make_rule("d", level="high"), make_event(4, host="ws-3")))
    async with tenant_tx(desk.bot, desk.tenant.id) as tx:
        lines = await lines_of(tx, states=("new",), before=None, limit=10)
    assert [line.ref for line in sorted(lines, key=urgency)] == ["ACME-3", "ACME-2", "ACME-1"]


async def test_related_incidents_are_those_that_concern_the_same_the_most_like_first(
    desk: Desk, make_event: MakeEvent, make_rule: MakeRule
) -> None:
    day = 86_400
    await desk.tenant.work((make_rule("a"), make_event(1, at=-9 * day, host="ws-1")))
    await desk.tenant.work((make_rule("b"), make_event(2, at=-6 * day, host="ws-1", user="bob")))
    await desk.tenant.work((make_rule("c"), make_event(3, at=-3 * day, host="ws-9", file="c:\\x.exe")))
    await desk.judge("ACME-2", "benign")
    await desk.tenant.work((make_rule("b"), make_event(4, host="ws-1", user="bob", file="c:\\x.exe")))
    like = Row("Related", (Text("ACME-2 (acknowledged, benign)"), Text("ACME-1 (new)")))
    assert await desk.row("ACME-4", "Related") == like
    assert await desk.row("ACME-3", "Related") is None, "a file tells nothing by itself"
