"""A signed report: it keeps to its standards, whoever changes a byte is found out, and every level is what it says."""

# The libraries for signatures are typed in part.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Final, cast

import msgspec
import pytest
from asn1crypto import x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, PdfObject, StreamObject

from reports.documents.incident.facts import (
    IncidentReport,
)
from reports.job import stamp_for
from reports.sheet import Printed
from reports.signing.check import Finding, check
from reports.signing.identity import CERTIFICATE_FILE, KEY_FILE, open_identity, own_certificate
from reports.signing.ledger import versions_of
from reports.signing.signer import Signed, Signing, trusted
from tests.pdf.gate import faults_of
from tests.pdf.signatures import PASSWORD, Authority, time_service, write
from watchfloor.kernel.config import Settings, SignatureLevel
from watchfloor.kernel.errors import Invalid, Unavailable
from watchfloor.kernel.keys import FileRootKeys
from watchfloor.kernel.secret import Secret
from watchfloor.tenancy.vault import ROOT_KEY_FILE

NOW: Final = datetime.now(UTC)
OPERATOR: Final = "Nordwacht Security Operations"
replace = msgspec.structs.replace
Reading = Callable[[bytes, int], str]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation that has made its root key and nothing else."""
    settings = Settings(home=tmp_path / "home", operator_name=OPERATOR)
    settings.secrets_dir.mkdir(parents=True, mode=0o700)
    FileRootKeys.create(settings.secrets_dir / ROOT_KEY_FILE)
    return settings


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority(NOW)


async def sign(settings: Settings, printed: Printed, report: IncidentReport, language: str = "en") -> Signed:
    customer = replace(report.customer, language=language)
    stamp = stamp_for(replace(report, customer=customer), NOW)
    return await Signing(settings).sign(printed, stamp, at=NOW)


def known(settings: Settings) -> list[x509.Certificate]:
    own = own_certificate(settings)
    return trusted(settings) + ([] if own is None else [x509.Certificate.load(own)])


async def test_signed_reports_keep_to_their_standards(
    settings: Settings, english: Printed, german: Printed, report: IncidentReport, tmp_path: Path
) -> None:
    pdfs = {
        "unsigned": english.pdf,
        "english": (await sign(settings, english, report)).pdf,
        "german": (await sign(settings, german, report, "de")).pdf,
    }
    assert faults_of(pdfs, tmp_path) == {name: set() for name in pdfs}


@pytest.mark.slow
def test_the_gate_finds_what_breaks_the_standards(english: Printed, tmp_path: Path) -> None:
    writer = PdfWriter(clone_from=BytesIO(english.pdf))
    del writer.root_object["/StructTreeRoot"]
    output = BytesIO()
    writer.write(output)
    assert faults_of({"broken": output.getvalue()}, tmp_path)["broken"] >= {"3a: fails", "ua1: fails"}


async def test_a_signed_report_begins_with_the_unsigned_one(
    settings: Settings, english: Printed, report: IncidentReport
) -> None:
    signed = await sign(settings, english, report)
    assert signed.pdf.startswith(english.pdf)
    assert signed.unsigned_sha256 == english.sha256
    assert versions_of(signed.pdf)[-1] == signed.sha256 == hashlib.sha256(signed.pdf).digest()
    assert english.sha256 in versions_of(signed.pdf)


async def test_a_signed_report_says_who_and_when(
    settings: Settings, german: Printed, report: IncidentReport, reading: Reading
) -> None:
    signed = await sign(settings, german, report, "de")
    page = reading(signed.pdf, german.pages)
    assert f"Signiert von {report.provider.name}" in page
    finding = await check(signed.pdf, trusted=known(settings))
    [signature] = finding.signatures
    assert finding.is_sound
    assert finding.report_id == report.id
    assert OPERATOR in signature.signer
    assert (signature.is_trusted, signature.is_intact, signature.change) == (True, True, "none")
    assert signature.claimed_at is not None
    assert abs(signature.claimed_at - NOW) < timedelta(hours=1)


async def test_every_changed_byte_is_found(settings: Settings, english: Printed, report: IncidentReport) -> None:
    signed = (await sign(settings, english, report)).pdf
    changed = bytearray(signed)
    for place in range(20, len(signed), len(signed) // 60):
        changed[place] ^= 0x01
        assert not await is_sound(bytes(changed)), place
        changed[place] ^= 0x01
    assert not await is_sound(signed[:-10])
    assert not await is_sound(signed + b"\n")
    assert not await is_sound(english.pdf)
    assert await is_sound(signed)


@pytest.mark.slow
async def test_another_page_behind_the_signature_is_found(
    settings: Settings, english: Printed, report: IncidentReport
) -> None:
    writer = PdfWriter(BytesIO((await sign(settings, english, report)).pdf), incremental=True)
    writer.add_blank_page()
    output = BytesIO()
    writer.write(output)
    finding = await check(output.getvalue(), trusted=known(settings))
    assert not finding.is_sound


async def test_a_signature_of_another_is_sound_and_unknown(
    settings: Settings, english: Printed, report: IncidentReport, tmp_path: Path
) -> None:
    signed = await sign(settings, english, report)
    [signature] = (await check(signed.pdf, trusted=[])).signatures
    assert not signature.is_trusted
    other = replace(settings, home=tmp_path / "other")
    other.secrets_dir.mkdir(parents=True, mode=0o700)
    FileRootKeys.create(other.secrets_dir / ROOT_KEY_FILE)
    await open_identity(other, now=NOW)
    [signature] = (await check(signed.pdf, trusted=known(other))).signatures
    assert signature.is_intact
    assert not signature.is_trusted


async def test_what_is_no_pdf_is_said_to_be_none(settings: Settings) -> None:
    for content in (b"", b"%PDF-1.7\n%%EOF", b"x" * 10_000):
        with pytest.raises(Invalid):
            await check(content, trusted=known(settings))


async def test_our_own_key_is_made_once_and_kept_wrapped(settings: Settings) -> None:
    first = await open_identity(settings, now=NOW)
    again = await open_identity(settings, now=NOW)
    assert (first.key, first.certificate) == (again.key, again.certificate)
    kept = settings.secrets_dir / KEY_FILE
    assert kept.stat().st_mode & 0o777 == 0o600
    assert first.key not in kept.read_bytes()
    assert b"PRIVATE" not in kept.read_bytes() + (settings.secrets_dir / CERTIFICATE_FILE).read_bytes()
    assert "key=" not in repr(first)


async def test_an_expired_certificate_signs_nothing(
    settings: Settings, english: Printed, report: IncidentReport
) -> None:
    await sign(settings, english, report)
    with pytest.raises(Unavailable, match="expired"):
        await Signing(settings).sign(english, stamp_for(report, NOW), at=NOW + timedelta(days=4_000))


@pytest.mark.slow
async def test_a_hostile_name_of_the_operator_is_only_drawn(
    settings: Settings, english: Printed, report: IncidentReport, reading: Reading, tmp_path: Path
) -> None:
    name = "%(line1)s %s \u202e(evil) \U0001f600\x00"
    hostile = replace(report, provider=replace(report.provider, name=name))
    signed = await Signing(settings).sign(english, stamp_for(hostile, NOW), at=NOW)
    assert "%(line1)s %s" in reading(signed.pdf, english.pages)
    assert faults_of({"hostile": signed.pdf}, tmp_path) == {"hostile": set()}


@pytest.mark.slow
@pytest.mark.parametrize("level", ["b-t", "b-lta"])
async def test_a_time_stamped_report_of_the_operators_own_certificate(
    settings: Settings,
    authority: Authority,
    english: Printed,
    report: IncidentReport,
    tmp_path: Path,
    *,
    level: SignatureLevel,
) -> None:
    pair = authority.issue("Nordwacht seal")
    with time_service(authority.issue("Time", stamps_time=True), authority.root) as url:
        settings = lasting(settings, authority, pair_file=write(tmp_path / "own.p12", authority.pkcs12(pair)), url=url)
        signed = await sign(replace(settings, report_signature=level), english, report)
    finding = await check(signed.pdf, trusted=known(settings))
    [signature] = finding.signatures
    assert finding.is_sound
    assert "Nordwacht seal" in signature.signer
    assert signature.is_trusted
    assert signature.stamped_at is not None
    assert finding.time_stamps == (1 if level == "b-lta" else 0)
    assert faults_of({"stamped": signed.pdf}, tmp_path) == {"stamped": set()}
    assert not await is_sound(signed.pdf + b" ")


async def test_a_revoked_certificate_makes_no_lasting_signature(
    settings: Settings, authority: Authority, english: Printed, report: IncidentReport, tmp_path: Path
) -> None:
    pair = authority.issue("Lost seal")
    with time_service(authority.issue("Time", stamps_time=True), authority.root) as url:
        settings = lasting(settings, authority, pair_file=write(tmp_path / "own.p12", authority.pkcs12(pair)), url=url)
        write(tmp_path / "lists" / "a.crl", authority.revoked(pair))
        with pytest.raises(Unavailable, match="cannot be signed"):
            await sign(replace(settings, report_signature="b-lta"), english, report)


async def test_a_time_stamp_service_that_is_away_is_waited_for(
    settings: Settings, english: Printed, report: IncidentReport
) -> None:
    settings = replace(settings, report_signature="b-t", report_timestamp_url="http://127.0.0.1:9/stamp")
    with pytest.raises(Unavailable):
        await sign(settings, english, report)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"report_signature": "b-t"}, "WATCHFLOOR_REPORT_TIMESTAMP_URL"),
        ({"report_signature": "b-t", "report_timestamp_url": "http://tsa.example/x"}, "over https only"),
        ({"report_signature": "b-lta", "report_timestamp_url": "https://tsa.example/x"}, "WATCHFLOOR_REPORT_TRUST"),
    ],
)
def test_a_level_without_its_means_stops_the_start(changes: dict[str, str], named: str, settings: Settings) -> None:
    with pytest.raises(Invalid, match=named):
        Signing(replace(settings, **changes))


async def test_a_wrong_password_is_said(
    settings: Settings, authority: Authority, english: Printed, report: IncidentReport, tmp_path: Path
) -> None:
    file = write(tmp_path / "own.p12", authority.pkcs12(authority.issue("Seal")))
    settings = replace(settings, report_signing_file=file, report_signing_password=Secret("another"))
    with pytest.raises(Unavailable, match="password"):
        await sign(settings, english, report)


async def test_a_customer_may_countersign(
    settings: Settings, authority: Authority, english: Printed, report: IncidentReport
) -> None:
    signed = await sign(settings, english, report)
    pair = authority.issue("ACME data protection officer")
    mine = SimpleSigner.load_pkcs12_data(authority.pkcs12(pair), [], passphrase=PASSWORD.encode())
    assert mine is not None
    output = BytesIO()
    await PdfSigner(PdfSignatureMetadata(field_name="Countersigned"), signer=mine).async_sign_pdf(
        IncrementalPdfFileWriter(BytesIO(signed.pdf)), output=output
    )
    finding = await check(output.getvalue(), trusted=known(settings))
    assert finding.is_sound
    assert [signature.change for signature in finding.signatures] == ["form", "none"]
    assert [signature.is_trusted for signature in finding.signatures] == [True, False]
    assert signed.sha256 in versions_of(output.getvalue())


async def test_the_data_must_be_that_of_the_metadata(english: Printed) -> None:
    finding: Finding = await check(english.pdf, trusted=[])
    assert finding.data_matches is True
    assert not finding.is_sound
    reader = PdfReader(BytesIO(english.pdf))
    writer = PdfWriter(clone_from=reader)
    listed = cast("ArrayObject", writer.root_object["/AF"])
    described = cast("dict[str, dict[str, PdfObject]]", listed[0].get_object())
    cast("StreamObject", described["/EF"]["/F"].get_object()).set_data(b"{}")
    output = BytesIO()
    writer.write(output)
    assert (await check(output.getvalue(), trusted=[])).data_matches is False


async def is_sound(pdf: bytes) -> bool:
    try:
        return (await check(pdf, trusted=[])).is_sound
    except Invalid:
        return False


def lasting(settings: Settings, authority: Authority, *, pair_file: Path, url: str) -> Settings:
    """Settings that sign with the operator's own certificate, and have all that the highest level needs."""
    lists = pair_file.parent / "lists"
    lists.mkdir()
    write(lists / "a.crl", authority.revoked())
    return replace(
        settings,
        report_signing_file=pair_file,
        report_signing_password=Secret(PASSWORD),
        report_timestamp_url=url,
        report_trust_file=write(pair_file.parent / "roots.pem", authority.root.pem),
        report_crl_dir=lists,
    )
