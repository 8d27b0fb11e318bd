"""One line that tells a person what a Windows event says. Untrusted content: every sink neutralises it."""

from ntpath import basename
from typing import Final

from watchfloor.normalise.event import FieldValue
from watchfloor.normalise.parsed import as_text

_SECURITY: Final[dict[int, str]] = {
    1102: "{SubjectUserName} cleared the Security log",
    4624: "{TargetUserName} logged on from {IpAddress} (type {LogonType})",
    4625: "{TargetUserName} failed to log on from {IpAddress} (type {LogonType}, status {SubStatus})",
    4648: "{SubjectUserName} logged on as {TargetUserName} at {TargetServerName}",
    4672: "{SubjectUserName} got administrative privileges",
    4688: "{SubjectUserName} started {CommandLine}",
    4697: "{SubjectUserName} installed the service {ServiceName}: {ServiceFileName}",
    4698: "{SubjectUserName} created the scheduled task {TaskName}",
    4720: "{SubjectUserName} created the account {TargetUserName}",
    4726: "{SubjectUserName} deleted the account {TargetUserName}",
    4728: "{SubjectUserName} added {MemberSid} to the global group {TargetUserName}",
    4732: "{SubjectUserName} added {MemberSid} to the local group {TargetUserName}",
    4740: "{TargetUserName} was locked out",
    4768: "{TargetUserName} asked for a Kerberos ticket from {IpAddress}",
    4769: "{TargetUserName} asked for a ticket for {ServiceName} from {IpAddress}",
    5145: "{SubjectUserName} opened {RelativeTargetName} on {ShareName} from {IpAddress}",
}
_SYSMON: Final[dict[int, str]] = {
    1: "{ParentImage} started {CommandLine} as {User}",
    3: "{Image} connected to {DestinationIp}:{DestinationPort}",
    5: "{Image} ended",
    6: "the driver {ImageLoaded} was loaded",
    7: "{Image} loaded {ImageLoaded}",
    8: "{SourceImage} started a thread in {TargetImage}",
    10: "{SourceImage} opened {TargetImage} with access {GrantedAccess}",
    11: "{Image} wrote the file {TargetFilename}",
    12: "{Image} did {EventType} on {TargetObject}",
    13: "{Image} set {TargetObject} to {Details}",
    15: "{Image} wrote the stream {TargetFilename}",
    17: "{Image} made the pipe {PipeName}",
    18: "{Image} opened the pipe {PipeName}",
    22: "{Image} looked up {QueryName}",
    23: "{Image} deleted {TargetFilename}",
    25: "{Image} was tampered with: {Type}",
}
_SYSTEM: Final[dict[int, str]] = {
    104: "{SubjectUserName} cleared a log",
    7045: "the service {ServiceName} was installed: {ImagePath}",
}
_POWERSHELL: Final[dict[int, str]] = {4104: "PowerShell ran {ScriptBlockText}"}
_TEMPLATES: Final[dict[str, dict[int, str]]] = {
    "security": _SECURITY,
    "sysmon": _SYSMON,
    "system": _SYSTEM,
    "powershell": _POWERSHELL,
}
_PROGRAM_FIELDS: Final = frozenset({"Image", "ParentImage", "SourceImage", "TargetImage"})


def summarise(flat: dict[str, FieldValue], *, service: str | None, event_id: int) -> str:
    """The line. A missing field reads "?"."""
    computer = as_text(flat.get("Computer")) or "a computer"
    template = _TEMPLATES.get(service or "", {}).get(event_id)
    if template is None:
        return f"{computer}: {as_text(flat.get('Channel'))} event {event_id}{_opening(flat)}"
    return f"{computer}: {template.format_map(_Names(flat))}"


def _opening(flat: dict[str, FieldValue]) -> str:
    lines = as_text(flat.get("Message")).strip().splitlines()
    return f": {lines[0]}" if lines else ""


class _Names(dict[str, str]):
    """Gives a template the event's fields as text, programs without their folders."""

    def __init__(self, flat: dict[str, FieldValue]) -> None:
        super().__init__()
        self._flat = flat

    def __missing__(self, name: str) -> str:
        text = as_text(self._flat.get(name)) or "?"
        return basename(text) if name in _PROGRAM_FIELDS else text
