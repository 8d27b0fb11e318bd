"""What attackers write is inert on every surface: in Discord's Markdown by an independent reading, and in terminals."""

import os

import discord
import msgspec
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from bot.console.drawing import Pen, render
from bot.discord.cards import (
    Surroundings,
    card_layout,
    plain_title,
    post_title,
    queue_layout,
    reply_layout,
    text_layout,
)
from bot.discord.counter import Served
from bot.discord.custom_ids import CustomId
from bot.discord.forms import form
from bot.discord.interactions import choice_of, fault_layout
from bot.discord.pages import page_words
from bot.discord.secrecy import reply_without
from bot.discord.shift import handover_layout
from bot.discord.words import line_of
from infra.discord.components import CONTAINER, TEXT, check_message, walk
from infra.discord.json_parts import Json, as_object, number, text
from infra.discord.markdown import is_control, live_in
from tests.chat.hostile import HOSTILE, NOW, reply_full_of
from watchfloor.desk.front import Answer
from watchfloor.desk.table import TABLE
from watchfloor.desk.verb import Verb
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.ids import new_uuid
from watchfloor.kernel.neutralise import Untrusted
from watchfloor.paging.lane import Notice

PORTAL = "https://portal.example"

_PIECES = [
    *(one for one in HOSTILE if len(one) < 500),
    "@everyone", "@here", "<@123456>", "<@&123456>", "<#123456>", "</x:1>", "<t:1:R>", "<:x:123456>", ":smile:",
    "[a](http://evil.example)", "http://evil.example", "<http://evil.example>", "discord.gg/abc", "<a@evil.example>",
    "`", "``", "```", "\\", "\\`", "*", "**", "_", "__", "~~", "||", "\n# x", "\n> x", "\n- x", "\n1. x", "-# x",
    "\u202e", "\u2066", "\u200b", "\u200d", "\ufeff", "\x1b[31m", "\x1b]8;;http://evil.example\x07", "\x00", "\r", "\b",
    "\U000e0041", "\ud800", "(", ")", "[", "]", "<", ">", ":", "@", "\u0085", "\u2028", "\u2029",
]  # fmt: skip

EVIL = st.one_of(
    st.text(max_size=200),
    st.lists(st.sampled_from(_PIECES) | st.text(max_size=5), max_size=12).map("".join),
)

TEXTS = int(os.environ.get("TEXTS", "800"))
"""How many texts a slow run makes up; TEXTS=10000 is the figure of the issue."""

PARTS = 10
"""In how many parts it is done: one test must end in some minutes."""

AROUND = Surroundings(public_url=PORTAL)


def drawn(evil: str) -> list[discord.ui.LayoutView]:
    """Every message that the bot can send, with this text wherever it takes one."""
    reply = reply_full_of(evil)
    assert reply.card is not None
    named = [line.ref for line in reply.queue]
    return [
        card_layout(reply.card, AROUND),
        reply_layout(reply, AROUND),
        queue_layout(reply.queue, hidden=7, ending=reply.rows[:3]),
        queue_layout(reply.queue, hidden=0, restricted=frozenset(named)),
        handover_layout(Served(reply=reply, accounts={}, restricted=frozenset(named)), AROUND, "0" * 16),
        reply_layout(reply_without(reply, {"ACME-1"}), AROUND),
        text_layout("\n".join(line_of(entry, {}) for entry in reply.timeline[:12])),
        text_layout(page_words(notice(evil), "123456789")),
        fault_layout(Invalid(evil, where=evil, remedy=evil)),
    ]


def notice(evil: str) -> Notice:
    return Notice(
        step_id=new_uuid(),
        page_id=new_uuid(),
        addresses=(evil,),
        recipient=evil,
        rung=0,
        urgency="high",
        reason=evil,
        ref=evil,
        summary=Untrusted(evil),
        raised_at=NOW,
        answer_by=NOW,
        at=NOW,
    )


