"""Evaluates correlations: matches in, matches added. Holds no window itself: what is kept is handed in and out.

An invariant holds whatever the order in which matches arrive, however they are cut into batches, and however often one
comes again, as long as each comes within an hour of its time (for correlations over correlations that close, of the
time at which those can close): a correlation fires for the same groups, in the same timespans since 1970 (rising
conditions) or for the same windows (closing ones). Rising: once in each timespan that has a moment at which the
condition is met, so that an attack that goes on fires once a timespan and not once an event; which moments are met is
decided by sliding windows, and is the same in the end for each order. The event that carries a match is the one that
completed the window when it arrived, and this does depend on the order: what has been said cannot be unsaid. What looks
at a correlation therefore sees all the moments at which it is met, with the times and fields of their own events.

Surrogates in values (JSON can carry them) are kept apart by their digests only.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Final

import msgspec

from watchfloor.detect.correlate import closing
from watchfloor.detect.correlate.facts import Facts
from watchfloor.detect.correlate.packing import pack, unpack
from watchfloor.detect.correlate.plan import SECOND, Step, make_plan
from watchfloor.detect.correlate.rising import met_moments
from watchfloor.detect.correlate.thinning import thin
from watchfloor.detect.correlate.window import Copy, Entry, Window, add, prune, slice_of
from watchfloor.detect.engine import Matches
from watchfloor.detect.rule import Rule
from watchfloor.detect.view import EventView
from watchfloor.normalise.event import Event

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

Group = tuple[int, bytes]
"""A step's number, and the digest of what its matches have in common."""


class Arrival(msgspec.Struct, frozen=True):
    """A match on its way into a group. `index` is the event of the batch that brought it."""

    entry: Entry
    index: int
    received: int


Arrivals = dict[Group, list[Arrival]]


class Advance(msgspec.Struct, frozen=True):
    """What came of arrivals: the groups that changed, the matches (event and rule), and what arrives further on."""

    changed: list[Group]
    fired: list[tuple[int, int]]
    onward: Arrivals


