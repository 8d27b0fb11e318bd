"""Breach cases from the desk: opened by a person from an incident, and their clocks, without what they hold."""

from typing import Final

import pytest

from tests.chat.floor import Floor
from tests.chat.verbs import ANA, CANARY, LEA, Stage
from watchfloor.desk.card import Deadline, Text
from watchfloor.desk.reply import Reply
from watchfloor.desk.verb import Intent

WHY: Final = "Freight papers with names were taken."
VIC: Final = "vic@acme.example"


@pytest.fixture
async def stage(floor: Floor) -> Stage:
    return await Stage.build(floor)


async def ask(stage: Stage, who: str, verb: str, incident: str = "", **arguments: str) -> Reply:
    intent = Intent(verb=verb, incident=incident, arguments=arguments)
    return (await stage.front.perform(stage.login(who), intent)).reply


async def test_a_case_is_opened_with_the_facts_of_the_records_and_says_what_is_missing(stage: Stage) -> None:
    scene = await stage.scene("breach")
    reply = await ask(stage, ANA, "breach", scene.ref, reason=WHY)
    assert reply.changed
    assert "is open, with" in reply.text
    assert "lacks" in reply.text
    [row] = reply.rows
    assert row.values[0] == Text("suspected")


async def test_an_incident_that_is_in_a_case_leads_to_that_case_and_opens_no_second_one(stage: Stage) -> None:
    scene = await stage.scene("breach")
    first = await ask(stage, ANA, "breach", scene.ref, reason=WHY)
    again = await ask(stage, LEA, "breach", scene.ref, reason=WHY)
    assert not again.changed
    assert again.rows[0].label == first.rows[0].label
    assert await stage.floor.superuser.fetchval("select count(*) from wf.breach_cases") == 1


async def test_nothing_of_what_a_case_holds_stands_in_an_answer_or_in_the_incidents_timeline(stage: Stage) -> None:
    scene = await stage.scene("breach")
    opened = await ask(stage, ANA, "breach", scene.ref, reason=WHY)
    listed = await ask(stage, LEA, "breaches")
    for reply in (opened, listed):
        told = repr((reply.text, reply.rows))
        assert WHY not in told
        assert scene.names["host"] not in told
        assert CANARY not in told
    shown = await ask(stage, LEA, "show", scene.ref)
    assert "breach" not in repr(shown.timeline).lower()


async def test_the_clocks_of_open_cases_stand_in_the_list(stage: Stage) -> None:
    scene = await stage.scene("breach")
    await ask(stage, ANA, "breach", scene.ref, reason=WHY)
    listed = await ask(stage, LEA, "breaches")
    [row] = listed.rows
    assert row.label.startswith("BC-")
    assert not any(isinstance(value, Deadline) for value in row.values)  # nobody has entered an awareness


async def test_who_may_not_read_cases_is_refused(stage: Stage) -> None:
    scene = await stage.scene("breach")
    refused = await ask(stage, VIC, "breach", scene.ref, reason=WHY)
    assert not refused.ok
    assert await stage.floor.superuser.fetchval("select count(*) from wf.breach_cases") == 0
