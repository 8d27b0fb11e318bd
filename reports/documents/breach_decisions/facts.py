"""The facts of the severity and decision record: the case as it stands, what is due, and what the severity suggests."""

from collections.abc import Iterator

from reports.breach.facts import BreachFacts
from watchfloor.breach.rules.advice import Suggestion
from watchfloor.kernel.errors import Invalid


class BreachDecisionsReport(BreachFacts, frozen=True, kw_only=True, tag_field="report", tag="breach_decisions"):
    """All that the record says. `suggestion` is missing where nobody has scored the severity."""

    suggestion: Suggestion | None = None


def check(report: BreachDecisionsReport) -> None:
    """Raises Invalid, naming every fault, if the record's facts disagree."""
    faults = list(_faults(report))
    if faults:
        raise Invalid("The record's facts disagree: " + "; ".join(faults) + ".", where="report")


def _faults(report: BreachDecisionsReport) -> Iterator[str]:
    case = report.case
    if report.suggestion is not None and case.severity.se is None:
        yield "something is suggested, but the severity has no score"
    for decision in case.decisions:
        if not decision.by:
            yield f"the decision {decision.id} names no person"
    for approval in case.approvals:
        if approval.version > case.version:
            yield f"version {approval.version} is approved, the case is at {case.version}"