def live(layout: discord.ui.LayoutView) -> dict[str, int]:
    parts: list[Json] = [as_object(part) for part in layout.to_components()]  # type: ignore[no-untyped-call]  # the library's
    check_message(parts, is_v2=True)
    found: dict[str, int] = {}
    for part in walk(parts):
        if number(part, "type") in (TEXT, CONTAINER):
            for one in live_in(text(part, "content")):
                kind = f"{one.kind} ours" if one.text.endswith(f"({PORTAL}/incidents/ACME-1)") else one.kind
                found[kind] = found.get(kind, 0) + 1
    return found


HARMLESS = [
    {kind: max(bare.get(kind, 0), said.get(kind, 0)) for kind in bare | said}
    for bare, said in zip(map(live, drawn("")), map(live, drawn("x")), strict=True)
]
"""What our own words around a text are: bold labels, a heading, moments, code for entities, the link to the record."""


def check_inert(evil: str) -> None:
    for layout, harmless in zip(drawn(evil), HARMLESS, strict=True):
        found = live(layout)
        more = {kind: count for kind, count in found.items() if count > harmless.get(kind, 0)}
        assert not more, (evil, more)
    card = reply_full_of(evil).card
    assert card is not None
    for name in (post_title(card), choice_of("ACME-1", plain_title(evil)), choice_of(plain_title(evil), "")):
        assert 1 <= len(name) <= 100
        assert not any(is_control(character) for character in name)
        assert not {"mention", "everyone", "link", "masked link"} & {one.kind for one in live_in(name)}


@pytest.mark.parametrize("evil", HOSTILE, ids=range(len(HOSTILE)))
def test_the_corpus_is_inert_in_the_chat(evil: str) -> None:
    check_inert(evil)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(EVIL)
def test_what_is_made_up_is_inert_in_the_chat(evil: str) -> None:
    check_inert(evil)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_many_made_up_texts_are_inert_in_the_chat(part: int) -> None:
    @seed(part)
    @settings(
        max_examples=TEXTS // PARTS,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(EVIL)
    def check(evil: str) -> None:
        check_inert(evil)

    check()


@pytest.mark.parametrize("verb", TABLE.values(), ids=TABLE)
def test_nothing_of_anybody_elses_stands_in_a_form(verb: Verb) -> None:
    name = CustomId(verb.name, "ACME-1")
    for evil in HOSTILE:
        given = {field.name: evil for field in verb.fields[::2]}
        other = {field.name: "x" for field in verb.fields[::2]}
        assert form(verb, name, given=given).to_dict() == form(verb, name, given=other).to_dict()


def on_terminal(evil: str) -> str:
    reply = msgspec.structs.replace(reply_full_of(evil), text="Done.")
    pen = Pen(now=NOW, public_url=PORTAL, width=100)
    parts = pen.answer(Answer(reply=reply, verb=TABLE["queue"]))
    return render(parts, width=100, colour=False)


@pytest.mark.parametrize("evil", HOSTILE, ids=range(len(HOSTILE)))
def test_the_corpus_is_inert_on_a_terminal(evil: str) -> None:
    assert not [character for character in on_terminal(evil) if is_control(character)]


@pytest.mark.slow
@settings(
    max_examples=TEXTS // 8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(EVIL)
def test_what_is_made_up_is_inert_on_a_terminal(evil: str) -> None:
    assert not [character for character in on_terminal(evil) if is_control(character)]


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("hello @everyone", "everyone"),
        ("<@123>", "mention"),
        ("[x](http://a.example)", "masked link"),
        ("see https://a.example", "link"),
        ("a\u202eb", "control"),
        ("`a\u202eb`", "control"),
        ("<t:1:R>", "moment"),
        ("**x**", "emphasis"),
        ("a\n# b", "heading"),
        ("\\\\@everyone", "everyone"),
        ("`a` <@123> `b`", "mention"),
        ("\\`<@123>\\`", "mention"),
    ],
)
def test_the_reading_sees_what_is_live(words: str, kind: str) -> None:
    assert kind in {one.kind for one in live_in(words)}


@pytest.mark.parametrize("words", ["`@everyone <@123>`", "\\*\\*x\\*\\*", "\\<\\@123\\>", "plain words, 3 of them."])
def test_the_reading_lets_be_what_is_inert(words: str) -> None:
    assert {one.kind for one in live_in(words)} <= {"code"}
