"""The notification draft: the form's own order and language, a copy sheet to be sent today, nothing left blank."""

import asyncio
import csv
import io
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Final

import msgspec
import pytest
from pypdf import PdfReader

from reports.breach.reading import facts_of
from reports.breach.view import form_writer
from reports.documents.breach_notification.facts import BreachNotificationReport, check
from reports.documents.breach_notification.labels.table import LABELS
from reports.documents.breach_notification.language.table import WORDS
from reports.documents.breach_notification.sheet import Line, lines_of, translated
from reports.documents.breach_notification.view import sheet_of
from reports.handover import encode
from reports.language.locale import LANGUAGES, locale_for
from reports.sandbox import render_in_sandbox
from reports.sheet import Printed
from tests.pdf import breach_case as made
from tests.pdf.gate import faults_of
from tests.pdf.test_breach_notice import Reading, Word, outside, signed_pdf, spoiled, whole
from tests.pdf.test_hostile import CORPUS
from watchfloor.breach.rules.forms import Form, shipped_forms
from watchfloor.kernel.errors import Invalid

replace = msgspec.structs.replace
FILES: Final = {"breach_notification.json", "copy-sheet.txt", "copy-sheet.csv"}
FORMS: Final = {form.authority or "": form for form in shipped_forms() if form.kind == "breach_notification"}
OWN: Final = {"en": "GB", "de": "DE-NI", "fr": "FR", "es": "ES", "it": "IT", "nl": "NL", "pl": "PL"}
SAID: Final = {
    "en": "Nothing is sent by itself.",
    "de": "Nichts wird von selbst gesendet.",
    "fr": "Rien n'est envoyé tout seul.",
    "es": "Nada se envía por sí solo.",
    "it": "Nulla viene inviato da solo.",
    "nl": "Er wordt niets vanzelf verzonden.",
    "pl": "Nic nie wysyła się samo.",
}


_UNSAID: Final = ("nature.organisation_impact", "nature.recovery", "measures.staff_trained")
"""What the form for the United Kingdom asks for beside, and the made-up case does not say."""


@pytest.fixture(scope="module")
def printed() -> Callable[[str], Printed]:
    """The draft in a language for an authority of it, rendered once."""
    kept: dict[str, Printed] = {}

    def render(language: str) -> Printed:
        if language not in kept:
            report = made.notification_report(language, authority=OWN[language])
            kept[language] = asyncio.run(render_in_sandbox(report))
        return kept[language]

    return render


def lines(report: BreachNotificationReport) -> list[Line]:
    return sheet_of(report, locale_for(report.customer.language, report.customer.time_zone))[0]


def attached(pdf: bytes, name: str) -> str:
    return PdfReader(BytesIO(pdf)).attachments[name][0].decode("utf-8-sig")


def test_the_first_page_says_what_is_decided_by_when_and_where_it_goes(
    printed: Callable[[str], Printed], reading: Reading
) -> None:
    page = reading(printed("en").pdf, 1)
    assert "Decided: the supervisory authority is notified. Henrike Voss, 12 November 2026, 18:00 CET" in page
    assert "The 72 hours end on 15 November 2026, 17:25 CET (16:25 UTC). 2 d 7 h left" in page
    assert "They run from 12 November 2026, 17:25 CET (16:25 UTC), entered by Henrike Voss." in page
    assert SAID["en"] in page
    assert "ico.org.uk" in page
    assert "web form or telephone" in page
    assert "A macro in a mailed invoice opened PowerShell" in page


@pytest.mark.parametrize("authority", list(FORMS))
@pytest.mark.parametrize("language", ["en", "de"])
def test_the_sheet_has_the_form_s_own_questions_in_its_own_order(language: str, authority: str) -> None:
    form: Form = FORMS[authority]
    report = made.notification_report(language, authority=authority)
    spoken = [name for name in form.languages if name in LANGUAGES]
    assert report.form.language == (spoken[0] if spoken and language not in spoken else language)
    found = lines(report)
    assert [line.paths for line in found] == [row.paths for row in form.rows]
    assert [line.number for line in found] == list(range(1, len(form.rows) + 1))
    writer = form_writer(report, report.form.language)
    titles = [translated(section.title, writer) for section in form.sections for _ in section.rows]
    assert [line.section for line in found] == titles
    assert [line.number for line in found if not line.value.strip()] == []


