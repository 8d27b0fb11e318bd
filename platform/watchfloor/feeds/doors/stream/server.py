"""Syslog and RELP as a process: databases, keys, certificates, and the listening ports.

Owns the wiring and the order of stopping: take no connection, read nothing more, make durable what was read, answer,
hang up, then let go of the databases.
"""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from watchfloor.feeds.certificates.authority import Authority
from watchfloor.feeds.doors.admission import Admission
from watchfloor.feeds.doors.gate import Gate
from watchfloor.feeds.doors.hints import Hints
from watchfloor.feeds.doors.stream.collector import Yard
from watchfloor.feeds.doors.stream.identity import CertificateGate, Gates
from watchfloor.feeds.doors.stream.listeners import Listeners, Port
from watchfloor.feeds.doors.stream.tls import ListenerTls, listener_tls, refreshed
from watchfloor.feeds.intake.opening import open_intake
from watchfloor.kernel.clock import Clock, SystemClock
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, Role
from watchfloor.kernel.errors import Invalid
from watchfloor.kernel.keyfile import read_private
from watchfloor.kernel.serving import Listener, listen_for_streams
from watchfloor.kernel.valkey import Wake, connect
from watchfloor.tenancy.keyring import Keyring

_DIRECTORY_CONNECTIONS: Final = 3
_REFRESH_SECONDS: Final = 30.0
_TOTAL_BYTES: Final = 32_000_000
_TENANT_BYTES: Final = 8_000_000
_FEED_PORTS: Final = "WATCHFLOOR_SYSLOG_FEED_PORTS"


class Presented:
    """The TLS that new connections get, kept up to date."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._authority = Authority.open(settings.secrets_dir, now=clock.now())
        self._tls = listener_tls(settings, self._authority, now=clock.now())

    def current(self) -> ListenerTls:
        """What is good now."""
        return self._tls

    async def keep_fresh(self) -> None:
        """Looks at the files again and again."""
        while True:
            await asyncio.sleep(_REFRESH_SECONDS)
            self.refresh()

    def refresh(self) -> None:
        """Looks at the files once."""
        self._tls = refreshed(self._tls, self._settings, self._authority, now=self._clock.now())


async def serve(settings: Settings, *, ready: Callable[[], None], stop: asyncio.Event) -> None:
    """Runs the listeners until told to stop; calls `ready` once they take connections.

    Raises Invalid when a certificate or a port's token cannot be used, Unavailable when a database or a port cannot be
    had.
    """
    clock = SystemClock()
    async with contextlib.AsyncExitStack() as held:
        presented = Presented(settings, clock)
        ports = open_ports(settings, presented, held)
        database = await Database.open(settings, Role.APP)
        held.push_async_callback(database.close)
        directory = await Database.open(settings, Role.AUTH, connections=_DIRECTORY_CONNECTIONS)
        held.push_async_callback(directory.close)
        valkey = connect(settings)
        held.push_async_callback(valkey.aclose)
        hints = Hints(Wake(valkey))
        held.push_async_callback(hints.finish)
        keyring = Keyring.open(settings)
        intake = await held.enter_async_context(open_intake(settings, database, keyring, valkey=valkey))
        admission = Admission(total_bytes=_TOTAL_BYTES, tenant_bytes=_TENANT_BYTES)
        gates = Gates(Gate(directory, keyring), CertificateGate(directory, clock))
        refreshing = asyncio.create_task(presented.keep_fresh(), name="keep certificates fresh")
        held.callback(refreshing.cancel)
        async with Listeners(gates, Yard(intake, admission, hints), clock).open(ports):
            ready()
            await stop.wait()


def open_ports(settings: Settings, presented: Presented, held: contextlib.AsyncExitStack) -> list[Port]:
    """The ports that the settings name, open until `held` is closed. Raises Unavailable, Invalid."""

    def opened(port: int, setting: str) -> Listener:
        shared = settings.syslog_processes > 1
        listener = listen_for_streams(settings.syslog_host, port, setting=setting, shared=shared)
        return held.enter_context(contextlib.closing(listener))

    ports: list[Port] = []
    if settings.syslog_port:
        listener = opened(settings.syslog_port, "WATCHFLOOR_SYSLOG_PORT")
        ports.append(Port(door="syslog", listener=listener, tls=presented.current))
    if settings.relp_port:
        listener = opened(settings.relp_port, "WATCHFLOOR_RELP_PORT")
        ports.append(Port(door="relp", listener=listener, tls=presented.current))
    if settings.syslog_plain_port:
        listener = opened(settings.syslog_plain_port, "WATCHFLOOR_SYSLOG_PLAIN_PORT")
        ports.append(Port(door="syslog", listener=listener, tls=None))
    for number, token in feed_ports(settings.syslog_feed_ports):
        read_private(token)  # refuses a token that others can read, while somebody is there to see it
        ports.append(Port(door="syslog", listener=opened(number, _FEED_PORTS), tls=None, token=token))
    return ports


def feed_ports(text: str) -> list[tuple[int, Path]]:
    """The ports with a token of their own, from `5515=/etc/watchfloor/asa.token 5516=...`. Raises Invalid."""
    found: list[tuple[int, Path]] = []
    for entry in text.replace(",", " ").split():
        number, _, path = entry.partition("=")
        if not number.isdecimal() or not 1 <= int(number[:6]) <= 65_535 or not Path(path).is_absolute():
            raise Invalid(
                "A port of a feed is written as PORT=FILE, with the whole path of the file.",
                where=_FEED_PORTS,
                remedy="For example 5515=/etc/watchfloor/asa.token.",
            )
        found.append((int(number), Path(path)))
    return found
