"""The service report: what its first page answers, that its numbers are those of the database, and its languages."""

import asyncio
import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

import asyncpg
import msgspec
import pytest
from pypdf import PdfReader

from reports.documents.service.collect import collect
from reports.documents.service.document import INCIDENTS_NAME, MEASURES_NAME
from reports.documents.service.facts import Daily, ServiceReport
from reports.documents.service.language.table import WORDS
from reports.facts import Provider
from reports.handover import decode, encode
from reports.job import stamp_for
from reports.language.locale import LANGUAGES
from reports.letterhead import Desk
from reports.queries import RequestRow
from reports.sandbox import render_in_sandbox
from reports.sheet import Printed
from reports.signing.signer import Signing
from tests.domain import workplace
from tests.domain.month import REASON, SEPTEMBER, Month, fill
from tests.domain.workplace import Tenant
from tests.pdf.gate import faults_of
from tests.pdf.service_facts import ALERTS, EVENTS, service_report
from watchfloor.detect.load import load_shared_rules
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.ids import new_uuid
from watchfloor.kernel.keys import FileRootKeys
from watchfloor.measures.definitions import DEFINITIONS
from watchfloor.measures.figures import figures_of
from watchfloor.measures.period import period_of
from watchfloor.tenancy.vault import ROOT_KEY_FILE

acme = workplace.acme
make_tenant = workplace.make_tenant
replace = msgspec.structs.replace

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Word = tuple[int, float, float, float, float, str]
Reading = Callable[[bytes, int], str]

SAID: Final = {
    "en": ("1 October 2026 to 31 October 2026", "What we could not see", "Waiting for you", "None needed", "Yours"),
    "de": ("1. Oktober 2026 bis 31. Oktober 2026", "Was wir nicht sehen konnten", "Wartet auf Sie", "Keine nötig"),
    "fr": ("Du 1er octobre 2026 au 31 octobre 2026", "Ce que nous n'avons pas pu voir", "Aucune nécessaire"),
    "es": ("Del 1 de octubre de 2026 al 31 de octubre de 2026", "Lo que no pudimos ver", "No hace falta"),
    "it": ("Dal 1º ottobre 2026 al 31 ottobre 2026", "Che cosa non abbiamo potuto vedere", "Nessuna necessaria"),
    "nl": ("1 oktober 2026 tot en met 31 oktober 2026", "Wat wij niet konden zien", "Geen nodig"),
    "pl": ("Od 1 października 2026 r. do 31 października 2026 r.", "Czego nie mogliśmy zobaczyć", "Niepotrzebna"),
}
HOSTILE: Final = (
    '<img src="file:///etc/passwd">',
    "</td></tr><script>alert(1)</script>",
    "{{ 7*7 }}{subject}",
    "http://evil.example.com/a?b",
    "invoice\u202egnp.exe",
    "=cmd|' /C calc'!A0",
    "x" * 3_000,
)


@cache
def printed(language: str = "en") -> Printed:
    """The report in a language, rendered once."""
    return asyncio.run(render_in_sandbox(service_report(language)))


def attached(pdf: bytes) -> dict[str, bytes]:
    return {name: content[0] for name, content in PdfReader(io.BytesIO(pdf)).attachments.items()}


def test_the_first_page_has_five_numbers_each_with_target_trend_and_decision(reading: Reading) -> None:
    page = reading(printed().pdf, 1)
    led = f"{sum(EVENTS):,} events led to {sum(ALERTS)} alerts and 14 incidents; 3 of them were confirmed."
    assert f"{led} 3 incidents needed you." in page
    for said in (
        "Hours we could see 97.4 % ≥ 95 % Met no change beyond chance (97.4 %) None needed",
        "Acknowledged in time 92.8 % ≥ 95 % Missed worse (92.8 %) Agree with us on measures until the next report.",
        "Resolved in time 90.9 % ≥ 90 % Met",
        "2 0 Missed",
        "Waiting for you 1 0 Missed",
    ):
        assert said in page
    assert "fw-berlin: nothing came for 48 of 745 hours" in page
    assert "Vulnerabilities: no scanner is connected" in page
    assert "Answer our question on ACME-33" in page
    assert "Resolve severe incident ACME-38 2026-11-03 15:15:00" in page
    assert 8 <= printed().pages <= 14


