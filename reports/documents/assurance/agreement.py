"""Whether the facts of an assurance report agree: every number has a source and is the count of its rows."""

from collections.abc import Iterator, Sequence

from reports.documents.assurance.facts import Acts, AssuranceReport
from reports.facts import Figure
from watchfloor.kernel.errors import Invalid


def check(report: AssuranceReport) -> None:
    """Raises Invalid, naming every fault."""
    faults = [*_sources(report), *_sums(report), *_bounds(report)]
    if faults:
        raise Invalid("The report's facts disagree: " + "; ".join(faults) + ".", where="report")


def _figures(report: AssuranceReport) -> dict[str, Figure]:
    figures = report.figures
    return {
        "people_acting": figures.people_acting,
        "access_days": figures.access_days,
        "access_with_reason": figures.access_with_reason,
        "exports": figures.exports,
        "acts_by_hand": figures.acts_by_hand,
        "actions_done": figures.actions_done,
        "actions_by_customer": figures.actions_by_customer,
        "notices_sent": figures.notices_sent,
    }


def _sources(report: AssuranceReport) -> Iterator[str]:
    known = {entry.id for entry in report.provenance}
    if len(known) != len(report.provenance):
        yield "two provenance entries share an id"
    for source in (*(one.source for one in _figures(report).values()), *(one.source for one in report.numbers)):
        if source not in known:
            yield f"the source {source!r} is not in provenance"


def _sums(report: AssuranceReport) -> Iterator[str]:
    done = [one for one in report.decided if one.state == "done"]
    counted = {
        "people_acting": len({one.person for one in report.accesses}),
        "access_days": len(report.accesses),
        "access_with_reason": sum(one.has_reason for one in report.accesses),
        "exports": sum(one.acts.exports for one in report.accesses)
        + sum(one.number for one in report.hands if one.is_export),
        "acts_by_hand": sum(one.number for one in report.hands),
        "actions_done": len(done),
        "actions_by_customer": sum(one.decision == "customer" for one in done),
        "notices_sent": sum(one.to == "customer" and one.sent_at is not None for one in report.notices),
    }
    for name, figure in _figures(report).items():
        if figure.value != counted[name]:
            yield f"{name} is {figure.value}, but its rows come to {counted[name]}"
    by_day, by_area = (_total([one.acts for one in rows]) for rows in (report.accesses, report.touches))
    if by_day != by_area:
        yield f"acts by day come to {by_day}, but by area to {by_area}"


def _total(acts: Sequence[Acts]) -> tuple[int, int, int]:
    return sum(one.reads for one in acts), sum(one.exports for one in acts), sum(one.changes for one in acts)


def _bounds(report: AssuranceReport) -> Iterator[str]:
    period = report.period
    if period.end <= period.first:
        yield "the period ends before it begins"
    days = [*(one.day for one in report.accesses), *(one.day for one in report.hands)]
    if not all(period.first <= day < period.end for day in days):
        yield "an access lies outside the period"
    if report.audit_head is not None and report.audit_head.seq > report.audit_entries:
        yield f"the audit chain has {report.audit_entries} entries, but entry {report.audit_head.seq} is signed"
