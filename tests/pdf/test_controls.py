"""The control evidence report: its first page, its numbers, its languages, and what is attached to it."""

import asyncio
import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import asyncpg
import msgspec
import pytest
from pypdf import PdfReader

from reports import queries
from reports.collecting import collect
from reports.documents.controls.beside import read_beside
from reports.documents.controls.document import RESULTS_NAME
from reports.documents.controls.facts import ControlReport
from reports.facts import Provider
from reports.handover import decode, encode
from reports.job import stamp_for
from reports.language.locale import LANGUAGES
from reports.letterhead import Desk
from reports.sandbox import render_in_sandbox
from reports.sheet import Printed
from reports.signing.signer import Signing
from tests.domain import workplace
from tests.domain.control_records import FIRST, UNTIL, drawn, plant
from tests.domain.workplace import MakeTenant
from tests.pdf.control_facts import control_report
from tests.pdf.gate import faults_of
from watchfloor.audit.append import Actor
from watchfloor.controls.evidence import measure
from watchfloor.controls.library import shipped
from watchfloor.controls.result import Result, outcome_of
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.keys import FileRootKeys
from watchfloor.reporting.request import request
from watchfloor.reporting.subject import Subject
from watchfloor.tenancy.vault import ROOT_KEY_FILE

make_tenant = workplace.make_tenant
replace = msgspec.structs.replace

FRAMEWORKS: Final = ("iso27001-2022", "nis2-art21", "soc2", "pci-dss-4.0.1", "hipaa", "cis-8.1", "csf-2.0", "dora")
SAID: Final = {
    "en": ("Control evidence report", "1 July 2026 to 30 September 2026", "What is needed", "Not supported"),
    "de": ("Nachweisbericht zu Kontrollen", "1. Juli 2026 bis 30. September 2026", "Was gebraucht wird"),
    "fr": ("Rapport de preuves des contrôles", "du 1er juillet 2026 au 30 septembre 2026", "Ce qui est nécessaire"),
    "es": ("Informe de evidencias de controles", "del 1 de julio de 2026 al 30 de septiembre", "Qué se necesita"),
    "it": ("Rapporto sulle evidenze dei controlli", "dal 1º luglio 2026 al 30 settembre 2026", "Che cosa serve"),
    "nl": ("Bewijsrapport beheersmaatregelen", "1 juli 2026 tot en met 30 september 2026", "Wat nodig is"),
    "pl": ("Raport z dowodami dla zabezpieczeń", "od 1 lipca 2026 r. do 30 września 2026 r.", "Co jest potrzebne"),
}
CLAIMS: Final = ("compliant", "konform", "conforme aux", "cumple con la norma", "conforme alla", "zgodny z normą")
HOSTILE: Final = (
    '<img src="file:///etc/passwd">',
    "</td></tr><script>alert(1)</script>",
    "{{ 7*7 }}{detail}",
    "http://evil.example.com/a?b",
    "invoice\u202egnp.exe",
    "=cmd|' /C calc'!A0",
    "x" * 3_000,
)

Word = tuple[int, float, float, float, float, str]
Reading = Callable[[bytes, int], str]


@pytest.fixture(scope="module")
def printed() -> Callable[[str, str], Printed]:
    """A framework in a language, rendered once."""
    made: dict[tuple[str, str], Printed] = {}

    def render(framework: str, language: str) -> Printed:
        if (framework, language) not in made:
            made[framework, language] = asyncio.run(render_in_sandbox(control_report(framework, language)))
        return made[framework, language]

    return render


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages)


def attached(pdf: bytes) -> dict[str, bytes]:
    return {name: content[0] for name, content in PdfReader(io.BytesIO(pdf)).attachments.items()}


