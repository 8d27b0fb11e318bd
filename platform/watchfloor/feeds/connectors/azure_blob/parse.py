"""Lines of a diagnostic log: whose each is, and what it is called.

Owns the cutting of bytes into complete lines, and the check against the customer's tenants and subscriptions. What a
line says is the normaliser's.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Final

import msgspec

from watchfloor.feeds.connectors.connector import Pulled, Stranger

_KEPT_OF_IT: Final = 64_000
_GUID: Final = r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
_OWNER: Final = re.compile(rf"/(?:subscriptions|tenants)/{_GUID}(?:/|$)", re.IGNORECASE)
_OWNER_OF_BLOB: Final = re.compile(rf"(?:tenantId=|/subscriptions/|/tenants/){_GUID}/", re.IGNORECASE)
_WRITTEN_ONCE: Final = frozenset(
    {
        "SignInLogs", "NonInteractiveUserSignInLogs", "ServicePrincipalSignInLogs", "ManagedIdentitySignInLogs",
        "ADFSSignInLogs", "AuditLogs",
    }
)  # fmt: skip
"""Categories whose records have an id that is written once. Other records are called by their place."""


class _Properties(msgspec.Struct, frozen=True):
    id: str | None = None


class _Head(msgspec.Struct, frozen=True):
    category: str | None = None
    time: str | None = None
    tenant: str | None = msgspec.field(name="tenantId", default=None)
    resource: str | None = msgspec.field(name="resourceId", default=None)
    properties: msgspec.Raw = msgspec.Raw()


class Lines(msgspec.Struct, frozen=True, kw_only=True):
    """What is in some complete lines, and how many bytes they are."""

    records: tuple[Pulled, ...]
    strangers: tuple[Stranger, ...]
    newest: datetime | None
    size: int


def read_lines(
    content: bytes,
    *,
    container: str,
    blob: str,
    made: int,
    start: int,
    owners: frozenset[str],
    is_all: bool,
    longest: int,
) -> Lines:
    """The complete lines of what a blob holds from the byte `start` on.

    `is_all`: nothing will be appended any more, so a line without an end is complete if it can be read. `made` tells
    the blob from another that had its name. `owners` are ids in lower case. Of a line of `longest` bytes or more the
    beginning is kept, for the quarantine.
    """
    records: list[Pulled] = []
    foreign: Counter[str] = Counter()
    size = 0
    for line, end in _split(content, is_all=is_all, longest=longest):
        at, size = size, end
        body = line.strip(b" \t\r\n\0\xef\xbb\xbf")
        if not body:
            continue
        head = _head(body)
        named = _named(head, blob)
        if owners.isdisjoint(named):
            foreign[next(iter(named), "a record that names nobody")] += 1
            continue
        key = _key(head) or f"line:{container}/{blob}@{made}+{start + at}"
        records.append(Pulled(body=body, key=key, at=_time(head.time)))
    return Lines(
        records=tuple(records),
        strangers=tuple(Stranger(account=name, records=count, place=container) for name, count in foreign.items()),
        newest=max((record.at for record in records if record.at is not None), default=None),
        size=size,
    )


def _split(content: bytes, *, is_all: bool, longest: int) -> Iterator[tuple[bytes, int]]:
    """The complete lines, and where each ends."""
    at = 0
    while (end := content.find(b"\n", at)) >= 0:
        yield content[at:end], end + 1
        at = end + 1
    rest = content[at:]
    if is_all and _is_whole(rest):
        yield rest, len(content)
    elif at == 0 and len(rest) >= longest:
        yield rest[:_KEPT_OF_IT], len(content)


def _is_whole(rest: bytes) -> bool:
    try:
        msgspec.json.decode(rest)
    except (msgspec.DecodeError, UnicodeError):
        return False
    return True


def _head(body: bytes) -> _Head:
    try:
        return msgspec.json.decode(body, type=_Head)
    except (msgspec.DecodeError, UnicodeError):
        return _Head()


def _named(head: _Head, blob: str) -> list[str]:
    """Whose a record is: the tenant and subscription that it names itself; else those in its blob's name."""
    resource = _OWNER.search(head.resource or "")
    named = [name.lower() for name in (head.tenant, resource[1] if resource else None) if name]
    if named:
        return named
    found = _OWNER_OF_BLOB.search(blob)
    return [found[1].lower()] if found else []


def _key(head: _Head) -> str | None:
    if head.category not in _WRITTEN_ONCE:
        return None
    try:
        name = msgspec.json.decode(head.properties, type=_Properties).id
    except (msgspec.DecodeError, UnicodeError):
        return None
    return f"{head.category}:{name}" if name else None


def _time(text: str | None) -> datetime | None:
    try:
        time = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return time if time is None or time.tzinfo is not None else None
