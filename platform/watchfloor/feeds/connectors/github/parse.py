"""A page of the audit log: its entries, whose they are, by what each is known, and what leads to the next page.

Nothing here changes a byte of an entry.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qs

import msgspec

from watchfloor.feeds.connectors.connector import Malformed, Pulled, Stranger
from watchfloor.feeds.connectors.links import find_link

_WHERE: Final = "audit-log"
_LONGEST_CURSOR: Final = 1_024
_LATEST: Final = 253_402_300_799


class Owners(msgspec.Struct, frozen=True, kw_only=True):
    """Whose entries are taken, in lower case. Without organisations: all of the enterprise's."""

    enterprise: str | None
    organizations: frozenset[str]

    def stranger(self, entry: "_Entry") -> str | None:
        """Who is named that is not the customer; None when the entry is the customer's.

        GitHub gives an organisation's log to that organisation alone, so an entry that names nobody is the customer's.
        """
        business, named = entry.business.lower(), [one.lower() for one in _texts(entry.org)]
        if self.enterprise is not None and business and business != self.enterprise:
            return business
        if not named or not self.organizations or self.organizations.intersection(named):
            return None
        return named[0]


class Entries(msgspec.Struct, frozen=True, kw_only=True):
    """What a page has. `after` leads to the next; None on the last."""

    records: tuple[Pulled, ...]
    strangers: tuple[Stranger, ...]
    count: int
    newest: datetime | None
    after: str | None


class _Entry(msgspec.Struct):
    id: str = msgspec.field(default="", name="_document_id")
    at: int | float | None = msgspec.field(default=None, name="@timestamp")
    created_at: int | float | None = None
    org: str | list[str | None] | None = None
    business: str = ""


_pages: Final = msgspec.json.Decoder(list[msgspec.Raw])
_entries: Final = msgspec.json.Decoder(_Entry)


def read_page(body: bytes, links: str, *, owners: Owners, origins: tuple[str, ...]) -> Entries:
    """What stands in an answer. Raises Malformed when it is no page, or leads elsewhere."""
    try:
        raws = _pages.decode(body)
    except (msgspec.DecodeError, UnicodeError):
        raise Malformed("GitHub's answer is no page of entries.", where=_WHERE) from None
    foreign = Counter[str]()
    records: list[Pulled] = []
    for raw in raws:
        entry = _read(raw)
        if entry is None:
            foreign["unreadable"] += 1
        elif (stranger := owners.stranger(entry)) is not None:
            foreign[stranger[:200]] += 1
        else:
            records.append(_pulled(entry, bytes(raw)))
    return Entries(
        records=tuple(records),
        strangers=tuple(Stranger(account=who, records=count, place=_WHERE) for who, count in foreign.items()),
        count=len(raws),
        newest=max((one.at for one in records if one.at is not None), default=None),
        after=_after(links, origins),
    )


def _read(raw: msgspec.Raw) -> _Entry | None:
    try:
        return _entries.decode(raw)
    except (msgspec.DecodeError, UnicodeError):
        return None


def _pulled(entry: _Entry, body: bytes) -> Pulled:
    at = entry.at if entry.at is not None else entry.created_at
    return Pulled(body=body, key=entry.id[:200] or sha256(body).hexdigest(), at=_instant(at))


def _after(links: str, origins: tuple[str, ...]) -> str | None:
    """The cursor in the link to the next page. GitHub may name the organisation by its number in it."""
    target = find_link(links, "next", origins=origins, where=_WHERE)
    if target is None:
        return None
    found = parse_qs(target.query).get("after", [""])[-1]
    if not found or len(found) > _LONGEST_CURSOR or not found.isascii() or not found.isprintable():
        raise Malformed("The link to GitHub's next page holds no cursor.", where=_WHERE)
    return found


def _texts(value: str | Iterable[str | None] | None) -> list[str]:
    if value is None or isinstance(value, str):
        return [value] if value else []
    return [one for one in value if one]


def _instant(milliseconds: float | None) -> datetime | None:
    if milliseconds is None or not 0 <= milliseconds / 1_000 <= _LATEST:
        return None
    return datetime.fromtimestamp(milliseconds / 1_000, UTC)
