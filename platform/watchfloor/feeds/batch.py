"""A batch: the events of one request, packed for the intake.

Owns what stands in an intake batch's body before it is sealed: a format byte, then zstd over frames, each a 32-bit
length (big-endian) and that many bytes of MessagePack, an array of events; a length of zero ends them. Events are
packed while they are read, so that a request's events never stand in memory all at once beside its body. It never
looks into an event but to tell a request of which nothing can be read.
"""

import struct
from collections.abc import Iterator
from datetime import datetime
from typing import Final, TypeVar

import msgspec
import zstandard

from watchfloor.feeds.limits import EVENTS, fault_of
from watchfloor.kernel.errors import Invalid, TooLarge

T = TypeVar("T")

_FORMAT: Final = b"\x01"
_LENGTH: Final = struct.Struct(">I")
_LEVEL: Final = 1
_FRAME_EVENTS: Final = 256
_FRAME_BYTES: Final = 512_000


class SentEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event as its sender wrote it (`body`), and what the protocol said about it.

    It has the fields of the normaliser's `RawEvent`, which is what a batch is unpacked to.
    """

    body: bytes
    time: datetime | None = None
    host: str | None = None
    source: str | None = None
    sourcetype: str | None = None
    fields: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    identity: tuple[str, ...] = ()
    """The sender's own id of the event, unique within the feed, if the protocol has such ids."""


class PackedBatch(msgspec.Struct, frozen=True, kw_only=True):
    """A packed batch. `raw_bytes` is the length of its events' bodies; it has one event or more."""

    packed: bytes
    events: int
    raw_bytes: int


class Packer:
    """Packs events in the order in which they are added."""

    def __init__(self, *, takes_unreadable: bool = False) -> None:
        """`takes_unreadable`: for senders who would send forever what they are refused; the quarantine has it then."""
        self._compressor = zstandard.ZstdCompressor(level=_LEVEL).compressobj()
        self._encoder = msgspec.msgpack.Encoder()
        self._pieces: list[bytes] = [_FORMAT]
        self._frame: list[SentEvent] = []
        self._frame_bytes = 0
        self._fault: str | None = None
        self._readable = takes_unreadable
        self.events = 0
        self.raw_bytes = 0

    def add(self, event: SentEvent) -> None:
        """Adds an event. Raises TooLarge when the request has too many."""
        if self.events >= EVENTS:
            raise TooLarge(f"The request has more than {EVENTS} events.", remedy="Send smaller batches.")
        if not self._readable:
            fault = fault_of(event.body)
            self._readable = fault is None
            self._fault = self._fault or fault
        self.events += 1
        self.raw_bytes += len(event.body)
        self._frame.append(event)
        self._frame_bytes += len(event.body)
        if len(self._frame) >= _FRAME_EVENTS or self._frame_bytes >= _FRAME_BYTES:
            self._close_frame()

    def finish(self) -> PackedBatch:
        """The packed batch. Raises Invalid when there is no event, or none that can be read."""
        if self.events == 0:
            raise Invalid("The request has no events.")
        if not self._readable:
            raise Invalid(f"Nothing in the request can be read: {self._fault}.")
        self._close_frame()
        self._pieces.append(self._compressor.compress(_LENGTH.pack(0)) + self._compressor.flush())
        return PackedBatch(packed=b"".join(self._pieces), events=self.events, raw_bytes=self.raw_bytes)

    def _close_frame(self) -> None:
        if self._frame:
            frame = self._encoder.encode(self._frame)
            self._pieces.append(self._compressor.compress(_LENGTH.pack(len(frame)) + frame))
            self._frame.clear()
            self._frame_bytes = 0


def unpack(packed: bytes, kind: type[T]) -> Iterator[T]:
    """The events of a packed batch, in order, each as `kind`: `SentEvent` or a struct with its fields.

    Raises Invalid when the bytes are no packed batch.
    """
    if packed[:1] != _FORMAT:
        raise Invalid("This is not a packed batch.")
    decoder = msgspec.msgpack.Decoder(list[kind])  # type: ignore[valid-type]  # the type is an argument
    try:
        with zstandard.ZstdDecompressor().stream_reader(memoryview(packed)[1:]) as reader:
            while length := _length(reader.read(_LENGTH.size)):
                yield from decoder.decode(reader.read(length))
    except (zstandard.ZstdError, struct.error, msgspec.DecodeError):
        raise Invalid("The packed batch is damaged.") from None


def _length(header: bytes) -> int:
    length: int = _LENGTH.unpack(header)[0]
    return length
