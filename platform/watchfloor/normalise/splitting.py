"""Bodies that carry several events, split into them: arrays, and the lists that clouds wrap their records in.

Event Hub and storage have `{"records": [..]}`, Microsoft Graph and the Management API `{"value": [..]}` or a bare
array, CloudTrail `{"Records": [..]}`, Google's Reports API and Kubernetes' audit webhook `{"items": [..]}`, osquery's
logger `{"data": [..]}`. A text that begins with a header is split into its lines. Each part keeps its own bytes. Owns
the bounds. Never raises.
"""

import re
from typing import Final

import msgspec

MOST_PARTS: Final = 10_000
"""A body with more parts than this stays whole."""

_LISTS: Final = ("records", "Records", "value", "items", "data")
_MAY_CARRY: Final = re.compile(
    rb'\s*(?:\[\s*\{|\{\s*"(?:records|Records|value|items|@odata\.[A-Za-z.]{1,40}|nextPageToken|etag)"\s*:'
    rb'|\{\s*"kind"\s*:\s*"(?:admin#reports#activities|EventList)"|\{\s*"(?:node_key|log_type)"\s*:\s*")'
)
_ARRAY: Final = msgspec.json.Decoder(list[msgspec.Raw])
_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def split_body(body: bytes) -> list[bytes] | None:
    """The events in a body, each with its own bytes; None if it is one event, or something that is not read here."""
    if body[:1] == b"#":
        return _lines(body)
    if _MAY_CARRY.match(body) is None:
        return None
    try:
        return _parts(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _parts(body: bytes) -> list[bytes] | None:
    if body.lstrip()[:1] == b"[":
        return _objects(_ARRAY.decode(body))
    keys = _OBJECT.decode(body)
    for name in _LISTS:
        carried = keys.get(name)
        if carried is not None and bytes(carried)[:1] == b"[":
            if name == "data" and "log_type" not in keys:
                return None
            return _objects(_ARRAY.decode(carried))
    return None


def _objects(parts: list[msgspec.Raw]) -> list[bytes] | None:
    """The parts, if all are objects."""
    bodies = [bytes(part).strip() for part in parts]
    if not bodies or len(bodies) > MOST_PARTS or any(part[:1] != b"{" for part in bodies):
        return None
    return bodies


def _lines(body: bytes) -> list[bytes] | None:
    lines = [line.rstrip(b"\r") for line in body.split(b"\n") if line.strip()]
    return lines if 1 < len(lines) <= MOST_PARTS else None