def test_every_section_is_there_and_says_what_it_has_not(reading: Reading) -> None:
    text = " ".join(reading(printed().pdf, page) for page in range(1, printed().pages + 1))
    sections = WORDS["en"].sections
    for heading in (
        sections.coverage, sections.funnel, sections.incidents, sections.times, sections.attack,
        sections.vulnerabilities, sections.identity, sections.open, sections.changes, sections.notices, sections.method,
    ):  # fmt: skip
        assert heading in text
    assert "A vulnerability scanner that sends its findings as a feed would fill this section." in text
    assert "Known to a named circle only" in text
    assert "This document is no legal advice." in text
    assert "compliant" not in text.lower()


async def test_without_data_the_report_does_not_say_that_all_is_well(reading: Reading) -> None:
    report = service_report()
    nothing = {"events", "alerts", "incidents", "coverage.dark_hours", "incidents.customer"}
    numbers = tuple(
        replace(one, value=0.0 if one.id in nothing else None, before=None, is_met=None, trend="no_previous", n=0)
        for one in report.numbers
    )
    empty = replace(
        report,
        has_data=False,
        numbers=numbers,
        daily=Daily(events=(0,) * 31, alerts=(0,) * 31, incidents=(0,) * 31),
        feeds=(),
        incidents=(),
        tactics=(),
        open_actions=(),
        outages=(),
        changes=(),
        missing_sources=(),
        audit_head=None,
    )
    made = await render_in_sandbox(empty)
    page = reading(made.pdf, 1)
    assert "No data came in during this period." in page
    assert "Connect a feed, or tell us why none is to be seen." in page
    assert "Nothing is open." in page


async def test_what_attackers_and_people_wrote_stays_text(words: Callable[[bytes], list[Word]]) -> None:
    report = service_report()
    hostile = replace(
        report,
        incidents=tuple(
            replace(one, title=HOSTILE[place % len(HOSTILE)], reason=HOSTILE[(place + 1) % len(HOSTILE)])
            for place, one in enumerate(report.incidents)
        ),
        open_actions=tuple(replace(one, subject=HOSTILE[2]) for one in report.open_actions),
        changes=tuple(replace(one, subject=HOSTILE[0]) for one in report.changes),
    )
    made = await render_in_sandbox(hostile)
    text = " ".join(word[5] for word in words(made.pdf))
    assert "{{" in text
    assert "49" not in [word[5] for word in words(made.pdf) if word[0] == 3]
    assert set(attached(made.pdf)) == {"service.json", MEASURES_NAME, INCIDENTS_NAME}
    rows = list(csv.reader(io.StringIO(attached(made.pdf)[INCIDENTS_NAME].decode())))
    assert not [cell for row in rows for cell in row if cell.startswith("=")]


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_each_language_is_whole_and_inside_its_margins(
    language: str, reading: Reading, words: Callable[[bytes], list[Word]]
) -> None:
    made = printed(language)
    page = reading(made.pdf, 1)
    assert [said for said in SAID[language] if said not in page] == []
    outside = [word for word in words(made.pdf) if word[1] < 50 or word[3] > 545.5 or word[2] < 20 or word[4] > 822]
    assert outside == []
    assert made.seal is not None
    assert made.pages <= 14


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_each_measure_has_a_name_and_a_definition_in_each_language(language: str) -> None:
    words = WORDS[language]
    for measure in DEFINITIONS:
        group = measure.partition(".")[0]
        assert measure in words.names or group in ("severity", "verdict", "state", "actions")
    defined = set(words.definitions) - set(words.names)
    assert defined == set(words.defined)


