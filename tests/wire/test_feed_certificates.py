"""Client certificates: made by the installation or brought along, known by their fingerprint, and revoked."""

import os
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
import trustme
from cryptography import x509

from tests.wire.conftest import ACTOR, Site
from tests.wire.streams import syslog_feed
from watchfloor.feeds.certificates.authority import AUTHORITY_FILE, LONGEST_DAYS, Authority
from watchfloor.feeds.certificates.issue import issue_certificate, write_client_files
from watchfloor.feeds.certificates.registry import (
    CertificateRefused,
    fingerprint_of,
    list_certificates,
    recognise_certificate,
    register_certificate,
    revoke_certificates,
    show_fingerprint,
)
from watchfloor.feeds.doors.stream.server import Presented, feed_ports
from watchfloor.feeds.doors.stream.tls import SERVER_FILE, listener_tls, refreshed
from watchfloor.feeds.registry import change_feed
from watchfloor.kernel.clock import FixedClock
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.errors import Conflict, Invalid, NotFound
from watchfloor.kernel.ids import FeedId, new_uuid

NOW = datetime.now(UTC)


async def test_a_certificate_stands_for_its_feed_until_it_is_revoked_or_expires(site: Site, settings: Settings) -> None:
    customer, feed = await syslog_feed(site)
    authority = Authority.open(settings.secrets_dir, now=NOW)
    async with tenant_tx(site.auth, customer.id) as tx:
        old = await issue_certificate(tx, ACTOR, authority, feed_id=feed.feed.id, now=NOW, days=10)
        new = await issue_certificate(tx, ACTOR, authority, feed_id=feed.feed.id, now=NOW, days=10, keep_old=False)
        listed = await list_certificates(tx, feed.feed.id)
    assert {one.fingerprint: one.revoked_at is not None for one in listed} == {
        fingerprint_of(old.der): True,
        fingerprint_of(new.der): False,
    }
    known = await recognise_certificate(site.auth, fingerprint_of(new.der), now=NOW)
    assert known.id == feed.feed.id
    for der, now, because in (
        (old.der, NOW, "disabled"),
        (new.der, NOW + timedelta(days=11), "disabled"),
        (b"other", NOW, "unknown"),
    ):
        with pytest.raises(CertificateRefused) as caught:
            await recognise_certificate(site.auth, fingerprint_of(der), now=now)
        assert caught.value.because == because
    async with tenant_tx(site.auth, customer.id) as tx:
        assert await revoke_certificates(tx, ACTOR, feed_id=feed.feed.id) == 1
        assert await revoke_certificates(tx, ACTOR, feed_id=feed.feed.id) == 0
    with pytest.raises(CertificateRefused):
        await recognise_certificate(site.auth, fingerprint_of(new.der), now=NOW)
    assert await site.rows(customer, "audit_entries") == 6  # feed, token, twice issued, twice revoked
    assert show_fingerprint(b"\x01\xab") == "01:AB"


async def test_a_certificate_of_a_paused_feed_or_an_inactive_tenant_is_disabled(site: Site, settings: Settings) -> None:
    customer, feed = await syslog_feed(site)
    authority = Authority.open(settings.secrets_dir, now=NOW)
    async with tenant_tx(site.auth, customer.id) as tx:
        issued = await issue_certificate(tx, ACTOR, authority, feed_id=feed.feed.id, now=NOW)
    async with tenant_tx(site.app, customer.id) as tx:
        await change_feed(tx, ACTOR, feed_id=feed.feed.id, source_hint=None, state="paused")
    with pytest.raises(CertificateRefused):
        await recognise_certificate(site.auth, fingerprint_of(issued.der), now=NOW)
    async with tenant_tx(site.app, customer.id) as tx:
        await change_feed(tx, ACTOR, feed_id=feed.feed.id, source_hint=None, state="active")
    await recognise_certificate(site.auth, fingerprint_of(issued.der), now=NOW)
    await site.superuser.execute("update auth.tenants set state = 'suspended' where id = $1", customer.id)
    with pytest.raises(CertificateRefused):
        await recognise_certificate(site.auth, fingerprint_of(issued.der), now=NOW)


async def test_a_customers_own_certificate_is_registered_once(site: Site, settings: Settings) -> None:
    (customer, feed), (other, other_feed) = await syslog_feed(site), await syslog_feed(site)
    short = Authority.open(settings.secrets_dir, now=NOW).issue_client(name="short", days=1, now=NOW)
    pem = trustme.CA().issue_cert("sender.acme.example").cert_chain_pems[0].bytes()
    async with tenant_tx(site.auth, customer.id) as tx:
        made = await register_certificate(tx, ACTOR, feed_id=feed.feed.id, certificate=pem, now=NOW)
        with pytest.raises(Invalid):
            await register_certificate(tx, ACTOR, feed_id=feed.feed.id, certificate=b"rubbish", now=NOW)
        with pytest.raises(Invalid):
            await register_certificate(tx, ACTOR, feed_id=feed.feed.id, certificate=b"x" * 40_000, now=NOW)
        with pytest.raises(Invalid):
            await register_certificate(
                tx, ACTOR, feed_id=feed.feed.id, certificate=short.der, now=NOW + timedelta(days=2)
            )
        with pytest.raises(NotFound):
            await register_certificate(tx, ACTOR, feed_id=FeedId(new_uuid()), certificate=pem, now=NOW)
    async with tenant_tx(site.auth, other.id) as tx:
        with pytest.raises(Conflict):
            await register_certificate(tx, ACTOR, feed_id=other_feed.feed.id, certificate=pem, now=NOW)
        assert await list_certificates(tx, other_feed.feed.id) == []
    assert (await recognise_certificate(site.auth, made.fingerprint, now=NOW)).id == feed.feed.id
    http = await site.feed(customer, door="hec", name="http")
    authority = Authority.open(settings.secrets_dir, now=NOW)
    async with tenant_tx(site.auth, customer.id) as tx:
        with pytest.raises(Conflict):
            await issue_certificate(tx, ACTOR, authority, feed_id=http.feed.id, now=NOW)


