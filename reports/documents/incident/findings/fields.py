"""An event's fields as a report lists them: flat, named as their source names them, the telling ones first."""

from collections.abc import Iterator
from typing import Final, cast

import msgspec

from reports.documents.incident.facts import (
    EvidenceField,
)
from watchfloor.alerts.alert import Evidence

_DEPTH: Final = 4
_TELLING: Final = (
    "Computer",
    "EventID",
    "User",
    "SubjectUserName",
    "TargetUserName",
    "IpAddress",
    "Image",
    "NewProcessName",
    "CommandLine",
    "ParentImage",
    "ParentCommandLine",
    "SourceImage",
    "TargetImage",
    "GrantedAccess",
    "TargetFilename",
    "TargetObject",
    "Details",
    "ServiceName",
    "ImagePath",
    "ServiceFileName",
    "TaskName",
    "ScriptBlockText",
    "QueryName",
    "DestinationIp",
    "DestinationHostname",
    "DestinationPort",
    "LogonType",
    "Hashes",
    "eventSource",
    "eventName",
    "userIdentity.arn",
    "sourceIPAddress",
    "awsRegion",
    "errorCode",
    "userAgent",
)
"""What a reader looks for first, in this order; requests of a cloud follow, then the rest as it stands."""

_PLACES: Final = {name: place for place, name in enumerate(_TELLING)}
_REQUEST: Final = "requestParameters."


def fields_of(evidence: Evidence) -> tuple[EvidenceField, ...]:
    """All fields that say something, as text. A nested one has its path as its name, a list is written as JSON."""
    flat = [EvidenceField(name=name, value=value) for name, value in _flat("", evidence.fields, _DEPTH) if value]
    return tuple(sorted(flat, key=lambda field: _place(field.name)))


def _place(name: str) -> int:
    return _PLACES.get(name, len(_PLACES) if name.startswith(_REQUEST) else len(_PLACES) + 1)


def _flat(path: str, fields: dict[str, object], depth: int) -> Iterator[tuple[str, str]]:
    for name, value in fields.items():
        if isinstance(value, dict) and depth > 1:
            yield from _flat(f"{path}{name}.", cast("dict[str, object]", value), depth - 1)
        elif isinstance(value, str):
            yield f"{path}{name}", value
        elif value is not None:
            yield f"{path}{name}", msgspec.json.encode(value).decode()
