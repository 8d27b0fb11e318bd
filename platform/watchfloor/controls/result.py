"""A row of evidence: what was counted for one control in one period, against which number, and how it came out.

The fields are those that documents, CSV files and the API show; an auditor follows `population_query_id` and the ids
to the records. A row never says that a standard is met: it says how far the records support the control. What nobody
measured or entered is `no_data`, and `no_data` is never better than anything.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Final, Literal

import msgspec

RULE_VERSION: Final = "1"
"""Of the definitions of all metrics together. It rises with every change that gives another number for one state."""

Unit = Literal["percent", "count", "days", "hours", "minutes"]
Direction = Literal["at_least", "at_most"]
ThresholdSource = Literal["default", "contract", "standard"]
"""`contract`: the tenant's own number, which is never looser than the one it replaces."""
Outcome = Literal["supported", "partly_supported", "not_supported", "no_data", "not_in_scope"]

GapCode = Literal[
    "no_source",
    "no_entry",
    "entry_missing_part",
    "nothing_happened",
    "period_running",
    "begins_before_records",
    "hours_not_recorded",
    "no_agreement",
    "other_tenant",
    "list_shortened",
]
"""Why a number is missing or stands on less than the whole period. Documents word them by `library.gap_words`."""

DeviationCode = Literal[
    "silent",
    "never_seen",
    "kept_too_short",
    "chain_broken",
    "not_checked",
    "clock_off",
    "day_without_review",
    "late",
    "still_open",
    "no_owner",
    "no_class",
    "no_cause",
    "no_timeline",
    "no_lessons",
    "no_approver",
    "no_reason",
    "not_protected",
    "no_data_source",
    "no_rule",
    "no_test",
    "not_in_inventory",
    "not_fresh",
    "not_reviewed",
    "not_repaired",
    "unstaffed",
    "failed",
    "overdue",
    "entered",
]
"""Why one thing of a population is not counted as good. Documents word them by `library.deviation_words`."""


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """Whole days in the tenant's time zone, from `first` until before `until`; `begin` and `end` are their instants."""

    first: date
    until: date
    time_zone: str
    begin: datetime
    end: datetime


class Threshold(msgspec.Struct, frozen=True, kw_only=True):
    """The number that a metric is held against, in the metric's unit."""

    direction: Direction
    number: float


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """What is missing. `detail` is a name, an id, a date or a number that belongs into the sentence, or nothing."""

    code: GapCode
    detail: str = ""


class Deviation(msgspec.Struct, frozen=True, kw_only=True):
    """One thing of the population that is not counted as good, and why. `id` opens by the API where it is shown as one.

    `detail` is a name, date or number of the platform's own, never text of a stranger that was not cut and neutralised.
    """

    id: str
    code: DeviationCode
    detail: str = ""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """One metric of one evidence kind, judged for one control.

    `value` is in `unit`; for a share it is 100 * numerator / denominator, not rounded. `threshold` None with `no_data`
    and `not_in_scope` only. `exceptions` are the first of the deviations in the order of their ids (the drill-down has
    all of them), `sample_ids` are spread evenly over the population, so that the same state gives the same sample.
    """

    control: str
    evidence_kind: str
    metric: str
    value: float | None
    unit: Unit
    numerator: int | None
    denominator: int | None
    population_query_id: str
    """Names the population and its definition's version; `entries.*` are numbers that a person entered."""
    period: Period
    threshold: Threshold | None
    threshold_source: ThresholdSource | None
    result: Outcome
    exceptions: tuple[Deviation, ...]
    data_gaps: tuple[Gap, ...]
    sample_ids: tuple[str, ...]
    computed_at: datetime
    rule_version: str = RULE_VERSION

    @property
    def is_entered(self) -> bool:
        """Whether a person entered the number. Documents show it apart from what was measured, with the person."""
        return self.population_query_id.startswith(ENTRIES)


ENTRIES: Final = "entries."


def outcome_of(rows: Iterable[Result]) -> Outcome:
    """What all rows of a control say together.

    All of one mind: that. Otherwise partly supported, if at least one row is supported or partly so; a control that
    only misses and lacks is not supported. Rows out of scope count for nothing beside others.
    """
    outcomes: set[Outcome] = {row.result for row in rows}
    spoken: set[Outcome] = {outcome for outcome in outcomes if outcome != "not_in_scope"}
    if not spoken:
        return "not_in_scope" if outcomes else "no_data"
    if len(spoken) == 1:
        return next(iter(spoken))
    return "partly_supported" if spoken & {"supported", "partly_supported"} else "not_supported"
