"""The facts of the notice to the controller, the frozen case with what is due and proposed, and whether they agree."""

from collections.abc import Iterator

from reports.breach.agreement import faults_of
from reports.breach.facts import NoticeFacts
from reports.facts import Facts, Instant
from watchfloor.breach.rules.advice import Suggestion
from watchfloor.kernel.errors import Invalid


class Proposal(Facts, frozen=True):
    """When the controller's own clock would begin if this notice began it, and when it would then end."""

    start: Instant
    due: Instant


class BreachNoticeReport(NoticeFacts, frozen=True, kw_only=True, tag_field="report", tag="breach_notice"):
    """All that the notice says. `proposal` is there while nobody has entered when the controller became aware."""

    proposal: Proposal | None = None
    suggestion: Suggestion | None = None


def check(report: BreachNoticeReport) -> None:
    """Raises Invalid, naming every fault, if the notice's facts disagree."""
    faults = [*faults_of(report), *_proposed(report)]
    if faults:
        raise Invalid("The notice's facts disagree: " + "; ".join(faults) + ".", where="report")


def _proposed(report: BreachNoticeReport) -> Iterator[str]:
    if report.proposal is not None and report.case.clock.controller_aware_at is not None:
        yield "a start is proposed although the controller's awareness is entered"
    if report.proposal is not None and report.proposal.due <= report.proposal.start:
        yield "the proposed clock ends before it begins"
