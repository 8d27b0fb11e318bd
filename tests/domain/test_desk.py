"""The desk: each command checks its actor, writes once, and leaves timeline, audit entry and message (A1, Q1)."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final, Protocol

import asyncpg
import pytest

from tests.domain.workplace import Count, MakeEvent, MakeRule, MakeTenant, MakeWorker, Tenant, Worker
from watchfloor.access.roles import PERMISSIONS_OF, Permission, Role
from watchfloor.audit.append import Actor
from watchfloor.desk import moves, reading, work
from watchfloor.desk.card import Card, Deadline, EntityValue, Foreign, Person, Text, Value
from watchfloor.desk.reply import Colleague, Reply
from watchfloor.incidents.incident import STATES, State
from watchfloor.incidents.lifecycle import Action
from watchfloor.incidents.sealing import seal_reason
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import Database, TenantTx, tenant_tx
from watchfloor.kernel.errors import Conflict, Invalid, NotFound, Refused
from watchfloor.kernel.ids import IncidentId, PersonId, new_uuid, show
from watchfloor.kernel.neutralise import Untrusted
from watchfloor.kernel.outbox import INCIDENT_CHANGED, REPORT_REQUESTED, take

REASON: Final = "Somebody dumped LSASS on ws-1."
NOBODY: Final = Colleague(person_id=PersonId(new_uuid()), permissions=PERMISSIONS_OF[Role.ANALYST])


class Command(Protocol):
    """A command of the desk, with its own arguments given already."""

    def __call__(
        self, tx: TenantTx, cipher: TenantCipher, actor: Actor, permissions: frozenset[Permission], /, *, incident: str
    ) -> Awaitable[Reply]: ...


@dataclass(frozen=True)
class Case:
    """A command, the state that it starts from, the permission that it needs, and what it leaves behind."""

    command: Command
    start: State
    permission: Permission
    end: State
    action: str | None
    topics: Sequence[str] = (INCIDENT_CHANGED,)


COMMANDS: Final[dict[str, Case]] = {
    "show": Case(reading.show, "new", Permission.INCIDENT_READ, "new", None, ()),
    "acknowledge": Case(moves.acknowledge, "new", Permission.INCIDENT_ACKNOWLEDGE, "acknowledged", "acknowledge"),
    "assign": Case(partial(work.assign, assignee=NOBODY), "new", Permission.INCIDENT_ASSIGN, "new", "assign"),
    "verdict": Case(
        partial(work.verdict, verdict="true_positive", reason=REASON),
        "acknowledged",
        Permission.INCIDENT_VERDICT,
        "acknowledged",
        "verdict",
    ),
    "note": Case(partial(work.note, text="Look here."), "new", Permission.INCIDENT_NOTE, "new", "note"),
    "contain": Case(moves.contain, "acknowledged", Permission.INCIDENT_CONTAIN, "contained", "contain"),
    "resolve": Case(moves.resolve, "contained", Permission.INCIDENT_RESOLVE, "resolved", "resolve"),
    "close": Case(moves.close, "resolved", Permission.INCIDENT_RESOLVE, "closed", "close"),
    "reopen": Case(moves.reopen, "closed", Permission.INCIDENT_RESOLVE, "acknowledged", "reopen"),
    "request_report": Case(
        work.request_report,
        "new",
        Permission.REPORT_REQUEST,
        "new",
        "request_report",
        (REPORT_REQUESTED, INCIDENT_CHANGED),
    ),
}
"""Every command that is about one incident; `queue` is about all and has tests of its own."""

STAMPS: Final = ("acknowledged", "contained", "resolved", "closed")


@dataclass(frozen=True)
class Office:
    """A desk with a customer, ACME, and whoever is needed to work at it."""

    acme: Tenant
    make_worker: MakeWorker
    make_event: MakeEvent
    make_rule: MakeRule
    bot: Database
    superuser: "asyncpg.Connection[asyncpg.Record]"
    count: Count

    async def bring(self, state: State, tenant: Tenant | None = None) -> IncidentId:
        """Opens the tenant's first incident and brings it into a state, with nothing left in the outbox."""
        tenant = tenant or self.acme
        matched = (self.make_rule("LSASS read", level="critical"), self.make_event(1, host="ws-1"))
        [incident_id] = await tenant.work(matched)
        reached = STAMPS[: STATES.index(state)]
        stamps = "".join(f", {stage}_at = now()" for stage in reached)
        await self.superuser.execute(f"update wf.incidents set state = $1{stamps} where id = $2", state, incident_id)
        if "contained" in reached:
            sealed = seal_reason(tenant.cipher, incident_id, "As it was.")
            await self.superuser.execute(
                "update wf.incidents set verdict = 'true_positive', verdict_reason = $1 where id = $2",
                sealed,
                incident_id,
            )
        await self.superuser.execute("delete from wf.outbox")
        return incident_id

    async def run(
        self, name: str, worker: Worker | None = None, *, incident: str = "", tenant: Tenant | None = None
    ) -> Reply:
        """Runs a command in a transaction of its own, as the bot's role does."""
        worker, tenant = worker or self.make_worker(), tenant or self.acme
        command, incident = COMMANDS[name].command, incident or f"{tenant.code}-1"
        async with tenant_tx(self.bot, tenant.id) as tx:
            return await command(tx, tenant.cipher, worker.actor, worker.permissions, incident=incident)

    async def sizes(self, *tables: str) -> list[int]:
        """How many rows the tables have."""
        return [await self.count(f"wf.{table}") for table in tables]


