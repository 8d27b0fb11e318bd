"""A finished report: what the first page says, what the file is, and that it is the same each time."""

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO

import msgspec
import pytest
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, PdfObject

from reports.documents.incident.facts import (
    IncidentReport,
)
from reports.handover import encode
from reports.sandbox import render_in_sandbox
from reports.sheet import Printed

Word = tuple[int, float, float, float, float, str]
replace = msgspec.structs.replace
Reading = Callable[[bytes, int], str]


def test_the_first_page_says_what_happened_what_was_done_and_what_to_decide(english: Printed, reading: Reading) -> None:
    page = reading(english.pdf, 1)
    assert "Credential theft after a phishing mail" in page
    assert "Between 12 November 2026, 12:52 CET and 14:18 CET, 423 events matched 5 detection rules on" in page
    assert "The most severe detection was “Memory of LSASS dumped through comsvcs.dll” (critical)" in page
    assert "Verdict of Mara Lindqvist: True positive." in page
    assert "Acknowledged: 12:56 CET, 4 min 31 s after opening." in page
    assert "approved by Jonas Weber" in page
    assert "One decision is waiting for you. May we reset the passwords of all users of this host?" in page
    assert "Please answer by 12 November 2026, 18:30 CET (17:30 UTC)." in page
    assert "If you say nothing: We do nothing by ourselves" in page
    assert "target 15 min: met" in page
    assert "target 1 h: missed" in page


def test_the_same_facts_in_german_speak_german(german: Printed, reading: Reading) -> None:
    page = reading(german.pdf, 1)
    assert "Was geschehen ist" in page
    assert "Vom 12. November 2026, 12:52 CET bis 14:18 CET trafen 5 Erkennungsregeln auf 423 Ereignisse" in page
    assert "Eine Entscheidung wartet auf Sie." in page
    assert "Bitte antworten Sie bis 12. November 2026, 18:30 CET (17:30 UTC)." in page


async def test_a_report_without_a_decision_says_that_nothing_is_waiting(
    report: IncidentReport, reading: Reading
) -> None:
    printed = await render_in_sandbox(replace(report, decisions=(), open_points=()))
    page = reading(printed.pdf, 1)
    assert "Nothing. No decision is waiting for you." in page
    assert "No open point is recorded." in page


async def test_a_report_of_an_incident_with_nothing_in_it_is_a_report(report: IncidentReport, reading: Reading) -> None:
    empty = replace(
        report,
        incident=replace(report.incident, verdict=None, assignee=None, acknowledged_at=None, contained_at=None),
        statements=(),
        decisions=(),
        actions=(),
        open_points=(),
        timeline=(),
        alerts=(),
        entities=(),
        evidence=(),
        indicators=(),
        service_levels=(),
        activity=None,
        gaps=(),
        audit_head=None,
        audit_entries=3,
    )
    printed = await render_in_sandbox(empty)
    page = reading(printed.pdf, 1)
    assert "nobody has acknowledged it yet" in page
    assert "No verdict has been given yet." in page
    assert "No response action is recorded." in page


@pytest.mark.parametrize(
    ("newer", "said"),
    [
        (0, "No entry was newer when this data was read."),
        (1, "The entry after that follows with the next signature."),
        (8, "The 8 entries after that follow with the next signature."),
    ],
)
async def test_how_far_the_audit_chain_is_signed_is_said(
    newer: int, said: str, report: IncidentReport, reading: Reading
) -> None:
    assert report.audit_head is not None
    printed = await render_in_sandbox(replace(report, audit_entries=report.audit_head.seq + newer))
    text = reading(printed.pdf, printed.pages)
    assert "Signed up to entry 10,482 on 12 November 2026, 18:09 CET (17:09 UTC)" in text
    assert said in text


async def test_a_chain_without_a_signature_says_so(report: IncidentReport, reading: Reading) -> None:
    printed = await render_in_sandbox(replace(report, audit_head=None))
    assert "Nothing of the audit chain was signed yet" in reading(printed.pdf, printed.pages)


