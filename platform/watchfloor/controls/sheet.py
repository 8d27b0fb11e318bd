"""The rows as a CSV file: one line a row, in words of a language, every cell harmless in a spreadsheet."""

import csv
import io
from typing import Final

from watchfloor.controls.evidence import FrameworkEvidence
from watchfloor.controls.library import Library
from watchfloor.controls.result import Deviation, Gap, Result
from watchfloor.controls.words import Language
from watchfloor.kernel import ids
from watchfloor.kernel.neutralise import Untrusted, for_csv

COLUMNS: Final = (
    "framework",
    "control",
    "control_words",
    "evidence_kind",
    "evidence_title",
    "metric",
    "metric_title",
    "value",
    "unit",
    "numerator",
    "denominator",
    "threshold",
    "threshold_source",
    "result",
    "result_words",
    "basis",
    "entered_by",
    "exceptions",
    "data_gaps",
    "needs",
    "sample_ids",
    "population_query_id",
    "period_first",
    "period_until",
    "time_zone",
    "computed_at",
    "rule_version",
)


def as_csv(evidence: FrameworkEvidence, library: Library, language: Language) -> str:
    """All rows of a framework. RFC 4180, with a heading of names that do not change with the language."""
    framework = library.framework(evidence.framework)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for control in evidence.controls:
        written = framework.find(control.control)
        words = "" if written is None else written.words.of(language)
        for row in control.rows:
            cells = [evidence.framework, row.control, words, *_cells(row, evidence, library, language)]
            writer.writerow([for_csv(Untrusted(cell)) for cell in cells])
    return text.getvalue()


def say_gap(gap: Gap, library: Library, language: Language) -> str:
    """A gap in words."""
    return library.phrases.gaps[gap.code].of(language).replace("{detail}", gap.detail)


def say_deviation(deviation: Deviation, library: Library, language: Language) -> str:
    """What is wrong with one thing, in words, behind its id."""
    words = library.phrases.deviations[deviation.code].of(language).replace("{detail}", deviation.detail)
    return f"{deviation.id}: {words}"


def _cells(row: Result, evidence: FrameworkEvidence, library: Library, language: Language) -> list[str]:
    kind = library.kind(row.evidence_kind) if row.evidence_kind else None
    metric = None if kind is None else kind.find(row.metric)
    names = {ids.show("evd", entry.id): entry.by for entry in evidence.entries}
    threshold = row.threshold
    entered_by = sorted({names[name] for name in row.sample_ids if name in names}) if row.is_entered else []
    basis = "" if metric is None else metric.basis
    return [
        row.evidence_kind,
        "" if kind is None else kind.title.of(language),
        row.metric,
        "" if metric is None else metric.title.of(language),
        "" if row.value is None else f"{row.value:.6g}",
        row.unit if row.metric else "",
        "" if row.numerator is None else str(row.numerator),
        "" if row.denominator is None else str(row.denominator),
        "" if threshold is None else f"{threshold.direction} {threshold.number:g}",
        row.threshold_source or "",
        row.result,
        library.phrases.outcomes[row.result].of(language),
        basis,
        " ".join(entered_by),
        "; ".join(say_deviation(one, library, language) for one in row.exceptions),
        " ".join(say_gap(gap, library, language) for gap in row.data_gaps),
        kind.needs.of(language) if kind is not None and row.result == "no_data" else "",
        " ".join(row.sample_ids),
        row.population_query_id,
        row.period.first.isoformat(),
        row.period.until.isoformat(),
        row.period.time_zone,
        row.computed_at.isoformat(timespec="seconds"),
        row.rule_version,
    ]
