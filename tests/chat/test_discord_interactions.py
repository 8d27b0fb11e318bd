"""What people type, press and fill in on Discord, carried to the desk and answered."""

from datetime import timedelta

import discord
import pytest

from tests.chat.floor import Floor
from tests.chat.guild import agree, sent, serving, words
from tests.domain.workplace import Count
from watchfloor.desk.verb import Intent


async def state(floor: Floor, number: int = 1) -> str:
    found: str = await floor.superuser.fetchval("select state from wf.incidents where number = $1", number)
    return found


async def test_a_typed_command_is_done_and_answered_with_the_card_for_the_person_alone(floor: Floor) -> None:
    await agree(floor)
    await floor.incident(floor.acme)
    async with serving(floor) as server:
        ana = await server.member("ana", email="ana@mssp.example")
        result = await ana.slash(server.channel, "inc ack", ref="acme-1")
        assert result.ephemeral
        assert result.response is not None
        shown = words(result.response.components)
        assert "ACME-1 is acknowledged" in shown.replace("\\", "")
        assert "wf:verdict:ACME-1" in shown
        assert await state(floor) == "acknowledged"


async def test_a_button_does_what_its_verb_does_and_survives_a_restart(floor: Floor) -> None:
    await agree(floor)
    await floor.incident(floor.acme)
    async with serving(floor) as server:
        ana = await server.member("ana", email="ana@mssp.example")
        await server.build("acme")
        await server.show(floor.acme.id)
        [post] = server.posts("acme")
        await server.env.restart_bot()
        assert post.last_message is not None
        result = await ana.click(post.last_message, custom_id="wf:ack:ACME-1")
        assert result.response is not None
        assert await state(floor) == "acknowledged"


async def test_a_verdict_is_asked_for_by_a_form_whose_answer_survives_a_restart(floor: Floor) -> None:
    await agree(floor)
    await floor.incident(floor.acme)
    async with serving(floor) as server:
        ana = await server.member("ana", email="ana@mssp.example")
        await ana.slash(server.channel, "inc ack", ref="ACME-1")
        asked = await ana.slash(server.channel, "inc verdict", ref="ACME-1")
        assert asked.modal is not None
        await server.env.restart_bot()
        done = await ana.submit_modal(
            asked, {"verdict": ["true_positive"], "reason": "Somebody dumped the memory of LSASS."}
        )
        assert done.response is not None
        assert "has its verdict" in words(done.response.components)
        found = await floor.superuser.fetchval("select verdict from wf.incidents")
        assert found == "true_positive"


async def test_nobody_without_a_link_gets_anything_but_the_way_to_link(floor: Floor) -> None:
    await agree(floor)
    await floor.incident(floor.acme)
    async with serving(floor) as server:
        stranger = await server.member("stranger")
        for command, options in (
            ("inc ack", {"ref": "ACME-1"}),
            ("inc show", {"ref": "NORD-1"}),
            ("queue", {}),
            ("whoami", {}),
        ):
            result = await stranger.slash(server.channel, command, **options)
            assert result.response is not None
            assert "linked" in words(result.response.components)
        assert await stranger.autocomplete(server.channel, "inc ack", "ref", "ACME") == []
    assert await state(floor) == "new"


async def test_foreign_missing_and_not_agreed_answer_alike(floor: Floor) -> None:
    await agree(floor, tenants=("acme",))
    await floor.incident(floor.acme)
    await floor.incident(floor.nord)
    async with serving(floor) as server:
        ana = await server.member("ana", email="ana@mssp.example")
        lea = await server.member("lea", email="lea@mssp.example")
        said = set[str]()
        for member, reference in ((ana, "NORD-1"), (ana, "ACME-99"), (ana, "NONE-1"), (lea, "NORD-1")):
            result = await member.slash(server.channel, "inc ack", ref=reference)
            assert result.response is not None
            said.add(words(result.response.components))
        assert len(said) == 1
    assert await floor.superuser.fetchval("select count(*) from wf.incidents where state <> 'new'") == 0


async def test_a_disabled_person_is_a_stranger_at_once(floor: Floor) -> None:
    await agree(floor)
    await floor.incident(floor.acme)
    async with serving(floor) as server:
        ana = await server.member("ana", email="ana@mssp.example")
        await floor.superuser.execute("update auth.people set state = 'disabled' where email = 'ana@mssp.example'")
        result = await ana.slash(server.channel, "inc ack", ref="ACME-1")
        assert result.response is not None
        assert "linked" in words(result.response.components)
    assert await state(floor) == "new"


async def test_a_delivery_that_comes_again_changes_nothing_again(floor: Floor, count: Count) -> None:
    await agree(floor)
    await floor.incident(floor.acme)
    async with serving(floor) as server:
        ana = await server.member("ana", email="ana@mssp.example")
        await ana.slash(server.channel, "inc note", ref="ACME-1", text="seen this before")
        [first] = await floor.superuser.fetch("select request_id from wf.desk_requests")
        assert first["request_id"].startswith("dis_")
        again = await server.counter.serve(
            str(ana.id),
            Intent(verb="note", incident="ACME-1", arguments={"text": "seen"}, request_id=first["request_id"]),
        )
        assert "already" in again.reply.text
    assert await count("wf.incident_timeline where kind = 'note'") == 1


