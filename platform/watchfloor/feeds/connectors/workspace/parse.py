"""A page of the Reports API: its activities, whose they are, and by what each is known.

An activity is one record with all of its events; the normaliser reads them. Nothing here changes a byte of it.
"""

from collections import Counter
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

import msgspec

from watchfloor.feeds.connectors.connector import Malformed, Pulled, Stranger

UNREADABLE: Final = "no customer id"
"""Whose an activity is that does not say it."""


class Activities(msgspec.Struct, frozen=True, kw_only=True):
    """What a page has. `token` leads to the next; None on the last, however many activities it has."""

    records: tuple[Pulled, ...]
    strangers: tuple[Stranger, ...]
    token: str | None


class _Page(msgspec.Struct, rename="camel"):
    items: list[msgspec.Raw] = msgspec.field(default_factory=list[msgspec.Raw])
    next_page_token: str | None = None


class _Id(msgspec.Struct, rename="camel"):
    time: str = ""
    unique_qualifier: str | int = ""
    application_name: str = ""
    customer_id: str = ""


class _Activity(msgspec.Struct):
    id: _Id


_pages: Final = msgspec.json.Decoder(_Page)
_activities: Final = msgspec.json.Decoder(_Activity)


def read_page(body: bytes, *, application: str, customer: str) -> Activities:
    """What stands in an answer. Raises Malformed when it is no page."""
    try:
        page = _pages.decode(body)
    except (msgspec.DecodeError, UnicodeError):
        raise Malformed("Google's answer is no page of activities.", where=application) from None
    foreign = Counter[str]()
    records: list[Pulled] = []
    for raw in page.items:
        place = _place(raw)
        if place.customer_id != customer:
            foreign[place.customer_id[:200] or UNREADABLE] += 1
            continue
        records.append(Pulled(body=bytes(raw), key=_key(place, raw), at=_instant(place.time)))
    strangers = tuple(Stranger(account=who, records=count, place=application) for who, count in foreign.items())
    return Activities(records=tuple(records), strangers=strangers, token=page.next_page_token or None)


def _place(raw: msgspec.Raw) -> _Id:
    try:
        return _activities.decode(raw).id
    except (msgspec.DecodeError, UnicodeError):
        return _Id()


def _key(place: _Id, raw: msgspec.Raw) -> str:
    """Two activities may happen in the same millisecond: the qualifier tells them apart, where there is one."""
    qualifier = str(place.unique_qualifier) or sha256(bytes(raw)).hexdigest()
    return f"{place.application_name}\n{place.time}\n{qualifier}"


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text[:64])
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
