"""Finding and reading in, through the front of the desk: search, indicators, suggestions, summaries, messages."""

import time
from dataclasses import dataclass
from typing import Final

import msgspec
import pytest

from bot.console.identity import KeyLogin
from tests.chat.floor import Floor, say
from watchfloor.access.roles import Role
from watchfloor.desk.card import EntityValue, Text
from watchfloor.desk.front import Answer
from watchfloor.desk.verb import Intent
from watchfloor.incidents.incident import NO_SUCH_INCIDENT
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.errors import Invalid, NotFound, Unauthenticated
from watchfloor.normalise.event import FieldValue

ANA: Final = "ana@mssp.example"
LEA: Final = "lea@mssp.example"
VIC: Final = "vic@acme.example"
WHY: Final = "The backup packs this share each night."


@dataclass
class Counter:
    """Where people ask the front."""

    floor: Floor

    async def ask(self, who: str, verb: str, incident: str = "", *, request_id: str = "", **arguments: str) -> Answer:
        login = KeyLogin(self.floor.keys[who], self.floor.settings)
        intent = Intent(verb=verb, incident=incident, arguments=arguments, request_id=request_id)
        return await self.floor.front().perform(login, intent)

    async def refs(self, who: str, text: str) -> list[str]:
        return [line.ref for line in (await self.ask(who, "search", text=text)).reply.queue]

    async def suggestions(self, who: str, text: str) -> list[str]:
        login = KeyLogin(self.floor.keys[who], self.floor.settings)
        return [one.ref for one in await self.floor.front().suggest(login, text)]


@pytest.fixture
def counter(floor: Floor) -> Counter:
    return Counter(floor)


async def test_a_search_finds_by_number_words_state_and_things_in_ones_own_tenants(counter: Counter) -> None:
    floor = counter.floor
    await floor.incident(floor.acme, title="LSASS read", host="ws-1.acme.example")
    await floor.incident(floor.nord, title="LSASS read", host="ws-1.acme.example")
    await floor.incident(floor.acme, title="Odd login", host="ws-2.acme.example")
    assert await counter.refs(ANA, "lsass") == ["ACME-1"]
    assert sorted(await counter.refs(LEA, "LSASS")) == ["ACME-1", "NORD-1"]
    assert await counter.refs(ANA, "acme-2") == ["ACME-2"]
    assert await counter.refs(ANA, "#2") == ["ACME-2"]
    assert await counter.refs(ANA, "NORD-1") == []
    assert sorted(await counter.refs(LEA, "WS-1[.]acme[.]example")) == ["ACME-1", "NORD-1"]
    assert sorted(await counter.refs(VIC, "new")) == ["ACME-1", "ACME-2"]
    assert await counter.refs(ANA, "100%_") == []
    assert (await counter.ask(ANA, "search", text="zz")).reply.text == "Nothing is found."


async def test_a_search_shows_a_bounded_number_and_is_written_sealed_into_each_log(counter: Counter) -> None:
    floor = counter.floor
    for _ in range(15):
        await floor.incident(floor.acme, title="LSASS read")
        await floor.incident(floor.nord, title="LSASS read")
    # A storm may have collapsed some; both tenants together never fill more than one page.
    assert len((await counter.ask(LEA, "search", text="canary lsass")).reply.queue) == 0
    assert 0 < len(await counter.refs(LEA, "lsass")) <= 25
    rows = await floor.superuser.fetch(
        "select tenant_id, count(*) from wf.audit_entries where action = 'access.searched' group by tenant_id"
    )
    assert {row["tenant_id"]: row["count"] for row in rows} == {floor.acme.id: 2, floor.nord.id: 2}
    kept = await floor.superuser.fetch("select t::text from wf.audit_details t")
    assert not [row for row in kept if b"canary".hex() in row[0]]


