"""Reads recorded events from a file, one document each, as a sender would send them.

Knows EVTX, JSON lines, JSON arrays, single JSON objects and CloudTrail files (`{"Records": [...]}`); all but EVTX
may be compressed (gzip, xz). The content decides, not the name.
"""

import gzip
import lzma
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path
from typing import IO, Final, cast

import evtx
import msgspec

from watchfloor.kernel.errors import Invalid

_EVTX: Final = b"ElfFile\0"
_GZIP: Final = b"\x1f\x8b"
_XZ: Final = b"\xfd7zXZ\0"
_MOST_WHOLE_BYTES: Final = 512 * 1024 * 1024


class _Records(msgspec.Struct):
    """A CloudTrail file."""

    Records: list[msgspec.Raw]


def documents(path: Path) -> Iterator[bytes]:
    """The file's events in their order, each as one JSON document or one line of text.

    Raises Invalid when the file cannot be read, is empty or is damaged; what came before has been given then.
    """
    try:
        with path.open("rb") as file:
            head = file.read(8)
        if head == _EVTX:
            yield from _from_evtx(path)
        else:
            yield from _from_text(path, head)
    except (OSError, EOFError, lzma.LZMAError) as error:
        raise Invalid(f"The file cannot be read: {error}.", where=str(path)) from None


def _from_evtx(path: Path) -> Iterator[bytes]:
    try:
        for record in cast("Iterator[dict[str, str]]", evtx.PyEvtxParser(str(path)).records_json()):
            yield _compact(record["data"].encode(), path)
    except RuntimeError as error:
        raise Invalid(f"The event log is damaged: {error}.", where=str(path)) from None


def _open(path: Path, head: bytes) -> IO[bytes]:
    if head.startswith(_GZIP):
        return cast("IO[bytes]", gzip.open(path, "rb"))
    if head.startswith(_XZ):
        return cast("IO[bytes]", lzma.open(path, "rb"))
    return path.open("rb")


def _from_text(path: Path, head: bytes) -> Iterator[bytes]:
    with _open(path, head) as file:
        lines = (line for line in cast("Iterator[bytes]", file) if line.strip())
        first = next(lines, None)
        if first is None:
            raise Invalid("The file holds no events.", where=str(path))
        if _is_document(first) and not _is_wrapped(first):
            yield from (line.strip() for line in chain([first], lines))
        elif first.lstrip()[:1] in b"[{":
            yield from _from_whole(b"".join(islice(chain([first], lines), _MOST_WHOLE_BYTES)), path)
        else:
            yield from (line.strip() for line in chain([first], lines))


def _from_whole(text: bytes, path: Path) -> Iterator[bytes]:
    """Documents of one JSON value that spans lines: an array, a CloudTrail file, or one object."""
    try:
        if text.lstrip()[:1] == b"[":
            found = msgspec.json.decode(text, type=list[msgspec.Raw])
        elif _is_wrapped(text):
            found = msgspec.json.decode(text, type=_Records).Records
        else:
            found = [msgspec.json.decode(text, type=msgspec.Raw)]
    except msgspec.DecodeError as error:
        raise Invalid(f"The file is no JSON: {error}.", where=str(path)) from None
    yield from (_compact(bytes(document), path) for document in found)


def _is_document(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError:
        return False
    return True


def _is_wrapped(text: bytes) -> bool:
    try:
        msgspec.json.decode(text, type=_Records)
    except msgspec.DecodeError:
        return False
    return True


def _compact(document: bytes, path: Path) -> bytes:
    try:
        return msgspec.json.format(document, indent=-1)
    except msgspec.DecodeError as error:
        raise Invalid(f"An event is no JSON: {error}.", where=str(path)) from None
