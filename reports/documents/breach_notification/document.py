"""The notification draft as a document: its page, and the copy sheet as text and as a table."""

from typing import Final

from reports.breach.language.table import breach_words
from reports.document import Document, Paper, document
from reports.documents.breach_notification.facts import BreachNotificationReport, check
from reports.documents.breach_notification.language.table import words_of
from reports.documents.breach_notification.sheet import CSV_NAME, TEXT_NAME, as_csv, as_text
from reports.documents.breach_notification.view import build, sheet_of
from reports.language.locale import Locale
from reports.page import fill
from reports.sheet import Attached


def lay_out(report: BreachNotificationReport, locale: Locale, data_hash: str) -> Paper:
    """The page of a draft that `check` has passed."""
    words = words_of(locale)
    lines, spoken = sheet_of(report, locale)
    html = fill(
        "breach_notification/breach_notification.html",
        report,
        locale,
        data_hash=data_hash,
        data_name=BREACH_NOTIFICATION.data_name,
        w=words,
        s=spoken.sheet,
        b=breach_words(locale),
        v=build(report, locale, words),
        text_name=TEXT_NAME,
        csv_name=CSV_NAME,
    )
    heading = f"{report.case.ref} · {report.form.title}"
    return Paper(
        html=html,
        data_description=words.kind,
        supplements=(
            Attached(
                name=TEXT_NAME,
                description=words.text_sheet,
                content=as_text(lines, heading),
                relationship="Supplement",
            ),
            Attached(
                name=CSV_NAME,
                description=words.csv_sheet,
                content=as_csv(lines, spoken.sheet),
                relationship="Supplement",
            ),
        ),
    )


BREACH_NOTIFICATION: Final[Document] = document(
    "breach_notification", BreachNotificationReport, check=check, lay_out=lay_out
)
