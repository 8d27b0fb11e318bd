"""The bodies of the NDJSON door: JSON objects in lines, one after the other, in an array, or a CloudTrail file.

Owns what counts as a document and what is turned away. Here the answer can name single documents, so a bad one is
turned away by its number and the others are taken. After a bad one, reading goes on at the next line. Pure.
"""

from typing import Final

import msgspec

from watchfloor.feeds.batch import PackedBatch, Packer, SentEvent
from watchfloor.feeds.documents import NotJson, elements, end_of_value, first_byte, lines, without_lone_surrogates
from watchfloor.feeds.first_bodies.ledger import BODY_BYTES
from watchfloor.feeds.trail import is_trail, split_trail
from watchfloor.kernel.errors import Invalid

MOST_REJECTED: Final = 100
"""A body with more bad documents than this is not what the sender meant to send, and is refused whole."""

_WASTED_BYTES: Final = 8_000_000
"""How much reading may lead to nothing: a body can be written so that each of its lines costs all that follow."""


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """A document that was not taken: its number in the body, counted from 0, and why."""

    number: int = msgspec.field(name="i")
    error: str


class NothingTaken(Invalid):
    """No document of the body could be taken. `rejected` says why, as far as was read."""

    code = "nothing_taken"

    def __init__(self, message: str, rejected: tuple[Rejected, ...]) -> None:
        super().__init__(message)
        self.rejected = rejected


class Reader:
    """Reads one body, and keeps how it began and what it turned away."""

    def __init__(self, *, as_text: bool) -> None:
        """`as_text`: every line is an event, whatever is in it."""
        self._as_text = as_text
        self._packer = Packer()
        self._rejected: list[Rejected] = []
        self.beginning = b""

    @property
    def rejected(self) -> tuple[Rejected, ...]:
        """What was turned away."""
        return tuple(self._rejected)

    def read(self, body: bytes | bytearray) -> PackedBatch:
        """The batch of what could be taken. Raises NothingTaken and TooLarge."""
        self.beginning = bytes(body[:BODY_BYTES])
        if self._as_text:
            for line in lines(body):
                self._packer.add(SentEvent(body=line))
        else:
            self._read_json(without_lone_surrogates(body))
        if self._packer.events == 0:
            raise NothingTaken("There is no event in the body that could be taken.", self.rejected)
        return self._packer.finish()

    def _read_json(self, body: bytes | bytearray) -> None:
        begins = first_byte(body)
        if body[begins : begins + 1] == b"[":
            self._read_array(body, begins)
        elif is_trail(body):
            for record in split_trail(bytes(body)):
                self._take(record)
        else:
            self._read_values(body, begins)

    def _read_array(self, body: bytes | bytearray, begins: int) -> None:
        try:
            for element in elements(body, begins):
                self._take(bytes(element).rstrip())
        except NotJson as fault:
            raise NothingTaken(str(fault), self.rejected) from None

    def _read_values(self, body: bytes | bytearray, position: int) -> None:
        text = memoryview(body)
        wasted = 0
        while position < len(text):
            try:
                end = end_of_value(text, position)
            except NotJson as fault:
                newline = body.find(b"\n", position)
                wasted += fault.position - position if fault.position > position else len(text) - position
                self._reject(str(fault))
                if newline < 0 or wasted > _WASTED_BYTES:
                    return
                position = first_byte(body, newline)
            else:
                self._take(bytes(text[position:end]).rstrip())
                position = first_byte(body, end)

    def _take(self, document: bytes) -> None:
        if document[:1] == b"{":
            self._packer.add(SentEvent(body=document))
        else:
            self._reject("It is not a JSON object.")

    def _reject(self, error: str) -> None:
        self._rejected.append(Rejected(number=self._packer.events + len(self._rejected), error=error))
        if len(self._rejected) > MOST_REJECTED:
            raise NothingTaken(f"More than {MOST_REJECTED} documents cannot be read.", self.rejected)
