"""The bot with the real client on a Discord that refuses, loses and repeats: the record is shown, and nothing twice."""

import asyncio

import pytest

from bot.discord import live_queue, projection
from infra.discord.people import CannotBeDone, answer_of, names_of, shown
from infra.discord.world import Interaction
from tests.chat.floor import card_after
from tests.chat.loopback import Loopback, loopback
from watchfloor.access.roles import Role

__all__ = ["loopback"]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cards may be edited soon."""
    monkeypatch.setattr(projection, "EDIT_SECONDS", 0.3)
    monkeypatch.setattr(live_queue, "EVERY_SECONDS", 0.3)


async def timeline(loopback: Loopback, kind: str) -> int:
    found = await loopback.floor.superuser.fetchval("select count(*) from wf.incident_timeline where kind = $1", kind)
    assert isinstance(found, int)
    return found


async def test_an_incident_is_worked_from_start_to_end_in_few_presses(loopback: Loopback) -> None:
    await loopback.floor.incident(loopback.floor.acme, title="Memory of LSASS read")
    ana = await loopback.person("ana", email="ana@mssp.example")
    async with loopback.bot():
        post = await loopback.post()
        assert post.name == "ACME-1 Memory of LSASS read"
        done = await ana.press(loopback.card(post), "wf:ack:ACME-1")
        assert "acknowledged" in answer_of(done)
        await loopback.eventually(lambda: "◐ acknowledged" in shown(loopback.card(post)))
        opened = await ana.press(loopback.card(post), "wf:verdict:ACME-1")
        done = await ana.submit(opened, {"verdict": "true_positive", "reason": "Seen on the host."})
        assert done.answers == 1
        assert "verdict" in answer_of(done).casefold()
        await loopback.eventually(lambda: "wf:resolve:ACME-1" in names_of(loopback.card(post)))
        await ana.press(loopback.card(post), "wf:resolve:ACME-1")
        await loopback.eventually(lambda: "✓ resolved" in shown(loopback.card(post)))
        done = await ana.type("inc close", channel=post)
        await loopback.eventually(lambda: post.archived)
        assert "○ closed" in shown(loopback.card(post))
        assert len(loopback.posts()) == 1


@pytest.mark.slow
async def test_what_is_typed_is_completed_and_may_be_a_form(loopback: Loopback) -> None:
    await loopback.floor.incident(loopback.floor.acme)
    ana = await loopback.person("ana", email="ana@mssp.example")
    async with loopback.bot():
        post = await loopback.post()
        queue = loopback.channel("queue")
        assert "ACME-1" in " ".join(await ana.complete("inc ack", "ref", "AC", channel=queue))
        done = await ana.type("inc ack", {"ref": "ACME-1"}, channel=queue)
        assert "acknowledged" in answer_of(done)
        opened = await ana.type("inc note", channel=post)
        with pytest.raises(CannotBeDone, match="required"):
            await ana.submit(opened, {})
        assert "ACME-1 has a new note." in answer_of(await ana.submit(opened, {"text": "Called the customer."}))
        message = await ana.says(post, "They restored it from a backup.")
        await ana.menu("Add to timeline", message)
        assert await timeline(loopback, "note") >= 1


async def test_buttons_and_open_forms_outlive_the_bot(loopback: Loopback) -> None:
    await loopback.floor.incident(loopback.floor.acme)
    ana = await loopback.person("ana", email="ana@mssp.example")
    async with loopback.bot():
        post = await loopback.post()
        opened = await ana.type("inc note", channel=post)
        assert opened.form
    before = loopback.guild.registrations
    async with loopback.bot():
        assert (await ana.submit(opened, {"text": "After the restart."})).answers == 1
        assert "acknowledged" in answer_of(await ana.press(loopback.card(post), "wf:ack:ACME-1"))
    assert loopback.guild.registrations == before
    assert len(loopback.posts()) == 1
    assert await timeline(loopback, "note") == 1


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["lost", "cut"])
async def test_a_post_whose_answer_is_lost_is_there_once(loopback: Loopback, fault: str) -> None:
    loopback.discord.chaos.make("lost" if fault == "lost" else "cut", r"POST /channels/\d+/threads")
    await loopback.floor.incident(loopback.floor.acme)
    async with loopback.bot() as running:
        await loopback.eventually(loopback.current)
        assert loopback.discord.chaos.happened == 1
        assert len(loopback.posts()) == 1
        assert not running.done()


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["limited", "limited everywhere", "unavailable", "cut"])
async def test_what_discord_refuses_for_a_while_arrives_in_its_newest_revision(loopback: Loopback, fault: str) -> None:
    await loopback.floor.incident(loopback.floor.acme)
    async with loopback.bot() as running:
        post = await loopback.post()
        await loopback.eventually(loopback.current)
        chaos = loopback.discord.chaos
        if fault == "limited":
            chaos.make("limited", r"PATCH /channels", times=3)
        elif fault == "limited everywhere":
            chaos.make("limited everywhere", r"PATCH /channels", times=3)
        elif fault == "unavailable":
            chaos.make("unavailable", r"PATCH /channels", times=2)
        else:
            chaos.make("cut", r"PATCH /channels", times=1)
        await card_after(loopback.floor.session("ana@mssp.example"), "ack ACME-1")
        await card_after(loopback.floor.session("ana@mssp.example"), "note ACME-1 Seen.")
        await loopback.eventually(loopback.current)
        assert chaos.happened >= 1
        assert "◐ acknowledged" in shown(loopback.card(post))
        assert not running.done()


async def test_a_dropped_gateway_resumes_and_answers_what_came_in_between(loopback: Loopback) -> None:
    await loopback.floor.incident(loopback.floor.acme)
    ana = await loopback.person("ana", email="ana@mssp.example")
    gateway = loopback.discord.gateway
    async with loopback.bot():
        post = await loopback.post()
        await gateway.drop()
        done = await ana.press(loopback.card(post), "wf:ack:ACME-1")
        assert "acknowledged" in answer_of(done)
        assert (gateway.identified, gateway.resumed) == (1, 1)


@pytest.mark.slow
async def test_a_lost_session_is_made_good_from_the_record(loopback: Loopback) -> None:
    await loopback.floor.incident(loopback.floor.acme)
    gateway = loopback.discord.gateway
    async with loopback.bot():
        post = await loopback.post()
        await loopback.eventually(loopback.current)
        await gateway.forget()
        await card_after(loopback.floor.session("ana@mssp.example"), "ack ACME-1")
        await loopback.eventually(lambda: gateway.identified == 2 and gateway.connected == 1, within=20.0)
        await loopback.eventually(lambda: "◐ acknowledged" in shown(loopback.card(post)))
        assert len(loopback.posts()) == 1


async def test_an_interaction_that_comes_twice_has_one_effect(loopback: Loopback) -> None:
    await loopback.floor.incident(loopback.floor.acme)
    ana = await loopback.person("ana", email="ana@mssp.example")
    async with loopback.bot():
        post = await loopback.post()
        done = await ana.type("inc note", {"text": "Once."}, channel=post)
        ana.again(done)
        await loopback.eventually(lambda: 40060 in done.refused)
        await loopback.eventually(loopback.current)
    assert await timeline(loopback, "note") == 1


@pytest.mark.slow
async def test_an_interaction_that_comes_too_late_has_no_effect(loopback: Loopback) -> None:
    await loopback.floor.incident(loopback.floor.acme)
    ana = await loopback.person("ana", email="ana@mssp.example")
    async with loopback.bot():
        post = await loopback.post()
        late = await ana.press(loopback.card(post), "wf:ack:ACME-1", age=2.8)
        assert answer_of(late) == "The application did not respond"
        later = await ana.press(loopback.card(post), "wf:ack:ACME-1", age=30.0)
        assert answer_of(later) == "The application did not respond"
    assert await timeline(loopback, "acknowledged") == 0


@pytest.mark.slow
async def test_of_two_programs_one_owns_the_gateway_and_the_other_follows(loopback: Loopback) -> None:
    await loopback.floor.incident(loopback.floor.acme)
    ana = await loopback.person("ana", email="ana@mssp.example")
    gateway = loopback.discord.gateway
    async with loopback.bot() as first:
        post = await loopback.post()
        async with loopback.waiting_bot():
            done = await ana.press(loopback.card(post), "wf:ack:ACME-1")
            assert (done.answers, done.refused, gateway.identified) == (1, [], 1)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            await loopback.eventually(lambda: gateway.identified == 2, within=15.0)
            opened = await ana.type("inc note", channel=post)
            assert (await ana.submit(opened, {"text": "By the second."})).answers == 1


async def test_a_storm_of_incidents_is_a_handful_of_messages(loopback: Loopback) -> None:
    for number in range(30):
        await loopback.floor.incident(loopback.floor.acme, level="low", host=f"ws-{number}")
    async with loopback.bot():
        await loopback.post()
        await loopback.eventually(lambda: loopback.channel("queue").messages)
        await loopback.eventually(lambda: "30 open" in shown(next(iter(loopback.channel("queue").messages.values()))))
        made = [
            one
            for one in loopback.discord.world.exchanges
            if one.method == "POST" and one.template.endswith(("/messages", "/threads")) and one.status < 300
        ]
        assert 1 <= len(made) <= 5


async def test_who_may_not_gets_nothing_and_foreign_and_missing_answer_alike(loopback: Loopback) -> None:
    floor = loopback.floor
    await floor.incident(floor.acme)
    await floor.incident(floor.nord)
    await floor.person("dora@mssp.example", "Dora Disabled", operator=Role.ANALYST, acme=Role.ANALYST)
    await floor.person("rea@mssp.example", "Rea Reader", operator=Role.ANALYST, acme=Role.VIEWER)
    people = {
        "stranger": await loopback.person("stranger"),
        "viewer": await loopback.person("rea", email="rea@mssp.example"),
        "disabled": await loopback.person("dora", email="dora@mssp.example"),
        "elsewhere": await loopback.person("ana", email="ana@mssp.example"),
    }
    await floor.superuser.execute("update auth.people set state = 'disabled' where email = 'dora@mssp.example'")
    async with loopback.bot():
        post, foreign = await loopback.post("ACME-1"), await loopback.post("NORD-1")
        await loopback.eventually(loopback.current)
        before = await state(loopback)
        refused: list[Interaction] = []
        for name, person in people.items():
            aim = foreign if name == "elsewhere" else post
            reference = aim.name.split(" ", 1)[0]
            for verb in ("ack", "resolve", "close", "reopen", "contained"):
                custom_id = f"wf:{verb}:{reference}"
                refused.append(await person.forge(loopback.card(aim), custom_id))
        assert [one.answers for one in refused] == [1] * len(refused)
        assert all("✗" in answer_of(one) for one in refused)
        assert await state(loopback) == before
        card = loopback.card(post)
        for verb in ("ack", "resolve", "show"):
            theirs = answer_of(await people["elsewhere"].forge(card, f"wf:{verb}:NORD-1"))
            nobodys = answer_of(await people["elsewhere"].forge(card, f"wf:{verb}:NORD-77"))
            assert theirs.replace("NORD-1", "NORD-77") == nobodys


async def state(loopback: Loopback) -> list[tuple[object, ...]]:
    rows = await loopback.floor.superuser.fetch("select id, revision, state from wf.incidents order by id")
    return [tuple(row.values()) for row in rows]


async def test_a_card_shows_what_can_be_done_and_names_nobody(loopback: Loopback) -> None:
    await loopback.floor.incident(loopback.floor.acme)
    async with loopback.bot():
        card = loopback.card(await loopback.post())
        names = names_of(card)
        assert "wf:ack:ACME-1" in names
        assert len(names) <= 7
        assert card.pinged == []
