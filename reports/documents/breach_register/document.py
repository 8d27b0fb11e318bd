"""The register's extract as a document: its page, and the register as a table for machines."""

from typing import Final

from reports.breach.language.table import breach_words
from reports.document import Document, Paper, document
from reports.documents.breach_register.facts import BreachRegisterReport, check
from reports.documents.breach_register.language.table import words_of
from reports.documents.breach_register.table import register_csv
from reports.documents.breach_register.view import build
from reports.language.locale import Locale
from reports.page import fill
from reports.sheet import Attached

CSV_NAME: Final = "register.csv"


def lay_out(report: BreachRegisterReport, locale: Locale, data_hash: str) -> Paper:
    """The page of an extract that `check` has passed."""
    words = words_of(locale)
    html = fill(
        "breach_register/breach_register.html",
        report,
        locale,
        data_hash=data_hash,
        data_name=BREACH_REGISTER.data_name,
        w=words,
        b=breach_words(locale),
        v=build(report, locale, words),
        csv_name=CSV_NAME,
    )
    people = {person.id: person.name for person in report.people}
    table = Attached(
        name=CSV_NAME,
        description=words.csv,
        content=register_csv([entry.row for entry in report.entries], people),
        relationship="Supplement",
    )
    return Paper(html=html, data_description=words.data_name, supplements=(table,))


BREACH_REGISTER: Final[Document] = document("breach_register", BreachRegisterReport, check=check, lay_out=lay_out)
