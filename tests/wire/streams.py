"""Listeners for syslog and RELP on loopback ports, senders for them, and what they sent found again in the intake."""

import asyncio
import contextlib
import ssl
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.wire.conftest import ACTOR, BACKLOG_BYTES, Customer, OpenFeed, Site
from watchfloor.feeds.batch import SentEvent, unpack
from watchfloor.feeds.certificates.authority import Authority, IssuedCertificate
from watchfloor.feeds.certificates.issue import issue_certificate, write_client_files
from watchfloor.feeds.doors.admission import Admission
from watchfloor.feeds.doors.gate import Gate
from watchfloor.feeds.doors.hints import Hints
from watchfloor.feeds.doors.stream.collector import Yard
from watchfloor.feeds.doors.stream.identity import CertificateGate, Gates
from watchfloor.feeds.doors.stream.listeners import Doorstep, Listeners, Port
from watchfloor.feeds.doors.stream.tls import ListenerTls, listener_tls
from watchfloor.feeds.feed import Feed
from watchfloor.feeds.intake.postgres import PostgresIntake
from watchfloor.feeds.intake.queue import Intake, Lane, open_batch
from watchfloor.kernel.clock import SystemClock
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import tenant_tx
from watchfloor.kernel.serving import Listener, listen_for_streams
from watchfloor.kernel.valkey import Wake

OFFERS: Final = b"relp_version=0\nrelp_software=test\ncommands=syslog"


@dataclass(frozen=True)
class SenderFiles:
    """A sender's certificate, key and the authority that it trusts."""

    authority: Path
    certificate: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """TLS as this sender speaks it."""
        context = ssl.create_default_context(cafile=str(self.authority))
        context.load_cert_chain(self.certificate, self.key)
        return context


@dataclass
class Streams:
    """Open listeners."""

    site: Site
    settings: Settings
    authority: Authority
    ports: dict[str, int]
    tls: ListenerTls
    lines: "list[Line]" = field(default_factory=list["Line"])
    _numbers: list[int] = field(default_factory=lambda: [0])

    async def issue(self, feed: Feed) -> IssuedCertificate:
        """A new certificate for a feed."""
        async with tenant_tx(self.site.auth, feed.tenant_id) as tx:
            return await issue_certificate(tx, ACTOR, self.authority, feed_id=feed.id, now=SystemClock().now())

    async def sender(self, feed: Feed) -> SenderFiles:
        """The files of a sender to a feed."""
        self._numbers[0] += 1
        directory = self.settings.home / f"sender-{self._numbers[0]}"
        files = write_client_files(directory, "sender", await self.issue(feed), self.authority)
        return SenderFiles(files.authority, files.certificate, files.key)

    def anonymous(self) -> ssl.SSLContext:
        """TLS of a sender without a certificate."""
        return ssl.create_default_context(cadata=self.authority.certificate_pem)

    async def connect(self, port: str, tls: ssl.SSLContext | None = None) -> "Line":
        """A connection to one of the ports."""
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", self.ports[port], ssl=tls, server_hostname="localhost" if tls else None
        )
        self.lines.append(Line(reader, writer))
        return self.lines[-1]


