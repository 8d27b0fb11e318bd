"""The letter to the persons concerned: written by people, sent by the controller, with nothing made up in it."""

import asyncio
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Final

import pytest
from pypdf import PdfReader

from reports.documents.subject_letter.facts import SubjectLetterReport
from reports.documents.subject_letter.language.table import WORDS
from reports.handover import decode, encode
from reports.language.locale import LANGUAGES
from reports.sandbox import render_in_sandbox
from reports.sheet import Printed
from tests.pdf import breach_case as made
from tests.pdf.gate import faults_of
from tests.pdf.test_breach_notice import outside, signed_pdf, spoiled
from tests.pdf.test_hostile import CORPUS
from watchfloor.breach.case import BreachCase
from watchfloor.breach.values import Art34Decision, Contact

Word = tuple[int, float, float, float, float, str]
Reading = Callable[[bytes, int], str]
CODES: Final = tuple(LANGUAGES)
PUBLIC: Final = Art34Decision(
    notify=False, exemption="c", reason="No addresses of recipients.", by=made.HENRIKE, at=made.DECIDED
)
TELL: Final = Art34Decision(notify=True, reason="A high risk is likely.", by=made.HENRIKE, at=made.DECIDED)


def written(decision: Art34Decision = TELL) -> BreachCase:
    """A case whose letter people have written."""
    texts: dict[str, object] = {
        "subject_comm.text.nature": "Strangers copied freight papers from one of our computers.",
        "subject_comm.text.consequences": "Somebody may pretend to be you towards a haulier.",
        "subject_comm.text.measures": "We closed the way in and told the police.",
        "subject_comm.text.contact": Contact(name="Privacy desk", email="privacy@nordkai.example"),
        "subject_comm.text.advice": ("Change your password.", "Do not trust calls about deliveries."),
        "risk.art34_decision": decision,
    }
    return made.filled(made.nordkai(), {path: made.stated(text, by=made.HENRIKE) for path, text in texts.items()})


def letter(language: str = "en", case: BreachCase | None = None) -> SubjectLetterReport:
    """The letter of a case, by custom of one in which every part is written."""
    shown = made.shown(written() if case is None else case)
    return SubjectLetterReport(
        **made.head(language),
        case=shown,
        people=made.PEOPLE,
        deadlines=made.due(shown),
        authorities=made.AUTHORITIES,
        notice=made.dispatch("subject_letter", phase="initial", number=0, language=language),
        missing=made.lacking(shown, "subject_letter"),
    )


@pytest.fixture(scope="module")
def printed() -> Callable[[str], Printed]:
    """The letter in a language, rendered once."""
    kept: dict[str, Printed] = {}

    def render(language: str) -> Printed:
        if language not in kept:
            kept[language] = asyncio.run(render_in_sandbox(letter(language)))
        return kept[language]

    return render


def test_the_letter_is_one_page_of_plain_words_from_the_controller(
    printed: Callable[[str], Printed], reading: Reading
) -> None:
    made_of = printed("en")
    assert made_of.pages == 2
    page = reading(made_of.pdf, 2)
    assert "Nordkai Logistik GmbH · Speicherweg 4, 20457 Hamburg" in page
    assert "[Name and address of the recipient]" in page
    for part in ("Strangers copied", "pretend to be you", "told the police", "Change your password.", "Privacy desk"):
        assert part in page
    assert "Nordwacht" not in page
    assert "petersen" not in page


async def test_missing_parts_are_listed_for_the_officer_and_not_made_up(reading: Reading) -> None:
    made_of = await render_in_sandbox(letter(case=made.nordkai()))
    cover, page = reading(made_of.pdf, 1), reading(made_of.pdf, 2)
    assert "do not send" in cover
    assert "4 parts of the letter are missing. They were left out and not invented." in cover
    assert "Nobody has decided to inform the persons." in cover
    assert "What you should do" not in page
    assert "What we did" not in page
    assert "missing" not in page


async def test_a_public_notice_follows_where_letters_would_take_too_much(reading: Reading) -> None:
    made_of = await render_in_sandbox(letter(case=written(PUBLIC)))
    assert made_of.pages == 3
    page = reading(made_of.pdf, 3)
    assert "Public notice (Art. 34(3)(c))" in page
    assert "Strangers copied freight papers" in page
    assert "Nordwacht" not in page


@pytest.mark.parametrize("language", CODES)
def test_every_language_has_a_cover_page_and_one_page_of_letter(
    language: str,
    printed: Callable[[str], Printed],
    reading: Reading,
    words: Callable[[bytes], list[Word]],
) -> None:
    made_of = printed(language)
    assert made_of.pages == 2
    assert made_of.seal is not None
    assert outside(made_of.pdf, words) == []
    assert WORDS[language].subject in reading(made_of.pdf, 2)


def test_the_attached_data_are_the_facts_and_the_same_facts_give_the_same_bytes(
    printed: Callable[[str], Printed],
) -> None:
    pdf = printed("en").pdf
    attached = PdfReader(BytesIO(pdf)).attachments
    assert set(attached) == {"subject_letter.json"}
    assert attached["subject_letter.json"][0] == encode(letter())
    assert decode(encode(letter())) == letter()
    assert asyncio.run(render_in_sandbox(letter())).pdf == pdf


@pytest.mark.parametrize("start", range(0, len(CORPUS), 9))
async def test_hostile_text_stays_text(start: int, words: Callable[[bytes], list[Word]]) -> None:
    texts = list(CORPUS.values())
    case = written()
    text = texts[start] if texts[start].strip() else "x"
    facts = {f"subject_comm.text.{name}": made.stated(text) for name in ("nature", "consequences", "measures")}
    hostile = spoiled(letter(case=made.filled(case, facts)), texts[start:] + texts[:start])
    made_of = await render_in_sandbox(hostile)
    reader = PdfReader(BytesIO(made_of.pdf))
    assert set(reader.attachments) == {"subject_letter.json"}
    assert all("/Annots" not in page for page in reader.pages)
    shown = " ".join(word[5] for word in words(made_of.pdf))
    assert "root:x:" not in shown
    assert "http://" not in shown


@pytest.mark.slow
def test_every_language_keeps_to_the_standards_after_signing(printed: Callable[[str], Printed], tmp_path: Path) -> None:
    signed = {name: signed_pdf(printed(name), letter(name), tmp_path / name) for name in CODES}
    assert faults_of(signed, tmp_path) == {language: set() for language in CODES}
