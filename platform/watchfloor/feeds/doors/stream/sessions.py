"""One connection from its first byte to its last: who is it, what does it say, is it durable, then the answer.

Owns the order of these steps for both protocols, and the limits in time. It reads no faster than what it read becomes
durable; a message is answered only when it is; and whatever ends the connection, what came in before is put.
"""

import asyncio
import itertools
import time
from collections import deque
from collections.abc import Sequence
from typing import Final, Protocol

import asyncpg
import msgspec

from watchfloor.feeds.batch import SentEvent
from watchfloor.feeds.doors.stream.collector import Manner, Ticket, Yard
from watchfloor.feeds.doors.stream.fault import StreamFault
from watchfloor.feeds.doors.stream.header import local_time, without_token
from watchfloor.feeds.doors.stream.identity import Caller, Unidentified
from watchfloor.feeds.doors.stream.speech import Heard, Speech
from watchfloor.feeds.doors.stream.wire import Wire
from watchfloor.feeds.feed import Feed
from watchfloor.kernel.clock import Clock
from watchfloor.kernel.errors import Unauthenticated, Unavailable
from watchfloor.kernel.ids import FeedId

FRAME_SECONDS: Final = 30.0
"""How long a frame may take from its first byte to its last, and how long a sender may take to say who it is."""

IDLE_SECONDS: Final = 3_600.0
ANSWER_SECONDS: Final = 30.0
"""How long a sender may leave our answers unread."""

OUTSTANDING_BYTES: Final = 1_000_000
"""How much of a connection may be read and not yet durable."""

_GROUP: Final = 256
# Cisco's header is its own, so the time in it is read here whatever the zone is; others in UTC need no help.
_CISCO: Final = b": %"
_HEAD: Final = 128
_RETRY_SECONDS: Final = 1.0
_CLOSE_SECONDS: Final = 2.0
_MESSAGE_COST: Final = 200


