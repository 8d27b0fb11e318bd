"""Being on call, paging and handing over at the desk: by the verbs that every surface has, for those who may."""

from datetime import date, time

import pytest

from tests.chat.floor import Floor, say
from watchfloor.audit.append import Actor
from watchfloor.desk.card import Foreign, Person, Text, Value
from watchfloor.desk.front import Answer
from watchfloor.desk.verb import Intent
from watchfloor.desk.watch.snapshot import CODE_LENGTH, code_of, read_snapshot
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.kernel.errors import Invalid, NotFound
from watchfloor.kernel.ids import PersonId, show
from watchfloor.kernel.neutralise import Untrusted
from watchfloor.paging.duty.keeping import set_rota
from watchfloor.paging.duty.roster import read_rota
from watchfloor.paging.rota import Layer, LayerName, Rota
from watchfloor.tenancy.keyring import Keyring

SETTING_UP = Actor(kind="system", id="test", role="system", request_id="-")


@pytest.fixture
async def watched(floor: Floor, db_app: Database) -> Floor:
    """A floor with a rota, and with what the operator's own tenant needs for commands."""
    await floor.superuser.execute(
        "insert into wf.tenants (tenant_id, code, name, language, time_zone, bundle, bundle_hash)"
        " values ($1, 'MSSP', 'Example MSSP', 'en', 'UTC', '{}', sha256('x'))",
        floor.operator,
    )
    places: dict[LayerName, PersonId] = {
        "primary": floor.people["ana@mssp.example"],
        "lead": floor.people["lea@mssp.example"],
    }
    rota = Rota(
        layers=tuple(
            Layer(name=name, zone="UTC", period="daily", first=date(2026, 1, 1), at=time(9), people=(person,))
            for name, person in places.items()
        )
    )
    async with tenant_tx(db_app, floor.operator) as tx:
        await Keyring.open(floor.settings).create(tx)
        await set_rota(tx, SETTING_UP, rota)
    return floor


async def ask(floor: Floor, email: str, line: str) -> Answer:
    turn = await say(floor.session(email), line)
    assert turn.error is None, turn.error
    assert turn.answer is not None
    return turn.answer


async def refused(floor: Floor, email: str, line: str) -> str:
    turn = await say(floor.session(email), line)
    assert not turn.ok
    return str(turn.error or (turn.answer and turn.answer.reply.text))


def values(answer: Answer, label: str) -> tuple[Value, ...]:
    [row] = [row for row in answer.reply.rows if row.label == label]
    return row.values


async def test_everybody_on_the_floor_sees_who_is_on_call_and_where_nobody_is(watched: Floor) -> None:
    answer = await ask(watched, "ana@mssp.example", "oncall")
    assert Person(watched.people["ana@mssp.example"]) in values(answer, "Primary")
    assert values(answer, "Secondary") == (Text("nobody"),)
    assert answer.reply.text == "Nobody is on call as secondary."
    assert answer.names[show("per", watched.people["ana@mssp.example"])] == "Ana Analyst"


async def test_a_customers_person_has_no_rota_to_see(watched: Floor) -> None:
    for line in ("oncall", "override me 2h A reason.", f"takeover {'0' * CODE_LENGTH}"):
        await refused(watched, "vic@acme.example", line)


async def test_an_analyst_may_take_a_turn_and_a_lead_may_give_one(watched: Floor, db_app: Database) -> None:
    answer = await ask(watched, "ana@mssp.example", "override secondary me for 90m Cleo is ill.")
    assert values(answer, "Secondary")[0] == Person(watched.people["ana@mssp.example"])
    assert "oncall.manage" in await refused(watched, "ana@mssp.example", "override lea 2h She owes me one.")
    await ask(watched, "lea@mssp.example", "override primary lea 2h Ana has two places.")
    async with tenant_tx(db_app, watched.operator) as tx:
        _, overrides = await read_rota(tx)
    assert {one.layer: one.person_id for one in overrides} == {
        "secondary": watched.people["ana@mssp.example"],
        "primary": watched.people["lea@mssp.example"],
    }
    kept = await watched.superuser.fetch("select reason from wf.oncall_overrides")
    assert not any(b"ill" in bytes(row["reason"]) for row in kept)
    written = await watched.superuser.fetchval(
        "select count(*) from wf.audit_entries where action = 'oncall.override' and tenant_id = $1", watched.operator
    )
    assert written == 2


@pytest.mark.parametrize("length", ["soon", "0h", "40d"])
async def test_a_turn_has_a_sensible_length(length: str, watched: Floor) -> None:
    arguments = {"person": "me", "length": length, "reason": "A reason."}
    with pytest.raises(Invalid):
        await watched.session("lea@mssp.example").ask(Intent(verb="override", arguments=arguments))


