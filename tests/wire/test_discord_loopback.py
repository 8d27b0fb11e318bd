"""The Discord of the tests refuses what Discord refuses, so that a bot that works there has kept its rules."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

import httpx
import pytest

from infra.discord import answers
from infra.discord.channels import RENAMES
from infra.discord.json_parts import Json, child, number, text
from infra.discord.permissions import EVERYONE, MENTION_EVERYONE
from infra.discord.server import GUILD, Discord, running
from infra.discord.world import COMPONENTS_V2, FORUM, POST, TEXT, Channel, Guild, Interaction, Member
from infra.ports import free_port


@dataclass
class Wire:
    discord: Discord
    guild: Guild
    http: httpx.AsyncClient
    talk: Channel
    forum: Channel

    async def call(self, method: str, path: str, body: object = None) -> tuple[int, Json]:
        answer = await self.http.request(method, self.discord.api_url + path, json=body)
        return answer.status_code, answer.json() if answer.content else {}

    async def say(self, body: Json) -> tuple[int, Json]:
        return await self.call("POST", f"/channels/{self.talk.id}/messages", body)

    def begin(self, kind: int = answers.COMPONENT, *, age: float = 0.0) -> Interaction:
        user = self.discord.world.user("ana")
        self.guild.members[user.id] = Member(user)
        return self.discord.world.interaction(
            user, kind, guild_id=GUILD, channel_id=self.talk.id, data={"custom_id": "x"}, age=age
        )

    async def answer(self, begun: Interaction, kind: int, data: Json | None = None) -> tuple[int, Json]:
        path = f"/interactions/{begun.id}/{begun.token}/callback"
        return await self.call("POST", path, {"type": kind, "data": data or {}})


@pytest.fixture
async def wire() -> AsyncGenerator[Wire]:
    async with running(free_port()) as discord:
        guild = discord.guild()
        discord.limits.by_route.clear()
        world = discord.world
        talk = Channel(world.snowflake(), TEXT, "talk", GUILD)
        forum = Channel(world.snowflake(), FORUM, "inc", GUILD)
        guild.channels |= {talk.id: talk, forum.id: forum}
        headers = {"Authorization": f"Bot {world.token}"}
        async with httpx.AsyncClient(headers=headers) as http:
            yield Wire(discord, guild, http, talk, forum)


def v2(*parts: Json) -> Json:
    return {"flags": COMPONENTS_V2, "components": list(parts)}


def words(content: str) -> Json:
    return {"type": 10, "content": content}


def button(name: str, label: str = "Go") -> Json:
    return {"type": 2, "style": 1, "label": label, "custom_id": name}


def menu(options: int) -> Json:
    return {"type": 3, "custom_id": "s", "options": [{"label": str(n), "value": str(n)} for n in range(options)]}


def row(*parts: Json) -> Json:
    return {"type": 1, "components": list(parts)}


@pytest.mark.parametrize(
    ("body", "is_taken"),
    [
        (v2(*[words("x")] * 40), True),
        (v2(*[words("x")] * 41), False),
        (v2(words("x" * 4_000)), True),
        (v2(words("x" * 2_000), words("x" * 2_001)), False),
        (v2(words("")), False),
        (v2(words("x")) | {"content": "y"}, False),
        (v2(row(*[button(str(n)) for n in range(5)])), True),
        (v2(row(*[button(str(n)) for n in range(6)])), False),
        (v2(row(button("a"), button("a"))), False),
        (v2(row(button("a" * 101))), False),
        (v2(row(button("a", "x" * 81))), False),
        (
            v2(row({"type": 3, "custom_id": "s", "options": [{"label": str(n), "value": str(n)} for n in range(26)]})),
            False,
        ),
        (v2({"type": 17, "components": []}), False),
        ({"components": [words("x")]}, False),
        ({"content": "x" * 2_000}, True),
        ({"content": "x" * 2_001}, False),
        ({"content": ""}, False),
        ({"content": "x", "nonce": "n" * 26}, False),
        ({"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}}, False),
    ],
)
async def test_a_message_keeps_the_budgets(wire: Wire, body: Json, is_taken: bool) -> None:
    status, answer = await wire.say(body)
    assert (status, number(answer, "code")) in ([(200, 0)] if is_taken else [(400, 50035), (400, 50006)])


async def test_a_message_with_a_nonce_is_there_once(wire: Wire) -> None:
    body: Json = {"content": "x", "nonce": "7", "enforce_nonce": True}
    first, second = await wire.say(body), await wire.say(body)
    assert text(first[1], "id") == text(second[1], "id")
    assert len(wire.talk.messages) == 1


async def test_an_interaction_is_answered_once_and_in_time(wire: Wire) -> None:
    begun = wire.begin()
    assert (await wire.answer(begun, answers.PUT_OFF))[0] == 204
    assert await wire.answer(begun, answers.PUT_OFF) == (
        400,
        {"message": "Interaction has already been acknowledged.", "code": 40060},
    )
    status, answer = await wire.answer(wire.begin(age=3.1), answers.PUT_OFF)
    assert (status, number(answer, "code")) == (404, 10062)


async def test_after_a_quarter_of_an_hour_an_answer_cannot_be_edited(wire: Wire) -> None:
    begun = wire.begin()
    await wire.answer(begun, answers.PUT_OFF, {"flags": 64})
    path = f"/webhooks/{wire.discord.world.application_id}/{begun.token}/messages/@original"
    assert (await wire.call("PATCH", path, {"content": "done"}))[0] == 200
    wire.discord.world.ahead = 901
    status, answer = await wire.call("PATCH", path, {"content": "late"})
    assert (status, number(answer, "code")) == (401, 50027)


@pytest.mark.parametrize(
    ("kind", "answer", "data"),
    [
        (answers.FORM, answers.OPEN_FORM, {"title": "t", "custom_id": "f", "components": []}),
        (answers.COMMAND, answers.CHOICES, {"choices": []}),
        (answers.AUTOCOMPLETE, answers.SAY, {"content": "x"}),
        (answers.AUTOCOMPLETE, answers.CHOICES, {"choices": [{"name": "x", "value": "x"}] * 26}),
        (answers.AUTOCOMPLETE, answers.CHOICES, {"choices": [{"name": "x" * 101, "value": "x"}]}),
        (answers.COMMAND, answers.OPEN_FORM, {"title": "t" * 46, "custom_id": "f", "components": [words("x")]}),
    ],
)
async def test_an_answer_fits_its_interaction(wire: Wire, kind: int, answer: int, data: Json) -> None:
    assert (await wire.answer(wire.begin(kind), answer, data))[0] == 400


async def test_an_archived_post_is_not_edited(wire: Wire) -> None:
    path = f"/channels/{wire.forum.id}/threads"
    _, post = await wire.call("POST", path, {"name": "ACME-1 x", "message": {"content": "card"}})
    assert text(post, "id") == text(child(post, "message"), "id")
    post_id = text(post, "id")
    await wire.call("PATCH", f"/channels/{post_id}", {"archived": True})
    status, answer = await wire.call("PATCH", f"/channels/{post_id}/messages/{post_id}", {"content": "new"})
    assert (status, number(answer, "code")) == (400, 50083)
    await wire.call("PATCH", f"/channels/{post_id}", {"archived": False})
    assert (await wire.call("PATCH", f"/channels/{post_id}/messages/{post_id}", {"content": "new"}))[0] == 200
    assert [one.kind for one in wire.guild.channels.values() if one.id == int(post_id)] == [POST]


async def test_a_channel_is_renamed_only_so_often(wire: Wire) -> None:
    found = [(await wire.call("PATCH", f"/channels/{wire.talk.id}", {"name": f"n-{n}"}))[0] for n in range(RENAMES + 1)]
    assert found == [200] * RENAMES + [429]


async def test_too_many_requests_are_told_when_to_come_again(wire: Wire) -> None:
    wire.discord.limits.by_route["POST /channels/{channel_id}/messages"] = (2, 60.0)
    for _ in range(2):
        await wire.say({"content": "x"})
    path = f"{wire.discord.api_url}/channels/{wire.talk.id}/messages"
    answer = await wire.http.post(path, json={"content": "x"})
    assert answer.status_code == 429
    assert {"via", "retry-after", "x-ratelimit-bucket", "x-ratelimit-remaining"} <= set(answer.headers)
    assert answer.headers["content-type"] == "application/json"


async def test_who_is_woken_follows_what_a_message_allows(wire: Wire) -> None:
    user = wire.discord.world.user("ana")
    wire.guild.members[user.id] = Member(user)
    named = f"<@{user.id}> @everyone"
    pinged: list[list[int]] = []
    nobody: Json = {"parse": []}
    only: Json = {"parse": [], "users": [str(user.id)]}
    bodies: list[Json] = [{}, {"allowed_mentions": nobody}, {"allowed_mentions": only}]
    for extra in bodies:
        body: Json = {"content": named, **extra}
        _, answer = await wire.say(body)
        pinged.append(wire.talk.messages[int(text(answer, "id"))].pinged)
    assert pinged == [[user.id], [], [user.id]]
    wire.guild.roles[GUILD].permissions = EVERYONE | MENTION_EVERYONE
    _, answer = await wire.say({"content": named})
    assert len(wire.talk.messages[int(text(answer, "id"))].pinged) == len(wire.guild.members)


async def test_without_the_token_there_is_nothing(wire: Wire) -> None:
    wire.http.headers["Authorization"] = "Bot wrong"
    assert (await wire.say({"content": "x"}))[0] == 401
