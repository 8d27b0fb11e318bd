"""The listening ports: who may come in, how many at once, and how all of them leave.

Owns the limits on connections: in all, of each feed, and of senders who have not yet shown who they are, which a
handshake that never ends counts among. A connection that is too many is closed at once; the others never notice.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Final

import msgspec

from watchfloor.feeds.doors.stream.collector import Manner, Yard
from watchfloor.feeds.doors.stream.fault import StreamFault
from watchfloor.feeds.doors.stream.identity import Caller, Gates
from watchfloor.feeds.doors.stream.sessions import Session, Surroundings
from watchfloor.feeds.doors.stream.speech import RelpSpeech, Speech, SyslogSpeech
from watchfloor.feeds.doors.stream.tls import ListenerTls
from watchfloor.feeds.doors.stream.wire import Wire
from watchfloor.feeds.feed import Door
from watchfloor.kernel.clock import Clock
from watchfloor.kernel.errors import WatchfloorError
from watchfloor.kernel.ids import FeedId
from watchfloor.kernel.serving import Listener, arrivals
from watchfloor.kernel.telemetry import STREAM_CLOSES, STREAM_OPENS

CONNECTIONS: Final = 3_000
CONNECTIONS_OF_A_FEED: Final = 1_000
STRANGERS: Final = 300
STRANGERS_OF_AN_ADDRESS: Final = 100
HANDSHAKE_SECONDS: Final = 10.0

MANNERS: Final[dict[Door, Manner]] = {
    "syslog": Manner(linger=0.2, prompt=2_000, patience=None),
    # A client stops after 128 messages without an answer, so half of them are answered without waiting for more.
    "relp": Manner(linger=0.02, prompt=64, patience=60.0),
}

_SHUTDOWN_SECONDS: Final = 3.0
_CLOSE_SECONDS: Final = 0.5
STOP_SECONDS: Final = 10.0
_logger: Final = logging.getLogger(__name__)


class Port(msgspec.Struct, frozen=True, kw_only=True):
    """A listening port. `tls` gives what a new connection gets, None for plain TCP; `token` is the port's own."""

    door: Door
    listener: Listener
    tls: Callable[[], ListenerTls] | None
    token: Path | None = None


class Doorstep:
    """Counts who is here."""

    def __init__(
        self,
        *,
        connections: int = CONNECTIONS,
        of_a_feed: int = CONNECTIONS_OF_A_FEED,
        strangers: int = STRANGERS,
        of_an_address: int = STRANGERS_OF_AN_ADDRESS,
    ) -> None:
        self._connections = connections
        self._of_a_feed = of_a_feed
        self._strangers = strangers
        self._of_an_address = of_an_address
        self._all = 0
        self._by_feed = Counter[FeedId]()
        self._unknown = Counter[str]()

    def enter(self, remote: str) -> "Place | None":
        """A place for a connection from this address; None when there is none."""
        if (
            self._all >= self._connections
            or self._unknown.total() >= self._strangers
            or self._unknown[remote] >= self._of_an_address
        ):
            return None
        self._all += 1
        self._unknown[remote] += 1
        return Place(self, remote)

    def know(self, remote: str) -> None:
        """A stranger is one no longer."""
        self._unknown[remote] -= 1
        if not self._unknown[remote]:
            del self._unknown[remote]

    def sit(self, feed_id: FeedId) -> None:
        """One more connection of a feed. Raises StreamFault."""
        if self._by_feed[feed_id] >= self._of_a_feed:
            raise StreamFault("The feed has too many connections.", "crowded")
        self._by_feed[feed_id] += 1

    def leave(self, feeds: set[FeedId]) -> None:
        """A connection is gone; it was one of these feeds."""
        self._all -= 1
        for feed_id in feeds:
            self._by_feed[feed_id] -= 1
            if not self._by_feed[feed_id]:
                del self._by_feed[feed_id]


