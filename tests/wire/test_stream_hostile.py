"""Streams that mean harm: each is given up within limits, memory stays flat, and the others never notice (N1)."""

import asyncio
import contextlib
import itertools
import os
import signal
import socket
import ssl
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
import trustme

from infra.ports import free_port
from tests.conftest import Eventually
from tests.wire.conftest import Site
from tests.wire.hostile import ROOM_BYTES
from tests.wire.streams import OFFERS, Line, SenderFiles, Streams, bodies, counted, frame, streams, syslog_feed
from watchfloor.feeds.certificates.authority import Authority
from watchfloor.feeds.doors.stream import listeners, sessions
from watchfloor.feeds.doors.stream.tls import listener_tls
from watchfloor.kernel.config import Settings
from watchfloor.ops.service import Program

pytestmark = pytest.mark.slow

CLOSES_WITHIN: Final = 3.0
MOST_SENT: Final = 40_000_000
OPEN: Final = frame(1, b"open", OFFERS)
HELLO: Final = bytes.fromhex("16030100f8010000f40303") + bytes(32)

SYSLOG: Final[dict[str, bytes]] = {
    "a count and no blank": b"5<34>ab",
    "a count and a letter": b"12x34 <34>",
    "a count and a line end": b"5\n<34>ab",
    "a count with a fraction": b"1.5 <34>",
    "a count with an exponent": b"1e9 <34>",
    "a count in hexadecimal": b"1F <34>",
    "a count with a sign behind": b"12- <34>",
    "a count of ten gigabytes": b"10000000000 <34>1 ",
    "a count of one gigabyte": b"999999999 <34>1 ",
    "a count just over the limit": b"262145 <34>1 ",
    "a count of forty digits": b"9" * 40 + b" <34>",
    "a megabyte of digits": b"7" * 1_000_000,
    "a good frame and then a bad count": counted(b"<34>good") + b"3,",
    "a line of 300 kB": b"<34>" + b"x" * 300_000,
    "a line of 300 kB with an end": b"<34>" + b"x" * 300_000 + b"\n",
    "a line of 10 MB": b"<34>" + b"x" * 10_000_000,
    "a line of 10 MB of quotes": b"<34>1 - - - - - [" + b'"' * 10_000_000,
    "structured data that never ends": b"<34>1 - - - - - " + b'[a b="c"]' * 500_000,
    "HTTP": b"1ET / HTTP/1.1\r\n\r\n",
}
RELP: Final[dict[str, bytes]] = {
    "HTTP": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    "plain syslog": b"<34>Nov 22 08:00:00 host app: x\n",
    "rubbish": os.urandom(5_000),
    "a number of zero": b"0 open 0\n",
    "a number with a zero before it": b"01 open 0\n",
    "a number of ten digits": b"9999999999 open 0\n",
    "a number that is none": b"x open 0\n",
    "a megabyte of digits": b"1" * 1_000_000,
    "a command of a thousand letters": b"1 " + b"o" * 1_000 + b" 0\n",
    "a command with digits": b"1 op3n 0\n",
    "a length that is none": b"1 open x\n",
    "a length below zero": b"1 open -1\n",
    "a length of ten gigabytes": b"1 open 10000000000 x",
    "a length of one gigabyte": b"1 open 999999999 x",
    "a length that is too short": b"1 open 3 abcdef\n",
    "a length without data": b"1 open 3\n",
    "no length with data": b"1 open 0 abc\n",
    "offers of 100 kB": frame(1, b"open", b"x" * 100_000),
    "another version": frame(1, b"open", b"relp_version=9\ncommands=syslog"),
    "no syslog among the commands": frame(1, b"open", b"relp_version=0\ncommands=eventlog"),
    "a message before the session is open": frame(1, b"syslog", b"<34>x"),
    "close before open": frame(1, b"close"),
    "open twice": OPEN + frame(2, b"open", OFFERS),
    "the same number again": OPEN + frame(2, b"syslog", b"<34>x") + frame(2, b"syslog", b"<34>y"),
    "a number that falls": OPEN + frame(9, b"syslog", b"<34>x") + frame(3, b"syslog", b"<34>y"),
    "a message just over the limit": OPEN + b"2 syslog 262145 x",
    "a message of one gigabyte": OPEN + b"2 syslog 999999999 " + b"x" * 1_000_000,
    "rubbish behind open": OPEN + b"\0" * 10_000,
    "half a frame and another": OPEN + b"2 syslog 10 abc3 syslog 3 abc\n",
    "NUL": b"\0" * 1_000_000,
}
TLS: Final[dict[str, bytes]] = {
    "plain syslog": b"<34>Nov 22 08:00:00 host app: x\n",
    "HTTP": b"GET / HTTP/1.1\r\n\r\n",
    "rubbish": b"\xde\xad\xbe\xef" * 5_000,
    "a record of another version": bytes.fromhex("1602000005") + b"hello",
    "an alert": bytes.fromhex("15030100020228"),
    "a hello that lies about its length": b"\x16\x03\x01\x00\x04\x01\x00\x00\x00",
    "data before the handshake": bytes.fromhex("1703030005") + b"hello",
}


