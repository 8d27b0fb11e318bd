"""The notice to the controller as a document."""

from typing import Final

from reports.breach.language.table import breach_words
from reports.document import Document, Paper, document
from reports.documents.breach_notice.facts import BreachNoticeReport, check
from reports.documents.breach_notice.language.table import words_of
from reports.documents.breach_notice.view import build
from reports.language.locale import Locale
from reports.page import fill


def lay_out(report: BreachNoticeReport, locale: Locale, data_hash: str) -> Paper:
    """The page of a notice that `check` has passed."""
    words = words_of(locale)
    html = fill(
        "breach_notice/breach_notice.html",
        report,
        locale,
        data_hash=data_hash,
        data_name=BREACH_NOTICE.data_name,
        w=words,
        b=breach_words(locale),
        v=build(report, locale, words),
    )
    return Paper(html=html, data_description=words.kind)


BREACH_NOTICE: Final[Document] = document("breach_notice", BreachNoticeReport, check=check, lay_out=lay_out)