@pytest.fixture
def office(
    *,
    acme: Tenant,
    make_worker: MakeWorker,
    make_event: MakeEvent,
    make_rule: MakeRule,
    db_bot: Database,
    superuser: "asyncpg.Connection[asyncpg.Record]",
    count: Count,
) -> Office:
    return Office(acme, make_worker, make_event, make_rule, db_bot, superuser, count)


def card_of(reply: Reply) -> Card:
    assert reply.card is not None
    return reply.card


def values_of(card: Card) -> list[Value]:
    return [value for row in card.rows for value in row.values]


def test_every_command_has_a_case() -> None:
    public = {
        name
        for module in (moves, reading, work)
        for name, value in vars(module).items()
        if callable(value) and value.__module__ == module.__name__
    }
    assert {name for name in public if name.islower() and not name.startswith("_")} == {*COMMANDS, "queue"}


@pytest.mark.parametrize("name", COMMANDS)
async def test_each_command_for_each_role(name: str, office: Office, make_tenant: MakeTenant) -> None:
    case = COMMANDS[name]
    for number, role in enumerate(Role):
        tenant = await make_tenant(f"ROLE{number}")
        incident_id = await office.bring(case.start, tenant)
        before = await office.sizes("audit_entries", "incident_timeline")
        reply = await office.run(name, office.make_worker(role), tenant=tenant)
        after = await office.sizes("audit_entries", "incident_timeline")
        if case.permission in PERMISSIONS_OF[role]:
            written = 0 if case.action is None else 1
            assert reply.require().changed == bool(written)
            assert card_of(reply).state == case.end
            assert after == [size + written for size in before]
            assert await office.sizes("outbox") == [len(case.topics)]
            recorded = f"action = 'incident.{case.action}' and as_role = '{role}' and before_hash <> after_hash"
            about = f"object_id = '{show('inc', incident_id)}'"
            assert await office.count(f"wf.audit_entries where {recorded} and {about}") == written
        else:
            assert (reply.ok, reply.changed, reply.card) == (False, False, None)
            with pytest.raises(Refused):
                reply.require()
            assert after == [before[0] + 1, before[1]]
            assert await office.sizes("outbox") == [0]
            recorded = f"action = 'access.refused' and as_role = '{role}' and object_id = '{case.permission}'"
            assert await office.count(f"wf.audit_entries where {recorded}") == 1


@pytest.mark.parametrize("name", COMMANDS)
async def test_foreign_and_missing_incidents_look_alike(name: str, office: Office, make_tenant: MakeTenant) -> None:
    foreign = await office.bring("acknowledged", await make_tenant("NORD"))
    with pytest.raises(NotFound) as missing:
        await office.run(name, incident="ACME-99")
    for incident in ("NORD-1", "ACME-0", "acme", "-", "x" * 1000, "ACME-1; drop", show("inc", foreign)):
        with pytest.raises(NotFound) as refused:
            await office.run(name, incident=incident)
        assert str(refused.value) == str(missing.value)


@pytest.mark.parametrize("name", [name for name, case in COMMANDS.items() if case.action is not None])
async def test_a_command_said_again_says_so_and_writes_nothing(name: str, office: Office) -> None:
    await office.bring(COMMANDS[name].start)
    worker = office.make_worker()
    first = await office.run(name, worker)
    before = await office.sizes("audit_entries", "incident_timeline", "outbox", "reports")
    again = await office.run(name, worker)
    assert (first.changed, again.changed, again.ok) == (True, False, True)
    assert "already" in again.text
    assert card_of(again).revision == card_of(first).revision
    assert await office.sizes("audit_entries", "incident_timeline", "outbox", "reports") == before


