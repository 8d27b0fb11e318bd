"""Holding a measurement against its number, for one control. Pure.

Of the number that a standard fixes (or, where it fixes none, the usual one) and the tenant's own, the stricter one
counts. A share is compared by its numerator and denominator, never by a rounded value. What is met over a part of the
period only is partly supported; what nobody measured is no data, and nothing turns that into anything better.
"""

from fractions import Fraction
from typing import Final

from watchfloor.controls.framework import Control, Number
from watchfloor.controls.kind import Metric
from watchfloor.controls.measurement import Measurement, Scene
from watchfloor.controls.result import Deviation, Gap, GapCode, Outcome, Result, Threshold, ThresholdSource

MOST_LISTED: Final = 50
"""How many deviations a row carries; the drill-down has all."""

_WEAKENING: Final[frozenset[GapCode]] = frozenset(
    {"entry_missing_part", "period_running", "begins_before_records", "no_agreement"}
)
"""Gaps that leave a part of the period or of the population out."""


def judge(
    scene: Scene, measurement: Measurement, metric: Metric, *, control: Control, own: float | None
) -> Result | None:
    """The row of a metric for a control; None for a figure, which judges nothing. `own` is the tenant's number."""
    fixed = _fixed(control, measurement)
    found = strictest(metric, fixed=fixed, own=own)
    if found is None:
        return None
    threshold, source = found
    deviations = measurement.deviations
    outcome = _outcome(measurement, threshold)
    return Result(
        control=control.id,
        evidence_kind=measurement.kind,
        metric=measurement.metric,
        value=measurement.value,
        unit=metric.unit,
        numerator=measurement.numerator,
        denominator=measurement.denominator,
        population_query_id=measurement.population,
        period=scene.period,
        threshold=None if outcome == "no_data" else threshold,
        threshold_source=None if outcome == "no_data" else source,
        result=outcome,
        exceptions=tuple(deviations[:MOST_LISTED]),
        data_gaps=(*measurement.gaps, *_shortened(deviations)),
        sample_ids=measurement.sample,
        computed_at=scene.now,
    )


def out_of_scope(scene: Scene, control: Control) -> Result:
    """The row that says that these records can show nothing of a control, or of a part of it."""
    return Result(
        control=control.id,
        evidence_kind="",
        metric="",
        value=None,
        unit="count",
        numerator=None,
        denominator=None,
        population_query_id="",
        period=scene.period,
        threshold=None,
        threshold_source=None,
        result="not_in_scope",
        exceptions=(),
        data_gaps=(),
        sample_ids=(),
        computed_at=scene.now,
    )


def strictest(metric: Metric, *, fixed: float | None, own: float | None) -> tuple[Threshold, ThresholdSource] | None:
    """The number that counts, and whose it is; None for a figure."""
    usual = metric.threshold
    if usual is None:
        return None
    base = usual.number if fixed is None else fixed
    source: ThresholdSource = "default" if fixed is None else "standard"
    if own is not None and is_stricter(own, base, metric):
        base, source = own, "contract"
    return Threshold(direction=usual.direction, number=base), source


def is_stricter(one: float, other: float, metric: Metric) -> bool:
    """Whether one number asks for more than another one."""
    return one > other if metric.direction == "at_least" else one < other


def _fixed(control: Control, measurement: Measurement) -> float | None:
    wanted = (measurement.kind, measurement.metric)
    found: Number | None = next((row for row in control.numbers if (row.evidence, row.metric) == wanted), None)
    return None if found is None else found.number


def _outcome(measurement: Measurement, threshold: Threshold) -> Outcome:
    if measurement.value is None:
        return "no_data"
    value = Fraction(measurement.value)
    if measurement.numerator is not None and measurement.denominator:
        value = Fraction(100 * measurement.numerator, measurement.denominator)
    wanted = Fraction(str(threshold.number))
    if not (value >= wanted if threshold.direction == "at_least" else value <= wanted):
        return "not_supported"
    return "partly_supported" if any(gap.code in _WEAKENING for gap in measurement.gaps) else "supported"


def _shortened(deviations: list[Deviation]) -> tuple[Gap, ...]:
    if len(deviations) <= MOST_LISTED:
        return ()
    return (Gap(code="list_shortened", detail=str(len(deviations))),)
