"""The register's extract: every case of the period, what is still open until when, and the same as a table."""

import asyncio
import csv
from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Final

import msgspec
import pytest
from pypdf import PdfReader

from reports.documents.breach_register.facts import BreachRegisterReport, Entry, check
from reports.documents.breach_register.language.table import WORDS
from reports.documents.breach_register.table import COLUMNS, register_csv
from reports.handover import decode, encode
from reports.language.locale import LANGUAGES
from reports.sandbox import render_in_sandbox
from reports.sheet import Printed
from tests.pdf import breach_case as made
from tests.pdf.gate import faults_of
from tests.pdf.test_breach_decisions import signed_pdf
from tests.pdf.test_breach_notice import outside, whole
from tests.pdf.test_hostile import CORPUS
from watchfloor.breach.case import BreachCase
from watchfloor.breach.register import Filing, row_of
from watchfloor.kernel import ids
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.ids import NoticeId

Word = tuple[int, float, float, float, float, str]
Reading = Callable[[bytes, int], str]
replace = msgspec.structs.replace
CODES: Final = tuple(LANGUAGES)

FILED: Final = Filing(
    notice=NoticeId(ids.parse("ntc", "ntc_01kr8q3b5cfx8d0e2f4g6h8j0k")),
    regime="gdpr-authority",
    stage="initial",
    phase="initial",
    part=0,
    recipient="DE-HH",
    submitted_at=made.WRITTEN,
    received_at=made.WRITTEN + timedelta(minutes=1),
    reference="HH-4711/26",
    delay_reasons=None,
    sha256="2c26b46b" * 8,
    approved_by=made.HENRIKE,
)


def entry(case: BreachCase, *filings: Filing) -> Entry:
    """A case in the register."""
    shown = made.shown(case)
    return Entry(row=replace(row_of(shown, ()), filings=filings), deadlines=made.due(shown))


def register_report(language: str = "en") -> BreachRegisterReport:
    """A breach that was reported, one in which much is open, and a case that was none."""
    none = made.filled(
        replace(made.empty(), ref="BC-2026-0009", title="Lost test laptop", status="not_a_breach"),
        {"is_breach": made.stated(False, by=made.HENRIKE, basis="The laptop held test data alone.")},
    )
    undecided = replace(made.first(), ref="BC-2026-0008")
    return BreachRegisterReport(
        **made.head(language),
        first=date(2026, 11, 1),
        until=date(2026, 12, 1),
        entries=(entry(made.nordkai(), FILED), entry(undecided), entry(none)),
        people=made.PEOPLE,
    )


@pytest.fixture(scope="module")
def printed() -> Callable[[str], Printed]:
    """The extract in a language, rendered once."""
    kept: dict[str, Printed] = {}

    def render(language: str) -> Printed:
        if language not in kept:
            kept[language] = asyncio.run(render_in_sandbox(register_report(language)))
        return kept[language]

    return render


def test_the_first_page_counts_the_cases_and_says_what_is_open_until_when(
    printed: Callable[[str], Printed], reading: Reading
) -> None:
    page = reading(printed("en").pdf, 1)
    assert "3 cases" in page
    assert "1 November 2026 to 30 November 2026" in page
    assert "BC-2026-0008 Notification to the authority (Art. 33): by 15 November 2026, 17:25 CET (16:25 UTC)" in page
    assert "Communication to the data subjects (Art. 34): without undue delay" in page


def test_every_case_stands_there_with_reasons_also_one_that_was_no_breach(
    printed: Callable[[str], Printed], reading: Reading
) -> None:
    made_of = printed("en")
    text = whole(made_of.pdf, made_of.pages, reading)
    for part in (
        "The laptop held test data alone.",
        "received 13 November 2026, 09:31 CET (08:31 UTC), reference HH-4711/26",
        "No high risk as things stand.",
        "Names and contact data in the hands of an attacker.",
        "1,800 to 2,100",
        "No notice was sent.",
        "Nobody has decided this yet.",
    ):
        assert part in text
    assert "petersen" not in text


def test_the_table_has_a_line_for_each_case_and_runs_no_formula() -> None:
    report = register_report()
    rows = [item.row for item in report.entries]
    hostile = replace(rows[0], title="=cmd|' /C calc'!A0", lessons='+1"\n-2')
    people = {person.id: person.name for person in report.people}
    read = list(csv.reader(StringIO(register_csv([hostile, *rows[1:]], people).decode(), newline="")))
    assert read[0] == list(COLUMNS)
    assert {len(line) for line in read} == {len(COLUMNS)}
    assert [line[0] for line in read[1:]] == ["BC-2026-0007", "BC-2026-0008", "BC-2026-0009"]
    assert not any(cell.startswith(("=", "+", "-", "@")) for line in read for cell in line)
    assert "Henrike Voss" in read[1]


def test_a_period_without_a_case_says_so(reading: Reading) -> None:
    made_of = asyncio.run(render_in_sandbox(replace(register_report(), entries=())))
    page = reading(made_of.pdf, 1)
    assert "No case was opened in this period." in page
    assert "Nothing is open in these cases." in page


def test_a_case_that_stands_twice_is_refused() -> None:
    report = register_report()
    with pytest.raises(Invalid, match="BC-2026-0007 stands twice"):
        check(replace(report, entries=(*report.entries, report.entries[0])))


@pytest.mark.parametrize("language", CODES)
def test_every_language_keeps_to_the_margins(
    language: str,
    printed: Callable[[str], Printed],
    reading: Reading,
    words: Callable[[bytes], list[Word]],
) -> None:
    made_of = printed(language)
    assert 3 <= made_of.pages <= 6
    assert made_of.seal is not None
    assert outside(made_of.pdf, words) == []
    assert WORDS[language].open.split(",")[0] in reading(made_of.pdf, 1)
    assert "compliant" not in whole(made_of.pdf, made_of.pages, reading).lower()


def test_the_attached_data_are_the_facts_and_the_same_facts_give_the_same_bytes(
    printed: Callable[[str], Printed],
) -> None:
    pdf = printed("en").pdf
    attached = PdfReader(BytesIO(pdf)).attachments
    assert set(attached) == {"breach_register.json", "register.csv"}
    assert attached["breach_register.json"][0] == encode(register_report())
    assert decode(encode(register_report())) == register_report()
    assert asyncio.run(render_in_sandbox(register_report())).pdf == pdf


@pytest.mark.parametrize("start", range(0, len(CORPUS), 9))
async def test_hostile_text_stays_text(start: int, words: Callable[[bytes], list[Word]]) -> None:
    texts = [text if text.strip() else "x" for text in CORPUS.values()]
    text, other = texts[start], texts[(start + 1) % len(texts)]
    report = register_report()
    row = replace(report.entries[0].row, title=text, facts=other, lessons=text, delay_reasons=other, effects=text)
    hostile = replace(report, entries=(replace(report.entries[0], row=row), *report.entries[1:]))
    made_of = await render_in_sandbox(hostile)
    reader = PdfReader(BytesIO(made_of.pdf))
    assert set(reader.attachments) == {"breach_register.json", "register.csv"}
    assert all("/Annots" not in page for page in reader.pages)
    shown = " ".join(word[5] for word in words(made_of.pdf))
    assert "root:x:" not in shown
    assert "http://" not in shown


@pytest.mark.slow
def test_every_language_keeps_to_the_standards_after_signing(printed: Callable[[str], Printed], tmp_path: Path) -> None:
    signed = {name: signed_pdf(printed(name), register_report(name), tmp_path / name) for name in CODES}
    assert faults_of(signed, tmp_path) == {language: set() for language in CODES}
