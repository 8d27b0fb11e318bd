"""Correlation with windows in memory: for rules' samples and for files that are scanned once."""

from collections.abc import Mapping, Sequence

from watchfloor.detect.correlate.correlator import Arrivals, Correlator, Group
from watchfloor.detect.correlate.window import Window
from watchfloor.detect.engine import Matches
from watchfloor.normalise.event import Event

_FOREVER = 2**40


class MemoryWindows:
    """The windows of one stream of events, which may be of any age."""

    def __init__(self, correlator: Correlator) -> None:
        self._correlator = correlator
        self._windows: dict[Group, Window] = {}

    def correlate(self, events: Sequence[Event], matches: Matches) -> Matches:
        """The matches that correlations add to those of the events, in the order of events, then rules."""
        return as_matches(self._run(self._correlator.arrivals(events, matches), events))

    def close(self, *, now: int = _FOREVER) -> tuple[list[Event], Matches]:
        """Closes the windows that are due at `now` (seconds since 1970; by default all), and what that leads to.

        Returns the events that carry the matches, and these.
        """
        events: list[Event] = []
        fired: list[tuple[int, int]] = []
        while True:
            due = {
                group: window
                for group, window in self._windows.items()
                if (at := self._correlator.due(group, window)) is not None and at <= now
            }
            if not due:
                return events, as_matches(fired)
            closed = self._correlator.close(due, now=now)
            begin = len(events)
            events += closed.events
            fired += [(begin + event, rule) for event, rule in closed.fired]
            fired += [(begin + event, rule) for event, rule in self._run(closed.onward, closed.events)]

    @property
    def windows(self) -> Mapping[Group, Window]:
        """What is kept."""
        return self._windows

    def _run(self, arriving: Arrivals, events: Sequence[Event]) -> list[tuple[int, int]]:
        fired: list[tuple[int, int]] = []
        for level in range(self._correlator.depth):
            here = {
                group: found for group, found in arriving.items() if self._correlator.steps[group[0]].level == level
            }
            for group in here:
                self._windows.setdefault(group, Window())
            advance = self._correlator.advance(here, self._windows, events, horizon=0)
            fired += advance.fired
            for group, found in advance.onward.items():
                arriving.setdefault(group, []).extend(found)
        return fired


def as_matches(fired: Sequence[tuple[int, int]]) -> Matches:
    """Matches as columns, in the order of events, then rules, each once."""
    ordered = sorted(set(fired))
    return Matches([event for event, _ in ordered], [rule for _, rule in ordered])