@dataclass(frozen=True)
class Running:
    """The listeners as a process, and what it takes to talk to them."""

    program: Program
    opened: Streams

    async def kill(self) -> None:
        """Kills the process, and waits until it is gone."""
        assert self.program.pid is not None
        os.kill(self.program.pid, signal.SIGKILL)
        await self.program.wait()

    def most_bytes(self) -> int:
        """The most memory that the process has ever held."""
        status = Path(f"/proc/{self.program.pid}/status").read_text("utf-8")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1_024


@asynccontextmanager
async def process(site: Site, settings: Settings, **more: str) -> AsyncGenerator[Running]:
    """The listeners in a process of their own."""
    assert settings.database_url is not None
    ports = {"syslog": free_port(), "relp": free_port(), "plain": free_port()}
    environment = {
        "WATCHFLOOR_HOME": str(settings.home),
        "WATCHFLOOR_ENVIRONMENT": "test",
        "WATCHFLOOR_VALKEY_PORT": str(settings.valkey_port),
        "WATCHFLOOR_SYSLOG_PORT": str(ports["syslog"]),
        "WATCHFLOOR_RELP_PORT": str(ports["relp"]),
        "WATCHFLOOR_SYSLOG_PLAIN_PORT": str(ports["plain"]),
        "DATABASE_URL": settings.database_url.reveal(),
        **more,
    }
    variables = [f"{variable}={value}" for variable, value in environment.items()]
    command = ["/usr/bin/env", *variables, sys.executable, "-P", "-m", "watchfloor.ops.cli", "serve", "syslog"]
    program = Program("syslog", command, log_dir=settings.home / "log")
    await program.start()
    now = datetime.now(UTC)
    authority = Authority.open(settings.secrets_dir, now=now)
    opened = Streams(site, settings, authority, ports, listener_tls(settings, authority, now=now))
    try:
        yield Running(program, opened)
    finally:
        await program.stop()
        for line in opened.lines:
            await line.close()


async def is_given_up(line: Line, data: bytes) -> bool:
    """Whether the other side hangs up on these bytes soon, and stays so."""
    sending = asyncio.create_task(line.send(data))
    try:
        async with asyncio.timeout(CLOSES_WITHIN):
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                while await line.reader.read(65_536):
                    pass
    except TimeoutError:
        return False
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        line.writer.transport.abort()
    return True


async def lives(opened: Streams, neighbour: SenderFiles, numbers: "Iterable[int]") -> None:
    """Another customer sends by RELP and is answered soon."""
    async with asyncio.timeout(2):
        line = await opened.connect("relp", neighbour.context())
        await line.send(OPEN + frame(2, b"syslog", b"<13>neighbour %d" % next(iter(numbers))))
        assert await line.answers(2) == [b"1 rsp 200 OK", b"2 rsp 200 OK"]
        await line.close()


