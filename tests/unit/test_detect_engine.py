"""The engine: columns in order, only rules whose log source covers an event, equal to rule-by-rule evaluation."""

from datetime import UTC, datetime
from typing import Final

import hypothesis.strategies as st
import pytest
from hypothesis import given

from watchfloor.detect.compilation import compile_condition
from watchfloor.detect.condition import AnyOf, Condition, OnField, Text, Wildcard
from watchfloor.detect.dedup import dedup_values
from watchfloor.detect.engine import Engine, Matches, PlainEngine, ruleset_version
from watchfloor.detect.folding import fold
from watchfloor.detect.logsource import covers
from watchfloor.detect.predicates import text_test
from watchfloor.detect.rule import Rule
from watchfloor.detect.view import EventView
from watchfloor.normalise.event import Entity, Event, FieldValue, LogSource

NOW: Final = datetime(2026, 3, 2, tzinfo=UTC)
SYSMON_1: Final = LogSource("windows", "process_creation", "sysmon")


def rule(
    name: str, logsource: LogSource, condition: Condition | None = None, dedup: tuple[str, ...] = ("host",)
) -> Rule:
    return Rule(
        id=name,
        title=name,
        level="high",
        status="test",
        author="x",
        references=(),
        tags=(),
        why="x",
        false_positives=(),
        runbook=(),
        dedup=dedup,
        window_seconds=60,
        licence="x",
        link=None,
        logsource=logsource,
        path=name,
        content_hash=name.encode().hex().rjust(64, "0"),
        condition=condition or OnField("f", Text(("x",))),
    )


def event(fields: dict[str, FieldValue], *logsources: LogSource, entities: tuple[Entity, ...] = ()) -> Event:
    return Event(
        key=bytes(16),
        source="s",
        logsources=logsources,
        time=NOW,
        time_quality="parsed",
        received_at=NOW,
        fields=fields,
        entities=entities,
        summary="s",
        raw=b"",
        parser="p",
    )


def test_matches_are_columns_ordered_by_event_then_rule() -> None:
    engine: Engine = PlainEngine([rule("a", LogSource("windows")), rule("b", LogSource(category="process_creation"))])
    batch = [event({"f": "x"}, SYSMON_1), event({"f": "y"}, SYSMON_1), event({"f": "X"}, SYSMON_1)]
    assert engine.match(batch) == Matches([0, 0, 2, 2], [0, 1, 0, 1])
    assert engine.match([]) == Matches([], [])


@pytest.mark.parametrize(
    ("wanted", "covered"),
    [
        (LogSource("windows"), True),
        (LogSource(category="process_creation"), True),
        (LogSource(service="sysmon"), True),
        (LogSource("windows", "process_creation", "sysmon"), True),
        (LogSource("linux", "process_creation"), False),
        (LogSource("windows", "process_creation", "security"), False),
        (LogSource("windows", "image_load"), False),
    ],
)
def test_a_rule_looks_only_at_events_of_its_log_source(wanted: LogSource, covered: bool) -> None:
    assert covers(wanted, SYSMON_1) is covered
    assert bool(PlainEngine([rule("a", wanted)]).match([event({"f": "x"}, SYSMON_1)]).rule) is covered


def test_an_event_of_several_log_sources_matches_a_rule_once() -> None:
    sources = (LogSource("windows", "registry_event", "sysmon"), LogSource("windows", "registry_set", "sysmon"))
    engine = PlainEngine([rule("a", LogSource("windows")), rule("b", LogSource("windows", "registry_set"))])
    assert engine.match([event({"f": "x"}, *sources)]) == Matches([0, 0], [0, 1])


def test_an_unparsed_event_matches_nothing() -> None:
    assert PlainEngine([rule("a", LogSource("windows"))]).match([event({"f": "x"})]) == Matches([], [])


def test_the_version_hangs_on_the_content_alone() -> None:
    a, b = rule("a", LogSource("windows")), rule("b", LogSource("windows"))
    assert PlainEngine([a, b]).version == PlainEngine([b, a]).version == ruleset_version([a, b])
    assert PlainEngine([a]).version != PlainEngine([a, b]).version


def test_a_dedup_key_takes_the_first_entity_of_a_kind_or_a_fields_text() -> None:
    keyed = rule("a", LogSource("windows"), dedup=("host", "ServiceName", "a.b", "user"))
    happened = event(
        {"ServiceName": "PSEXESVC", "a": {"b": ["X", 2]}},
        SYSMON_1,
        entities=(Entity("host", "ws01.nordwind.example"), Entity("host", "ws01")),
    )
    assert dedup_values(keyed, happened) == (
        ("host", "ws01.nordwind.example"),
        ("ServiceName", "psexesvc"),
        ("a.b", "x\n2"),
        ("user", ""),
    )


LETTERS: Final = st.text(alphabet="abAB.\\*?$^(ßK\u017f\u0130Σς\n\U0001f600", max_size=6)
PARTS: Final = st.lists(LETTERS.filter(bool) | st.sampled_from(Wildcard), max_size=5).map(tuple)


def naive(parts: tuple[str | Wildcard, ...], text: str) -> bool:
    """Pattern matching letter by letter, by the definition."""
    letters = [letter for part in parts for letter in ([part] if isinstance(part, Wildcard) else part)]
    reached: set[int] = {0}
    for letter in letters:
        if letter is Wildcard.ANY:
            reached = set(range(min(reached, default=len(text) + 1), len(text) + 1))
        elif letter is Wildcard.ONE:
            reached = {place + 1 for place in reached if place < len(text)}
        else:
            reached = {place + 1 for place in reached if place < len(text) and text[place] == letter}
    return len(text) in reached


@given(parts=PARTS, text=LETTERS, cased=st.booleans())
def test_a_pattern_matches_by_its_definition(parts: tuple[str | Wildcard, ...], text: str, cased: bool) -> None:
    if cased:
        assert text_test(Text(parts, cased=True))(text) is naive(parts, text)
    else:
        folded = tuple(part if isinstance(part, Wildcard) else fold(part) for part in parts)
        assert text_test(Text(parts))(fold(text)) is naive(folded, fold(text))


@given(texts=st.lists(PARTS, min_size=1, max_size=6), value=LETTERS | st.lists(LETTERS, max_size=3) | st.integers())
def test_alternatives_tried_together_equal_alternatives_tried_alone(
    texts: list[tuple[str | Wildcard, ...]], value: FieldValue
) -> None:
    items = tuple(OnField("f", Text(parts)) for parts in texts)
    view = EventView({"f": value})
    together = compile_condition(AnyOf(items))(view)
    assert together is any(compile_condition(item)(view) for item in items)


@given(st.text())
def test_folding_keeps_the_length_and_does_nothing_twice(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert fold(fold(text)) == fold(text)


@given(st.text(), st.text())
def test_folding_looks_at_each_letter_alone(left: str, right: str) -> None:
    assert fold(left + right) == fold(left) + fold(right)


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_folding_of_ascii_is_lower_case(text: str) -> None:
    assert fold(text) == fold(text.upper()) == text.lower()
