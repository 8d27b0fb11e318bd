"""The facts of the register's extract (Art. 33(5)): every case of a period as the register has it, and what is due."""

from collections.abc import Iterator
from datetime import date

from reports.breach.facts import Person
from reports.facts import Facts, ReportFacts
from watchfloor.breach.register import RegisterRow
from watchfloor.breach.rules.clock import Deadline
from watchfloor.kernel.errors import Invalid


class Entry(Facts, frozen=True):
    """A case: its row in the register, and its deadlines as of now."""

    row: RegisterRow
    deadlines: tuple[Deadline, ...] = ()


class BreachRegisterReport(ReportFacts, frozen=True, kw_only=True, tag_field="report", tag="breach_register"):
    """All that the extract says. Days are the tenant's own; `until` is the day after the last one."""

    first: date
    until: date
    entries: tuple[Entry, ...] = ()
    people: tuple[Person, ...] = ()


def check(report: BreachRegisterReport) -> None:
    """Raises Invalid, naming every fault, if the extract's facts disagree."""
    faults = list(_faults(report))
    if faults:
        raise Invalid("The register's facts disagree: " + "; ".join(faults) + ".", where="report")


def _faults(report: BreachRegisterReport) -> Iterator[str]:
    if report.until <= report.first:
        yield "the period ends before it begins"
    seen: set[str] = set()
    for entry in report.entries:
        row = entry.row
        if row.ref in seen:
            yield f"{row.ref} stands twice"
        seen.add(row.ref)
        for name, ruled in (("is_breach", row.is_breach), ("authority", row.authority), ("subjects", row.subjects)):
            if ruled.answer != "undecided" and not ruled.by:
                yield f"{row.ref}: {name} names no person"
