"""The facts of the letter to the persons concerned (Art. 34): the frozen case, and what the letter still lacks."""

from reports.breach.agreement import faults_of
from reports.breach.facts import NoticeFacts
from watchfloor.kernel.errors import Invalid


class SubjectLetterReport(NoticeFacts, frozen=True, kw_only=True, tag_field="report", tag="subject_letter"):
    """All that the letter says, in the language of the notice."""


def check(report: SubjectLetterReport) -> None:
    """Raises Invalid, naming every fault, if the letter's facts disagree."""
    faults = list(faults_of(report))
    if faults:
        raise Invalid("The letter's facts disagree: " + "; ".join(faults) + ".", where="report")
