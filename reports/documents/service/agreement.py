"""Whether the facts of a service report agree: every number has a source, and no total is other than its rows."""

from collections.abc import Iterator

from reports.documents.service.facts import ServiceReport
from watchfloor.kernel.errors import Invalid


def check(report: ServiceReport) -> None:
    """Raises Invalid, naming every fault."""
    faults = [*_sources(report), *_sums(report), *_days(report)]
    if faults:
        raise Invalid("The report's facts disagree: " + "; ".join(faults) + ".", where="report")


def _sources(report: ServiceReport) -> Iterator[str]:
    known = {entry.id for entry in report.provenance}
    if len(known) != len(report.provenance):
        yield "two provenance entries share an id"
    if len({one.id for one in report.numbers}) != len(report.numbers):
        yield "two numbers share an id"
    for one in report.numbers:
        if one.source not in known:
            yield f"{one.id} names the source {one.source!r}, which provenance does not have"
        if one.unit == "share" and one.value is not None and one.value > 1:
            yield f"{one.id} is a share above one"


def _sums(report: ServiceReport) -> Iterator[str]:
    rows = (
        ("events", sum(report.daily.events)),
        ("alerts", sum(report.daily.alerts)),
        ("incidents", sum(report.daily.incidents)),
        ("incidents", len(report.incidents)),
        ("coverage.dark_hours", sum(feed.dark_hours for feed in report.feeds)),
    )
    for measure, total in rows:
        value = report.number(measure).value
        if value != total:
            yield f"{measure} is {value}, but its rows come to {total}"


def _days(report: ServiceReport) -> Iterator[str]:
    for name, days in (("period", report.period), ("before", report.before)):
        if days.end <= days.first:
            yield f"{name} ends before it begins"
    if report.audit_head is not None and report.audit_entries < report.audit_head.seq:
        yield f"audit_entries is {report.audit_entries}, but entry {report.audit_head.seq} is signed"
