"""A page of Graph: its records, and the link to the next one.

Owns the reading of both: of a record only whose it is, what it is called and when it happened.
"""

import hashlib
from collections import Counter
from datetime import datetime
from typing import Final

import msgspec

from watchfloor.feeds.connectors.connector import Malformed, Page, Pulled, Stranger
from watchfloor.feeds.connectors.entra.logs import Log

_NOBODY: Final = "00000000-0000-0000-0000-000000000000"


class GraphPage(msgspec.Struct, frozen=True):
    """What Graph answers."""

    value: list[msgspec.Raw]
    link: str | None = msgspec.field(name="@odata.nextLink", default=None)


class _Head(msgspec.Struct, frozen=True):
    id: str | None = None
    created: str | None = msgspec.field(name="createdDateTime", default=None)
    activity: str | None = msgspec.field(name="activityDateTime", default=None)
    updated: str | None = msgspec.field(name="lastUpdatedDateTime", default=None)
    home: str | None = msgspec.field(name="homeTenantId", default=None)
    resource: str | None = msgspec.field(name="resourceTenantId", default=None)


def read_page(body: bytes, log: Log) -> GraphPage:
    """A page. Raises Malformed."""
    try:
        return msgspec.json.decode(body, type=GraphPage)
    except (msgspec.DecodeError, UnicodeError):
        raise Malformed("Graph's page is not what it should be.", where=log.path) from None


def records_of(page: GraphPage, log: Log, *, tenant_id: str, stream: str) -> Page:
    """The page's records; those of which neither side is the tenant are counted only."""
    own: list[Pulled] = []
    foreign: Counter[str] = Counter()
    for raw in page.value:
        head = _head(raw)
        stranger = _stranger(head, tenant_id.lower())
        if stranger is not None:
            foreign[stranger] += 1
            continue
        version = f"@{head.updated}" if log.version is not None else ""
        own.append(Pulled(body=bytes(raw), key=f"{_kind(stream)}:{_name(head, raw)}{version}", at=_time(head)))
    return Page(
        records=tuple(own),
        strangers=tuple(Stranger(account=name, records=count, place=stream) for name, count in foreign.items()),
        newest=max((record.at for record in own if record.at is not None), default=None),
    )


def _kind(stream: str) -> str:
    """All sign-ins are one kind: should Graph show one in two streams, it is the same."""
    return stream.partition("-")[0]


def _stranger(head: _Head, tenant_id: str) -> str | None:
    """The foreign tenant of a record. A sign-in has two sides; changes and risks name none, as they have one."""
    sides = [side.lower() for side in (head.resource, head.home) if side and side != _NOBODY]
    return None if not sides or tenant_id in sides else sides[0]


def _head(raw: msgspec.Raw) -> _Head:
    try:
        return msgspec.json.decode(raw, type=_Head)
    except (msgspec.DecodeError, UnicodeError):
        return _Head()


def _name(head: _Head, raw: msgspec.Raw) -> str:
    """The record's id; of one without, what is in it."""
    return head.id or hashlib.sha256(bytes(raw)).hexdigest()


def _time(head: _Head) -> datetime | None:
    text = head.created or head.activity
    try:
        time = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return time if time is None or time.tzinfo is not None else None
