"""Adds to a flat Windows event the names that Sigma rules look for.

What the event has is kept, with two exceptions: `ProcessId` of Security 4688 becomes the new process, and an
`EventType` that NXLog overwrote becomes Sysmon's again.

What is added, and why, follows Sigma's taxonomy and the field mappings of its reference runner: Security 4688 reads as
a process creation, Security 4657 as a registry event, Defender's detections as antivirus events, and `Hashes` also by
algorithm.
"""

import re
from typing import Final

from watchfloor.normalise.event import FieldValue
from watchfloor.normalise.parsed import as_text

_SYSMON_EVENT_TYPE: Final = re.compile(r"^EventType: (\w+)\s*$", re.MULTILINE)
SYSMON_EVENT_TYPES: Final = frozenset({"createkey", "deletekey", "deletevalue", "setvalue", "renamekey"})
"""The `EventType`s of Sysmon's events about the registry, in lower case."""

_HEX: Final = re.compile(r"0[xX][0-9a-fA-F]{1,16}")
_HIVES: Final[tuple[tuple[str, str], ...]] = (
    ("\\REGISTRY\\MACHINE", "HKLM"),
    ("\\REGISTRY\\USER", "HKU"),
)
_INTEGRITY: Final[dict[str, str]] = {
    "S-1-16-0": "Untrusted",
    "S-1-16-4096": "Low",
    "S-1-16-8192": "Medium",
    "S-1-16-8448": "Medium",
    "S-1-16-12288": "High",
    "S-1-16-16384": "System",
    "S-1-16-20480": "System",
}
_HASH_NAMES: Final[dict[str, str]] = {"md5": "md5", "sha1": "sha1", "sha256": "sha256", "imphash": "Imphash"}
_PROCESS_ALIASES: Final[dict[str, str]] = {
    "NewProcessName": "Image",
    "ParentProcessName": "ParentImage",
}


def fix_up(flat: dict[str, FieldValue], *, service: str | None, event_id: int) -> None:
    """Adds the aliases of one event in place."""
    _split_hashes(flat)
    if service == "sysmon" and event_id in {12, 13, 14}:
        _restore_event_type(flat, event_id)
    elif service == "security" and event_id == 4688:
        _alias_process(flat)
    elif service == "security" and event_id == 4657:
        _alias_registry(flat)
    elif service == "windefend":
        _alias_detection(flat)


def _split_hashes(flat: dict[str, FieldValue]) -> None:
    """`MD5=..,SHA256=..,IMPHASH=..` also as `md5`, `sha256` and `Imphash`."""
    for part in as_text(flat.get("Hashes") or flat.get("Hash")).split(","):
        algorithm, _, digest = part.partition("=")
        name = _HASH_NAMES.get(algorithm.strip().lower())
        if name is not None and digest:
            flat.setdefault(name, digest.strip())


def _restore_event_type(flat: dict[str, FieldValue], event_id: int) -> None:
    """NXLog puts its own severity into `EventType`; Sysmon's word is still in the message."""
    if as_text(flat.get("EventType")).lower() in SYSMON_EVENT_TYPES:
        return
    written = _SYSMON_EVENT_TYPE.search(as_text(flat.get("Message")))
    if written is not None:
        flat["EventType"] = written[1]
    elif event_id == 13:
        flat["EventType"] = "SetValue"
    elif event_id == 14:
        flat["EventType"] = "RenameKey"


def _alias_process(flat: dict[str, FieldValue]) -> None:
    for native, alias in _PROCESS_ALIASES.items():
        if native in flat:
            flat.setdefault(alias, flat[native])
    name = as_text(flat.get("SubjectUserName"))
    if name:
        realm = as_text(flat.get("SubjectDomainName"))
        flat.setdefault("User", f"{realm}\\{name}" if realm and realm != "-" else name)
    parent, child = as_text(flat.get("ProcessId")), as_text(flat.get("NewProcessId"))
    if _HEX.fullmatch(child):
        # 4688 calls the creator `ProcessId` and the new process `NewProcessId`; Sigma means the new one.
        if _HEX.fullmatch(parent):
            flat["ParentProcessId"] = int(parent, 16)
        flat["ProcessId"] = int(child, 16)
    level = _INTEGRITY.get(as_text(flat.get("MandatoryLabel")))
    if level is not None:
        flat.setdefault("IntegrityLevel", level)


def _alias_registry(flat: dict[str, FieldValue]) -> None:
    key = as_text(flat.get("ObjectName"))
    for native, hive in _HIVES:
        if key.upper().startswith(native):
            key = hive + key[len(native) :]
    if key:
        value = as_text(flat.get("ObjectValueName"))
        flat.setdefault("TargetObject", f"{key}\\{value}" if value and value != "-" else key)
    if "NewValue" in flat:
        flat.setdefault("Details", flat["NewValue"])
    if "ProcessName" in flat:
        flat.setdefault("Image", flat["ProcessName"])


def _alias_detection(flat: dict[str, FieldValue]) -> None:
    if "ThreatName" in flat:
        flat.setdefault("Signature", flat["ThreatName"])
    if "Path" in flat:
        flat.setdefault("Filename", flat["Path"])
