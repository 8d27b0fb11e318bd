"""Takes an event out of what an export wraps around it: Elasticsearch's `_source`, Splunk's `result`, HEC's `event`.

Only for JSON that no parser knows as it is. Never looks deeper than the envelopes that it knows.
"""

from typing import Final

import msgspec

MAX_LAYERS: Final = 3
"""How many envelopes may stand inside each other."""

_OBJECTS: Final = ("_source", "result", "event", "jsonPayload")
_TEXTS: Final = ("_raw", "CloudTrailEvent")


def open_envelope(body: bytes) -> bytes | None:
    """What the envelope holds: an object, or the text of one; None if this is no envelope."""
    try:
        keys = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    for name in _OBJECTS:
        if bytes(keys.get(name, b""))[:1] == b"{":
            return bytes(keys[name])
    for name in _TEXTS:
        text = _text(keys.get(name))
        if text is not None and (name == "_raw" or text[:1] == "{"):
            return text.encode("utf-8", errors="replace")
    return None


def _text(value: msgspec.Raw | None) -> str | None:
    try:
        return None if value is None else msgspec.json.decode(value, type=str).strip()
    except msgspec.DecodeError:
        return None
