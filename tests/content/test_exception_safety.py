"""Exceptions that the flow proposes for harmless look-alikes of our rules' own attacks hide none of the attacks.

Each shared rule's samples of attacks, and the demo's crimes, are the labelled true positives. The false positive is
such an event by somebody else, elsewhere: the hardest that an exception can be asked to tell apart, because all that
was done is the same. What names nobody and no place cannot be told apart: there a proposal must hide nothing but that.
"""

from datetime import UTC, datetime
from typing import Final, cast

import pytest

from tests.content.test_storyline import events_of
from watchfloor.alerts.overlay.flow.shapes import FIELDS, Described, Role, Shape, fitting, written
from watchfloor.detect.compilation import compile_condition
from watchfloor.detect.filters import hidden_by
from watchfloor.detect.load import load_shared_rules
from watchfloor.detect.predicates import Predicate
from watchfloor.detect.prefilter.engine import PrefilteredEngine
from watchfloor.detect.rule import Rule
from watchfloor.detect.samples import normalise_sample
from watchfloor.detect.view import EventView
from watchfloor.normalise.event import Event, FieldValue
from watchfloor.ops.demo.storyline import storyline

END: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)
IDENTITY: Final = frozenset(
    name.lower()
    for role in (Role.WHO, Role.SOURCE, Role.PLACE)
    for group in FIELDS[role]
    for name in group
    if "agent" not in name.lower()
)


def elsewhere(value: FieldValue, path: str = "") -> FieldValue:
    """The same done by somebody else, on another machine, from another address."""
    if isinstance(value, dict):
        return {name: elsewhere(inner, f"{path}.{name}".lstrip(".")) for name, inner in value.items()}
    return "harmless-one" if path.lower() in IDENTITY and value not in (None, "", "-") else value


def hiding(described: Described, rule: Rule) -> Predicate:
    """Whether the proposed exception hides a match of an event."""
    made = written(described, title="x", rule_id=rule.id, source=rule.logsource)
    assert made is not None, rule.path
    return compile_condition(hidden_by(made))


@pytest.fixture(scope="module")
def attacks() -> dict[str, list[Event]]:
    """The labelled attacks, by the rule that sees them."""
    report = load_shared_rules()
    rules = {rule.id: rule for rule in report.rules if rule.correlation is None}
    found: dict[str, list[Event]] = {
        rule_id: [normalise_sample(body) for body in samples.fires]
        for rule_id, samples in report.samples.items()
        if rule_id in rules
    }
    engine = PrefilteredEngine(tuple(rules.values()))
    crimes = [event for delivery in storyline(END) for event in events_of(delivery.bodies())]
    matches = engine.match(crimes)
    for event, place in zip(matches.event, matches.rule, strict=True):
        found.setdefault(engine.rules[place].id, []).append(crimes[event])
    return found


def test_the_narrowest_proposal_for_a_look_alike_hides_no_attack(attacks: dict[str, list[Event]]) -> None:
    rules = {rule.id: rule for rule in load_shared_rules().rules}
    judged = proposed = 0
    hidden: dict[str, int] = {}
    for rule_id, events in attacks.items():
        rule = rules[rule_id]
        for event in events:
            harmless = cast("dict[str, FieldValue]", elsewhere(event.fields))
            if harmless == event.fields:
                continue
            for described in fitting([harmless])[:1]:
                proposed += 1
                hides = hiding(described, rule)
                assert hides(EventView(harmless)), rule.path
                judged += len(events)
                hidden[rule.path] = hidden.get(rule.path, 0) + sum(hides(EventView(one.fields)) for one in events)
    assert {path: count for path, count in hidden.items() if count} == {}
    assert (proposed > 300, judged > 1_000) == (True, True), (proposed, judged)


def test_wider_proposals_that_one_person_may_make_hide_attacks_only_by_name(attacks: dict[str, list[Event]]) -> None:
    """A wider shape leaves out who or where; what it hides of an attack has the rest in common, and is previewed."""
    rules = {rule.id: rule for rule in load_shared_rules().rules}
    for rule_id, events in attacks.items():
        for event in events:
            harmless = cast("dict[str, FieldValue]", elsewhere(event.fields))
            for described in fitting([harmless]):
                if described.shape not in (Shape.ANY_HOST, Shape.ANY_USER):
                    continue
                hides = hiding(described, rules[rule_id])
                for one in events:
                    if hides(EventView(one.fields)):
                        same = [EventView(one.fields).folded(name) for name in described.fields]
                        assert same == [EventView(harmless).folded(name) for name in described.fields]
