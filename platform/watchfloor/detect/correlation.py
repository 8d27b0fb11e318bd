"""What a correlation rule asks of the matches of other rules (Sigma correlation rules specification 2.1). Data only."""

from typing import Literal, TypeAlias

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


class Bound(msgspec.Struct, frozen=True):
    """What the figure of a window must be."""

    relation: Relation
    value: float


class Alias(msgspec.Struct, frozen=True):
    """A name in `group_by` that stands for another field in each rule: pairs of rule id and field."""

    name: str
    fields: tuple[tuple[str, str], ...]


class Correlation(msgspec.Struct, frozen=True, kw_only=True):
    """Counts or orders the matches of `rules` (ids, which may be correlations) within a sliding window.

    Matches belong together if they have the same values of `group_by`. `fields` are what value_* look at;
    `percentile` is 0 to 100. All `bounds` must hold. `timespan_seconds` includes both ends.
    """

    kind: CorrelationKind
    rules: tuple[str, ...]
    group_by: tuple[str, ...]
    timespan_seconds: int
    bounds: tuple[Bound, ...] = ()
    fields: tuple[str, ...] = ()
    percentile: float | None = None
    aliases: tuple[Alias, ...] = ()
