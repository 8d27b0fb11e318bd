"""The service report as a document: its page, and its numbers and incidents as files for machines."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from reports.document import Document, Paper, document
from reports.documents.service.agreement import check
from reports.documents.service.facts import ServiceReport
from reports.documents.service.language.table import words_of
from reports.documents.service.view import build
from reports.language.locale import Locale
from reports.page import fill
from reports.sheet import Attached
from watchfloor.kernel.neutralise import CsvText, Untrusted, csv_line, for_csv

MEASURES_NAME: Final = "measures.csv"
INCIDENTS_NAME: Final = "incidents.csv"

_MEASURE_COLUMNS: Final = ("id", "unit", "value", "p95", "n", "before", "trend", "target", "query")
_INCIDENT_COLUMNS: Final = ("ref", "title", "severity", "state", "verdict", "opened_at", "resolved_at", "responses")


def lay_out(report: ServiceReport, locale: Locale, data_hash: str) -> Paper:
    """The page of a service report that `check` has passed."""
    words = words_of(locale)
    html = fill(
        "service/service.html",
        report,
        locale,
        data_hash=data_hash,
        data_name=SERVICE.data_name,
        w=words,
        v=build(report, locale, words),
        measures_name=MEASURES_NAME,
        incidents_name=INCIDENTS_NAME,
    )
    supplements = (
        _attached(MEASURES_NAME, words.sections.all_numbers, _measures(report)),
        _attached(INCIDENTS_NAME, words.sections.incidents, _incidents(report)),
    )
    return Paper(html=html, data_description=words.cover.kind, supplements=supplements)


def _attached(name: str, description: str, lines: Iterator[str]) -> Attached:
    """A file of lines (RFC 4180, UTF-8, times in UTC), exact but for what a spreadsheet would run."""
    content = "".join(lines).encode()
    return Attached(name=name, description=description, content=content, relationship="Supplement")


def _measures(report: ServiceReport) -> Iterator[str]:
    queries = {entry.id: entry.query for entry in report.provenance}
    yield csv_line(_cell(column) for column in _MEASURE_COLUMNS)
    for one in report.numbers:
        numbers = [_plain(number) for number in (one.value, one.p95, one.n, one.before)]
        texts = (one.id, one.unit, *numbers, one.trend, _plain(one.target), queries[one.source])
        yield csv_line(_cell(text) for text in texts)


def _incidents(report: ServiceReport) -> Iterator[str]:
    yield csv_line(_cell(column) for column in _INCIDENT_COLUMNS)
    for one in report.incidents:
        responses = " ".join(f"{response.kind}:{response.state}" for response in one.responses)
        times = (_instant(one.opened_at), _instant(one.resolved_at))
        texts = (one.ref, one.title, one.severity, one.state, one.verdict or "", *times, responses)
        yield csv_line(_cell(text) for text in texts)


def _plain(number: float | None) -> str:
    if number is None:
        return ""
    return str(int(number)) if number == int(number) else repr(number)


def _cell(text: str) -> CsvText:
    return for_csv(Untrusted(text))


def _instant(at: datetime | None) -> str:
    return "" if at is None else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


SERVICE: Final[Document] = document("service", ServiceReport, check=check, lay_out=lay_out)
