"""What stands in the bodies that osquery agents send: where its parts are, and what they say.

Owns the shapes of the protocol. A large body is never built as a whole: its members are found by scanning, and its
arrays are walked element by element, so that memory stays with what is kept (N1).
"""

import re
import zlib
from collections.abc import Iterator, Mapping
from typing import Final, TypeVar

import msgspec

from watchfloor.feeds.documents import NotJson, end_of_value, first_byte, without_lone_surrogates
from watchfloor.feeds.osquery.carves.carving import Announced
from watchfloor.feeds.osquery.live.answers import MOST_BYTES, Found, Given, find
from watchfloor.feeds.osquery.nodes import Details, Host
from watchfloor.kernel.errors import Invalid, TooLarge

T = TypeVar("T")

Span = tuple[int, int]
"""Where a value stands in a body: its first byte, and the one behind it."""

BEGINNING: Final = 4_096
"""How much of a body is looked at for a key before the sender is known."""

_MOST_MEMBERS: Final = 100
_LONGEST_NAME: Final = 300
_LONGEST_ENROLMENT: Final = 500_000
_MOST_ANSWERS: Final = 100
_ROOM_FOR_ANSWERS: Final = 4 * MOST_BYTES
_FIRST_KEY: Final = re.compile(rb'\s*\{\s*"node_key"\s*:\s*"([^"\\]{1,128})"')
_SESSION: Final = re.compile(rb'"session_id"\s*:\s*"(wfc_[^"\\]{1,128})"')


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent says when it enrols."""

    secret: str
    host: Host


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """A block of a file; `data` stands in base64 on the wire."""

    block_id: int
    session_id: str
    data: bytes
    request_id: str = ""


class _Enrolment(msgspec.Struct):
    enroll_secret: str = ""
    host_identifier: str = ""
    host_details: msgspec.Raw = msgspec.Raw(b"{}")


def key_in_header(headers: Mapping[str, str]) -> str | None:
    """The key in `Authorization: NodeKey <key>`; None where there is none, or something else."""
    scheme, _, key = headers.get("authorization", "").strip().partition(" ")
    return key.strip() if scheme.lower() == "nodekey" and key.strip() else None


def key_in_beginning(beginning: bytes, encoding: str) -> str | None:
    """The key with which a body begins, as agents write log bodies; None where it stands elsewhere."""
    found = _FIRST_KEY.match(_plain(beginning, encoding))
    return found[1].decode("utf-8", "replace") if found else None


def session_in_beginning(beginning: bytes, encoding: str) -> str | None:
    """The session of a block, which agents write before the data."""
    found = _SESSION.search(_plain(beginning, encoding))
    return found[1].decode("utf-8", "replace") if found else None


def read_key(body: bytes | bytearray) -> str:
    """The key in a body; empty where there is none. Raises Invalid."""
    body = without_lone_surrogates(body)
    return text_of(body, members(body).get("node_key"))


def read_anything(body: bytes | bytearray) -> None:
    """Raises Invalid for a body that is no JSON object."""
    members(without_lone_surrogates(body))


def read_enrolment(body: bytes | bytearray) -> Enrolment:
    """An enrolment. Raises Invalid, TooLarge."""
    if len(body) > _LONGEST_ENROLMENT:
        raise TooLarge(f"An enrolment has at most {_LONGEST_ENROLMENT} bytes.")
    read = _decoded(without_lone_surrogates(body), _Enrolment)
    try:
        details = msgspec.json.decode(read.host_details, type=Details)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        details = {}
    return Enrolment(secret=read.enroll_secret, host=Host(identifier=read.host_identifier, details=details))


def read_answers(body: bytes | bytearray) -> list[Given]:
    """What a host says to the questions that it was given. Raises Invalid, TooLarge."""
    body = without_lone_surrogates(body)
    parts = members(body)
    statuses = _texts(body, parts.get("statuses"))
    messages = _texts(body, parts.get("messages"))
    given: list[Given] = []
    room = _ROOM_FOR_ANSWERS
    asked = members(body, parts["queries"][0]) if _begins(body, parts.get("queries"), b"{") else {}
    # A query that failed may have no rows at all, and only a status.
    for question in [*asked, *(name for name in statuses if name not in asked)][:_MOST_ANSWERS]:
        span = asked.get(question)
        rows = elements(body, span) if span is not None and _begins(body, span, b"[") else iter(())
        found: Found = find(rows, room=min(room, MOST_BYTES))
        room -= sum(map(len, found.rows))
        status = statuses.get(question, "0")
        given.append(
            Given(
                question=question,
                status=int(status) if re.fullmatch(r"-?[0-9]{1,9}", status) else 1,
                message=messages.get(question, ""),
                found=found,
            )
        )
    return given


def read_announcement(body: bytes | bytearray) -> Announced:
    """What file a host is going to send. Raises Invalid."""
    return _decoded(without_lone_surrogates(body), Announced)


def read_session(body: bytes | bytearray) -> str:
    """The session of a block, wherever it stands; empty where there is none. Raises Invalid."""
    body = without_lone_surrogates(body)
    return text_of(body, members(body).get("session_id"))


def read_block(body: bytes | bytearray) -> Block:
    """A block of a file. Raises Invalid."""
    return _decoded(without_lone_surrogates(body), Block)


def members(body: bytes | bytearray, position: int = 0) -> dict[str, Span]:
    """Where the members of an object stand: of the one that begins at `position`, or of the whole body.

    Of several with one name the last counts. Raises NotJson, and Invalid beyond a hundred of them.
    """
    text, is_whole = memoryview(body), position == 0
    position = first_byte(body, position)
    if body[position : position + 1] != b"{":
        raise NotJson("It is not a JSON object.", position)
    found: dict[str, Span] = {}
    position = first_byte(body, position + 1)
    if body[position : position + 1] == b"}":
        _check_end(body, position, is_whole=is_whole)
        return found
    while True:
        colon = end_of_value(text, position)
        name = _name(body, position, colon)
        begins = first_byte(body, colon + 1)
        end = end_of_value(text, begins)
        found[name] = (begins, end)
        separator = body[end : end + 1]
        if separator == b"}":
            _check_end(body, end, is_whole=is_whole)
            return found
        if separator != b",":
            raise NotJson("A comma or the end of the object is missing.", end)
        if len(found) >= _MOST_MEMBERS:
            raise Invalid(f"The object has more than {_MOST_MEMBERS} members.")
        position = first_byte(body, end + 1)


def elements(body: bytes | bytearray, span: Span) -> Iterator[memoryview]:
    """The elements of the array that stands at a span. Raises NotJson."""
    text = memoryview(body)
    position = first_byte(body, span[0] + 1)
    if body[position : position + 1] == b"]":
        return
    while True:
        end = end_of_value(text, position)
        yield text[position:end]
        separator = body[end : end + 1]
        if separator == b"]":
            return
        if separator != b",":
            raise NotJson("A comma or the end of the array is missing.", end)
        position = first_byte(body, end + 1)


def text_of(body: bytes | bytearray, span: Span | None) -> str:
    """The text at a span; empty where something else stands there."""
    if span is None or not _begins(body, span, b'"'):
        return ""
    return _decoded(memoryview(body)[span[0] : span[1]], str)


def _begins(body: bytes | bytearray, span: Span | None, letter: bytes) -> bool:
    return span is not None and body[span[0] : span[0] + 1] == letter


def _texts(body: bytes | bytearray, span: Span | None) -> dict[str, str]:
    """An object of texts and numbers, as texts; empty where something else stands there."""
    if span is None or not _begins(body, span, b"{"):
        return {}
    return {name: _shown(body, place) for name, place in members(body, span[0]).items()}


def _shown(body: bytes | bytearray, span: Span) -> str:
    """A text, or a number as it is written."""
    if body[span[0] : span[0] + 1] == b'"':
        return text_of(body, span)
    return bytes(body[span[0] : span[1]][:_LONGEST_NAME]).strip().decode("utf-8", "replace")


def _name(body: bytes | bytearray, begin: int, colon: int) -> str:
    if body[begin : begin + 1] != b'"' or body[colon : colon + 1] != b":":
        raise NotJson("It is not a member's name.", begin)
    if colon - begin > _LONGEST_NAME:
        raise Invalid(f"A member's name has more than {_LONGEST_NAME} bytes.")
    return _decoded(memoryview(body)[begin:colon], str)


def _check_end(body: bytes | bytearray, closing: int, *, is_whole: bool) -> None:
    if is_whole and first_byte(body, closing + 1) < len(body):
        raise NotJson("Something comes after the end of the object.", closing + 1)


def _decoded(text: bytes | bytearray | memoryview, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(text, type=kind, strict=False)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise Invalid(f"The body does not fit: {fault}.") from None
    except RecursionError:
        raise Invalid("The JSON nests too deep.") from None


def _plain(beginning: bytes, encoding: str) -> bytes:
    """The beginning without its Content-Encoding: agents know gzip only."""
    if encoding.strip().lower() not in ("gzip", "x-gzip"):
        return beginning[:BEGINNING]
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(beginning, BEGINNING)
    except zlib.error:
        return b""
