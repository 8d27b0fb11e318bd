"""Microsoft 365 Defender's advanced hunting records, as exports and the streaming API write them.

A process, connection, file, image or registry record of a device gets the names of Sigma's Windows categories beside
its own, so that rules written for Sysmon see it. Never repeats what is there under one of those names already.
"""

from typing import Final

from watchfloor.normalise.cloud.reading import first_text, put
from watchfloor.normalise.entities import EntityList
from watchfloor.normalise.event import Entity, FieldValue, LogSource
from watchfloor.normalise.parsed import Parsed, as_object, as_text
from watchfloor.normalise.timestamps import parse_time

SOURCE: Final = "m365.defender"
PARSER: Final = "m365.defender/1"

_CATEGORIES: Final = {
    "ProcessCreated": "process_creation",
    "ConnectionSuccess": "network_connection",
    "ConnectionAttempt": "network_connection",
    "ConnectionFailed": "network_connection",
    "FileCreated": "file_event",
    "FileDeleted": "file_delete",
    "ImageLoaded": "image_load",
    "RegistryValueSet": "registry_set",
    "RegistryKeyCreated": "registry_add",
    "RegistryKeyDeleted": "registry_delete",
    "RegistryValueDeleted": "registry_delete",
}
LOGSOURCES: Final = (
    LogSource(product="m365", service="defender"),
    *(
        LogSource(product=product, category=category)
        for product in ("linux", "windows")
        for category in sorted({*_CATEGORIES.values()})
    ),
)
"""What its events belong to."""

_COPIES: Final = {
    "network_connection": {
        "DestinationIp": "RemoteIP",
        "DestinationPort": "RemotePort",
        "DestinationHostname": "RemoteUrl",
        "SourceIp": "LocalIP",
        "SourcePort": "LocalPort",
        "Protocol": "Protocol",
    },
    "registry_set": {"TargetObject": "RegistryKey", "Details": "RegistryValueData"},
    "registry_add": {"TargetObject": "RegistryKey"},
    "registry_delete": {"TargetObject": "RegistryKey"},
}


def unwrap_defender(fields: dict[str, FieldValue]) -> dict[str, FieldValue] | None:
    """The record, alone or in the streaming API's envelope; None if this is none."""
    category, inner = fields.get("category"), fields.get("properties")
    if isinstance(category, str) and category.startswith("AdvancedHunting-") and isinstance(inner, dict):
        put(inner, "TenantId", fields.get("tenantId"))
        return inner
    if "ActionType" in fields and "Timestamp" in fields and ("DeviceId" in fields or "AccountUpn" in fields):
        return fields
    return None


def parse_defender(fields: dict[str, FieldValue]) -> Parsed:
    """One record of an advanced hunting table."""
    action = as_text(fields.get("ActionType"))
    category = _CATEGORIES.get(action)
    sources = [LogSource(product="m365", service="defender")]
    if category is not None:
        actor = as_text(fields.get("InitiatingProcessFolderPath")) or as_text(fields.get("FolderPath"))
        sources.append(LogSource(product="linux" if actor.startswith("/") else "windows", category=category))
        _add_names(fields, category)
    report = first_text(fields, "ReportId", "ReportId_long", "ReportId_string")
    device, time = first_text(fields, "DeviceId", "AccountObjectId"), as_text(fields.get("Timestamp"))
    return Parsed(
        source=SOURCE,
        logsources=tuple(sources),
        time=parse_time(time),
        identity=("m365.defender", device, report, time, action) if report and device else None,
        fields=fields,
        entities=_entities(fields),
        summary=_summary(fields, action),
        parser=PARSER,
    )


def _add_names(fields: dict[str, FieldValue], category: str) -> None:
    own, parent = (
        _path(fields, "FolderPath", "FileName"),
        _path(fields, "InitiatingProcessFolderPath", "InitiatingProcessFileName"),
    )
    for name, theirs in _COPIES.get(category, {}).items():
        put(fields, name, fields.get(theirs))
    put(fields, "User", _user(fields))
    put(fields, "Computer", fields.get("DeviceName"))
    if category != "process_creation":
        put(fields, "Image", parent)
        put(fields, "CommandLine", fields.get("InitiatingProcessCommandLine"))
        put(fields, "ImageLoaded" if category == "image_load" else "TargetFilename", own)
        value_name = as_text(fields.get("RegistryValueName"))
        if value_name and as_text(fields.get("TargetObject")):
            fields["TargetObject"] = f"{as_text(fields['TargetObject'])}\\{value_name}"
        return
    put(fields, "Image", own)
    put(fields, "CommandLine", fields.get("ProcessCommandLine"))
    put(fields, "ParentImage", parent)
    put(fields, "ParentCommandLine", fields.get("InitiatingProcessCommandLine"))
    put(fields, "OriginalFileName", fields.get("ProcessVersionInfoOriginalFileName"))
    put(fields, "IntegrityLevel", fields.get("ProcessIntegrityLevel"))


def _path(fields: dict[str, FieldValue], folder: str, name: str) -> str:
    """The full path: some tables write the folder with the file's name, some without."""
    path, file_name = as_text(fields.get(folder)), as_text(fields.get(name))
    if not path or not file_name or path.lower().endswith(file_name.lower()):
        return path or file_name
    return f"{path}{'/' if path.startswith('/') else chr(92)}{file_name}"


def _user(fields: dict[str, FieldValue]) -> str:
    for prefix in ("", "InitiatingProcess"):
        name, domain = as_text(fields.get(f"{prefix}AccountName")), as_text(fields.get(f"{prefix}AccountDomain"))
        if name:
            return f"{domain}\\{name}" if domain else name
    return ""


def _entities(fields: dict[str, FieldValue]) -> tuple[Entity, ...]:
    found = EntityList()
    found.host(fields.get("DeviceName"))
    for prefix in ("", "InitiatingProcess"):
        sid = fields.get(f"{prefix}AccountSid")
        found.user(fields.get(f"{prefix}AccountName"), realm=fields.get(f"{prefix}AccountDomain"), sid=sid)
        found.email(fields.get(f"{prefix}AccountUpn"))
    for name in ("RemoteIP", "LocalIP", "IPAddress", "DestinationIPAddress"):
        found.ip(fields.get(name))
    for name in ("SHA256", "SHA1", "MD5"):
        found.hash(fields.get(name))
    if as_text(fields.get("ActionType")) == "FileCreated":
        found.file(fields.get("TargetFilename"))
    return found.found()


def _summary(fields: dict[str, FieldValue], action: str) -> str:
    who = _user(fields) or first_text(fields, "AccountUpn", "AccountDisplayName")
    what = first_text(fields, "ProcessCommandLine", "FolderPath", "FileName", "RemoteUrl", "RemoteIP", "RegistryKey")
    what = what or as_text(as_object(fields.get("AdditionalFields")).get("SearchFilter"))
    host = first_text(fields, "DeviceName", "Application") or "an unknown device"
    return f"{action or 'A record'} on {host}{f' by {who}' if who else ''}{f': {what}' if what else ''}"
