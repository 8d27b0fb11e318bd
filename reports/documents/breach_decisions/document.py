"""The severity and decision record as a document."""

from typing import Final

from reports.breach.language.table import breach_words
from reports.document import Document, Paper, document
from reports.documents.breach_decisions.facts import BreachDecisionsReport, check
from reports.documents.breach_decisions.language.table import words_of
from reports.documents.breach_decisions.view import build
from reports.language.locale import Locale
from reports.page import fill


def lay_out(report: BreachDecisionsReport, locale: Locale, data_hash: str) -> Paper:
    """The page of a record that `check` has passed."""
    words = words_of(locale)
    html = fill(
        "breach_decisions/breach_decisions.html",
        report,
        locale,
        data_hash=data_hash,
        data_name=BREACH_DECISIONS.data_name,
        w=words,
        b=breach_words(locale),
        v=build(report, locale, words),
    )
    return Paper(html=html, data_description=words.kind)


BREACH_DECISIONS: Final[Document] = document("breach_decisions", BreachDecisionsReport, check=check, lay_out=lay_out)
