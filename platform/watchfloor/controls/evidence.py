"""The evidence of a tenant for a period: everything measured once, then held against each control of a framework.

`measure` counts in the tenant's own transaction; the same records, entries and `now` give the same rows. What only the
operator knows (rules, roster) is handed in. Reads only.
"""

from collections.abc import Awaitable, Callable, Iterator
from datetime import date, datetime
from typing import Final, TypeAlias

import msgspec

from watchfloor.controls import tenant
from watchfloor.controls.detection import coverage as detection
from watchfloor.controls.entries.entry import Entry
from watchfloor.controls.entries.keeping import valid_entries
from watchfloor.controls.entries.measuring import entered, used_entries
from watchfloor.controls.framework import Control, Framework
from watchfloor.controls.handling import records, response, triage
from watchfloor.controls.integrity import chain
from watchfloor.controls.judgement import judge, out_of_scope
from watchfloor.controls.library import Library
from watchfloor.controls.measurement import Beside, Measurement, Scene, nothing
from watchfloor.controls.notices import timely
from watchfloor.controls.people import access, roster
from watchfloor.controls.period import local_day, period_of
from watchfloor.controls.result import RULE_VERSION, Gap, Outcome, Period, Result, Unit, outcome_of
from watchfloor.controls.sources import coverage, keeping
from watchfloor.controls.thresholds.keeping import own_numbers
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import NotFound

Measure: TypeAlias = Callable[[TenantTx, Scene], Awaitable[list[Measurement]]]

MEASURES: Final[tuple[Measure, ...]] = (
    coverage.measure,
    keeping.measure_retention,
    keeping.measure_agents,
    keeping.measure_outages,
    chain.measure,
    triage.measure_days,
    triage.measure_triage,
    triage.measure_exfiltration,
    response.measure_response,
    records.measure,
    detection.measure,
    access.measure,
    roster.measure,
    timely.measure,
)
"""What the platform counts by itself. Together they give each measured metric of the library once."""


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """A number beside the judged ones, such as a median; `number` is of how many."""

    evidence_kind: str
    metric: str
    value: float | None
    unit: Unit
    number: int | None
    population_query_id: str


class ControlEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """A control, what its rows say together, and the rows."""

    control: str
    result: Outcome
    rows: tuple[Result, ...]


class FrameworkEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """What the records of a period say to a framework. `entries` are those that entered numbers come from."""

    framework: str
    title: str
    version: str
    source: str
    period: Period
    computed_at: datetime
    rule_version: str
    controls: tuple[ControlEvidence, ...]
    figures: tuple[Figure, ...]
    entries: tuple[Entry, ...]

    @property
    def rows(self) -> Iterator[Result]:
        """All rows, control by control."""
        return (row for control in self.controls for row in control.rows)

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many controls came out how."""
        found: dict[Outcome, int] = {
            "supported": 0,
            "partly_supported": 0,
            "not_supported": 0,
            "no_data": 0,
            "not_in_scope": 0,
        }
        for control in self.controls:
            found[control.result] += 1
        return found


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Everything measured and entered for a tenant and a period, before any framework."""

    scene: Scene
    measurements: dict[tuple[str, str], Measurement]
    numbers: dict[tuple[str, str], float]

    def of(self, framework: Framework) -> FrameworkEvidence:
        """The rows of a framework."""
        kinds = {kind for control in framework.controls for kind in control.evidence}
        return FrameworkEvidence(
            framework=framework.id,
            title=framework.title,
            version=framework.version,
            source=framework.source,
            period=self.scene.period,
            computed_at=self.scene.now,
            rule_version=RULE_VERSION,
            controls=tuple(self._control(control) for control in framework.controls),
            figures=tuple(figure for figure in self.figures if figure.evidence_kind in kinds),
            entries=tuple(self._entries(kinds)),
        )

    @property
    def figures(self) -> Iterator[Figure]:
        """The numbers that judge nothing."""
        for kind in self.scene.library.kinds:
            for metric in kind.metrics:
                if metric.threshold is None:
                    found = self.measurements[kind.id, metric.id]
                    yield Figure(
                        evidence_kind=kind.id,
                        metric=metric.id,
                        value=found.value,
                        unit=metric.unit,
                        number=found.denominator,
                        population_query_id=found.population,
                    )

    def find(self, kind: str, metric: str) -> Measurement:
        """One measurement with its whole population. Raises NotFound."""
        found = self.measurements.get((kind, metric))
        if found is None:
            raise NotFound(f"There is no metric {kind} {metric}.")
        return found

    def _control(self, control: Control) -> ControlEvidence:
        rows = [
            row
            for kind in control.evidence
            for metric in self.scene.library.kind(kind).metrics
            if (
                row := judge(
                    self.scene,
                    self.measurements[kind, metric.id],
                    metric,
                    control=control,
                    own=self.numbers.get((kind, metric.id)),
                )
            )
            is not None
        ]
        if control.not_in_scope is not None:
            rows.append(out_of_scope(self.scene, control))
        return ControlEvidence(control=control.id, result=outcome_of(rows), rows=tuple(rows))

    def _entries(self, kinds: set[str]) -> Iterator[Entry]:
        for kind in self.scene.library.kinds:
            for metric in kind.metrics:
                if kind.id in kinds and metric.basis == "entered":
                    yield from used_entries(self.scene, kind, metric)


async def measure(
    tx: TenantTx,
    cipher: TenantCipher,
    library: Library,
    *,
    first: date,
    until: date,
    now: datetime,
    beside: Beside,
) -> Evidence:
    """Counts everything for the days from `first` until before `until`, in the tenant's time zone.

    Raises Invalid for a period that is none, too long or has not begun.
    """
    zone = await tenant.time_zone(tx)
    period = period_of(first, until, time_zone=zone)
    tenant.check_begun(period, local_day(now, zone))
    scene = Scene(
        period=period,
        now=now,
        library=library,
        entries=await valid_entries(tx, cipher, at=now),
        beside=beside,
    )
    found: dict[tuple[str, str], Measurement] = {}
    for count in MEASURES:
        for measurement in await count(tx, scene):
            found[measurement.kind, measurement.metric] = measurement
    for kind in library.kinds:
        for metric in kind.metrics:
            if metric.basis == "entered":
                found[kind.id, metric.id] = entered(scene, kind, metric)
            elif (kind.id, metric.id) not in found:
                found[kind.id, metric.id] = nothing(scene, kind.id, metric.id, "no_source")
    return Evidence(
        scene=scene,
        measurements={key: _running(scene, measurement) for key, measurement in found.items()},
        numbers=await own_numbers(tx),
    )


def _running(scene: Scene, measurement: Measurement) -> Measurement:
    """A period that is not over is said with every number that there is."""
    if scene.now >= scene.period.end or measurement.value is None:
        return measurement
    until = scene.now.isoformat(timespec="minutes")
    gaps = (*measurement.gaps, Gap(code="period_running", detail=until))
    return msgspec.structs.replace(measurement, gaps=gaps)
