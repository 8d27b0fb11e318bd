"""People merge, unmerge and split: alerts, entities, references and clocks follow; nothing is lost or counted twice."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.domain.workplace import Count, MakeEvent, MakeRule, MakeTenant, MakeWorker, Tenant, Worker
from watchfloor.access.roles import PERMISSIONS_OF, Permission, Role
from watchfloor.audit.append import Actor
from watchfloor.desk import merging, moves, reading, work
from watchfloor.desk.card import Row, Text
from watchfloor.desk.reply import Reply
from watchfloor.incidents.sla.keeping import compare
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import Database, TenantTx, tenant_tx
from watchfloor.kernel.errors import Conflict, Invalid, NotFound, WatchfloorError
from watchfloor.kernel.ids import IncidentId, new_uuid

Superuser: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@dataclass(frozen=True)
class Office:
    """A desk, as the chat's role works at it."""

    tenant: Tenant
    bot: Database
    worker: Worker

    async def merge(self, incident: str, into: str, worker: Worker | None = None) -> Reply:
        who = worker or self.worker
        async with tenant_tx(self.bot, self.tenant.id) as tx:
            place = (tx, self.tenant.cipher, who.actor, who.permissions)
            return await merging.merge(*place, incident=incident, into=into)

    async def unmerge(self, incident: str) -> Reply:
        async with tenant_tx(self.bot, self.tenant.id) as tx:
            return await merging.unmerge(*self._place(tx), incident=incident)

    async def split(self, incident: str, by: str, value: str) -> Reply:
        async with tenant_tx(self.bot, self.tenant.id) as tx:
            return await merging.split(*self._place(tx), incident=incident, by=by, value=value)

    async def show(self, incident: str) -> Reply:
        async with tenant_tx(self.bot, self.tenant.id) as tx:
            return await reading.show(*self._place(tx), incident=incident)

    async def move(self, name: str, incident: str) -> Reply:
        commands = {"ack": moves.acknowledge, "resolve": moves.resolve, "close": moves.close, "reopen": moves.reopen}
        async with tenant_tx(self.bot, self.tenant.id) as tx:
            return await commands[name](*self._place(tx), incident=incident)

    async def judge(self, incident: str) -> Reply:
        async with tenant_tx(self.bot, self.tenant.id) as tx:
            place = self._place(tx)
            return await work.verdict(*place, incident=incident, verdict="true_positive", reason="It was an attack.")

    def _place(self, tx: TenantTx) -> tuple[TenantTx, TenantCipher, Actor, frozenset[Permission]]:
        return tx, self.tenant.cipher, self.worker.actor, self.worker.permissions


@pytest.fixture
def office(acme: Tenant, db_bot: Database, make_worker: MakeWorker) -> Office:
    return Office(acme, db_bot, make_worker())


@pytest.fixture
async def two(acme: Tenant, make_event: MakeEvent, make_rule: MakeRule) -> tuple[IncidentId, IncidentId]:
    """ACME-1 (critical, ws-1 and bob) and ACME-2 (medium, ws-2)."""
    [first] = await acme.work((make_rule("LSASS read", level="critical"), make_event(1, host="ws-1", user="bob")))
    [second] = await acme.work((make_rule("Odd login"), make_event(2, at=60, host="ws-2")))
    return first, second


def row_of(reply: Reply, label: str) -> Row | None:
    assert reply.card is not None
    return next((row for row in reply.card.rows if row.label == label), None)


async def alerts_of(superuser: Superuser) -> dict[int, int]:
    """How many alerts each incident has, by number."""
    rows = await superuser.fetch(
        "select i.number, count(a.id) as alerts from wf.incidents i left join wf.alerts a on a.incident_id = i.id"
        " group by i.number"
    )
    return {row["number"]: row["alerts"] for row in rows}


async def names_of(superuser: Superuser, number: int) -> int:
    found: int = await superuser.fetchval(
        "select count(*) from wf.incident_entities e join wf.incidents i on i.id = e.incident_id where i.number = $1",
        number,
    )
    return found


@pytest.mark.usefixtures("two")
async def test_a_merged_incident_is_closed_its_reference_leads_to_the_whole(
    office: Office, superuser: Superuser, count: Count
) -> None:
    reply = await office.merge("ACME-2", "acme-1")
    assert reply.changed
    assert reply.card is not None
    assert reply.card.ref == "ACME-1"
    assert await alerts_of(superuser) == {1: 2, 2: 0}
    assert await names_of(superuser, 1) == 3
    part = await office.show("ACME-2")
    assert part.card is not None
    assert (part.card.state, part.card.actions) == ("closed", ())
    assert row_of(part, "Part of") == Row("Part of", (Text("ACME-1: work goes on there"),))
    assert row_of(await office.show("ACME-1"), "Merged in") == Row("Merged in", (Text("ACME-2"),))
    assert [entry.kind for entry in part.timeline] == ["opened", "merged"]
    assert [entry.kind for entry in (await office.show("ACME-1")).timeline] == ["opened", "absorbed"]
    assert await count("wf.audit_entries where action in ('incident.merge', 'incident.absorb')") == 2


