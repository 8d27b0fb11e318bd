"""What each kind of correlation counts, when it fires, and what it looks at in an event."""

from typing import Final

import pytest

from tests.unit.correlation_cases import NOON, Stream, correlation, event, identity, rule
from watchfloor.detect.correlate.correlator import Correlator
from watchfloor.detect.correlate.packing import pack, unpack
from watchfloor.detect.correlate.window import MAX_COPIES, MAX_ENTRIES
from watchfloor.detect.correlation import Alias, Correlation
from watchfloor.detect.rule import Rule
from watchfloor.normalise.event import Event, FieldValue

HOUR: Final = 3_600


def stream(of: Correlation, *more: Rule, letters: str = "abc") -> Stream:
    return Stream(*(rule(letter) for letter in letters), *more, rule("C", correlation=of))


def test_a_count_fires_on_the_event_that_fills_a_sliding_window() -> None:
    one = stream(correlation("event_count", ["a"], seconds=60, gte=3))
    assert one.feed(event(50), event(100)) == []
    assert one.feed(event(109)) == [("C", 109)], "no minute on the clock holds all three"
    assert stream(correlation("event_count", ["a"], seconds=60, gte=3)).feed(*map(event, (0, 30, 60))) == [("C", 60)]
    assert stream(correlation("event_count", ["a"], seconds=60, gte=3)).feed(*map(event, (0, 30, 60.001))) == []


def test_an_attack_that_goes_on_fires_once_a_timespan() -> None:
    one = stream(correlation("event_count", ["a"], seconds=60, gte=3))
    told = [fired for at in range(0, 600, 2) for fired in one.feed(event(at))]
    assert [at for _, at in told] == [4, *range(60, 600, 60)]


def test_an_event_that_several_rules_match_is_one_event_and_counts_for_each_rule() -> None:
    assert stream(correlation("event_count", ["a", "b"], gte=2)).feed(event(0, "ab")) == []
    assert stream(correlation("temporal", ["a", "b"], gte=2)).feed(event(0, "ab")) == [("C", 0)]


def test_an_event_without_a_group_field_is_in_no_group_and_letter_case_is_nothing() -> None:
    one = stream(correlation("event_count", ["a"], group_by=["g", "h"], gte=2))
    assert one.feed(event(0), event(1), event(2, h=""), event(3, h=" "), event(4, h=None), event(5, h=[])) == []
    assert one.feed(event(6, g="X", h="K"), event(7, h="k")) == [("C", 7)]
    assert stream(correlation("event_count", ["a"], group_by=[], gte=2)).feed(event(0, g="x"), event(1, g="y")) == [
        ("C", 1)
    ]


def test_nested_and_listed_group_fields_count_with_all_their_values() -> None:
    one = stream(correlation("event_count", ["a"], group_by=["user.names"], gte=2))
    assert one.feed(event(0, user={"names": ["kim", "lee"]}), event(1, user={"names": ["kim"]})) == []
    assert one.feed(event(2, user={"names": ["KIM", "Lee"]})) == [("C", 2)]


def test_an_alias_stands_for_another_field_in_each_rule() -> None:
    who = Alias("who", ((identity("a"), "source"), (identity("b"), "target")))
    one = stream(correlation("temporal", ["a", "b"], group_by=["who"], aliases=[who], gte=2))
    assert one.feed(event(0, "a", source="10.1", target="10.2"), event(1, "b", source="10.1", target="10.3")) == []
    assert one.feed(event(2, "b", source="10.9", target="10.1")) == [("C", 2)]


def test_values_are_counted_once_each_and_lists_value_by_value() -> None:
    one = stream(correlation("value_count", ["a"], fields=["v"], gte=3))
    assert one.feed(event(0, v="p"), event(1, v="P"), event(2, v="q"), event(3), event(4, v="")) == []
    assert one.feed(event(5, v=["p", "r"])) == [("C", 5)]
    both = stream(correlation("value_count", ["a"], fields=["v", "w"], gte=3))
    assert both.feed(event(0, v="p", w=1), event(1, v="p", w=1), event(2, v="p", w=2), event(3, v="q")) == []
    assert both.feed(event(4, v="q", w=1)) == [("C", 4)]


SUMS: Final[list[tuple[tuple[FieldValue, ...], bool]]] = [
    ((60, "40.5"), True),
    ((60, 40), False),
    ((100.00001,), True),
    ((60, "forty", None, True, [], {"n": 50}), False),
    (([50, "51"],), True),
    ((-50, 90, 20), True),
    ((0.1,) * 10, False),
    ((1e400, "1e999"), False),
]