async def test_a_page_goes_to_the_record_and_its_words_to_the_timeline_only(watched: Floor) -> None:
    await watched.incident(watched.acme, title="Odd login", level="medium")
    answer = await ask(watched, "ana@mssp.example", "page ACME-1 lea The CFO's laptop, call me.")
    assert answer.reply.changed
    await ask(watched, "ana@mssp.example", "page ACME-1 primary Nobody answers the phone.")
    await ask(watched, "lea@mssp.example", "escalate ACME-1 It spreads to the servers.")
    rows = await watched.superuser.fetch("select reason, ladder, named_id, summary from wf.pages order by raised_at")
    assert [(row["reason"], row["ladder"], row["named_id"]) for row in rows] == [
        ("called", "called", watched.people["lea@mssp.example"]),
        ("called", "primary", None),
        ("escalated", "escalated", None),
    ]
    assert {row["summary"] for row in rows} == {"Odd login"}
    shown = await ask(watched, "lea@mssp.example", "show ACME-1")
    told = [(entry.kind, entry.facts.get("text")) for entry in shown.reply.timeline]
    assert told[-3:] == [
        ("paged", "The CFO's laptop, call me."),
        ("paged", "Nobody answers the phone."),
        ("escalated", "It spreads to the servers."),
    ]


async def test_a_page_that_is_delivered_again_is_raised_once(watched: Floor) -> None:
    await watched.incident(watched.acme, level="medium")
    intent = Intent(verb="page", incident="ACME-1", arguments={"to": "primary", "text": "Look."}, request_id="dis_1")
    for _ in range(2):
        await watched.session("ana@mssp.example").ask(intent)
    assert await watched.superuser.fetchval("select count(*) from wf.pages") == 1


async def test_who_may_not_work_incidents_pages_nobody_and_foreign_ones_do_not_exist(watched: Floor) -> None:
    await watched.incident(watched.acme, level="medium")
    await watched.incident(watched.nord, level="medium")
    for line in ("page ACME-1 primary Look.", "escalate ACME-1 It spreads.", "confirm ACME-1"):
        assert "does not include" in await refused(watched, "vic@acme.example", line)
    for verb, arguments in (("page", {"to": "primary", "text": "Look."}), ("escalate", {"reason": "It spreads."})):
        told: list[str] = []
        for ref in ("NORD-1", "NORD-99", "NONE-1"):
            with pytest.raises(NotFound) as unknown:
                await watched.session("ana@mssp.example").ask(Intent(verb=verb, incident=ref, arguments=arguments))
            told.append(str(unknown.value))
        assert len(set(told)) == 1
    assert await watched.superuser.fetchval("select count(*) from wf.pages") == 0


async def test_unanswered_pages_of_all_own_customers_are_one_list(watched: Floor) -> None:
    await watched.incident(watched.acme, title="@everyone", level="critical")
    await watched.incident(watched.nord, level="high")
    both = await ask(watched, "lea@mssp.example", "pages")
    assert both.reply.text == "2 pages unanswered."
    assert Foreign(Untrusted("@everyone")) in values(both, "ACME-1")
    assert [row.label for row in (await ask(watched, "ana@mssp.example", "pages")).reply.rows] == ["ACME-1"]
    await ask(watched, "lea@mssp.example", "ack NORD-1")
    assert [row.label for row in (await ask(watched, "lea@mssp.example", "pages")).reply.rows] == ["ACME-1"]


async def test_a_handover_says_what_is_open_and_the_next_lead_takes_it_over(watched: Floor) -> None:
    await watched.incident(watched.acme, title="LSASS read", level="critical")
    await watched.incident(watched.nord, title="Odd login", level="medium")
    await ask(watched, "lea@mssp.example", "ack NORD-1")
    answer = await ask(watched, "lea@mssp.example", "handover 8h")
    assert Text("critical, new:") in values(answer, "ACME-1")
    assert Text("nobody has it") in values(answer, "ACME-1")
    assert Person(watched.people["lea@mssp.example"]) in values(answer, "NORD-1")
    assert any(row.label == "ACME-1 page" for row in answer.reply.rows)
    code = code_of(answer.reply.rows)
    assert answer.reply.text.endswith(f"takeover {code}")
    own = await ask(watched, "ana@mssp.example", "handover")
    assert not any("NORD" in row.label for row in own.reply.rows)
    assert code_of(own.reply.rows) != code
    taken = await ask(watched, "lea@mssp.example", f"takeover {code.upper()}")
    assert taken.reply.changed
    assert not (await ask(watched, "lea@mssp.example", f"takeover {code}")).reply.changed
    watch = await watched.superuser.fetchrow("select lead_id, handover from wf.watches")
    assert watch is not None
    assert (watch["lead_id"], watch["handover"]) == (watched.people["lea@mssp.example"], code)
    assert Person(watched.people["lea@mssp.example"]) in values(
        await ask(watched, "ana@mssp.example", "oncall"), "Leads the watch"
    )
    await refused(watched, "lea@mssp.example", "takeover nonsense")


async def test_what_was_handed_over_is_kept_sealed_under_its_digest_and_the_same_state_is_kept_once(
    watched: Floor, db_app: Database
) -> None:
    await watched.incident(watched.acme, title="LSASS read", level="critical")
    first = await ask(watched, "ana@mssp.example", "handover")
    again = await ask(watched, "ana@mssp.example", "handover")
    assert code_of(first.reply.rows) == code_of(again.reply.rows)
    [row] = await watched.superuser.fetch("select digest, body from wf.handovers")
    assert b"LSASS" not in bytes(row["body"])
    async with tenant_tx(db_app, watched.acme.id) as tx:
        kept = await read_snapshot(tx, watched.acme.cipher, bytes(row["digest"]))
    assert kept is not None
    assert [one.title for one in kept.open] == ["LSASS read"]
