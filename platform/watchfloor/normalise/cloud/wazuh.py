"""Wazuh: alerts and archived events of version 4, findings and events of version 5.

An alert that carries an event of Windows, CloudTrail, Microsoft 365, GitHub or Google Cloud (`data.win`, `data.aws`,
...) becomes that event as well, so that the rules for it see it. Owns the way back from Wazuh's names to Windows'.
Never takes Wazuh's verdict for ours.
"""

from typing import Final

from watchfloor.normalise.cloud.gcp import parse_gcp
from watchfloor.normalise.cloud.github import is_github, parse_github
from watchfloor.normalise.cloud.m365 import is_m365, parse_m365
from watchfloor.normalise.cloud.reading import first_text, put, texts
from watchfloor.normalise.cloudtrail import is_cloudtrail, parse_cloudtrail
from watchfloor.normalise.entities import EntityList
from watchfloor.normalise.event import Entity, FieldValue, LogSource
from watchfloor.normalise.parsed import Parsed, as_object, as_text
from watchfloor.normalise.timestamps import parse_time
from watchfloor.normalise.windows.parser import parse_windows
from watchfloor.normalise.windows.shapes import flatten

SOURCE: Final = "wazuh"
PARSER: Final = "wazuh/1"

_LOGSOURCE: Final = LogSource(product="wazuh")
LOGSOURCES: Final = (_LOGSOURCE,)
"""What its events belong to, beside those of the Windows events that alerts carry."""

_HEADER: Final = {
    "EventID": "eventID",
    "Channel": "channel",
    "Computer": "computer",
    "Provider_Name": "providerName",
    "SystemTime": "systemTime",
    "EventRecordID": "eventRecordID",
    "Execution_ProcessID": "processID",
    "Execution_ThreadID": "threadID",
    "Level": "level",
    "Task": "task",
    "Opcode": "opcode",
    "Keywords": "keywords",
    "Message": "message",
}
_ADDRESSES: Final = ("srcip", "src_ip", "dstip", "dest_ip", "srcIp")
_ECS_ADDRESSES: Final = ("source", "destination", "client")


def parse_wazuh(fields: dict[str, FieldValue]) -> Parsed | None:
    """One alert, finding or event; None if this is none of Wazuh's."""
    own = fields.get("wazuh")
    if isinstance(own, dict) and ("agent" in own or "rule" in own):
        return _version_5(fields, own)
    if "agent" in fields and "manager" in fields and ("decoder" in fields or "rule" in fields):
        return _version_4(fields)
    return None


def _version_4(fields: dict[str, FieldValue]) -> Parsed:
    carried = _carried(as_object(fields.get("data")))
    agent, rule = as_object(fields.get("agent")), as_object(fields.get("rule"))
    alert_id = as_text(fields.get("id"))
    # The alert's id counts within its manager and tells an alert from the archived event; the location does too.
    manager = as_text(as_object(fields.get("manager")).get("name"))
    identity = ("wazuh", manager, alert_id, as_text(rule.get("id"))) if alert_id else None
    merged = fields
    if carried is not None:
        merged = dict(carried.fields)
        for name, value in fields.items():
            merged.setdefault(name, value)
    found = _wazuh_entities(fields, agent)
    what = as_text(rule.get("description")) or as_text(fields.get("full_log")) or "an event"
    return Parsed(
        source=SOURCE,
        logsources=(_LOGSOURCE, *(carried.logsources if carried is not None else ())),
        time=parse_time(fields.get("timestamp")) or parse_time(fields.get("@timestamp")),
        identity=identity,
        fields=merged,
        entities=tuple(dict.fromkeys((*(carried.entities if carried is not None else ()), *found))),
        summary=f"Wazuh, level {as_text(rule.get('level')) or 'none'}, {as_text(agent.get('name'))}: {what}",
        parser=PARSER,
    )


def _carried(data: dict[str, FieldValue]) -> Parsed | None:
    """The event inside of an alert, as its own parser understood it."""
    trail, office = as_object(data.get("aws")), as_object(data.get("office365"))
    entry, log = as_object(data.get("github")), as_object(data.get("gcp"))
    if "win" in data:
        return _windows(as_object(data["win"]))
    if is_cloudtrail(trail):
        return parse_cloudtrail(trail)
    if is_m365(office):
        return parse_m365(office)
    if is_github(entry):
        return parse_github(entry)
    return parse_gcp(log) if isinstance(log.get("protoPayload"), dict) else None


def _windows(event: dict[str, FieldValue]) -> Parsed | None:
    system = as_object(event.get("system"))
    if not system:
        return None
    flat: dict[str, FieldValue] = {}
    for name, theirs in _HEADER.items():
        put(flat, name, system.get(theirs))
    for name, value in as_object(event.get("eventdata")).items():
        flat.setdefault(_restored(name), value)
    found = flatten(flat)
    return parse_windows(found) if found is not None else None


def _restored(name: str) -> str:
    """Windows' name of which Wazuh made the first letter small. Rules do not mind the case of the rest."""
    return name[:1].upper() + name[1:]


def _wazuh_entities(fields: dict[str, FieldValue], agent: dict[str, FieldValue]) -> tuple[Entity, ...]:
    found = EntityList()
    if as_text(agent.get("id")) != "000":
        found.host(agent.get("name"))
    data = as_object(fields.get("data"))
    for name in ("dstuser", "srcuser", "user"):
        found.user(data.get(name))
    for name in _ADDRESSES:
        found.ip(data.get(name))
    file = as_object(fields.get("syscheck"))
    for name in ("sha256_after", "sha1_after", "md5_after"):
        found.hash(file.get(name))
    found.file(file.get("path"))
    return found.found()


def _version_5(fields: dict[str, FieldValue], own: dict[str, FieldValue]) -> Parsed:
    agent, rule = as_object(own.get("agent")), as_object(own.get("rule"))
    event, host = as_object(fields.get("event")), as_object(fields.get("host"))
    found = EntityList()
    found.host(first_text(host, "hostname", "name") or as_text(as_object(agent.get("host")).get("hostname")))
    user = as_object(fields.get("user"))
    found.user(user.get("name"), realm=user.get("domain"))
    for name in _ECS_ADDRESSES:
        found.ip(as_object(fields.get(name)).get("ip"))
    related = as_object(fields.get("related"))
    for address in texts(related.get("ip")):
        found.ip(address)
    file = as_object(fields.get("file"))
    for digest in texts(list(as_object(file.get("hash")).values())):
        found.hash(digest)
    found.file(file.get("path"))
    finding = as_object(own.get("finding"))
    finding_id = as_text(finding.get("id"))
    level = as_text(rule.get("level")) or "no level"
    what = as_text(rule.get("title")) or as_text(event.get("action")) or as_text(event.get("original")) or "an event"
    return Parsed(
        source=SOURCE,
        logsources=(_LOGSOURCE,),
        time=parse_time(fields.get("@timestamp")),
        identity=("wazuh", finding_id) if finding_id else None,
        fields=fields,
        entities=found.found(),
        summary=f"Wazuh, {level}, {as_text(agent.get('name'))}: {what}",
        parser=PARSER,
    )