@dataclass(frozen=True)
class Line:
    """A sender's end of a connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        """Sends."""
        self.writer.write(data)
        await self.writer.drain()

    async def answers(self, count: int) -> list[bytes]:
        """The first words of the next answers of RELP."""
        found: list[bytes] = []
        async with asyncio.timeout(10):
            for _ in range(count):
                number, _, rest = (await self.reader.readuntil(b" ")).partition(b" ")
                name = (await self.reader.readuntil(b" ")).rstrip()
                length = await self._length()
                data = (await self.reader.readexactly(length + 1))[:-1] if length else b""
                found.append(b" ".join((number, name, data.partition(b"\n")[0])))
                assert rest == b""
        return found

    async def _length(self) -> int:
        digits = b""
        while (byte := await self.reader.readexactly(1)).isdigit():
            digits += byte
        return int(digits)

    async def ending(self) -> bytes:
        """Everything until the other side hangs up, which it has to do soon."""
        async with asyncio.timeout(10):
            try:
                return await self.reader.read()
            except (ConnectionError, ssl.SSLError):
                return b""

    def pause(self) -> None:
        """Reads nothing more."""
        transport = self.writer.transport
        assert isinstance(transport, asyncio.Transport)
        transport.pause_reading()

    async def close(self) -> None:
        """Hangs up."""
        self.writer.close()
        with contextlib.suppress(OSError, ssl.SSLError):
            await self.writer.wait_closed()


def counted(*messages: bytes) -> bytes:
    """Messages with octet counts."""
    return b"".join(b"%d %s" % (len(message), message) for message in messages)


def frame(number: int, name: bytes, data: bytes = b"") -> bytes:
    """A frame of RELP."""
    return b"%d %s %d%s\n" % (number, name, len(data), b" " + data if data else b"")


def tokened(token: str, text: str) -> bytes:
    """A message that shows a token."""
    return f'<134>1 2026-11-22T08:00:00Z host app - - [wf@32473 token="{token}"] {text}'.encode()


@contextlib.asynccontextmanager
async def streams(
    site: Site,
    settings: Settings,
    *,
    intake: Intake | None = None,
    doorstep: Doorstep | None = None,
    port_token: str | None = None,
    numbers: dict[str, int] | None = None,
) -> AsyncGenerator[Streams]:
    """Listeners until the end of the block: `syslog` and `relp` with TLS, `plain`, and `port` with a token of its own.

    `numbers` asks for certain ports.
    """
    clock, numbers = SystemClock(), numbers or {}
    authority = Authority.open(settings.secrets_dir, now=clock.now())
    tls = listener_tls(settings, authority, now=clock.now())
    intake = intake or PostgresIntake(site.app, site.keyring, backlog_bytes=BACKLOG_BYTES)
    hints = Hints(Wake(site.valkey))
    gates = Gates(Gate(site.auth, site.keyring), CertificateGate(site.auth, clock))
    token_file = None
    if port_token is not None:
        token_file = settings.home / "port.token"
        token_file.write_text(port_token)
        token_file.chmod(0o600)
    with contextlib.ExitStack() as held:

        def opened(name: str) -> Listener:
            listener = listen_for_streams("127.0.0.1", numbers.get(name, 0), setting="TEST")
            return held.enter_context(contextlib.closing(listener))

        ports = {
            "syslog": Port(door="syslog", listener=opened("syslog"), tls=lambda: tls),
            "relp": Port(door="relp", listener=opened("relp"), tls=lambda: tls),
            "plain": Port(door="syslog", listener=opened("plain"), tls=None),
            "plain-relp": Port(door="relp", listener=opened("plain-relp"), tls=None),
        }
        if token_file is not None:
            ports["port"] = Port(door="syslog", listener=opened("port"), tls=None, token=token_file)
        yard = Yard(intake, Admission(), hints)
        found = {name: int(port.listener.getsockname()[1]) for name, port in ports.items()}
        opened_streams = Streams(site, settings, authority, found, tls)
        try:
            async with Listeners(gates, yard, clock, doorstep=doorstep).open(list(ports.values())):
                yield opened_streams
        finally:
            for line in opened_streams.lines:
                await line.close()
    await hints.finish()


async def waiting(site: Site, customer: Customer) -> list[SentEvent]:
    """Every event of a customer that is durable and waits to be worked. They stay there."""
    found: list[SentEvent] = []
    intake = PostgresIntake(site.app, site.keyring, backlog_bytes=BACKLOG_BYTES)
    with contextlib.suppress(_PutBack):
        async with intake.work(customer.id, most_bytes=10**9, lane=Lane.LIVE) as work:
            if work is not None:
                for batch in work.batches:
                    found += unpack(open_batch(work.cipher, batch), SentEvent)
                assert not work.has_more
            raise _PutBack
    return found


async def taken(site: Site, customer: Customer) -> list[SentEvent]:
    """Every event of a customer that waits to be worked. They are taken away."""
    found: list[SentEvent] = []
    intake = PostgresIntake(site.app, site.keyring, backlog_bytes=BACKLOG_BYTES)
    while True:
        async with intake.work(customer.id, most_bytes=10**9, lane=Lane.LIVE) as work:
            if work is None:
                return found
            for batch in work.batches:
                found += unpack(open_batch(work.cipher, batch), SentEvent)


async def bodies(site: Site, customer: Customer) -> "Counter[bytes]":
    """The bodies of the events that wait, and how often each is there."""
    return Counter(event.body for event in await waiting(site, customer))


async def syslog_feed(site: Site, customer: Customer | None = None) -> tuple[Customer, OpenFeed]:
    """A customer with a feed for syslog."""
    customer = customer or await site.customer()
    return customer, await site.feed(customer, door="syslog")


class _PutBack(Exception):
    """Leaves the intake as it was."""