class Place:
    """One connection's place. See `sessions.Seat`."""

    def __init__(self, doorstep: Doorstep, remote: str) -> None:
        self._doorstep = doorstep
        self._remote = remote
        self._feeds: set[FeedId] = set()
        self._is_stranger = True

    def sit(self, feed_id: FeedId) -> None:
        """The connection is one of this feed. Raises StreamFault when there are too many of it."""
        if feed_id not in self._feeds:
            self._doorstep.sit(feed_id)
            self._feeds.add(feed_id)
        self._know()

    def leave(self) -> None:
        """The connection is gone."""
        self._know()
        self._doorstep.leave(self._feeds)

    def _know(self) -> None:
        if self._is_stranger:
            self._is_stranger = False
            self._doorstep.know(self._remote)


class Listeners:
    """The ports of one process, and the connections to them."""

    def __init__(self, gates: Gates, yard: Yard, clock: Clock, *, doorstep: Doorstep | None = None) -> None:
        self._gates = gates
        self._yard = yard
        self._clock = clock
        self._doorstep = doorstep or Doorstep()
        self._sessions: dict[asyncio.Task[None], Session | None] = {}

    @contextlib.asynccontextmanager
    async def open(self, ports: list[Port]) -> AsyncGenerator[None]:
        """Connections are taken inside this block. Leaving it ends all, in order, with what was read made durable."""
        accepting = [asyncio.create_task(self._accept(port), name="accept") for port in ports]
        try:
            yield
        finally:
            for task in accepting:
                task.cancel()
            await asyncio.gather(*accepting, return_exceptions=True)
            for session in self._sessions.values():
                if session is not None:
                    session.stop()
            await self._yard.finish(seconds=STOP_SECONDS)
            await self._leave()

    async def _leave(self) -> None:
        if self._sessions:
            await asyncio.wait(list(self._sessions), timeout=_SHUTDOWN_SECONDS)
        for task in list(self._sessions):
            task.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)

    async def _accept(self, port: Port) -> None:
        async for connection, remote in arrivals(port.listener):
            place = self._doorstep.enter(remote)
            if place is None:
                STREAM_CLOSES.labels(port.door, "crowded").inc()
                connection.close()
                continue
            task = asyncio.create_task(self._talk(port, connection, place, remote), name="talk")
            self._sessions[task] = None
            task.add_done_callback(lambda done: self._sessions.pop(done, None))

    async def _talk(self, port: Port, connection: Listener, place: Place, remote: str) -> None:
        STREAM_OPENS.labels(port.door).inc()
        try:
            await self._converse(port, connection, place, remote)
            STREAM_CLOSES.labels(port.door, "done").inc()
        except StreamFault as fault:
            STREAM_CLOSES.labels(port.door, fault.reason).inc()
            _logger.info("A connection was closed: %s", fault, extra={"code": fault.reason, "remote": remote})
        except (OSError, WatchfloorError) as error:
            # A connection that broke, or an intake that is away while we stop.
            STREAM_CLOSES.labels(port.door, "lost").inc()
            _logger.info("A connection was lost: %s", error, extra={"remote": remote})
        finally:
            place.leave()

    async def _converse(self, port: Port, connection: Listener, place: Place, remote: str) -> None:
        wire = Wire(None if port.tls is None else port.tls().context)
        try:
            await asyncio.get_running_loop().connect_accepted_socket(lambda: wire, connection)
        except BaseException:
            connection.close()
            raise
        try:
            await wire.greet(seconds=HANDSHAKE_SECONDS)
        except BaseException:
            await wire.close(seconds=_CLOSE_SECONDS, in_order=False)
            raise
        speech: Speech = RelpSpeech(wire) if port.door == "relp" else SyslogSpeech(wire)
        caller = Caller(
            self._gates,
            port.door,
            remote=remote,
            certificate=wire.peer_certificate(),
            port_token=port.token,
        )
        around = Surroundings(yard=self._yard, manner=MANNERS[port.door], clock=self._clock)
        session = Session(wire, speech, caller, seat=place, around=around)
        task = asyncio.current_task()
        if task is not None:
            self._sessions[task] = session
        await session.run()
