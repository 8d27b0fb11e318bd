"""One event as an OCSF 1.8.0 document.

The class's own attributes are made of the envelope; everything that the source said stands under its own names in
`unmapped`. An event that lacks what its class demands is exported as a base event, so that no document breaks the
schema. Pure.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from watchfloor.normalise.envelope.envelope import Envelope, envelope_of, value_at
from watchfloor.normalise.event import Event, FieldValue
from watchfloor.normalise.ocsf import classes, objects
from watchfloor.normalise.ocsf.activities import activity_of
from watchfloor.normalise.ocsf.classes import VERSION, OcsfClass, class_of
from watchfloor.normalise.ocsf.objects import Made
from watchfloor.normalise.ocsf.products import product_of
from watchfloor.normalise.parsed import as_text

_ENCODER: Final = msgspec.json.Encoder()
_SEVERITIES: Final = ("Unknown", "Informational", "Low", "Medium", "High", "Critical", "Fatal")
_STATUSES: Final = {"success": (1, "Success"), "failure": (2, "Failure"), "unknown": (0, "Unknown")}
_HOST_CLASSES: Final = frozenset({1001, 1005, 1006, 1007, 1008, 2004})
"""Classes that have a device of their own; to others the host profile brings it."""

_RCODES: Final = {
    "NOERROR": 0, "FORMERR": 1, "SERVFAIL": 2, "NXDOMAIN": 3, "NOTIMP": 4, "REFUSED": 5, "YXDOMAIN": 6, "YXRRSET": 7,
    "NXRRSET": 8, "NOTAUTH": 9, "NOTZONE": 10,
}  # fmt: skip
_PROTOCOLS: Final = {"icmp": 1, "tcp": 6, "udp": 17, "gre": 47, "esp": 50, "icmp6": 58, "sctp": 132}
_SERVICES: Final = {"linux.sshd": "sshd", "linux.sudo": "sudo", "aws.cloudtrail": "signin.amazonaws.com"}


def document_of(event: Event, *, with_raw: bool = False) -> Made:
    """The document. `with_raw` adds the body as it came, in `raw_data`."""
    envelope = envelope_of(event)
    kind = class_of(event)
    own = _MAKERS[kind.uid](event, envelope) if kind.uid else {}
    if own is None:
        kind, own = classes.BASE, {}
    activity = activity_of(event, envelope, kind)
    document: Made = {
        "class_uid": kind.uid,
        "class_name": kind.name,
        "category_uid": kind.category_uid,
        "category_name": kind.category_name,
        "activity_id": activity,
        "type_uid": kind.uid * 100 + activity,
        "time": _milliseconds(event.time.timestamp()),
        "severity_id": envelope.severity,
        "severity": _SEVERITIES[envelope.severity],
        "message": event.summary,
        **_status(envelope, kind),
        **own,
    }
    profiles = _add_profiles(document, event, envelope, kind)
    document["metadata"] = _metadata(event, envelope, profiles)
    document["unmapped"] = event.fields
    if with_raw:
        document["raw_data"] = event.raw.decode("utf-8", errors="replace")
    return document


def line_of(event: Event, *, with_raw: bool = False) -> bytes:
    """The document as JSON on one line, without the line's end."""
    return _ENCODER.encode(document_of(event, with_raw=with_raw))


def _milliseconds(seconds: float) -> int:
    return int(seconds * 1000)


def _status(envelope: Envelope, kind: OcsfClass) -> Made:
    """Success or failure; for a finding the word means how far people are with it, which we do not know."""
    if kind is classes.FINDING:
        return {"status_id": 0}
    number, caption = _STATUSES[envelope.outcome]
    return {"status_id": number, "status": caption}


def _metadata(event: Event, envelope: Envelope, profiles: list[FieldValue]) -> Made:
    name, vendor = product_of(event.source)
    made: Made = {
        "version": VERSION,
        "product": {"name": name, "vendor_name": vendor},
        "uid": event.key.hex(),
        "log_name": event.source,
        "logged_time": _milliseconds(event.received_at.timestamp()),
        "log_version": f"{envelope.parser}/{envelope.parser_version}",
    }
    number = event.fields.get("EventID")
    if isinstance(number, int):
        made["event_code"] = str(number)
    if profiles:
        made["profiles"] = profiles
    return made


