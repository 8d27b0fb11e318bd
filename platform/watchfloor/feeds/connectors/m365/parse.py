"""Content blobs of Microsoft 365: what a listing says of them, and the records in one.

Owns the reading of both. A record's content is the normaliser's; here it is whose it is, what it is called and when it
happened, so far as that can be read.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

import msgspec

from watchfloor.feeds.connectors.connector import Malformed, Pulled, Stranger

_UNNAMED: Final = "a record without an organisation"
_UNREADABLE_BYTES: Final = 64_000


class Content(msgspec.Struct, frozen=True):
    """A blob in a listing."""

    uri: str = msgspec.field(name="contentUri")
    id: str = msgspec.field(name="contentId")
    created: str = msgspec.field(name="contentCreated", default="")


class Records(msgspec.Struct, frozen=True, kw_only=True):
    """What is in blobs."""

    own: tuple[Pulled, ...]
    strangers: tuple[Stranger, ...]
    newest: datetime | None


class _Head(msgspec.Struct, frozen=True):
    id: str | None = msgspec.field(name="Id", default=None)
    organisation: str | None = msgspec.field(name="OrganizationId", default=None)
    created: str | None = msgspec.field(name="CreationTime", default=None)


def read_listing(body: bytes) -> list[Content]:
    """The blobs of a listing's page. Raises Malformed."""
    try:
        return msgspec.json.decode(body or b"[]", type=list[Content])
    except (msgspec.DecodeError, UnicodeError):
        raise Malformed("The list of content is not what it should be.", where="subscriptions/content") from None


def read_records(blobs: Iterable[tuple[Content, bytes]], *, tenant_id: str, place: str) -> Records:
    """The records of blobs; those of another organisation are counted only.

    A blob that cannot be read is one record, for the quarantine: asked for again it would be the same.
    """
    own: list[Pulled] = []
    foreign: Counter[str] = Counter()
    for content, body in blobs:
        rows = _rows(body)
        if rows is None:
            own.append(Pulled(body=body[:_UNREADABLE_BYTES], key=f"place:{content.id}"))
            continue
        for index, raw in enumerate(rows):
            head = _head(raw)
            if (head.organisation or "").lower() != tenant_id.lower():
                foreign[head.organisation or _UNNAMED] += 1
                continue
            key = f"record:{head.id}" if head.id else f"place:{content.id}#{index}"
            own.append(Pulled(body=raw, key=key, at=_time(head.created)))
    strangers = tuple(Stranger(account=name, records=count, place=place) for name, count in foreign.items())
    newest = max((record.at for record in own if record.at is not None), default=None)
    return Records(own=tuple(own), strangers=strangers, newest=newest)


def _rows(body: bytes) -> list[bytes] | None:
    try:
        return [bytes(raw) for raw in msgspec.json.decode(body or b"[]", type=list[msgspec.Raw])]
    except (msgspec.DecodeError, UnicodeError):
        return None


def _head(raw: bytes) -> _Head:
    try:
        return msgspec.json.decode(raw, type=_Head)
    except (msgspec.DecodeError, UnicodeError):
        return _Head()


def _time(text: str | None) -> datetime | None:
    """When it happened; the vendor writes UTC without saying so."""
    if not text:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time