@pytest.mark.parametrize("name", ["english", "german"])
def test_names_of_hosts_stand_on_one_line(
    name: str, request: pytest.FixtureRequest, words: Callable[[bytes], list[Word]]
) -> None:
    printed = request.getfixturevalue(name)
    assert isinstance(printed, Printed)
    shown = {word[5] for word in words(printed.pdf)}
    assert not [word for word in shown if word.endswith(("ws-", "fs-", "ws-0417[.]", "acme[.]"))]


async def test_the_same_report_gives_the_same_bytes_in_every_process(report: IncidentReport, english: Printed) -> None:
    again = await render_in_sandbox(report)
    assert again.pdf == english.pdf
    assert again.sha256 == hashlib.sha256(english.pdf).digest()


async def test_another_fact_gives_another_file(report: IncidentReport, english: Printed) -> None:
    changed = await render_in_sandbox(replace(report, revision=report.revision + 1))
    assert changed.sha256 != english.sha256


async def test_times_are_written_for_the_time_zone_of_the_tenant(report: IncidentReport, reading: Reading) -> None:
    customer = replace(report.customer, time_zone="Asia/Kolkata")
    printed = await render_in_sandbox(replace(report, customer=customer))
    assert "Between 12 November 2026, 17:22 IST and 18:48 IST" in reading(printed.pdf, 1)


def test_the_data_of_the_report_is_attached_as_it_was_handed_over(english: Printed, report: IncidentReport) -> None:
    attachments = PdfReader(BytesIO(english.pdf)).attachments
    assert set(attachments) == {"incident.json", "indicators.csv"}
    assert attachments["incident.json"] == [encode(report)]


def test_attached_indicators_are_exact(english: Printed) -> None:
    lines = PdfReader(BytesIO(english.pdf)).attachments["indicators.csv"][0].decode().split("\r\n")
    assert lines[0] == '"kind","value","origin","first_seen","last_seen","alerts"'
    assert lines[2].startswith(
        '"url","http://cdn-invoices.example.net/load.ps1","event, abuse list","2026-11-12T11:52:31Z"'
    )
    assert len(lines) == 3 + 2


def test_the_metadata_names_report_standards_and_the_hash_of_the_data(english: Printed, report: IncidentReport) -> None:
    reader = PdfReader(BytesIO(english.pdf))
    catalog = _dictionary(reader.trailer["/Root"])
    xmp = _resolved(catalog["/Metadata"]).get_data().decode()  # type: ignore[attr-defined]  # a stream
    assert 'pdfaid:part="3"' in xmp
    assert 'pdfaid:conformance="A"' in xmp
    assert 'pdfuaid:part="1"' in xmp
    assert f"<wf:reportId>{report.id}</wf:reportId>" in xmp
    assert f"<wf:dataSha256>{hashlib.sha256(encode(report)).hexdigest()}</wf:dataSha256>" in xmp
    assert reader.metadata is not None
    assert reader.metadata.title == f"Incident report ACME-42: {report.incident.title}"
    assert reader.metadata.author == "Nordwacht Security Operations"
    assert reader.metadata.creation_date == report.generated_at


@pytest.mark.parametrize(("name", "language"), [("english", "en"), ("german", "de")])
def test_the_file_is_tagged_in_its_language_with_an_outline(
    name: str, language: str, request: pytest.FixtureRequest
) -> None:
    printed = request.getfixturevalue(name)
    assert isinstance(printed, Printed)
    reader = PdfReader(BytesIO(printed.pdf))
    catalog = _dictionary(reader.trailer["/Root"])
    assert str(catalog["/Lang"]) == language
    assert str(_dictionary(catalog["/MarkInfo"])["/Marked"]) == "True"
    assert str(_dictionary(catalog["/ViewerPreferences"])["/DisplayDocTitle"]) == "True"
    assert len(reader.outline) > 0
    assert {page.get("/Tabs") for page in reader.pages} == {"/S"}
    assert printed.pages == len(reader.pages) <= 15


