"""What a connection says: messages to be kept, each perhaps with a number under which it is to be answered.

Owns the difference between plain syslog, which answers nothing, and RELP. It writes to the wire what the protocol asks
for, and never an answer to a message before it is told that the message is durable.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from watchfloor.feeds.doors.stream import relp
from watchfloor.feeds.doors.stream.framing import Framer
from watchfloor.feeds.doors.stream.wire import Wire


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """A message, and the number under which its sender waits for an answer. An empty one is only answered."""

    message: bytes
    number: int = 0


class Speech(Protocol):
    """One side of a conversation."""

    agent: str

    @property
    def held(self) -> int:
        """How many bytes wait for the rest of their frame."""
        ...

    @property
    def is_done(self) -> bool:
        """Whether the sender said that it is done."""
        ...

    def hear(self, chunk: bytes) -> Iterator[Heard]:
        """The messages that are complete with `chunk`. Raises StreamFault. It is to be read to its end."""
        ...

    def rest(self) -> bytes:
        """A last message, when the sender hung up."""
        ...

    def accept(self, numbers: Sequence[int]) -> None:
        """The messages with these numbers are durable."""
        ...

    def leave(self) -> None:
        """Says goodbye; every message that is durable has been answered."""
        ...


class SyslogSpeech:
    """Plain syslog: nothing is ever answered."""

    def __init__(self, wire: Wire) -> None:
        self.agent = "syslog"
        self._framer = Framer()
        self._wire = wire

    @property
    def held(self) -> int:
        """See `Speech.held`."""
        return self._framer.held

    @property
    def is_done(self) -> bool:
        """A sender is done when it hangs up."""
        return False

    def hear(self, chunk: bytes) -> Iterator[Heard]:
        """See `Speech.hear`."""
        for message in self._framer.hear(chunk):
            yield Heard(message=message)

    def rest(self) -> bytes:
        """See `Speech.rest`."""
        return self._framer.rest()

    def accept(self, numbers: Sequence[int]) -> None:
        """Nobody waits for an answer."""

    def leave(self) -> None:
        """Nobody waits for a goodbye."""


class RelpSpeech:
    """RELP: each message is answered."""

    def __init__(self, wire: Wire) -> None:
        self.agent = "relp"
        self._frames = relp.Frames()
        self._wire = wire
        self._closed_by = 0

    @property
    def held(self) -> int:
        """See `Speech.held`."""
        return self._frames.held

    @property
    def is_done(self) -> bool:
        """Whether the client said `close`."""
        return self._closed_by > 0

    def hear(self, chunk: bytes) -> Iterator[Heard]:
        """See `Speech.hear`."""
        for command in self._frames.hear(chunk):
            if command.name == b"syslog":
                yield Heard(message=command.data.rstrip(b"\r\n\0"), number=command.number)
            elif command.name == b"open":
                self.agent = relp.software_of(command)
                self._wire.write(relp.greeting(command))
            elif command.name == b"close":
                self._closed_by = command.number
                return
            else:
                self._wire.write(relp.answer(command.number, b"500 There is no such command"))

    def rest(self) -> bytes:
        """Half a frame is sent again by its client."""
        return b""

    def accept(self, numbers: Sequence[int]) -> None:
        """See `Speech.accept`."""
        self._wire.write(b"".join([relp.accepted(number) for number in numbers]))

    def leave(self) -> None:
        """See `Speech.leave`."""
        if self._closed_by:
            self._wire.write(relp.answer(self._closed_by, b""))
        self._wire.write(relp.GOODBYE)
