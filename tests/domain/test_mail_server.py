"""Handing over to a mail server: nothing without TLS and a good certificate, and a plain reason when it stays."""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from infra.ports import free_port
from tests.domain.receivers import MailMood, open_mailbox
from watchfloor.kernel.errors import Invalid, Unavailable
from watchfloor.kernel.secret import Secret
from watchfloor.paging.mail_server import MailServer, Undeliverable, Unreachable

FAR: Final = "127.0.0.2"
"""An address of this machine that the rule for this machine does not know: to it, this is some other server."""

MESSAGE: Final = b"Subject: x\r\n\r\n.one\r\n..two\r\n"


@pytest.fixture
def certificate(tmp_path: Path) -> ssl.SSLContext:
    """A server's side of TLS, whose certificate nobody has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "mail.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


class Handed:
    """Notes that words were about to leave."""

    def __init__(self) -> None:
        self.times = 0

    async def __call__(self) -> None:
        self.times += 1


def server(url: str) -> MailServer:
    return MailServer(url=Secret(url), sender="soc@mssp.example")


@pytest.mark.allow_hosts([FAR])
async def test_a_server_elsewhere_that_has_no_tls_gets_nothing() -> None:
    handed = Handed()
    async with open_mailbox(FAR) as mailbox:
        with pytest.raises(Unreachable, match="no TLS"):
            await server(f"smtp://{FAR}:{mailbox.port}").take(MESSAGE, ("kim@acme.example",), handed)
    assert (mailbox.messages, handed.times) == ([], 0)


@pytest.mark.allow_hosts([FAR])
async def test_a_certificate_that_nobody_we_know_has_signed_gets_nothing(certificate: ssl.SSLContext) -> None:
    handed = Handed()
    async with open_mailbox(FAR, tls=certificate) as mailbox:
        with pytest.raises(Unreachable, match="certificate is not good"):
            await server(f"smtps://user:secret@{FAR}:{mailbox.port}").take(MESSAGE, ("kim@acme.example",), handed)
    assert (mailbox.messages, handed.times) == ([], 0)


async def test_no_server_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        await server(f"smtp://127.0.0.1:{free_port()}").take(MESSAGE, ("kim@acme.example",), Handed())


async def test_words_leave_once_and_dots_at_the_begin_of_a_line_stay() -> None:
    handed = Handed()
    async with open_mailbox() as mailbox:
        said = await server(f"smtp://127.0.0.1:{mailbox.port}").take(MESSAGE, ("kim@acme.example",), handed)
    assert (said, handed.times) == ("250", 1)
    (mail,) = mailbox.messages
    assert mail.text.splitlines() == [".one", "..two"]


@pytest.mark.parametrize(
    ("mood", "error", "said", "leaving"),
    [
        ("refuses", Unavailable, "refuses the address now (451)", 0),
        ("knows_no_kim", Undeliverable, "refuses the address (550)", 0),
        ("rejects", Undeliverable, "does not take it (554)", 1),
    ],
)
async def test_what_it_says_is_told_by_its_code_and_never_in_its_words(
    mood: MailMood, error: type[Exception], said: str, leaving: int
) -> None:
    handed = Handed()
    async with open_mailbox() as mailbox:
        mailbox.mood = mood
        with pytest.raises(error) as raised:
            await server(f"smtp://127.0.0.1:{mailbox.port}").take(MESSAGE, ("kim@acme.example",), handed)
    assert said in str(raised.value)
    assert "kim" not in str(raised.value)
    assert (mailbox.messages, handed.times) == ([], leaving)


@pytest.mark.parametrize(
    "make",
    [
        lambda: server("http://mail.example"),
        lambda: server("smtp://"),
        lambda: MailServer(url=Secret("smtps://mail.example"), sender="nobody"),
        lambda: MailServer(url=Secret("smtps://mail.example"), sender="sök@mssp.example"),
    ],
)
def test_settings_that_mean_nothing_are_refused(make: Callable[[], MailServer]) -> None:
    with pytest.raises(Invalid):
        make()
