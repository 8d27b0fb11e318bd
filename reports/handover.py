"""How a report's facts are handed over: as JSON, bounded, and checked as a whole.

Owns the encoding, which is also what the finished PDF carries inside, and the rules that make facts agree:
every number has a source that is described, and no total is smaller than what is listed or signed.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from reports.incident import Figure, Figures, IncidentReport
from watchfloor.kernel.errors import Invalid, TooLarge

MAX_ENCODED_BYTES: Final = 16 * 1024 * 1024
"""The largest report that is taken, as encoded JSON. A normal one has 50 to 500 kB."""


def encode(report: IncidentReport) -> bytes:
    """The report as JSON: the same facts always give the same bytes. This is what the PDF carries inside.

    Raises TooLarge over MAX_ENCODED_BYTES.
    """
    data = msgspec.json.encode(report)
    _bound(data)
    return data


def decode(data: bytes) -> IncidentReport:
    """The report in `data`, checked whole.

    Raises TooLarge over MAX_ENCODED_BYTES, and Invalid if the JSON is not a report or its parts disagree.
    """
    _bound(data)
    try:
        report = msgspec.json.decode(data, type=IncidentReport)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise Invalid(f"This is no incident report: {fault}.", where="report") from None
    check(report)
    return report


def check(report: IncidentReport) -> None:
    """Raises Invalid, naming every fault, if a number has no known source or is smaller than its list."""
    faults = [*_unsourced(report), *_short_counts(report), *_backward_times(report)]
    if faults:
        raise Invalid("The report's facts disagree: " + "; ".join(faults) + ".", where="report")


def _bound(data: bytes) -> None:
    if len(data) > MAX_ENCODED_BYTES:
        raise TooLarge(
            f"The report's data has {len(data):,} bytes; at most {MAX_ENCODED_BYTES:,} are taken.",
            where="report",
            remedy="Hand in fewer events as evidence.",
        )


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