@pytest.mark.usefixtures("two")
async def test_a_merge_said_again_says_so_and_writes_nothing(office: Office, count: Count) -> None:
    await office.merge("ACME-2", "ACME-1")
    before = [await count(f"wf.{table}") for table in ("audit_entries", "incident_timeline", "outbox")]
    again = await office.merge("ACME-2", "ACME-1")
    assert (again.changed, again.ok) == (False, True)
    assert "already" in again.text
    assert [await count(f"wf.{table}") for table in ("audit_entries", "incident_timeline", "outbox")] == before


@pytest.mark.usefixtures("two")
async def test_what_merges_into_a_milder_incident_raises_it(office: Office, superuser: Superuser) -> None:
    await office.merge("ACME-1", "ACME-2")
    row = await superuser.fetchrow("select title, severity from wf.incidents where number = 2")
    assert row is not None
    assert tuple(row) == ("LSASS read", "critical")
    await office.unmerge("ACME-1")
    row = await superuser.fetchrow("select title, severity from wf.incidents where number = 2")
    assert row is not None
    assert tuple(row) == ("Odd login", "medium"), "and no longer when that is undone"


async def test_alerts_that_arrive_later_for_a_merged_incident_go_to_the_whole(
    two: tuple[IncidentId, IncidentId], office: Office, make_event: MakeEvent, make_rule: MakeRule
) -> None:
    await office.merge("ACME-2", "ACME-1")
    assert await office.tenant.work((make_rule("Odd login"), make_event(3, at=90, host="ws-2"))) == [two[0]]
    assert await office.tenant.work((make_rule("Another"), make_event(4, at=95, host="ws-2"))) == [two[0]]


@pytest.mark.usefixtures("two")
async def test_undoing_a_merge_gives_back_what_came_by_it(
    office: Office, superuser: Superuser, make_event: MakeEvent, make_rule: MakeRule
) -> None:
    await office.move("ack", "ACME-2")
    await office.merge("ACME-2", "ACME-1")
    await office.tenant.work((make_rule("Later"), make_event(4, at=95, host="ws-1")))
    reply = await office.unmerge("ACME-2")
    assert reply.card is not None
    assert (reply.card.ref, reply.card.state) == ("ACME-2", "acknowledged")
    assert await alerts_of(superuser) == {1: 2, 2: 1}
    assert (await names_of(superuser, 1), await names_of(superuser, 2)) == (2, 1)
    assert not (await office.unmerge("ACME-2")).changed
    async with tenant_tx(office.tenant.database, office.tenant.id) as tx:
        ids = await superuser.fetch("select id from wf.incidents")
        assert [await compare(tx, office.tenant.cipher, IncidentId(row["id"])) for row in ids] == [[], []]


@pytest.mark.usefixtures("two")
async def test_merges_of_merges_come_apart_in_any_order(
    office: Office, superuser: Superuser, make_event: MakeEvent, make_rule: MakeRule
) -> None:
    await office.tenant.work((make_rule("Third"), make_event(5, at=95, host="ws-3")))
    await office.merge("ACME-3", "ACME-2")
    await office.merge("ACME-2", "ACME-1")
    assert row_of(await office.show("ACME-3"), "Part of") == Row("Part of", (Text("ACME-1: work goes on there"),))
    await office.unmerge("ACME-3")
    assert await alerts_of(superuser) == {1: 2, 2: 0, 3: 1}
    await office.unmerge("ACME-2")
    assert await alerts_of(superuser) == {1: 1, 2: 1, 3: 1}


@pytest.mark.usefixtures("two")
async def test_what_is_part_of_another_is_not_worked_on(office: Office) -> None:
    await office.merge("ACME-2", "ACME-1")
    for work_on in (office.move("reopen", "ACME-2"), office.judge("ACME-2"), office.split("ACME-2", "host", "ws-2")):
        with pytest.raises(Conflict, match="part of ACME-1"):
            await work_on
    with pytest.raises(Conflict, match="part of ACME-1"):
        await office.merge("ACME-1", "ACME-2")


