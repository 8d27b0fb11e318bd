"""Whether the facts of an incident report agree.

Owns the rules: every number has a source that is described, and no total is smaller than what is listed or signed.
"""

from collections.abc import Iterator

from reports.documents.incident.facts import (
    Figures,
    IncidentReport,
)
from reports.facts import Figure
from watchfloor.kernel.errors import Invalid


def check(report: IncidentReport) -> None:
    """Raises Invalid, naming every fault, if a number has no known source or is smaller than its list."""
    faults = [*_unsourced(report), *_short_counts(report), *_backward_times(report)]
    if faults:
        raise Invalid("The report's facts disagree: " + "; ".join(faults) + ".", where="report")


def _unsourced(report: IncidentReport) -> Iterator[str]:
    known = {entry.id for entry in report.provenance}
    if len(known) != len(report.provenance):
        yield "two provenance entries share an id"
    named = {f"figures.{name}": figure.source for name, figure in _named(report.figures)}
    named |= {f"service_levels.{level.stage}": level.source for level in report.service_levels}
    if report.activity is not None:
        named["activity"] = report.activity.source
    for where, source in named.items():
        if source not in known:
            yield f"{where} names the source {source!r}, which provenance does not have"


def _short_counts(report: IncidentReport) -> Iterator[str]:
    counted = report.figures
    lists = (
        ("alerts", counted.alerts, len(report.alerts)),
        ("rules", counted.rules, len({alert.rule.id for alert in report.alerts})),
        ("events", counted.events, len(report.evidence)),
        ("hosts", counted.hosts, sum(entity.kind == "host" for entity in report.entities)),
        ("indicators", counted.indicators, len(report.indicators)),
    )
    for name, figure, listed in lists:
        if figure.value < listed:
            yield f"figures.{name} is {figure.value}, but {listed} are listed"
    for entry in report.provenance:
        if entry.total_records < len(entry.records):
            yield f"provenance {entry.id} counts {entry.total_records} records, but lists {len(entry.records)}"
    if report.audit_head is not None and report.audit_entries < report.audit_head.seq:
        yield f"audit_entries is {report.audit_entries}, but entry {report.audit_head.seq} is signed"


def _backward_times(report: IncidentReport) -> Iterator[str]:
    if report.incident.last_event_at < report.incident.first_event_at:
        yield "incident.last_event_at is before first_event_at"
    for level in report.service_levels:
        if level.stopped_at is not None and level.stopped_at < level.started_at:
            yield f"service_levels.{level.stage} stops before it starts"


def _named(counted: Figures) -> Iterator[tuple[str, Figure]]:
    """The figures by name, in the order in which they are shown."""
    yield "events", counted.events
    yield "alerts", counted.alerts
    yield "rules", counted.rules
    yield "hosts", counted.hosts
    yield "accounts", counted.accounts
    yield "indicators", counted.indicators
