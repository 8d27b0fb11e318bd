"""The facts of a NIS2 report: the staged notice, what the rules say of "significant", and whether they agree."""

from collections.abc import Iterator

from reports.breach.staged.facts import StagedReport, staged_faults
from watchfloor.breach.classification import nis2_impact
from watchfloor.breach.rules.nis2 import Nis2Finding, Nis2Thresholds, judge
from watchfloor.kernel.errors import Invalid


class Nis2Report(StagedReport, frozen=True, kw_only=True, tag_field="report", tag="nis2"):
    """All that a stage says.

    `finding` is the rules' answer by Regulation (EU) 2024/2690; `is_provider` whether Art. 10 counts, as it does for
    managed (security) service providers.
    """

    finding: Nis2Finding
    thresholds: Nis2Thresholds
    is_provider: bool


def check(report: Nis2Report) -> None:
    """Raises Invalid, naming every fault, if the report's facts disagree."""
    faults = [*staged_faults(report), *_misjudged(report)]
    if faults:
        raise Invalid("The report's facts disagree: " + "; ".join(faults) + ".", where="report")


def _misjudged(report: Nis2Report) -> Iterator[str]:
    answer = judge(nis2_impact(report.case), report.thresholds, is_managed_provider=report.is_provider)
    if answer != report.finding:
        yield "the classification is not what the rules say of these facts"
