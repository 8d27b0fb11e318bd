"""The correlations of a rule set, prepared: which rule's matches go where, and what each window must be asked.

Two kinds of conditions differ in when they can be answered:

- A condition *rises* if more matches can never undo it: a lower bound on a count, on different rules or on a sum. It is
  answered at once, for every window that ends with a match: the `timespan` before a match, both ends included. Any
  window of that length that meets the condition contains one that ends with a match and meets it too, so nothing is
  lost by looking at these only.
- Any other condition (an upper bound, an equal count, an average, a percentile) would hold for a moment in every window
  that is just filling up. It is answered once, when the window is *closed*: windows follow each other, the first opens
  with the first match of its group, each next one with the first match after the one before; a window is closed when
  its timespan and the time for late events are over. A group without any match has no window, so that nobody is
  alerted about what never was.
"""

from collections.abc import Sequence
from hashlib import blake2b
from math import ceil, floor
from typing import Final

import msgspec

from watchfloor.detect.correlation import Correlation
from watchfloor.detect.rule import Rule

SECOND: Final = 1_000_000
"""Time is counted in microseconds since 1970."""

LATENESS_SECONDS: Final = 3_600
"""How late an event may come, after it happened, and still be counted as if it had come in time."""

CLOSING_SECONDS: Final = 1_200
"""How long after its end and the time for late events a window may wait to be closed."""

_RISING: Final = frozenset({"event_count", "value_count", "temporal", "temporal_ordered", "value_sum"})
_MEASURING: Final = frozenset({"value_sum", "value_avg", "value_percentile"})


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """How the matches of one rule enter a step: as its rule number `place`, by these fields."""

    step: int
    place: int
    group_by: tuple[str, ...]
    fields: tuple[str, ...]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One correlation. `rule` is its index in the rule set, `name` what its windows are kept under.

    `level` is 0 if it looks at no other correlation, otherwise one more than the highest of those. Times are in
    microseconds: `timespan`, and `grace`, how long after it happened something may still come. `target` is what a
    rising condition's figure must reach; None for one that closes. A timespan is cut into `buckets` (see `thinning`).
    `ways` lead on to the correlations that look at this one.
    """

    rule: int
    name: str
    correlation: Correlation
    level: int
    timespan: int
    grace: int
    target: int | float | None
    buckets: int
    onward_target: int
    is_thinned: bool
    ways: tuple[Way, ...]

    @property
    def closes(self) -> bool:
        """Whether it is answered when a window closes."""
        return self.target is None

    @property
    def measures(self) -> bool:
        """Whether it looks at a field's numbers."""
        correlation = self.correlation
        return correlation.kind in _MEASURING and not self.shares

    @property
    def shares(self) -> bool:
        """Whether it looks at the share of each of a field's values."""
        return self.correlation.kind == "value_percentile" and self.correlation.percentile is None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """All steps, those that others look at before those, and the ways by which rules' matches enter them."""

    steps: tuple[Step, ...]
    ways: dict[int, tuple[Way, ...]]
    depth: int


def make_plan(rules: Sequence[Rule]) -> Plan:
    """Prepares the correlations among `rules`. One whose rules are not all among them is left out, with what needs it.

    Loading has seen to it that there are no circles.
    """
    places = {rule.id: index for index, rule in enumerate(rules)}
    order = _ordered(rules, places)
    numbers = {rule: number for number, rule in enumerate(order)}
    ways: dict[int, list[Way]] = {}
    for rule in order:
        for place, (source, way) in enumerate(_ways_into(rules[rule], numbers[rule], places)):
            ways.setdefault(source, []).append(msgspec.structs.replace(way, place=place))
    steps: dict[int, Step] = {}
    for rule in reversed(order):
        onward = tuple(ways.get(rule, ()))
        steps[rule] = _step(rules, rule, onward, {way.step: steps[order[way.step]] for way in onward})
    levels = _levels(rules, order, places)
    graces = _graces(rules, order, steps, places)
    made = tuple(msgspec.structs.replace(steps[rule], level=levels[rule], grace=graces[rule]) for rule in order)
    entering = {rule: tuple(found) for rule, found in ways.items() if rule not in numbers}
    return Plan(steps=made, ways=entering, depth=1 + max(levels.values(), default=-1))


def rises(correlation: Correlation) -> bool:
    """Whether more matches can never undo the condition."""
    return correlation.kind in _RISING and all(bound.relation in {"gt", "gte"} for bound in correlation.bounds)


