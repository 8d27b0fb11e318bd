"""Explaining a rule on an event: the tree says what the engine says, and says it so that a person can follow."""

from random import Random

import hypothesis.strategies as st
import pytest
from hypothesis import given

from tests.unit.sigma_cases import event, load, make_batch
from watchfloor.detect.compilation import compile_condition
from watchfloor.detect.condition import (
    AllOf,
    AnyOf,
    Condition,
    Keyword,
    Listed,
    ListName,
    Not,
    OnField,
    Regex,
    Selection,
    Text,
    Wildcard,
)
from watchfloor.detect.correlation import Correlation
from watchfloor.detect.engine import PlainEngine
from watchfloor.detect.explain import Evidence, Explanation, Node, Seen, evidence, explain
from watchfloor.detect.lists import NEVER, widen
from watchfloor.detect.rule import Rule
from watchfloor.detect.view import EventView
from watchfloor.kernel.errors import Invalid
from watchfloor.normalise.event import FieldValue, LogSource

HOSTILE = LogSource("hostile")
ENDS = Text((Wildcard.ANY, "\\cmd.exe"))


def rule_of(condition: Condition, *, logsource: LogSource = HOSTILE, correlation: Correlation | None = None) -> Rule:
    return Rule(
        id="6f4c1b2e-0c41-4d8e-9a53-2a4d0c9b7e11",
        title="Made up",
        level="high",
        status="test",
        author="nobody",
        references=(),
        tags=(),
        why="",
        false_positives=(),
        runbook=(),
        dedup=(),
        window_seconds=60,
        licence="CC0-1.0",
        link=None,
        logsource=logsource,
        path="rule.yml",
        content_hash="00" * 32,
        condition=condition,
        correlation=correlation,
    )


def explained(condition: Condition, fields: dict[str, FieldValue]) -> Explanation:
    return explain(rule_of(condition), event(fields))


def nodes(node: Node) -> list[Node]:
    return [node, *(inner for item in node.items for inner in nodes(item))]


@given(st.integers(min_value=0, max_value=2**63))
def test_the_verdict_is_the_engines_for_every_rule_and_event(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    made, fields = make_batch(Random(seed), rules=4, events=6)
    rules = list(load(made, tmp_path_factory.mktemp("rules") / "rules.yml").values())
    events = [event(one) for one in fields]
    matches = PlainEngine(rules).match(events)
    matched = set(zip(matches.event, matches.rule, strict=True))
    for number, one in enumerate(events):
        for place, rule in enumerate(rules):
            explanation = explain(rule, one)
            assert explanation.matches is ((number, place) in matched)
            held = list(evidence(explanation.root))
            assert explanation.root.holds or held == []


def test_each_node_is_what_the_engine_makes_of_this_part_alone() -> None:
    condition = AllOf((OnField("a", ENDS), Not(AnyOf((OnField("b", Text(("x",))), Keyword(Text(("y",))))))))
    cases: list[dict[str, FieldValue]] = [{"a": "\\cmd.exe"}, {"a": "z", "b": "x"}, {"a": "\\CMD.EXE", "c": "yy"}]
    for fields in cases:
        found = nodes(explained(condition, fields).root)
        parts: list[Condition] = [condition, condition.items[0], condition.items[1]]
        verdicts = [compile_condition(widen(part))(EventView(fields)) for part in parts]
        assert [found[0].holds, found[1].holds, found[2].holds] == verdicts


def test_values_are_shown_with_the_ones_that_satisfy_the_test() -> None:
    root = explained(OnField("Image", ENDS), {"Image": ["a.exe", "C:\\cmd.exe", None]}).root
    assert root.test == "ends with '\\cmd.exe'"
    assert root.seen == (
        Seen(text="a.exe", holds=False),
        Seen(text="C:\\cmd.exe", holds=True),
        Seen(text=None, holds=False),
    )


def test_a_missing_field_is_told_from_an_empty_one() -> None:
    assert explained(OnField("x", ENDS), {}).root.seen is None
    assert explained(OnField("x", ENDS), {"x": []}).root.seen == ()
    assert explained(OnField("x", ENDS), {"x": ""}).root.seen == (Seen(text="", holds=False),)


def test_a_keyword_shows_the_values_that_it_is_in() -> None:
    root = explained(Keyword(Text(("evil",))), {"a": {"b": "so Evil"}, "c": "good"}).root
    assert (root.test, root.seen) == ("contains 'evil'", (Seen(text="so Evil", holds=True),))


def test_the_evidence_of_a_match_names_selections_fields_and_values_and_no_exclusion() -> None:
    picked = Selection("picked", AnyOf((OnField("a", ENDS), OnField("b", Regex("^x")))))
    condition = AllOf((picked, Not(Selection("filter", OnField("c", Text(("y",)))))))
    found = list(evidence(explained(condition, {"a": "q\\cmd.exe", "b": "no", "c": "z"}).root))
    assert found == [Evidence(selection="picked", field="a", test="ends with '\\cmd.exe'", values=("q\\cmd.exe",))]


def test_an_event_of_another_log_source_does_not_match_though_the_condition_holds() -> None:
    found = explain(rule_of(OnField("a", Text(("x",))), logsource=LogSource("windows")), event({"a": "x"}))
    assert (found.matches, found.covers, found.root.holds) == (False, False, True)


def test_a_list_counts_as_filled_until_it_is() -> None:
    rule = rule_of(OnField("a", Listed((ListName("hosts"),))))
    assert explain(rule, event({"a": "x"})).matches
    assert explain(rule, event({"a": "x"})).root.test == "is '%hosts%'"
    assert explain(rule, event({"a": "X"}), lists={"hosts": [("x",)]}).matches
    assert not explain(rule, event({"a": "x"}), lists={"hosts": [("y",)]}).matches
    negated = rule_of(Not(rule.condition))
    assert explain(negated, event({"a": "x"})).matches
    assert not explain(negated, event({"a": "x"}), lists={"hosts": [("x",)]}).matches


def test_a_correlation_says_what_to_explain_instead() -> None:
    correlation = Correlation(kind="event_count", rules=("base",), group_by=(), timespan_seconds=60)
    with pytest.raises(Invalid, match="Explain one of these: base"):
        explain(rule_of(NEVER, correlation=correlation), event({}))
