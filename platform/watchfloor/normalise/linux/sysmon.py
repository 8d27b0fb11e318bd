"""Sysmon for Linux: the XML that it writes to syslog, and the same event flattened by a shipper.

Owns its log sources (Sigma's taxonomy, Linux folder). The XML is read with patterns that know nothing of entities and
document types, because an attacker may write the text.
"""

import re
from html import unescape
from typing import Final

from watchfloor.normalise.body import clean_text
from watchfloor.normalise.entities import EntityList
from watchfloor.normalise.event import Entity, FieldValue, LogSource
from watchfloor.normalise.lines import Line, header_fields
from watchfloor.normalise.linux.entities import add_account, add_path
from watchfloor.normalise.parsed import Parsed, as_text
from watchfloor.normalise.timestamps import parse_time

SOURCE: Final = "linux.sysmon"
PARSER: Final = "linux.sysmon/1"
MAX_FIELDS: Final = 128

_CATEGORIES: Final = {
    1: "process_creation",
    3: "network_connection",
    4: "sysmon_status",
    5: "process_termination",
    9: "raw_access_thread",
    10: "process_access",
    11: "file_event",
    16: "sysmon_status",
    23: "file_delete",
    255: "sysmon_error",
}
LOGSOURCES: Final = tuple(
    LogSource(product="linux", category=category, service="sysmon")
    for category in (None, *dict.fromkeys(_CATEGORIES.values()))
)
_DATA: Final = re.compile(r'<Data Name="([A-Za-z0-9_]{1,64})">([^<]*)</Data>')
_ELEMENT: Final = re.compile(r"<(EventID|Version|Level|Task|EventRecordID|Channel|Computer)>([^<]{0,255})</")
_TIME: Final = re.compile(r'<TimeCreated SystemTime="([^"<]{1,64})"')
_HASHES: Final = {"MD5": "md5", "SHA1": "sha1", "SHA256": "sha256"}


def is_linux_sysmon(channel: str) -> bool:
    """Whether a Windows-like event's channel is that of Sysmon for Linux."""
    return channel.lower().startswith("linux-sysmon")


def parse_sysmon_line(line: Line) -> Parsed | None:
    """An event written as XML; None if the line is none."""
    if not line.message.lstrip().startswith("<Event>") or "Linux-Sysmon" not in line.message[:512]:
        return None
    header, _, data = line.message.partition("<EventData>")
    fields: dict[str, FieldValue] = {"Provider_Name": "Linux-Sysmon"}
    for name, value in _ELEMENT.findall(header):
        fields[name] = clean_text(unescape(value))
    written = _TIME.search(header)
    if written is not None:
        fields["SystemTime"] = written[1]
    for matched, _ in zip(_DATA.finditer(data), range(MAX_FIELDS), strict=False):
        fields.setdefault(matched[1], clean_text(unescape(matched[2])))
    number = as_text(fields.get("EventID"))
    if not number.isdecimal() or len(number) > 5:
        return None
    fields["EventID"] = int(number)
    for name, value in header_fields(line).items():
        if name != "message":
            fields.setdefault(name, value)
    return parse_sysmon(fields, event_id=int(number))


def parse_sysmon(fields: dict[str, FieldValue], *, event_id: int) -> Parsed:
    """A flat event with Sysmon's names. Adds the digests by their algorithm."""
    for part in as_text(fields.get("Hashes")).split(","):
        algorithm, _, digest = part.partition("=")
        if algorithm in _HASHES and digest:
            fields.setdefault(_HASHES[algorithm], digest)
    time = parse_time(fields.get("SystemTime")) or parse_time(fields.get("UtcTime"))
    host, record = as_text(fields.get("Computer")), as_text(fields.get("EventRecordID"))
    second = "" if time is None else str(int(time.timestamp()))
    return Parsed(
        source=SOURCE,
        logsources=(LogSource(product="linux", category=_CATEGORIES.get(event_id), service="sysmon"),),
        time=time,
        identity=("linux-sysmon", host.lower(), record, second) if host and record else None,
        fields=fields,
        entities=_entities(fields, host),
        summary=_summary(fields, event_id, host),
        parser=PARSER,
    )


def _entities(fields: dict[str, FieldValue], host: str) -> tuple[Entity, ...]:
    found = EntityList()
    found.host(host)
    add_account(found, fields.get("User"), host=host)
    for name in ("SourceIp", "DestinationIp"):
        found.ip(fields.get(name))
    found.domain(fields.get("DestinationHostname"))
    for name in _HASHES.values():
        found.hash(fields.get(name))
    for name in ("ProcessGuid", "ParentProcessGuid"):
        found.process(fields.get(name))
    add_path(found, fields.get("TargetFilename"))
    return found.found()


def _summary(fields: dict[str, FieldValue], event_id: int, host: str) -> str:
    user, image = as_text(fields.get("User")) or "someone", as_text(fields.get("Image"))
    if event_id == 1:
        return f"{user} ran {as_text(fields.get('CommandLine')) or image} on {host}"
    if event_id == 3:
        target = f"{as_text(fields.get('DestinationIp'))}:{as_text(fields.get('DestinationPort'))}"
        return f"{image} of {user} on {host} connected to {target}"
    what = as_text(fields.get("TargetFilename"))
    return f"Sysmon {event_id} on {host}: {image}{f' {what}' if what else ''}"
