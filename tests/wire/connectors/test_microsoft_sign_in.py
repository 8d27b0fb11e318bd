"""Signing in to Entra ID as an application: with a secret, with a certificate, anew before the end, and in vain."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from tests.wire.connectors.driving import NOW, Drive
from tests.wire.connectors.entra_vendor import EntraVendor
from tests.wire.connectors.loopback import Answer, Asked
from tests.wire.connectors.microsoft_login import SECRET, TENANT
from watchfloor.feeds.connectors.connector import Denied, Expired, Throttled
from watchfloor.feeds.connectors.entra.client import Entra
from watchfloor.kernel.errors import Unavailable, WatchfloorError


@pytest.fixture
async def vendor() -> AsyncGenerator[EntraVendor]:
    async with EntraVendor() as vendor:
        yield vendor


@pytest.fixture
def drive(vendor: EntraVendor) -> Drive:
    drive = Drive(Entra(), "sign-ins", given=vendor.given(), stand_ins=vendor.stand_ins())
    vendor.clock = drive.clock.now
    return drive


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate_for(key: rsa.RSAPrivateKey) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "watchfloor")])
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(7).not_valid_before(begin).not_valid_after(begin + timedelta(days=700))
    return builder.sign(key, hashes.SHA256())


def pem_of(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@pytest.mark.parametrize("is_key_first", [True, False])
async def test_a_certificate_signs_in_and_its_key_never_leaves(
    vendor: EntraVendor, drive: Drive, key: rsa.RSAPrivateKey, is_key_first: bool
) -> None:
    vendor.login.certificate = certificate_for(key)
    own = vendor.login.certificate.public_bytes(serialization.Encoding.PEM).decode()
    drive.given["certificate"] = pem_of(key) + own if is_key_first else own + pem_of(key)
    await vendor.happen(3)
    assert len(await drive.turn()) == 3
    sent = vendor.server.requests[0].body.decode()
    assert "client_assertion=" in sent
    assert "client_secret" not in sent, "the certificate goes before the secret"


async def test_a_certificate_that_the_application_does_not_know_is_told(drive: Drive, key: rsa.RSAPrivateKey) -> None:
    drive.given["certificate"] = pem_of(key) + certificate_for(key).public_bytes(serialization.Encoding.PEM).decode()
    with pytest.raises(Expired, match="AADSTS700027") as expired:
        await drive.turn()
    assert "rotate" in (expired.value.remedy or "")


@pytest.mark.parametrize(
    "text", ["nothing of the kind", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"]
)
async def test_a_certificate_that_is_none_is_told_without_showing_it(
    vendor: EntraVendor, drive: Drive, text: str
) -> None:
    drive.given["certificate"] = text
    with pytest.raises(Expired, match="certificate") as expired:
        await drive.turn()
    assert text not in f"{expired.value} {expired.value.remedy}"
    assert vendor.requests == 0


async def test_without_secret_and_certificate_nobody_is_asked(vendor: EntraVendor, drive: Drive) -> None:
    del drive.given["client_secret"]
    with pytest.raises(Expired, match="neither"):
        await drive.turn()
    assert vendor.requests == 0


async def test_a_token_serves_many_turns_and_is_renewed_before_its_end(vendor: EntraVendor, drive: Drive) -> None:
    for _ in range(3):
        await drive.turn()
        drive.clock.at += timedelta(minutes=15)
    assert vendor.login.given == 1
    drive.clock.at += timedelta(minutes=11)
    await drive.turn()
    assert vendor.login.given == 2


async def test_a_new_secret_is_used_at_once_and_never_answered_with_the_old_ones_token(
    vendor: EntraVendor, drive: Drive
) -> None:
    await drive.turn()
    drive.given["client_secret"] = "another~secret"
    with pytest.raises(Expired, match="AADSTS7000215"):
        await drive.turn()
    vendor.login.secrets.add("another~secret")
    await drive.turn()
    assert vendor.login.given == 2


async def test_tokens_that_are_never_taken_are_asked_for_twice_and_no_more(vendor: EntraVendor, drive: Drive) -> None:
    usual = vendor.server.handler

    async def handle(asked: Asked) -> Answer:
        return await usual(asked) if "token" in asked.path else Answer({}, 401)

    vendor.server.handler = handle
    with pytest.raises(Expired):
        await drive.turn()
    assert vendor.login.given == 2


@pytest.mark.parametrize(
    ("status", "error", "number", "kind", "words"),
    [
        (401, "invalid_client", 7000215, Expired, "secret is wrong"),
        (401, "invalid_client", 7000222, Expired, "has run out"),
        (401, "invalid_client", 700027, Expired, "certificate"),
        (401, "invalid_client", 700024, Unavailable, "time of our signature"),
        (400, "unauthorized_client", 700016, Denied, "does not know the application"),
        (401, "invalid_client", 7000112, Denied, "switched off"),
        (400, "invalid_request", 90002, Denied, "no such tenant"),
        (400, "invalid_resource", 500011, Denied, "service"),
        (400, "access_denied", 53003, Denied, "Conditional Access"),
        (400, "invalid_grant", 65001, Denied, "consented"),
        (400, "something_new", 999999, Denied, "AADSTS999999"),
        (400, "temporarily_unavailable", 90006, Throttled, "wait"),
        (429, "throttled", 0, Throttled, "wait"),
        (503, "server_error", 0, Unavailable, "fault of its own"),
    ],
)
async def test_each_refusal_says_what_is_to_be_done(
    vendor: EntraVendor,
    drive: Drive,
    *,
    status: int,
    error: str,
    number: int,
    kind: type[WatchfloorError],
    words: str,
) -> None:
    vendor.login.error = (status, error, number)
    with pytest.raises(WatchfloorError, match=words) as raised:
        await drive.turn()
    assert type(raised.value) is kind
    if kind in (Denied, Expired):
        assert raised.value.remedy
    assert SECRET not in f"{raised.value} {raised.value.remedy}"
    assert vendor.requests == 1


async def test_the_wrong_tenant_is_told(drive: Drive) -> None:
    drive.given["tenant_id"] = TENANT.replace("4b1c9c52", "00000000")
    with pytest.raises(Denied, match="no such tenant"):
        await drive.turn()
    assert drive.clock.at == NOW