@pytest.mark.parametrize("language", [name for name in LANGUAGES if name != "en"])
def test_every_title_and_question_of_every_form_is_said_in_every_language(language: str) -> None:
    labels = LABELS[language]
    assert set(labels) == set(LABELS["en"])
    report = made.notification_report(language, authority="EU")
    writer = form_writer(report, language)
    for form in FORMS.values():
        for section in form.sections:
            assert translated(section.title, writer) != section.title or section.title in _SAME, section.title
        for row in form.rows:
            assert row.label in labels or len(row.paths) == 1, row.label
            assert row.label in labels or writer.name(row.paths[0]) != row.paths[0], row.label


_SAME: Final = frozenset({"Data", "1. Contact", "Contact", "Incident", "2. Incident", "International", "Organisation"})
"""Titles that some language writes as English does."""


def test_every_language_has_its_words() -> None:
    assert set(SAID) == set(OWN) == set(LANGUAGES) == set(WORDS) == set(LABELS)


@pytest.mark.parametrize("language", list(SAID))
def test_the_draft_speaks_the_form_s_language_on_four_to_eight_pages(
    language: str,
    printed: Callable[[str], Printed],
    reading: Reading,
    words: Callable[[bytes], list[Word]],
) -> None:
    drawn = printed(language)
    assert SAID[language] in reading(drawn.pdf, 1)
    assert 4 <= drawn.pages <= 8
    assert drawn.seal is not None
    assert outside(drawn.pdf, words) == []
    assert "compliant" not in whole(drawn.pdf, drawn.pages, reading).lower()
    assert set(PdfReader(BytesIO(drawn.pdf)).attachments) == FILES


@pytest.mark.parametrize("language", ["en", "de", "pl"])
def test_text_and_table_of_the_sheet_hold_exactly_the_same_values(
    language: str, printed: Callable[[str], Printed]
) -> None:
    drawn = printed(language)
    found = lines(made.notification_report(language, authority=OWN[language]))
    text = attached(drawn.pdf, "copy-sheet.txt").split("\r\n")
    rows = list(csv.reader(io.StringIO(attached(drawn.pdf, "copy-sheet.csv"), newline="")))[1:]
    for line, row in zip(found, rows, strict=True):
        place = text.index(f"{line.number}. {line.label}")
        assert text[place + 1] == line.value == row[3]
        assert row[:3] == [str(line.number), line.section, line.label]
    assert any("privacy@nordkai.example" in row[3] for row in rows)


def test_addresses_are_defanged_on_paper_alone(printed: Callable[[str], Printed], reading: Reading) -> None:
    drawn = printed("en")
    assert "privacy@nordkai.example" not in whole(drawn.pdf, drawn.pages, reading)
    assert "privacy[@]nordkai[.]example" in whole(drawn.pdf, drawn.pages, reading)
    assert "privacy@nordkai.example" in attached(drawn.pdf, "copy-sheet.txt")


async def test_what_is_missing_is_named_on_the_first_page_and_in_the_sheet(reading: Reading) -> None:
    report = made.notification_report("en", authority="GB")
    poor = replace(report.case, risk=replace(report.case.risk, consequences=None))
    asked = replace(report, case=poor, missing=made.lacking(poor, "breach_notification", "GB"))
    assert [lack.path for lack in asked.missing] == ["risk.consequences", *_UNSAID]
    drawn = await render_in_sandbox(asked)
    page = reading(drawn.pdf, 1)
    assert "4 mandatory entries are missing. Nothing was put in their place." in page
    assert "Likely consequences" in page
    assert [line.value for line in lines(asked) if line.state == "missing"] == ["[STILL MISSING]"] * 4
    assert "[STILL MISSING]" in attached(drawn.pdf, "copy-sheet.txt")


async def test_a_late_notification_without_reasons_says_that_they_are_missing(reading: Reading) -> None:
    report = made.notification_report("en", authority="GB")
    late = made.WRITTEN + timedelta(days=4)
    overdue = replace(report, generated_at=late, deadlines=made.due(report.case, late))
    page = reading((await render_in_sandbox(overdue)).pdf, 1)
    assert "The 72 hours ended on 15 November 2026, 17:25 CET (16:25 UTC)." in page
    assert "1 d 16 h overdue" in page
    assert "The reasons for the delay are still missing." in page