def test_the_first_page_says_how_the_controls_stand_and_what_is_needed(
    printed: Callable[[str, str], Printed], reading: Reading
) -> None:
    report = control_report("pci-dss-4.0.1")
    page = reading(printed("pci-dss-4.0.1", "en").pdf, 1)
    outcomes = [outcome_of(row for row in report.results if row.control == control.id) for control in report.controls]
    assert "PCI DSS 4.0.1 1 July 2026 to 30 September 2026 52 controls" in page
    for outcome, label in report.phrases.outcomes.items():
        assert f"{label} {outcomes.count(outcome)} " in page
    assert "4 decisions from you · 3 entries from you · 3 tasks of the SOC" in page
    assert "You Access review · Accounts reviewed: 74.9% (9,299 of 12,400); asked is at least 100%." in page
    assert "Better: 1. Worse: 2. No change beyond chance: 6. Too few cases to tell (n < 10): 10." in page
    assert "Prepared by Nordwacht Security" in page


def test_every_result_is_in_the_document_with_its_number(printed: Callable[[str, str], Printed]) -> None:
    report = control_report("iso27001-2022")
    text = text_of(printed("iso27001-2022", "en").pdf)
    for row in report.results:
        if row.numerator is not None:
            assert f"({row.numerator:,} of {row.denominator:,})" in text
    for control in report.controls:
        assert f"{control.id} · {control.words}" in text


def test_ids_of_controls_are_never_taken_for_addresses(printed: Callable[[str, str], Printed]) -> None:
    assert "[.]" not in text_of(printed("pci-dss-4.0.1", "en").pdf).replace("https://soc", "")


def test_the_attached_table_has_one_line_a_result_and_the_same_numbers(
    printed: Callable[[str, str], Printed],
) -> None:
    report = control_report("pci-dss-4.0.1")
    files = attached(printed("pci-dss-4.0.1", "en").pdf)
    assert files["controls.json"] == encode(report)
    lines = list(csv.DictReader(io.StringIO(files[RESULTS_NAME].decode(), newline="")))
    assert len(lines) == len(report.results)
    for line, row in zip(lines, report.results, strict=True):
        assert (line["control"], line["metric"], line["result"]) == (row.control, row.metric, row.result)
        assert line["value"] == ("" if row.value is None else repr(row.value))
        assert line["numerator"] == ("" if row.numerator is None else str(row.numerator))


@pytest.mark.parametrize(
    "language", [pytest.param(code, marks=() if code in ("en", "pl") else pytest.mark.slow) for code in LANGUAGES]
)
def test_the_report_speaks_the_language_of_the_tenant(
    language: str,
    printed: Callable[[str, str], Printed],
    reading: Reading,
    words: Callable[[bytes], list[Word]],
) -> None:
    made = printed("soc2", language)
    page = reading(made.pdf, 1)
    assert [sentence for sentence in SAID[language] if sentence not in page] == []
    assert "Nordwacht Security ·" in page
    text = text_of(made.pdf).lower()
    assert [claim for claim in CLAIMS if claim in text] == []
    assert made.seal is not None
    outside = [word for word in words(made.pdf) if word[1] < 50 or word[3] > 545.5 or word[2] < 20 or word[4] > 822]
    assert outside == []


def test_the_same_facts_give_the_same_bytes(printed: Callable[[str, str], Printed]) -> None:
    again = asyncio.run(render_in_sandbox(control_report("soc2", "pl")))
    assert again.pdf == printed("soc2", "pl").pdf


async def test_without_a_period_before_the_report_says_so(reading: Reading) -> None:
    made = await render_in_sandbox(control_report("dora", earlier=False))
    assert "There are no numbers of a period before." in reading(made.pdf, 1)


async def test_hostile_texts_stay_texts(words: Callable[[bytes], list[Word]]) -> None:
    report = control_report("hipaa")
    texts = iter(HOSTILE * 20)
    hostile = replace(
        report,
        customer=replace(report.customer, name=HOSTILE[0] + HOSTILE[1]),
        results=tuple(
            replace(
                row, exceptions=tuple(replace(one, id=next(texts), detail=next(texts)) for one in row.exceptions[:4])
            )
            for row in report.results
        ),
        entries=tuple(replace(entry, by=next(texts), document=next(texts)) for entry in report.entries),
    )
    made = await render_in_sandbox(hostile)
    outside = [word for word in words(made.pdf) if word[1] < 50 or word[3] > 545.5 or word[2] < 20 or word[4] > 822]
    assert outside == []
    assert sorted(attached(made.pdf)) == ["controls.json", RESULTS_NAME]
    assert "49" not in {word[5] for word in words(made.pdf)}
    cells = [cell for line in csv.reader(io.StringIO(attached(made.pdf)[RESULTS_NAME].decode())) for cell in line]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))] == []


