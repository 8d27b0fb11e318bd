"""An authority, a time-stamp service that stands on this machine, and revocation lists, all made up for a test."""

# The libraries for signatures are typed in part.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import datetime as dt
import http.server
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from asn1crypto import keys, tsp
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

PASSWORD: Final = "open, please"
_LIST_AT: Final = "http://authority.test/list.crl"


@dataclass(frozen=True)
class Pair:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: rsa.RSAPrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def asn1(self) -> asn1.Certificate:
        return asn1.Certificate.load(self.certificate.public_bytes(Encoding.DER))


class Authority:
    """An authority whose revocation list is empty but for what a test puts into it."""

    def __init__(self, now: dt.datetime) -> None:
        self._now = now
        self.root = self._issue("Test authority", None)

    def issue(self, name: str, *, stamps_time: bool = False) -> Pair:
        """A certificate for signing documents, or for time stamps."""
        return self._issue(name, self.root, stamps_time=stamps_time)

    def pkcs12(self, pair: Pair) -> bytes:
        """The pair as a file of an operator."""
        return pkcs12.serialize_key_and_certificates(
            b"reports", pair.key, pair.certificate, [self.root.certificate], BestAvailableEncryption(PASSWORD.encode())
        )

    def revoked(self, *pairs: Pair) -> bytes:
        """The authority's revocation list (DER)."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.root.certificate.subject)
            .last_update(self._now - dt.timedelta(hours=1))
            .next_update(self._now + dt.timedelta(days=7))
        )
        for pair in pairs:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder()
                .serial_number(pair.certificate.serial_number)
                .revocation_date(self._now - dt.timedelta(hours=2))
                .build()
            )
        return builder.sign(self.root.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def _issue(self, name: str, issuer: Pair | None, *, stamps_time: bool = False) -> Pair:
        key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        is_root = issuer is None
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if issuer is None else issuer.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._now - dt.timedelta(days=1))
            .not_valid_after(self._now + dt.timedelta(days=365))
            .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=not is_root,
                    content_commitment=not is_root,
                    key_encipherment=False,
                    data_encipherment=False,
                    key_agreement=False,
                    key_cert_sign=is_root,
                    crl_sign=is_root,
                    encipher_only=False,
                    decipher_only=False,
                ),
                critical=True,
            )
        )
        if issuer is not None:
            place = x509.DistributionPoint([x509.UniformResourceIdentifier(_LIST_AT)], None, None, None)
            builder = builder.add_extension(x509.CRLDistributionPoints([place]), critical=False)
        if stamps_time:
            purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
            builder = builder.add_extension(purpose, critical=True)
        signer = key if issuer is None else issuer.key
        return Pair(builder.sign(signer, hashes.SHA256()), key)


@contextmanager
def time_service(pair: Pair, root: Pair) -> Generator[str]:
    """The address of a time-stamp service (RFC 3161)."""
    store = SimpleCertificateStore()
    store.register(root.asn1)
    key = keys.PrivateKeyInfo.load(pair.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    stamper = DummyTimeStamper(tsa_cert=pair.asn1, tsa_key=key, certs_to_embed=store)

    class Desk(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the server's name for it
            asked = tsp.TimeStampReq.load(self.rfile.read(int(self.headers["content-length"])))
            body = stamper.request_tsa_response(asked).dump()
            self.send_response(200)
            self.send_header("content-type", "application/timestamp-reply")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the server's name for it
            del format, args

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/stamp"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def write(path: Path, content: bytes) -> Path:
    """A file that only its owner may read."""
    path.write_bytes(content)
    path.chmod(0o600)
    return path
