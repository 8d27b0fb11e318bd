"""NIS2's stages: what each first page says, whose duty it is, why the incident is significant, and what has changed."""

import asyncio
import hashlib
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Final

import msgspec
import pytest
from pypdf import PdfReader

from reports.breach.facts import Lacking
from reports.breach.staged.language.table import staged_words
from reports.documents.nis2.facts import Nis2Report, check
from reports.documents.nis2.language.table import WORDS, words_of
from reports.documents.nis2.view import build
from reports.handover import decode, encode
from reports.language.locale import LANGUAGES, locale_for
from reports.sandbox import render_in_sandbox
from reports.sheet import Printed
from tests.pdf import breach_case
from tests.pdf import sector_case as made
from tests.pdf.gate import faults_of
from tests.pdf.test_breach_notice import outside, signed_pdf, spoiled, whole
from tests.pdf.test_hostile import CORPUS
from watchfloor.breach.classification import judge_nis2
from watchfloor.breach.fields import put
from watchfloor.kernel.errors import Invalid

Word = tuple[int, float, float, float, float, str]
Reading = Callable[[bytes, int], str]
replace = msgspec.structs.replace

SAID: Final = {
    "en": "Early warning: due by 13 November 2026, 17:25 CET (16:25 UTC).",
    "de": "Frühwarnung: fällig bis 13. November 2026, 17:25 CET (16:25 UTC).",
    "fr": "Alerte précoce : à transmettre au plus tard le 13 novembre 2026, 17:25 CET (16:25 UTC).",
    "es": "Alerta temprana: vence el 13 de noviembre de 2026, 17:25 CET (16:25 UTC).",
    "it": "Preallarme: da inviare entro il 13 novembre 2026, 17:25 CET (16:25 UTC).",
    "nl": "Vroegtijdige waarschuwing: uiterlijk 13 november 2026, 17:25 CET (16:25 UTC).",
    "pl": "Wczesne ostrzeżenie: termin do 13 listopada 2026 r., 17:25 CET (16:25 UTC).",
}


@pytest.fixture(scope="module")
def printed() -> Callable[[str, str], Printed]:
    """A stage in a language, rendered once; `own` is the early warning of the MSSP itself."""
    kept: dict[tuple[str, str], Printed] = {}

    def drawn(language: str, stage: str) -> Printed:
        if (language, stage) not in kept:
            kept[language, stage] = draw(report_of(language, stage))
        return kept[language, stage]

    return drawn


def draw(report: Nis2Report) -> Printed:
    return asyncio.run(render_in_sandbox(report))


def report_of(language: str, stage: str) -> Nis2Report:
    is_own = stage == "own"
    return made.nis2_report(language, "early_warning" if is_own else stage, is_own=is_own)


def test_the_early_warning_says_on_its_first_page_what_happened_what_to_decide_and_by_when(
    printed: Callable[[str, str], Printed], reading: Reading
) -> None:
    page = reading(printed("en", "early_warning").pdf, 1)
    assert "What is due, by when, and who decides" in page
    assert f"{SAID['en']} 7 h 55 min left" in page
    assert "The deadline runs from 12 November 2026, 17:25 CET (16:25 UTC) for 24 h" in page
    assert "Decided: it is a significant incident. Henrike Voss, 12 November 2026" in page
    assert "the privacy officer of Nordkai Logistik GmbH approves it. Nothing is sent by itself" in page
    assert "A macro in a mailed invoice opened PowerShell" in page
    assert "Unlawful or malicious acts suspected Yes" in page
    assert "Cross-border impact possible Yes (Estimated)" in page
    assert "Entity concerned Nordkai Logistik GmbH" in page
    assert "Controller" not in page


def test_the_stages_of_the_duty_stand_in_their_order_with_their_clocks(
    printed: Callable[[str, str], Printed], reading: Reading
) -> None:
    made_of = printed("en", "early_warning")
    text = whole(made_of.pdf, made_of.pages, reading)
    names = ("early warning", "incident notification", "intermediate report", "progress report", "final report")
    places = [text.index(f"NIS2: {name}") for name in names]
    assert places == sorted(places)
    assert "NIS2: incident notification CSIRT or competent authority 15 November 2026, 17:25 CET" in text


