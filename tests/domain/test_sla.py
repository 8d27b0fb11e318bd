"""Clocks beside the record: kept with each change, the same when recomputed, warned of once, told on cards (Q8)."""

import asyncio
from collections.abc import Awaitable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Final, Protocol, TypeAlias, cast
from uuid import UUID

import asyncpg
import msgspec
import pytest

from tests.domain.workplace import Count, MakeEvent, MakeRule, MakeTenant, MakeWorker, Tenant, Worker
from tests.unit.sla_oracle import WEEK, World, agreed, start
from watchfloor.access.roles import PERMISSIONS_OF, Permission, Role
from watchfloor.audit.append import Actor
from watchfloor.desk import moves, reading, waiting, work
from watchfloor.desk.card import Card, Deadline, Moment, Text
from watchfloor.desk.display.listing import QueueLine
from watchfloor.desk.reply import Reply
from watchfloor.detect.rule import Level
from watchfloor.incidents import timeline
from watchfloor.incidents.lifecycle import Action
from watchfloor.incidents.sla import agreement, queries
from watchfloor.incidents.sla.clock import Clock, Instant, Stages, follow
from watchfloor.incidents.sla.keeping import compare, read_course, refresh
from watchfloor.incidents.sla.log import STEPS
from watchfloor.incidents.sla.verification import verify
from watchfloor.incidents.sla.warning import warn
from watchfloor.kernel import ids
from watchfloor.kernel.config import Settings
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import Database, TenantTx, tenant_tx
from watchfloor.kernel.errors import Conflict, Invalid
from watchfloor.kernel.ids import IncidentId
from watchfloor.ops.deadlines import watch_deadlines
from watchfloor.tenancy.keyring import Keyring

QUESTION: Final = "Is ws-1 a machine of your red team?"
KINDS: Final = {step: kind for kind, step in STEPS.items()}


class Command(Protocol):
    """A command of the desk, with its own arguments given already."""

    def __call__(
        self, tx: TenantTx, cipher: TenantCipher, actor: Actor, permissions: frozenset[Permission], /, *, incident: str
    ) -> Awaitable[Reply]: ...


COMMANDS: Final[dict[str, Command]] = {
    "ask": partial(waiting.ask, question=QUESTION),
    "answer": partial(waiting.answer, text="Yes, it is."),
    "snooze": partial(waiting.snooze, length=timedelta(hours=2), reason="After lunch."),
    "unsnooze": waiting.unsnooze,
    "acknowledge": moves.acknowledge,
    "contain": moves.contain,
    "resolve": moves.resolve,
    "reopen": moves.reopen,
    "show": reading.show,
}

Superuser: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


class Office:
    """A customer with an incident, people who work it, and a way to let time pass for it."""

    def __init__(
        self, *, tenant: Tenant, worker: Worker, bot: Database, superuser: Superuser, incident: IncidentId
    ) -> None:
        self.tenant, self.worker, self.bot, self.incident = tenant, worker, bot, incident
        self.superuser = superuser

    async def ago(self, length: timedelta) -> None:
        """Lets what the log says be longer ago."""
        await self.superuser.execute("update wf.incident_timeline set at = at - $1::interval", length)
        await self.superuser.execute("update wf.incidents set opened_at = opened_at - $1::interval", length)
        async with tenant_tx(self.tenant.database, self.tenant.id) as tx:
            await refresh(tx, self.tenant.cipher, self.incident)

    async def clocks(self) -> tuple[Clock, Clock]:
        """To acknowledge and to resolve, as they are kept."""
        async with tenant_tx(self.bot, self.tenant.id) as tx:
            course = await read_course(tx, self.incident)
            assert course is not None
            assert await compare(tx, self.tenant.cipher, self.incident) == []
        acknowledge, resolve = course.clocks
        return acknowledge, resolve

    async def stages(self) -> Stages:
        async with tenant_tx(self.bot, self.tenant.id) as tx:
            course = await read_course(tx, self.incident)
        assert course is not None
        return course.stages

    async def do(self, name: str, *, role: Role | None = None) -> Reply:
        """Does something at the desk, as the bot's role."""
        may = self.worker.permissions if role is None else PERMISSIONS_OF[role]
        actor = msgspec.structs.replace(self.worker.actor, request_id=f"r{ids.new_uuid().hex}")
        ref = f"{self.tenant.code}-1"
        async with tenant_tx(self.bot, self.tenant.id) as tx:
            at = (tx, self.tenant.cipher, actor, may)
            if name == "resolve":
                await work.verdict(*at, incident=ref, verdict="benign", reason="It was the red team.")
            return await COMMANDS[name](*at, incident=ref)

    async def queue(self) -> QueueLine:
        async with tenant_tx(self.bot, self.tenant.id) as tx:
            reply = await reading.queue(tx, self.tenant.cipher, self.worker.actor, self.worker.permissions)
        return reply.queue[0]


