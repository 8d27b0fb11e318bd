"""Reads a block: each record in it as the bytes of one event, or the reason why it is none."""

from collections.abc import Iterator
from io import BytesIO
from typing import Final, Protocol, cast

import evtx
import msgspec

from watchfloor.ops.scan.blocks import Block

_CARRIAGE: Final = b" \t\r"


class Record(msgspec.Struct, frozen=True):
    """One record of a block, broken or not. `line` is its first line (1-based); None where there are no lines."""

    line: int | None
    body: bytes
    fault: str | None = None


class _EvtxRecord(msgspec.Struct):
    data: str


class _EvtxRecords(Protocol):
    def __next__(self) -> dict[str, object]: ...


def records(block: Block) -> Iterator[Record]:
    """The records of a block in their order. Blank lines are none."""
    if block.form == "evtx":
        return _evtx_records(block.data)
    if block.form == "documents":
        return (Record(document.line, document.body) for document in block.documents)
    return _lines(block)


def _lines(block: Block) -> Iterator[Record]:
    for number, line in enumerate(block.data.split(b"\n"), start=block.first):
        text = line.strip(_CARRIAGE)
        if text:
            yield Record(number, text)


def _evtx_records(data: bytes) -> Iterator[Record]:
    """The library goes on behind a record or a chunk that it cannot read."""
    found = _parse(data)
    while True:
        try:
            record = msgspec.convert(next(found), _EvtxRecord)
        except StopIteration:
            return
        except RuntimeError as error:
            yield Record(None, b"", f"The event log is damaged here: {error}.")
        else:
            yield Record(None, record.data.encode("utf-8", errors="replace"))


def _parse(data: bytes) -> _EvtxRecords:
    # From memory, so that nothing is read but these chunks; one thread, because there is a process for each core.
    parser = evtx.PyEvtxParser(BytesIO(data), number_of_threads=1)
    return cast("_EvtxRecords", parser.records_json())
