"""What a group may let go of without any answer changing, so that a flood of matches costs a bounded number of rows.

A timespan is cut into equal buckets, at most half as long as the timespan (and half as long as that of any correlation
that looks at this one). Any window that is asked about either covers a bucket whole, or cuts it once: it then has the
bucket's beginning or its end. So of each bucket those first and those last matches are kept that meet the condition by
themselves:

- a count of N: the first N and the last N. A window with more than N of them has N of those kept; one with fewer has
  all of them kept. The same holds for the first and last occurrences of N different values, and for numbers that add up
  to the wanted sum.
- different rules, in any order: the first and the last match of each rule.
- different rules in order: the same, in buckets of one second, within which every order counts.

What is kept of two sets together is what is kept of what is kept of each; so the order of arrival changes nothing, and
a match that comes again after it was let go is let go again. A moment that is met and is let go has a kept one in its
bucket, and a timespan is whole buckets, so that it fires no less.

Past `MAX_ENTRIES` all the same (a count or a sum that needs tens of thousands, hours of late floods), `coarsen` joins
neighbours: counts and sums stay what they are, the moment of a match becomes less exact, and a joined match that comes
again counts again. What cannot be joined is let go from the oldest on, and counted in `Window.lost`.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Final

from watchfloor.detect.correlate.plan import Step
from watchfloor.detect.correlate.rising import number_of, places_of
from watchfloor.detect.correlate.window import MAX_ENTRIES, Entry, Window

_SMALL: Final = 64
"""Up to this many matches, thinning is not worth its time."""


def thin(step: Step, window: Window) -> None:
    """Lets go of what cannot change any answer, then of what is too much."""
    if step.is_thinned and len(window.entries) > _SMALL:
        kept: list[Entry] = []
        for _, together in groupby(window.entries, lambda entry: entry.at * step.buckets // step.timespan):
            kept += _thin_bucket(step, list(together))
        window.entries = kept
    if len(window.entries) > MAX_ENTRIES:
        coarsen(step, window)


def coarsen(step: Step, window: Window) -> None:
    """Brings the group down to `MAX_ENTRIES`."""
    entries = window.entries
    if not step.ways and step.correlation.kind in {"value_sum", "event_count"}:
        while len(entries) > MAX_ENTRIES:
            entries = [_joined(step, entries[index : index + 2]) for index in range(0, len(entries), 2)]
        window.entries = entries
        return
    excess = len(entries) - MAX_ENTRIES
    window.lost += excess
    window.entries = entries[excess:]


def _thin_bucket(step: Step, bucket: list[Entry]) -> list[Entry]:
    if len(bucket) <= 2:
        return bucket
    kept: set[int] = set()
    for numbers in (range(len(bucket)), range(len(bucket) - 1, -1, -1)):
        kept |= _covering(step, bucket, numbers)
    if step.ways:
        kept |= _of_each_kind(bucket, most=step.onward_target + int(step.target or 0))
    return [bucket[number] for number in sorted(kept)]


def _covering(step: Step, bucket: Sequence[Entry], numbers: Iterable[int]) -> set[int]:
    """The first matches, in this direction, that meet the condition by themselves."""
    match step.correlation.kind:
        case "event_count":
            return _until_enough(numbers, lambda number: bucket[number].weight, step.target or 0)
        case "value_sum":
            return _until_enough(numbers, lambda number: float(number_of(bucket[number].value)), step.target or 0)
        case "value_count":
            return _first_of_each(numbers, lambda number: (bucket[number].value,), most=int(step.target or 0))
        case _:
            rules = len(step.correlation.rules)
            return _first_of_each(numbers, lambda number: tuple(places_of(bucket[number].rules)), most=rules)


def _until_enough(numbers: Iterable[int], mass: Callable[[int], float], target: float) -> set[int]:
    kept: set[int] = set()
    total = 0.0
    for number in numbers:
        if total >= target:
            break
        kept.add(number)
        total += mass(number)
    return kept


def _first_of_each(numbers: Iterable[int], kinds: Callable[[int], tuple[object, ...]], *, most: int) -> set[int]:
    kept: set[int] = set()
    seen: set[object] = set()
    for number in numbers:
        if len(seen) >= most:
            break
        found = kinds(number)
        if not seen.issuperset(found):
            seen.update(found)
            kept.add(number)
    return kept


def _of_each_kind(bucket: Sequence[Entry], *, most: int) -> set[int]:
    """The first and last `most` of those that are the same to the correlations that look on."""
    alike: dict[object, list[int]] = {}
    for number, entry in enumerate(bucket):
        alike.setdefault(entry.onward, []).append(number)
    return {number for numbers in alike.values() for number in (*numbers[:most], *numbers[-most:])}


def _joined(step: Step, pair: Sequence[Entry]) -> Entry:
    first, last = pair[0], pair[-1]
    if first is last:
        return first
    value = first.value
    if step.correlation.kind == "value_sum":
        total = number_of(first.value) + number_of(last.value)
        value = int(total) if total.denominator == 1 and -(2**63) < total < 2**63 else float(total)
    return Entry(
        at=first.at,
        key=first.key,
        rules=first.rules | last.rules,
        until=max(first.until, last.until),
        value=value,
        weight=first.weight + last.weight,
        used=first.used and last.used,
    )