@pytest.fixture
def open_office(
    *,
    make_worker: MakeWorker,
    make_rule: MakeRule,
    make_event: MakeEvent,
    db_bot: Database,
    superuser: Superuser,
) -> "OpenOffice":
    return OpenOffice(make_worker, make_rule, make_event, db_bot, superuser)


class OpenOffice:
    """Opens an office for a customer."""

    def __init__(
        self, worker: MakeWorker, rule: MakeRule, event: MakeEvent, bot: Database, superuser: Superuser
    ) -> None:
        self.worker, self.rule, self.event, self.bot, self.superuser = worker, rule, event, bot, superuser

    async def __call__(self, tenant: Tenant, *, level: Level = "critical", number: int = 1) -> Office:
        [incident] = await tenant.work(
            (self.rule(f"Odd login {number}", level=level), self.event(number, host=f"ws-{number}"))
        )
        return Office(tenant=tenant, worker=self.worker(), bot=self.bot, superuser=self.superuser, incident=incident)


@pytest.fixture
async def office(open_office: OpenOffice, acme: Tenant) -> Office:
    return await open_office(acme)


def card_of(reply: Reply) -> Card:
    assert reply.card is not None
    return reply.card


def rows_of(reply: Reply) -> dict[str, tuple[object, ...]]:
    return {row.label: row.values for row in card_of(reply).rows}


async def test_an_incident_has_its_clocks_from_the_transaction_that_opens_it(office: Office) -> None:
    acknowledge, resolve = await office.clocks()
    line = await office.queue()
    assert acknowledge.deadline == line.acknowledge_by == line.opened_at + timedelta(minutes=15)
    assert resolve.deadline == line.resolve_by == line.opened_at + timedelta(minutes=240)


async def test_the_customers_answer_is_waited_for_and_the_clock_stands(office: Office) -> None:
    await office.do("acknowledge")
    await office.ago(timedelta(minutes=30))
    waits = await office.do("ask")
    rows = rows_of(waits)
    assert (waits.changed, card_of(waits).actions[0]) == (True, Action.ANSWERED)
    assert rows["Resolve by"] in {(Text(f"paused, 3 h {left} min left"),) for left in (29, 30)}
    assert isinstance(rows["Paused"][1], Moment)
    line = await office.queue()
    assert (line.resolve_by, line.waiting_since) == (None, (await office.stages()).waiting_since)
    await office.ago(timedelta(hours=10))
    answered = await office.do("answer", role=Role.APPROVER)
    _, resolve = await office.clocks()
    assert timedelta(hours=10) <= resolve.paused < timedelta(hours=10, seconds=30)
    assert isinstance(rows_of(answered)["Resolve by"][0], Deadline)
    assert "Paused" not in rows_of(answered)
    told = {entry.kind: entry.facts for entry in (await office.do("show")).timeline}
    assert (told["asked"]["text"], told["answered"]["text"]) == (QUESTION, "Yes, it is.")


@pytest.mark.parametrize("first", ["ask", "answer", "snooze", "unsnooze"])
async def test_waiting_said_again_says_so_and_writes_nothing(first: str, office: Office, count: Count) -> None:
    await office.do("acknowledge")
    for earlier in {"answer": ("ask",), "unsnooze": ("snooze",)}.get(first, ()):
        await office.do(earlier)
    done = await office.do(first)
    before = [await count(f"wf.{table}") for table in ("incident_timeline", "audit_entries", "outbox")]
    again = await office.do(first)
    assert (done.changed, again.changed, again.ok) == (True, False, True)
    assert "already" in again.text
    assert [await count(f"wf.{table}") for table in ("incident_timeline", "audit_entries", "outbox")] == before


@pytest.mark.parametrize("name", ["ask", "answer", "snooze", "unsnooze"])
async def test_who_may_make_an_incident_wait(name: str, make_tenant: MakeTenant, open_office: OpenOffice) -> None:
    needed = Permission.INCIDENT_NOTE if name == "answer" else Permission.INCIDENT_WAIT
    for number, role in enumerate(Role):
        office = await open_office(await make_tenant(f"ROLE{number}"))
        await office.do("acknowledge")
        for earlier in {"answer": ("ask",), "unsnooze": ("snooze",)}.get(name, ()):
            await office.do(earlier)
        reply = await office.do(name, role=role)
        assert (reply.ok, reply.changed) == ((needed in PERMISSIONS_OF[role]),) * 2


