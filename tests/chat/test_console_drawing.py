"""What the console draws is text and colours of its own, whatever the events and people wrote (O1)."""

import json
import re
from datetime import UTC, datetime, timedelta
from itertools import cycle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.console import json_form
from bot.console.drawing import Pen, fault, manual, render
from bot.console.words import SEVERITIES, STATES, deadline
from watchfloor.desk.card import Card, Deadline, EntityValue, Foreign, Link, Moment, Person, Row, Rule, Text, Value
from watchfloor.desk.display.listing import QueueLine
from watchfloor.desk.display.wording import span
from watchfloor.desk.front import Answer
from watchfloor.desk.reply import Reply
from watchfloor.desk.table import TABLE
from watchfloor.incidents.lifecycle import Action
from watchfloor.incidents.timeline import Kind, TimelineEntry
from watchfloor.kernel.errors import Conflict
from watchfloor.kernel.ids import IncidentId, PersonId, new_uuid, show
from watchfloor.kernel.neutralise import Untrusted

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PEN = Pen(now=NOW, public_url="portal", width=110)
ANA = PersonId(new_uuid())

HOSTILE = [
    "\x1b[2J\x1b[H",
    "\x1b]0;owned\x07",
    "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "\x9b31m",
    "\x90q\x9c",
    "a\rb\nc\x08\x08",
    "\u202egnp.exe",
    "\u2066\u2069\u200b\u200d",
    "[bold red]markup[/bold red][link=https://evil.example]x[/link]",
    ":skull: {0} %s $(reboot) `id`",
    "\x01hidden\x02",
    "https://evil.example/x?y=z bob@evil.example 198.51.100.7",
    "\ud800",
    "\x00\x7f\x85\u2028",
    "█" * 5000,
]

# Everything that rich writes: SGR colours. Nothing else may begin with an escape.
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff]")
LIVE = re.compile(r"https?://|\b[\w.]+@[\w]+\.\w|198\.51\.100\.7")


def answer_full_of(*texts: str) -> Answer:
    """An answer that has a text wherever foreign text can stand, the given ones in turn."""
    turns = cycle(texts)

    def evil() -> Untrusted:
        return Untrusted(next(turns))

    values: tuple[Value, ...] = (
        Text("ours"),
        Foreign(evil()),
        Moment(NOW),
        Deadline(NOW),
        Person(ANA),
        EntityValue("file", evil()),
        Rule(evil(), "high", 3),
        Link("Open", "/incidents/ACME-1"),
    )
    card = Card(
        id=IncidentId(new_uuid()),
        ref="ACME-1",
        tenant="ACME",
        customer=evil(),
        title=evil(),
        severity="critical",
        state="new",
        rows=(Row("All", values, more=2), *(Row("One", (value,)) for value in values)),
        actions=tuple(Action),
        revision=1,
        link=Link("Open", "/incidents/ACME-1"),
    )
    line = QueueLine(
        id=card.id,
        ref="ACME-1",
        title=evil(),
        severity="critical",
        state="new",
        assignee_id=ANA,
        verdict=None,
        opened_at=NOW,
        acknowledge_by=NOW,
        resolve_by=NOW,
        last_event_at=NOW,
        updated_at=NOW,
        alerts=1,
        revision=1,
    )
    told = ("text", "rule", "verdict", "before", "after", "until")
    kinds: tuple[Kind, ...] = (
        "opened",
        "alert",
        "severity_changed",
        "assigned",
        "verdict",
        "note",
        "asked",
        "snoozed",
        "closed",
        "report_requested",
    )
    entries = tuple(
        TimelineEntry(
            id=new_uuid(),
            at=NOW,
            kind=kind,
            actor_kind="api_key",
            actor_id=next(turns),
            facts={**dict(zip(told, turns, strict=False)), "person": show("per", ANA)},
        )
        for kind in kinds
    )
    names = {show("per", ANA): next(turns), **{text: text for text in texts}}
    return Answer(
        reply=Reply(text="ACME-1 is new.", card=card, queue=(line,), timeline=entries, rows=card.rows),
        verb=TABLE["queue"],
        names=names,
    )


def is_harmless(drawn: str) -> bool:
    bare = COLOUR.sub("", drawn)
    return CONTROL.search(bare) is None and LIVE.search(bare) is None


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_draws_as_letters(text: str) -> None:
    drawn = render(PEN.answer(answer_full_of(text)), width=110, colour=True)
    assert is_harmless(drawn)
    assert is_harmless(render([fault(Conflict(text, where=text, remedy=text))], width=110, colour=True))


