"""The assurance report as a document: its page; its facts are attached."""

from typing import Final

from reports.document import Document, Paper, document
from reports.documents.assurance.agreement import check
from reports.documents.assurance.facts import AssuranceReport
from reports.documents.assurance.language.table import words_of
from reports.documents.assurance.view import build
from reports.language.locale import Locale
from reports.page import fill


def lay_out(report: AssuranceReport, locale: Locale, data_hash: str) -> Paper:
    """The page of an assurance report that `check` has passed."""
    words = words_of(locale)
    html = fill(
        "assurance/assurance.html",
        report,
        locale,
        data_hash=data_hash,
        data_name=ASSURANCE.data_name,
        w=words,
        v=build(report, locale, words),
    )
    return Paper(html=html, data_description=words.kind)


ASSURANCE: Final[Document] = document("assurance", AssuranceReport, check=check, lay_out=lay_out)
