"""The events of recorded files, read block by block as batches of a feed would be.

Owns nothing but the order of the steps: what a file's records are is `blocks` and `records`, what an event is the
normaliser's. A block is a batch, so headers and records of one execution are seen together within it.
"""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import msgspec

from watchfloor.kernel.ids import BatchId, FeedId
from watchfloor.normalise.batch import normalise_batch
from watchfloor.normalise.event import UNPARSED, Event
from watchfloor.normalise.failure import ParseFailed
from watchfloor.normalise.raw import RawEvent
from watchfloor.ops.scan.blocks import Block, Damage, cut
from watchfloor.ops.scan.matching import own_time, read_event
from watchfloor.ops.scan.records import records
from watchfloor.ops.scan.sources import Source
from watchfloor.ops.scan.stream import DAMAGE, Stream

_FEED: Final = FeedId(UUID(int=0))
_BEGINNING: Final = datetime(2026, 1, 1, tzinfo=UTC)


def read_events(source: Source, *, hint: str | None) -> Iterator[Event | str]:
    """The events of a file, each with its own time however old, and a sentence for what cannot be read.

    `hint` is a feed's source hint for all of them.
    """
    try:
        with closing(Stream(source.path)) as stream:
            for number, piece in enumerate(cut(stream)):
                if isinstance(piece, Damage):
                    yield f"{source.name}: {piece.reason}"
                else:
                    yield from _events(piece, source, number=number, hint=hint)
    except DAMAGE as error:
        yield f"{source.name}: The file cannot be read to its end: {error}."


def _events(block: Block, source: Source, *, number: int, hint: str | None) -> Iterator[Event | str]:
    hint = hint or ("json" if block.form in {"json_lines", "documents"} else None)
    found = list(records(block))
    for record in found:
        if record.fault is not None:
            yield f"{source.name}: {record.fault}"
    reading = normalise_batch(
        (RawEvent(body=record.body) for record in found if record.fault is None),
        feed_id=_FEED,
        # Events without an identity of their own are told apart by their block and their place in it.
        batch_id=BatchId(UUID(int=number)),
        source_hint=hint,
        received_at=source.changed or _BEGINNING,
    )
    for failure in reading.failures:
        yield f"{source.name}: {failure.error.message}"
    for event in reading.events:
        opened = _opened(event, source, hint) if event.source == UNPARSED else event
        time = own_time(opened)
        yield msgspec.structs.replace(opened, time=time) if time is not None else opened


def _opened(event: Event, source: Source, hint: str | None) -> Event:
    """An event that stood in an export's envelope; the event itself if it did not."""
    try:
        found = read_event(event.raw, source=source, hint=hint)
    except ParseFailed:
        return event
    return event if found.source == UNPARSED else msgspec.structs.replace(found, key=event.key)