async def test_an_incident_may_be_named_by_reference_in_any_case_or_by_id(office: Office) -> None:
    incident_id = await office.bring("new")
    for name in ("ACME-1", "acme-1", " Acme-1 ", show("inc", incident_id)):
        reply = await office.run("show", office.make_worker(Role.VIEWER), incident=name)
        assert card_of(reply).id == incident_id


async def test_who_acknowledges_what_nobody_has_is_put_in_charge(office: Office) -> None:
    await office.bring("new")
    worker = office.make_worker()
    assert Person(worker.person_id) in values_of(card_of(await office.run("acknowledge", worker)))


async def test_a_key_that_acknowledges_takes_charge_of_nothing(office: Office) -> None:
    await office.bring("new")
    actor = Actor(kind="api_key", id="k7Gh2LmQ", role="analyst", request_id="r")
    key = Worker(PersonId(new_uuid()), actor, PERMISSIONS_OF[Role.ANALYST])
    assert Text("nobody") in values_of(card_of(await office.run("acknowledge", key)))


async def test_only_who_works_incidents_can_be_put_in_charge(office: Office) -> None:
    await office.bring("new")
    worker = office.make_worker()
    for permissions in (frozenset[Permission](), PERMISSIONS_OF[Role.ADMIN]):
        stranger = Colleague(person_id=PersonId(new_uuid()), permissions=permissions)
        async with tenant_tx(office.bot, office.acme.id) as tx:
            place = (tx, office.acme.cipher, worker.actor, worker.permissions)
            with pytest.raises(NotFound):
                await work.assign(*place, incident="ACME-1", assignee=stranger)


@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("verdict", "new"),
        ("verdict", "closed"),
        ("assign", "closed"),
        ("contain", "new"),
        ("contain", "resolved"),
        ("resolve", "new"),
        ("resolve", "acknowledged"),
        ("close", "contained"),
    ],
)
async def test_what_the_state_does_not_allow_is_a_conflict_with_advice(name: str, state: State, office: Office) -> None:
    await office.bring(state)
    if name == "verdict":
        await office.superuser.execute("update wf.incidents set verdict = null, verdict_reason = null")
    before = await office.sizes("audit_entries", "incident_timeline", "outbox")
    with pytest.raises(Conflict) as refused:
        await office.run(name)
    assert refused.value.remedy
    assert await office.sizes("audit_entries", "incident_timeline", "outbox") == before


async def test_a_reason_must_be_text_that_a_customer_can_read(office: Office) -> None:
    await office.bring("acknowledged")
    worker = office.make_worker()
    async with tenant_tx(office.bot, office.acme.id) as tx:
        place = (tx, office.acme.cipher, worker.actor, worker.permissions)
        for reason in ("", "too short", " " * 20 + "short", "x" * 4_001, "a lone \ud800 surrogate"):
            with pytest.raises(Invalid, match="reason"):
                await work.verdict(*place, incident="ACME-1", verdict="benign", reason=reason)


async def test_a_verdict_can_be_corrected_and_both_stay_on_the_timeline(office: Office) -> None:
    await office.bring("acknowledged")
    worker = office.make_worker()
    await office.run("verdict", worker)
    reason = "It was our own red team."
    async with tenant_tx(office.bot, office.acme.id) as tx:
        place = (tx, office.acme.cipher, worker.actor, worker.permissions)
        assert (await work.verdict(*place, incident="ACME-1", verdict="benign", reason=reason)).changed
    shown = await office.run("show", worker)
    verdicts = [entry.facts["verdict"] for entry in shown.timeline if entry.kind == "verdict"]
    assert verdicts == ["true_positive", "benign"]
    assert Foreign(Untrusted(reason)) in values_of(card_of(shown))


async def test_the_same_note_of_two_requests_is_two_notes(office: Office) -> None:
    await office.bring("new")
    person = new_uuid()
    for request in ("r1", "r1", "r2"):
        await office.run("note", office.make_worker(request_id=request, person=person))
    shown = await office.run("show")
    assert [entry.facts["text"] for entry in shown.timeline if entry.kind == "note"] == ["Look here."] * 2


async def test_reopening_clears_the_end_and_keeps_the_beginning(office: Office) -> None:
    await office.bring("closed")
    await office.run("reopen")
    row = await office.superuser.fetchrow("select * from wf.incidents")
    assert row is not None
    assert (row["state"], row["resolved_at"], row["closed_at"]) == ("acknowledged", None, None)
    assert row["acknowledged_at"] is not None
    assert row["contained_at"] is not None


