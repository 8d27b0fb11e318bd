"""What a correlation rule asks of the matches of other rules (Sigma correlation rules specification 2.1). Data only."""

import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Final, Literal, TypeAlias

import msgspec

CorrelationKind: TypeAlias = Literal[
    "event_count",
    "value_count",
    "temporal",
    "temporal_ordered",
    "value_sum",
    "value_avg",
    "value_percentile",
]
Relation: TypeAlias = Literal["eq", "neq", "lt", "lte", "gt", "gte"]

_COMPARE: Final[dict[Relation, Callable[[float | Fraction, float], bool]]] = {
    "eq": operator.eq,
    "neq": operator.ne,
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}


class Bound(msgspec.Struct, frozen=True):
    """What the figure of a window must be."""

    relation: Relation
    value: float

    def holds(self, figure: float | Fraction) -> bool:
        """Whether a figure is within it."""
        return _COMPARE[self.relation](figure, self.value)


class Alias(msgspec.Struct, frozen=True):
    """A name in `group_by` that stands for another field in each rule: pairs of rule id and field."""

    name: str
    fields: tuple[tuple[str, str], ...]


class Correlation(msgspec.Struct, frozen=True, kw_only=True):
    """Counts or orders the matches of `rules` (ids, which may be correlations) within a sliding window.

    Matches belong together if they have the same values of `group_by`. `fields` are what value_* look at;
    All `bounds` must hold. `timespan_seconds` includes both ends. With a `percentile` (0 to 100), value_percentile is
    that percentile of the field's numbers; without one, the share of each of the field's values in percent.
    """

    kind: CorrelationKind
    rules: tuple[str, ...]
    group_by: tuple[str, ...]
    timespan_seconds: int
    bounds: tuple[Bound, ...] = ()
    fields: tuple[str, ...] = ()
    percentile: float | None = None
    aliases: tuple[Alias, ...] = ()
