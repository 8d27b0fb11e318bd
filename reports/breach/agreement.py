"""Whether the facts of a breach document agree: sources, phases, names and what is said to be missing.

Owns the rules that hold for all of them. That no fact is without a citation, the case itself makes sure of when it is
read.
"""

from collections.abc import Iterator

from reports.breach.facts import BreachFacts, NoticeFacts
from reports.breach.reading import fact_at, facts_of, field_of


def faults_of(report: NoticeFacts) -> Iterator[str]:
    """What does not agree in the facts of a notice."""
    yield from _uncited(report)
    yield from _misjudged(report)
    if report.changes and report.earlier is None:
        yield "changes are listed, but no phase before"
    if report.notice.case_version > report.case.version:
        yield f"the notice is of version {report.notice.case_version}, the case is at {report.case.version}"
    for change in report.changes:
        if change.before == change.after:
            yield f"{change.path} is said to have changed, and has not"


def _uncited(report: BreachFacts) -> Iterator[str]:
    for path, fact in facts_of(report.case):
        if not fact.citations:
            yield f"{path} has no citation"


def _misjudged(report: NoticeFacts) -> Iterator[str]:
    for lack in report.missing:
        if field_of(lack.path) is None:
            yield f"{lack.path} is no field of a case"
            continue
        fact = fact_at(report.case, lack.path)
        if fact is not None and fact.value is not None:
            yield f"{lack.path} is said to be missing, and is there"