@pytest.mark.usefixtures("two")
async def test_nothing_merges_into_itself_into_what_is_done_or_into_another_tenants(
    office: Office, make_tenant: MakeTenant, make_event: MakeEvent, make_rule: MakeRule
) -> None:
    nord = await make_tenant("NORD")
    await nord.work((make_rule(), make_event(1, host="ws-1")))
    with pytest.raises(Conflict):
        await office.merge("ACME-1", "ACME-1")
    with pytest.raises(NotFound) as missing:
        await office.merge("ACME-1", "ACME-99")
    with pytest.raises(NotFound) as foreign:
        await office.merge("ACME-1", "NORD-1")
    assert str(missing.value) == str(foreign.value)
    for step in ("ack", "judge", "resolve", "close"):
        await (office.judge("ACME-1") if step == "judge" else office.move(step, "ACME-1"))
    for incident, into in (("ACME-1", "ACME-2"), ("ACME-2", "ACME-1")):
        with pytest.raises(Conflict):
            await office.merge(incident, into)


@pytest.mark.usefixtures("two")
async def test_only_who_works_incidents_may_merge(office: Office, make_worker: MakeWorker, count: Count) -> None:
    for role in Role:
        may = Permission.INCIDENT_MERGE in PERMISSIONS_OF[role]
        assert may == (role in (Role.ANALYST, Role.LEAD))
        if not may:
            assert not (await office.merge("ACME-2", "ACME-1", make_worker(role))).ok
    assert await count("wf.audit_entries where action = 'access.refused'") == len(Role) - 2
    assert await count("wf.incident_merges") == 0


@pytest.mark.parametrize(("by", "value"), [("host", "WS-2"), ("user", "eve"), ("rule", "odd LOGIN")])
async def test_alerts_are_split_off_by_host_user_or_rule(
    by: str, value: str, *, office: Office, make_event: MakeEvent, make_rule: MakeRule, superuser: Superuser
) -> None:
    await office.tenant.work(
        (make_rule("LSASS read", level="critical"), make_event(1, host="ws-1", user="bob", ip="198.51.100.7")),
        (make_rule("Odd login"), make_event(2, at=60, host="ws-2", user="eve", ip="198.51.100.7")),
    )
    await office.move("ack", "ACME-1")
    reply = await office.split("ACME-1", by, value)
    assert reply.card is not None
    assert reply.card.ref == "ACME-1"
    assert await alerts_of(superuser) == {1: 1, 2: 1}
    row = await superuser.fetchrow("select title, severity, state, assignee_id from wf.incidents where number = 2")
    assert row is not None
    assert tuple(row) == ("Odd login", "medium", "acknowledged", office.worker.person_id)
    assert (await names_of(superuser, 1), await names_of(superuser, 2)) == (3, 3)
    assert [entry.kind for entry in (await office.show("ACME-2")).timeline] == ["opened", "acknowledged"]
    assert [offer.verb for offer in reply.offers] == ["show", "merge"]


@pytest.mark.usefixtures("two")
async def test_what_cannot_be_split_says_why(office: Office) -> None:
    with pytest.raises(Conflict, match="All alerts"):
        await office.split("ACME-1", "host", "ws-1")
    with pytest.raises(Conflict, match="No alert"):
        await office.split("ACME-1", "rule", "nothing like it")
    with pytest.raises(NotFound):
        await office.split("ACME-1", "host", "ws-99")
    with pytest.raises(Invalid):
        await office.split("ACME-1", "colour", "red")


async def test_the_severity_follows_what_is_split_off(
    office: Office, make_event: MakeEvent, make_rule: MakeRule, superuser: Superuser
) -> None:
    await office.tenant.work(
        (make_rule("LSASS read", level="critical"), make_event(1, host="ws-1", user="bob")),
        (make_rule("Odd login"), make_event(2, at=60, host="ws-2", user="bob")),
    )
    await office.split("ACME-1", "rule", "LSASS read")
    rows = await superuser.fetch("select title, severity from wf.incidents order by number")
    assert [tuple(row) for row in rows] == [("Odd login", "medium"), ("LSASS read", "critical")]


@pytest.mark.usefixtures("two")
async def test_a_verdict_counts_for_the_rules_that_its_incident_has(office: Office, superuser: Superuser) -> None:
    counted = "select v.verdict, count(*) from wf.rule_verdicts v group by v.verdict"
    await office.move("ack", "ACME-1")
    await office.judge("ACME-1")
    assert [tuple(row) for row in await superuser.fetch(counted)] == [("true_positive", 1)]
    await office.merge("ACME-2", "ACME-1")
    assert [tuple(row) for row in await superuser.fetch(counted)] == [("true_positive", 2)]
    await office.unmerge("ACME-2")
    assert [tuple(row) for row in await superuser.fetch(counted)] == [("true_positive", 1)]