async def test_an_undecided_case_says_that_nobody_has_decided(reading: Reading) -> None:
    report = made.notification_report("en", authority="GB")
    open_case = replace(report.case, risk=replace(report.case.risk, art33_decision=None))
    page = reading((await render_in_sandbox(replace(report, case=open_case))).pdf, 1)
    assert "Nobody has decided yet whether the supervisory authority is notified." in page


async def test_a_form_whose_language_we_do_not_speak_is_written_in_the_readers(reading: Reading) -> None:
    drawn = await render_in_sandbox(made.notification_report("de", authority="SE"))
    page = reading(drawn.pdf, 1)
    assert "Das Formular der Behörde ist in der Sprache sv" in page


async def test_an_authority_without_a_form_of_its_own_says_that_the_general_one_stands_in(reading: Reading) -> None:
    page = reading((await render_in_sandbox(made.notification_report("de", authority="DE-HH"))).pdf, 1)
    assert "Das eigene Formular dieser Behörde ist hier nicht bekannt" in page


def test_estimates_and_open_points_say_so_in_what_is_pasted() -> None:
    values = {line.paths: line.value for line in lines(made.notification_report("en", authority="GB"))}
    assert values["data.records",].startswith("5,200 to 6,000 (Estimated: Files in the copied folders")
    report = made.notification_report("en", authority="GB")
    early = replace(report, case=made.shown(made.first()))
    states = {line.paths: line for line in lines(early)}
    assert states["subjects.count",].state == "open"
    assert states["subjects.count",].value == "Under investigation, known by 13 November 2026, 17:00 CET (16:00 UTC)"


def test_no_fact_stands_without_a_citation_and_no_account_is_in_the_files(
    printed: Callable[[str], Printed], reading: Reading
) -> None:
    report = made.notification_report("en", authority="GB")
    assert [path for path, fact in facts_of(report.case) if not fact.citations] == []
    drawn = printed("en")
    everything = whole(drawn.pdf, drawn.pages, reading) + "".join(attached(drawn.pdf, name) for name in FILES)
    for name in ("petersen", "svc-freight", "our own thoughts", "A call from a paper"):
        assert name not in everything
    assert attached(drawn.pdf, "breach_notification.json").encode() == encode(report)


def test_a_form_that_asks_for_no_field_of_a_case_is_refused() -> None:
    report = made.notification_report("en", authority="GB")
    section = report.form.sections[0]
    odd = replace(section, questions=(replace(section.questions[0], paths=("nature.colour",)),))
    with pytest.raises(Invalid, match=r"asks for nature\.colour"):
        check(replace(report, form=replace(report.form, sections=(odd,))))


def test_the_same_facts_give_the_same_bytes(printed: Callable[[str], Printed]) -> None:
    again = asyncio.run(render_in_sandbox(made.notification_report("en", authority="GB")))
    assert again.pdf == printed("en").pdf


@pytest.mark.parametrize("start", range(0, len(CORPUS), 7))
async def test_hostile_text_stays_text_on_paper_and_runs_in_no_spreadsheet(
    start: int, words: Callable[[bytes], list[Word]]
) -> None:
    texts = [*CORPUS.values(), "=HYPERLINK(1)"]
    drawn = await render_in_sandbox(spoiled(made.notification_report("en", authority="GB"), texts[start:]))
    reader = PdfReader(BytesIO(drawn.pdf))
    assert set(reader.attachments) == FILES
    assert all("/Annots" not in page for page in reader.pages)
    found = words(drawn.pdf)
    assert [w for w in found if w[1] < 50 or w[3] > 546.5 or w[2] < 18 or w[4] > 824] == []
    shown = " ".join(word[5] for word in found)
    assert "root:x:" not in shown
    assert "http://" not in shown
    rows = csv.reader(io.StringIO(attached(drawn.pdf, "copy-sheet.csv"), newline=""))
    assert [cell for row in rows for cell in row if cell[:1] in tuple("=+-@")] == []


def test_the_sheet_is_made_from_one_list_of_lines() -> None:
    report = made.notification_report("en", authority="EU")
    writer = form_writer(report, "en")
    assert lines_of(report, writer, WORDS["en"].sheet) == lines(report)


@pytest.mark.slow
def test_every_language_keeps_to_the_standards_after_signing(printed: Callable[[str], Printed], tmp_path: Path) -> None:
    reports = {name: made.notification_report(name, authority=OWN[name]) for name in SAID}
    signed = {name: signed_pdf(printed(name), report, tmp_path / name) for name, report in reports.items()}
    assert faults_of(signed, tmp_path) == {language: set() for language in SAID}
