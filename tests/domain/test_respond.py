"""Response actions: policy decides who must agree, votes are bound to what was shown, silence does nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import asyncpg
import pytest

from tests.domain.workplace import Count, MakeEvent, MakeRule, MakeTenant, MakeWorker, Tenant, Worker
from watchfloor.access.roles import PERMISSIONS_OF, Permission, Role
from watchfloor.desk import deciding, moves, responding
from watchfloor.desk.card import EntityValue, Foreign, Text
from watchfloor.desk.reply import Reply
from watchfloor.feeds.osquery.live import questions
from watchfloor.feeds.osquery.live.answers import Found, Given, keep
from watchfloor.feeds.osquery.nodes import Host, enrol, find_host
from watchfloor.feeds.registry import create_feed
from watchfloor.incidents import timeline
from watchfloor.incidents.incident import NO_SUCH_INCIDENT
from watchfloor.incidents.lifecycle import Action as Offered
from watchfloor.kernel.db import Database, TenantTx, tenant_tx
from watchfloor.kernel.errors import Conflict, Invalid, NotFound, WatchfloorError
from watchfloor.kernel.ids import ActionId, IncidentId, NodeId
from watchfloor.kernel.neutralise import Untrusted
from watchfloor.kernel.outbox import ACTION_APPROVED, APPROVAL_CHANGED, INCIDENT_CHANGED
from watchfloor.respond import approvals, queries
from watchfloor.respond.action import Action
from watchfloor.respond.approvals import BY_KEY, OWN, STEP_UP, Voter
from watchfloor.respond.blocklist.entries import listed
from watchfloor.respond.execution import execute, settle
from watchfloor.respond.expiry import expire, expire_late
from watchfloor.respond.kinds import KINDS, ActionName
from watchfloor.respond.payload import code
from watchfloor.respond.policy import Side

WHY: Final = "It talks to a known bad address."


@dataclass
class Seat:
    """Somebody at the desk, with whatever makes their vote count or not."""

    worker: Worker
    side: Side = "analyst"
    is_key: bool = False
    has_stepped_up: bool = True

    @property
    def voter(self) -> Voter:
        return Voter(
            person_id=self.worker.person_id, side=self.side, is_key=self.is_key, has_stepped_up=self.has_stepped_up
        )


@dataclass
class Case:
    """One customer's incident, and the people around it."""

    tenant: Tenant
    incident: IncidentId
    records: Database
    ana: Seat
    ben: Seat
    customer: Seat
    second: Seat
    ref: str = "ACME-1"

    async def propose(
        self, kind: ActionName = "isolate_host", *, target: str = "ws-1", by: Seat | None = None
    ) -> Reply:
        seat = by or self.ana
        return await self.at(
            lambda tx: responding.contain(
                tx,
                self.tenant.cipher,
                seat.worker.actor,
                seat.worker.permissions,
                incident=self.ref,
                kind=kind,
                target=target,
                reason=WHY,
                voter=seat.voter,
            )
        )

    async def approve(self, seat: Seat, action: str = "1") -> Reply:
        return await self.at(
            lambda tx: deciding.approve(
                tx,
                self.tenant.cipher,
                seat.worker.actor,
                seat.worker.permissions,
                incident=self.ref,
                action=action,
                voter=seat.voter,
            )
        )

    async def decline(self, seat: Seat, action: str = "1") -> Reply:
        return await self.at(
            lambda tx: deciding.decline(
                tx,
                self.tenant.cipher,
                seat.worker.actor,
                seat.worker.permissions,
                incident=self.ref,
                action=action,
                reason="Not during the sale.",
                voter=seat.voter,
            )
        )

    async def tell(self, seat: Seat, action: str = "1", *, failed: bool = False) -> Reply:
        return await self.at(
            lambda tx: responding.tell_result(
                tx,
                self.tenant.cipher,
                seat.worker.actor,
                seat.worker.permissions,
                incident=self.ref,
                action=action,
                result="failed" if failed else "done",
                text="The console says isolated.",
            )
        )

    async def undo(self, seat: Seat, action: str = "1") -> Reply:
        return await self.at(
            lambda tx: responding.undo(
                tx,
                self.tenant.cipher,
                seat.worker.actor,
                seat.worker.permissions,
                incident=self.ref,
                action=action,
                reason=WHY,
                voter=seat.voter,
            )
        )

    async def withdraw(self, seat: Seat, action: str = "1") -> Reply:
        return await self.at(
            lambda tx: responding.withdraw(
                tx,
                self.tenant.cipher,
                seat.worker.actor,
                seat.worker.permissions,
                incident=self.ref,
                action=action,
                reason="It was the wrong host.",
            )
        )

    async def at(self, work: Callable[[TenantTx], Awaitable[Reply]]) -> Reply:
        async with tenant_tx(self.records, self.tenant.id) as tx:
            return await work(tx)

    async def action(self, number: int = 1) -> Action:
        async with tenant_tx(self.tenant.database, self.tenant.id) as tx:
            found = await queries.select_of_incident(tx, self.incident, limit=20)
        return next(action for action in found if action.number == number)

    async def run(self, number: int = 1) -> str:
        """What the worker does; the state afterwards."""
        action = await self.action(number)
        async with tenant_tx(self.tenant.database, self.tenant.id) as tx:
            await execute(tx, self.tenant.cipher, action.id, at=datetime.now(UTC))
        return (await self.action(number)).state

    async def steps(self) -> list[tuple[str, str]]:
        """What the timeline says of actions: kind and result."""
        async with tenant_tx(self.tenant.database, self.tenant.id) as tx:
            entries = await timeline.read(tx, self.tenant.cipher, self.incident, limit=100)
        return [(entry.kind, entry.facts.get("result", "")) for entry in entries if "number" in entry.facts]


