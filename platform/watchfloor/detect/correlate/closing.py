"""Conditions that are answered when a window closes. See `plan` for which these are, and why."""

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby
from math import ceil

import msgspec

from watchfloor.detect.correlate.plan import SECOND, Step
from watchfloor.detect.correlate.rising import Chains, number_of, places_of
from watchfloor.detect.correlate.window import MAX_COPIES, Copy, Entry, Window, slice_of


class Closed(msgspec.Struct, frozen=True, kw_only=True):
    """A window that closed and met its condition. `last` is the match that stands for it, `body` its event, packed."""

    begin: int
    end: int
    last: Entry
    body: bytes | None


def due(step: Step, window: Window) -> int | None:
    """The second from which on the group's first window can be closed; None if it holds nothing.

    That is when its timespan and the time for late events are over; for events that were themselves received late
    (somebody reads in last month's log), that time counts from their receipt.
    """
    if not window.entries:
        return None
    end = window.entries[0].at + step.timespan
    received = max(entry.until for entry in slice_of(window.entries, 0, end))
    return max(-(-(end + step.grace) // SECOND), received - step.timespan // SECOND)


def close(step: Step, window: Window, *, now: int) -> list[Closed]:
    """Closes the windows that are due at `now` (seconds), lets go of what was in them, returns those that are met."""
    met: list[Closed] = []
    while (at := due(step, window)) is not None and at <= now:
        begin = window.entries[0].at
        end = begin + step.timespan
        inside = slice_of(window.entries, begin, end)
        last = _met(step, inside)
        if last is not None:
            met.append(Closed(begin=begin, end=end, last=last, body=_copy_near(window, last.at)))
        window.entries = window.entries[len(inside) :]
        window.closed = end
        first = window.entries[0].at - step.timespan if window.entries else None
        window.copies = [] if first is None else [copy for copy in window.copies if copy.at >= first]
    return met


def keep_copy(step: Step, window: Window, copy: Copy) -> None:
    """Keeps the event whole, if there is none yet of about its time."""
    width = max(step.timespan // 2, (step.timespan + step.grace) // MAX_COPIES)
    if any(kept.at // width == copy.at // width for kept in window.copies):
        return
    window.copies = sorted([*window.copies, copy], key=lambda kept: kept.at)[:MAX_COPIES]


def _copy_near(window: Window, at: int) -> bytes | None:
    """The event that is to carry a closed window's match: the kept one next to the match that stands for it."""
    nearest = min(window.copies, key=lambda kept: abs(kept.at - at), default=None)
    return None if nearest is None else nearest.body


def _met(step: Step, entries: Sequence[Entry]) -> Entry | None:
    """The last match, if the figure of the window is within all bounds."""
    bounds = step.correlation.bounds
    if step.shares:
        for value in _shares_within(step, entries):
            return next(entry for entry in reversed(entries) if entry.value == value)
        return None
    figure = _figure(step, entries)
    return entries[-1] if all(bound.holds(figure) for bound in bounds) else None


def _figure(step: Step, entries: Sequence[Entry]) -> float | Fraction:
    numbers = [number_of(entry.value) for entry in entries]
    figure: float | Fraction
    match step.correlation.kind:
        case "event_count":
            figure = sum(entry.weight for entry in entries)
        case "value_count":
            figure = len({entry.value for entry in entries})
        case "temporal":
            figure = len({place for entry in entries for place in places_of(entry.rules)})
        case "temporal_ordered":
            figure = _longest_chain(step, entries)
        case "value_sum":
            figure = sum(numbers, Fraction(0))
        case "value_avg":
            figure = sum(numbers, Fraction(0)) / len(numbers)
        case "value_percentile":
            figure = _percentile(numbers, step.correlation.percentile or 0.0)
    return figure


def _longest_chain(step: Step, entries: Sequence[Entry]) -> int:
    rules = len(step.correlation.rules)
    chains = Chains(rules, rules)
    for _, together in groupby(entries, lambda entry: entry.at // SECOND):
        chains.add(together)
    return chains.longest()


def _percentile(numbers: Sequence[Fraction | int], percentile: float) -> Fraction | int:
    """By nearest rank: the smallest of the numbers that at least so many percent of them do not exceed."""
    rank = max(1, ceil(Fraction(percentile) * len(numbers) / 100))
    return sorted(numbers)[rank - 1]


def _shares_within(step: Step, entries: Sequence[Entry]) -> Iterator[bytes | int | float | None]:
    counts = Counter(entry.value for entry in entries)
    for value, count in sorted(counts.items(), key=lambda item: (item[1], str(item[0]))):
        share = Fraction(100 * count, len(entries))
        if all(bound.holds(share) for bound in step.correlation.bounds):
            yield value
