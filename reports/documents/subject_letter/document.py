"""The letter to the persons concerned as a document: a cover page for the officer, the letter, the public notice."""

from typing import Final

from reports.breach.language.table import breach_words
from reports.document import Document, Paper, document
from reports.documents.subject_letter.facts import SubjectLetterReport, check
from reports.documents.subject_letter.language.table import words_of
from reports.documents.subject_letter.view import build
from reports.language.locale import Locale
from reports.page import fill


def lay_out(report: SubjectLetterReport, locale: Locale, data_hash: str) -> Paper:
    """The pages of a letter that `check` has passed."""
    words = words_of(locale)
    html = fill(
        "subject_letter/subject_letter.html",
        report,
        locale,
        data_hash=data_hash,
        data_name=SUBJECT_LETTER.data_name,
        w=words,
        b=breach_words(locale),
        v=build(report, locale, words),
    )
    return Paper(html=html, data_description=words.kind)


SUBJECT_LETTER: Final[Document] = document("subject_letter", SubjectLetterReport, check=check, lay_out=lay_out)
