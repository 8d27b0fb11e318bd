"""The control evidence report as a document: its page, and all its results as a table for machines."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from reports.document import Document, Paper, document
from reports.documents.controls.agreement import check
from reports.documents.controls.facts import ControlReport
from reports.documents.controls.language.table import words_of
from reports.documents.controls.view import build
from reports.language.locale import Locale
from reports.page import fill
from reports.sheet import Attached
from watchfloor.controls.result import Result
from watchfloor.kernel.neutralise import CsvText, Untrusted, csv_line, for_csv

RESULTS_NAME: Final = "results.csv"

COLUMNS: Final = (
    "control",
    "evidence_kind",
    "metric",
    "value",
    "unit",
    "numerator",
    "denominator",
    "population_query_id",
    "period_first",
    "period_until",
    "time_zone",
    "direction",
    "threshold",
    "threshold_source",
    "result",
    "exceptions",
    "data_gaps",
    "sample_ids",
    "computed_at",
    "rule_version",
)


def lay_out(report: ControlReport, locale: Locale, data_hash: str) -> Paper:
    """The page of a control evidence report that `check` has passed."""
    words = words_of(locale)
    html = fill(
        "controls/controls.html",
        report,
        locale,
        data_hash=data_hash,
        data_name=CONTROLS.data_name,
        w=words,
        v=build(report, locale),
        results_name=RESULTS_NAME,
    )
    table = Attached(
        name=RESULTS_NAME,
        description=words.sections.csv,
        content=results_csv(report.results),
        relationship="Supplement",
    )
    return Paper(html=html, data_description=words.sections.whole_data, supplements=(table,))


def results_csv(results: Sequence[Result]) -> bytes:
    """The results as CSV (RFC 4180, UTF-8, times in UTC), one line a result; lists are joined by blanks."""
    lines = [csv_line(_cell(column) for column in COLUMNS)]
    lines += [csv_line(_cell(text) for text in _texts(row)) for row in results]
    return "".join(lines).encode()


def _texts(row: Result) -> tuple[str, ...]:
    threshold = row.threshold
    return (
        row.control,
        row.evidence_kind,
        row.metric,
        _plain(row.value),
        row.unit,
        _plain(row.numerator),
        _plain(row.denominator),
        row.population_query_id,
        row.period.first.isoformat(),
        row.period.until.isoformat(),
        row.period.time_zone,
        "" if threshold is None else threshold.direction,
        "" if threshold is None else _plain(threshold.number),
        row.threshold_source or "",
        row.result,
        " ".join(f"{one.id}:{one.code}" for one in row.exceptions),
        " ".join(f"{gap.code}:{gap.detail}" if gap.detail else gap.code for gap in row.data_gaps),
        " ".join(row.sample_ids),
        _instant(row.computed_at),
        row.rule_version,
    )


def _plain(number: float | None) -> str:
    return "" if number is None else repr(number)


def _cell(text: str) -> CsvText:
    return for_csv(Untrusted(text))


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


CONTROLS: Final[Document] = document("controls", ControlReport, check=check, lay_out=lay_out)
