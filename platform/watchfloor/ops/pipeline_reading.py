"""From a sealed batch to events, and to what could not be read: each event at its own place.

Owns the difference between a batch as it came and one that was put back from the quarantine, whose events stood in
other batches and are known by where they stood. Pure but for the time it takes.
"""

from collections.abc import Iterable, Iterator

import msgspec

from watchfloor.feeds.batch import unpack
from watchfloor.feeds.intake.quarantine import PutAside
from watchfloor.feeds.intake.queue import Place, WaitingBatch, open_batch
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.normalise.batch import Failure, Reader, Reading
from watchfloor.normalise.event import Event
from watchfloor.normalise.raw import RawEvent


def read_batch(cipher: TenantCipher, batch: WaitingBatch) -> tuple[list[Event], list[PutAside]]:
    """The batch's events, and what is to be put aside. Raises Unopenable and Invalid for a damaged batch."""
    events: list[Event] = []
    put_aside: list[PutAside] = []
    for origin, reading in _readings(batch, unpack(open_batch(cipher, batch), RawEvent)):
        events += reading.events
        put_aside += [_put_aside(batch, origin, failure) for failure in reading.failures]
    return events, put_aside


def _readings(batch: WaitingBatch, raws: Iterable[RawEvent]) -> Iterator[tuple[Place, Reading]]:
    """What came of each run of bodies that stood in the same batch."""
    origin: Place | None = None
    reader: Reader | None = None
    for index, raw in enumerate(raws):
        place = batch.place_of(index)
        if place is None:
            continue
        if origin is None or reader is None or place.batch_id != origin.batch_id:
            if origin is not None and reader is not None:
                yield origin, reader.finish()
            origin = place
            reader = Reader(
                feed_id=batch.feed_id,
                batch_id=place.batch_id,
                source_hint=batch.source_hint,
                received_at=place.received_at,
            )
        reader.read(place.index, raw)
    if origin is not None and reader is not None:
        yield origin, reader.finish()


def _put_aside(batch: WaitingBatch, origin: Place, failure: Failure) -> PutAside:
    return PutAside(
        feed_id=batch.feed_id,
        batch_id=origin.batch_id,
        event_index=failure.index,
        code=failure.error.reason,
        reason=str(failure.error),
        received_at=origin.received_at,
        body=failure.raw.body,
        context=msgspec.msgpack.encode(msgspec.structs.replace(failure.raw, body=b"")),
    )
