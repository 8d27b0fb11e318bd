"""Whatever the order of arrival, the batches and the repeats: correlations fire for the same groups and timespans.

Each example is also held against an evaluator that looks at every window, and thinning is made to work at its hardest.
"""

import random
from collections.abc import Sequence
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.correlation_cases import Stream, cells, correlation, event, identity, met_moments, rule
from watchfloor.detect.correlate import thinning
from watchfloor.detect.correlation import Correlation
from watchfloor.normalise.event import Event

# A failing example is a long stream of events; that its text is long is no fault.
pytestmark = pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")

KINDS: Final = {
    "count": correlation("event_count", ["a", "b"], seconds=10, gte=3),
    "count more": correlation("event_count", ["a"], seconds=7, gt=4),
    "values": correlation("value_count", ["a", "b"], seconds=10, fields=["v"], gte=3),
    "sum": correlation("value_sum", ["a"], seconds=10, fields=["n"], gt=5),
    "sum of fractions": correlation("value_sum", ["a", "b"], seconds=10, fields=["n"], gte=6.25),
    "temporal": correlation("temporal", ["a", "b", "c"], seconds=10, gte=3),
    "two of three": correlation("temporal", ["a", "b", "c"], seconds=5, gte=2),
    "ordered": correlation("temporal_ordered", ["a", "b", "c"], seconds=10, gte=3),
    "two in order": correlation("temporal_ordered", ["a", "b", "c"], seconds=5, gt=1),
}


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[Event], list[list[Event]]]:
    """Events in a few groups, dense enough to fill windows, and the same shuffled, repeated and cut in batches."""
    dice = random.Random(draw(st.integers(0, 2**32)))
    most = draw(st.sampled_from([40, 120, 240]))
    moments = [dice.randrange(most) for _ in range(draw(st.integers(1, 70)))]
    events = [
        event(
            moment / 4,
            "".join(sorted(set(dice.choices("abc", k=dice.choice([1, 1, 1, 2]))))),
            g=dice.choice("xxy"),
            v=dice.choice("pqrst"),
            n=dice.choice([0, 0.25, 1, 2, 3]),
            number=number,
        )
        for number, moment in enumerate(moments)
    ]
    arriving = events + dice.choices(events, k=len(events) // 4)
    dice.shuffle(arriving)
    batches: list[list[Event]] = []
    while arriving:
        size = dice.choice([1, 2, 5, 30])
        batches.append(arriving[:size])
        arriving = arriving[size:]
    return events, batches


def of_group(events: Sequence[Event], g: str) -> list[Event]:
    return [e for e in events if e.fields["g"] == g]


def expected(of: Correlation, events: Sequence[Event], stream: Stream) -> dict[tuple[str, str], list[int]]:
    found: dict[tuple[str, str], list[int]] = {}
    for g in "xy":
        own = [e for e in of_group(events, g) if any(identity(letter) in of.rules for letter in str(e.fields["is"]))]
        if own and (fired := cells(of, own)):
            found["C", stream.group("C", own[0])] = fired
    return found


@pytest.fixture(params=[0, 64], ids=["thinned", "whole"])
def small(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thinning, "_SMALL", request.param)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("of", KINDS.values(), ids=KINDS)
def test_the_same_timespans_fire_in_any_order_and_they_are_the_right_ones(of: Correlation) -> None:
    rules = (*(rule(name) for name in "abc"), rule("C", correlation=of))

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(streams())
    def check(example: tuple[list[Event], list[list[Event]]]) -> None:
        events, batches = example
        stream = Stream(*rules)
        told = [fired for batch in batches for fired in stream.feed(*batch)]
        right = expected(of, events, stream)
        assert stream.fired() == right
        assert len(told) <= sum(len(fired) for fired in right.values())

    check()


def test_all_matches_of_a_chain_lie_within_the_timespan_whatever_their_order_in_a_second() -> None:
    stream = Stream(*(rule(name) for name in "abc"), rule("C", correlation=KINDS["ordered"]))
    early = [event(5, "b", g="x", v="p", n=1, number=1), event(5.75, "a", g="x", v="p", n=1, number=2)]
    stream.feed(*early)
    assert not stream.feed(event(15.25, "c", g="x", v="p", n=1, number=3))
    assert stream.feed(event(15, "c", g="x", v="p", n=1, number=4))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("outer_group", ["g", "v"])
@pytest.mark.parametrize("kind", ["temporal_ordered", "temporal"])
def test_a_chain_of_correlations_sees_every_moment_at_which_the_inner_one_is_met(kind: str, outer_group: str) -> None:
    inner = correlation("event_count", ["a"], seconds=8, gte=3)
    outer = correlation(
        "temporal_ordered" if kind == "temporal_ordered" else "temporal",
        ["I", "b"],
        seconds=6,
        group_by=[outer_group],
        gte=2,
    )
    rules = (rule("a"), rule("b"), rule("I", correlation=inner), rule("C", correlation=outer))

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(streams())
    def check(example: tuple[list[Event], list[list[Event]]]) -> None:
        events, batches = example
        seen = [e for e in events if "a" in str(e.fields["is"])]
        met = [e for g in "xy" for e in met_moments(inner, of_group(seen, g))]
        stream = Stream(*rules)
        for batch in batches:
            stream.feed(*batch)
        right: list[int] = []
        for value in {str(e.fields[outer_group]) for e in events}:
            steps = [(e, "I") for e in met if e.fields[outer_group] == value]
            steps += [(e, "b") for e in events if e.fields[outer_group] == value and "b" in str(e.fields["is"])]
            right += _pairs(steps, ordered=kind == "temporal_ordered", seconds=6)
        found = sorted(cell for (title, _), fired in stream.fired().items() if title == "C" for cell in fired)
        assert found == sorted(right)

    check()


def _pairs(entries: Sequence[tuple[Event, str]], *, ordered: bool, seconds: int) -> set[int]:
    """The timespans in which one of each kind stand together."""
    found: set[int] = set()
    for first, kind in entries:
        for second, other in entries:
            apart = (second.time - first.time).total_seconds()
            if (kind, other) == ("I", "b") and ordered:
                together = int(first.time.timestamp()) <= int(second.time.timestamp()) and apart <= seconds
            else:
                together = not ordered and kind != other and 0 <= apart <= seconds
            if together:
                found.add(int(second.time.timestamp()) // seconds)
    return found
