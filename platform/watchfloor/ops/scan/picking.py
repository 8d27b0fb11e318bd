"""Reads the events of one file, to look at them one by one."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from watchfloor.kernel.errors import Invalid, NotFound
from watchfloor.normalise.event import Event
from watchfloor.normalise.failure import ParseFailed
from watchfloor.ops.scan.blocks import Damage, cut
from watchfloor.ops.scan.matching import read_event
from watchfloor.ops.scan.records import Record, records
from watchfloor.ops.scan.sources import Source, find_sources
from watchfloor.ops.scan.stream import DAMAGE, Stream


def pick_event(path: Path, index: int, *, hint: str | None = None) -> Event:
    """The event `index` (0-based) of a file, counted as `match` counts. Raises NotFound, or Invalid if it is broken."""
    (source,) = find_sources([path])
    for number, record in enumerate(_records(source)):
        if number == index:
            return _event(record, source, number, hint)
    raise NotFound("The file has no such event.", where=f"{source.name} #{index}")


def read_events(path: Path) -> list[Event]:
    """All events of a file that is whole. Raises Invalid for one that is not."""
    (source,) = find_sources([path])
    return [_event(record, source, number, None) for number, record in enumerate(_records(source))]


def _event(record: Record, source: Source, number: int, hint: str | None) -> Event:
    reason = record.fault
    if reason is None:
        try:
            return read_event(record.body, source=source, hint=hint)
        except ParseFailed as failure:
            reason = failure.message
    raise Invalid(reason, where=f"{source.name} #{number}")


def _records(source: Source) -> Iterator[Record]:
    try:
        with closing(Stream(source.path)) as stream:
            for block in cut(stream):
                if isinstance(block, Damage):
                    yield Record(None, b"", block.reason)
                else:
                    yield from records(block)
    except DAMAGE as error:
        raise Invalid(f"The file cannot be read to its end: {error}.", where=source.name) from None
