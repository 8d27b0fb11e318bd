"""The shape in which the OpenTelemetry Collector's Windows receiver writes an event, brought to that of EVTX libraries.

Owns the receiver's names. Its event data is an object, or in newer versions a list of objects of one name each; data
without a name is kept in order. Never interprets a value.
"""

from typing import Final

from watchfloor.normalise.event import FieldValue
from watchfloor.normalise.parsed import as_object, as_text

_ATTRIBUTES: Final = "#attributes"
_PLAIN: Final[dict[str, str]] = {
    "channel": "Channel",
    "computer": "Computer",
    "record_id": "EventRecordID",
    "level": "Level",
    "task": "Task",
    "opcode": "Opcode",
    "keywords": "Keywords",
    "version": "Version",
}
_NESTED: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "provider": ("Provider", {"name": "Name", "guid": "Guid", "event_source": "EventSourceName"}),
    "execution": ("Execution", {"process_id": "ProcessID", "thread_id": "ThreadID"}),
    "security": ("Security", {"user_id": "UserID"}),
    "correlation": ("Correlation", {"activity_id": "ActivityID", "related_activity_id": "RelatedActivityID"}),
}
_OWN: Final = frozenset({*_PLAIN, *_NESTED, "event_id", "system_time", "event_data", "message"})


def collector_event(fields: dict[str, FieldValue]) -> dict[str, FieldValue] | None:
    """The event as `System` and `EventData`; None if the receiver did not write it."""
    event_id = fields.get("event_id")
    if not isinstance(event_id, dict) or not isinstance(fields.get("provider"), dict) or "channel" not in fields:
        return None
    system: dict[str, FieldValue] = {
        "EventID": event_id.get("id"),
        "TimeCreated": {_ATTRIBUTES: {"SystemTime": fields.get("system_time")}},
    }
    for theirs, ours in _PLAIN.items():
        if as_text(fields.get(theirs)) or isinstance(fields.get(theirs), list):
            system[ours] = fields[theirs]
    for theirs, (ours, names) in _NESTED.items():
        inner = as_object(fields.get(theirs))
        system[ours] = {_ATTRIBUTES: {name: inner[key] for key, name in names.items() if as_text(inner.get(key))}}
    return {"System": system, "EventData": _event_data(fields.get("event_data"))}


def beside_event(fields: dict[str, FieldValue]) -> dict[str, FieldValue]:
    """What stands beside the event: its text, and what the Collector says of the machine and the record."""
    beside = {name: value for name, value in fields.items() if name not in _OWN}
    if as_text(fields.get("message")):
        beside["Message"] = fields["message"]
    return beside


def _event_data(data: FieldValue) -> dict[str, FieldValue]:
    listed = as_object(data).get("data")
    if not isinstance(listed, list):
        return dict(as_object(data))
    named: dict[str, FieldValue] = {}
    unnamed: list[FieldValue] = []
    for entry in listed:
        for name, value in as_object(entry).items():
            if name:
                named.setdefault(name, value)
            else:
                unnamed.append(value)
    if unnamed:
        named.setdefault("Data", unnamed)
    return named