class Correlator:
    """The correlations of one rule set. Immutable; shared by all tenants."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._plan = make_plan(rules)
        self.steps = self._plan.steps
        self.depth = self._plan.depth
        self.numbers: Mapping[str, int] = {step.name: number for number, step in enumerate(self.steps)}

    def concerns(self, matches: Matches) -> bool:
        """Whether any of the matches is one that a correlation looks at."""
        return not self._plan.ways.keys().isdisjoint(matches.rule)

    def arrivals(self, events: Sequence[Event], matches: Matches) -> Arrivals:
        """The matches that correlations look at, by the groups into which they go."""
        arriving: Arrivals = {}
        ways = self._plan.ways
        last, facts = -1, None
        for index, rule in zip(matches.event, matches.rule, strict=True):
            entering = ways.get(rule)
            if entering is None:
                continue
            event = events[index]
            if facts is None or index != last:
                last, facts = index, Facts(self.steps, EventView(event.fields))
            at, received = micros(event.time), micros(event.received_at)
            for way in entering:
                for group, value, onward in facts.entering(way):
                    until = self._until(way.step, max(at, received))
                    entry = Entry(at, event.key, 1 << way.place, until, value, onward)
                    arriving.setdefault((way.step, group), []).append(Arrival(entry, index, received))
        return arriving

    def advance(
        self, arriving: Arrivals, windows: Mapping[Group, Window], events: Sequence[Event], *, horizon: int
    ) -> Advance:
        """Adds what arrived to the windows, in place, and says what came of it. `horizon`: see `window.prune`."""
        result = Advance([], [], {})
        for group, arrivals in arriving.items():
            step, window = self.steps[group[0]], windows[group]
            prune(window, horizon=horizon)
            fresh = add(window, (arrival.entry for arrival in arrivals))
            if not fresh:
                continue
            result.changed.append(group)
            brought = {(arrival.entry.key, arrival.entry.value): arrival for arrival in arrivals}
            news = [(entry, brought[entry.key, entry.value]) for entry in fresh]
            if step.closes:
                for entry, arrival in news:
                    closing.keep_copy(step, window, Copy(entry.at, pack(events[arrival.index])))
            else:
                self._rise(group[0], window, _News(step, news), result)
            thin(step, window)
        return result

    def close(self, windows: Mapping[Group, Window], *, now: int) -> "Closing":
        """Closes the windows that are due at `now` (seconds), in place."""
        result = Closing([], [], {})
        for group, window in windows.items():
            step = self.steps[group[0]]
            for closed in closing.close(step, window, now=now):
                if closed.body is None:
                    continue
                result.events.append(unpack(closed.body))
                result.fired.append((len(result.events) - 1, step.rule))
                self._hand_on(group[0], closed.last, len(result.events) - 1, now * SECOND, result.onward)
        return result

    def due(self, group: Group, window: Window) -> int | None:
        """The second from which on a window of the group can be closed; None if it is no such group, or empty."""
        step = self.steps[group[0]]
        return closing.due(step, window) if step.closes else None

    def _rise(self, number: int, window: Window, news: "_News", result: Advance) -> None:
        step = self.steps[number]
        near = slice_of(window.entries, news.since - step.timespan, news.until + step.timespan)
        met = met_moments(step, near, since=news.since)
        if not met:
            return
        if step.ways:
            self._hand_on_all(number, near, set(met), news, result.onward)
        fired = set(window.fired)
        for cell, together in groupby(met, lambda moment: moment // step.timespan):
            if cell not in fired:
                fired.add(cell)
                moments = list(together)
                moment = next((at for at in moments if news.is_at(at)), moments[0])
                result.fired.append((news.completing(moment).index, step.rule))
        oldest = window.entries[0].at // step.timespan
        window.fired = sorted(cell for cell in fired if cell >= oldest)

    def _hand_on_all(
        self, number: int, entries: Sequence[Entry], met: set[int], news: "_News", onward: Arrivals
    ) -> None:
        """Hands on the matches at the moments that are met and were not before."""
        for entry in entries:
            if entry.at in met and not entry.used:
                entry.used = True
                arrival = news.completing(entry.at)
                self._hand_on(number, entry, arrival.index, arrival.received, onward)

    def _hand_on(self, number: int, entry: Entry, index: int, received: int, onward: Arrivals) -> None:
        ways = self.steps[number].ways
        for brought in entry.onward:
            way = ways[brought.way]
            until = self._until(way.step, max(entry.at, received))
            made = Entry(entry.at, entry.key, 1 << way.place, until, brought.value, brought.onward)
            onward.setdefault((way.step, brought.group), []).append(Arrival(made, index, received))

    def _until(self, number: int, moment: int) -> int:
        step = self.steps[number]
        return -(-(moment + step.timespan + step.grace) // SECOND)


class Closing(msgspec.Struct, frozen=True):
    """What came of windows that closed: events that carry matches, the matches, and what arrives further on."""

    events: list[Event]
    fired: list[tuple[int, int]]
    onward: Arrivals


def micros(at: datetime) -> int:
    """A moment as microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND


class _News:
    """The matches that are new to a group, in the order of time, and the arrivals that brought them."""

    def __init__(self, step: Step, news: Sequence[tuple[Entry, Arrival]]) -> None:
        self._timespan = step.timespan
        self._news = news
        self._times = [entry.at for entry, _ in news]
        self.since, self.until = self._times[0], self._times[-1]
        if step.correlation.kind == "temporal_ordered":  # which looks at whole seconds
            self.since, self.until = self.since - self.since % SECOND, self.until - self.until % SECOND + SECOND - 1

    def is_at(self, moment: int) -> bool:
        """Whether one of them happened then."""
        number = bisect_left(self._times, moment)
        return number < len(self._times) and self._times[number] == moment

    def completing(self, moment: int) -> Arrival:
        """The one that completed the window that ends with a moment: one then, else the first one in the window."""
        since = moment if self.is_at(moment) else moment - self._timespan
        return self._news[min(bisect_left(self._times, since), len(self._news) - 1)][1]