class OpenCase(Protocol):
    """Opens a case at a customer with this policy, the bundle's `response` as JSON."""

    async def __call__(self, response: str = "{}") -> Case: ...


@pytest.fixture
async def open_case(
    make_tenant: MakeTenant, make_worker: MakeWorker, make_event: MakeEvent, make_rule: MakeRule, db_bot: Database
) -> OpenCase:
    """Opens an incident at a customer with this policy, acknowledged; the desk writes as the chat's role."""

    async def make(response: str = "{}") -> Case:
        acme = await make_tenant("ACME", bundle=f'{{"response": {response}}}')
        event = make_event(1, host="ws-1", user="kim", ip="203.0.113.9")
        [incident] = await acme.work((make_rule("LSASS read", level="high"), event))
        ana = Seat(make_worker(Role.ANALYST))
        case = Case(
            acme,
            incident,
            db_bot,
            ana,
            Seat(make_worker(Role.LEAD)),
            Seat(make_worker(Role.APPROVER), "customer"),
            Seat(make_worker(Role.ADMIN), "customer"),
        )
        await case.at(
            lambda tx: moves.acknowledge(tx, acme.cipher, ana.worker.actor, ana.worker.permissions, incident="ACME-1")
        )
        return case

    return make


ANALYSTS: Final = '{"mode": "authorize"}'


async def test_a_second_analyst_approves_a_person_does_it_and_it_can_be_undone(
    open_case: OpenCase, count: Count
) -> None:
    case = await open_case(ANALYSTS)
    proposed = await case.propose()
    assert proposed.card is not None
    row = next(row for row in proposed.card.rows if row.label.startswith("Approve 1-"))
    assert EntityValue("host", Untrusted("ws-1")) in row.values
    assert Foreign(Untrusted(WHY)) in row.values
    words = " ".join(value.text for value in row.values if isinstance(value, Text))
    assert "Undone by: release host." in words
    assert "needs a second analyst" in words
    assert "If nobody answers in time, it expires and nothing is done." in words
    approved = await case.approve(case.ben)
    assert approved.hints == (APPROVAL_CHANGED,)
    assert [offer.verb for offer in approved.offers] == ["result", "result"]
    assert (await case.action()).state == "running"
    told = await case.tell(case.ana)
    assert [offer.verb for offer in told.offers] == ["contained"]
    await case.undo(case.ana)
    inverse = await case.action(2)
    assert (inverse.kind, inverse.undoes, inverse.state) == ("release_host", (await case.action()).id, "proposed")
    assert await case.steps() == [
        ("approval_requested", ""),
        ("approved", ""),
        ("action", "done"),
        ("approval_requested", ""),
    ]
    assert await count("wf.audit_entries where action like 'action.%'") == 4
    assert await count(f"wf.outbox where topic = '{APPROVAL_CHANGED}'") == 4
    assert await count(f"wf.outbox where topic = '{ACTION_APPROVED}'") == 0
    assert await count(f"wf.outbox where topic = '{INCIDENT_CHANGED}'") >= 4


