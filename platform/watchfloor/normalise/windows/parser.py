"""Makes the parsed event of a flat Windows event: log sources, time, identity, entities and the line for people."""

from datetime import datetime
from typing import Final

from watchfloor.normalise.entities import EntityList
from watchfloor.normalise.event import Entity, FieldValue
from watchfloor.normalise.parsed import Parsed, as_text
from watchfloor.normalise.timestamps import parse_time
from watchfloor.normalise.windows.fixups import fix_up
from watchfloor.normalise.windows.logsources import logsources_of, service_of
from watchfloor.normalise.windows.shapes import FlatEvent
from watchfloor.normalise.windows.summary import summarise

PARSER: Final = "windows/1"

_TIME_FIELDS: Final = ("SystemTime", "TimeCreated", "@timestamp", "EventTime", "TimeGenerated", "UtcTime")
_LOGON_EVENTS: Final = frozenset({4624, 4625, 4634, 4647, 4648, 4768, 4769, 4770, 4771, 4776, 4778, 4779})
_ADDRESS_FIELDS: Final = (
    "IpAddress",
    "SourceIp",
    "DestinationIp",
    "SourceAddress",
    "DestAddress",
    "ClientAddress",
    "Address",
)
_HASH_FIELDS: Final = ("sha256", "sha1", "md5")


def parse_windows(event: FlatEvent) -> Parsed:
    """The parsed event. Adds Sigma's aliases to `event.fields` in place."""
    flat, event_id = event.fields, event.event_id
    service = service_of(event.channel)
    fix_up(flat, service=service, event_id=event_id)
    time = _time(flat)
    return Parsed(
        source=f"windows.{service}" if service is not None else "windows",
        logsources=logsources_of(service, event_id, as_text(flat.get("EventType")).lower()),
        time=time,
        identity=_identity(flat, time),
        fields=flat,
        entities=_entities(flat, event_id),
        summary=summarise(flat, service=service, event_id=event_id),
        parser=PARSER,
    )


def _time(flat: dict[str, FieldValue]) -> datetime | None:
    for name in _TIME_FIELDS:
        time = parse_time(flat.get(name))
        if time is not None:
            return time
    return None


def _identity(flat: dict[str, FieldValue], time: datetime | None) -> tuple[str, ...] | None:
    """Computer, channel and record number. The second is in it because a reinstalled machine counts from one again."""
    computer = as_text(flat.get("Computer")).lower()
    record = as_text(flat.get("EventRecordID"))
    if not computer or not record:
        return None
    second = "" if time is None else str(int(time.timestamp()))
    return ("windows", computer, as_text(flat.get("Channel")).lower(), record, second)


def _entities(flat: dict[str, FieldValue], event_id: int) -> tuple[Entity, ...]:
    found = EntityList()
    found.host(flat.get("Computer"))
    subject = ("SubjectUserName", "SubjectDomainName", "SubjectUserSid")
    target = ("TargetUserName", "TargetDomainName", "TargetUserSid")
    order = (target, subject) if event_id in _LOGON_EVENTS else (subject, target)
    for name, realm, sid in order:
        found.user(flat.get(name), realm=flat.get(realm), sid=flat.get(sid))
    for name in ("User", "SourceUser", "TargetUser", "AccountName"):
        found.user(flat.get(name))
    found.host(flat.get("WorkstationName"))
    for name in _ADDRESS_FIELDS:
        found.ip(flat.get(name))
    for name in _HASH_FIELDS:
        found.hash(flat.get(name))
    found.domain(flat.get("QueryName"))
    found.domain(flat.get("DestinationHostname"))
    for name in ("ProcessGuid", "SourceProcessGUID", "TargetProcessGUID", "ParentProcessGuid"):
        found.process(flat.get(name))
    found.file(flat.get("TargetFilename"))
    return found.found()
