"""A Windows event as XML text, as the event log renders it and syslog agents send it on.

The XML is read with patterns that know nothing of entities and document types, because an attacker may write the text.
Brings it to the flat form with Windows' names; the rest is `shapes`' and the parser's.
"""

import re
from html import unescape
from typing import Final

from watchfloor.normalise.body import clean_text
from watchfloor.normalise.event import FieldValue
from watchfloor.normalise.lines import Line, header_fields
from watchfloor.normalise.parsed import Parsed
from watchfloor.normalise.windows.parser import parse_windows
from watchfloor.normalise.windows.shapes import flatten

MOST_FIELDS: Final = 512

_BEGINS: Final = re.compile(
    r"\s{0,64}(?:<\?xml[^>]{0,128}\?>\s{0,64})?<Event(?: xmlns=['\"][^'\"<>]{1,256}['\"])?\s{0,8}>"
)
_SYSTEM: Final = re.compile(r"<System>(.{0,8192}?)</System>", re.DOTALL)
_ELEMENT: Final = re.compile(
    r"<(\w{1,64})((?:\s{1,8}\w{1,64}=(?:'[^'<]{0,1024}'|\"[^\"<]{0,1024}\"))*)\s{0,8}(?:/>|>([^<]*))"
)
_ATTRIBUTE: Final = re.compile(r"(\w{1,64})=(?:'([^'<]{0,1024})'|\"([^\"<]{0,1024})\")")
_HEADER: Final = {
    "EventID", "Version", "Level", "Task", "Opcode", "Keywords", "EventRecordID", "Channel", "Computer",
}  # fmt: skip


def parse_windows_xml(line: Line) -> Parsed | None:
    """An event as XML; None if the line is none."""
    begins = _BEGINS.match(line.message)
    system = _SYSTEM.search(line.message, 0, 16_384) if begins is not None else None
    if system is None:
        return None
    flat: dict[str, FieldValue] = {}
    for name, attributes, text in _ELEMENT.findall(system[1]):
        if name in _HEADER and text.strip():
            flat.setdefault(name, _plain(text))
        for attribute, single, double in _ATTRIBUTE.findall(attributes):
            flat.setdefault(f"{name}_{attribute}", _plain(single or double))
    if "TimeCreated_SystemTime" in flat:
        flat["SystemTime"] = flat.pop("TimeCreated_SystemTime")
    flat.pop("EventID_Qualifiers", None)
    _add_data(flat, line.message[system.end() :])
    found = flatten(flat)
    if found is None:
        return None
    for name, value in header_fields(line).items():
        if name != "message":
            found.fields.setdefault(name, value)
    return parse_windows(found)


def _add_data(flat: dict[str, FieldValue], text: str) -> None:
    """`<Data Name="x">v</Data>`, and the elements of `UserData` and `RenderingInfo` by their own names."""
    unnamed: list[str] = []
    for count, matched in enumerate(_ELEMENT.finditer(text)):
        if count >= MOST_FIELDS:
            break
        name, attributes, value = matched.groups()
        value = _plain(value or "")
        if name == "Data":
            named = _ATTRIBUTE.search(attributes)
            if named is not None and named[1] == "Name":
                flat.setdefault((named[2] or named[3] or "").replace(" ", ""), value)
            else:
                unnamed.append(value)
        elif value.strip():
            flat.setdefault(name, value)
    if unnamed:
        flat.setdefault("Data", "\n".join(unnamed))


def _plain(text: str) -> str:
    return clean_text(unescape(text)) if "&" in text else text
