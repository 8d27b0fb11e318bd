"""Thinning: whatever a group lets go of, every window that may ever be asked about says the same as before."""

import random
from collections.abc import Sequence
from typing import Final

import pytest

from tests.unit.correlation_cases import correlation, identity, rule
from watchfloor.detect.correlate import thinning
from watchfloor.detect.correlate.plan import SECOND, Step, make_plan
from watchfloor.detect.correlate.rising import number_of, places_of
from watchfloor.detect.correlate.window import Entry, Value, Window, add
from watchfloor.detect.correlation import Correlation

KINDS: Final = {
    "count": correlation("event_count", ["a"], seconds=10, gte=4),
    "values": correlation("value_count", ["a"], seconds=10, fields=["v"], gte=3),
    "sum": correlation("value_sum", ["a"], seconds=10, fields=["n"], gt=7),
    "temporal": correlation("temporal", ["a", "b", "c"], seconds=10, gte=3),
    "two of three": correlation("temporal", ["a", "b", "c"], seconds=10, gte=2),
}


@pytest.fixture(autouse=True)
def at_its_hardest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thinning, "_SMALL", 0)


def step_of(of: Correlation) -> Step:
    return make_plan([*(rule(name) for name in "abc"), rule("C", correlation=of)]).steps[0]


def entries(of: Correlation, dice: random.Random) -> list[Entry]:
    """Bursts, and some alone."""
    moments = [dice.randrange(40 * SECOND) for _ in range(dice.randrange(6))]
    for _ in range(dice.randrange(1, 6)):
        begin = dice.randrange(40 * SECOND)
        moments += [begin + dice.randrange(2 * SECOND) for _ in range(dice.randrange(1, 25))]
    choices: dict[str, list[Value]] = {"v": [b"p", b"q", b"r", b"s"], "n": [0, 1, 2, 0.5], "": [None]}
    values = choices[of.fields[0] if of.fields else ""]
    return [
        Entry(at, number.to_bytes(2, "big"), 1 << dice.randrange(3), 2**40, dice.choice(values))
        for number, at in enumerate(moments)
    ]


def says(step: Step, inside: Sequence[Entry]) -> bool:
    match step.correlation.kind:
        case "event_count":
            figure: float = len(inside)
        case "value_count":
            figure = len({entry.value for entry in inside})
        case "value_sum":
            figure = float(sum(number_of(entry.value) for entry in inside))
        case _:
            figure = len({place for entry in inside for place in places_of(entry.rules)})
    return all(bound.holds(figure) for bound in step.correlation.bounds)


@pytest.mark.parametrize("seed", range(60))
@pytest.mark.parametrize("of", KINDS.values(), ids=KINDS)
def test_every_window_says_the_same_of_what_is_kept_as_of_all(of: Correlation, seed: int) -> None:
    dice, step = random.Random(seed), step_of(of)
    everything = entries(of, dice)
    window = Window()
    arriving = dice.sample(everything, len(everything))
    while arriving:
        size = dice.choice([1, 3, 40])
        add(window, arriving[:size])
        thinning.thin(step, window)
        arriving = arriving[size:]
    kept = {entry.key for entry in window.entries}
    edges = {entry.at + shift for entry in everything for shift in (0, step.timespan, step.timespan - 1, -1)}
    for end in edges:
        inside = [entry for entry in everything if end - step.timespan <= entry.at <= end]
        assert says(step, [entry for entry in inside if entry.key in kept]) is says(step, inside)


@pytest.mark.parametrize("of", KINDS.values(), ids=KINDS)
def test_what_is_kept_hangs_on_the_matches_alone_and_not_on_their_order(of: Correlation) -> None:
    step = step_of(of)
    for seed in range(60):
        everything = entries(of, random.Random(seed))
        found: set[tuple[bytes, ...]] = set()
        for order in range(4):
            dice, window = random.Random(order), Window()
            for entry in dice.sample(everything, len(everything)) + dice.choices(everything, k=10):
                add(window, [Entry(entry.at, entry.key, entry.rules, entry.until, entry.value)])
                thinning.thin(step, window)
            found.add(tuple(entry.key for entry in window.entries))
        assert len(found) == 1


def test_a_flood_is_thinned() -> None:
    step = step_of(KINDS["count"])
    window = Window()
    add(window, (Entry(at * 1_000, at.to_bytes(4, "big"), 1, 2**40, None) for at in range(40_000)))
    thinning.thin(step, window)
    assert len(window.entries) == 8 * 8
    assert identity("a") in step.correlation.rules
