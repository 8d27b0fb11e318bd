"""The distribution's rsyslog sends to our doors, by TLS and by RELP, and every event is found again."""

import asyncio
import contextlib
import shutil
import subprocess
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from infra.ports import free_port
from tests.conftest import Eventually
from tests.wire.conftest import ACTOR, Customer, OpenFeed, Site
from tests.wire.streams import SenderFiles, streams, taken
from tests.wire.test_stream_hostile import process
from watchfloor.feeds.batch import PackedBatch
from watchfloor.feeds.doors.stream import listeners
from watchfloor.feeds.doors.stream.collector import Manner
from watchfloor.feeds.feed import Feed, FeedState
from watchfloor.feeds.intake.backlog import IntakeFull
from watchfloor.feeds.intake.postgres import PostgresIntake
from watchfloor.feeds.intake.queue import Alongside, Lane, Place, Receipt, Sender
from watchfloor.feeds.registry import change_feed
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import tenant_tx

pytestmark = pytest.mark.slow

WITHIN: Final = 30.0
GLOBAL: Final = """
global(workDirectory="{work}" net.enableDNS="off"
       defaultNetstreamDriverCAFile="{files.authority}"
       defaultNetstreamDriverCertFile="{files.certificate}"
       defaultNetstreamDriverKeyFile="{files.key}")
module(load="imfile" mode="inotify")
action(type="omfile" file="{said}")
input(type="imfile" file="{log}" tag="app:" severity="info" facility="local0" ruleset="out")
"""
QUEUE: Final = """queue.type="LinkedList" queue.filename="wf" queue.saveOnShutdown="on" queue.maxDiskSpace="50m"
         action.resumeRetryCount="-1" action.resumeInterval="1\""""
# What rsyslog takes from its queue together, it takes for sent when a RELP session breaks behind it, all but the last.
ONE_BY_ONE: Final = 'queue.dequeueBatchSize="1"'
# How many lines a program may write into its two connections before it learns that the other end is gone: nothing
# answers it.
IN_FLIGHT: Final = 1_200
BY_TLS: Final = """
ruleset(name="out") {{
  action(type="omfwd" target="127.0.0.1" port="{port}" protocol="tcp" template="RSYSLOG_SyslogProtocol23Format"
         tcp_framing="octet-counted" streamDriver="ossl" streamDriverMode="1" streamDriverAuthMode="x509/name"
         streamDriverPermittedPeers="localhost" {queue})
}}
"""
BY_RELP: Final = """
module(load="omrelp")
ruleset(name="out") {{
  action(type="omrelp" target="127.0.0.1" port="{port}" template="RSYSLOG_SyslogProtocol23Format" timeout="10"
         tls="on" tls.caCert="{files.authority}" tls.myCert="{files.certificate}" tls.myPrivKey="{files.key}"
         tls.authMode="name" tls.permittedPeer=["localhost"] {queue} {one_by_one})
}}
"""


