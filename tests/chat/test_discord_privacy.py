"""What leaves for Discord: nothing personal at `ref`, pseudonyms at `masked`, and nothing that acts by itself."""

import json
from collections.abc import Iterator
from typing import cast

import pytest

from bot.discord.cards import CHARACTERS, COMPONENTS, Layout, Surroundings, card_layout, post_title, reply_layout
from bot.discord.levels import Level, reply_at
from tests.chat.floor import Floor, card_after
from tests.chat.guild import PORTAL, agree, sent, serving
from tests.chat.hostile import HOSTILE, reply_full_of
from watchfloor.desk.reply import Reply

PERSONAL = {
    "host": "bob-laptop.corp.example",
    "user": "bob.smith",
    "account": "arn:aws:iam::123456789012:user/bob.smith",
    "ip": "198.51.100.77",
    "file": r"C:\Users\bob.smith\Documents\salary 2026.xlsx",
}
SAID = "Bob Smith told me on the phone that he opened it."


def mask(kind: str, value: str) -> str:
    del value
    return f"{kind}-0a1b2"


def components(layout: Layout) -> list[object]:
    """What is sent of a message."""
    return list(layout.to_components())  # type: ignore[no-untyped-call]  # the library's


def texts(payload: object) -> Iterator[str]:
    if isinstance(payload, str):
        yield payload
    elif isinstance(payload, dict):
        for value in cast("dict[str, object]", payload).values():
            yield from texts(value)
    elif isinstance(payload, list):
        for value in cast("list[object]", payload):
            yield from texts(value)


async def everything(floor: Floor, level: Level) -> str:
    """All that the bot sends while an incident full of personal data is worked from start to end."""
    await agree(floor, detail=level)
    await floor.acme.work(
        (
            floor.make_rule("Odd process", level="high"),
            floor.make_event(
                1,
                summary="bob.smith ran mimikatz.exe -p hunter2",
                host=PERSONAL["host"],
                user=PERSONAL["user"],
                account=PERSONAL["account"],
                ip=PERSONAL["ip"],
                file=PERSONAL["file"],
            ),
        )
    )
    async with serving(floor) as server:
        await server.build("acme")
        await server.show(floor.acme.id)
        await server.parts.queue.read(floor.acme.id)
        await server.parts.queue.show()
        lea = await server.member("lea", email="lea@mssp.example")
        for command, options in (
            ("inc show", {}),
            ("inc ack", {}),
            ("inc note", {"text": SAID}),
            ("inc verdict", {"verdict": "true_positive", "reason": SAID}),
            ("inc assign", {"to": "ana@mssp.example"}),
            ("inc show", {}),
            ("queue", {}),
            ("whoami", {}),
        ):
            extra = {"ref": "ACME-1"} if command.startswith("inc") else {}
            result = await lea.slash(server.channel, command, **extra, **options)
            assert result.response is not None, command
        await lea.autocomplete(server.channel, "inc ack", "ref", "")
        await lea.autocomplete(server.channel, "inc assign", "to", "ana")
        server.parts.projection.forget_pauses()
        await server.show(floor.acme.id)
        return sent(server)


def plain(text: str) -> str:
    return text.replace("\\\\", "\\").replace("[.]", ".").replace("[@]", "@").replace("\\", "").lower()


async def test_at_ref_nothing_personal_leaves(floor: Floor) -> None:
    found = plain(await everything(floor, "ref"))
    assert "acme-1" in found
    assert "odd process" in found
    for value in (*PERSONAL.values(), SAID, "bob", "smith", "hunter2", "mimikatz", "acme ltd", "ana@mssp", "salary"):
        assert plain(value) not in found, value


async def test_at_masked_entities_are_pseudonyms_and_words_stay(floor: Floor) -> None:
    found = plain(await everything(floor, "masked"))
    assert "user-" in found
    assert "host-" in found
    for value in (*PERSONAL.values(), SAID, "bob", "smith", "hunter2", "acme ltd"):
        assert plain(value) not in found, value


async def test_at_full_the_entities_leave_but_never_the_raw_event(floor: Floor) -> None:
    found = plain(await everything(floor, "full"))
    assert "bob.smith" in found
    assert plain(SAID) in found
    assert "hunter2" not in found


@pytest.mark.parametrize("evil", HOSTILE)
@pytest.mark.parametrize("level", ["ref", "masked", "full"])
def test_nothing_hostile_acts_and_every_message_is_within_its_budgets(evil: str, level: Level) -> None:
    reply = reply_at(reply_full_of(evil), level, mask)
    layout = reply_layout(reply, Surroundings(public_url=PORTAL))
    payload = components(layout)
    assert layout.total_children_count <= COMPONENTS
    assert layout.content_length() <= CHARACTERS
    for text in texts(payload):
        assert_inert(text)
    assert reply.card is not None
    assert_inert(post_title(reply.card))
    assert len(post_title(reply.card)) <= 100
    json.dumps(payload).encode()


def assert_inert(text: str) -> None:
    """No mention, link, formatting or hidden character of anybody else's."""
    bare = "".join(part for place, part in enumerate(text.split("`")) if place % 2 == 0) if "`" in text else text
    assert "@everyone" not in text
    assert "@here" not in text
    assert "<@1234567890>" not in text
    assert "<@&1234567890>" not in text
    assert "<#1234567890>" not in bare
    assert "https://evil" not in text
    assert "http://evil" not in text
    assert "discord.gg/evil" not in text
    assert "](http" not in text.replace("](https://portal.example", "")
    assert not any(character in text for character in "\u202e\u200b\u2066\x1b\x00\r\ud800")


async def test_the_accounts_of_colleagues_are_named_and_nobody_is_woken(floor: Floor) -> None:
    await agree(floor)
    await floor.incident(floor.acme)
    async with serving(floor) as server:
        await server.build("acme")
        ana = await server.member("ana", email="ana@mssp.example")
        await card_after(floor.session("ana@mssp.example"), "ack ACME-1")
        await server.show(floor.acme.id)
        assert f"<@{ana.id}>" in sent(server)
        for entry in server.env.http_requests:
            body = json.dumps(entry.json)
            if '"components"' in body and entry.path.startswith("/channels"):
                assert '"allowed_mentions": {"parse": []}' in body.replace(', "replied_user": false', "")


def test_a_full_card_fits_and_says_what_was_left_out() -> None:
    reply = reply_full_of("x" * 5_000)
    assert reply.card is not None
    layout = card_layout(reply.card, Surroundings(public_url=PORTAL))
    assert layout.content_length() <= CHARACTERS
    assert "more in the record" in json.dumps(components(layout))


def test_an_answer_without_anything_is_a_sentence() -> None:
    layout = reply_layout(Reply(text="Nothing is waiting."), Surroundings(public_url=PORTAL))
    assert [text for text in texts(components(layout)) if "waiting" in text]