@pytest.mark.parametrize(("values", "fires"), SUMS)
def test_numbers_are_added_exactly_and_what_is_no_number_is_not_counted(
    values: tuple[FieldValue, ...], fires: bool
) -> None:
    one = stream(correlation("value_sum", ["a"], fields=["n"], gt=100))
    assert bool(one.feed(*(event(at, n=value) for at, value in enumerate(values)))) is fires


def test_ten_tenths_are_no_more_than_one() -> None:
    one = stream(correlation("value_sum", ["a"], fields=["n"], gte=1))
    assert one.feed(*(event(at, n=0.125) for at in range(8))) == [("C", 7)]


def test_temporal_wants_all_rules_in_any_order_and_ordered_in_theirs() -> None:
    anyhow = correlation("temporal", ["a", "b", "c"], seconds=60, gte=3)
    assert stream(anyhow).feed(event(0, "c"), event(1, "a"), event(2, "b")) == [("C", 2)]
    assert stream(anyhow).feed(event(0, "c"), event(1, "a"), event(61, "b")) == []
    ordered = correlation("temporal_ordered", ["a", "b", "c"], seconds=60, gte=3)
    assert stream(ordered).feed(event(0, "c"), event(1, "a"), event(2, "b")) == []
    assert stream(ordered).feed(event(0, "a"), event(1, "b"), event(2, "a"), event(3, "c")) == [("C", 3)]
    assert stream(ordered).feed(event(0.9, "a"), event(0.5, "b"), event(0.1, "c")) == [("C", 0.1)]
    assert stream(ordered).feed(event(0, "a"), event(30, "b"), event(60.5, "c")) == []
    assert stream(ordered).feed(event(5, "c"), event(3, "b")) == []


def test_an_event_that_comes_late_completes_what_came_before_it() -> None:
    ordered = stream(correlation("temporal_ordered", ["a", "b"], seconds=60, gte=2))
    assert ordered.feed(event(30, "b")) == []
    assert ordered.feed(event(10, "a")) == [("C", 10)], "the late event carries what it completed"
    assert ordered.feed(event(31, "b")) == []


def test_a_correlation_over_correlations_goes_by_its_own_group() -> None:
    inner = rule("I", correlation=correlation("event_count", ["a"], seconds=60, group_by=["host", "g"], gte=3))
    one = stream(correlation("temporal_ordered", ["I", "b"], seconds=60, gte=2), inner)
    told = one.feed(*(event(at, host="h1") for at in (0, 10, 20)), event(70, "b", host="h2"))
    assert told == [("I", 20), ("C", 70)]
    assert one.feed(event(200, host="h1"), event(201, host="h2"), event(202, host="h3"), event(203, "b")) == []


def test_the_inner_correlation_goes_on_being_met_after_it_has_fired() -> None:
    inner = rule("I", correlation=correlation("event_count", ["a"], seconds=600, gte=3))
    one = stream(correlation("temporal_ordered", ["I", "b"], seconds=60, gte=2), inner)
    told = one.feed(*(event(at) for at in range(0, 500, 100)), event(450, "b"))
    assert told == [("I", 200), ("C", 450)]


@pytest.mark.parametrize(
    ("of", "seconds", "fires"),
    [
        (correlation("event_count", ["a"], lt=3), (0, 30), True),
        (correlation("event_count", ["a"], lt=3), (0, 30, 60), False),
        (correlation("event_count", ["a"], eq=2), (0, 30, 61), True),
        (correlation("event_count", ["a"], eq=2), (0,), False),
        (correlation("event_count", ["a"], neq=2), (0, 30), False),
        (correlation("event_count", ["a"], gte=2, lte=3), (0, 1, 2), True),
        (correlation("event_count", ["a"], gte=2, lte=3), (0, 1, 2, 3), False),
        (correlation("temporal", ["a", "b"], lt=2), (0, 1), True),
        (correlation("temporal_ordered", ["a", "b"], eq=2), (0, 1), False),
    ],
)
def test_a_bound_that_more_events_can_undo_is_answered_when_the_window_is_over(
    of: Correlation, seconds: tuple[int, ...], fires: bool
) -> None:
    one = stream(of)
    for at in seconds:
        assert one.feed(event(at)) == []
    assert one.close(at=60 + HOUR - 1) == []
    assert [title for title, _ in one.close(at=60 + HOUR)] == ["C"] * fires


def test_windows_that_close_follow_each_other_from_the_first_event_on() -> None:
    one = stream(correlation("event_count", ["a"], seconds=60, eq=2))
    assert one.feed(*map(event, (10, 70, 71, 100, 140, 141))) == []
    assert one.close() == [("C", 70), ("C", 100), ("C", 140)]