class Rsyslog:
    """rsyslogd with a configuration and a directory of its own, which reads one file."""

    def __init__(self, home: Path, action: str, *, port: int, files: SenderFiles) -> None:
        program = shutil.which("rsyslogd") or shutil.which("rsyslogd", path="/usr/sbin")
        if program is None:
            pytest.fail(
                "rsyslogd is missing: `infra/bootstrap test` installs it (apt: rsyslog rsyslog-openssl rsyslog-relp)"
            )
        home.mkdir()
        self.log = home / "app.log"
        self.log.touch()
        self._said = home / "said"
        work = home / "work"
        work.mkdir()
        text = GLOBAL.format(work=work, files=files, log=self.log, said=self._said)
        text += action.format(port=port, files=files, queue=QUEUE, one_by_one=ONE_BY_ONE)
        (home / "rsyslog.conf").write_text(text)
        self._command = [program, "-n", "-f", str(home / "rsyslog.conf"), "-i", str(home / "pid")]
        self._process: subprocess.Popen[bytes] | None = None

    def write(self, lines: Sequence[str]) -> None:
        """A program logs."""
        with self.log.open("a") as file:
            file.write("".join(f"{line}\n" for line in lines))

    def start(self) -> None:
        """Starts it."""
        self._process = subprocess.Popen(self._command)

    async def stop(self) -> None:
        """Ends it as an administrator does; what waits is saved."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            await asyncio.to_thread(process.wait, 20)

    def said(self) -> str:
        """What it complained about."""
        return self._said.read_text("utf-8", "replace") if self._said.exists() else ""


@asynccontextmanager
async def rsyslog(home: Path, action: str, *, port: int, files: SenderFiles) -> AsyncGenerator[Rsyslog]:
    """rsyslogd until the end of the block."""
    made = Rsyslog(home, action, port=port, files=files)
    made.start()
    try:
        yield made
    finally:
        await made.stop()


class Found:
    """The lines of a customer that were found in the intake so far."""

    def __init__(self, site: Site, customer: Customer) -> None:
        self._site = site
        self._customer = customer
        self.lines: list[str] = []

    async def has(self, lines: Sequence[str]) -> bool:
        """Whether all of these have come."""
        self.lines += [
            event.body.decode().rpartition(" - - ")[2].strip() for event in await taken(self._site, self._customer)
        ]
        return set(lines) <= set(self.lines)


class FullNowAndThen(PostgresIntake):
    """An intake that refuses whole bursts: the first batches, and some in mid-stream."""

    refused = 0
    asked = 0
    _refused: Final = frozenset({1, 2, 3, 6, 7})

    async def put(
        self,
        feed: Feed,
        batch: PackedBatch,
        sender: Sender,
        *,
        alongside: Alongside | None = None,
        lane: Lane | None = None,
        places: Sequence[Place] | None = None,
    ) -> Receipt:
        self.asked += 1
        if self.asked in self._refused:
            self.refused += 1
            raise IntakeFull("Full.", remedy="Wait.", retry_after_seconds=0)
        return await super().put(feed, batch, sender, alongside=alongside, lane=lane, places=places)


def numbered(begin: int, end: int) -> list[str]:
    return [f"line {number:06d} {'x' * 80}" for number in range(begin, end)]


async def customer_with(site: Site, door: str) -> tuple[Customer, OpenFeed]:
    customer = await site.customer()
    return customer, await site.feed(customer, door="relp" if door == "relp" else "syslog")


async def test_rsyslog_by_tls_outlives_a_refused_burst_and_a_restart_of_the_door(
    site: Site, settings: Settings, eventually: Eventually
) -> None:
    customer, feed = await customer_with(site, "syslog")
    found, number = Found(site, customer), free_port()
    intake = FullNowAndThen(site.app, site.keyring, backlog_bytes=10**9)
    async with contextlib.AsyncExitStack() as held:
        async with streams(site, settings, intake=intake, numbers={"syslog": number}) as opened:
            files = await opened.sender(feed.feed)
            client = rsyslog(settings.home / "rsyslog", BY_TLS, port=number, files=files)
            sender = await held.enter_async_context(client)
            for turn in range(3):
                sender.write(numbered(turn * 2_000, (turn + 1) * 2_000))
                await eventually(partial(found.has, numbered(0, (turn + 1) * 2_000)), within=WITHIN)
            assert intake.refused >= 3
            assert len(found.lines) == 6_000
        # Nothing is answered in this protocol, so what is sent into the dead connection is lost; no more than that is.
        sender.write(numbered(6_000, 8_000))
        async with streams(site, settings, numbers={"syslog": number}):
            sender.write(numbered(8_000, 10_000))

            async def is_there_again() -> bool:
                await found.has([])
                return len(set(found.lines)) >= 10_000 - IN_FLIGHT

            await eventually(is_there_again, within=WITHIN)
    assert set(found.lines) <= set(numbered(0, 10_000))


async def test_rsyslog_by_relp_outlives_a_refused_burst_and_a_restart_of_the_door(
    site: Site, settings: Settings, monkeypatch: pytest.MonkeyPatch, eventually: Eventually
) -> None:
    monkeypatch.setitem(listeners.MANNERS, "relp", Manner(linger=0.02, prompt=64, patience=0.0))
    customer, feed = await customer_with(site, "relp")
    found, number = Found(site, customer), free_port()
    intake = FullNowAndThen(site.app, site.keyring, backlog_bytes=10**9)
    async with contextlib.AsyncExitStack() as held:
        async with streams(site, settings, intake=intake, numbers={"relp": number}) as opened:
            files = await opened.sender(feed.feed)
            client = rsyslog(settings.home / "rsyslog", BY_RELP, port=number, files=files)
            sender = await held.enter_async_context(client)
            sender.write(numbered(0, 2_000))
            await eventually(lambda: found.has(numbered(0, 2_000)), within=WITHIN)
            assert intake.refused >= 3
        sender.write(numbered(2_000, 4_000))
        async with streams(site, settings, numbers={"relp": number}):
            sender.write(numbered(4_000, 6_000))
            await eventually(lambda: found.has(numbered(0, 6_000)), within=WITHIN)
    assert set(found.lines) == set(numbered(0, 6_000))


async def test_rsyslog_keeps_what_a_paused_feed_refuses(site: Site, settings: Settings, eventually: Eventually) -> None:
    customer, feed = await customer_with(site, "relp")
    found = Found(site, customer)

    async def set_state(state: FeedState) -> None:
        async with tenant_tx(site.app, customer.id) as tx:
            await change_feed(tx, ACTOR, feed_id=feed.feed.id, source_hint=None, state=state)

    async with streams(site, settings) as opened:
        files = await opened.sender(feed.feed)
        await set_state("paused")
        port = opened.ports["relp"]
        async with rsyslog(settings.home / "rsyslog", BY_RELP, port=port, files=files) as client:
            client.write(numbered(0, 500))
            await eventually(lambda: "omrelp" in client.said() or client.log.exists())
            await set_state("active")
            await eventually(lambda: found.has(numbered(0, 500)), within=WITHIN)


async def test_by_relp_nothing_is_lost_when_the_door_is_killed_in_mid_stream(
    site: Site, settings: Settings, eventually: Eventually
) -> None:
    customer, feed = await customer_with(site, "relp")
    found = Found(site, customer)
    wanted = numbered(0, 20_000)
    async with process(site, settings) as running:
        files = await running.opened.sender(feed.feed)
        port = running.opened.ports["relp"]
        async with rsyslog(settings.home / "rsyslog", BY_RELP, port=port, files=files) as client:
            for turn in range(4):
                client.write(wanted[turn * 5_000 : (turn + 1) * 5_000])
                enough = turn * 5_000 + 1_000

                async def is_under_way(enough: int = enough) -> bool:
                    await found.has([])
                    return len(found.lines) >= enough

                await eventually(is_under_way, within=WITHIN)
                if turn < 3:
                    await running.kill()
                    await running.program.start()
            await eventually(lambda: found.has(wanted), within=WITHIN)
    assert set(found.lines) == set(wanted)