def _ordered(rules: Sequence[Rule], places: dict[str, int]) -> list[int]:
    """The correlations that can be evaluated, each after those that it looks at."""
    order: list[int] = []
    verdicts: dict[int, bool] = {}

    def visit(index: int) -> bool:
        correlation = rules[index].correlation
        if correlation is None:
            return True
        if index not in verdicts:
            verdicts[index] = False
            inner = [places.get(rule_id) for rule_id in correlation.rules]
            verdicts[index] = all(place is not None and visit(place) for place in inner)
            if verdicts[index]:
                order.append(index)
        return verdicts[index]

    for index in range(len(rules)):
        visit(index)
    return order


def _ways_into(rule: Rule, step: int, places: dict[str, int]) -> list[tuple[int, Way]]:
    correlation = _correlation(rule)
    aliases = {alias.name: dict(alias.fields) for alias in correlation.aliases}

    def named(rule_id: str, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(aliases.get(name, {}).get(rule_id, name) for name in names)

    return [
        (
            places[rule_id],
            Way(
                step=step,
                place=0,
                group_by=named(rule_id, correlation.group_by),
                fields=named(rule_id, correlation.fields),
            ),
        )
        for rule_id in correlation.rules
    ]


def _step(rules: Sequence[Rule], index: int, ways: tuple[Way, ...], consumers: dict[int, Step]) -> Step:
    correlation = _correlation(rules[index])
    timespan = correlation.timespan_seconds * SECOND
    consumed = list(consumers.values())
    target = _target(correlation)
    digest = blake2b(msgspec.json.encode(correlation), digest_size=8)
    for consumer in consumed:
        digest.update(consumer.name.encode())
    shortest = min([timespan, *(consumer.timespan for consumer in consumed)])
    is_ordered = any(step.kind == "temporal_ordered" for step in (correlation, *(c.correlation for c in consumed)))
    return Step(
        rule=index,
        name=f"{rules[index].id}.{digest.hexdigest()}",
        correlation=correlation,
        level=0,
        timespan=timespan,
        grace=0,
        target=target,
        buckets=timespan // SECOND if is_ordered else ceil(2 * timespan / shortest),
        onward_target=sum(ceil(consumer.target or 0) for consumer in consumed),
        is_thinned=target is not None and _may_thin(correlation, consumed),
        ways=ways,
    )


def _may_thin(correlation: Correlation, consumers: Sequence[Step]) -> bool:
    """Whether `thinning` knows what may go: of what another correlation looks at, only where matches are counted."""
    if not consumers:
        return True
    rising = all(step.target is not None and step.correlation.kind != "value_sum" for step in consumers)
    return correlation.kind == "event_count" and rising


def _target(correlation: Correlation) -> int | float | None:
    if not rises(correlation):
        return None
    if correlation.kind == "value_sum":
        # The bounds themselves are asked of a sum; thinning needs one that certainly meets them.
        return max(0.0, *(bound.value for bound in correlation.bounds)) + 1
    needed = [floor(bound.value) + 1 if bound.relation == "gt" else ceil(bound.value) for bound in correlation.bounds]
    return max(1, *needed)


def _levels(rules: Sequence[Rule], order: Sequence[int], places: dict[str, int]) -> dict[int, int]:
    levels: dict[int, int] = {}
    for index in order:
        inner = [places[rule_id] for rule_id in _correlation(rules[index]).rules]
        levels[index] = max((levels[place] + 1 for place in inner if place in levels), default=0)
    return levels


def _graces(
    rules: Sequence[Rule], order: Sequence[int], steps: dict[int, Step], places: dict[str, int]
) -> dict[int, int]:
    """What closes a window comes that much later than what it looks at."""
    graces: dict[int, int] = {}
    late: dict[int, int] = {}
    for index in order:
        inner = [places[rule_id] for rule_id in _correlation(rules[index]).rules]
        graces[index] = max(late.get(place, LATENESS_SECONDS * SECOND) for place in inner)
        step = steps[index]
        closing = step.timespan + graces[index] + CLOSING_SECONDS * SECOND if step.closes else 0
        late[index] = graces[index] + closing
    return graces


def _correlation(rule: Rule) -> Correlation:
    if rule.correlation is None:
        raise ValueError(f"{rule.path} is no correlation")
    return rule.correlation