def test_the_same_facts_give_the_same_bytes() -> None:
    again = asyncio.run(render_in_sandbox(service_report()))
    assert again.pdf == printed().pdf


def test_what_is_attached_is_what_was_handed_over() -> None:
    files = attached(printed().pdf)
    report = service_report()
    assert files["service.json"] == encode(report)
    assert decode(files["service.json"]) == report
    rows = list(csv.DictReader(io.StringIO(files[MEASURES_NAME].decode())))
    assert [(row["id"], float(row["value"])) for row in rows] == [(one.id, one.value) for one in report.numbers]
    assert len(list(csv.reader(io.StringIO(files[INCIDENTS_NAME].decode())))) == len(report.incidents) + 1


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"incidents": ()}, "its rows come to 0"),
        ({"provenance": ()}, "which provenance does not have"),
        ({"audit_entries": 3}, "but entry 10482 is signed"),
    ],
)
async def test_facts_that_disagree_are_not_printed(changed: dict[str, object], fault: str) -> None:
    with pytest.raises(Invalid, match=fault):
        await render_in_sandbox(service_report(changed=changed))


@pytest.mark.slow
def test_every_language_keeps_to_the_standards_after_signing(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    settings.secrets_dir.mkdir(parents=True, mode=0o700)
    FileRootKeys.create(settings.secrets_dir / ROOT_KEY_FILE)
    now = datetime.now(UTC)
    signed = {
        language: asyncio.run(
            Signing(settings).sign(printed(language), stamp_for(service_report(language), now), at=now)
        ).pdf
        for language in LANGUAGES
    }
    assert faults_of(signed, tmp_path) == {language: set() for language in LANGUAGES}


async def test_the_numbers_of_the_report_are_those_of_the_figures_and_of_plain_rows(
    acme: Tenant, superuser: Connection, db_report: Database, db_auth: Database
) -> None:
    await fill(superuser, acme, SEPTEMBER)
    incidents = await fill(superuser, acme, Month(incidents=26))
    await superuser.execute(
        "insert into wf.incident_circles (tenant_id, incident_id, person_id, named_by) values ($1, $2, $3, 'per_x')",
        acme.id,
        incidents[0],
        new_uuid(),
    )
    report = await _collected(acme, db_report, db_auth)
    async with tenant_tx(acme.database, acme.id) as tx:
        period = await period_of(tx, first=date(2025, 10, 1), end=date(2025, 11, 1))
        figures = await figures_of(tx, period, loaded=load_shared_rules())
    assert {one.id: one.value for one in report.numbers} == {
        measure: figure.value for measure, figure in figures.measures.items()
    }
    hours = "hour >= timestamptz '2025-10-01 Europe/Berlin' and hour < timestamptz '2025-11-01 Europe/Berlin'"
    counted = await superuser.fetchval(f"select sum(events) from wf.feed_hours where {hours}")
    assert sum(report.daily.events) == counted == report.number("events").value
    assert sum(feed.events for feed in report.feeds) == counted
    [restricted] = [one for one in report.incidents if one.is_restricted]
    assert (restricted.title, restricted.reason, restricted.responses) == ("", "", ())
    assert {one.reason for one in report.incidents if not one.is_restricted and one.verdict} == {REASON}
    made = await render_in_sandbox(report)
    assert 8 <= made.pages <= 14


async def _collected(tenant: Tenant, records: Database, directory: Database) -> ServiceReport:
    request = RequestRow(
        id=new_uuid(),
        kind="service",
        incident_id=None,
        case_id=None,
        notice_id=None,
        period_from=date(2025, 10, 1),
        period_to=date(2025, 11, 1),
        framework=None,
        language="en",
        state="queued",
        created_at=datetime.now(UTC),
    )
    desk = Desk(provider=Provider(name="Nordwacht Security", contact="soc@nordwacht.example"), directory=directory)
    async with tenant_tx(records, tenant.id) as tx:
        return await collect(tx, tenant.cipher, request, desk)
