"""The incident report as a document: its page, and its indicators as a file for machines."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from reports.document import Document, Paper, document
from reports.documents.incident.agreement import check
from reports.documents.incident.facts import (
    IncidentReport,
    Indicator,
)
from reports.documents.incident.language.table import words_of
from reports.documents.incident.view import VALUE_LIMIT, build
from reports.language.locale import Locale
from reports.page import fill
from reports.sheet import Attached
from watchfloor.kernel.neutralise import CsvText, Untrusted, csv_line, for_csv

INDICATORS_NAME: Final = "indicators.csv"

_INDICATOR_COLUMNS: Final = ("kind", "value", "origin", "first_seen", "last_seen", "alerts")


def lay_out(report: IncidentReport, locale: Locale, data_hash: str) -> Paper:
    """The page of an incident report that `check` has passed."""
    words = words_of(locale)
    common = locale.phrases.words
    html = fill(
        "incident/incident.html",
        report,
        locale,
        data_hash=data_hash,
        data_name=INCIDENT.data_name,
        w=words,
        v=build(report, locale),
        outcome={
            "met": common.target_met,
            "missed": common.target_missed,
            "running": common.target_running,
            "none": common.no_target,
        },
        lanes={"saw": common.saw, "did": common.did, "decided": common.decided},
        value_limit=VALUE_LIMIT,
        indicators_name=INDICATORS_NAME,
    )
    indicators = Attached(
        name=INDICATORS_NAME,
        description=words.sections.indicators,
        content=indicators_csv(report.indicators),
        relationship="Supplement",
    )
    return Paper(html=html, data_description=words.cover.kind, supplements=(indicators,))


def indicators_csv(indicators: Sequence[Indicator]) -> bytes:
    """The indicators as CSV (RFC 4180, UTF-8, times in UTC), exact but for what a spreadsheet would run."""
    lines = [csv_line(_cell(column) for column in _INDICATOR_COLUMNS)]
    for item in indicators:
        texts = (item.kind, item.value, item.origin, _instant(item.first_seen), _instant(item.last_seen))
        lines.append(csv_line([*map(_cell, texts), item.alerts]))
    return "".join(lines).encode()


def _cell(text: str) -> CsvText:
    return for_csv(Untrusted(text))


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


INCIDENT: Final[Document] = document("incident", IncidentReport, check=check, lay_out=lay_out)
