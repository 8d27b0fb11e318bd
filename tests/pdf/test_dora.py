"""DORA's stages: their first pages, the criteria with their numbers, the data for the supervisor, what is missing."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Final

import msgspec
import pytest
from pypdf import PdfReader

from reports.breach.staged.language.table import staged_words
from reports.documents.dora.document import OPEN_NAME, WHOLE_NAME
from reports.documents.dora.facts import DoraReport, check
from reports.documents.dora.language.table import WORDS, words_of
from reports.documents.dora.view import DoraView, build
from reports.handover import decode, encode
from reports.language.locale import LANGUAGES, locale_for
from reports.sandbox import render_in_sandbox
from reports.sheet import Printed
from tests.pdf import breach_case
from tests.pdf import sector_case as made
from tests.pdf.breach_case import filled, stated
from tests.pdf.gate import faults_of
from tests.pdf.test_breach_notice import outside, signed_pdf, spoiled, whole
from tests.pdf.test_hostile import CORPUS
from watchfloor.breach.fields import put
from watchfloor.breach.sector.incident_report import incident_report
from watchfloor.breach.sector.schema import faults_in
from watchfloor.kernel.errors import Invalid

Word = tuple[int, float, float, float, float, str]
Reading = Callable[[bytes, int], str]
replace = msgspec.structs.replace

BACK: Final = "major_incident_reclassified_as_non-major"
SAID: Final = {
    "en": "Initial notification: due by 13 November 2026, 23:05 CET (22:05 UTC).",
    "de": "Erstmeldung: fällig bis 13. November 2026, 23:05 CET (22:05 UTC).",
    "fr": "Notification initiale : à transmettre au plus tard le 13 novembre 2026, 23:05 CET (22:05 UTC).",
    "es": "Notificación inicial: vence el 13 de noviembre de 2026, 23:05 CET (22:05 UTC).",
    "it": "Notifica iniziale: da inviare entro il 13 novembre 2026, 23:05 CET (22:05 UTC).",
    "nl": "Eerste melding: uiterlijk 13 november 2026, 23:05 CET (22:05 UTC).",
    "pl": "Wstępne powiadomienie: termin do 13 listopada 2026 r., 23:05 CET (22:05 UTC).",
}


@pytest.fixture(scope="module")
def printed() -> Callable[[str, str], Printed]:
    """A stage in a language, rendered once."""
    kept: dict[tuple[str, str], Printed] = {}

    def drawn(language: str, stage: str) -> Printed:
        if (language, stage) not in kept:
            kept[language, stage] = draw(made.dora_report(language, stage))
        return kept[language, stage]

    return drawn


def draw(report: DoraReport) -> Printed:
    return asyncio.run(render_in_sandbox(report))


def view_of(report: DoraReport) -> DoraView:
    """What the report shows in English, without its pages."""
    locale = locale_for("en", report.customer.time_zone)
    data = incident_report(report.case, report.notice.stage)
    return build(report, locale, staged_words(locale), words_of(locale), data)


def clock_of(report: DoraReport) -> str:
    return " ".join(map(str, view_of(report).staged.cover.clock)).replace("\N{NO-BREAK SPACE}", " ")


def test_the_initial_notification_says_on_its_first_page_what_happened_what_to_decide_and_by_when(
    printed: Callable[[str, str], Printed], reading: Reading
) -> None:
    page = reading(printed("en", "initial_notification").pdf, 1)
    assert "What is due, by when, and who decides" in page
    assert f"{SAID['en']} 25 min left" in page
    assert "The deadline runs from 13 November 2026, 19:05 CET (18:05 UTC) for 4 h" in page
    assert "Decided: it is a major ICT-related incident. Henrike Voss" in page
    assert "An attacker encrypted two payment gateways" in page
    assert "The attached JSON has all that the schema of the supervisory authorities demands at this stage." in page
    assert "Entity concerned Hansekontor Zahlungen GmbH" in page
    assert "Controller" not in page


def test_each_criterion_stands_with_its_number_what_was_stated_and_what_the_rules_say(
    printed: Callable[[str, str], Printed], reading: Reading
) -> None:
    made_of = printed("en", "intermediate_report")
    text = whole(made_of.pdf, made_of.pages, reading)
    assert "By the rules it is a major ICT-related incident. The decision is the same." in text
    assert "Clients affected: 14,200 (Estimated)" in text
    assert "Downtime of critical services: 5 h 40 min" in text
    assert "Duration of the incident: 1 d 6 h 15 min" in text
    assert "Art. 9(6) Costs and losses above EUR 100,000 Nothing stated. not known" in text
    assert "Reputational impact: none not met" in text


def test_the_stages_stand_in_their_order_and_a_later_one_shows_what_changed(
    printed: Callable[[str, str], Printed], reading: Reading
) -> None:
    made_of = printed("en", "intermediate_report")
    text = whole(made_of.pdf, made_of.pages, reading)
    names = ("initial notification", "intermediate report", "updated intermediate report", "final report")
    places = [text.index(f"DORA: {name}") for name in names]
    assert places == sorted(places)
    assert "DORA: initial notification Financial supervisor 13 November 2026, 23:05 CET (22:05 UTC) Met" in text
    changes = text[text.index("What changed since Initial notification") :]
    assert "27 entries are new or different." in changes
    assert "Transactions affected (new) Not stated 51,000" in changes


@pytest.mark.parametrize("stage", ["initial_notification", "intermediate_report"])
def test_the_data_for_the_supervisor_are_attached_valid_and_the_same_facts_as_the_page(
    stage: str, printed: Callable[[str, str], Printed]
) -> None:
    report = made.dora_report("en", stage)
    attached = PdfReader(BytesIO(printed("en", stage).pdf)).attachments
    assert set(attached) == {"dora.json", WHOLE_NAME}
    assert attached["dora.json"][0] == encode(report)
    again = decode(attached["dora.json"][0])
    assert isinstance(again, DoraReport)
    assert again.case == report.case
    data = incident_report(report.case, stage)
    assert attached[WHOLE_NAME][0] == data.encoded()
    assert faults_in(json.loads(attached[WHOLE_NAME][0])) == ()


def test_data_that_are_not_whole_have_another_name_and_what_they_lack_is_on_paper_by_name(reading: Reading) -> None:
    poor = filled(
        made.dora_case("intermediate_report"),
        {"dora.lei": stated("NO LEI"), "nature.description": stated("Card payments failed.")},
    )
    for path in ("dora.components_affected", "dora.techniques", "dora.entity_types"):
        poor = put(poor, path, None)
    report = made.dora_report("en", "intermediate_report", case=poor)
    made_of = draw(report)
    attached = PdfReader(BytesIO(made_of.pdf)).attachments
    assert set(attached) == {"dora.json", OPEN_NAME}
    assert b"NO LEI" not in attached[OPEN_NAME][0]
    data = incident_report(report.case, "intermediate_report")
    assert set(data.lacking) == {"dora.components_affected", "dora.techniques", "dora.entity_types"}
    assert set(data.lacking) <= {lack.path for lack in report.missing}
    text = whole(made_of.pdf, made_of.pages, reading)
    for name in (
        "Type of the affected financial entity (Hansekontor Zahlungen GmbH)",
        "Threats and techniques of the attacker (Hansekontor Zahlungen GmbH)",
        "LEI of the affected financial entity No valid LEI: form or check digits are wrong.",
    ):
        assert name in text
    assert OPEN_NAME in text.replace("- ", "-")


def test_a_deadline_on_a_weekend_moves_to_noon_of_the_next_working_day() -> None:
    facts = {"moments.classified_major": stated(made.LATE_CLASSIFIED, by=breach_case.HENRIKE, basis="Two are met.")}
    case = filled(made.dora_case("initial_notification"), facts)
    report = made.dora_report(case=case)
    said = clock_of(report)
    assert report.deadline is not None
    assert report.deadline.due_at == datetime(2026, 11, 16, 11, tzinfo=UTC)
    assert "due by 16 November 2026, 12:00 CET (11:00 UTC)" in said
    assert "It ended on 14 November 2026, 02:00 CET (01:00 UTC), on a weekend or public holiday" in said
    bank = replace(case, statements=replace(case.statements, no_weekend_relief=stated(True, by=breach_case.HENRIKE)))
    assert "on a weekend" not in clock_of(made.dora_report(case=bank))


def test_a_late_report_gives_its_reasons_or_says_that_they_are_missing() -> None:
    report, late = made.dora_report(), made.CLASSIFIED + timedelta(days=6)
    overdue = replace(
        report, generated_at=late, deadlines=breach_case.due(made.dora_case("initial_notification"), late)
    )
    assert "It is late, and the reasons for the delay are still missing." in clock_of(overdue)
    told = replace(overdue, notice=replace(report.notice, delay_reasons="The portal was down for a night."))
    assert "Reasons for the delay: The portal was down for a night." in clock_of(told)


def test_a_reclassified_incident_owes_no_further_stage_and_has_no_deadline() -> None:
    report = made.dora_report("en", BACK)
    assert "the law sets no deadline for it" in clock_of(report)
    states = {one.stage: one.state for one in report.stages}
    assert states["initial_notification"] == "met"
    assert {states[stage] for stage in ("intermediate_report", "intermediate_update", "final_report")} == {
        "not_required"
    }
    assert "no major ICT-related incident" in str(view_of(report).staged.cover.decision)
    assert incident_report(report.case, BACK).data["incidentSubmission"] == BACK


def test_criteria_that_were_stated_and_are_not_those_that_the_rules_find_are_told() -> None:
    case = filled(made.dora_case("intermediate_report"), {"dora.criteria": stated(("reputation",))})
    notes = " ".join(view_of(made.dora_report("en", "intermediate_report", case=case)).staged.reasoning.notes)
    assert "Reputational impact" in notes
    assert "Data losses" in notes


def test_facts_that_disagree_are_refused() -> None:
    report = made.dora_report()
    with pytest.raises(Invalid, match="not what the rules say"):
        check(replace(report, finding=replace(report.finding, major=False)))
    with pytest.raises(Invalid, match="the form is of the stage final_report"):
        check(replace(report, form=replace(report.form, stage="final_report")))


def test_every_language_has_its_sentence_here() -> None:
    assert set(SAID) == set(LANGUAGES) == set(WORDS)


@pytest.mark.slow
def test_the_same_facts_give_the_same_bytes(printed: Callable[[str, str], Printed]) -> None:
    assert draw(made.dora_report("en", "final_report")).pdf == printed("en", "final_report").pdf


@pytest.mark.slow
@pytest.mark.parametrize("language", list(SAID))
def test_every_stage_keeps_to_its_pages_and_margins(
    language: str,
    printed: Callable[[str, str], Printed],
    reading: Reading,
    words: Callable[[bytes], list[Word]],
) -> None:
    assert SAID[language] in reading(printed(language, "initial_notification").pdf, 1)
    for stage in made.DORA_STAGES if language == "de" else ("initial_notification", "final_report"):
        made_of = printed(language, stage)
        assert 2 <= made_of.pages <= 8
        assert made_of.seal is not None
        assert outside(made_of.pdf, words) == []
        assert "compliant" not in whole(made_of.pdf, made_of.pages, reading).lower()


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, len(CORPUS), 7))
def test_hostile_text_in_every_field_stays_text_on_its_page_and_in_the_data(
    start: int, words: Callable[[bytes], list[Word]]
) -> None:
    texts = list(CORPUS.values())
    report = spoiled(made.dora_report("en", "final_report"), texts[start:] + texts[:start])
    noted = [text for text in (*texts[start:], *texts) if text.strip()]
    for path, text in zip(("dora.root_cause_note", "dora.resolution", "dora.third_party_origin"), noted, strict=False):
        report = replace(report, case=put(report.case, path, stated(text)))
    made_of = draw(report)
    reader = PdfReader(BytesIO(made_of.pdf))
    assert set(reader.attachments) <= {"dora.json", WHOLE_NAME, OPEN_NAME}
    assert all("/Annots" not in page for page in reader.pages)
    data = incident_report(report.case, "final_report")
    name = WHOLE_NAME if data.is_whole else OPEN_NAME
    assert json.loads(reader.attachments[name][0]) == data.data
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
    stages = {**dict.fromkeys(SAID, "final_report"), "en": "intermediate_report", "de": BACK}
    signed = {
        name: signed_pdf(printed(name, stage), made.dora_report(name, stage), tmp_path / name)
        for name, stage in stages.items()
    }
    assert faults_of(signed, tmp_path) == {language: set() for language in SAID}
