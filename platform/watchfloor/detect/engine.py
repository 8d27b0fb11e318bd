"""The engine: events in, matches out. `Engine` is the seam; `PlainEngine` is the simplest engine that is exact.

An engine is immutable and shared by all tenants; it keeps nothing of one batch for the next. It never raises on an
event: an event that a rule cannot read does not match the rule.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Protocol

import msgspec

from watchfloor.detect.compilation import compile_condition
from watchfloor.detect.lists import widen
from watchfloor.detect.logsource import covers
from watchfloor.detect.predicates import Predicate
from watchfloor.detect.rule import Rule
from watchfloor.detect.view import EventView
from watchfloor.normalise.event import Event, LogSource


class Matches(msgspec.Struct, frozen=True):
    """Matches as columns of equal length, ordered by event, then rule: `rules[rule[i]]` matched `batch[event[i]]`."""

    event: list[int]
    rule: list[int]


class Engine(Protocol):
    """Evaluates a fixed set of rules.

    Rules that a tenant's lists complete (`rule.condition` has a `Listed`) match wherever they might for some tenant;
    the overlay decides. Correlations never match here: they look at matches.
    """

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules, in the order that `Matches.rule` counts."""
        ...

    @property
    def version(self) -> str:
        """A hash of the rules' contents: equal versions match equally."""
        ...

    def match(self, batch: Sequence[Event]) -> Matches:
        """Evaluates every rule whose log source covers an event, on every event."""
        ...


class PlainEngine:
    """Evaluates each rule of an event's log sources in turn, by compiled closures."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)
        self._version = ruleset_version(self._rules)
        self._predicates: tuple[Predicate, ...] = tuple(
            compile_condition(widen(rule.condition)) for rule in self._rules
        )
        self._buckets: dict[tuple[LogSource, ...], tuple[int, ...]] = {}

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules, in the order that `Matches.rule` counts."""
        return self._rules

    @property
    def version(self) -> str:
        """A hash of the rules' contents."""
        return self._version

    def match(self, batch: Sequence[Event]) -> Matches:
        """Evaluates the batch, event by event."""
        events: list[int] = []
        rules: list[int] = []
        for index, event in enumerate(batch):
            candidates = self._candidates(event.logsources)
            if not candidates:
                continue
            view = EventView(event.fields)
            for rule in candidates:
                if self._predicates[rule](view):
                    events.append(index)
                    rules.append(rule)
        return Matches(events, rules)

    def _candidates(self, logsources: tuple[LogSource, ...]) -> tuple[int, ...]:
        # The normaliser has a fixed number of log source tuples, so this grows to a few hundred entries at most.
        found = self._buckets.get(logsources)
        if found is None:
            found = tuple(
                index
                for index, rule in enumerate(self._rules)
                if any(covers(rule.logsource, logsource) for logsource in logsources)
            )
            self._buckets[logsources] = found
        return found


def ruleset_version(rules: Sequence[Rule]) -> str:
    """The version of a set of rules, whatever their order."""
    digest = sha256()
    for content_hash in sorted(rule.content_hash for rule in rules):
        digest.update(bytes.fromhex(content_hash))
    return digest.hexdigest()
