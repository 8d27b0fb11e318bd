"""Response through the front of the desk: every role, verb and kind of login, replays, and the worker behind it."""

from contextlib import AsyncExitStack
from itertools import product

import pytest

from tests.chat.floor import Floor, card_after, say
from tests.domain.workplace import Count
from watchfloor.access.people import principal_of
from watchfloor.access.principal import Principal
from watchfloor.access.roles import CUSTOMER_TENANT_ROLES, PERMISSIONS_OF, Permission, Role
from watchfloor.access.step_up import forget_login, note_login
from watchfloor.desk.deciding import VERBS as DECIDING
from watchfloor.desk.front import DONE_BEFORE, Answer, Front
from watchfloor.desk.responding import VERBS as RESPONDING
from watchfloor.desk.table import OFFERED, TABLE
from watchfloor.desk.verb import Intent
from watchfloor.incidents.incident import NO_SUCH_INCIDENT
from watchfloor.incidents.lifecycle import Action
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.db import DirectoryTx, directory_tx, tenant_tx
from watchfloor.kernel.errors import NotFound, WatchfloorError
from watchfloor.kernel.ids import PersonId
from watchfloor.ops.chores import Chores
from watchfloor.ops.consumers import Resources
from watchfloor.ops.relay import Relay
from watchfloor.ops.responses import open_responses
from watchfloor.respond.approvals import BY_KEY, STEP_UP
from watchfloor.respond.blocklist.entries import listed

LEA, ANA, VIC = "lea@mssp.example", "ana@mssp.example", "vic@acme.example"
WHY = "It talks to a known bad address."
ARGUMENTS: dict[str, dict[str, str]] = {
    "contain": {"kind": "disable_account", "target": "kim", "reason": WHY},
    "undo": {"action": "1", "reason": WHY},
    "withdraw": {"action": "1", "reason": WHY},
    "result": {"action": "1", "result": "done", "text": "It is isolated."},
    "approve": {"action": "1"},
    "decline": {"action": "1", "reason": "Not now."},
    "approvals": {},
}


class PersonLogin:
    """A surface that knows the person, such as a chat with linked accounts."""

    def __init__(self, person_id: PersonId) -> None:
        self._person_id = person_id

    async def principal(self, tx: DirectoryTx) -> Principal:
        return await principal_of(tx, self._person_id)


async def propose(floor: Floor, *, response: str = "{}", line: str = "contain isolate_host ws-1") -> None:
    """An incident that Lea works on, and what she proposes there by her key."""
    await floor.superuser.execute(
        "update wf.tenants set bundle = $1::jsonb where tenant_id = $2", f'{{"response": {response}}}', floor.acme.id
    )
    event = floor.make_event(1, host="ws-1", user="kim", ip="203.0.113.9")
    await floor.acme.work((floor.make_rule("LSASS read", level="high"), event))
    session = floor.session(LEA)
    await card_after(session, "show ACME-1")
    await card_after(session, "ack")
    await card_after(session, f"{line} {WHY}")


async def sign_in(floor: Floor, email: str) -> None:
    async with directory_tx(floor.directory) as tx:
        await note_login(tx, floor.people[email], authenticated_by="oidc")


async def ask(floor: Floor, email: str, intent: Intent, *, front: Front | None = None) -> Answer | WatchfloorError:
    try:
        return await (front or floor.front()).perform(PersonLogin(floor.people[email]), intent)
    except WatchfloorError as fault:
        return fault


def test_all_verbs_of_response_are_in_the_table() -> None:
    verbs = {verb.name for verb in (*RESPONDING, *DECIDING)}
    assert verbs == set(ARGUMENTS)
    assert verbs <= set(TABLE)
    assert {OFFERED[action].name for action in (Action.PROPOSE, Action.APPROVE, Action.DECLINE)} == {
        "contain",
        "approve",
        "decline",
    }


async def test_no_role_does_what_it_may_not_and_every_attempt_is_recorded(floor: Floor, count: Count) -> None:
    await propose(floor)
    for role in sorted(CUSTOMER_TENANT_ROLES):
        await floor.person(f"{role}@x.example", role, acme=role)
        await sign_in(floor, f"{role}@x.example")
    refused = 0
    for role, name in product(sorted(CUSTOMER_TENANT_ROLES), sorted(ARGUMENTS)):
        if TABLE[name].permission in PERMISSIONS_OF[role]:
            continue
        intent = Intent(verb=name, incident="ACME-1", arguments=ARGUMENTS[name])
        answer = await ask(floor, f"{role}@x.example", intent)
        assert isinstance(answer, Answer)
        assert (answer.reply.ok, answer.reply.changed) == (False, False)
        refused += 1
    assert refused == 26
    assert await count("wf.audit_entries where action = 'access.refused'") == refused
    assert await count("wf.actions where state = 'proposed'") == await count("wf.actions") == 1
    assert await count("wf.action_votes") == 0


@pytest.mark.parametrize("name", sorted(set(ARGUMENTS) - {"approvals"}))
async def test_what_is_anothers_and_what_is_not_there_are_answered_alike(floor: Floor, name: str, count: Count) -> None:
    await propose(floor)
    await floor.incident(floor.nord)
    for email, reference in product((ANA,), ("NORD-1", "ACME-99", "MSSP-1", "XXXX-1", "", "ACME-1;")):
        answer = await ask(floor, email, Intent(verb=name, incident=reference, arguments=ARGUMENTS[name]))
        assert isinstance(answer, NotFound)
        assert answer.message == NO_SUCH_INCIDENT
    assert await count("wf.actions where state = 'proposed'") == 1