def test_the_authority_is_made_once_and_its_files_are_private(tmp_path: Path) -> None:
    first = Authority.open(tmp_path, now=NOW)
    assert Authority.open(tmp_path, now=NOW).certificate_pem == first.certificate_pem
    assert (tmp_path / AUTHORITY_FILE).stat().st_mode & 0o077 == 0
    issued = first.issue_client(name="acme", days=10, now=NOW)
    files = write_client_files(tmp_path / "sender", "acme", issued, first)
    assert {path.name for path in (tmp_path / "sender").iterdir()} == {"ca.pem", "acme.pem", "acme.key"}
    assert files.key.stat().st_mode & 0o077 == 0
    with pytest.raises(Conflict):
        write_client_files(tmp_path / "sender", "acme", issued, first)
    for days in (0, LONGEST_DAYS + 1):
        with pytest.raises(Invalid):
            first.issue_client(name="acme", days=days, now=NOW)
    with pytest.raises(Invalid):
        Authority.open(tmp_path, now=NOW + timedelta(days=3_651))
    (tmp_path / AUTHORITY_FILE).write_text("rubbish")
    with pytest.raises(Invalid):
        Authority.open(tmp_path, now=NOW)


def test_the_listeners_own_certificate_is_kept_renewed_and_follows_its_names(settings: Settings) -> None:
    authority = Authority.open(settings.secrets_dir, now=NOW)
    named = msgspec.structs.replace(settings, syslog_names="events.mssp.example, 192.0.2.7", syslog_host="::")
    tls = listener_tls(named, authority, now=NOW)
    path = settings.secrets_dir / SERVER_FILE
    held = x509.load_pem_x509_certificate(path.read_bytes())
    names = held.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["events.mssp.example", "localhost"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["192.0.2.7", "127.0.0.1"]
    assert listener_tls(named, authority, now=NOW).expires_at == tls.expires_at
    assert refreshed(tls, named, authority, now=NOW) is tls
    soon = tls.expires_at - timedelta(days=20)
    assert refreshed(tls, named, authority, now=soon).expires_at > tls.expires_at
    listener_tls(settings, authority, now=NOW)
    assert x509.load_pem_x509_certificate(path.read_bytes()).serial_number != held.serial_number


def test_files_of_the_operators_are_read_again_when_they_change(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    authority = Authority.open(settings.secrets_dir, now=NOW)
    certificate, key = settings.home / "own.pem", settings.home / "own.key"

    def write(days: int) -> None:
        issued = authority.issue_server(names=["own.example"], days=days, now=NOW)
        certificate.write_text(issued.certificate_pem)
        key.write_text(issued.key_pem.reveal())
        key.chmod(0o600)

    own = msgspec.structs.replace(settings, syslog_certificate_file=certificate, syslog_key_file=key)
    write(10)
    tls = listener_tls(own, authority, now=NOW)
    assert "10 more days" in caplog.text or "9 more days" in caplog.text
    write(300)
    os.utime(certificate, ns=(1, 1))
    renewed = refreshed(tls, own, authority, now=NOW)
    assert renewed.expires_at > tls.expires_at
    certificate.write_text("rubbish")
    assert refreshed(renewed, own, authority, now=NOW) is renewed
    assert "keep their former certificate" in caplog.text
    for wrong in (
        msgspec.structs.replace(own, syslog_key_file=None),
        msgspec.structs.replace(own, syslog_certificate_file=settings.home / "missing.pem"),
        msgspec.structs.replace(settings, syslog_client_ca_file=settings.home / "missing.pem"),
    ):
        with pytest.raises(Invalid):
            listener_tls(wrong, authority, now=NOW)
    presented = Presented(settings, FixedClock(NOW))
    before = presented.current()
    presented.refresh()
    assert presented.current() is before
    assert before.context.minimum_version == ssl.TLSVersion.TLSv1_2


def test_ports_of_feeds_are_written_as_port_and_file() -> None:
    assert feed_ports("5515=/a/b.token, 5516=/c") == [(5515, Path("/a/b.token")), (5516, Path("/c"))]
    assert feed_ports("") == []
    for wrong in ("5515", "x=/a", "0=/a", "99999=/a", "5515=relative", "5515="):
        with pytest.raises(Invalid):
            feed_ports(wrong)