async def test_an_indicator_is_known_where_it_was_seen_and_by_nobody_elses_eyes(counter: Counter) -> None:
    floor = counter.floor
    for number, tenant in enumerate((floor.acme, floor.nord, floor.acme)):
        rule = floor.make_rule("Odd login")
        event = floor.make_event(number, host=f"ws-{number}", ip="203.0.113.66")
        await tenant.work((rule, event))
    mssp = (await counter.ask(LEA, "ioc", value="203[.]0[.]113[.]66")).reply
    assert [row.label for row in mssp.rows] == ["ACME", "NORD"]
    acme = mssp.rows[0].values
    assert isinstance(acme[0], EntityValue)
    assert isinstance(acme[1], Text)
    assert acme[1].text.endswith("2 alerts, 2 matching events")
    own = (await counter.ask(VIC, "ioc", value="hxxp://203.0.113.66/x")).reply
    assert [row.label for row in own.rows] == ["ACME"]
    assert (await counter.ask(ANA, "ioc", value="198.51.100.1")).reply.text == "Nothing knows it."
    with pytest.raises(Invalid):
        await counter.ask(ANA, "ioc", value="--")


async def test_a_reference_is_completed_from_ones_own_tenants_alone(counter: Counter) -> None:
    floor = counter.floor
    for number in range(11):
        await floor.incident(floor.acme, title=f"Rule {number}")
    await floor.incident(floor.nord, title="Rule")
    assert await counter.suggestions(ANA, "ACME-1") == ["ACME-11", "ACME-10", "ACME-1"]
    assert await counter.suggestions(ANA, "1") == ["ACME-11", "ACME-10", "ACME-1"]
    assert await counter.suggestions(ANA, "NORD-1") == []
    assert await counter.suggestions(LEA, "n") == ["NORD-1"]
    assert set(await counter.suggestions(LEA, "1")) == {"ACME-11", "ACME-10", "ACME-1", "NORD-1"}
    assert len(await counter.suggestions(ANA, "")) == 11
    for odd in ("ACME-x", "ACME-0", "' or 1=1", "\u0661", "9" * 40):
        assert await counter.suggestions(ANA, odd) == []


@pytest.mark.slow
async def test_a_reference_is_completed_within_a_tenth_of_a_second_among_twenty_thousand(counter: Counter) -> None:
    floor = counter.floor
    await floor.superuser.execute(
        "insert into wf.incidents (tenant_id, id, number, title, severity, state, first_event_at, last_event_at)"
        " select $1, gen_random_uuid(), i, 'Incident ' || i, 'low',"
        " case when i % 40 = 0 then 'new' else 'closed' end, now(), now() from generate_series(1, 20000) i",
        floor.acme.id,
    )
    await floor.superuser.execute("analyze wf.incidents")
    took: list[float] = []
    for text in ("ACME-1", "ACME-19", "2", "", "ACME-20000", "a") * 5:
        began = time.perf_counter()
        assert await counter.suggestions(ANA, text)
        took.append(time.perf_counter() - began)
    took.sort()
    assert took[int(len(took) * 0.9)] < 0.1


async def test_a_summary_says_what_was_done_and_what_waits_from_the_record_alone(counter: Counter) -> None:
    floor = counter.floor
    await floor.incident(floor.acme, host="ws-1.acme.example")
    await counter.ask(ANA, "ack", "ACME-1")
    await counter.ask(ANA, "note", "ACME-1", text="Called Jonas, no answer.")
    reply = (await counter.ask(LEA, "summary", "ACME-1")).reply
    rows = {row.label: row for row in reply.rows}
    assert {"What", "Since", "Hosts", "Resolve by", "With", "Next"} <= rows.keys()
    assert [entry.kind for entry in reply.timeline] == ["acknowledged", "note"]
    assert not reply.changed
    turn = await say(floor.session(ANA), "summary ACME-1")
    assert turn.ok


async def test_a_message_is_added_once_however_often_and_by_whomever(counter: Counter) -> None:
    floor = counter.floor
    await floor.incident(floor.acme)
    message = {"author": "Jonas K.", "at": "2026-03-02T08:14:27+01:00", "message": "1234567", "text": "It was me."}
    assert (await counter.ask(ANA, "timeline", "ACME-1", **message)).reply.changed
    again = (await counter.ask(LEA, "timeline", "ACME-1", **(message | {"text": "Edited."}))).reply
    assert (again.changed, again.text) == (False, "This was noted on ACME-1 already.")
    timeline = (await counter.ask(ANA, "show", "ACME-1")).reply.timeline
    (entry,) = [entry for entry in timeline if entry.kind == "message"]
    assert entry.facts == {"text": "It was me.", "author": "Jonas K.", "written_at": "2026-03-02T07:14:27+00:00"}
    stored = await floor.superuser.fetch("select t::text from wf.incident_timeline t")
    assert not [row for row in stored if b"Jonas".hex() in row[0]]
    with pytest.raises(Invalid):
        await counter.ask(ANA, "timeline", "ACME-1", **(message | {"at": "yesterday"}))
    assert not (await counter.ask(VIC, "timeline", "ACME-1", **message)).reply.ok


async def test_an_exception_is_made_from_chat_and_from_a_typed_line(counter: Counter) -> None:
    """The chat's database role can do all of it."""
    floor = counter.floor
    event = floor.make_event(1, host="ws-1")
    fields: dict[str, FieldValue] = {"TargetUserName": "svc_backup", "IpAddress": "10.0.0.7", "Computer": "ws-1"}
    event = msgspec.structs.replace(event, fields=fields)
    await floor.acme.work((floor.make_rule("Odd login", level="high"), event))
    await floor.person("lou@mssp.example", "Lou", operator=Role.CONTENT_ENGINEER, acme=Role.CONTENT_ENGINEER)
    await counter.ask(ANA, "ack", "ACME-1")
    judged = (await counter.ask(ANA, "verdict", "ACME-1", verdict="false_positive", reason=WHY)).reply
    (offer,) = judged.offers
    looked = (await counter.ask(ANA, offer.verb, offer.incident, **offer.arguments)).reply
    make = looked.offers[0]
    asked = (await counter.ask(ANA, make.verb, make.incident, request_id="chat_1", **make.arguments)).reply
    assert asked.changed
    replayed = (await counter.ask(ANA, make.verb, make.incident, request_id="chat_1", **make.arguments)).reply
    assert (replayed.changed, replayed.text) == (False, "This was done already.")
    assert [row.label for row in (await counter.ask(LEA, "exceptions")).reply.rows] == ["ACME-1 exception 1 waits"]
    assert not (await counter.ask(ANA, "except-approve", "ACME-1")).reply.ok
    turn = await say(floor.session("lou@mssp.example"), "except-approve ACME-1")
    assert turn.ok
    assert (await counter.ask(LEA, "exceptions", which="waiting")).reply.text == "No exceptions."
    assert [row.label for row in (await counter.ask(ANA, "exceptions", which="mine")).reply.rows] == [
        "ACME-1 exception"
    ]
    turn = await say(floor.session(LEA), "except-extend ACME-1 60d They will change it in summer.")
    assert turn.answer is not None
    assert "second person" in turn.answer.reply.text
    for line in ("except ACME-1 any-host 14d The scanner does this each night.", "except ACME-1"):
        turn = await say(floor.session(ANA), line)
        assert turn.ok, line


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("summary", {}),
        ("except", {"mode": "preview"}),
        ("except", {"mode": "make", "reason": WHY}),
        ("except-approve", {}),
        ("except-decline", {"reason": WHY}),
        ("except-extend", {"reason": WHY}),
        ("timeline", {"author": "a", "at": "2026-03-02", "message": "1", "text": "x"}),
    ],
)
async def test_another_tenants_incident_and_none_are_answered_alike(
    counter: Counter, verb: str, arguments: dict[str, str]
) -> None:
    floor = counter.floor
    await floor.incident(floor.nord)
    missing = () if verb == "except-approve" else ("ACME-9",)  # what her role does not allow is refused before
    for ref in ("NORD-1", "NORD-2", "ZZZZ-1", "nothing", "", *missing):
        with pytest.raises(NotFound) as caught:
            await counter.ask(ANA, verb, ref, **arguments)
        assert caught.value.message == NO_SUCH_INCIDENT
    async with tenant_tx(floor.records, floor.nord.id) as tx:
        assert await tx.value(int, "select count(*) from wf.exception_requests") == 0


async def test_whoever_left_finds_nothing(counter: Counter) -> None:
    floor = counter.floor
    await floor.incident(floor.acme, host="ws-1")
    await floor.superuser.execute("delete from auth.memberships where person_id = $1", floor.people[VIC])
    for ask in (counter.refs(VIC, "lsass"), counter.suggestions(VIC, "ACME-1")):
        with pytest.raises(Unauthenticated):
            await ask