async def test_the_card_of_who_may_decide_begins_with_approve_and_decline(open_case: OpenCase) -> None:
    case = await open_case()
    reply = await case.propose()
    assert reply.card is not None
    assert reply.card.actions[:2] == (Offered.APPROVE, Offered.DECLINE)
    declined = await case.decline(case.customer)
    assert declined.card is not None
    assert Offered.APPROVE not in declined.card.actions
    assert (await case.steps())[-1] == ("declined", "")


@pytest.mark.parametrize("response", [ANALYSTS, '{"isolate_host": "two_persons"}'])
async def test_whoever_proposes_never_approves_not_even_where_anybody_else_would_do(
    open_case: OpenCase, count: Count, response: str
) -> None:
    case = await open_case(response)
    await case.propose()
    refused = await case.approve(case.ana)
    assert (refused.ok, refused.text) == (False, OWN)
    assert (await case.action()).state == "proposed"
    assert await count("wf.audit_entries where action = 'access.refused'") == 1
    assert await count("wf.action_votes") == 0


async def test_two_persons_are_two_and_one_of_them_the_customers(open_case: OpenCase) -> None:
    case = await open_case('{"isolate_host": "two_persons"}')
    await case.propose()
    assert (await case.approve(case.ben)).changed
    again = await case.approve(case.ben)
    assert (again.changed, (await case.action()).state) == (False, "proposed")
    assert (await case.approve(case.customer)).changed
    assert (await case.action()).state == "running"


async def test_two_of_the_customer_are_enough_for_two_persons_and_two_analysts_are_not(open_case: OpenCase) -> None:
    case = await open_case('{"isolate_host": "two_persons", "disable_account": "two_persons"}')
    await case.propose()
    await case.approve(case.customer)
    await case.approve(case.second)
    assert (await case.action()).state == "running"
    await case.propose("disable_account", target="kim")
    await case.approve(case.ben, "2")
    lead = Seat(Worker(case.second.worker.person_id, case.second.worker.actor, PERMISSIONS_OF[Role.LEAD]))
    await case.approve(lead, "2")
    assert (await case.action(2)).state == "proposed"


@pytest.mark.parametrize("response", ['{"mode": "notify"}', '{"isolate_host": "never"}'])
async def test_what_the_customer_wants_advised_only_is_not_even_proposed(open_case: OpenCase, response: str) -> None:
    case = await open_case(response)
    with pytest.raises(Conflict, match="does not have us isolate host"):
        await case.propose()


async def test_what_is_agreed_beforehand_runs_at_once_but_not_from_a_stolen_chat_or_key(open_case: OpenCase) -> None:
    case = await open_case('{"by_severity": {"high": {"isolate_host": "preapproved"}}}')
    thief = Seat(case.ana.worker, has_stepped_up=False)
    assert (await case.propose(by=thief)).text == STEP_UP
    assert (await case.propose(by=Seat(case.ana.worker, is_key=True))).text == BY_KEY
    reply = await case.propose()
    assert (await case.action()).state == "running"
    assert [offer.verb for offer in reply.offers] == ["result", "result"]


