"""The facts of a report in stages: the notice with the form of its stage, and whether they agree."""

from collections.abc import Iterator
from typing import Final

from reports.breach.agreement import faults_of
from reports.breach.facts import NoticeFacts
from reports.breach.reading import field_of
from reports.facts import Facts
from watchfloor.breach.rules.clock import Deadline

_ORDER: Final = (
    "early_warning",
    "notification",
    "intermediate",
    "progress",
    "final",
    "recipients",
    "initial_notification",
    "intermediate_report",
    "intermediate_update",
    "final_report",
)
"""Stages as they follow each other."""


class Asked(Facts, frozen=True, kw_only=True):
    """A row of the form under its number. `needed`: the report cannot go without it. `any`: one path will do."""

    number: str
    paths: tuple[str, ...]
    any: bool = False
    needed: bool


class Part(Facts, frozen=True):
    """A part of the form under its number and English title."""

    title: str
    rows: tuple[Asked, ...]


class StageForm(Facts, frozen=True, kw_only=True):
    """The form of a stage, in its own order."""

    id: str
    stage: str
    source: str
    mark: str
    parts: tuple[Part, ...]


class StagedReport(NoticeFacts, frozen=True, kw_only=True):
    """The base of reports in stages; each kind has its own root under it, with its tag."""

    form: StageForm

    @property
    def deadline(self) -> Deadline | None:
        """The clock of this stage; None where the law sets none."""
        wanted = (self.notice.regime, self.notice.stage)
        return next((one for one in self.deadlines if (one.regime, one.stage) == wanted), None)

    @property
    def stages(self) -> tuple[Deadline, ...]:
        """All stages of the same duty, in the order in which they are sent."""
        own = (one for one in self.deadlines if one.regime == self.notice.regime)
        return tuple(sorted(own, key=lambda one: _ORDER.index(one.stage) if one.stage in _ORDER else len(_ORDER)))


def staged_faults(report: StagedReport) -> Iterator[str]:
    """What does not agree in the facts of a report in stages."""
    yield from faults_of(report)
    if report.form.stage != report.notice.stage:
        yield f"the form is of the stage {report.form.stage}, the notice of {report.notice.stage}"
    asked = {path for part in report.form.parts for row in part.rows for path in row.paths}
    for path in sorted(asked):
        if field_of(path) is None:
            yield f"the form asks for {path}, which is no field of a case"
