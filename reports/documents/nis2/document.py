"""A stage of a NIS2 notice as a document."""

from typing import Final

from reports.breach.language.table import breach_words
from reports.breach.staged.clock import is_own
from reports.breach.staged.language.table import staged_words
from reports.document import Document, Paper, document
from reports.documents.nis2.facts import Nis2Report, check
from reports.documents.nis2.language.table import words_of
from reports.documents.nis2.view import build
from reports.language.locale import Locale
from reports.page import fill


def lay_out(report: Nis2Report, locale: Locale, data_hash: str) -> Paper:
    """The page of a report that `check` has passed."""
    words, said = words_of(locale), staged_words(locale)
    kind = words.own_kind if is_own(report) else words.kind
    html = fill(
        "nis2/nis2.html",
        report,
        locale,
        data_hash=data_hash,
        data_name=NIS2.data_name,
        kind=kind,
        w=words,
        s=said,
        b=breach_words(locale),
        v=build(report, locale, said, words),
    )
    return Paper(html=html, data_description=f"{kind}: {words.stage[report.notice.stage]}")


NIS2: Final[Document] = document("nis2", Nis2Report, check=check, lay_out=lay_out)
