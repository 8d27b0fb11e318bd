"""One message: whose it is, and by what it is known.

Owns the reading of log entries (`LogEntry` of Cloud Logging) as far as their owner and their identity go; what they
say is the normaliser's. Messages of other content are known by their number.
"""

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from watchfloor.feeds.connectors.connector import Pulled

UNREADABLE: Final = "unreadable"
"""The owner of an entry that does not say whose it is."""


class Message(msgspec.Struct, rename="camel"):
    """A message as Pub/Sub writes it."""

    message_id: str = ""
    data: str = ""
    attributes: dict[str, str] = {}
    publish_time: str = ""


class Foreign(msgspec.Struct, frozen=True):
    """A message whose entry belongs to none of the customer's projects, folders and organisations."""

    account: str


class _Split(msgspec.Struct):
    uid: str = ""
    index: int = 0


class _Entry(msgspec.Struct, rename="camel"):
    log_name: str | None = None
    timestamp: str = ""
    receive_timestamp: str = ""
    insert_id: str = ""
    split: _Split | None = None


class _Wrapped(msgspec.Struct):
    data: _Entry


_entries: Final = msgspec.json.Decoder(_Entry)
_wrapped: Final = msgspec.json.Decoder(_Wrapped)
_lists: Final = msgspec.json.Decoder(list[_Entry])


class Owners:
    """Whose entries are taken: `projects/NAME`, `projects/PREFIX-*` and the like."""

    def __init__(self, resources: Sequence[str]) -> None:
        self._exact = {one for one in resources if not one.endswith("*")}
        self._beginnings = tuple(one.removesuffix("*") for one in resources if one.endswith("*"))

    def has(self, account: str) -> bool:
        """Whether the account is one of them."""
        return account in self._exact or bool(self._beginnings and account.startswith(self._beginnings))


def read_message(message: Message, *, subscription: str, owners: Owners) -> Pulled | Foreign:
    """The record of a message, or whose it is instead."""
    body = _body(message)
    entries = _read_entries(body)
    for entry in entries:
        account = account_of(entry.log_name or "")
        if not owners.has(account):
            return Foreign(account)
    only = entries[0] if len(entries) == 1 else None
    return Pulled(
        body=body,
        key=_key(only, message, subscription),
        at=instant(only.timestamp or only.receive_timestamp if only else "") or instant(message.publish_time),
    )


def account_of(log_name: str) -> str:
    """The owner that a log's name begins with: `projects/NAME`."""
    kind, _, rest = log_name.partition("/")
    name, separator, _ = rest.partition("/logs/")
    return f"{kind}/{name}"[:200] if kind and name and separator and "/" not in name else UNREADABLE


def instant(text: str) -> datetime | None:
    """The time that a text of Google's says, if it is one."""
    try:
        found = datetime.fromisoformat(text[:64])
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _body(message: Message) -> bytes:
    """The content; of a message without one, or with a damaged one, the message itself."""
    try:
        data = base64.b64decode(message.data, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    return data if data.strip() else msgspec.json.encode(message)


def _read_entries(body: bytes) -> list[_Entry]:
    """The log entries in a body: none when it is of another content."""
    try:
        entry = _entries.decode(body)
    except msgspec.ValidationError:
        return _read_list(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return []
    if entry.log_name is not None:
        return [entry]
    try:
        inner = _wrapped.decode(body).data
    except msgspec.ValidationError:
        return []
    return [inner] if inner.log_name is not None else []


def _read_list(body: bytes) -> list[_Entry]:
    """The entries of a list; one of nobody when something says that it is an entry and does not look like one."""
    try:
        found = _lists.decode(body)
    except msgspec.ValidationError:
        return [_Entry(log_name="")] if b'"logName"' in body else []
    return [entry for entry in found if entry.log_name is not None]


def _key(entry: _Entry | None, message: Message, subscription: str) -> str:
    if entry is None or not (entry.log_name and entry.timestamp and entry.insert_id):
        return f"message\n{subscription}\n{message.message_id}"
    parts = ["entry", entry.log_name, entry.timestamp, entry.insert_id]
    if entry.split is not None:  # the parts of an entry that was too large
        parts += [entry.split.uid, str(entry.split.index)]
    return "\n".join(parts)
