"""The facts of a DORA report: the staged notice, what the rules say of "major", and whether they agree."""

from collections.abc import Iterator

from reports.breach.staged.facts import StagedReport, staged_faults
from watchfloor.breach.classification import dora_impact
from watchfloor.breach.rules.dora import Classification, DoraThresholds, classify
from watchfloor.kernel.errors import Invalid


class DoraReport(StagedReport, frozen=True, kw_only=True, tag_field="report", tag="dora"):
    """All that a stage says. `finding` is the rules' answer by Regulation (EU) 2024/1772."""

    finding: Classification
    thresholds: DoraThresholds


def check(report: DoraReport) -> None:
    """Raises Invalid, naming every fault, if the report's facts disagree."""
    faults = [*staged_faults(report), *_misjudged(report)]
    if faults:
        raise Invalid("The report's facts disagree: " + "; ".join(faults) + ".", where="report")


def _misjudged(report: DoraReport) -> Iterator[str]:
    if classify(dora_impact(report.case), report.thresholds) != report.finding:
        yield "the classification is not what the rules say of these facts"