@pytest.mark.parametrize("response", ['{"by_severity": {"critical": {"isolate_host": "preapproved"}}}'])
async def test_what_is_said_for_another_severity_does_not_hold_here(open_case: OpenCase, response: str) -> None:
    case = await open_case(response)
    await case.propose()
    assert ((await case.action()).decision, (await case.action()).state) == ("customer", "proposed")


async def test_a_destructive_approval_asks_for_a_recent_login_and_shows_where(open_case: OpenCase) -> None:
    case = await open_case()
    await case.propose()
    refused = await case.approve(Seat(case.customer.worker, "customer", has_stepped_up=False))
    assert (refused.ok, refused.text, refused.rows[0].label) == (False, STEP_UP, "Sign in")
    assert (await case.approve(Seat(case.customer.worker, "customer", is_key=True))).text == BY_KEY
    assert (await case.action()).state == "proposed"
    await case.propose("scan_host")
    key = Seat(case.customer.worker, "customer", is_key=True, has_stepped_up=False)
    assert (await case.approve(key, "2")).ok


async def test_a_proposal_expires_by_the_databases_clock_and_nothing_is_done(
    open_case: OpenCase, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    case = await open_case()
    await case.propose()
    action = await case.action()
    assert action.expires_at - action.requested_at == timedelta(minutes=30)
    await superuser.execute(
        "update wf.actions set requested_at = now() - interval '1 hour', expires_at = clock_timestamp()"
    )
    assert (await case.action()).state == "expired"
    with pytest.raises(Conflict, match="time to approve this is over"):
        await case.approve(case.customer)
    async with tenant_tx(case.tenant.database, case.tenant.id) as tx:
        assert await expire_late(tx, case.tenant.cipher) == 1
        assert await expire_late(tx, case.tenant.cipher) == 0
    assert await case.steps() == [("approval_requested", ""), ("action", "expired")]
    await case.propose()
    assert (await case.action(2)).state == "proposed"


async def test_what_expired_does_not_keep_the_same_from_being_proposed_again(
    open_case: OpenCase, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    case = await open_case()
    await case.propose()
    same = await case.propose()
    assert (same.changed, "under way as action 1" in same.text) == (False, True)
    await superuser.execute(
        "update wf.actions set requested_at = now() - interval '1 hour', expires_at = clock_timestamp()"
    )
    assert (await case.propose()).changed
    assert ((await case.action(1)).state, (await case.action(2)).state) == ("expired", "proposed")


async def test_of_two_approvals_at_once_each_counts_and_the_action_begins_once(
    open_case: OpenCase, count: Count
) -> None:
    case = await open_case('{"block_address": "two_persons"}')
    await case.propose("block_indicator", target="203.0.113.9")
    await asyncio.gather(case.approve(case.customer), case.approve(case.second))
    assert (await case.action()).state == "approved"
    assert await count(f"wf.outbox where topic = '{ACTION_APPROVED}'") == 1
    assert await case.steps() == [("approval_requested", ""), ("approved", ""), ("approved", "")]


async def test_ten_approvals_of_one_person_at_once_count_once(open_case: OpenCase, count: Count) -> None:
    case = await open_case('{"isolate_host": "two_persons"}')
    await case.propose()
    await asyncio.gather(*(case.approve(case.customer) for _ in range(10)))
    assert (await case.action()).state == "proposed"
    assert await count("wf.action_votes") == 1


async def test_approving_against_declining_and_expiring_has_one_winner(
    open_case: OpenCase, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    case = await open_case()
    for number in range(1, 9):
        await case.propose()
        name = str(number)
        if number % 2:
            rivals = await asyncio.gather(
                case.approve(case.customer, name), case.decline(case.second, name), return_exceptions=True
            )
            assert sum(isinstance(rival, WatchfloorError) for rival in rivals) == 1
        else:
            await superuser.execute(
                "update wf.actions set expires_at = clock_timestamp() + interval '3 milliseconds',"
                " requested_at = now() - interval '1 hour' where number = $1",
                number,
            )

            async def end(action_id: ActionId) -> None:
                async with tenant_tx(case.tenant.database, case.tenant.id) as tx:
                    await expire(tx, case.tenant.cipher, action_id)

            action = await case.action(number)
            await asyncio.gather(case.approve(case.customer, name), end(action.id), return_exceptions=True)
        state = (await case.action(number)).state
        assert state in ("running", "declined", "expired")
        ends = [step for step in await case.steps() if step[0] in ("approved", "declined") or step[1] == "expired"]
        assert len(ends) <= number
        if state == "running":
            await case.tell(case.ana, name)
    answers = await superuser.fetch(
        "select action, object_id from wf.audit_entries where action in ('action.approve', 'action.decline')"
    )
    assert len({row["object_id"] for row in answers}) == len(answers)


async def test_an_approval_is_bound_to_what_was_shown(
    open_case: OpenCase, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    case = await open_case()
    await case.propose("block_indicator", target="203.0.113.9")
    shown = code(1, (await case.action()).payload_hash)
    with pytest.raises(Conflict, match="not what you were shown"):
        await case.approve(case.customer, "1-00000000")
    await case.approve(case.customer, shown)
    assert (await case.action()).state == "approved"
    other = await another_payload(case)
    await superuser.execute("update wf.actions set payload = $1 where number = 1", other)
    assert await case.run() == "failed"
    async with tenant_tx(case.tenant.database, case.tenant.id) as tx:
        assert await listed(tx, case.tenant.cipher, ("ip", "domain", "hash")) == []
    assert await superuser.fetchval("select count(*) from wf.audit_entries where action = 'action.void'") == 1


async def another_payload(case: Case) -> bytes:
    """Another payload of the same tenant, sealed at the place of action 1, as an attacker with the key would."""
    action = await case.action()
    changed = case.tenant.cipher.open_(action.payload, table="wf.actions", column="payload", row=action.id)
    return case.tenant.cipher.seal(
        changed.replace(b"203.0.113.9", b"198.51.100.1"), table="wf.actions", column="payload", row=action.id
    )


async def test_a_vote_for_an_earlier_payload_counts_no_more(
    open_case: OpenCase, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    case = await open_case('{"isolate_host": "two_persons"}')
    await case.propose()
    await case.approve(case.ben)
    await superuser.execute("update wf.actions set payload_hash = sha256('another')")
    await case.approve(case.customer)
    assert (await case.action()).state == "proposed"


async def test_the_blocklist_is_written_by_the_worker_and_taken_back_the_same_way(
    open_case: OpenCase, db_bot: Database
) -> None:
    case = await open_case('{"block_address": "analysts"}')
    await case.propose("block_indicator", target="203.0.113.9")
    assert (await case.approve(case.ben)).hints == (APPROVAL_CHANGED, ACTION_APPROVED)
    assert await case.run() == "done"
    assert await case.run() == "done"
    async with tenant_tx(case.tenant.database, case.tenant.id) as tx:
        entries = await listed(tx, case.tenant.cipher, ("ip",))
    assert [entry.value for entry in entries] == ["203.0.113.9"]
    await case.undo(case.ben)
    await case.approve(case.ana, "2")
    assert await case.run(2) == "done"
    async with tenant_tx(case.tenant.database, case.tenant.id) as tx:
        assert await listed(tx, case.tenant.cipher, ("ip",)) == []
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with tenant_tx(db_bot, case.tenant.id) as tx:
            await listed(tx, case.tenant.cipher, ("ip",))


async def test_what_was_approved_is_not_done_once_the_customer_changed_its_mind(
    open_case: OpenCase, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    case = await open_case('{"block_address": "analysts"}')
    await case.propose("block_indicator", target="203.0.113.9")
    await case.approve(case.ben)
    await superuser.execute("""update wf.tenants set bundle = '{"response": {"block_address": "never"}}'""")
    assert await case.run() == "failed"


async def test_a_host_with_our_agent_is_asked_and_its_answer_ends_the_action(open_case: OpenCase) -> None:
    case = await open_case(ANALYSTS)
    acme = case.tenant
    async with tenant_tx(acme.database, acme.id) as tx:
        feed = await create_feed(tx, case.ana.worker.actor, name="osquery", door="osquery")
        await enrol(tx, acme.cipher, feed, Host(identifier="WS-1", details={}))
        node_id = await find_host(tx, acme.cipher, "ws-1")
    assert node_id is not None
    await case.propose("scan_host")
    await case.approve(case.ben)
    assert await case.run() == "running"
    with pytest.raises(Conflict, match="platform itself"):
        await case.tell(case.ana)
    assert await _settled(case) == 0
    await _answer(case, node_id)
    assert await _settled(case) == 1
    assert (await case.action()).state == "done"
    assert [result for _, result in await case.steps()] == ["", "", "running", "done"]


async def test_a_host_that_never_answers_is_told_as_a_failure(
    open_case: OpenCase, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    case = await open_case(ANALYSTS)
    acme = case.tenant
    async with tenant_tx(acme.database, acme.id) as tx:
        feed = await create_feed(tx, case.ana.worker.actor, name="osquery", door="osquery")
        await enrol(tx, acme.cipher, feed, Host(identifier="ws-1", details={}))
    await case.propose("collect_evidence")
    await case.approve(case.ben)
    await case.run()
    await superuser.execute("update wf.osquery_queries set expires_at = now()")
    assert await _settled(case) == 1
    assert (await case.action()).state == "failed"


async def test_a_host_without_our_agent_is_for_a_person_and_nothing_else_is_claimed(open_case: OpenCase) -> None:
    case = await open_case(ANALYSTS)
    await case.propose("scan_host")
    await case.approve(case.ben)
    assert await case.run() == "running"
    assert (await case.action()).executor == "hand"
    await case.tell(case.ana, failed=True)
    assert (await case.action()).state == "failed"


async def test_without_a_target_the_command_shows_what_there_is(open_case: OpenCase) -> None:
    case = await open_case()
    reply = await case.propose(target="")
    assert [row.label for row in reply.rows] == ["Target 1"]
    assert reply.offers[0].arguments == {"kind": "isolate_host", "target": "1"}
    assert not reply.changed
    assert (await case.propose(target="#1")).changed


@pytest.mark.parametrize("target", ["ws-2", "kim", "0", "2", "#99999999999999999999", "²", "ws-1\x00"])
async def test_only_what_the_incident_names_can_be_a_target(open_case: OpenCase, target: str) -> None:
    case = await open_case()
    with pytest.raises(NotFound):
        await case.propose(target=target)


async def test_an_action_that_ended_is_not_decided_told_or_withdrawn_again(open_case: OpenCase) -> None:
    case = await open_case()
    await case.propose()
    with pytest.raises(Conflict, match="not under way"):
        await case.tell(case.ana)
    await case.withdraw(case.ana)
    for again in (
        case.approve(case.customer),
        case.decline(case.customer),
        case.withdraw(case.ana),
        case.tell(case.ana),
    ):
        with pytest.raises(Conflict):
            await again
    with pytest.raises(Conflict, match="nothing to undo"):
        await case.undo(case.ana)


async def test_what_nothing_undoes_says_so(open_case: OpenCase) -> None:
    case = await open_case(ANALYSTS)
    await case.propose("reset_password", target="kim")
    await case.approve(case.ben)
    await case.tell(case.ana)
    with pytest.raises(Conflict, match="Nothing undoes reset password"):
        await case.undo(case.ana)


async def test_an_incident_that_nobody_works_on_is_not_acted_on(
    open_case: OpenCase, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    case = await open_case()
    for state in ("new", "resolved", "closed"):
        await superuser.execute("update wf.incidents set state = $1", state)
        with pytest.raises(Conflict):
            await case.propose()


@pytest.mark.parametrize("name", ["2", "x", "", "1-zz", "1;drop", "-1", "1" * 30])
async def test_an_action_that_is_not_there_is_not_found(open_case: OpenCase, name: str) -> None:
    case = await open_case()
    with pytest.raises((NotFound, Conflict)):
        await case.approve(case.customer, name)


async def test_whose_permissions_do_not_include_it_does_nothing_and_is_recorded(
    open_case: OpenCase, make_worker: MakeWorker, count: Count
) -> None:
    case = await open_case()
    await case.propose()
    viewer = Seat(make_worker(Role.VIEWER), "customer")
    approver = case.customer
    for attempt in (
        case.propose("disable_account", target="kim", by=viewer),
        case.approve(viewer),
        case.decline(viewer),
        case.withdraw(viewer),
        case.tell(viewer),
        case.undo(viewer),
        case.propose("disable_account", target="kim", by=approver),
        case.withdraw(approver),
        case.tell(approver),
        case.undo(approver),
    ):
        assert not (await attempt).ok
    assert (await case.action()).state == "proposed"
    assert await count("wf.actions") == 1
    assert await count("wf.audit_entries where action = 'access.refused'") == 10


async def test_another_customers_actions_are_not_there(open_case: OpenCase, make_tenant: MakeTenant) -> None:
    case = await open_case()
    await case.propose()
    action = await case.action()
    other = await make_tenant("NORD")
    async with tenant_tx(case.records, other.id) as tx:
        assert await queries.select_action(tx, action.id) is None
        assert await queries.select_waiting(tx, limit=10) == []
        with pytest.raises(NotFound):
            await approvals.find_votable(tx, action.id)
        with pytest.raises(NotFound, match=NO_SUCH_INCIDENT):
            await deciding.approve(
                tx,
                other.cipher,
                case.customer.worker.actor,
                frozenset(Permission),
                incident="ACME-1",
                action="1",
                voter=case.customer.voter,
            )


async def test_addresses_that_mean_everybody_never_get_on_the_list(
    make_tenant: MakeTenant, make_event: MakeEvent, make_rule: MakeRule, make_worker: MakeWorker, db_bot: Database
) -> None:
    acme = await make_tenant("ACME", bundle='{"response": {"block_address": "preapproved"}}')
    worker = make_worker(Role.ANALYST)
    for number, address in enumerate(("0.0.0.0", "127.0.0.1", "::1", "224.0.0.1", "fe80::1", "not an address"), 1):  # noqa: S104
        event = make_event(number, at=number * 100_000, ip=address)
        await acme.work((make_rule(f"Rule {number}", dedup=("ip",)), event))
        async with tenant_tx(db_bot, acme.id) as tx:
            await moves.acknowledge(tx, acme.cipher, worker.actor, worker.permissions, incident=f"ACME-{number}")
        with pytest.raises(Invalid):
            async with tenant_tx(db_bot, acme.id) as tx:
                await responding.contain(
                    tx,
                    acme.cipher,
                    worker.actor,
                    worker.permissions,
                    incident=f"ACME-{number}",
                    kind="block_indicator",
                    target="1",
                    reason=WHY,
                    voter=Seat(worker).voter,
                )


def test_each_kind_names_its_inverse_both_ways_and_who_does_it_by_hand_finds_steps() -> None:
    for kind in KINDS.values():
        if kind.undo is not None:
            assert KINDS[kind.undo].undo == kind.name
            assert KINDS[kind.undo].targets == kind.targets
        assert kind.executor == "blocklist" or kind.steps
        assert kind.needs_step_up or not kind.is_destructive


async def _answer(case: Case, node_id: NodeId) -> None:
    async with tenant_tx(case.tenant.database, case.tenant.id) as tx:
        [(question, _)] = (await questions.waiting_for(tx, case.tenant.cipher, node_id)).items()
        given = Given(question=question, status=0, message="", found=Found(total=1, rows=[b'{"pid":"1"}']))
        assert await keep(tx, case.tenant.cipher, node_id, given)


async def _settled(case: Case) -> int:
    async with tenant_tx(case.tenant.database, case.tenant.id) as tx:
        return await settle(tx, case.tenant.cipher)
