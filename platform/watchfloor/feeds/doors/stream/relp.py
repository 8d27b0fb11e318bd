"""RELP, the protocol by which syslog is acknowledged message by message (version 0 and 1, as librelp speaks it).

Owns frames and their order: `open` first, then `syslog`, then `close`, with transaction numbers that only rise. What
is not answered stays with the client, which sends it again after it has connected anew; so a message is answered
only once it is durable, and by whoever made it so.
"""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from watchfloor.feeds.doors.stream.fault import StreamFault
from watchfloor.feeds.limits import EVENT_BYTES

GOODBYE: Final = b"0 serverclose 0\n"
"""We close the connection; the client may connect again."""

_HEAD: Final = re.compile(rb"([1-9][0-9]{0,8}) ([A-Za-z]{1,32}) (0|[1-9][0-9]{0,8})([ \n])")
_LONGEST_HEAD: Final = 54
_HEAD_SO_FAR: Final = re.compile(rb"[1-9][0-9]{0,8}(?: (?:[A-Za-z]{1,32}(?: (?:0|[1-9][0-9]{0,8})?)?)?)?")
_OFFERS: Final = b"200 OK\nrelp_version=0\nrelp_software=watchfloor\ncommands=syslog"
_LONGEST_OFFERS: Final = 4_096
_LAST_NUMBER: Final = 999_999_999
_VERSIONS: Final = frozenset({b"0", b"1"})


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """One frame of the client."""

    number: int
    name: bytes
    data: bytes


def answer(number: int, text: bytes) -> bytes:
    """A response to the frame with this number. Text without a character is written without a blank."""
    return b"%d rsp %d%s\n" % (number, len(text), b" " + text if text else b"")


def accepted(number: int) -> bytes:
    """The message is durable."""
    return b"%d rsp 6 200 OK\n" % number


def greeting(command: Command) -> bytes:
    """The answer to `open`. Raises StreamFault when the client speaks another version, or has no `syslog`."""
    if len(command.data) > _LONGEST_OFFERS:
        raise StreamFault("The offers of a RELP session are too long.", "oversized")
    offers = _offers(command.data)
    if offers.get(b"relp_version", b"0") not in _VERSIONS:
        raise StreamFault("The client speaks another version of RELP.", "malformed")
    if b"syslog" not in offers.get(b"commands", b"syslog").split(b","):
        raise StreamFault("The client does not offer the command `syslog`.", "malformed")
    return answer(command.number, _OFFERS)


def software_of(command: Command) -> str:
    """What a client calls itself when it opens."""
    return _offers(command.data).get(b"relp_software", b"")[:100].decode("ascii", "replace")


def _offers(data: bytes) -> dict[bytes, bytes]:
    parted = (line.partition(b"=") for line in data[:_LONGEST_OFFERS].splitlines())
    return {name: value for name, _, value in parted}


class Frames:
    """Cuts one connection's bytes into frames and keeps their order."""

    def __init__(self, *, longest: int = EVENT_BYTES) -> None:
        self.longest = longest
        self._rest = bytearray()
        self._needed = 0
        self._last = 0
        self._is_open = False

    @property
    def held(self) -> int:
        """How many bytes wait for the rest of their frame."""
        return len(self._rest)

    def hear(self, chunk: bytes) -> Iterator[Command]:
        """The frames that are complete with `chunk`. Raises StreamFault: malformed, oversized.

        Unless it does, it is to be read to its end.
        """
        self._rest += chunk
        if len(self._rest) < self._needed:
            return
        data = bytes(self._rest)
        self._needed = start = 0
        while start < len(data):
            found = self._frame(data, start)
            if found is None:
                break
            command, start = found
            self._check(command)
            yield command
        del self._rest[:start]

    def _frame(self, data: bytes, start: int) -> tuple[Command, int] | None:
        head = _HEAD.match(data, start)
        if head is None:
            so_far = data[start : start + _LONGEST_HEAD]
            if len(so_far) == _LONGEST_HEAD or _HEAD_SO_FAR.fullmatch(so_far) is None:
                raise StreamFault("This is not a RELP frame.", "malformed")
            return None
        length = int(head[3])
        if length > self.longest:
            raise StreamFault(f"A frame of {length} bytes is announced; the limit is {self.longest}.", "oversized")
        if (head[4] == b"\n") != (length == 0):
            raise StreamFault("A RELP frame has no data where some is announced, or the reverse.", "malformed")
        begin = head.end()
        end = begin + length + (1 if length else 0)
        if end > len(data):
            self._needed = end - start
            return None
        if data[end - 1] != 0x0A:
            raise StreamFault("A RELP frame does not end where it says.", "malformed")
        return Command(number=int(head[1]), name=head[2], data=data[begin : begin + length]), end

    def _check(self, command: Command) -> None:
        if command.number <= self._last and self._last != _LAST_NUMBER:
            raise StreamFault("A RELP transaction number comes again.", "malformed")
        self._last = command.number
        if (command.name == b"open") == self._is_open:
            raise StreamFault("A RELP session is opened twice, or used before it is open.", "malformed")
        self._is_open = True
