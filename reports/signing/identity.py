"""Whose signature a report carries: the operator's own certificate, or one that this installation made for itself.

Owns the key and where it stands. The operator's is a PKCS#12 file (RFC 7292), for which certificate authorities are
used. Without one a P-256 key with a self-signed certificate is made when it is first needed; the key stands in
`secrets_dir`, wrapped by the root key, and the certificate beside it, in the open, for those who are to trust it.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID, ObjectIdentifier

from watchfloor.kernel.config import Settings
from watchfloor.kernel.crypto import bind
from watchfloor.kernel.errors import Conflict, Invalid
from watchfloor.kernel.keyfile import create_private, read_private
from watchfloor.kernel.keys import FileRootKeys, RootKeys
from watchfloor.tenancy.vault import ROOT_KEY_FILE

KEY_FILE: Final = "report-signer.key"
"""The key that this installation made, wrapped, and its certificate; in `Settings.secrets_dir`."""
CERTIFICATE_FILE: Final = "report-signer.crt"
"""The same certificate alone (PEM), to hand out."""

_DAYS: Final = 3_650
_SLACK: Final = timedelta(minutes=10)
_LONGEST_NAME: Final = 64
_SMALLEST_RSA: Final = 2_048
_DOCUMENT_SIGNING: Final = ObjectIdentifier("1.3.6.1.5.5.7.3.36")
_PLACE: Final = bind("report-signer", "1")

_Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """A key and its certificate, with the certificates that lead to an authority. All are DER; the key is PKCS#8."""

    key: bytes
    certificate: bytes
    chain: tuple[bytes, ...] = ()

    def __repr__(self) -> str:
        return f"Identity({x509.load_der_x509_certificate(self.certificate).subject.rfc4514_string()})"


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    """The file of our own key."""

    root_key_id: str
    wrapped: bytes
    certificate: bytes


async def open_identity(settings: Settings, *, now: datetime) -> Identity:
    """The identity that signs here: the operator's by the settings, else our own, made when there is none.

    Raises Invalid when a file is missing, damaged, exposed or does not open with its password, when the key is of a
    kind or length that nobody should sign with, and when the certificate has expired.
    """
    if settings.report_signing_file is not None:
        identity = _from_pkcs12(settings, settings.report_signing_file)
    else:
        root = FileRootKeys.load(settings.secrets_dir / ROOT_KEY_FILE)
        identity = await _own(settings, root, now=now)
    until = x509.load_der_x509_certificate(identity.certificate).not_valid_after_utc
    if until <= now:
        raise Invalid(
            f"The certificate that signs reports expired on {until:%Y-%m-%d}.",
            where=str(settings.report_signing_file or settings.secrets_dir / KEY_FILE),
            remedy="Put a new one in its place; files that were signed stay as good as they were.",
        )
    return identity


def own_certificate(settings: Settings) -> bytes | None:
    """The certificate (DER) that signs here, without its key; None when reports were never signed here."""
    if settings.report_signing_file is not None:
        return _from_pkcs12(settings, settings.report_signing_file).certificate
    path = settings.secrets_dir / CERTIFICATE_FILE
    try:
        return x509.load_pem_x509_certificate(path.read_bytes()).public_bytes(Encoding.DER)
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        raise Invalid("The certificate of the reports cannot be read.", where=str(path)) from None


async def _own(settings: Settings, root: RootKeys, *, now: datetime) -> Identity:
    path = settings.secrets_dir / KEY_FILE
    if not path.exists():
        kept = await _make(settings.operator_name, root, now=now)
        with suppress(Conflict):  # another process was quicker; there is one now
            create_private(path, msgspec.json.encode(kept))
    try:
        found = msgspec.json.decode(read_private(path), type=_Kept)
    except msgspec.DecodeError:
        raise Invalid("The key file is damaged.", where=str(path), remedy="Restore it from its backup.") from None
    with suppress(Conflict):
        pem = x509.load_der_x509_certificate(found.certificate).public_bytes(Encoding.PEM)
        create_private(settings.secrets_dir / CERTIFICATE_FILE, pem)
    key = await root.unwrap(found.wrapped, aad=_PLACE, key_id=found.root_key_id)
    return Identity(key=key, certificate=found.certificate)


async def _make(operator: str, root: RootKeys, *, now: datetime) -> _Kept:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, operator[:_LONGEST_NAME])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SLACK)
        .not_valid_after(now + timedelta(days=_DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(), critical=True)
        .add_extension(x509.ExtendedKeyUsage([_DOCUMENT_SIGNING]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _Kept(
        root_key_id=root.key_id,
        wrapped=await root.wrap(_pkcs8(key), aad=_PLACE),
        certificate=certificate.public_bytes(Encoding.DER),
    )


def _from_pkcs12(settings: Settings, path: Path) -> Identity:
    password = settings.report_signing_password
    try:
        found = pkcs12.load_pkcs12(read_private(path), None if password is None else password.reveal().encode())
    except ValueError:
        raise Invalid(
            "This is no PKCS#12 file, or its password is another one.",
            where=str(path),
            remedy="Set WATCHFLOOR_REPORT_SIGNING_PASSWORD_FILE.",
        ) from None
    if found.key is None or found.cert is None:
        raise Invalid("The PKCS#12 file lacks its key or its certificate.", where=str(path))
    return Identity(
        key=_pkcs8(_fit(found.key, path)),
        certificate=found.cert.certificate.public_bytes(Encoding.DER),
        chain=tuple(extra.certificate.public_bytes(Encoding.DER) for extra in found.additional_certs),
    )


def _fit(key: object, path: Path) -> _Key:
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.key_size >= 256:
        return key
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= _SMALLEST_RSA:
        return key
    raise Invalid(f"Reports are signed with an RSA key from {_SMALLEST_RSA} bits or an EC key.", where=str(path))


def _pkcs8(key: _Key) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