async def test_what_is_played_again_after_an_outage_has_no_effect(floor: Floor) -> None:
    await agree(floor)
    await floor.incident(floor.acme)
    async with serving(floor) as server:
        ana = await server.member("ana", email="ana@mssp.example")
        clock = server.clock
        clock.ahead = timedelta(seconds=3)
        result = await ana.slash(server.channel, "inc ack", ref="ACME-1")
        assert not result.acknowledged
    assert await state(floor) == "new"


async def test_an_answer_that_discord_does_not_take_has_no_effect(floor: Floor) -> None:
    await agree(floor)
    await floor.incident(floor.acme)
    async with serving(floor) as server:
        ana = await server.member("ana", email="ana@mssp.example")
        server.env.inject_error(
            "POST", "/interactions/*/callback", status=404, code=10062, message="Unknown interaction"
        )
        await ana.slash(server.channel, "inc ack", ref="ACME-1")
    assert await state(floor) == "new"


async def test_a_code_from_the_portal_links_once_and_only_its_owner(floor: Floor, count: Count) -> None:
    await agree(floor)
    async with serving(floor) as server:
        new = await server.member("new")
        other = await server.member("other")
        code = await server.code("ana@mssp.example")
        wrong = await other.slash(server.channel, "link", code="AAAAA-AAAAA-AAAAA-AAAAA-AAAAA")
        assert wrong.response is not None
        assert "wrong, used or too old" in words(wrong.response.components)
        linked = await new.slash(server.channel, "link", code=code)
        assert linked.response is not None
        assert "now linked to you" in words(linked.response.components)
        stolen = await other.slash(server.channel, "link", code=code)
        assert stolen.response is not None
        assert "wrong, used or too old" in words(stolen.response.components)
        who = await new.slash(server.channel, "whoami")
        assert who.response is not None
        assert "ACME" in words(who.response.components)
        assert code not in sent(server)
        await new.slash(server.channel, "unlink")
        gone = await new.slash(server.channel, "whoami")
        assert gone.response is not None
        assert "linked" in words(gone.response.components)
    assert await count("wf.audit_entries where action in ('chat.linked', 'chat.unlinked')") == 2
    assert await count("auth.chat_codes") == 0


async def test_guessing_codes_is_stopped(floor: Floor) -> None:
    async with serving(floor) as server:
        thief = await server.member("thief")
        for _ in range(5):
            await thief.slash(server.channel, "link", code="BBBBB")
        result = await thief.slash(server.channel, "link", code="BBBBB")
        assert result.response is not None
        assert "Too many" in words(result.response.components)


async def test_references_are_completed_from_the_persons_own_customers(floor: Floor) -> None:
    await agree(floor)
    await floor.incident(floor.acme)
    await floor.incident(floor.nord)
    async with serving(floor) as server:
        ana = await server.member("ana", email="ana@mssp.example")
        lea = await server.member("lea", email="lea@mssp.example")
        assert [c["value"] for c in await ana.autocomplete(server.channel, "inc ack", "ref", "")] == ["ACME-1"]
        assert {c["value"] for c in await lea.autocomplete(server.channel, "inc ack", "ref", "")} == {
            "ACME-1",
            "NORD-1",
        }
        assert [c["value"] for c in await lea.autocomplete(server.channel, "inc ack", "ref", "nor")] == ["NORD-1"]


async def test_a_message_in_a_post_is_added_to_the_timeline(floor: Floor, count: Count) -> None:
    await agree(floor)
    await floor.incident(floor.acme)
    async with serving(floor) as server:
        ana = await server.member("ana", email="ana@mssp.example")
        await server.build("acme")
        await server.show(floor.acme.id)
        [post] = server.posts("acme")
        spoken = await ana.send(post, "the user was called and knows nothing of it")
        result = await ana.context_menu(post, "Add to timeline", spoken)
        assert result.response is not None
        assert "has a new note" in words(result.response.components)
    assert await count("wf.incident_timeline where kind = 'note'") == 1


@pytest.mark.parametrize("custom_id", ["wf:ack:NORD-1", "wf:ack:", "wf:purge:ACME-1", "x", "wf:more:ACME-1"])
async def test_a_forged_button_is_worth_no_more_than_a_typed_command(floor: Floor, custom_id: str) -> None:
    await agree(floor)
    await floor.incident(floor.acme)
    await floor.incident(floor.nord)
    async with serving(floor) as server:
        ana = await server.member("ana", email="ana@mssp.example")
        view = discord.ui.View()
        view.add_item(discord.ui.Button(label="x", custom_id=custom_id))
        view.stop()
        channel = server.parts.client.get_channel(server.channel.id)
        assert isinstance(channel, discord.TextChannel)
        message = await channel.send(view=view)
        await ana.click(message, custom_id=custom_id)
    assert await floor.superuser.fetchval("select count(*) from wf.incidents where state <> 'new'") == 0