async def attacks(opened: Streams, sender: SenderFiles, port: str) -> AsyncIterator[tuple[str, Line, bytes]]:
    """Each hostile stream with a connection for it."""
    for name, data in (SYSLOG if port == "syslog" else RELP).items():
        yield name, await opened.connect(port, sender.context()), data
    for name, data in TLS.items():
        reader, writer = await asyncio.open_connection("127.0.0.1", opened.ports[port])
        yield f"instead of TLS: {name}", Line(reader, writer), data
    for name, message in {"no token": b"<34>x", "a made up one": b'<34>1 - - - - - [wf@1 token="wf_x"] x'}.items():
        data = counted(message) if port == "syslog" else OPEN + frame(2, b"syslog", message)
        yield name, await opened.connect(port, opened.anonymous()), data
        yield f"{name}, again and again", await opened.connect(port, opened.anonymous()), data * 10_000


@pytest.mark.parametrize("port", ["syslog", "relp"])
async def test_thirty_hostile_streams_are_given_up_and_harm_nobody(site: Site, settings: Settings, port: str) -> None:
    customer, other = await site.customer(), await site.customer()
    feed = await site.feed(customer, door="syslog" if port == "syslog" else "relp")
    neighbour_feed = await site.feed(other, door="relp")
    numbers = itertools.count()
    async with process(site, settings) as running:
        opened = running.opened
        sender, neighbour = await opened.sender(feed.feed), await opened.sender(neighbour_feed.feed)
        await lives(opened, neighbour, numbers)
        idle = running.most_bytes()
        done = 0
        async for name, line, data in attacks(opened, sender, port):
            assert await is_given_up(line, data), name
            done += 1
            if done % 5 == 0:
                await lives(opened, neighbour, numbers)
        assert done >= 30
        assert running.most_bytes() - idle < ROOM_BYTES
        await lives(opened, neighbour, numbers)
    assert len(await bodies(site, other)) == next(numbers)


async def test_certificates_that_are_not_ours_do_not_get_in(site: Site, settings: Settings) -> None:
    customer, feed = await syslog_feed(site)
    async with streams(site, settings) as opened:
        stranger = trustme.CA().issue_cert("sender.example")
        expired = opened.authority.issue_client(name="x", days=1, now=datetime.now(UTC) - timedelta(days=9))
        server = opened.authority.issue_server(names=["x"], days=1, now=datetime.now(UTC))
        pems = {
            "of another authority": stranger.private_key_and_cert_chain_pem.bytes(),
            "expired": (expired.key_pem.reveal() + expired.certificate_pem).encode(),
            "for servers": (server.key_pem.reveal() + server.certificate_pem).encode(),
        }
        for port, (name, pem) in itertools.product(("syslog", "relp"), pems.items()):
            path = settings.home / "bad.pem"
            path.write_bytes(pem)
            tls = opened.anonymous()
            tls.load_cert_chain(path)
            with contextlib.suppress(ssl.SSLError, ConnectionError):
                line = await opened.connect(port, tls)
                assert await is_given_up(line, counted(b"<34>x")), name
        old = opened.anonymous()
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        line = await opened.connect("syslog", old)
        assert line.writer.get_extra_info("ssl_object").version() == "TLSv1.2"
        assert feed.feed.door == "syslog"
    assert await site.rows(customer, "intake_batches") == 0


