"""The incident report in the languages beside English and German: whole, inside its margins, sealed, and valid."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
import pytest

from reports.documents.incident.facts import (
    IncidentReport,
)
from reports.job import stamp_for
from reports.language.locale import LANGUAGES
from reports.sandbox import render_in_sandbox
from reports.sheet import Printed
from reports.signing.signer import Signing
from tests.pdf.gate import faults_of
from watchfloor.kernel.config import Settings
from watchfloor.kernel.keys import FileRootKeys
from watchfloor.tenancy.vault import ROOT_KEY_FILE

SAID: Final = {
    "fr": (
        "Ce qui s'est passé",
        "Du 12 novembre 2026, 12:52 CET au 14:18 CET : correspondance entre 423 événements et 5 règles de détection",
        "Une décision est attendue de votre part.",
        "objectif 15 min : respecté",
        "État : Confiné",
    ),
    "es": (
        "Qué ha ocurrido",
        "Entre el 12 de noviembre de 2026, 12:52 CET y el 14:18 CET: coincidencia de 423 eventos con 5 reglas",
        "Una decisión está pendiente de usted.",
        "objetivo 15 min: cumplido",
    ),
    "it": (
        "Che cosa è successo",
        "Da 12 novembre 2026, 12:52 CET a 14:18 CET: riscontro di 5 regole di rilevamento in 423 eventi",
        "Una decisione è in attesa da parte Sua.",
        "obiettivo 15 min: rispettato",
    ),
    "nl": (
        "Wat er is gebeurd",
        "Tussen 12 november 2026, 12:52 CET en 14:18 CET: overeenkomst van 423 gebeurtenissen met 5 detectieregels",
        "Er wacht één beslissing op u.",
        "doel 15 min: gehaald",
    ),
    "pl": (
        "Co się stało",
        "Od 12 listopada 2026 r., 12:52 CET do 14:18 CET: 423 wykryte zdarzenia (5 reguł wykrywania)",
        "Na Państwa czeka jedna decyzja.",
        "cel 15 min: dotrzymano",
    ),
}
Word = tuple[int, float, float, float, float, str]
Reading = Callable[[bytes, int], str]


@pytest.fixture(scope="module")
def printed(report: IncidentReport) -> Callable[[str], Printed]:
    """The report in a language, rendered once."""
    made: dict[str, Printed] = {}

    def render(language: str) -> Printed:
        if language not in made:
            made[language] = asyncio.run(render_in_sandbox(in_language(report, language)))
        return made[language]

    return render


def in_language(report: IncidentReport, language: str) -> IncidentReport:
    customer = msgspec.structs.replace(report.customer, language=language)
    return msgspec.structs.replace(report, customer=customer)


@pytest.mark.parametrize("language", list(SAID))
def test_the_report_speaks_the_language_of_the_tenant(
    language: str,
    printed: Callable[[str], Printed],
    reading: Reading,
    words: Callable[[bytes], list[Word]],
) -> None:
    made = printed(language)
    page = reading(made.pdf, 1)
    assert [sentence for sentence in SAID[language] if sentence not in page] == []
    assert made.pages <= 8
    assert made.seal is not None
    outside = [word for word in words(made.pdf) if word[1] < 50 or word[3] > 545.5 or word[2] < 20 or word[4] > 822]
    assert outside == []


def test_every_language_has_its_sentences_here() -> None:
    assert set(SAID) | {"en", "de"} == set(LANGUAGES)


@pytest.mark.slow
def test_every_language_keeps_to_the_standards_after_signing(
    report: IncidentReport, printed: Callable[[str], Printed], tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path / "home")
    settings.secrets_dir.mkdir(parents=True, mode=0o700)
    FileRootKeys.create(settings.secrets_dir / ROOT_KEY_FILE)
    now = datetime.now(UTC)
    signed = {
        language: asyncio.run(
            Signing(settings).sign(printed(language), stamp_for(in_language(report, language), now), at=now)
        ).pdf
        for language in SAID
    }
    assert faults_of(signed, tmp_path) == {language: set() for language in SAID}
