"""Conditions that more matches can never undo: at which moments they are met.

A moment is met if the window that ends with it, `timespan` long and both ends included, meets the condition.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import groupby
from typing import Final, Protocol

from watchfloor.detect.correlate.plan import SECOND, Step
from watchfloor.detect.correlate.window import Entry, Value

_NEVER: Final = -(2**62)


def met_moments(step: Step, entries: Sequence[Entry], *, since: int) -> list[int]:
    """The moments from `since` on at which the condition is met, in order.

    `entries` are all of the group's from `since` less the timespan on, in the order of time.
    """
    if step.correlation.kind == "temporal_ordered":
        return sorted({at for at in _met_in_order(step, entries) if at >= since})
    return [at for at in _met(step, entries, _tally(step)) if at >= since]


class _Tally(Protocol):
    """The figure of a window while it slides."""

    def add(self, entry: Entry) -> None: ...
    def remove(self, entry: Entry) -> None: ...
    def holds(self) -> bool: ...


def _met(step: Step, entries: Sequence[Entry], tally: _Tally) -> Iterator[int]:
    first = 0
    last = len(entries) - 1
    for number, entry in enumerate(entries):
        tally.add(entry)
        if number < last and entries[number + 1].at == entry.at:
            continue
        while entries[first].at < entry.at - step.timespan:
            tally.remove(entries[first])
            first += 1
        if tally.holds():
            yield entry.at


def _tally(step: Step) -> _Tally:
    match step.correlation.kind:
        case "value_count":
            return _Values(step)
        case "value_sum":
            return _Sum(step)
        case "temporal":
            return _Rules(step)
        case _:
            return _Count(step)


class _Count:
    """How many matches."""

    def __init__(self, step: Step) -> None:
        self._target = step.target or 0
        self._count = 0

    def add(self, entry: Entry) -> None:
        self._count += entry.weight

    def remove(self, entry: Entry) -> None:
        self._count -= entry.weight

    def holds(self) -> bool:
        return self._count >= self._target


class _Sum:
    """The sum of the numbers, exact."""

    def __init__(self, step: Step) -> None:
        self._bounds = step.correlation.bounds
        self._sum: Fraction | int = 0

    def add(self, entry: Entry) -> None:
        self._sum += number_of(entry.value)

    def remove(self, entry: Entry) -> None:
        self._sum -= number_of(entry.value)

    def holds(self) -> bool:
        return all(bound.holds(self._sum) for bound in self._bounds)


class _Values:
    """How many different values."""

    def __init__(self, step: Step) -> None:
        self._target = step.target or 0
        self._counts: Counter[Value] = Counter()

    def add(self, entry: Entry) -> None:
        self._counts[entry.value] += 1

    def remove(self, entry: Entry) -> None:
        self._counts[entry.value] -= 1
        if not self._counts[entry.value]:
            del self._counts[entry.value]

    def holds(self) -> bool:
        return len(self._counts) >= self._target


class _Rules:
    """How many different rules."""

    def __init__(self, step: Step) -> None:
        self._target = step.target or 0
        self._counts = [0] * len(step.correlation.rules)

    def add(self, entry: Entry) -> None:
        for place in places_of(entry.rules):
            self._counts[place] += 1

    def remove(self, entry: Entry) -> None:
        for place in places_of(entry.rules):
            self._counts[place] -= 1

    def holds(self) -> bool:
        return sum(1 for count in self._counts if count) >= self._target


def _met_in_order(step: Step, entries: Sequence[Entry]) -> Iterator[int]:
    """The moments that end a chain of matches of different rules, in the order of the correlation's rules.

    Order is told by whole seconds, because many sources write no finer: within one second every order counts.
    """
    wanted = int(step.target or 0)
    chains = Chains(len(step.correlation.rules), wanted)
    for _, together in groupby(entries, lambda entry: entry.at // SECOND):
        second = list(together)
        chains.add(second)
        for entry in second:
            start = max((chains.latest[wanted][place] for place in places_of(entry.rules)), default=_NEVER)
            if start >= entry.at - step.timespan:
                yield entry.at


class Chains:
    """`latest[n][p]`: the earliest moment of a chain of `n` rules that has come to rule `p`; of all, the latest.

    As every order counts within a second, the earliest moment need not be that of the chain's first rule.
    """

    def __init__(self, rules: int, longest: int) -> None:
        self.latest = [[_NEVER] * rules for _ in range(longest + 1)]

    def add(self, second: Iterable[Entry]) -> None:
        """Adds the matches of the next second."""
        seen: dict[int, int] = {}
        for entry in second:
            for place in places_of(entry.rules):
                seen[place] = max(seen.get(place, _NEVER), entry.at)
        for place in sorted(seen):
            self.latest[1][place] = seen[place]
            for length in range(2, len(self.latest)):
                before = max(self.latest[length - 1][:place], default=_NEVER)
                self.latest[length][place] = max(self.latest[length][place], min(before, seen[place]))

    def longest(self) -> int:
        """The length of the longest chain."""
        return max((length for length, starts in enumerate(self.latest) if max(starts) > _NEVER), default=0)


def places_of(rules: int) -> Iterator[int]:
    """The places of the bits that are set."""
    place = 0
    while rules:
        if rules & 1:
            yield place
        rules >>= 1
        place += 1


def number_of(value: Value) -> Fraction | int:
    """A number, exactly."""
    if isinstance(value, float):
        return Fraction(value)
    return value if isinstance(value, int) else 0