async def test_what_comes_too_slowly_is_given_up(
    site: Site, settings: Settings, monkeypatch: pytest.MonkeyPatch, eventually: Eventually
) -> None:
    monkeypatch.setattr(sessions, "FRAME_SECONDS", 0.4)
    monkeypatch.setattr(sessions, "ANSWER_SECONDS", 0.4)
    monkeypatch.setattr(listeners, "HANDSHAKE_SECONDS", 0.4)
    customer, feed = await syslog_feed(site)
    relp = await site.feed(customer, door="relp", name="relp")
    async with streams(site, settings) as opened:
        sender, relp_sender = await opened.sender(feed.feed), await opened.sender(relp.feed)
        slow: dict[str, tuple[str, ssl.SSLContext | None, bytes]] = {
            "a handshake that never begins": ("syslog", None, b""),
            "half a hello": ("syslog", None, HELLO),
            "half a hello to RELP": ("relp", None, HELLO),
            "a stranger who says nothing": ("plain", None, b""),
            "a stranger who sends line ends only": ("plain", None, b"\n\0" * 30_000),
            "half a count": ("syslog", sender.context(), b"12"),
            "half a frame": ("syslog", sender.context(), b"12 <34>"),
            "half a line": ("syslog", sender.context(), b"<34>one\n<34>two"),
            "half a header of RELP": ("relp", relp_sender.context(), b"1 op"),
            "half a message of RELP": ("relp", relp_sender.context(), OPEN + b"2 syslog 100 x"),
            "a stranger who opens and is silent": ("relp", opened.anonymous(), OPEN),
        }
        for name, (port, tls, data) in slow.items():
            line = await opened.connect(port, tls)
            assert await is_given_up(line, data), name
        # One byte after the other keeps nothing alive either.
        line = await opened.connect("syslog", sender.context())
        line.writer.write(b"200000 <34>")

        async def is_cut_off() -> bool:
            line.writer.write(b"x")
            return line.reader.at_eof()

        await eventually(is_cut_off, within=3)
        line = await opened.connect("syslog", sender.context())
        await line.send(counted(b"<34>good"))

        async def is_there() -> bool:
            return b"<34>good" in await bodies(site, customer)

        await eventually(is_there)


async def test_a_sender_that_never_reads_our_answers_is_given_up(
    site: Site, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "ANSWER_SECONDS", 0.4)
    customer = await site.customer()
    feed = await site.feed(customer, door="relp")
    async with streams(site, settings) as opened:
        line = await opened.connect("relp", (await opened.sender(feed.feed)).context())
        line.pause()
        sent = 0
        with contextlib.suppress(ConnectionError, ssl.SSLError, TimeoutError):
            await line.send(OPEN)
            async with asyncio.timeout(20):
                for number in range(2, MOST_SENT):
                    data = frame(number, b"x" * 30)
                    sent += len(data)
                    line.writer.write(data)
                    if number % 1_000 == 0:
                        await line.writer.drain()
        assert sent < MOST_SENT
        assert line.writer.is_closing() or line.writer.transport.is_closing()


async def test_a_flood_of_empty_frames_is_borne(site: Site, settings: Settings) -> None:
    customer, feed = await syslog_feed(site)
    async with process(site, settings) as running:
        line = await running.opened.connect("syslog", (await running.opened.sender(feed.feed)).context())
        await line.send(counted(b"<34>first"))
        idle = running.most_bytes()
        for flood in (b"\0" * 100_000, b"\n" * 100_000, b"\r\n" * 50_000):
            for _ in range(30):
                await line.send(flood)
        await line.send(counted(b"<34>last"))
        await line.close()
        assert running.most_bytes() - idle < ROOM_BYTES
    assert await bodies(site, customer) == {b"<34>first": 1, b"<34>last": 1}


async def test_senders_that_hang_up_without_a_goodbye_lose_nothing_that_they_sent(
    site: Site, settings: Settings, eventually: Eventually
) -> None:
    customer, feed = await syslog_feed(site)
    each, senders = 20_000, 8
    data = counted(*[b"<134>1 2026-11-22T08:00:00Z host app - - - %06d %s" % (n, b"x" * 150) for n in range(each)])
    async with process(site, settings) as running:
        files = await running.opened.sender(feed.feed)

        def send() -> None:
            address = ("127.0.0.1", running.opened.ports["syslog"])
            with socket.create_connection(address) as plain:
                secure = files.context().wrap_socket(plain, server_hostname="localhost")
                secure.sendall(data)
                secure.close()

        await asyncio.gather(*(asyncio.to_thread(send) for _ in range(senders)))

        async def have_come() -> bool:
            statement = "select coalesce(sum(events), 0) from wf.intake_batches where tenant_id = $1"
            return bool(await site.superuser.fetchval(statement, customer.id) == each * senders)

        await eventually(have_come)