@pytest.mark.parametrize("name", ["ask", "snooze"])
async def test_nothing_waits_that_nobody_looks_at_or_that_is_done(name: str, office: Office) -> None:
    with pytest.raises(Conflict):
        await office.do(name)
    await office.do("acknowledge")
    await office.do("resolve")
    with pytest.raises(Conflict):
        await office.do(name)


async def test_to_resolve_ends_all_waiting_and_to_reopen_begins_none(office: Office) -> None:
    for name in ("acknowledge", "ask", "snooze", "resolve"):
        await office.do(name)
    stages = await office.stages()
    assert (stages.waiting_since, stages.snoozed_until, stages.resolved_at is None) == (None, None, False)
    reopened = await office.do("reopen")
    assert isinstance(rows_of(reopened)["Resolve by"][0], Deadline)
    await office.clocks()


async def test_a_question_must_be_one_that_a_customer_can_read(office: Office) -> None:
    await office.do("acknowledge")
    async with tenant_tx(office.bot, office.tenant.id) as tx:
        at = (tx, office.tenant.cipher, office.worker.actor, office.worker.permissions)
        for question in ("", "why?", "x" * 4_001, "a lone \ud800 surrogate"):
            with pytest.raises(Invalid, match="question"):
                await waiting.ask(*at, incident="ACME-1", question=question)


async def test_what_was_laid_aside_comes_back_by_itself(office: Office, settings: Settings, count: Count) -> None:
    await office.do("acknowledge")
    aside = await office.do("snooze")
    [until] = rows_of(aside)["Look again"]
    assert isinstance(until, Moment)
    keyring = Keyring.open(settings)
    for is_over in (False, True):
        if is_over:
            await office.ago(timedelta(hours=3))
            async with tenant_tx(office.tenant.database, office.tenant.id) as tx:
                stages = await queries.select_stages(tx, office.incident)
                assert stages is not None
                await queries.upsert_stages(
                    tx,
                    office.incident,
                    msgspec.structs.replace(stages, snoozed_until=until.at - timedelta(hours=3)),
                    agreement="0" * 32,
                )
        for _ in range(2):
            async with tenant_tx(office.tenant.database, office.tenant.id) as tx:
                await watch_deadlines(tx, keyring)
        assert await count("wf.incident_timeline where kind = 'unsnoozed'") == is_over
    assert (await office.stages()).snoozed_until is None


async def test_each_deadline_is_warned_of_once_however_many_look(office: Office, count: Count) -> None:
    async def look() -> int:
        async with tenant_tx(office.tenant.database, office.tenant.id) as tx:
            return len(await warn(tx))

    assert await look() == 0
    await office.ago(timedelta(minutes=12))
    assert sum(await asyncio.gather(*(look() for _ in range(4)))) == 1
    await office.ago(timedelta(minutes=4))
    assert sum(await asyncio.gather(*(look() for _ in range(4)))) == 1
    await office.ago(timedelta(hours=9))
    assert (await look(), await look()) == (1, 0)
    warned = "target || ' ' || point in ('acknowledge risk', 'acknowledge breach', 'resolve breach')"
    assert await count(f"wf.sla_warnings where {warned}") == await count("wf.sla_warnings") == 3
    assert await count("wf.pages where key like 'sla:%'") == 2
    await office.do("acknowledge")
    acknowledge, _ = await office.clocks()
    assert acknowledge.breached_at == acknowledge.deadline


async def test_a_low_incident_that_nobody_takes_is_paged_before_its_deadline(
    acme: Tenant, open_office: OpenOffice, count: Count
) -> None:
    office = await open_office(acme, level="low")
    await office.ago(timedelta(hours=19))
    async with tenant_tx(acme.database, acme.id) as tx:
        assert await warn(tx) == [office.incident]
    key = f"sla:{ids.show('inc', office.incident)}:acknowledge:risk"
    assert await count(f"wf.pages where key = '{key}' and urgency = 'normal' and ref = 'ACME-1'") == 1


async def test_a_clock_that_stands_is_not_warned_of(office: Office) -> None:
    await office.do("acknowledge")
    await office.do("ask")
    await office.ago(timedelta(hours=30))
    async with tenant_tx(office.tenant.database, office.tenant.id) as tx:
        assert await warn(tx) == []


