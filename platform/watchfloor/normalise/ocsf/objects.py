"""The objects that OCSF's classes are made of, from an event's envelope. One that would lack what it must have is None.

Owns each object's form (OCSF 1.8.0, folder `objects`). Never invents a value.
"""

from typing import Final, TypeAlias

from watchfloor.normalise.entities import EntityList
from watchfloor.normalise.envelope.envelope import Envelope, value_at
from watchfloor.normalise.event import Event, FieldValue
from watchfloor.normalise.parsed import as_text

Made: TypeAlias = dict[str, FieldValue]

_OS: Final = {"windows": (100, "Windows"), "linux": (200, "Linux"), "macos": (300, "macOS")}
_ALGORITHMS: Final = (("md5", 1, "MD5"), ("sha1", 2, "SHA-1"), ("sha256", 3, "SHA-256"))


def device(event: Event, envelope: Envelope) -> Made | None:
    """The machine on which it happened."""
    if envelope.host is None:
        return None
    made: Made = {"hostname": envelope.host, "type_id": 0}
    if envelope.host_id:
        made["uid"] = envelope.host_id
    products = (logsource.product for logsource in event.logsources)
    system = next((_OS[product] for product in products if product in _OS), None)
    if system is not None:
        made["os"] = {"type_id": system[0], "name": system[1]}
    return made


def user(name: str | None, *, realm: str | None = None, uid: str | None = None) -> Made | None:
    """An account."""
    made = _present({"name": name, "domain": realm, "uid": uid})
    if name and "@" in name:
        found = EntityList()
        found.email(name)
        if found.found():
            made["email_addr"] = name
    return made if name or uid else None


def actor(envelope: Envelope, *, process: Made | None = None) -> Made | None:
    """Who did it: an account, a process, or both."""
    account = user(envelope.user, realm=envelope.user_realm, uid=envelope.user_id)
    made = _present({"user": account, "process": process})
    return made or None


def endpoint(ip: str | None, port: int | None, *, host: str | None = None) -> Made | None:
    """One end of a connection."""
    made = _present({"ip": ip, "port": port, "hostname": host})
    return made if ip or host else None


def process(event: Event, envelope: Envelope) -> Made | None:
    """The process of the event."""
    made = _process(
        envelope.process_path,
        envelope.process_pid,
        uid=value_at(event.fields, "ProcessGuid"),
        name=envelope.process_name,
    )
    if made is None:
        return None
    if envelope.command_line:
        made["cmd_line"] = envelope.command_line
    folder = as_text(event.fields.get("CurrentDirectory"))
    if folder:
        made["working_directory"] = folder
    file = file_of(envelope.process_path, envelope)
    if file is not None:
        made["file"] = file
    parent = parent_of(event, envelope)
    if parent is not None:
        made["parent_process"] = parent
    account = user(envelope.user, realm=envelope.user_realm, uid=envelope.user_id)
    return made | _present({"user": account})


def parent_of(event: Event, envelope: Envelope) -> Made | None:
    """The process that started the event's."""
    made = _process(envelope.parent_path, envelope.parent_pid, uid=value_at(event.fields, "ParentProcessGuid"))
    command = as_text(event.fields.get("ParentCommandLine"))
    return made | _present({"cmd_line": command or None}) if made is not None else None


def target_process(event: Event) -> Made | None:
    """The process that another opened or wrote into, as Sysmon names it."""
    pid = as_text(event.fields.get("TargetProcessId"))
    uid = event.fields.get("TargetProcessGuid") or event.fields.get("TargetProcessGUID")
    path = as_text(event.fields.get("TargetImage"))
    return _process(path or None, int(pid) if pid.isdecimal() and len(pid) < 12 else None, uid=uid)


def source_process(event: Event) -> Made | None:
    """The process that did it, where Sysmon calls it the source."""
    pid = as_text(event.fields.get("SourceProcessId"))
    uid = event.fields.get("SourceProcessGuid") or event.fields.get("SourceProcessGUID")
    path = as_text(event.fields.get("SourceImage"))
    return _process(path or None, int(pid) if pid.isdecimal() and len(pid) < 12 else None, uid=uid)


def file_of(path: str | None, envelope: Envelope | None = None) -> Made | None:
    """A file by its path, with the event's digests if they are its own."""
    if not path:
        return None
    name = path.replace("\\", "/").rstrip("/").rpartition("/")[2]
    if not name:
        return None
    made: Made = {"name": name, "path": path, "type_id": 0}
    hashes: list[FieldValue] = []
    for attribute, algorithm, caption in _ALGORITHMS if envelope is not None else ():
        digest = getattr(envelope, attribute)
        if digest:
            hashes.append({"algorithm_id": algorithm, "algorithm": caption, "value": digest})
    if hashes:
        made["hashes"] = hashes
    return made


def request(event: Event) -> Made | None:
    """A web request."""
    fields = event.fields
    target, method = as_text(value_at(fields, "cs-uri")), as_text(fields.get("cs-method")).upper()
    host = as_text(value_at(fields, "cs-host"))
    address: Made = _present(
        {
            "path": as_text(fields.get("cs-uri-stem")) or None,
            "query_string": as_text(fields.get("c-uri-query")) or None,
            "hostname": host or None,
            "url_string": as_text(value_at(fields, "c-uri")) or target or None,
        }
    )
    made = _present(
        {
            "http_method": method or None,
            "user_agent": as_text(fields.get("cs-user-agent")) or None,
            "referrer": as_text(fields.get("cs-referer")) or None,
        }
    )
    if "url_string" in address or "path" in address:
        made["url"] = address
    return made or None


def response(event: Event) -> Made | None:
    """The answer to a web request."""
    status = event.fields.get("sc-status")
    return {"code": status} if isinstance(status, int) else None


def cloud(event: Event, envelope: Envelope) -> Made | None:
    """The cloud, and the account in it."""
    family = event.source.partition(".")[0]
    provider = {"aws": "AWS", "azure": "Azure", "entra": "Azure", "gcp": "GCP"}.get(family)
    if provider is None:
        return None
    kind = {"aws": 10, "gcp": 11}.get(family, 0)
    account: Made | None = {"uid": envelope.cloud_account, "type_id": kind} if envelope.cloud_account else None
    region = as_text(event.fields.get("awsRegion")) or as_text(event.fields.get("region"))
    return {"provider": provider, **_present({"account": account, "region": region or None})}


def _process(path: str | None, pid: int | None, *, uid: FieldValue, name: str | None = None) -> Made | None:
    if pid is None and not as_text(uid):
        return None
    short = name or (path.replace("\\", "/").rpartition("/")[2] if path else None)
    return _present({"pid": pid, "uid": as_text(uid) or None, "name": short or None, "path": path})


def _present(made: Made) -> Made:
    return {name: value for name, value in made.items() if value is not None}
