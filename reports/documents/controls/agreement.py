"""Whether the facts of a control evidence report agree with each other; if they do not, nothing is printed."""

from collections.abc import Iterator

from reports.documents.controls.facts import ControlReport
from reports.language.locale import locale_for
from watchfloor.controls.result import Result
from watchfloor.kernel.errors import Invalid


def check(report: ControlReport) -> None:
    """Raises Invalid, naming the first part that disagrees."""
    locale_for(report.customer.language, report.customer.time_zone)
    for where, words in _faults(report):
        raise Invalid(words, where=where)


def _faults(report: ControlReport) -> Iterator[tuple[str, str]]:
    yield from _described(report)
    yield from _judged(report)
    yield from _sourced(report)


def _described(report: ControlReport) -> Iterator[tuple[str, str]]:
    controls = {control.id for control in report.controls}
    if not controls or len(controls) != len(report.controls):
        yield "controls", "A framework has controls, each of them once."
    kinds = {kind.id for kind in report.kinds}
    for control in report.controls:
        if not set(control.kinds) <= kinds:
            yield "controls", f"The control {control.id} names an evidence kind that is not described."
    spoken = {row.control for row in report.results}
    if spoken != controls:
        yield "results", "Each control has a result, and each result is of a control."


def _judged(report: ControlReport) -> Iterator[tuple[str, str]]:
    metrics = {(kind.id, metric.id) for kind in report.kinds for metric in kind.metrics}
    for row in (*report.results, *report.before):
        for words in _row_faults(row, metrics):
            yield "results", f"{row.control} {row.evidence_kind} {row.metric}: {words}"
    if any(row.period != report.period for row in report.results):
        yield "results", "All results are of the period of the report."
    if any(row.period != report.previous for row in report.before):
        yield "before", "All results before are of the period before."


def _sourced(report: ControlReport) -> Iterator[tuple[str, str]]:
    told = {entry.query for entry in report.provenance}
    if not {row.population_query_id for row in report.results if row.population_query_id} <= told:
        yield "provenance", "A result's population is not told of."
    entered = {entry.id for entry in report.entries}
    if not {sample for row in report.results if row.is_entered for sample in row.sample_ids} <= entered:
        yield "entries", "A number that was entered does not name the person."


def _row_faults(row: Result, metrics: set[tuple[str, str]]) -> Iterator[str]:
    if row.result == "not_in_scope":
        return
    if (row.evidence_kind, row.metric) not in metrics:
        yield "there is no such metric."
    if (row.value is None) != (row.result == "no_data"):
        yield "no data has no value, and what has no value is no data."
    if (row.result == "no_data") != (row.threshold is None):
        yield "what was judged names its number."
    if any(at.tzinfo is None for at in (row.period.begin, row.period.end, row.computed_at)):
        yield "an instant has no zone."