async def test_a_chat_without_a_recent_login_is_sent_to_sign_in_and_then_heard(floor: Floor) -> None:
    await propose(floor, response='{"mode": "authorize"}')
    intent = Intent(verb="approve", incident="ACME-1")
    answer = await ask(floor, ANA, intent)
    assert isinstance(answer, Answer)
    assert (answer.reply.text, answer.reply.rows[0].label) == (STEP_UP, "Sign in")
    await sign_in(floor, ANA)
    async with directory_tx(floor.directory) as tx:
        await tx.execute("update auth.logins set at = now() - interval '8 hours 1 second'")
    assert isinstance(answer := await ask(floor, ANA, intent), Answer)
    assert answer.reply.text == STEP_UP
    await sign_in(floor, ANA)
    async with directory_tx(floor.directory) as tx:
        await forget_login(tx, floor.people[ANA])
    assert isinstance(answer := await ask(floor, ANA, intent), Answer)
    assert answer.reply.text == STEP_UP
    await sign_in(floor, ANA)
    assert isinstance(answer := await ask(floor, ANA, intent), Answer)
    assert answer.reply.changed


async def test_a_key_never_approves_what_is_destructive_even_of_somebody_signed_in(floor: Floor) -> None:
    await propose(floor, response='{"mode": "authorize"}')
    await sign_in(floor, ANA)
    turn = await say(floor.session(ANA), "approve ACME-1")
    assert turn.answer is not None
    assert (turn.answer.reply.ok, turn.answer.reply.text) == (False, BY_KEY)


async def test_a_replayed_approval_changes_nothing_again(floor: Floor, count: Count) -> None:
    await propose(floor, response='{"isolate_host": "two_persons"}')
    await sign_in(floor, ANA)
    intent = Intent(verb="approve", incident="ACME-1", arguments={"action": "1"}, request_id="interaction-1")
    first, again = await ask(floor, ANA, intent), await ask(floor, ANA, intent)
    assert isinstance(first, Answer)
    assert isinstance(again, Answer)
    assert (first.reply.changed, again.reply.text, again.reply.changed) == (True, DONE_BEFORE, False)
    assert await count("wf.action_votes") == 1


async def test_whoever_lost_the_role_or_was_disabled_is_not_heard(floor: Floor, count: Count) -> None:
    await propose(floor, response='{"mode": "authorize"}')
    intent = Intent(verb="approve", incident="ACME-1")
    await sign_in(floor, ANA)
    await floor.superuser.execute("delete from auth.memberships where person_id = $1", floor.people[ANA])
    assert isinstance(await ask(floor, ANA, intent), NotFound)
    await floor.person("bo@mssp.example", "Bo", operator=Role.LEAD, acme=Role.LEAD)
    await sign_in(floor, "bo@mssp.example")
    await floor.superuser.execute("update auth.people set state = 'disabled' where email like 'bo@%'")
    assert isinstance(await ask(floor, "bo@mssp.example", intent), WatchfloorError)
    assert await count("wf.action_votes") == 0


async def test_the_list_of_what_waits_spans_ones_customers_and_no_others(floor: Floor) -> None:
    await propose(floor)
    for email, waiting in ((ANA, 1), (VIC, 1), (LEA, 1)):
        answer = await ask(floor, email, Intent(verb="approvals"))
        assert isinstance(answer, Answer)
        assert [row.label.rpartition("-")[0] for row in answer.reply.rows] == ["Approve ACME-1 1"] * waiting
        assert answer.reply.text == "One action waits for approval."
    await floor.person("nord@mssp.example", "N", nord=Role.ANALYST)
    answer = await ask(floor, "nord@mssp.example", Intent(verb="approvals"))
    assert isinstance(answer, Answer)
    assert (answer.reply.rows, answer.reply.text) == ((), "No actions wait for approval.")


async def test_an_approved_block_is_on_the_list_once_the_worker_has_it(floor: Floor) -> None:
    await propose(floor, response='{"mode": "authorize"}', line="contain block_indicator 203.0.113.9")
    await sign_in(floor, ANA)
    answer = await ask(floor, ANA, Intent(verb="approve", incident="ACME-1"))
    assert isinstance(answer, Answer)
    assert answer.reply.text == "Approved; it runs now."
    async with AsyncExitStack() as opened:
        resources = Resources(floor.settings, opened)
        await Relay(open_responses(resources), resources).turn([floor.acme.id])
        await Chores(resources, consumers=[], clock=SystemClock()).end_actions()
    async with tenant_tx(floor.acme.database, floor.acme.id) as tx:
        assert [entity.value for entity in await listed(tx, floor.acme.cipher, ("ip",))] == ["203.0.113.9"]
    card = await card_after(floor.session(VIC), "show ACME-1")
    assert any(row.label == "Action 1" for row in card.rows)


async def test_the_desk_asks_for_these_permissions_and_no_wider_ones() -> None:
    customer = {role for role in PERMISSIONS_OF if Permission.RESPONSE_APPROVE in PERMISSIONS_OF[role]}
    assert customer == {Role.APPROVER, Role.ADMIN, Role.ANALYST, Role.LEAD}
    assert {role for role in PERMISSIONS_OF if Permission.RESPONSE_PROPOSE in PERMISSIONS_OF[role]} == {
        Role.ANALYST,
        Role.LEAD,
    }
