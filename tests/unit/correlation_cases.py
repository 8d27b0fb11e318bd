"""What tests of correlations share: rules and events made of a few words, and an evaluator that is plainly right.

An event's field `is` says which base rules it matches (letters); rule `a` matches every event with an `a` in it.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from watchfloor.detect.condition import OnField, Text, Wildcard
from watchfloor.detect.correlate.correlator import Correlator
from watchfloor.detect.correlate.memory import MemoryWindows
from watchfloor.detect.correlation import Alias, Bound, Correlation, CorrelationKind, Relation
from watchfloor.detect.engine import Matches, PlainEngine
from watchfloor.detect.lists import NEVER
from watchfloor.detect.rule import Rule
from watchfloor.normalise.event import Event, FieldValue, LogSource

NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)


def identity(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, name))


def rule(name: str, *, correlation: Correlation | None = None, alerts: bool = True) -> Rule:
    """A base rule that matches events of this letter, or a correlation."""
    is_base = correlation is None
    return Rule(
        id=identity(name),
        title=name,
        level="medium",
        status="stable",
        author="Watchfloor",
        references=(),
        tags=(),
        why="It matters.",
        false_positives=(),
        runbook=(),
        dedup=("host",),
        window_seconds=3_600,
        licence="Apache-2.0",
        link=None,
        logsource=LogSource(product="test") if is_base else LogSource(),
        path=f"{name}.yml",
        content_hash=hashlib.sha256(repr((name, correlation)).encode()).hexdigest(),
        condition=OnField("is", Text((Wildcard.ANY, name, Wildcard.ANY))) if is_base else NEVER,
        name=name,
        correlation=correlation,
        alerts=alerts,
    )


def correlation(
    kind: CorrelationKind,
    rules: Sequence[str],
    *,
    seconds: int = 60,
    group_by: Sequence[str] = ("g",),
    fields: Sequence[str] = (),
    percentile: float | None = None,
    aliases: Sequence[Alias] = (),
    **bounds: float,
) -> Correlation:
    """A correlation over rules by their names; bounds as `gte=3`."""
    relations: tuple[Relation, ...] = ("eq", "neq", "lt", "lte", "gt", "gte")
    return Correlation(
        kind=kind,
        rules=tuple(identity(name) for name in rules),
        group_by=tuple(group_by),
        timespan_seconds=seconds,
        bounds=tuple(Bound(relation, bounds[relation]) for relation in relations if relation in bounds),
        fields=tuple(fields),
        percentile=percentile,
        aliases=tuple(aliases),
    )


def event(at: float, letters: str = "a", *, g: FieldValue = "x", late: float = 0, **fields: FieldValue) -> Event:
    """An event so many seconds after noon, received `late` seconds after that. Equal ones have equal keys."""
    everything: dict[str, FieldValue] = {"is": letters, "g": g, **fields}
    moment = NOON + timedelta(seconds=at)
    return Event(
        key=hashlib.sha256(repr((at, sorted(everything.items()))).encode()).digest()[:16],
        source="test",
        logsources=(LogSource(product="test"),),
        time=moment,
        time_quality="parsed",
        received_at=moment + timedelta(seconds=late),
        fields=everything,
        entities=(),
        summary="",
        raw=b"{}",
        parser="test/1",
    )


class Stream:
    """A stream of events through base rules and correlations, with windows in memory."""

    def __init__(self, *rules: Rule) -> None:
        self.rules = rules
        self.engine = PlainEngine(rules)
        self.correlator = Correlator(rules)
        self.windows = MemoryWindows(self.correlator)

    def feed(self, *events: Event) -> list[tuple[str, float]]:
        """One batch: titles of the correlations that fired, with the second after noon of the event that carries it."""
        return self._told(events, self.windows.correlate(events, self.engine.match(events)))

    def close(self, *, at: float | None = None) -> list[tuple[str, float]]:
        """Closes the windows that are due so many seconds after noon, by default all."""
        if at is None:
            return self._told(*self.windows.close())
        return self._told(*self.windows.close(now=int((NOON + timedelta(seconds=at)).timestamp())))

    def fired(self) -> dict[tuple[str, str], list[int]]:
        """The timespans in which each correlation fired, by its title and the first eight digits of the group."""
        return {
            (self._title(step), digest.hex()[:8]): list(window.fired)
            for (step, digest), window in self.windows.windows.items()
            if window.fired
        }

    def group(self, title: str, of: Event) -> str:
        """The first eight digits of an event's group in a correlation."""
        for step, digest in self.correlator.arrivals([of], self.engine.match([of])):
            if self._title(step) == title:
                return digest.hex()[:8]
        raise AssertionError("the event is in no group")

    def _title(self, step: int) -> str:
        return self.rules[self.correlator.steps[step].rule].title

    def _told(self, events: Sequence[Event], matches: Matches) -> list[tuple[str, float]]:
        return [
            (self.rules[number].title, (events[index].time - NOON).total_seconds())
            for index, number in zip(matches.event, matches.rule, strict=True)
        ]


def met_moments(of: Correlation, events: Iterable[Event]) -> list[Event]:
    """The events of one group at whose moments a rising condition is met: by looking at every window, one by one."""
    unique = list({event.key: event for event in events}.values())
    return [last for last in unique if _is_met(of, unique, last)]


def cells(of: Correlation, events: Iterable[Event]) -> list[int]:
    """The timespans since 1970 that have a met moment."""
    return sorted({int(event.time.timestamp()) // of.timespan_seconds for event in met_moments(of, events)})


def _is_met(of: Correlation, events: list[Event], last: Event) -> bool:
    begin = last.time - timedelta(seconds=of.timespan_seconds)
    if of.kind == "temporal_ordered":
        near = [event for event in events if event.time >= begin and _second(event) <= _second(last)]
        lengths = [length for length in range(1, len(of.rules) + 1) if _within(of, length)]
        return any(_ends_chain(of, near, last, place, length) for length in lengths for place in range(len(of.rules)))
    return _within(of, _figure(of, [event for event in events if begin <= event.time <= last.time]))


def _ends_chain(of: Correlation, near: list[Event], last: Event, place: int, length: int) -> bool:
    """Whether a chain of this length ends with this event as this rule; within a second order does not matter."""
    if not _matches(last, of.rules[place]):
        return False
    return length == 1 or any(
        _ends_chain(of, near, event, before, length - 1)
        for before in range(place)
        for event in near
        if _second(event) <= _second(last)
    )


def _second(event: Event) -> int:
    return int(event.time.timestamp())


def _within(of: Correlation, figure: float | Fraction) -> bool:
    return all(bound.holds(figure) for bound in of.bounds)


def _figure(of: Correlation, window: list[Event]) -> float | Fraction:
    if of.kind == "event_count":
        return len(window)
    if of.kind == "value_count":
        return len({str(event.fields[of.fields[0]]) for event in window})
    if of.kind == "value_sum":
        return sum((Fraction(str(event.fields[of.fields[0]])) for event in window), Fraction(0))
    return len({rule_id for event in window for rule_id in of.rules if _matches(event, rule_id)})


def _matches(event: Event, rule_id: str) -> bool:
    return any(identity(letter) == rule_id for letter in str(event.fields["is"]))