def _add_profiles(document: Made, event: Event, envelope: Envelope, kind: OcsfClass) -> list[FieldValue]:
    """What profiles add to every class: the machine and the actor, and the cloud."""
    profiles: list[FieldValue] = []
    if kind.uid not in _HOST_CLASSES:
        device = objects.device(event, envelope)
        if device is not None:
            document.setdefault("device", device)
            profiles.append("host")
    cloud = objects.cloud(event, envelope)
    if cloud is not None:
        document["cloud"] = cloud
        profiles.append("cloud")
    return profiles


def _process(event: Event, envelope: Envelope) -> Made | None:
    device, process = objects.device(event, envelope), objects.process(event, envelope)
    parent = objects.parent_of(event, envelope)
    if any(logsource.category in {"process_access", "create_remote_thread"} for logsource in event.logsources):
        parent, process = objects.source_process(event), objects.target_process(event)
    actor = objects.actor(envelope, process=parent)
    if device is None or process is None or actor is None:
        return None
    return {"device": device, "actor": actor, "process": process}


def _file(event: Event, envelope: Envelope) -> Made | None:
    device, file = objects.device(event, envelope), objects.file_of(envelope.file_path, envelope)
    actor = objects.actor(envelope, process=objects.process(event, envelope))
    return None if device is None or file is None or actor is None else {"device": device, "actor": actor, "file": file}


def _module(event: Event, envelope: Envelope) -> Made | None:
    device = objects.device(event, envelope)
    file = objects.file_of(as_text(event.fields.get("ImageLoaded")), envelope)
    actor = objects.actor(envelope, process=objects.process(event, envelope))
    if device is None or file is None or actor is None:
        return None
    return {"device": device, "actor": actor, "module": {"file": file, "load_type_id": 0}}


def _job(event: Event, envelope: Envelope) -> Made | None:
    device, actor = objects.device(event, envelope), objects.actor(envelope)
    if device is None or actor is None or not envelope.command_line:
        return None
    return {
        "device": device,
        "actor": actor,
        "job": {"name": envelope.command_line[:256], "cmd_line": envelope.command_line},
    }


def _event_log(event: Event, envelope: Envelope) -> Made | None:
    device, actor = objects.device(event, envelope), objects.actor(envelope)
    name = as_text(event.fields.get("Channel"))
    if device is None or not name:
        return None
    return {"device": device, "log_name": name, **({"actor": actor} if actor is not None else {})}


def _finding(event: Event, envelope: Envelope) -> Made | None:
    """Somebody else's detection. What rules of ours find is no event."""
    vendor_id = next((as_text(event.fields[name]) for name in ("id", "Id", "RayID") if event.fields.get(name)), "")
    made: Made = {
        "finding_info": {
            "uid": vendor_id[:256] or event.key.hex(),
            "title": event.summary,
            **({"types": [envelope.action]} if envelope.action else {}),
        },
        "is_alert": True,
    }
    source = objects.endpoint(envelope.src_ip, envelope.src_port)
    target = objects.endpoint(envelope.dst_ip, envelope.dst_port)
    account = objects.user(envelope.user, realm=envelope.user_realm, uid=envelope.user_id)
    file = objects.file_of(envelope.file_path, envelope)
    evidence = (("src_endpoint", source), ("dst_endpoint", target), ("user", account), ("file", file))
    found: Made = {name: value for name, value in evidence if value is not None}
    if found:
        made["evidences"] = [found]
    device = objects.device(event, envelope)
    if device is not None:
        made["device"] = device
    return made


def _account(event: Event, envelope: Envelope) -> Made | None:
    fields = event.fields
    name = as_text(fields.get("TargetUserName")) or as_text(value_at(fields, "targetResources.userPrincipalName"))
    name = name or as_text(value_at(fields, "target.alternateId"))
    target = objects.user(name or None, uid=as_text(fields.get("TargetSid")) or None)
    if target is None:
        return None
    made: Made = {"user": target}
    subject = objects.user(as_text(fields.get("SubjectUserName")) or None)
    actor = objects.actor(envelope) if subject is None else None
    if subject is not None:
        made["actor"] = {"user": subject}
    elif actor is not None:
        made["actor"] = actor
    return made