def test_late_events_change_what_a_window_that_is_still_open_will_say() -> None:
    one = stream(correlation("event_count", ["a"], seconds=60, lt=3))
    one.feed(event(0), event(50))
    one.feed(event(20, late=HOUR - 20))
    assert one.close(at=60 + HOUR) == []
    assert one.close() == []


@pytest.mark.parametrize(
    ("of", "numbers", "fires"),
    [
        (correlation("value_avg", ["a"], fields=["n"], gt=2), (1, 2, 4), True),
        (correlation("value_avg", ["a"], fields=["n"], gt=2), (1, 2, 3), False),
        (correlation("value_percentile", ["a"], fields=["n"], percentile=50, gte=3), (1, 2, 3, 4, 5), True),
        (correlation("value_percentile", ["a"], fields=["n"], percentile=50, gt=3), (1, 2, 3, 4, 5), False),
        (correlation("value_percentile", ["a"], fields=["n"], percentile=100, gte=5), (1, 2, 3, 4, 5), True),
        (correlation("value_percentile", ["a"], fields=["n"], percentile=0, lte=1), (5, 4, 1), True),
        (correlation("value_percentile", ["a"], fields=["n"], lte=10), ("p",) * 9 + ("q",), True),
        (correlation("value_percentile", ["a"], fields=["n"], lte=9), ("p",) * 9 + ("q",), False),
        (correlation("value_sum", ["a"], fields=["n"], lt=5), (1, 2), True),
        (correlation("value_count", ["a"], fields=["n"], eq=2), (1, 2, 2, 1), True),
    ],
)
def test_averages_percentiles_and_shares_are_answered_when_the_window_is_over(
    of: Correlation, numbers: tuple[FieldValue, ...], fires: bool
) -> None:
    one = stream(of)
    assert one.feed(*(event(at, n=number) for at, number in enumerate(numbers))) == []
    assert bool(one.close()) is fires


def test_a_correlation_may_look_at_one_that_closes() -> None:
    inner = rule("I", correlation=correlation("event_count", ["a"], seconds=60, lt=3))
    one = stream(correlation("event_count", ["I"], seconds=6 * HOUR, gte=2), inner)
    one.feed(event(0), event(HOUR))
    assert sorted(one.close()) == [("C", HOUR), ("I", 0), ("I", HOUR)]


def test_a_flood_keeps_little_and_says_the_same() -> None:
    one = stream(correlation("event_count", ["a"], seconds=60, gte=10))
    told = one.feed(*(event(number / 500, number=number) for number in range(50_000)))
    assert [at for _, at in told] == [0.018, 60.0]
    ((_, window),) = one.windows.windows.items()
    assert len(window.entries) <= 2 * 10 * 4
    assert window.lost == 0
    assert one.feed(event(159.9)) == [("C", 159.9)]
    assert one.feed(event(170)) == []


def test_a_sum_of_more_numbers_than_can_be_kept_stays_a_sum() -> None:
    one = stream(correlation("value_sum", ["a"], seconds=600, fields=["n"], gte=40_000))
    flood = [event(number / 100, n=1, number=number) for number in range(39_999)]
    assert one.feed(*flood[:20_000]) == []
    assert one.feed(*flood[20_000:]) == []
    ((_, window),) = one.windows.windows.items()
    assert len(window.entries) <= MAX_ENTRIES
    assert one.feed(event(400, n=1)) == [("C", 400)]


def test_what_cannot_be_joined_is_let_go_and_counted() -> None:
    one = stream(correlation("value_count", ["a"], seconds=600, fields=["v"], gte=50_000))
    one.feed(*(event(number / 100, v=number) for number in range(MAX_ENTRIES + 7)))
    ((_, window),) = one.windows.windows.items()
    assert (len(window.entries), window.lost) == (MAX_ENTRIES, 7)


def test_few_events_are_kept_whole_however_many_come() -> None:
    one = stream(correlation("event_count", ["a"], seconds=600, lt=3))
    one.feed(*(event(at, number=at) for at in range(0, 9_000, 3)))
    ((_, window),) = one.windows.windows.items()
    assert 1 <= len(window.copies) <= MAX_COPIES


def test_an_event_comes_out_of_its_copy_as_it_went_in() -> None:
    whole: Event = event(3, "abc", nested={"a": [1, 2.5, None, True, {"b": "ü"}]})
    assert unpack(pack(whole)) == whole
    assert whole.time > NOON


def test_a_correlation_whose_rules_are_not_all_there_is_left_out_with_what_needs_it() -> None:
    inner = rule("I", correlation=correlation("event_count", ["missing"], gte=2))
    outer = rule("C", correlation=correlation("temporal", ["I", "a"], gte=2))
    assert Correlator([rule("a"), inner, outer]).steps == ()
