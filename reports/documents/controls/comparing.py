"""How the numbers of a period stand to those of the period before. Pure.

Shares are compared by the rule of `watchfloor.measures.comparison`: a difference that chance gives often is noise, and
with fewer than ten cases nothing is said. Ages, stocks and lengths have no cases to draw from: they are what they are.
"""

from collections.abc import Iterable, Sequence

import msgspec

from reports.documents.controls.facts import ControlReport, Kind, Metric
from reports.documents.controls.language.phrases import Change
from watchfloor.controls.result import Direction, Result
from watchfloor.measures.basis import Share
from watchfloor.measures.comparison import trend_of

NumberKey = tuple[str, str]


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """A number now and before. It is the same number for all controls that it speaks to."""

    kind: Kind
    metric: Metric
    now: Result
    before: Result | None
    change: Change


def compare(report: ControlReport) -> Sequence[Compared]:
    """Each number of the report once, in the order of the evidence kinds."""
    now = _by_number(report.results)
    before = _by_number(report.before)
    return [
        Compared(
            kind=kind,
            metric=metric,
            now=now[key],
            before=before.get(key),
            change=_change(now[key], before.get(key), metric.direction),
        )
        for kind in report.kinds
        for metric in kind.metrics
        if (key := (kind.id, metric.id)) in now
    ]


def _by_number(results: Iterable[Result]) -> dict[NumberKey, Result]:
    found: dict[NumberKey, Result] = {}
    for row in results:
        if row.evidence_kind:
            found.setdefault((row.evidence_kind, row.metric), row)
    return found


def _change(now: Result, before: Result | None, direction: Direction | None) -> Change:
    if before is None or before.value is None:
        return "no_previous"
    if now.value is None:
        return "lost"
    shares = _share(now), _share(before)
    if shares[0] is not None and shares[1] is not None:
        trend = trend_of(shares[0], shares[1], better="less" if direction == "at_most" else "more")
        return trend if trend in ("better", "worse", "noise", "too_few", "no_previous") else "noise"
    if now.value == before.value:
        return "same"
    return "better" if (now.value > before.value) == (direction == "at_least") else "worse"


def _share(row: Result) -> Share | None:
    if row.unit != "percent" or row.numerator is None or not row.denominator:
        return None
    return Share(part=row.numerator, whole=row.denominator)
