"""The shapes in which shippers write a Windows event, each brought to one flat object with Windows' own names.

Shapes: EVTX libraries (`{"Event": {"System": .., "EventData": ..}}`), Winlogbeat and Elastic Agent (`winlog`), and flat
objects (NXLog, Fluent Bit, exports). Header attributes get Sigma's names (`Provider_Name`, `Execution_ProcessID`:
Sigma specification 2.1, section Field Usage); names lose their blanks; unnamed data is joined in `Data`.
Never interprets a value; that is `fixups`' business.
"""

import re
from typing import Final

import msgspec

from watchfloor.normalise.event import FieldValue
from watchfloor.normalise.parsed import as_object, as_text
from watchfloor.normalise.windows.collector import beside_event, collector_event

_ATTRIBUTES: Final = "#attributes"
_TEXT: Final = "#text"
_PARAMETER: Final = re.compile(r"param\d+")
MAX_EVENT_ID: Final = 999_999_999
"""The highest number that is taken for an event's."""

_EVENT_ID: Final = re.compile(r"\d{1,9}")

_WINLOG_HEADER: Final[dict[str, str]] = {
    "channel": "Channel",
    "computer_name": "Computer",
    "provider_name": "Provider_Name",
    "provider_guid": "Provider_Guid",
    "record_id": "EventRecordID",
    "task": "Task",
    "opcode": "Opcode",
    "version": "Version",
    "keywords": "Keywords",
    "activity_id": "Correlation_ActivityID",
    "related_activity_id": "Correlation_RelatedActivityID",
}
_FLAT_HEADER: Final[dict[str, tuple[str, ...]]] = {
    "Provider_Name": ("SourceName", "ProviderName", "EventSourceName"),
    "Provider_Guid": ("ProviderGuid",),
    "Computer": ("Hostname", "ComputerName", "MachineName"),
    "Channel": ("LogName",),
    "EventRecordID": ("RecordNumber", "RecordId"),
    "Execution_ProcessID": ("ProcessID", "ExecutionProcessID"),
    "Execution_ThreadID": ("ThreadID", "ExecutionThreadID"),
    "Security_UserID": ("UserID",),
}


class FlatEvent(msgspec.Struct, frozen=True):
    """A Windows event with Windows' names on one level. `fields["EventID"]` is `event_id`."""

    event_id: int
    channel: str
    fields: dict[str, FieldValue]


def flatten(fields: dict[str, FieldValue]) -> FlatEvent | None:
    """The flat form of a Windows event in any known shape; None if it is none."""
    if isinstance(fields.get("Event"), dict):
        flat = _from_evtx(as_object(fields["Event"]))
    elif isinstance(fields.get("winlog"), dict):
        flat = _from_winlogbeat(fields)
    elif (collected := collector_event(fields)) is not None:
        flat = {**beside_event(fields), **(_from_evtx(collected) or {})}
    else:
        flat = _from_flat(fields)
    if flat is None:
        return None
    event_id, channel = _event_id(flat.get("EventID")), as_text(flat.get("Channel"))
    if event_id is None or not (channel or as_text(flat.get("Provider_Name"))):
        return None
    flat["EventID"] = event_id
    return FlatEvent(event_id, channel, flat)


def _from_evtx(event: dict[str, FieldValue]) -> dict[str, FieldValue] | None:
    system = event.get("System")
    if not isinstance(system, dict):
        return None
    flat: dict[str, FieldValue] = {}
    for name, value in system.items():
        _add_header(flat, name, value)
    _add_data(flat, event.get("EventData"))
    for section in as_object(event.get("UserData")).values():
        _add_data(flat, section)
    if "TimeCreated_SystemTime" in flat:
        flat["SystemTime"] = flat.pop("TimeCreated_SystemTime")
    return flat


def _add_header(flat: dict[str, FieldValue], name: str, value: FieldValue) -> None:
    """One element of `System`: its text under its name, its attributes under `Name_Attribute`."""
    if name.endswith("_attributes") and isinstance(value, dict):
        name, value = name.removesuffix("_attributes"), {_ATTRIBUTES: value}
    if not isinstance(value, dict):
        flat.setdefault(name, value)
        return
    if _TEXT in value:
        flat[name] = value[_TEXT]
    for attribute, text in as_object(value.get(_ATTRIBUTES)).items():
        flat[f"{name}_{attribute}"] = text


def _add_data(flat: dict[str, FieldValue], data: FieldValue) -> None:
    """The event's own data. A name that the header has too is kept only from the header."""
    if isinstance(data, str):
        data = {"Data": data}
    for name, element in as_object(data).items():
        if name in {_ATTRIBUTES, "xmlns"} or name.endswith("_attributes"):
            continue
        value = element[_TEXT] if isinstance(element, dict) and _TEXT in element else element
        unnamed = name == "Data" and isinstance(value, list)
        flat.setdefault(name.replace(" ", ""), _joined(value) if unnamed else value)


def _joined(values: FieldValue) -> str:
    """Unnamed data, one a line: rules look for a text anywhere in it."""
    return "\n".join(as_text(value) for value in values) if isinstance(values, list) else as_text(values)


def _from_winlogbeat(fields: dict[str, FieldValue]) -> dict[str, FieldValue]:
    winlog = as_object(fields["winlog"])
    flat: dict[str, FieldValue] = {}
    for theirs, ours in _WINLOG_HEADER.items():
        if winlog.get(theirs) is not None:
            flat[ours] = winlog[theirs]
    event = as_object(fields.get("event"))
    flat["EventID"] = winlog.get("event_id", event.get("code"))
    process = as_object(winlog.get("process"))
    _set(flat, "Execution_ProcessID", process.get("pid"))
    _set(flat, "Execution_ThreadID", as_object(process.get("thread")).get("id"))
    _set(flat, "Security_UserID", as_object(winlog.get("user")).get("identifier"))
    _set(flat, "SystemTime", fields.get("@timestamp"))
    _set(flat, "Message", fields.get("message"))
    _set(flat, "Computer", flat.get("Computer") or as_object(fields.get("host")).get("name"))
    for section in ("event_data", "user_data"):
        data = as_object(winlog.get(section))
        if data and all(_PARAMETER.fullmatch(name) for name in data):
            flat["Data"] = _joined(list(data.values()))
        _add_data(flat, data)
    return flat


def _from_flat(fields: dict[str, FieldValue]) -> dict[str, FieldValue] | None:
    if "EventID" not in fields:
        return None
    flat = _without_blanks(fields)
    for ours, theirs in _FLAT_HEADER.items():
        if ours not in flat:
            _set(flat, ours, next((flat[name] for name in theirs if name in flat), None))
    inserts = flat.get("StringInserts")
    if "Data" not in flat and isinstance(inserts, list):
        flat["Data"] = _joined(inserts)
    return flat


def _without_blanks(fields: dict[str, FieldValue]) -> dict[str, FieldValue]:
    """The fields with the blanks in their names taken away; of two that are then called the same, the first."""
    if " " not in "".join(fields):
        return dict(fields)
    flat: dict[str, FieldValue] = {}
    for name, value in fields.items():
        flat.setdefault(name.replace(" ", ""), value)
    return flat


def _set(flat: dict[str, FieldValue], name: str, value: FieldValue) -> None:
    if value is not None:
        flat[name] = value


def _event_id(value: FieldValue) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if 0 <= value <= MAX_EVENT_ID else None
    text = as_text(value)
    return int(text) if text.isascii() and _EVENT_ID.fullmatch(text) else None
