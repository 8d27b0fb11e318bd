"""What an analyst types, read into commands."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.console.command import MANUAL, SYNONYMS, Request, Word, read
from watchfloor.desk import line as typed
from watchfloor.desk.table import TABLE
from watchfloor.desk.verb import Intent
from watchfloor.kernel.errors import Invalid


def asked(verb: str, incident: str = "", arguments: dict[str, str] | None = None) -> Request:
    return Request(intent=Intent(verb=verb, incident=incident, arguments=arguments or {}))


@pytest.mark.parametrize(
    ("line", "asked_for"),
    [
        ("queue", asked("queue")),
        ("queue done", asked("queue", "", {"which": "done"})),
        ("  ACK   ACME-1  ", asked("ack", "ACME-1")),
        ("show acme-12", asked("show", "acme-12")),
        ("assign ACME-1 Lea@MSSP.example", asked("assign", "ACME-1", {"to": "Lea@MSSP.example"})),
        ("assign ACME-1 me", asked("assign", "ACME-1", {"to": "me"})),
        (
            'verdict ACME-1 true_positive "He dumped LSASS."',
            asked("verdict", "ACME-1", {"verdict": "true_positive", "reason": "He dumped LSASS."}),
        ),
        (
            "verdict ACME-1 FP it's our own scanner",
            asked("verdict", "ACME-1", {"verdict": "false_positive", "reason": "it's our own scanner"}),
        ),
        (
            'note ACME-1 don\'t panic, "he" said',
            asked("note", "ACME-1", {"text": 'don\'t panic, "he" said'}),
        ),
        ("note ACME-1 “quoted”", asked("note", "ACME-1", {"text": "quoted"})),
        ("report ACME-1 DE", asked("report", "ACME-1", {"language": "DE"})),
        ("help verdict", Request(word=Word.HELP, about="verdict")),
        ("quit", Request(word=Word.QUIT)),
    ],
)
def test_a_line_is_read_into_a_command(line: str, asked_for: Request) -> None:
    assert read(line, current=None) == asked_for


@pytest.mark.parametrize("line", ["", "   ", "\t\n"])
def test_an_empty_line_asks_for_nothing(line: str) -> None:
    assert read(line, current="ACME-1") is None


@pytest.mark.parametrize(
    ("line", "asked_for"),
    [
        ("ack", asked("ack", "ACME-7")),
        ("show", asked("show", "ACME-7")),
        ("note looks like a test", asked("note", "ACME-7", {"text": "looks like a test"})),
        ("assign me", asked("assign", "ACME-7", {"to": "me"})),
        ("report de", asked("report", "ACME-7", {"language": "de"})),
        ("ack NORD-1", asked("ack", "NORD-1")),
    ],
)
def test_the_incident_in_front_of_the_reader_need_not_be_named(line: str, asked_for: Request) -> None:
    assert read(line, current="ACME-7") == asked_for


@pytest.mark.parametrize(
    ("line", "question"),
    [
        ("ack", "Which incident"),
        ("show 12", "no incident's reference"),
        ("ack ACME-1 now", "more on the line"),
        ("queue urgent", "more on the line"),
        ("whoami really", "more on the line"),
        ("assign ACME-1", "Who"),
        ("verdict ACME-1", "Verdict"),
        ("verdict ACME-1 tp", "Reason"),
        ('verdict ACME-1 tp ""', "Reason"),
        ("note ACME-1", "Note"),
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


def test_a_choice_that_there_is_not_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(Invalid) as refused:
        read("verdict ACME-1 maybe because", current=None)
    assert refused.value.where == "verdict"
    assert refused.value.remedy == "It is one of true_positive, benign, false_positive, inconclusive."


def test_each_verb_has_a_manual_and_no_word_means_two_things() -> None:
    assert [entry.name for entry in MANUAL] == [*TABLE, *Word]
    assert set(SYNONYMS) | set(typed.SYNONYMS) not in (set(TABLE), set(Word))
    assert (set(SYNONYMS) | set(typed.SYNONYMS)) & (set(TABLE) | {str(word) for word in Word}) == set()
    assert set(typed.SYNONYMS.values()) <= set(TABLE)


@given(line=st.text(max_size=200), current=st.sampled_from([None, "ACME-1"]))
def test_any_line_is_a_command_or_an_error_of_ours(line: str, current: str | None) -> None:
    with contextlib.suppress(Invalid):
        read(line, current=current)
