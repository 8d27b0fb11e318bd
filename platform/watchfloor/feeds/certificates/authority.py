"""The installation's own certificate authority: small, for feeds and their doors only.

Owns one key and one self-signed certificate, in one file below `secrets_dir`, made when they are first needed. It
issues certificates for senders, and one for the listeners where the operator has none. It keeps no list of what it
issued: whether a sender's certificate is good is for `registry` to say, by its fingerprint.
"""

import ipaddress
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Self

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from watchfloor.kernel.errors import Conflict, Invalid
from watchfloor.kernel.keyfile import create_private, read_private
from watchfloor.kernel.secret import Secret

AUTHORITY_FILE: Final = "feed-authority.pem"
"""The authority's key and certificate, in `Settings.secrets_dir`."""

AUTHORITY_DAYS: Final = 3_650
LONGEST_DAYS: Final = 825
"""A certificate that the authority issues lives no longer than this."""

_SLACK: Final = timedelta(minutes=10)
_LONGEST_NAME: Final = 64


class IssuedCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate and its key, both as PEM. The key is in this answer and nowhere else."""

    certificate_pem: str
    key_pem: Secret
    der: bytes
    expires_at: datetime


class Authority:
    """The authority of one installation."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self._key = key
        self._certificate = certificate

    @classmethod
    def open(cls, secrets_dir: Path, *, now: datetime) -> Self:
        """The installation's authority, made when there is none.

        Raises Invalid when its file is damaged, exposed to others, or its certificate has expired.
        """
        path = secrets_dir / AUTHORITY_FILE
        if not path.exists():
            with suppress(Conflict):  # another process was quicker; there is one now
                create_private(path, _new_authority(now))
        pem = read_private(path)
        try:
            key = load_pem_private_key(pem, password=None)
            certificate = x509.load_pem_x509_certificate(pem)
        except ValueError:
            raise Invalid("The file of the feeds' authority is damaged.", where=str(path)) from None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or certificate.not_valid_after_utc <= now:
            raise Invalid("The certificate of the feeds' authority is no longer good.", where=str(path))
        return cls(key, certificate)

    @property
    def certificate_pem(self) -> str:
        """The authority's certificate: what senders must trust, and no secret."""
        return self._certificate.public_bytes(Encoding.PEM).decode()

    def issue_client(self, *, name: str, days: int, now: datetime) -> IssuedCertificate:
        """A certificate for a sender. `name` is a label. Raises Invalid when it would live too long."""
        alternatives = x509.SubjectAlternativeName([x509.DNSName(name[:_LONGEST_NAME])])
        return self._issue(name, alternatives=alternatives, purpose=ExtendedKeyUsageOID.CLIENT_AUTH, days=days, now=now)

    def issue_server(self, *, names: Sequence[str], days: int, now: datetime) -> IssuedCertificate:
        """A certificate for a listener that is reached under these names and addresses (one at least)."""
        alternatives = x509.SubjectAlternativeName([_general(name) for name in names])
        return self._issue(
            names[0], alternatives=alternatives, purpose=ExtendedKeyUsageOID.SERVER_AUTH, days=days, now=now
        )

    def _issue(
        self,
        name: str,
        *,
        alternatives: x509.SubjectAlternativeName,
        purpose: x509.ObjectIdentifier,
        days: int,
        now: datetime,
    ) -> IssuedCertificate:
        if not 1 <= days <= LONGEST_DAYS:
            raise Invalid(f"A certificate lives between 1 and {LONGEST_DAYS} days.", where=str(days))
        key = ec.generate_private_key(ec.SECP256R1())
        expires_at = min(now + timedelta(days=days), self._certificate.not_valid_after_utc)
        certificate = (
            _builder(_name(name[:_LONGEST_NAME]), self._certificate.subject, key.public_key(), now, expires_at)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
            .add_extension(alternatives, critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return IssuedCertificate(
            certificate_pem=certificate.public_bytes(Encoding.PEM).decode(),
            key_pem=Secret(_key_pem(key)),
            der=certificate.public_bytes(Encoding.DER),
            expires_at=certificate.not_valid_after_utc,
        )


def _new_authority(now: datetime) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    # The number tells the authorities of two installations apart, for people and for senders that trust both.
    name = _name(f"Watchfloor feeds {x509.random_serial_number():x}"[:_LONGEST_NAME])
    certificate = (
        _builder(name, name, key.public_key(), now, now + timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .sign(key, hashes.SHA256())
    )
    return _key_pem(key).encode() + certificate.public_bytes(Encoding.PEM)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
    expires_at: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SLACK)
        .not_valid_after(expires_at)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
