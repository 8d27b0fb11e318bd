"""A page of the System Log: its events, by what each is known, and where the page's link leads.

An Okta event does not say whose it is; whose host is asked is made sure of before. Nothing here changes a byte of one.
"""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qs

import msgspec

from watchfloor.feeds.connectors.connector import Malformed, Pulled
from watchfloor.feeds.connectors.links import find_link

PLACE: Final = "/api/v1/logs"
"""Where the System Log is, and the only path to which a link may lead."""


class _Event(msgspec.Struct):
    uuid: str = ""
    published: str = ""


_pages: Final = msgspec.json.Decoder(list[msgspec.Raw])
_events: Final = msgspec.json.Decoder(_Event)


def read_events(body: bytes) -> tuple[Pulled, ...]:
    """The events of an answer. Raises Malformed when it is no page."""
    try:
        return tuple(_pulled(raw) for raw in _pages.decode(body))
    except (msgspec.DecodeError, UnicodeError):
        raise Malformed("Okta's answer is no page of events.", where=PLACE) from None


def next_query(links: str, *, origins: tuple[str, ...]) -> str | None:
    """The query of the link to the next page; None when there is none. Raises Malformed when it leads elsewhere."""
    target = find_link(links, "next", origins=origins, where=PLACE)
    if target is None:
        return None
    if target.path != PLACE or not target.query:
        raise Malformed("A link in Okta's answer leads out of the System Log; it was not followed.", where=PLACE)
    return target.query


def limit_of(query: str) -> int | None:
    """How many events a query asks for."""
    found = parse_qs(query).get("limit", [""])[-1]
    return int(found) if found.isascii() and found.isdigit() and len(found) <= 5 else None


def _pulled(raw: msgspec.Raw) -> Pulled:
    body = bytes(raw)
    try:
        event = _events.decode(raw)
    except (msgspec.DecodeError, UnicodeError):
        event = _Event()
    return Pulled(body=body, key=event.uuid[:200] or sha256(body).hexdigest(), at=_instant(event.published))


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text[:64])
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
