"""From the bytes of an object to its records.

Owns the choice of how an object is read, by its content and never by its name, the key of each record, and the account
that a record belongs to. CloudTrail's events keep their own id as key, findings their id and the time of their last
change; anything else is known by the object and its place in it. It neither fetches nor stores.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Final

import msgspec

from watchfloor.feeds.connectors.aws_s3.splitting import (
    LIST_START,
    ArraySplitter,
    LineSplitter,
    Splitter,
    ValueSplitter,
)
from watchfloor.feeds.connectors.aws_s3.tables import PARQUET, CsvRows, FlowRows, rows_under
from watchfloor.feeds.connectors.aws_s3.unpacking import Unpacker
from watchfloor.feeds.connectors.connector import Pulled

_HEAD_BYTES: Final = 65_536
_BOM: Final = b"\xef\xbb\xbf"
_EVENT_ID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_KEY_ACCOUNT: Final = re.compile(r"(?:^|/)AWSLogs/(?:o-[a-z0-9]+/)?([0-9]{12})/")
_NOT_READ: Final = re.compile(r"/CloudTrail-(?:Digest|Insight)/")


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """A record with the account that it belongs to; None if it names none."""

    record: Pulled
    account: str | None


class _Marks(msgspec.Struct):
    """What is looked at of a record, whatever it is."""

    event_id: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name="eventID")
    event_time: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name="eventTime")
    version: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name="eventVersion")
    recipient: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name="recipientAccountId")
    schema: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name="schemaVersion")
    id: msgspec.Raw = msgspec.Raw()
    updated: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name="updatedAt")
    account: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name="accountId")
    detail: msgspec.Raw = msgspec.Raw()


_marks: Final = msgspec.json.Decoder(_Marks)


def object_mark(bucket: str, key: str, etag: str) -> str:
    """By what a finished object is known."""
    return f"object:{_digest(bucket, key, etag)}"


def account_of_key(key: str) -> str | None:
    """The account in whose folder an object lies, if it lies where AWS's own services put theirs."""
    found = _KEY_ACCOUNT.search(key)
    return found[1] if found else None


def is_read(key: str) -> bool:
    """Whether an object is one that holds records: not a folder, a digest of a trail, or its insights."""
    return not key.endswith("/") and _NOT_READ.search(key) is None


class ObjectReader:
    """Reads one object, piece by piece."""

    def __init__(self, *, bucket: str, key: str, etag: str) -> None:
        self._digest = _digest(bucket, key, etag)
        self._account = account_of_key(key)
        self._unpacker = Unpacker()
        self._head = b""
        self._splitter: Splitter | None = None
        self._rows: FlowRows | CsvRows | None = None
        self._line = 0
        self._is_parquet = False

    def unpack(self, piece: bytes) -> Iterator[bytes]:
        """What a piece of the object inflates to, in small parts. Raises Malformed, TooLarge."""
        return self._unpacker.feed(piece)

    def unpack_rest(self) -> Iterator[bytes]:
        """What is left of it. Raises Malformed when the object is cut off."""
        return self._unpacker.finish()

    def read(self, content: bytes) -> list[Parsed]:
        """The records that this part of the content completes. Raises Malformed."""
        if self._splitter is not None:
            return self._parsed(self._splitter.feed(content))
        self._head += content
        self._is_parquet = self._head.startswith(PARQUET)
        if self._is_parquet or len(self._head) < _HEAD_BYTES:
            return []
        return self._begin()

    def finish(self) -> list[Parsed]:
        """The last records. Raises Malformed when the content is cut off."""
        found = self._begin() if self._splitter is None else []
        return found if self._splitter is None else found + self._parsed(self._splitter.finish())

    def parquet_head(self) -> bytes:
        """What has come of a Parquet object: it is not read here, and what follows is to be kept as it comes.

        Empty if the object is none.
        """
        return self._head if self._is_parquet else b""

    def rows(self, bodies: list[bytes]) -> list[Parsed]:
        """Rows that were read elsewhere."""
        return [self._known(body) for body in bodies]

    def _begin(self) -> list[Parsed]:
        """Decides by its head how the object is read, and reads the head."""
        head, self._head = self._head.removeprefix(_BOM), b""
        self._splitter, content = self._choice(head)
        return self._parsed(self._splitter.feed(content))

    def _choice(self, head: bytes) -> tuple[Splitter, bytes]:
        array = LIST_START.match(head)
        if array is not None:
            return ArraySplitter(), head[array.end() :]
        first, _, rest = head.lstrip(b" \t\r\n").partition(b"\n")
        if first[:1] in (b"{", b"["):
            return (LineSplitter() if _is_json(first) else ValueSplitter()), head
        self._rows = rows_under(first.rstrip(b"\r"))
        return LineSplitter(), rest if self._rows is not None else head

    def _parsed(self, bodies: list[bytes]) -> list[Parsed]:
        if self._rows is None:
            return [self._known(body) for body in bodies]
        found: list[Parsed] = []
        for body in bodies:
            row = self._rows.read(body)
            if row is not None:
                found.append(self._known(row.body, account=row.account))
        return found

    def _known(self, body: bytes, *, account: str | None = None) -> Parsed:
        self._line += 1
        marks = _marks_of(body)
        key = _own_key(marks) or f"{self._digest}:{self._line}"
        named = account or _text(marks.recipient) or (_text(marks.account) if marks.schema else None)
        record = Pulled(body=body, key=key, at=_time(_text(marks.event_time) or _text(marks.updated)))
        return Parsed(record=record, account=named or self._account)


def read_event(body: bytes) -> Parsed:
    """An event that came in a message itself, within EventBridge's envelope."""
    marks = _marks_of(body)
    inner = _marks_of(bytes(marks.detail)) if marks.detail else marks
    key = _own_key(inner) or f"event:{_text(marks.id) or _digest(body.decode('utf-8', 'replace'))}"
    account = _text(inner.recipient) or _text(inner.account) or _envelope_account(body)
    return Parsed(record=Pulled(body=body, key=key, at=_time(_text(inner.updated))), account=account)


class _Sender(msgspec.Struct):
    account: str | None = None


def _envelope_account(body: bytes) -> str | None:
    try:
        return msgspec.json.decode(body, type=_Sender).account
    except (msgspec.DecodeError, UnicodeError):
        return None


def _marks_of(body: bytes) -> _Marks:
    try:
        return _marks.decode(body)
    except (msgspec.DecodeError, UnicodeError):
        return _NONE


_NONE: Final = _Marks()


def _own_key(marks: _Marks) -> str | None:
    event = _text(marks.event_id)
    if event and marks.version and _EVENT_ID.fullmatch(event):
        return f"cloudtrail:{event}"
    finding, updated = _text(marks.id), _text(marks.updated)
    if marks.schema and marks.account and finding and updated and len(finding) + len(updated) <= 256:
        return f"guardduty:{finding}:{updated}"
    return None


def _text(raw: msgspec.Raw) -> str | None:
    """The value if it is a text."""
    return msgspec.json.decode(raw, type=str) if bytes(raw)[:1] == b'"' else None


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _is_json(line: bytes) -> bool:
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeError):
        return False
    return True


def _digest(*parts: str) -> str:
    return blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
