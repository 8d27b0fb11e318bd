"""The plain engine agrees with an interpreter that tells the specification letter by letter, on made-up rules.

The rules go through their YAML text and the loader. What the interpreter refuses, the loader refuses, and nothing else.
"""

from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings

from tests.unit.sigma_cases import Rule, batches, event, events, load, make_batch, pairs, rules
from tests.unit.sigma_oracle import Fields, Refused, may_match
from watchfloor.detect.engine import PlainEngine
from watchfloor.detect.yaml_document import read_documents


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("rules") / "rules.yml"


def told(made: Sequence[Rule], fields: Sequence[Fields]) -> set[tuple[int, int]]:
    """The matches that the interpreter finds, as numbers of events and rules; a refused rule as event -1."""
    found: set[tuple[int, int]] = set()
    for number, rule in enumerate(made):
        for index, one in enumerate(fields):
            try:
                if may_match(rule.detection, one):
                    found.add((index, number))
            except Refused:
                found.add((-1, number))
    return found


def matched(made: Sequence[Rule], fields: Sequence[Fields], file: Path) -> set[tuple[int, int]]:
    """The matches that the engine finds, in the same form."""
    loaded = load(made, file)
    numbers = list(loaded)
    matches = PlainEngine(list(loaded.values())).match([event(one) for one in fields])
    refused = {(-1, number) for number in range(len(made)) if number not in loaded}
    return refused | {(index, numbers[rule]) for index, rule in zip(matches.event, matches.rule, strict=True)}


@given(pair=pairs())
def test_a_rule_fires_on_an_event_made_for_it_if_the_specification_says_so(
    pair: tuple[Rule, Fields], file: Path
) -> None:
    rule, fields = pair
    assert matched([rule], [fields], file) == told([rule], [fields])


@given(rule=rules(), fields=events())
def test_a_rule_fires_on_any_event_if_the_specification_says_so(rule: Rule, fields: Fields, file: Path) -> None:
    assert matched([rule], [fields], file) == told([rule], [fields])


@given(batch=batches())
def test_rules_fire_on_events_in_batches_as_the_specification_says(
    batch: tuple[list[Rule], list[Fields]], file: Path
) -> None:
    made, fields = batch
    assert matched(made, fields, file) == told(made, fields)


@pytest.mark.slow
@settings(max_examples=800, suppress_health_check=[HealthCheck.too_slow])
@given(batch=batches())
def test_a_hundred_thousand_pairs_of_rules_and_events_agree_with_the_specification(
    batch: tuple[list[Rule], list[Fields]], file: Path
) -> None:
    made, fields = batch
    assert matched(made, fields, file) == told(made, fields)


def test_made_up_rules_survive_their_yaml() -> None:
    made, _ = make_batch(Random(3), rules=200, events=0)
    for rule in made:
        (document,) = read_documents(rule.text().encode())
        assert isinstance(document.value, dict)
        assert document.value["detection"] == rule.detection


def test_made_up_events_are_worth_their_while() -> None:
    """Where nothing matched, agreement would prove nothing."""
    made, fields = make_batch(Random(7), rules=40, events=80)
    found = told(made, fields)
    rules_hit = {rule for index, rule in found if index >= 0}
    assert len(found) > 40 * 80 // 8
    assert len(rules_hit) > 25