def test_every_head_cell_says_what_it_heads(english: Printed) -> None:
    heads = [element for element in _elements(english.pdf) if element.get("/S") == "/TH"]
    scopes = [_dictionary(head["/A"]).get("/Scope") for head in heads]
    assert len(heads) > 50
    assert set(scopes) == {"/Column", "/Row"}


def test_figures_have_a_text_in_their_place(english: Printed) -> None:
    figures = [element for element in _elements(english.pdf) if element.get("/S") == "/Figure"]
    assert [str(figure["/Alt"])[:34] for figure in figures] == ["Bar chart of matching events from "]


def test_page_heads_and_feet_are_read_by_nobody(english: Printed) -> None:
    for page in PdfReader(BytesIO(english.pdf)).pages:
        content = page.get_contents()
        assert content is not None
        assert len(re.findall(rb"/Artifact\s*<<\s*/Type\s*/Pagination\s*>>\s*BDC", content.get_data())) >= 3


def test_every_font_is_ours_and_inside_the_file(english: Printed) -> None:
    fonts: dict[str, bool] = {}
    for page in PdfReader(BytesIO(english.pdf)).pages:
        for font in _dictionary(_dictionary(page["/Resources"])["/Font"]).values():
            below = _dictionary(_array(_dictionary(font)["/DescendantFonts"])[0])
            embedded = "/FontFile2" in _dictionary(below["/FontDescriptor"])
            fonts[str(below["/BaseFont"]).partition("+")[2]] = embedded
    assert fonts == {"Inter": True, "Inter-Semi-Bold": True, "Report-Mono": True}


def test_no_page_can_be_clicked_or_run(english: Printed) -> None:
    reader = PdfReader(BytesIO(english.pdf))
    catalog = _dictionary(reader.trailer["/Root"])
    assert not {"/OpenAction", "/AA", "/AcroForm"} & set(catalog)
    assert all("/Annots" not in page for page in reader.pages)
    assert b"/JavaScript" not in english.pdf


async def test_a_report_with_more_than_people_read_stays_short_and_counts_the_rest(
    report: IncidentReport, reading: Reading
) -> None:
    alert = report.alerts[0]
    many = tuple(
        replace(alert, id=f"alr_{number}", first_seen=alert.first_seen + timedelta(seconds=number))
        for number in range(300)
    )
    counted = replace(report.figures, alerts=replace(report.figures.alerts, value=300))
    printed = await render_in_sandbox(replace(report, alerts=many, figures=counted))
    text = " ".join(reading(printed.pdf, page) for page in range(1, printed.pages + 1))
    assert printed.pages <= 15
    assert "260 more are in the attached data." in text
    assert "285 more are in the attached data." in text


@pytest.mark.parametrize("name", ["english", "german"])
def test_all_text_stands_inside_the_margins(
    name: str, request: pytest.FixtureRequest, words: Callable[[bytes], list[Word]]
) -> None:
    printed = request.getfixturevalue(name)
    assert isinstance(printed, Printed)
    outside = [word for word in words(printed.pdf) if word[1] < 50 or word[3] > 545.5 or word[2] < 20 or word[4] > 822]
    assert outside == []


def _resolved(value: object) -> PdfObject:
    found = value.get_object() if isinstance(value, (IndirectObject, PdfObject)) else None
    assert found is not None
    return found


def _dictionary(value: object) -> DictionaryObject:
    found = _resolved(value)
    assert isinstance(found, DictionaryObject)
    return found


def _array(value: object) -> ArrayObject:
    found = _resolved(value)
    assert isinstance(found, ArrayObject)
    return found


def _elements(pdf: bytes) -> list[DictionaryObject]:
    """Every element that hangs in the structure tree."""
    root = _dictionary(_dictionary(PdfReader(BytesIO(pdf)).trailer["/Root"])["/StructTreeRoot"])
    waiting = list(_array(root["/K"]))
    found: list[DictionaryObject] = []
    while waiting:
        element = _resolved(waiting.pop(0))
        if isinstance(element, DictionaryObject):
            found.append(element)
            kids = element.get("/K")
            waiting += list(_array(kids)) if kids is not None else []
    return found
