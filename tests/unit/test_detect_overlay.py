"""One tenant's overlay: what it hides, what it counts, when it stops, and what it costs to have none."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from tests.unit.overlay_cases import NOW, make_event, make_filter, make_rule
from watchfloor.detect import overlay as overlay_module
from watchfloor.detect.compilation import compile_condition
from watchfloor.detect.condition import AllOf, Condition, Keyword, Listed, ListName, Not, OnField, Text
from watchfloor.detect.correlation import Bound, Correlation
from watchfloor.detect.engine import Matches, PlainEngine
from watchfloor.detect.filters import FilterDocument, hidden_by
from watchfloor.detect.lists import NEVER, pattern_of
from watchfloor.detect.overlay import (
    MOST_VERDICTS,
    Exemption,
    Hidden,
    Overlay,
    Tuning,
    is_effective,
    missing_lists,
)
from watchfloor.detect.predicates import Predicate
from watchfloor.detect.rule import Rule
from watchfloor.normalise.event import LogSource

LATER = NOW + timedelta(days=30)
KIM, BOB = make_event({"Image": "a.exe", "User": "kim"}), make_event({"Image": "a.exe", "User": "bob"})
ON_LIST = OnField("User", Listed((ListName("admins"),)))


def exemption(written: FilterDocument, number: int = 1) -> Exemption:
    return Exemption(id=UUID(int=number), expires_at=LATER, written=written)


def all_matches(rules: Sequence[Rule], events: int = 2) -> Matches:
    pairs = [(event, rule) for event in range(events) for rule in range(len(rules))]
    return Matches([event for event, _ in pairs], [rule for _, rule in pairs])


def test_without_changes_matches_pass_as_they_are() -> None:
    rules = (make_rule(1), make_rule(2))
    matches = all_matches(rules)
    overlay = Overlay(Tuning(), rules)
    applied = overlay.apply([KIM, BOB], matches, at=NOW)
    assert applied.matches is matches
    assert applied.hidden == ()
    assert overlay.rules is rules


def test_a_rule_that_is_off_shows_nothing_and_its_matches_are_counted() -> None:
    rules = (make_rule(1), make_rule(2))
    applied = Overlay(Tuning(disabled=frozenset({rules[0].id})), rules).apply([KIM, BOB], all_matches(rules), at=NOW)
    assert applied.matches == Matches([0, 1], [1, 1])
    assert applied.hidden == (Hidden(rule_id=rules[0].id, exemption_id=None, count=2),)


def test_an_exception_hides_what_it_describes_in_the_rules_that_it_names() -> None:
    rules = (make_rule(1), make_rule(2))
    tuning = Tuning(exemptions=(exemption(make_filter({"User": "kim"}, rules=["rule_2"])),))
    applied = Overlay(tuning, rules).apply([KIM, BOB], all_matches(rules), at=NOW)
    assert applied.matches == Matches([0, 1, 1], [0, 0, 1])
    assert applied.hidden == (Hidden(rule_id=rules[1].id, exemption_id=UUID(int=1), count=1),)


def test_an_exception_for_any_rule_looks_at_the_rules_of_its_log_source_alone() -> None:
    rules = (make_rule(1), make_rule(2, logsource=LogSource("aws", None, "cloudtrail")))
    tuning = Tuning(exemptions=(exemption(make_filter({"User": "kim"})),))
    applied = Overlay(tuning, rules).apply([KIM], all_matches(rules, 1), at=NOW)
    assert applied.matches == Matches([0], [1])


def test_the_first_exception_that_hides_a_match_counts_it() -> None:
    rules = (make_rule(1),)
    tuning = Tuning(
        exemptions=(
            exemption(make_filter({"User": "bob"}), 1),
            exemption(make_filter({"User": ["kim", "bob"]}), 2),
        )
    )
    applied = Overlay(tuning, rules).apply([KIM, BOB], all_matches(rules), at=NOW)
    assert {(hidden.exemption_id, hidden.count) for hidden in applied.hidden} == {(UUID(int=1), 1), (UUID(int=2), 1)}


def test_an_exception_ends_at_its_very_moment() -> None:
    rules = (make_rule(1),)
    overlay = Overlay(Tuning(exemptions=(exemption(make_filter({"User": "kim"})),)), rules)
    just_before = LATER - timedelta(microseconds=1)
    assert overlay.apply([KIM], Matches([0], [0]), at=just_before).matches == Matches([], [])
    assert overlay.apply([KIM], Matches([0], [0]), at=LATER).matches == Matches([0], [0])


def test_levels_change_the_rules_that_alerts_are_made_from_and_nothing_else() -> None:
    rules = (make_rule(1), make_rule(2))
    overlay = Overlay(Tuning(levels={rules[1].id: "low"}), rules)
    assert [rule.level for rule in overlay.rules] == ["high", "low"]
    assert [rule.level for rule in overlay.rules[1:]] == ["low"]
    assert len(overlay.rules) == 2
    assert overlay.rules[0] is rules[0]
    assert overlay.rules[1].content_hash == rules[1].content_hash
    assert rules[1].level == "high"


def test_a_rule_whose_lists_are_not_filled_is_inactive_even_where_it_would_hold_without_them() -> None:
    rules = (make_rule(1, AllOf((OnField("Image", Text(("a.exe",))), Not(ON_LIST)))), make_rule(2, ON_LIST))
    matches = PlainEngine(rules).match([KIM])
    assert matches == Matches([0, 0], [0, 1])
    applied = Overlay(Tuning(), rules).apply([KIM], matches, at=NOW)
    assert (applied.matches, applied.hidden) == (Matches([], []), ())
    assert [missing_lists(rule, {}) for rule in rules] == [("admins",), ("admins",)]


def test_filled_lists_decide_a_match_exactly() -> None:
    rules = (make_rule(1, ON_LIST), make_rule(2, Not(ON_LIST)), make_rule(3, Keyword(Listed((ListName("admins"),)))))
    tuning = Tuning(lists={"admins": (pattern_of("k*"), pattern_of("zoe"))})
    matches = PlainEngine(rules).match([KIM, BOB])
    applied = Overlay(tuning, rules).apply([KIM, BOB], matches, at=NOW)
    assert applied.matches == Matches([0, 0, 1], [0, 2, 1])
    assert applied.hidden == ()
    assert missing_lists(rules[0], tuning.lists) == ()


def test_lists_that_stand_for_too_many_texts_leave_a_rule_inactive() -> None:
    rules = (make_rule(1, ON_LIST),)
    tuning = Tuning(lists={"admins": tuple((f"user{number}",) for number in range(2_000))})
    applied = Overlay(tuning, rules).apply([KIM], Matches([0], [0]), at=NOW)
    assert applied.matches == Matches([], [])


def test_an_exception_may_use_the_tenants_lists_and_hides_nothing_without_them() -> None:
    rules = (make_rule(1),)
    exempt = exemption(make_filter({"User|expand": "%admins%"}))
    listed = {"admins": (pattern_of("kim"),)}
    filled = Overlay(Tuning(exemptions=(exempt,), lists=listed), rules)
    assert filled.apply([KIM, BOB], all_matches(rules), at=NOW).matches == Matches([1], [0])
    empty = Overlay(Tuning(exemptions=(exempt,)), rules)
    assert empty.apply([KIM, BOB], all_matches(rules), at=NOW).matches == all_matches(rules)
    assert (is_effective(exempt, listed), is_effective(exempt, {})) == (True, False)


def test_a_correlation_is_hidden_by_its_name_and_by_no_log_source() -> None:
    counted = Correlation(
        kind="event_count", rules=(str(UUID(int=1)),), group_by=(), timespan_seconds=60, bounds=(Bound("gte", 2),)
    )
    rules = (make_rule(1), make_rule(2, NEVER, correlation=counted, logsource=LogSource()))
    for named, kept in (("any", Matches([0], [1])), (["rule_2"], Matches([0], [0]))):
        tuning = Tuning(exemptions=(exemption(make_filter({"User": "kim"}, rules=named)),))
        assert Overlay(tuning, rules).apply([KIM], all_matches(rules, 1), at=NOW).matches == kept


def test_what_an_overlay_left_it_leaves_again() -> None:
    rules = (make_rule(1), make_rule(2))
    tuning = Tuning(disabled=frozenset({rules[1].id}), exemptions=(exemption(make_filter({"User": "kim"})),))
    overlay = Overlay(tuning, rules)
    first = overlay.apply([KIM, BOB], all_matches(rules), at=NOW)
    again = overlay.apply([KIM, BOB], first.matches, at=NOW)
    assert (again.matches, again.hidden) == (first.matches, ())


def test_nothing_is_compiled_before_a_match_of_the_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[Condition] = []

    def note(condition: Condition) -> Predicate:
        compiled.append(condition)
        return compile_condition(condition)

    monkeypatch.setattr(overlay_module, "compile_condition", note)
    rules = (make_rule(1), make_rule(2))
    tuning = Tuning(
        exemptions=(
            exemption(make_filter({"User": "kim"}, rules=["rule_1"]), 1),
            exemption(make_filter({"User": "bob"}, rules=["rule_2"]), 2),
        )
    )
    overlay = Overlay(tuning, rules)
    assert compiled == []
    for _ in range(3):
        overlay.apply([KIM], Matches([0], [0]), at=NOW)
    assert compiled == [hidden_by(tuning.exemptions[0].written)]


def test_an_overlay_keeps_a_bounded_number_of_verdicts_and_stays_right() -> None:
    rules = tuple(make_rule(number) for number in range(1, MOST_VERDICTS + 200))
    overlay = Overlay(Tuning(disabled=frozenset({rules[5].id})), rules)
    for _ in range(2):
        applied = overlay.apply([KIM], all_matches(rules, 1), at=NOW)
        assert len(applied.matches.rule) == len(rules) - 1