@pytest.mark.parametrize("fault", ["no_result", "no_source", "no_data_with_value", "nobody_entered"])
def test_facts_that_disagree_are_refused(fault: str) -> None:
    report = control_report("hipaa")
    rows = report.results
    broken: dict[str, ControlReport] = {
        "no_result": replace(report, results=tuple(row for row in rows if row.control != "164.312(b)")),
        "no_source": replace(report, provenance=report.provenance[1:]),
        "no_data_with_value": replace(report, results=tuple(_valued(row) for row in rows)),
        "nobody_entered": replace(report, entries=()),
    }
    with pytest.raises(Invalid):
        decode(encode(broken[fault]))


async def test_numbers_are_those_that_the_platform_computes(
    make_tenant: MakeTenant,
    db_report: Database,
    db_auth: Database,
    settings: Settings,
    superuser: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    tenant = await make_tenant("ACME")
    await plant(superuser, tenant.id, drawn(1))
    subject = Subject(kind="controls", period_from=FIRST, period_to=UNTIL, framework="iso27001-2022")
    actor = Actor(kind="person", id="per_1", role="privacy_officer", request_id="r")
    async with tenant_tx(tenant.database, tenant.id) as tx:
        asked = await request(tx, actor, subject, language="de")
    provider = Provider(name="Nordwacht", contact="https://soc.example")
    desk = Desk(provider=provider, directory=db_auth, settings=settings, records=db_report)
    async with tenant_tx(db_report, tenant.id) as tx:
        row = await queries.lock_request(tx, asked.report_id)
        assert row is not None
        report = await collect(tx, tenant.cipher, row, desk=desk)
    assert isinstance(report, ControlReport)
    async with tenant_tx(tenant.database, tenant.id) as tx:
        found = await measure(
            tx,
            tenant.cipher,
            shipped(),
            first=FIRST,
            until=UNTIL,
            now=report.generated_at,
            beside=await read_beside(desk, first=FIRST, until=UNTIL),
        )
    assert report.results == tuple(found.of(shipped().framework("iso27001-2022")).rows)
    assert {row.result for row in report.results} >= {"supported", "not_supported", "no_data", "not_in_scope"}
    made = await render_in_sandbox(decode(encode(report)))
    text = text_of(made.pdf)
    assert all(f"{row.numerator:,} von {row.denominator:,}".replace(",", ".") in text for row in _shares(report))


@pytest.mark.slow
def test_every_framework_fits_its_number_of_pages(printed: Callable[[str, str], Printed]) -> None:
    pages = {framework: printed(framework, "de").pages for framework in FRAMEWORKS}
    assert all(8 <= number <= 40 for number in pages.values()), pages
    assert set(FRAMEWORKS) == {framework.id for framework in shipped().frameworks}


@pytest.mark.slow
def test_every_language_keeps_to_the_standards_after_signing(
    printed: Callable[[str, str], Printed], tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path / "home")
    settings.secrets_dir.mkdir(parents=True, mode=0o700)
    FileRootKeys.create(settings.secrets_dir / ROOT_KEY_FILE)
    now = datetime.now(UTC)
    signed = {
        language: asyncio.run(
            Signing(settings).sign(printed("soc2", language), stamp_for(control_report("soc2", language), now), at=now)
        ).pdf
        for language in LANGUAGES
    }
    assert faults_of(signed, tmp_path) == {language: set() for language in LANGUAGES}


def _valued(row: Result) -> Result:
    return replace(row, value=1.0) if row.result == "no_data" else row


def _shares(report: ControlReport) -> list[Result]:
    return [row for row in report.results if row.numerator is not None]