def _authentication(event: Event, envelope: Envelope) -> Made | None:
    name = as_text(event.fields.get("USER")) if event.source == "linux.sudo" else envelope.user
    realm, uid = (None, None) if event.source == "linux.sudo" else (envelope.user_realm, envelope.user_id)
    account = objects.user(name or None, realm=realm, uid=uid)
    if account is None:
        return None
    made: Made = {"user": account}
    service = _SERVICES.get(event.source) or as_text(event.fields.get("resourceDisplayName"))
    target = objects.endpoint(None, None, host=envelope.host)
    if event.source.startswith("windows") and target is not None:
        made["dst_endpoint"] = target
    else:
        made["service"] = {"name": service or product_of(event.source)[0]}
    source = objects.endpoint(envelope.src_ip, envelope.src_port)
    if source is not None:
        made["src_endpoint"] = source
    if event.source == "linux.sudo" and envelope.user:
        made["actor"] = {"user": {"name": envelope.user}}
    return made


def _ends(event: Event, envelope: Envelope) -> Made:
    made: Made = {}
    source = objects.endpoint(envelope.src_ip, envelope.src_port)
    target = objects.endpoint(envelope.dst_ip, envelope.dst_port)
    for name, end in (("src_endpoint", source), ("dst_endpoint", target)):
        if end is not None:
            made[name] = end
    protocol = as_text(event.fields.get("proto") or event.fields.get("Protocol")).lower()
    if protocol in _PROTOCOLS:
        number = _PROTOCOLS[protocol]
        made["connection_info"] = {"direction_id": 0, "protocol_name": protocol, "protocol_num": number}
    return made


def _traffic(event: Event, envelope: Envelope) -> Made | None:
    made = _ends(event, envelope)
    return made if "src_endpoint" in made or "dst_endpoint" in made else None


def _http(event: Event, envelope: Envelope) -> Made | None:
    made = _ends(event, envelope)
    request, response = objects.request(event), objects.response(event)
    if request is None and response is None:
        return None
    if request is not None:
        made["http_request"] = request
    if response is not None:
        made["http_response"] = response
    return made


def _dns(event: Event, envelope: Envelope) -> Made | None:
    made = _ends(event, envelope)
    name = as_text(value_at(event.fields, "QueryName")) or as_text(value_at(event.fields, "query"))
    if not name:
        return None
    kind = as_text(event.fields.get("record_type") or event.fields.get("qtype_name"))
    if not made.keys() & {"src_endpoint", "dst_endpoint"}:
        asker = objects.endpoint(None, None, host=envelope.host)
        if asker is None:
            return None
        made["src_endpoint"] = asker
    made["query"] = {"hostname": name, **({"type": kind} if kind else {})}
    code = as_text(event.fields.get("rcode") or event.fields.get("rcode_name")).upper()
    if code:
        made["rcode_id"] = _RCODES.get(code, int(code) if code in {"0", "1", "2", "3", "4", "5"} else 99)
        made["rcode"] = code
    return made


def _call(event: Event, envelope: Envelope) -> Made | None:
    actor, service = objects.actor(envelope), as_text(event.fields.get("eventSource") or event.fields.get("Workload"))
    address = as_text(event.fields.get("sourceIPAddress"))
    named: Made | None = {"svc_name": address[:256]} if address else None
    source = objects.endpoint(envelope.src_ip, envelope.src_port) or named
    if actor is None or source is None or not envelope.action:
        return None
    api: Made = {"operation": envelope.action}
    if service:
        api["service"] = {"name": service}
    made: Made = {"actor": actor, "api": api}
    made["src_endpoint"] = source
    return made


_MAKERS: Final[dict[int, Callable[[Event, Envelope], Made | None]]] = {
    classes.FILE.uid: _file,
    classes.MODULE.uid: _module,
    classes.JOB.uid: _job,
    classes.PROCESS.uid: _process,
    classes.EVENT_LOG.uid: _event_log,
    classes.FINDING.uid: _finding,
    classes.ACCOUNT.uid: _account,
    classes.AUTHENTICATION.uid: _authentication,
    classes.TRAFFIC.uid: _traffic,
    classes.HTTP.uid: _http,
    classes.DNS.uid: _dns,
    classes.SSH.uid: _traffic,
    classes.API.uid: _call,
}