async def test_an_incident_is_measured_by_what_was_agreed_when_it_was_opened(
    office: Office, superuser: Superuser
) -> None:
    before = await office.clocks()
    await superuser.execute("""update wf.tenants set bundle = '{"sla": {"acknowledge": {"critical": "1m"}}}'""")
    await office.do("acknowledge")
    acknowledge, _ = await office.clocks()
    assert acknowledge.deadline == before[0].deadline
    assert await superuser.fetchval("select count(*) from wf.sla_agreements") == 1


async def test_an_entry_stands_behind_all_that_were_written_before_it(office: Office) -> None:
    cipher, actor = office.tenant.cipher, office.worker.actor
    async with tenant_tx(office.tenant.database, office.tenant.id) as slow:
        await slow.value(datetime, "select now()")
        await asyncio.create_task(office.do("acknowledge"))
        await timeline.add(slow, cipher, actor, office.incident, kind="asked", facts={"text": QUESTION})
        stages = await queries.select_stages(slow, office.incident)
    assert stages is not None
    assert stages.acknowledged_at is not None
    assert stages.waiting_since is not None
    assert stages.acknowledged_at < stages.waiting_since


async def test_kept_and_recomputed_clocks_are_the_same_over_generated_histories(
    *, make_tenant: MakeTenant, open_office: OpenOffice, superuser: Superuser
) -> None:
    tenant = await make_tenant("ACME", bundle='{"sla": {"business_hours_for": ["low", "high"]}}')
    world = World.of(agreed("Europe/Berlin", WEEK, (date(2026, 4, 3),), snooze=True), start(2026, 3, 16))
    actor = Actor(kind="system", id="test", role="system", request_id="")
    offices = [await open_office(tenant, level="low", number=number) for number in range(60)]
    for seed, office in enumerate(offices):
        log = [
            msgspec.structs.replace(line, at=line.at + timedelta(microseconds=place))
            for place, line in enumerate(world.history(seed))
            if line.step in KINDS
        ]
        async with tenant_tx(tenant.database, tenant.id) as tx:
            await superuser.execute("delete from wf.incident_timeline where incident_id = $1", office.incident)
            for line in log:
                await timeline.add(tx, tenant.cipher, actor, office.incident, kind=_kind(line), facts=_facts(line))
        await _move(superuser, office.incident, [line.at for line in log])
        async with tenant_tx(tenant.database, tenant.id) as tx:
            kept = await refresh(tx, tenant.cipher, office.incident)
            assert kept == await read_course(tx, office.incident)
            assert kept is not None
            body = await queries.select_agreement(tx, office.incident)
        assert body is not None
        assert kept == follow(log, agreement.decode(body))
    async with tenant_tx(tenant.database, tenant.id) as tx:
        verified = await verify(tx, tenant.cipher, is_repairing=False)
    assert (verified.incidents, verified.findings) == (60, ())


async def test_what_was_written_past_the_desk_is_named_and_can_be_repaired(
    office: Office, superuser: Superuser
) -> None:
    await superuser.execute(
        "update wf.incident_sla set deadline = deadline + interval '1 day' where target = 'resolve'"
    )
    async with tenant_tx(office.tenant.database, office.tenant.id) as tx:
        [finding] = (await verify(tx, office.tenant.cipher, is_repairing=True)).findings
        assert (finding.number, [found.name for found in finding.differences]) == (1, ["resolve.deadline"])
        assert (await verify(tx, office.tenant.cipher, is_repairing=False)).findings == ()


async def test_stage_times_come_from_the_log(office: Office) -> None:
    await office.ago(timedelta(minutes=10))
    shown = await office.do("acknowledge")
    assert Text("acknowledged after 10 min") in rows_of(shown)["Stages"]


async def _move(superuser: Superuser, incident: UUID, moments: list[datetime]) -> None:
    found = await superuser.fetch(
        "select id from wf.incident_timeline where incident_id = $1 order by at, id", incident
    )
    for row, at in zip(found, moments, strict=True):
        await superuser.execute("update wf.incident_timeline set at = $2 where id = $1", row["id"], at)


def _kind(line: Instant) -> timeline.Kind:
    return cast("timeline.Kind", KINDS[line.step])


def _facts(line: Instant) -> dict[str, str]:
    facts: dict[str, str] = {"severity": line.severity or "", "after": line.severity or ""}
    return facts if line.until is None else {"until": line.until.isoformat()}
