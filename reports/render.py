"""An incident report as a PDF file, in this process.

Owns the order of the steps: check, words, page, attachments, press. It trusts no text in the report, but it has
no walls around it: services call `reports.sandbox.render_in_sandbox`, which runs this in a process of its own.
"""

import hashlib
from datetime import UTC, datetime
from typing import Final

from reports.handover import check, encode
from reports.incident import IncidentReport, Indicator
from reports.language.locale import locale_for
from reports.page import DATA_NAME, INDICATORS_NAME, incident_page
from reports.press import Press
from reports.sheet import Attached, Printed, Sheet
from watchfloor.kernel.neutralise import CsvText, Untrusted, csv_line, for_csv

_INDICATOR_COLUMNS: Final = ("kind", "value", "origin", "first_seen", "last_seen", "alerts")


def render(report: IncidentReport, press: Press) -> Printed:
    """The report, laid out for its tenant's language and time zone, with its data attached.

    The same report gives the same bytes. Raises Invalid if the facts disagree, or if language or time zone
    are unknown.
    """
    check(report)
    locale = locale_for(report.customer.language, report.customer.time_zone)
    data = encode(report)
    digest = hashlib.sha256(data).hexdigest()
    sections = locale.phrases.sections
    return press.print(
        Sheet(
            html=incident_page(report, locale, data_hash=digest),
            attached=[
                Attached(name=DATA_NAME, description=locale.phrases.cover.kind, content=data, relationship="Data"),
                Attached(
                    name=INDICATORS_NAME,
                    description=sections.indicators,
                    content=indicators_csv(report.indicators),
                    relationship="Supplement",
                ),
            ],
            report_id=report.id,
            data_sha256=digest,
            created=report.generated_at.astimezone(UTC),
        )
    )


def indicators_csv(indicators: tuple[Indicator, ...]) -> bytes:
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