@given(text=st.text(max_size=120) | st.sampled_from(HOSTILE), width=st.integers(20, 200))
@settings(max_examples=150)
def test_no_text_moves_the_cursor_at_any_width(text: str, width: int) -> None:
    pen = Pen(now=NOW, public_url="portal", width=width)
    assert is_harmless(render(pen.answer(answer_full_of(text)), width=width, colour=True))


@pytest.mark.slow
@given(texts=st.lists(st.text(max_size=120), min_size=10, max_size=10))
@settings(max_examples=1_000)
def test_ten_thousand_texts_move_no_cursor(texts: list[str]) -> None:
    assert is_harmless(render(PEN.answer(answer_full_of(*texts)), width=100, colour=True))


@pytest.mark.parametrize("text", HOSTILE)
def test_json_is_ascii_on_one_line_and_keeps_the_exact_text(text: str) -> None:
    line = json_form.of_answer(answer_full_of(text))
    assert line.isascii()
    assert line.isprintable()
    decoded = json.loads(line)
    assert decoded["card"]["title"] == text
    assert decoded["queue"][0]["title"] == text
    assert json.loads(json_form.of_error(Conflict(text)))["text"] == text


def test_markup_of_foreign_text_is_shown_and_not_obeyed() -> None:
    drawn = render(PEN.answer(answer_full_of("[bold]x[/bold] :skull:")), width=110, colour=False)
    assert "[bold]x[/bold] :skull:" in drawn


def test_severity_and_state_are_words_and_marks_and_not_only_colours() -> None:
    for signs in (SEVERITIES, STATES):
        assert len({sign.word for sign in signs.values()}) == len(signs)
        assert len({sign.mark for sign in signs.values()}) == len(signs)
    drawn = render(PEN.answer(answer_full_of("x")), width=110, colour=False)
    assert "\x1b" not in drawn
    assert "CRITICAL" in drawn
    assert "new" in drawn


@pytest.mark.parametrize(
    ("left", "met", "words"),
    [
        (timedelta(minutes=14), None, "in 14 min"),
        (timedelta(hours=3, minutes=5), None, "in 3 h 5 min"),
        (timedelta(days=2, hours=4), None, "in 2 d 4 h"),
        (-timedelta(minutes=5), None, "overdue by 5 min"),
        (timedelta(minutes=14), timedelta(minutes=2), "in time, 12 min to spare"),
        (-timedelta(minutes=14), timedelta(minutes=-4), "10 min late"),
    ],
)
def test_a_deadline_is_a_distance(left: timedelta, met: timedelta | None, words: str) -> None:
    value = Deadline(NOW + left, None if met is None else NOW + met)
    assert deadline(value, now=NOW).word == words


def test_lengths_are_said_in_their_two_largest_units() -> None:
    said = {seconds: span(timedelta(seconds=seconds)) for seconds in (-5, 0, 59, 60, 3600, 3660, 86_400, 90_000)}
    assert said == {
        -5: "0 s",
        0: "0 s",
        59: "59 s",
        60: "1 min",
        3600: "1 h",
        3660: "1 h 1 min",
        86_400: "1 d",
        90_000: "1 d 1 h",
    }


def test_a_long_queue_says_how_much_it_leaves_out() -> None:
    line = answer_full_of("x").reply.queue
    drawn = render([PEN.queue(line * 30, names={}, room=10)], width=110, colour=False)
    assert drawn.count("ACME-1") == 9
    assert "and 21 more" in drawn


@pytest.mark.parametrize(("width", "has_names"), [(80, False), (120, True)])
def test_a_narrow_queue_keeps_what_matters(width: int, has_names: bool) -> None:
    pen = Pen(now=NOW, public_url="portal", width=width)
    queue = answer_full_of("LSASS memory opened").reply.queue
    drawn = render([pen.queue(queue, names={show("per", ANA): "Ana Analyst"})], width=width, colour=False)
    for word in ("CRITICAL", "ACME-1", "LSASS memory", "new", "ack in"):
        assert word in drawn
    assert ("Ana Analyst" in drawn) == has_names


def test_the_manual_names_every_verb() -> None:
    drawn = render([manual()], width=140, colour=False)
    for word in ("queue", "ack [REF]", "verdict [REF]", "whoami", "quit"):
        assert word in drawn
