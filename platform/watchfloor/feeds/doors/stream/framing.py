"""Where a syslog message begins and ends in a stream of bytes (RFC 6587, RFC 5425).

Owns the two framings, told apart frame by frame: a digit other than 0 begins an octet count, anything else a message
that ends with LF, CRLF or NUL. A line may begin with a digit too (the second line of a stack trace): behind a line,
digits are a count only if a blank and `<` follow them (or a byte order mark). It never looks into a message.
"""

import re
from collections.abc import Iterator
from typing import Final

from watchfloor.feeds.doors.stream.fault import StreamFault
from watchfloor.feeds.limits import EVENT_BYTES

_COUNT: Final = re.compile(rb"([1-9][0-9]{0,8}) ")
_COUNT_BEFORE_PRIORITY: Final = re.compile(rb"([1-9][0-9]{0,8}) (?:<|\xef\xbb\xbf)")
_LONGEST_COUNT: Final = 13
_BLANK: Final = re.compile(rb"[\r\n\0]+")
_ENDS: Final = b"\r\n\0"
_DIGITS: Final = frozenset(b"123456789")


class Framer:
    """Cuts one connection's bytes into messages. What is not yet complete waits here, `EVENT_BYTES` at most."""

    def __init__(self, *, longest: int = EVENT_BYTES) -> None:
        self.longest = longest
        self._rest = bytearray()
        self._needed = 0
        self._in_line = False
        self._was_line = False

    @property
    def held(self) -> int:
        """How many bytes wait for the rest of their frame."""
        return len(self._rest)

    def hear(self, chunk: bytes) -> Iterator[bytes]:
        """The messages that are complete with `chunk`, without what framed them; empty ones are passed over.

        Raises StreamFault: malformed, oversized. Unless it does, it is to be read to its end.
        """
        self._rest += chunk
        if len(self._rest) < self._needed or (self._in_line and b"\n" not in chunk and b"\0" not in chunk):
            self._check_line()
            return
        data = bytes(self._rest)
        self._needed, self._in_line = 0, False
        start = 0
        while True:
            start = self._past_blanks(data, start)
            if start == len(data):
                break
            found = self._counted(data, start) if data[start] in _DIGITS else self._line(data, start)
            if found is None:
                break
            begin, start = found
            message = data[begin:start].rstrip(_ENDS)
            if message:
                yield message
        del self._rest[:start]
        self._check_line()

    def rest(self) -> bytes:
        """A last line that the sender did not end before it hung up; nothing for half of a counted frame."""
        return bytes(self._rest).rstrip(_ENDS) if self._in_line else b""

    def _past_blanks(self, data: bytes, start: int) -> int:
        blank = _BLANK.match(data, start)
        return start if blank is None else blank.end()

    def _counted(self, data: bytes, start: int) -> tuple[int, int] | None:
        form = _COUNT_BEFORE_PRIORITY if self._was_line else _COUNT
        count = form.match(data, start)
        if count is None:
            if self._is_undecided(data, start):
                self._needed = len(data) - start + 1
                return None
            if self._was_line:
                return self._line(data, start)
            raise StreamFault("A frame begins with a bad octet count.", "malformed")
        length = int(count[1])
        if length > self.longest:
            raise StreamFault(f"A frame of {length} bytes is announced; the limit is {self.longest}.", "oversized")
        begin = count.end(1) + 1
        if begin + length > len(data):
            self._needed = begin + length - start
            return None
        self._was_line = False
        return begin, begin + length

    def _is_undecided(self, data: bytes, start: int) -> bool:
        """Whether what there is may still become a count."""
        head = data[start : start + _LONGEST_COUNT]
        digits = head.rstrip(b" \xef\xbb") if self._was_line else head
        return start + len(head) == len(data) and len(head) < _LONGEST_COUNT and digits.isdigit()

    def _line(self, data: bytes, start: int) -> tuple[int, int] | None:
        end = data.find(b"\n", start)
        nul = data.find(b"\0", start, len(data) if end < 0 else end)
        end = nul if nul >= 0 else end
        if end < 0:
            self._in_line = True
            return None
        if end - start > self.longest:
            raise StreamFault(f"A line has more than {self.longest} bytes.", "oversized")
        self._was_line = True
        return start, end

    def _check_line(self) -> None:
        if self._in_line and len(self._rest) > self.longest:
            raise StreamFault(f"A line has more than {self.longest} bytes.", "oversized")