def test_the_notification_has_72_hours_and_shows_what_is_new_since_the_warning(
    printed: Callable[[str, str], Printed], reading: Reading
) -> None:
    made_of = printed("en", "notification")
    assert "for 72 h (Directive (EU) 2022/2555 Art. 23(4)(b))" in reading(made_of.pdf, 1)
    text = whole(made_of.pdf, made_of.pages, reading)
    changes = text[text.index("What changed since Early warning") :]
    assert "Severity by the first assessment (new) Not stated High: the file server" in changes
    assert "NIS2: early warning CSIRT or competent authority 13 November 2026, 17:25 CET (16:25 UTC) Met" in text


def test_the_providers_own_duty_is_reported_in_its_own_name_and_approved_by_its_lead(
    printed: Callable[[str, str], Printed], reading: Reading
) -> None:
    made_of = printed("en", "own")
    page = reading(made_of.pdf, 1)
    assert "NIS2 incident report of the service provider" in page
    assert "Entity concerned Nordwacht Security Operations" in page
    assert "a lead of Nordwacht Security Operations approves it" in page
    assert "Kind of entity (Nordwacht Security Operations)" in page
    text = whole(made_of.pdf, made_of.pages, reading)
    assert "By the rules it is a significant incident. The decision is the same." in text
    assert "Service completely unavailable for: 48 min met" in text
    assert "not known" in text


def test_an_entity_that_the_regulation_may_not_name_is_judged_by_a_person(
    printed: Callable[[str, str], Printed], reading: Reading
) -> None:
    made_of = printed("en", "early_warning")
    text = whole(made_of.pdf, made_of.pages, reading)
    assert "For this kind of entity a person judges by Art. 23(3)" in text
    assert "By the rules it is" not in text


@pytest.mark.parametrize("is_ongoing", [True, False])
def test_after_the_month_a_progress_report_or_a_final_report_is_owed_and_never_both(is_ongoing: bool) -> None:
    case = made.nis2_case("progress" if is_ongoing else "final")
    later = made.nis2_report("en", "progress").generated_at + timedelta(days=10)
    states = {one.stage: one.state for one in breach_case.due(case, later, made.nis2_sent()) if one.regime == "nis2"}
    assert {states[stage] for stage in ("early_warning", "notification")} == {"met"}
    assert states["progress"] == ("missed" if is_ongoing else "not_required")
    assert states["final"] == ("waiting" if is_ongoing else "missed")


def clock_of(report: Nis2Report) -> str:
    """What the first page says of the clock, without its page."""
    locale = locale_for("en", report.customer.time_zone)
    cover = build(report, locale, staged_words(locale), words_of(locale)).cover
    return " ".join(map(str, cover.clock)).replace("\N{NO-BREAK SPACE}", " ")


def test_a_late_stage_with_gaps_says_that_it_is_late_and_names_each_gap_with_who_fills_it(reading: Reading) -> None:
    full = made.nis2_case("early_warning")
    poor = replace(full, nis2=replace(full.nis2, malicious_suspected=None, cross_border_impact=None))
    late = breach_case.TOLD + timedelta(hours=30)
    report = replace(made.nis2_report(case=poor), generated_at=late, deadlines=breach_case.due(poor, late))
    assert [lack.path for lack in report.missing] == ["nis2.malicious_suspected", "nis2.cross_border_impact"]
    page = reading(draw(report).pdf, 1)
    assert "Early warning: was due on 13 November 2026, 17:25 CET (16:25 UTC)." in page
    assert "It is late, and the reasons for the delay are still missing." in page
    assert "2 mandatory entries are missing. Nothing was put in their place." in page
    assert "Unlawful or malicious acts suspected (Nordkai Logistik GmbH)" in page


def test_the_reasons_for_a_delay_stand_with_the_clock() -> None:
    report, late = made.nis2_report(), breach_case.TOLD + timedelta(hours=30)
    overdue = replace(report, generated_at=late, deadlines=breach_case.due(made.nis2_case("early_warning"), late))
    told = replace(overdue, notice=replace(report.notice, delay_reasons="The portal was down for a night."))
    assert "Reasons for the delay: The portal was down for a night." in clock_of(told)
    assert "Reasons for the delay" not in clock_of(report)


