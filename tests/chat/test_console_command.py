"""What an analyst types, read into commands."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.console.acts import ACTS
from bot.console.command import MANUAL, SYNONYMS, TAKES_REFERENCE, Command, Verb, read
from watchfloor.kernel.errors import Invalid


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("queue", Command(verb=Verb.QUEUE)),
        ("queue done", Command(verb=Verb.QUEUE, argument="done")),
        ("  ACK   ACME-1  ", Command(verb=Verb.ACK, reference="ACME-1")),
        ("show acme-12", Command(verb=Verb.SHOW, reference="acme-12")),
        ("assign ACME-1 Lea@MSSP.example", Command(verb=Verb.ASSIGN, reference="ACME-1", argument="lea@mssp.example")),
        ("assign ACME-1 me", Command(verb=Verb.ASSIGN, reference="ACME-1", argument="me")),
        (
            'verdict ACME-1 true_positive "He dumped LSASS."',
            Command(verb=Verb.VERDICT, reference="ACME-1", argument="true_positive", text="He dumped LSASS."),
        ),
        (
            "verdict ACME-1 FP it's our own scanner",
            Command(verb=Verb.VERDICT, reference="ACME-1", argument="false_positive", text="it's our own scanner"),
        ),
        (
            'note ACME-1 don\'t panic, "he" said',
            Command(verb=Verb.NOTE, reference="ACME-1", text='don\'t panic, "he" said'),
        ),
        ("note ACME-1 “quoted”", Command(verb=Verb.NOTE, reference="ACME-1", text="quoted")),
        ("report ACME-1 DE", Command(verb=Verb.REPORT, reference="ACME-1", argument="de")),
        ("help verdict", Command(verb=Verb.HELP, argument="verdict")),
        ("quit", Command(verb=Verb.QUIT)),
    ],
)
def test_a_line_is_read_into_a_command(line: str, command: Command) -> None:
    assert read(line, current=None) == command


@pytest.mark.parametrize("line", ["", "   ", "\t\n"])
def test_an_empty_line_asks_for_nothing(line: str) -> None:
    assert read(line, current="ACME-1") is None


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("ack", Command(verb=Verb.ACK, reference="ACME-7")),
        ("show", Command(verb=Verb.SHOW, reference="ACME-7")),
        ("note looks like a test", Command(verb=Verb.NOTE, reference="ACME-7", text="looks like a test")),
        ("assign me", Command(verb=Verb.ASSIGN, reference="ACME-7", argument="me")),
        ("report de", Command(verb=Verb.REPORT, reference="ACME-7", argument="de")),
        ("ack NORD-1", Command(verb=Verb.ACK, reference="NORD-1")),
    ],
)
def test_the_incident_in_front_of_the_reader_need_not_be_named(line: str, command: Command) -> None:
    assert read(line, current="ACME-7") == command


@pytest.mark.parametrize(
    ("line", "question"),
    [
        ("ack", "Which incident"),
        ("show 12", "no incident's reference"),
        ("ack ACME-1 now", "more on the line"),
        ("queue urgent", "no such queue"),
        ("whoami really", "more on the line"),
        ("assign ACME-1", "Who shall have it"),
        ("verdict ACME-1", "What was it"),
        ("verdict ACME-1 maybe because", "no verdict"),
        ("verdict ACME-1 tp", "Why"),
        ('verdict ACME-1 tp ""', "Why"),
        ("note ACME-1", "What is the note"),
    ],
)
def test_what_is_missing_or_wrong_is_asked_for_with_the_usage(line: str, question: str) -> None:
    with pytest.raises(Invalid, match=question) as refused:
        read(line, current=None)
    assert refused.value.remedy is not None
    assert refused.value.remedy.startswith("Usage: ")


@pytest.mark.parametrize(("word", "near"), [("acknowlege", "ack"), ("resolv", "resolve"), ("xyz", "help")])
def test_an_unknown_verb_is_answered_with_the_nearest(word: str, near: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(f"{word} ACME-1", current=None)
    assert refused.value.remedy is not None
    assert near in refused.value.remedy


def test_each_verb_has_a_manual_and_each_act_a_reference() -> None:
    assert set(MANUAL) == set(Verb)
    assert set(ACTS) == TAKES_REFERENCE
    assert set(SYNONYMS) & set(Verb) == set()


@given(line=st.text(max_size=200), current=st.sampled_from([None, "ACME-1"]))
def test_any_line_is_a_command_or_an_error_of_ours(line: str, current: str | None) -> None:
    with contextlib.suppress(Invalid):
        read(line, current=current)
