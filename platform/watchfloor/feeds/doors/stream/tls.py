"""TLS of the listeners: the certificate that senders check, and the authorities whose certificates we accept.

Owns what is offered: TLS 1.2 and later, a client certificate asked for and not demanded (a token in the messages may do
instead), no resumption, so that every connection proves anew who it is. Without files of the operator's the
installation's authority issues the certificate, and renews it. Files that changed are read again.
"""

import ipaddress
import logging
import ssl
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec
from cryptography import x509

from watchfloor.feeds.certificates.authority import Authority
from watchfloor.kernel.config import Settings
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.keyfile import read_private, replace_private
from watchfloor.kernel.telemetry import CERTIFICATE_EXPIRY

SERVER_FILE: Final = "feed-listener.pem"
"""The listeners' own key and certificate, in `Settings.secrets_dir`, where the operator names none."""

WARN_DAYS: Final = 30
_SERVER_DAYS: Final = 397
_logger: Final = logging.getLogger(__name__)


class ListenerTls(msgspec.Struct, frozen=True, kw_only=True):
    """What a new connection gets, and until when it is good."""

    context: ssl.SSLContext
    expires_at: datetime
    state: tuple[object, ...]


def listener_tls(settings: Settings, authority: Authority, *, now: datetime) -> ListenerTls:
    """The listeners' TLS as the files are now.

    Raises Invalid when a file cannot be used, naming its setting.
    """
    certificate, key = settings.syslog_certificate_file, settings.syslog_key_file
    if (certificate is None) != (key is None):
        raise Invalid(
            "The listeners' certificate and its key belong together.",
            where="WATCHFLOOR_SYSLOG_CERTIFICATE_FILE, WATCHFLOOR_SYSLOG_KEY_FILE",
            remedy="Set both, or neither.",
        )
    if certificate is None or key is None:
        certificate = key = _own(settings, authority, now)
    else:
        read_private(key)  # refuses a key that others can read
    expires_at = _read(certificate).not_valid_after_utc
    _tell(expires_at, now)
    context = _context(certificate, key, authority, settings.syslog_client_ca_file)
    return ListenerTls(context=context, expires_at=expires_at, state=_state(settings))


def refreshed(tls: ListenerTls, settings: Settings, authority: Authority, *, now: datetime) -> ListenerTls:
    """The same, or made anew where a file changed or our own certificate comes to its end.

    When the new files cannot be used, the old ones stay in use, and the log says so.
    """
    is_own = settings.syslog_certificate_file is None
    if tls.state == _state(settings) and not (is_own and tls.expires_at - now < timedelta(days=WARN_DAYS)):
        _tell(tls.expires_at, now)
        return tls
    try:
        return listener_tls(settings, authority, now=now)
    except Invalid as error:
        _logger.warning("The listeners keep their former certificate: %s", error)
        return tls


def _context(certificate: Path, key: Path, authority: Authority, more: Path | None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.num_tickets = 0
    context.verify_mode = ssl.CERT_OPTIONAL
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise Invalid(f"The listeners' certificate or key cannot be used: {error}.", where=str(certificate)) from None
    context.load_verify_locations(cadata=authority.certificate_pem)
    if more is not None:
        try:
            context.load_verify_locations(cafile=more)
        except (OSError, ssl.SSLError) as error:
            raise Invalid(
                f"The senders' authorities cannot be read: {error}.", where="WATCHFLOOR_SYSLOG_CLIENT_CA_FILE"
            ) from None
    return context


def _own(settings: Settings, authority: Authority, now: datetime) -> Path:
    """Our own certificate, issued when there is none, or it comes to its end, or names have changed."""
    path = settings.secrets_dir / SERVER_FILE
    names = _names(settings)
    if path.exists():
        held = _read(path)
        is_ours = held.issuer == x509.load_pem_x509_certificate(authority.certificate_pem.encode()).subject
        if is_ours and held.not_valid_after_utc - now > timedelta(days=WARN_DAYS) and _names_of(held) == set(names):
            return path
    issued = authority.issue_server(names=names, days=_SERVER_DAYS, now=now)
    replace_private(path, (issued.key_pem.reveal() + issued.certificate_pem).encode())
    return path


def _names(settings: Settings) -> list[str]:
    """Under which names and addresses senders may reach the listeners; each once, the given ones first."""
    named = settings.syslog_names.replace(",", " ").split()
    public = urlsplit(settings.public_url).hostname
    listening = [] if settings.syslog_host in ("0.0.0.0", "::") else [settings.syslog_host]  # noqa: S104 - not bound here
    return list(dict.fromkeys([*named, *([public] if public else []), *listening, "localhost", "127.0.0.1"]))


def _names_of(certificate: x509.Certificate) -> set[str]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    addresses: list[ipaddress.IPv4Address | ipaddress.IPv6Address] = [
        address
        for address in found.get_values_for_type(x509.IPAddress)
        if isinstance(address, (ipaddress.IPv4Address, ipaddress.IPv6Address))
    ]
    return {*found.get_values_for_type(x509.DNSName), *map(str, addresses)}


def _read(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        raise Invalid(f"The certificate cannot be read: {error}.", where=str(path)) from None


def _tell(expires_at: datetime, now: datetime) -> None:
    CERTIFICATE_EXPIRY.set(expires_at.timestamp())
    left = expires_at - now
    if left < timedelta(days=WARN_DAYS):
        _logger.warning("The listeners' certificate for syslog and RELP is good for %d more days.", left.days)


def _state(settings: Settings) -> tuple[object, ...]:
    """What changes when one of the operator's files does."""
    files = (settings.syslog_certificate_file, settings.syslog_key_file, settings.syslog_client_ca_file)
    return tuple(_stamp(path) for path in files)


def _stamp(path: Path | None) -> tuple[int, int] | None:
    if path is None:
        return None
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino
