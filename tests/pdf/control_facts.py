"""Facts of a control evidence report that nobody measured: each outcome, gap and change occurs, the same each time."""

from datetime import UTC, date, datetime
from typing import Final, cast

import msgspec

from reports.documents.controls.collect import described, listed, provenance_of, worded
from reports.documents.controls.facts import ControlReport, Entry, Framework, Shown
from reports.facts import AuditHead, Customer, Provider
from watchfloor.controls.evidence import Evidence
from watchfloor.controls.kind import Kind, Metric
from watchfloor.controls.library import shipped
from watchfloor.controls.measurement import Measurement, Member, Scene
from watchfloor.controls.period import before, period_of
from watchfloor.controls.result import DeviationCode, Gap, GapCode, Period, Result
from watchfloor.controls.words import Language

NOW: Final = datetime(2026, 10, 3, 7, 12, 44, tzinfo=UTC)
ZONE: Final = "Europe/Berlin"
QUARTER: Final = period_of(date(2026, 7, 1), date(2026, 10, 1), time_zone=ZONE)
_CODES: Final[tuple[DeviationCode, ...]] = ("silent", "late", "no_owner", "not_reviewed", "clock_off")
_WHOLES: Final = (40, 1_280, 6, 212, 12_400)


def control_report(framework: str = "iso27001-2022", language: str = "en", *, earlier: bool = True) -> ControlReport:
    """A quarter of a made-up customer."""
    library = shipped()
    chosen = library.framework(framework)
    spoken = cast("Language", language)
    found = _evidence(QUARTER, shift=0).of(chosen)
    past = _evidence(before(QUARTER), shift=1).of(chosen)
    rows = tuple(found.rows)
    entries = sorted(
        {(row.evidence_kind, row.metric, sample) for row in rows if row.is_entered for sample in row.sample_ids}
    )
    return ControlReport(
        id="rpt_01k9x0000000000000000000zz",
        revision=2,
        handling="TLP:AMBER+STRICT",
        generated_at=NOW,
        provider=Provider(name="Nordwacht Security", contact="https://soc.nordwacht.example"),
        customer=Customer(id="ten_01k9x0000000000000000000aa", name="Acme GmbH", language=language, time_zone=ZONE),
        framework=Framework(id=found.framework, title=found.title, version=found.version, source=found.source),
        period=QUARTER,
        previous=before(QUARTER),
        controls=tuple(listed(control, spoken) for control in chosen.controls),
        kinds=described(library, chosen, spoken),
        phrases=worded(library, spoken),
        results=rows,
        before=tuple(_bare(row) for row in past.rows) if earlier else (),
        figures=tuple(
            Shown(
                kind=figure.evidence_kind,
                metric=figure.metric,
                value=figure.value,
                unit=figure.unit,
                number=figure.number,
                query=figure.population_query_id,
            )
            for figure in found.figures
        ),
        entries=tuple(
            Entry(
                id=sample,
                kind=kind,
                metric=metric,
                by="Jonas Weber",
                at=datetime(2026, 9, 28, 9, 0, tzinfo=UTC),
                document="Scan September.pdf" if kind == "E10" else "",
                document_sha256="ab" * 32 if kind == "E10" else None,
            )
            for kind, metric, sample in entries
        ),
        provenance=provenance_of(rows, NOW),
        audit_head=AuditHead(seq=10_482, hash="cd" * 32, signed_at=NOW, key_id="audit-2026"),
        audit_entries=10_490,
    )


def _evidence(period: Period, *, shift: int) -> Evidence:
    library = shipped()
    scene = Scene(period=period, now=NOW, library=library)
    measured = {
        (kind.id, metric.id): _measured(kind, metric, turn=number * 4 + place * 3 + 2 * shift, shift=shift)
        for number, kind in enumerate(library.kinds)
        for place, metric in enumerate(kind.metrics)
    }
    return Evidence(scene=scene, measurements=measured, numbers={("E08", "complete"): 100.0, ("E15", "agents"): 99.5})


def _measured(kind: Kind, metric: Metric, *, turn: int, shift: int) -> Measurement:
    """Every fifth number is missing, every seventh falls short, every eleventh misses a part of the period."""
    is_entered = metric.basis == "entered"
    population = f"entries.{kind.id}.{metric.id}" if is_entered else metric.population or f"{kind.id}.{metric.id}.v1"
    if turn % 5 == 3:
        code: GapCode = "no_entry" if is_entered else ("no_source" if turn % 2 else "nothing_happened")
        return Measurement(kind=kind.id, metric=metric.id, population=population, value=None, gaps=(Gap(code=code),))
    whole = _WHOLES[turn % len(_WHOLES)]
    missed = whole // 4 + 1 + 20 * shift * (whole > 1_000) if turn % 7 == 2 else 0
    gaps = (Gap(code="begins_before_records", detail="2026-07-09"),) if turn % 11 == 4 else ()
    prefix = "evd" if is_entered else "inc"
    if metric.unit != "percent":
        falls_short = turn % 7 == 2
        value = (metric.at_most or 0.0) + 3 if falls_short and metric.at_most is not None else (metric.at_least or 0.0)
        return Measurement(
            kind=kind.id,
            metric=metric.id,
            population=population,
            value=value + 0.25 * (metric.threshold is None),
            denominator=None if metric.threshold else whole,
            members=(Member(id=f"{prefix}_{turn:026d}"),),
            gaps=gaps,
        )
    members = tuple(
        Member(
            id=f"{prefix}_{turn:02d}{number:024d}",
            codes=(_CODES[turn % len(_CODES)],) if number < missed and not is_entered else (),
            detail="26",
        )
        for number in range(1 if is_entered else whole)
    )
    return Measurement(
        kind=kind.id,
        metric=metric.id,
        population=population,
        value=100 * (whole - missed) / whole,
        numerator=whole - missed,
        denominator=whole,
        members=members,
        gaps=gaps,
    )


def _bare(row: Result) -> Result:
    return msgspec.structs.replace(row, exceptions=(), sample_ids=())
