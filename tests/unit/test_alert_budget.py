"""Which new alerts pass when a rule opens too many: the first ones, then newcomers, as far as there is room."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchfloor.alerts.noise.budget import Budgets, Opening, Ruling, rule_on
from watchfloor.detect.rule import LEVELS

NOON: Final = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def opening(place: int, *subjects: str, at: int | None = None) -> Opening:
    moment = NOON + timedelta(seconds=place if at is None else at)
    return Opening(place=place, first_seen=moment, subjects=frozenset(one.encode() for one in subjects))


def ruling(*openings: Opening, budget: int = 2, opened: int = 0, reserved: int = 0, seen: str = "") -> Ruling:
    known = frozenset(one.encode() for one in seen.split())
    return rule_on(openings, budget=budget, opened=opened, reserved=reserved, seen=known)


def test_the_first_alerts_in_time_take_the_budget() -> None:
    found = ruling(opening(0, "a", at=9), opening(1, "a", at=1), opening(2, "a", at=2), seen="a")
    assert (found.passed, found.held, found.reserved) == ((1, 2), (0,), 0)


def test_a_newcomer_passes_by_the_reserve_once() -> None:
    found = ruling(opening(0, "new"), opening(1, "new"), opening(2, "old"), opened=2, seen="old")
    assert (found.passed, found.held, found.reserved) == ((0,), (1, 2), 1)


def test_the_reserve_ends_too() -> None:
    found = ruling(*(opening(n, f"host-{n}") for n in range(10)), opened=2)
    assert (len(found.passed), len(found.held), found.reserved) == (2, 8, 2)
    assert ruling(opening(0, "late"), opened=4, reserved=2).held == (0,)


def test_who_names_nobody_is_no_newcomer() -> None:
    assert ruling(opening(0), opened=2).held == (0,)


def test_one_new_subject_among_known_ones_is_enough() -> None:
    assert ruling(opening(0, "old", "new"), opened=2, seen="old").passed == (0,)


@given(
    subjects=st.lists(st.sets(st.sampled_from("abcdefgh"), max_size=2), max_size=40),
    cuts=st.lists(st.integers(0, 40), max_size=4),
    budget=st.integers(1, 6),
)
def test_batches_of_any_size_pass_and_hold_as_one_batch_does(
    subjects: list[set[str]], cuts: list[int], budget: int
) -> None:
    openings = [opening(place, *names) for place, names in enumerate(subjects)]
    whole = rule_on(openings, budget=budget, opened=0, reserved=0, seen=frozenset())
    passed: list[int] = []
    held: list[int] = []
    reserved, seen = 0, frozenset[bytes]()
    edges = sorted({0, *(min(cut, len(openings)) for cut in cuts), len(openings)})
    for begin, end in itertools.pairwise(edges):
        part = openings[begin:end]
        found = rule_on(part, budget=budget, opened=len(passed), reserved=reserved, seen=seen)
        passed += found.passed
        held += found.held
        reserved += found.reserved
        seen = seen.union(*(one.subjects for one in part))
    assert (tuple(passed), tuple(held), reserved) == (whole.passed, whole.held, whole.reserved)
    assert len(passed) <= 2 * budget
    assert len(passed) + len(held) == len(openings)


def test_only_critical_rules_have_no_budget() -> None:
    assert [level for level in LEVELS if Budgets().of(level) is None] == ["critical"]


@pytest.mark.parametrize("text", ['{"medium": 0}', '{"medium": 100001}', '{"critical": 5}', '{"medium": "many"}'])
def test_a_budget_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(text, type=Budgets)
