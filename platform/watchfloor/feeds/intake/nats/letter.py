"""A batch on its way through NATS: one message, self-contained, its body and its sender sealed.

Owns the form. What stands open in it are ids, counts and times; the address and the words of the sender are sealed with
the body's key, because a broker is another machine.
"""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import msgspec

from watchfloor.feeds.feed import Door
from watchfloor.feeds.intake.places import read_places
from watchfloor.feeds.intake.queue import WaitingBatch
from watchfloor.kernel.ids import BatchId, FeedId


class Letter(msgspec.Struct, frozen=True, kw_only=True, array_like=True, tag=1):
    """One batch. `sender` and `body` are sealed; `request` is what an honest retry is known by."""

    batch: bytes
    feed: bytes
    door: Door
    received_at: float
    events: int
    raw_bytes: int
    request: bytes | None
    sender: bytes
    body: bytes
    places: bytes | None

    @property
    def batch_id(self) -> BatchId:
        """The batch's id."""
        return BatchId(UUID(bytes=self.batch))

    @property
    def feed_id(self) -> FeedId:
        """Its feed's id."""
        return FeedId(UUID(bytes=self.feed))


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Letter)


def write_letter(letter: Letter) -> bytes:
    """The letter as a message."""
    return _ENCODER.encode(letter)


def read_letter(message: bytes) -> Letter:
    """The letter in a message. Raises msgspec.DecodeError."""
    return _DECODER.decode(message)


def waiting_batch(letter: Letter, *, source_hint: str | None) -> WaitingBatch:
    """The batch that is in a letter, as it is handed out."""
    return WaitingBatch(
        id=letter.batch_id,
        feed_id=letter.feed_id,
        source_hint=source_hint,
        door=letter.door,
        received_at=datetime.fromtimestamp(letter.received_at, UTC),
        events=letter.events,
        raw_bytes=letter.raw_bytes,
        sealed=letter.body,
        places=read_places(letter.places),
    )
