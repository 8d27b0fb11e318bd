"""What a door hands over: one event as its sender wrote it, with what the protocol said about it.

Owns only the shape. It never interprets the body; that is the business of the parsers beside it.
"""

from datetime import datetime

import msgspec


class RawEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event on its way in.

    `body` is the event's own bytes (UTF-8 JSON or text), never the door's envelope. `time` is the door's time for
    the event (HEC `time`), with a zone. `host`, `source`, `sourcetype` and `fields` are HEC's metadata; other doors
    leave them empty. `identity` is the sender's own id of the event, unique within the feed; empty for none.
    """

    body: bytes
    time: datetime | None = None
    host: str | None = None
    source: str | None = None
    sourcetype: str | None = None
    fields: dict[str, str] = msgspec.field(default_factory=dict)
    identity: tuple[str, ...] = ()
