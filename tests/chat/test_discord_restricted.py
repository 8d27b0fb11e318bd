"""A restricted incident is seen in the chat by those who are named, and is a reference to all others; roles follow."""

from collections.abc import Iterator

import pytest

from bot.discord import live_queue, projection, roles, rounds
from infra.discord.people import Person, answer_of, shown
from infra.discord.world import POST, Channel
from tests.chat.floor import Floor, card_after, say
from tests.chat.guild import agree, serving, words
from tests.chat.loopback import Loopback, loopback
from watchfloor.access.roles import Role
from watchfloor.incidents.incident import NO_SUCH_INCIDENT
from watchfloor.kernel.db import tenant_tx
from watchfloor.tenancy.keyring import Keyring

__all__ = ["loopback"]

SECRET = "Files of the board copied"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cards may be edited soon, and roles are compared often."""
    monkeypatch.setattr(projection, "EDIT_SECONDS", 0.3)
    monkeypatch.setattr(live_queue, "EVERY_SECONDS", 0.3)
    monkeypatch.setattr(roles, "EVERY_SECONDS", 0.5)
    monkeypatch.setattr(rounds, "SWEEP_SECONDS", 1.0)


def everything(person: Person) -> Iterator[str]:
    """Whatever a person sees of the server."""
    for channel in person.channels():
        yield channel.name
        yield person.reads(channel)


def standing(person: Person) -> list[Channel]:
    return [one for one in person.channels() if one.kind == POST and one.name.startswith("ACME-1 ")]


def forum(loopback: Loopback, post: Channel) -> str:
    return loopback.guild.channels[post.parent_id].name


async def test_only_who_is_named_sees_the_post_and_others_the_reference(loopback: Loopback) -> None:
    floor = loopback.floor
    await floor.person("ned@mssp.example", "Ned Named", operator=Role.ANALYST, acme=Role.ANALYST)
    await floor.incident(floor.acme, title=SECRET)
    ana = await loopback.person("ana", email="ana@mssp.example")
    lea = await loopback.person("lea", email="lea@mssp.example")
    ned = await loopback.person("ned", email="ned@mssp.example")
    async with loopback.bot():
        before = await loopback.post()
        assert standing(ned)
        done = await ana.type("inc-more restrict", {"to": "lea@mssp.example"}, channel=before)
        assert "only those who are named see" in answer_of(done)
        await loopback.eventually(lambda: standing(ana) and standing(ana) != [before])
        await loopback.eventually(lambda: "ACME-1" in " ".join(everything(ned)) and not standing(ned))
        await loopback.eventually(lambda: SECRET not in " ".join(everything(ned)))
        assert standing(ana) == standing(lea)
        [post] = standing(ana)
        assert forum(loopback, post) == "inc-restricted"
        assert SECRET in shown(post.messages[post.id])
        assert "ACME-1 restricted" in ned.reads(loopback.channel("queue")).replace("**", "").replace("\\", "")

        queue = loopback.channel("queue")
        for command in ("inc show", "inc ack", "inc-more unrestrict"):
            refused = await ned.type(command, {"ref": "ACME-1"}, channel=queue)
            missing = await ned.type(command, {"ref": "ACME-9"}, channel=queue)
            assert answer_of(refused) == answer_of(missing)
            assert NO_SUCH_INCIDENT in answer_of(refused)
        for command in ("queue", "handover"):
            answer = answer_of(await ned.type(command, channel=queue))
            assert "ACME-1" in answer.replace("\\", "")
            assert SECRET not in answer
        assert await ned.complete("inc show", "ref", "ACME-1", channel=queue) == ["ACME-1"]
        assert SECRET not in " ".join(everything(ned))
        assert "is acknowledged" in answer_of(await lea.press(post.messages[post.id], "wf:ack:ACME-1"))

        await ana.type("inc-more unrestrict", channel=post)
        await loopback.eventually(lambda: bool(standing(ned)))
        assert standing(ned)[0].parent_id == before.parent_id
        assert len(loopback.posts()) == 1


async def test_who_may_read_the_customer_no_more_loses_the_restricted_post_and_the_roles(loopback: Loopback) -> None:
    floor = loopback.floor
    await floor.incident(floor.acme, title=SECRET)
    ana = await loopback.person("ana", email="ana@mssp.example", roles=())
    lea = await loopback.person("lea", email="lea@mssp.example", roles=())
    member = loopback.guild.members[lea.user.id]
    names = {role.id: role.name for role in loopback.guild.roles.values()}
    member.roles.clear()
    async with loopback.bot():
        await loopback.post()
        await loopback.eventually(
            lambda: {names[role] for role in member.roles} == {"watchfloor", "pod-acme", "pod-nord"}
        )
        given = "select action from wf.audit_entries where action like 'chat.role%' order by seq"
        assert [row["action"] for row in await floor.superuser.fetch(given)].count("chat.role_given") >= 3
        await card_after(floor.session("ana@mssp.example"), "restrict ACME-1 lea@mssp.example")
        await loopback.eventually(lambda: SECRET in " ".join(everything(lea)) and len(loopback.posts()) == 1)
        await loopback.eventually(lambda: {forum(loopback, one) for one in standing(lea)} == {"inc-restricted"})
        await floor.superuser.execute("update auth.people set state = 'disabled' where email = 'lea@mssp.example'")
        await loopback.eventually(lambda: not member.roles)
        await loopback.eventually(lambda: SECRET not in " ".join(everything(lea)))
        await loopback.eventually(lambda: bool(standing(ana)))
        actions = [row["action"] for row in await floor.superuser.fetch(given)]
        assert actions.count("chat.role_taken") == 3


async def test_the_last_one_who_is_named_cannot_be_taken_off(floor: Floor) -> None:
    await floor.incident(floor.acme)
    session = floor.session("ana@mssp.example")
    card = await card_after(session, "restrict ACME-1")
    assert [row.label for row in card.rows if "chat" in row.label] == ["In the chat only for"]
    assert "Nobody else" in str((await say(session, "unrestrict ACME-1 me")).error)
    await card_after(session, "restrict ACME-1 lea@mssp.example")
    await card_after(session, "unrestrict ACME-1 me")
    card = await card_after(session, "unrestrict ACME-1")
    assert not [row.label for row in card.rows if "chat" in row.label]
    kinds = await floor.superuser.fetch("select kind from wf.incident_timeline order by at")
    assert [row["kind"] for row in kinds][1:] == ["restricted", "restricted", "unnamed", "unrestricted"]


async def test_a_handover_stands_in_its_channel_and_is_taken_over_by_its_button(floor: Floor) -> None:
    await agree(floor)
    await floor.incident(floor.acme, title="Odd process")
    await floor.superuser.execute(
        "insert into wf.tenants (tenant_id, code, name, language, time_zone, bundle, bundle_hash)"
        " values ($1, 'MSSP', 'Example MSSP', 'en', 'UTC', '{}', sha256('x'))",
        floor.operator,
    )
    async with tenant_tx(floor.acme.database, floor.operator) as tx:
        await Keyring.open(floor.settings).create(tx)
    async with serving(floor) as server:
        await server.build("acme")
        lea = await server.member("lea", email="lea@mssp.example")
        ana = await server.member("ana", email="ana@mssp.example")
        channel = server.guild.channels["handover"]
        for _ in range(2):
            await lea.slash(server.channel, "handover")
        assert len(channel.history()) == 1
        [message] = channel.history()
        said = words([part.to_dict() for part in message.components])
        assert "Odd process" in said
        assert "ACME" in said
        button = next(line for line in said.splitlines() if line.startswith("wf:taken-over:"))
        await server.env.restart_bot()
        result = await ana.click(message, custom_id=button)
        assert result.response is not None
        assert "The watch is yours" in words(result.response.components)
        last = channel.last_message
        assert last is not None
        assert f"<@{ana.id}> has taken over" in words([part.to_dict() for part in last.components])
    assert await floor.superuser.fetchval("select handover from wf.watches") == button.rpartition(":")[2]


async def test_the_indicators_of_a_message_are_looked_up_and_not_named_at_ref(floor: Floor) -> None:
    await agree(floor)
    rule, event = floor.make_rule("Beacon"), floor.make_event(1, host="evil.example", ip="203.0.113.7")
    await floor.acme.work((rule, event))
    async with serving(floor) as server:
        ana = await server.member("ana", email="ana@mssp.example")
        spoken = await ana.send(server.channel, "Seen: hxxps://evil[.]example/x, 203[.]0[.]113[.]7 and 192.0.2.99?")
        result = await ana.context_menu(server.channel, "Look up IOCs", spoken)
        assert result.response is not None
        said = words(result.response.components).replace("\\", "")
        assert said.count("1 incident, 1 alert") == 2
        assert "ACME-1" in said
        assert "Nothing knows it" in said
        assert "evil" not in said
        dull = await ana.send(server.channel, "Nothing to see.")
        result = await ana.context_menu(server.channel, "Look up IOCs", dull)
        assert result.response is not None
        assert "names no address" in words(result.response.components)


async def test_a_reference_is_completed_with_its_rules_title(floor: Floor) -> None:
    await agree(floor)
    await floor.incident(floor.acme, title="Odd *process* @everyone")
    async with serving(floor) as server:
        ana = await server.member("ana", email="ana@mssp.example")
        for typed in ("", "ACME", "1", "acme-1"):
            [choice] = await ana.autocomplete(server.channel, "inc show", "ref", typed)
            assert choice["value"] == "ACME-1"
            assert choice["name"] == "ACME-1 Odd process everyone"
