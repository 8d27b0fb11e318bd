"""Cuts a stream of recorded events into blocks that can be read by themselves, in any process.

Knows the forms: EVTX, JSON lines, JSON documents (an array, one object, several objects, CloudTrail's
`{"Records": [...]}`) and lines of text. The content decides, not the name. Never holds more than a block and an event.
"""

from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

import msgspec

from watchfloor.ops.scan.documents import is_wrapped, split_documents
from watchfloor.ops.scan.stream import Stream

Form: TypeAlias = Literal["evtx", "json_lines", "documents", "text"]

BLOCK_BYTES: Final = 4 * 1024 * 1024
MAX_LINE: Final = 512 * 1024
"""A longer line is cut off here. It is over the normaliser's limit either way, and refused there."""

_EVTX: Final = b"ElfFile\0"
_EVTX_HEADER: Final = 4096
_EVTX_CHUNK: Final = 64 * 1024
_CHUNKS_A_BLOCK: Final = 32
_BOM: Final = b"\xef\xbb\xbf"
_LINES_LOOKED_AT: Final = 50
_AFTER_BRACKET: Final = frozenset({b"{", b"[", b"]", b""})
_AFTER_BRACE: Final = frozenset({b'"', b"}", b""})


class Document(msgspec.Struct, frozen=True):
    """One JSON value of a file, exactly as its bytes stand there, and the line where it begins (1-based)."""

    line: int
    body: bytes


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a file. `first` is the number of its first line or, for EVTX, of its first chunk, from 1.

    `data` are whole lines, or an EVTX header with whole chunks; `documents` stand for it where the form is that.
    """

    form: Form
    first: int
    data: bytes = b""
    documents: tuple[Document, ...] = ()


class Damage(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a file that cannot be read. `place` says where ("line 7", "chunk 3"); None stands for the file."""

    place: str | None
    reason: str


def cut(stream: Stream) -> Iterator[Block | Damage]:
    """The blocks of a stream in their order, and what is damaged between them. Raises one of `stream.DAMAGE`."""
    head = stream.read(BLOCK_BYTES)
    form = form_of(head)
    if form is None:
        yield Damage(place=None, reason="This is neither an event log nor JSON nor text.")
    elif form == "evtx":
        yield from _cut_evtx(stream, head)
    elif form == "documents":
        yield from _cut_documents(stream, head)
    else:
        yield from _cut_lines(stream, head.removeprefix(_BOM), form)


def form_of(head: bytes) -> Form | None:
    """The form of a file that begins with `head`; None for binary content of another kind."""
    if head.startswith(_EVTX):
        return "evtx"
    if b"\0" in head[:_EVTX_HEADER]:
        return None
    start = head.removeprefix(_BOM).lstrip()
    opening, behind = start[:1], start[1:].lstrip()[:1]
    if opening == b"{" and not is_wrapped(start) and _has_lines(start):
        return "json_lines"
    opened = (opening == b"[" and behind in _AFTER_BRACKET) or (opening == b"{" and behind in _AFTER_BRACE)
    return "documents" if opened else "text"


def _has_lines(start: bytes) -> bool:
    lines = start.split(b"\n", _LINES_LOOKED_AT)[:_LINES_LOOKED_AT]
    return any(line[:1] == b"{" and _is_object(line) for line in lines)


def _is_object(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True


def _cut_lines(stream: Stream, data: bytes, form: Form) -> Iterator[Block]:
    first, rest = 1, b""
    while data:
        text = rest + data
        end = text.rfind(b"\n") + 1
        if end:
            yield Block(form=form, first=first, data=text[:end])
            first += text.count(b"\n", 0, end)
        rest = text[end:][:MAX_LINE]
        data = stream.read(BLOCK_BYTES)
    if rest:
        yield Block(form=form, first=first, data=rest)


def _cut_documents(stream: Stream, data: bytes) -> Iterator[Block | Damage]:
    documents: list[Document] = []
    size = 0
    for found in split_documents(stream, data):
        if isinstance(found.body, str):
            yield from _block_of(documents)
            documents, size = [], 0
            yield Damage(place=f"line {found.line}", reason=found.body)
            continue
        documents.append(Document(found.line, found.body))
        size += len(found.body)
        if size >= BLOCK_BYTES:
            yield from _block_of(documents)
            documents, size = [], 0
    yield from _block_of(documents)


def _block_of(documents: list[Document]) -> Iterator[Block]:
    if documents:
        yield Block(form="documents", first=documents[0].line, documents=tuple(documents))


def _cut_evtx(stream: Stream, data: bytes) -> Iterator[Block | Damage]:
    """The header and some chunks make a small event log of their own. Chunks that were never written are left out."""
    header, data = data[:_EVTX_HEADER], data[_EVTX_HEADER:]
    if len(header) < _EVTX_HEADER:
        yield Damage(place=None, reason="The event log ends within its header.")
        return
    number = 1
    while data:
        missing = -len(data) % (_EVTX_CHUNK * _CHUNKS_A_BLOCK)
        data += stream.read(missing) if missing else b""
        for start in range(0, len(data), _EVTX_CHUNK * _CHUNKS_A_BLOCK):
            chunks = data[start : start + _EVTX_CHUNK * _CHUNKS_A_BLOCK]
            yield from _evtx_blocks(header, chunks, number)
            number += _CHUNKS_A_BLOCK
        data = stream.read(_EVTX_CHUNK * _CHUNKS_A_BLOCK)


def _evtx_blocks(header: bytes, chunks: bytes, number: int) -> Iterator[Block | Damage]:
    short = -len(chunks) % _EVTX_CHUNK
    if short:
        place = f"chunk {number + len(chunks) // _EVTX_CHUNK}"
        yield Damage(place=place, reason="The event log ends within this chunk; what is there of it is read.")
    chunks += bytes(short)
    written = any(chunks[at] for at in range(0, len(chunks), _EVTX_CHUNK))
    if written:
        yield Block(form="evtx", first=number, data=header + chunks)
