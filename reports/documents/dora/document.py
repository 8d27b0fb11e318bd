"""A stage of a DORA report as a document, with its data for the supervisor attached."""

from typing import Final

from reports.breach.language.table import breach_words
from reports.breach.staged.language.table import staged_words
from reports.document import Document, Paper, document
from reports.documents.dora.facts import DoraReport, check
from reports.documents.dora.language.table import words_of
from reports.documents.dora.view import build
from reports.language.locale import Locale
from reports.page import fill
from reports.printed import code, sentence
from reports.sheet import Attached
from watchfloor.breach.sector.incident_report import incident_report

WHOLE_NAME: Final = "incident-report.json"
OPEN_NAME: Final = "incident-report-incomplete.json"
"""Told apart by name, so that nobody files what the supervisor's schema would refuse."""


def lay_out(report: DoraReport, locale: Locale, data_hash: str) -> Paper:
    """The page of a report that `check` has passed."""
    words, said = words_of(locale), staged_words(locale)
    data = incident_report(report.case, report.notice.stage)
    name = WHOLE_NAME if data.is_whole else OPEN_NAME
    view = build(report, locale, said, words, data)
    html = fill(
        "dora/dora.html",
        report,
        locale,
        data_hash=data_hash,
        data_name=DORA.data_name,
        kind=words.kind,
        w=words,
        s=said,
        b=breach_words(locale),
        v=view.staged,
        d=view,
        data_state=view.data_state,
        report_name=name,
        document_note=sentence(words.attached, json=code(DORA.data_name, 40), report=code(name, 60)),
    )
    attached = Attached(
        name=name, description=words.data_description, content=data.encoded(), relationship="Alternative"
    )
    return Paper(
        html=html, data_description=f"{words.kind}: {words.stage[report.notice.stage]}", supplements=(attached,)
    )


DORA: Final[Document] = document("dora", DoraReport, check=check, lay_out=lay_out)