class Seat(Protocol):
    """A connection's place among the others."""

    def sit(self, feed_id: FeedId) -> None:
        """The connection is one of this feed. Raises StreamFault when there are too many of it."""
        ...


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What a session works with."""

    yard: Yard
    manner: Manner
    clock: Clock


class Session:
    """One connection."""

    def __init__(self, wire: Wire, speech: Speech, caller: Caller, *, seat: Seat, around: Surroundings) -> None:
        self._wire = wire
        self._speech = speech
        self._caller = caller
        self._seat = seat
        self._around = around
        self._is_known = False
        self._tickets: deque[tuple[Ticket, int]] = deque()
        self._outstanding = 0
        self._is_stopping = False

    def stop(self) -> None:
        """Reads nothing more; what was read is made durable, and answered."""
        self._is_stopping = True
        self._wire.finish()

    async def run(self) -> None:
        """Until the sender is done, or we are done with it. Raises WatchfloorError: why the connection was given up."""
        in_order = False
        try:
            await self._listen()
            await self._settle()
            self._speech.leave()
            in_order = True
        except StreamFault as fault:
            if fault.reason != "stalled" and self._around.manner.patience is not None:
                await self._settle()
            raise
        finally:
            await self._wire.close(seconds=_CLOSE_SECONDS, in_order=in_order)

    async def _listen(self) -> None:
        if self._caller.is_named:
            await self._identify(None)
        since = time.monotonic()
        while not self._speech.is_done:
            chunk = await self._read(since)
            if not chunk:
                break
            held = self._speech.held
            await self._take(chunk)
            if self._is_known and (held == 0 or self._speech.held < held + len(chunk)):
                since = time.monotonic()
            await self._wire.drain(seconds=ANSWER_SECONDS)
        rest = b"" if self._is_stopping else self._speech.rest()
        if rest:
            await self._deliver_all([Heard(message=rest)])

    async def _read(self, since: float) -> bytes:
        """What came next. `since` is when the frame began, or the connection of a sender who is not yet known.

        Raises StreamFault when it takes too long.
        """
        is_between = self._is_known and self._speech.held == 0
        left = IDLE_SECONDS if is_between else since + FRAME_SECONDS - time.monotonic()
        try:
            async with asyncio.timeout(left):
                return await self._wire.read()
        except TimeoutError:
            raise StreamFault("The sender takes too long over a frame, or is silent.", "slow") from None

    async def _take(self, chunk: bytes) -> None:
        """Hears a chunk and hands on what is complete in it, even if what follows is at fault."""
        hearing = self._speech.hear(chunk)
        fault: StreamFault | None = None
        while fault is None:
            heard: list[Heard] = []
            try:
                heard.extend(itertools.islice(hearing, _GROUP))
            except StreamFault as error:
                fault = error
            await self._deliver_all(heard)
            if len(heard) < _GROUP:
                break
        if fault is not None:
            raise fault

    async def _deliver_all(self, heard: Sequence[Heard]) -> None:
        """Hands messages on, those of one token together."""
        group: list[tuple[bytes, int]] = []
        token: str | None = None
        for one in heard:
            message, shown = without_token(one.message)
            if shown != token and group:
                await self._deliver(token, group)
                group = []
            token = shown
            group.append((message, one.number))
        if group:
            await self._deliver(token, group)

    async def _deliver(self, token: str | None, group: Sequence[tuple[bytes, int]]) -> None:
        feed = await self._identify(token)
        async with self._around.yard.turn(feed.tenant_id):
            numbers = [number for _, number in group if number]
            events = self._events(feed, [message for message, _ in group if message])
            if not events:
                self._speech.accept(numbers)
                return
            collector = self._around.yard.collector(feed, self._around.manner)
            ticket = await collector.add(events, remote=self._caller.remote, agent=self._speech.agent)
            # One connection of a tenant has its turn in each round of the loop, however many it has.
            await asyncio.sleep(0)
        self._await(ticket, numbers, sum(len(event.body) + _MESSAGE_COST for event in events))
        while self._outstanding > OUTSTANDING_BYTES:
            await self._settle_one()

    def _events(self, feed: Feed, messages: Sequence[bytes]) -> list[SentEvent]:
        zone, now = feed.options.zone, self._around.clock.now()
        fields = {"sender_ip": self._caller.remote}
        return [
            SentEvent(body=message, time=local_time(message, zone=zone, now=now), fields=fields)
            if zone != "UTC" or _CISCO in message[:_HEAD]
            else SentEvent(body=message, fields=fields)
            for message in messages
        ]

    async def _identify(self, token: str | None) -> Feed:
        """The feed of the next messages. Raises StreamFault: unidentified, refused, crowded."""
        feed: Feed | None = None
        while feed is None:
            try:
                feed = await self._caller.feed(token)
            except Unidentified as error:
                raise StreamFault(error.message, "unidentified") from None
            except Unauthenticated as error:
                raise StreamFault(error.message, "refused") from None
            except (Unavailable, asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError):
                # Who is on the line cannot be told just now. Nothing is read meanwhile, so nothing is lost.
                if self._is_stopping or self._wire.is_lost:
                    raise
                await asyncio.sleep(_RETRY_SECONDS)
        self._seat.sit(feed.id)
        self._is_known = True
        return feed

    def _await(self, ticket: Ticket, numbers: Sequence[int], size: int) -> None:
        self._outstanding += size
        self._tickets.append((ticket, size))
        ticket.add_done_callback(lambda done: self._answer(done, numbers))

    def _answer(self, done: Ticket, numbers: Sequence[int]) -> None:
        """Answers what is durable. When it was given up the connection ends, so that its client sends it again."""
        if done.cancelled() or done.exception() is not None:
            self._wire.finish()
        elif numbers:
            self._speech.accept(numbers)

    async def _settle(self) -> None:
        while self._tickets:
            await self._settle_one()

    async def _settle_one(self) -> None:
        """Waits for the oldest messages that are not yet durable. Raises StreamFault when they were given up."""
        ticket, size = self._tickets.popleft()
        self._outstanding -= size
        await asyncio.wait([ticket])
        error = None if ticket.cancelled() else ticket.exception()
        if ticket.cancelled() or error is not None:
            raise StreamFault("Nothing could be made durable for too long.", "stalled")
