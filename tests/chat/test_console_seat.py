"""From a typed line to the record: rights are read anew, other tenants do not exist, every act leaves its traces."""

from tests.chat.floor import Floor, card_after, say
from tests.domain.workplace import Count
from watchfloor.incidents.incident import NO_SUCH_INCIDENT
from watchfloor.kernel import ids
from watchfloor.kernel.errors import Conflict, Invalid, NotFound, Unauthenticated
from watchfloor.kernel.outbox import INCIDENT_CHANGED, REPORT_REQUESTED
from watchfloor.kernel.valkey import Wake

ANA, LEA, VIC = "ana@mssp.example", "lea@mssp.example", "vic@acme.example"


async def test_an_incident_is_worked_from_start_to_end(floor: Floor, count: Count) -> None:
    await floor.incident(floor.acme)
    session = floor.session(ANA)
    assert (await card_after(session, "show ACME-1")).state == "new"
    assert (await card_after(session, "ack")).state == "acknowledged"
    await card_after(session, "assign lea")
    await card_after(session, 'verdict true_positive "Somebody dumped LSASS on ws-1."')
    await card_after(session, "note the host is isolated, don't reboot it")
    assert (await card_after(session, "contained")).state == "contained"
    assert (await card_after(session, "resolve")).state == "resolved"
    assert (await card_after(session, "close")).state == "closed"
    assert (await card_after(session, "report de")).state == "closed"
    assert await count("wf.reports where state = 'queued' and language = 'de'") == 1
    assert await count("wf.audit_entries where action like 'incident.%' and actor_kind = 'api_key'") == 8


async def test_the_queue_has_the_incidents_of_all_ones_tenants_the_most_urgent_first(floor: Floor) -> None:
    await floor.incident(floor.acme, level="medium")
    await floor.incident(floor.nord, level="critical")
    await floor.incident(floor.acme, level="high")
    seen = {}
    for email in (ANA, LEA, VIC):
        turn = await say(floor.session(email), "queue")
        assert turn.answer is not None
        seen[email] = [line.ref for line in turn.answer.reply.queue]
    assert seen == {
        ANA: ["ACME-2", "ACME-1"],
        LEA: ["NORD-1", "ACME-2", "ACME-1"],
        VIC: ["ACME-2", "ACME-1"],
    }


async def test_another_tenants_incident_and_one_that_is_not_there_are_answered_alike(floor: Floor) -> None:
    await floor.incident(floor.nord)
    session = floor.session(ANA)
    for verb in ("show", "ack", "note {} x", "verdict {} tp because I say so", "report", "assign {} me"):
        for reference in ("NORD-1", "ACME-99", "MSSP-1", "XXXX-1"):
            line = verb.format(reference) if "{}" in verb else f"{verb} {reference}"
            turn = await say(session, line)
            assert isinstance(turn.error, NotFound)
            assert turn.error.message == NO_SUCH_INCIDENT


async def test_who_may_only_read_changes_nothing_and_the_attempt_is_recorded(floor: Floor, count: Count) -> None:
    await floor.incident(floor.acme)
    session = floor.session(VIC)
    await card_after(session, "show ACME-1")
    lines = await count("wf.incident_timeline")
    for line in ("ack", "contained", "note x", "verdict tp because I say so", "report"):
        turn = await say(session, line)
        assert not turn.ok
        assert turn.answer is not None
        assert not turn.answer.reply.ok
    assert await count("wf.incident_timeline") == lines
    assert await count("wf.audit_entries where action = 'access.refused'") == 5


async def test_a_right_that_is_taken_away_is_gone_with_the_next_line(floor: Floor) -> None:
    await floor.incident(floor.acme)
    session = floor.session(ANA)
    await card_after(session, "show ACME-1")
    await floor.superuser.execute("delete from auth.memberships where tenant_id = $1", floor.acme.id)
    assert isinstance((await say(session, "ack")).error, NotFound)
    await floor.superuser.execute("update auth.api_keys set revoked_at = now()")
    assert isinstance((await say(session, "ack")).error, Unauthenticated)


async def test_a_suspended_tenant_is_gone_with_the_next_line(floor: Floor) -> None:
    await floor.incident(floor.acme)
    session = floor.session(ANA)
    await card_after(session, "show ACME-1")
    await floor.superuser.execute("update auth.tenants set state = 'suspended' where code = 'ACME'")
    assert not (await say(session, "ack")).ok


async def test_the_tenant_sees_which_of_the_mssps_people_looked(floor: Floor, count: Count) -> None:
    await floor.incident(floor.acme)
    for _ in range(3):
        await card_after(floor.session(ANA), "show ACME-1")
        await say(floor.session(ANA), "queue")
        await card_after(floor.session(VIC), "show ACME-1")
    viewed = "wf.audit_entries where action = 'access.viewed'"
    assert await count(f"{viewed} and object_kind = 'incident'") == 1
    assert await count(f"{viewed} and object_kind = 'incidents'") == 1


async def test_a_colleague_is_found_by_the_beginning_of_the_address(floor: Floor) -> None:
    await floor.incident(floor.acme)
    session = floor.session(LEA)
    await card_after(session, "show ACME-1")
    for name, expected in (("ana", "Ana Analyst"), ("LEA@mssp.example", "Lea Lead"), ("me", "Lea Lead")):
        turn = await say(session, f"assign {name}")
        assert turn.answer is not None
        assert expected in turn.answer.names.values()


async def test_who_does_not_work_for_the_tenant_is_nobody_to_assign_to(floor: Floor) -> None:
    await floor.incident(floor.nord)
    session = floor.session(LEA)
    for name in ("ana", "vic", "nobody", "%"):
        assert isinstance((await say(session, f"assign NORD-1 {name}")).error, NotFound)


async def test_what_the_state_does_not_allow_is_said_with_what_to_do(floor: Floor) -> None:
    await floor.incident(floor.acme)
    turn = await say(floor.session(ANA), "resolve ACME-1")
    assert isinstance(turn.error, Conflict)
    assert turn.error.remedy == "Acknowledge it first."


async def test_who_acts_by_key_is_named_and_takes_charge(floor: Floor) -> None:
    await floor.incident(floor.acme)
    session = floor.session(LEA)
    await card_after(session, "ack ACME-1")
    turn = await say(session, "show")
    assert turn.answer is not None
    names = turn.answer.names
    assert [names.get(entry.actor_id) for entry in turn.answer.reply.timeline] == [None, "Lea Lead (key)"]
    assert names[ids.show("per", floor.people[LEA])] == "Lea Lead"


async def test_help_and_whoami_need_no_incident(floor: Floor) -> None:
    session = floor.session(ANA)
    assert (await say(session, "help")).wants_help
    turn = await say(session, "whoami")
    assert turn.answer is not None
    assert turn.answer.principal is not None
    assert turn.answer.principal.name == "Ana Analyst"
    assert isinstance((await say(session, "help nothing")).error, Invalid)


async def test_a_change_is_hinted_to_who_delivers_it(floor: Floor) -> None:
    await floor.incident(floor.acme)
    await card_after(floor.session(ANA), "ack ACME-1")
    await card_after(floor.session(ANA), "report ACME-1")
    wake = Wake(floor.valkey)
    assert await wake.wait(INCIDENT_CHANGED, seconds=1) == {floor.acme.id}
    assert await wake.wait(REPORT_REQUESTED, seconds=1) == {floor.acme.id}