def test_facts_that_disagree_are_refused() -> None:
    report = made.nis2_report("en", "early_warning", is_own=True)
    with pytest.raises(Invalid, match="not what the rules say"):
        check(replace(report, finding=replace(report.finding, significant=False)))
    with pytest.raises(Invalid, match="the form is of the stage final"):
        check(replace(report, form=replace(report.form, stage="final")))
    lack = Lacking(path="nis2.sector", label="Sector", asked_by="the form")
    with pytest.raises(Invalid, match=r"nis2\.sector is said to be missing, and is there"):
        check(replace(report, missing=(lack,)))


def test_a_fact_that_nobody_stated_counts_neither_for_nor_against() -> None:
    case = put(made.nis2_case("early_warning", is_own=True), "nis2.service_down", None)
    assert judge_nis2(case, is_own=True).significant is None


def test_the_attached_facts_are_those_of_the_page(
    printed: Callable[[str, str], Printed],
) -> None:
    report = report_of("en", "notification")
    pdf = printed("en", "notification").pdf
    attached = PdfReader(BytesIO(pdf)).attachments
    assert set(attached) == {"nis2.json"}
    assert attached["nis2.json"][0] == encode(report)
    again = decode(attached["nis2.json"][0])
    assert isinstance(again, Nis2Report)
    assert again.case == report.case
    assert hashlib.sha256(encode(report)).hexdigest() in "".join(
        page.extract_text().replace("\n", "") for page in PdfReader(BytesIO(pdf)).pages
    )


def test_no_account_is_in_the_file(printed: Callable[[str, str], Printed], reading: Reading) -> None:
    made_of = printed("en", "notification")
    text = whole(made_of.pdf, made_of.pages, reading) + encode(report_of("en", "notification")).decode()
    for name in ("petersen", "svc-freight", "our own thoughts"):
        assert name not in text


@pytest.mark.slow
def test_the_same_facts_give_the_same_bytes(printed: Callable[[str, str], Printed]) -> None:
    assert draw(report_of("en", "notification")).pdf == printed("en", "notification").pdf


def test_every_language_has_its_sentence_here() -> None:
    assert set(SAID) == set(LANGUAGES) == set(WORDS)


@pytest.mark.slow
@pytest.mark.parametrize("language", list(SAID))
def test_every_stage_keeps_to_its_pages_and_margins(
    language: str,
    printed: Callable[[str, str], Printed],
    reading: Reading,
    words: Callable[[bytes], list[Word]],
) -> None:
    assert SAID[language] in reading(printed(language, "early_warning").pdf, 1)
    for stage in (*made.NIS2_STAGES, "own") if language == "de" else ("early_warning", "final"):
        made_of = printed(language, stage)
        assert 2 <= made_of.pages <= 8
        assert made_of.seal is not None
        assert outside(made_of.pdf, words) == []
        assert "compliant" not in whole(made_of.pdf, made_of.pages, reading).lower()


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, len(CORPUS), 7))
def test_hostile_text_in_every_field_stays_text_on_its_page(start: int, words: Callable[[bytes], list[Word]]) -> None:
    texts = list(CORPUS.values())
    made_of = draw(spoiled(report_of("en", "final"), texts[start:] + texts[:start]))
    reader = PdfReader(BytesIO(made_of.pdf))
    assert set(reader.attachments) == {"nis2.json"}
    assert all("/Annots" not in page for page in reader.pages)
    found = words(made_of.pdf)
    assert [w for w in found if w[1] < 50 or w[3] > 546.5 or w[2] < 18 or w[4] > 824] == []
    shown = " ".join(word[5] for word in found)
    assert "root:x:" not in shown
    assert "http://" not in shown
    assert made_of.pages <= 40


@pytest.mark.slow
def test_every_language_keeps_to_the_standards_after_signing(
    printed: Callable[[str, str], Printed], tmp_path: Path
) -> None:
    stages = {**dict.fromkeys(SAID, "final"), "en": "notification", "de": "own"}
    signed = {
        name: signed_pdf(printed(name, stage), report_of(name, stage), tmp_path / name)
        for name, stage in stages.items()
    }
    assert faults_of(signed, tmp_path) == {language: set() for language in SAID}