async def test_a_report_is_asked_for_in_the_tenants_language_unless_another_is_named(office: Office) -> None:
    await office.bring("new")
    worker = office.make_worker()
    english = await office.run("request_report", worker)
    async with tenant_tx(office.bot, office.acme.id) as tx:
        place = (tx, office.acme.cipher, worker.actor, worker.permissions)
        german = await work.request_report(*place, incident="ACME-1", language="de")
        with pytest.raises(Invalid):
            await work.request_report(*place, incident="ACME-1", language="../x")
        keys = [message.key for message in await take(tx, topic=REPORT_REQUESTED)]
    assert english.report_id is not None
    assert german.report_id is not None
    assert keys == [show("rpt", english.report_id), show("rpt", german.report_id)]
    rows = await office.superuser.fetch("select language, state, requested_by from wf.reports order by created_at")
    assert [tuple(row) for row in rows] == [("en", "queued", worker.actor.id), ("de", "queued", worker.actor.id)]


async def test_the_card_says_what_is_due_what_was_seen_and_what_the_reader_may_do(office: Office) -> None:
    await office.bring("new")
    analyst = card_of(await office.run("show"))
    viewer = card_of(await office.run("show", office.make_worker(Role.VIEWER)))
    assert (analyst.ref, analyst.tenant, analyst.severity) == ("ACME-1", "ACME", "critical")
    assert analyst.title == Untrusted("LSASS read")
    assert analyst.rows[0].label == "Acknowledge by"
    assert isinstance(analyst.rows[0].values[0], Deadline)
    assert EntityValue("host", Untrusted("ws-1")) in values_of(analyst)
    assert analyst.actions[0] is Action.ACKNOWLEDGE
    assert viewer.actions == ()


async def test_the_card_says_how_far_the_report_is_to_who_may_read_it(office: Office) -> None:
    await office.bring("new")
    asked = card_of(await office.run("request_report"))
    assert Text("queued (en)") in values_of(asked)
    reader = frozenset({Permission.INCIDENT_READ})
    async with tenant_tx(office.bot, office.acme.id) as tx:
        actor = office.make_worker().actor
        shown = await reading.show(tx, office.acme.cipher, actor, reader, incident="ACME-1")
    assert not [row for row in card_of(shown).rows if row.label == "Report"]


async def test_targets_come_from_the_tenants_bundle(office: Office, make_tenant: MakeTenant) -> None:
    sla = '{"acknowledge": {"critical": "5m"}, "resolve": {"critical": "1h"}, "business_hours_for": ["low"]}'
    tenant = await make_tenant("FAST", bundle=f'{{"sla": {sla}}}')
    await office.bring("new", tenant)
    worker = office.make_worker()
    async with tenant_tx(office.bot, tenant.id) as tx:
        [line] = (await reading.queue(tx, tenant.cipher, worker.actor, worker.permissions)).queue
    assert line.acknowledge_by == line.opened_at + timedelta(minutes=5)
    assert line.resolve_by == line.opened_at + timedelta(hours=1)


async def test_the_queue_pages_through_the_open_incidents_newest_first(office: Office) -> None:
    for number in range(7):
        await office.acme.work((office.make_rule(), office.make_event(number, host=f"ws-{number}")))
    worker = office.make_worker(Role.VIEWER)
    seen: list[str] = []
    before = None
    async with tenant_tx(office.bot, office.acme.id) as tx:
        place = (tx, office.acme.cipher, worker.actor, worker.permissions)
        while page := (await reading.queue(*place, before=before, limit=3)).queue:
            seen += [line.ref for line in page]
            before = (page[-1].opened_at, page[-1].id)
    assert seen == [f"ACME-{number}" for number in range(7, 0, -1)]


async def test_the_queue_shows_the_states_that_are_asked_for(office: Office) -> None:
    await office.bring("closed")
    worker = office.make_worker()
    async with tenant_tx(office.bot, office.acme.id) as tx:
        place = (tx, office.acme.cipher, worker.actor, worker.permissions)
        assert (await reading.queue(*place)).queue == ()
        assert len((await reading.queue(*place, states=("closed",))).queue) == 1


async def test_who_may_not_read_sees_no_queue_and_the_attempt_is_recorded(office: Office) -> None:
    worker = office.make_worker(Role.PLATFORM_ADMIN)
    async with tenant_tx(office.bot, office.acme.id) as tx:
        reply = await reading.queue(tx, office.acme.cipher, worker.actor, worker.permissions)
    assert (reply.ok, reply.queue) == (False, ())
    assert await office.count("wf.audit_entries where action = 'access.refused'") == 1
