"""The severity and decision record: who decided what and when, what is open, and how the severity came about."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Final

import msgspec
import pytest
from pypdf import PdfReader

from reports.documents.breach_decisions.facts import BreachDecisionsReport, check
from reports.documents.breach_decisions.language.table import WORDS
from reports.facts import ReportFacts
from reports.handover import decode, encode
from reports.job import stamp_for
from reports.language.locale import LANGUAGES
from reports.sandbox import render_in_sandbox
from reports.sheet import Printed
from reports.signing.signer import Signing
from tests.pdf import breach_case as made
from tests.pdf.gate import faults_of
from tests.pdf.test_breach_notice import outside, spoiled, whole
from tests.pdf.test_hostile import CORPUS
from watchfloor.breach.case import BreachCase
from watchfloor.breach.rules.enisa import Override
from watchfloor.breach.severity import scores_of, suggest
from watchfloor.breach.values import Art34Decision
from watchfloor.kernel.config import Settings
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.keys import FileRootKeys
from watchfloor.tenancy.vault import ROOT_KEY_FILE

Word = tuple[int, float, float, float, float, str]
Reading = Callable[[bytes, int], str]
replace = msgspec.structs.replace
CODES: Final = tuple(LANGUAGES)


def record(language: str = "en", case: BreachCase | None = None) -> BreachDecisionsReport:
    """The record of a case, by custom of the one in which everything is decided."""
    shown = made.shown(case)
    return BreachDecisionsReport(
        **made.head(language),
        case=shown,
        people=made.PEOPLE,
        deadlines=made.due(shown),
        authorities=made.AUTHORITIES,
        suggestion=None if scores_of(shown) is None else suggest(shown),
    )


@pytest.fixture(scope="module")
def printed() -> Callable[[str], Printed]:
    """The record in a language, rendered once."""
    kept: dict[str, Printed] = {}

    def render(language: str) -> Printed:
        if language not in kept:
            kept[language] = asyncio.run(render_in_sandbox(record(language)))
        return kept[language]

    return render


async def drawn(report: BreachDecisionsReport, reading: Reading) -> str:
    made_of = await render_in_sandbox(report)
    return whole(made_of.pdf, made_of.pages, reading)


def test_the_first_page_says_who_decided_what_when_and_why(printed: Callable[[str], Printed], reading: Reading) -> None:
    page = reading(printed("en").pdf, 1)
    assert "Nothing is open: every decision that the case asks for has been taken." in page
    assert "A risk to the persons is not unlikely." in page
    assert "Henrike Voss" in page
    assert "15 November 2026, 17:25 CET (16:25 UTC)" in page
    assert "Does NIS2 apply?" in page


async def test_what_is_undecided_stands_first_with_who_decides_by_when(reading: Reading) -> None:
    made_of = await render_in_sandbox(record(case=made.first()))
    page = reading(made_of.pdf, 1)
    assert "3 decisions are open." in page
    assert "Is there a risk to the persons? Data protection officer, by 15 November 2026, 17:25 CET (16:25 UTC)" in page
    assert "Are the data subjects informed? Data protection officer, without undue delay" in page
    assert page.index("3 decisions are open.") < page.index("Decided, by whom, when and why")


async def test_a_case_that_is_no_breach_waits_for_no_further_decision(reading: Reading) -> None:
    case = made.filled(made.first(), {"is_breach": made.stated(False, by=made.HENRIKE, basis="Test data only.")})
    page = await drawn(record(case=case), reading)
    assert "Nothing is open" in page
    assert "Test data only." in page


def test_each_factor_stands_with_its_points_and_its_reason(printed: Callable[[str], Printed], reading: Reading) -> None:
    text = whole(printed("en").pdf, printed("en").pages, reading)
    assert "2 · 0.75 + 1 = 2.5" in text
    assert "They open the freight papers." in text
    assert "Copied to a storage of strangers." in text
    assert "More than 100 persons are affected" in text
    assert "The score decides nothing." in text


async def test_a_level_set_by_a_person_stands_beside_the_computed_one(reading: Reading) -> None:
    override = Override(level="high", reason="Drivers carry dangerous goods.", by=made.HENRIKE)
    case = made.filled(
        made.nordkai(), {"severity.level": made.stated("high"), "severity.override": made.stated(override)}
    )
    text = await drawn(record(case=case), reading)
    assert "Henrike Voss set the level to High; the method gives Medium. Reason: Drivers carry dangerous goods." in text


async def test_a_decision_against_the_advice_is_said_to_differ(reading: Reading) -> None:
    text = await drawn(record(), reading)
    report = record()
    assert report.suggestion is not None
    assert report.suggestion.notify_authority
    assert "as advised" in text
    decided = Art34Decision(
        notify=not report.suggestion.tell_subjects, reason="On our own account.", by=made.HENRIKE, at=made.DECIDED
    )
    case = made.filled(made.nordkai(), {"risk.art34_decision": made.stated(decided, by=made.HENRIKE)})
    assert "differs from the advice; the person's reason counts" in await drawn(record(case=case), reading)


async def test_an_exemption_stands_with_its_reason(reading: Reading) -> None:
    decided = Art34Decision(
        notify=False, exemption="c", reason="No addresses of recipients.", by=made.HENRIKE, at=made.DECIDED
    )
    case = made.filled(made.nordkai(), {"risk.art34_decision": made.stated(decided, by=made.HENRIKE)})
    text = await drawn(record(case=case), reading)
    assert "Art. 34(3)(c): disproportionate effort; public communication instead · No addresses of recipients." in text


def test_a_suggestion_without_a_score_is_refused() -> None:
    report = record()
    with pytest.raises(Invalid, match="the severity has no score"):
        check(replace(report, case=made.shown(made.first())))


@pytest.mark.parametrize("language", CODES)
def test_every_language_keeps_to_three_pages_and_the_margins(
    language: str,
    printed: Callable[[str], Printed],
    reading: Reading,
    words: Callable[[bytes], list[Word]],
) -> None:
    made_of = printed(language)
    assert 2 <= made_of.pages <= 3
    assert made_of.seal is not None
    assert outside(made_of.pdf, words) == []
    text = whole(made_of.pdf, made_of.pages, reading)
    assert WORDS[language].standing.split(":")[0] in text
    assert "petersen" not in text
    assert "compliant" not in text.lower()


def test_the_attached_data_are_the_facts_and_the_same_facts_give_the_same_bytes(
    printed: Callable[[str], Printed],
) -> None:
    pdf = printed("en").pdf
    attached = PdfReader(BytesIO(pdf)).attachments
    assert set(attached) == {"breach_decisions.json"}
    assert attached["breach_decisions.json"][0] == encode(record())
    assert decode(encode(record())) == record()
    assert asyncio.run(render_in_sandbox(record())).pdf == pdf


@pytest.mark.parametrize("start", range(0, len(CORPUS), 9))
async def test_hostile_text_stays_text(start: int, words: Callable[[bytes], list[Word]]) -> None:
    texts = list(CORPUS.values())
    report = record()
    case = spoiled(made.notice_report(), texts[start:] + texts[:start]).case
    made_of = await render_in_sandbox(replace(report, case=case))
    reader = PdfReader(BytesIO(made_of.pdf))
    assert set(reader.attachments) == {"breach_decisions.json"}
    assert all("/Annots" not in page for page in reader.pages)
    shown = " ".join(word[5] for word in words(made_of.pdf))
    assert "root:x:" not in shown
    assert "http://" not in shown


def signed_pdf(made_of: Printed, report: ReportFacts, home: Path) -> bytes:
    """The document with its signature."""
    settings = Settings(home=home)
    settings.secrets_dir.mkdir(parents=True, mode=0o700)
    FileRootKeys.create(settings.secrets_dir / ROOT_KEY_FILE)
    now = datetime.now(UTC)
    return asyncio.run(Signing(settings).sign(made_of, stamp_for(report, now), at=now)).pdf


@pytest.mark.slow
def test_every_language_keeps_to_the_standards_after_signing(printed: Callable[[str], Printed], tmp_path: Path) -> None:
    signed = {name: signed_pdf(printed(name), record(name), tmp_path / name) for name in CODES}
    assert faults_of(signed, tmp_path) == {language: set() for language in CODES}