@pytest.mark.usefixtures("two")
async def test_merges_across_each_other_and_an_arriving_batch_wait_for_each_other(
    office: Office, superuser: Superuser, make_event: MakeEvent, make_rule: MakeRule
) -> None:
    arriving = office.tenant.work((make_rule("Later"), make_event(4, at=95, host="ws-2")))
    done = await asyncio.gather(
        office.merge("ACME-1", "ACME-2"), office.merge("ACME-2", "ACME-1"), arriving, return_exceptions=True
    )
    assert [isinstance(one, Conflict) for one in done].count(True) == 1
    assert sorted((await alerts_of(superuser)).values()) == [0, 3]


# Any sequence

HOSTS: Final = 4
STEPS: Final = ("arrive", "merge", "unmerge", "split", "ack", "resolve", "close", "reopen")

Step = tuple[str, int, int]


async def take(office: Office, step: Step, *, make_event: MakeEvent, make_rule: MakeRule, turn: int) -> None:
    """Does one step; what the desk refuses changes nothing."""
    name, one, other = step
    if name == "arrive":
        rule = make_rule(f"rule {other}", dedup=("host", "user"))
        event = make_event(turn, at=turn * 60, host=f"ws-{one}", user=f"u-{other}")
        await office.tenant.work((rule, event))
        return
    code = office.tenant.code
    acts: dict[str, Callable[[], Awaitable[Reply]]] = {
        "merge": lambda: office.merge(f"{code}-{one}", f"{code}-{other}"),
        "unmerge": lambda: office.unmerge(f"{code}-{one}"),
        "split": lambda: office.split(f"{code}-{one}", "user", f"u-{other}"),
        "ack": lambda: office.move("ack", f"{code}-{one}"),
        "close": lambda: office.move("close", f"{code}-{one}"),
        "reopen": lambda: office.move("reopen", f"{code}-{one}"),
    }
    try:
        if name == "resolve":
            await office.judge(f"{code}-{one}")
            await office.move("resolve", f"{code}-{one}")
        else:
            await acts[name]()
    except WatchfloorError as refused:
        assert isinstance(refused, Conflict | NotFound)  # noqa: PT017 - any other is a fault


_DIFFERENCES: Final = """
with named as (
  select distinct a.incident_id, e.kind, e.value_index
    from wf.alerts a join wf.alert_entities e on e.tenant_id = a.tenant_id and e.alert_id = a.id
   where a.tenant_id = $1),
kept as (
  select e.incident_id, e.kind, e.value_index
    from wf.incident_entities e join wf.incidents i on i.id = e.incident_id
   where e.tenant_id = $1 and i.merged_into is null)
select count(*) from ((table named except table kept) union all (table kept except table named)) as d
"""


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from((*STEPS, "arrive", "merge", "split")), st.integers(1, HOSTS), st.integers(1, HOSTS)),
        min_size=8,
        max_size=25,
    )
)
async def test_any_sequence_leaves_each_alert_in_one_incident_that_names_what_its_alerts_name(
    *,
    make_tenant: MakeTenant,
    make_worker: MakeWorker,
    make_event: MakeEvent,
    make_rule: MakeRule,
    db_bot: Database,
    superuser: Superuser,
    steps: list[Step],
) -> None:
    tenant = await make_tenant(f"T{new_uuid().hex[-6:].upper()}")
    office = Office(tenant, db_bot, make_worker())
    for turn, step in enumerate([("arrive", 1, 1), ("arrive", 2, 2), *steps]):
        await take(office, step, make_event=make_event, make_rule=make_rule, turn=turn)
        await superuser.execute("update wf.incident_origins set opened_at = now() - interval '1 hour'")
    stray = "select count(*) from wf.alerts a join wf.incidents i on i.id = a.incident_id and i.merged_into is not null"
    lost = "select count(*) from wf.alerts where tenant_id = $1 and incident_id is null"
    assert await superuser.fetchval(f"{stray} where a.tenant_id = $1", tenant.id) == 0
    assert await superuser.fetchval(lost, tenant.id) == 0
    empty = (
        "select count(*) from wf.incidents i where i.tenant_id = $1 and i.merged_into is null"
        " and not exists (select from wf.alerts a where a.incident_id = i.id)"
    )
    assert await superuser.fetchval(empty, tenant.id) == 0
    assert await superuser.fetchval(_DIFFERENCES, tenant.id) == 0
    numbers = await superuser.fetch("select number from wf.incidents where tenant_id = $1 order by number", tenant.id)
    assert [row["number"] for row in numbers] == list(range(1, len(numbers) + 1))
    async with tenant_tx(tenant.database, tenant.id) as tx:
        for row in await superuser.fetch("select id from wf.incidents where tenant_id = $1", tenant.id):
            assert await compare(tx, tenant.cipher, IncidentId(row["id"])) == []
