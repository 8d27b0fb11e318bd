"""Google Cloud's audit logs: one log entry with a `protoPayload`.

Adds the two spellings of Sigma's gcp.audit rules (`gcp.audit.method_name`, `data.protoPayload...`). Entries of Google
Workspace that Cloud Logging carries get Workspace's log sources too. Never judges a call.
"""

from typing import Final

from watchfloor.normalise.cloud.reading import named_values, objects, put, texts
from watchfloor.normalise.entities import EntityList
from watchfloor.normalise.event import Entity, FieldValue, LogSource
from watchfloor.normalise.parsed import Parsed, as_object, as_text
from watchfloor.normalise.timestamps import parse_time

SOURCE: Final = "gcp.audit"
PARSER: Final = "gcp.audit/1"

_AUDIT: Final = LogSource(product="gcp", service="gcp.audit")
_WORKSPACE: Final = frozenset({"admin", "login", "groups", "token", "saml", "drive", "user_accounts"})
LOGSOURCES: Final = (
    _AUDIT,
    *(LogSource(product="gcp", service=f"google_workspace.{name}") for name in sorted(_WORKSPACE)),
)
"""What its events belong to."""


def unwrap_gcp(fields: dict[str, FieldValue]) -> dict[str, FieldValue] | None:
    """The log entry, alone or under `data`; None if this is none."""
    data = fields.get("data")
    entry = data if isinstance(data, dict) and isinstance(data.get("protoPayload"), dict) else fields
    return entry if isinstance(entry.get("protoPayload"), dict) else None


def parse_gcp(fields: dict[str, FieldValue]) -> Parsed:
    """One entry."""
    payload = as_object(fields["protoPayload"])
    services = _add_names(fields, payload)
    return Parsed(
        source=SOURCE,
        logsources=(_AUDIT, *(LogSource(product="gcp", service=service) for service in services)),
        time=parse_time(fields.get("timestamp")),
        identity=_identity(fields),
        fields=fields,
        entities=_entities(fields, payload),
        summary=_summary(fields, payload),
        parser=PARSER,
    )


def _identity(fields: dict[str, FieldValue]) -> tuple[str, ...] | None:
    """The entry's own; an entry that was too large comes in parts, which share all of it but their number."""
    insert, split = as_text(fields.get("insertId")), as_object(fields.get("split"))
    if not insert:
        return None
    whole = ("gcp", as_text(fields.get("logName")), as_text(fields.get("timestamp")), insert)
    uid = as_text(split.get("uid"))
    return (*whole, uid, as_text(split.get("index")) or "0") if uid else whole


def _add_names(fields: dict[str, FieldValue], payload: dict[str, FieldValue]) -> list[str]:
    """Adds Sigma's names; gives the services of Workspace to which the entry belongs."""
    method, service = as_text(payload.get("methodName")), as_text(payload.get("serviceName"))
    log = as_text(fields.get("logName"))
    resource = as_object(fields.get("resource"))
    grants = list(objects(payload.get("authorizationInfo")))
    put(fields, "gcp.audit.method_name", method)
    put(fields, "data.protoPayload.methodName", method)
    put(fields, "data.protoPayload.serviceName", service)
    put(fields, "data.protoPayload.logName", [log, log.partition("/logs/")[2]] if log else None)
    put(fields, "data.protoPayload.resource.type", resource.get("type"))
    put(fields, "data.protoPayload.authorizationInfo.permission", [grant.get("permission") for grant in grants])
    put(fields, "data.protoPayload.authorizationInfo.granted", [grant.get("granted") for grant in grants])
    application = service.removesuffix(".googleapis.com")
    if application not in _WORKSPACE:
        return []
    happened = list(objects(as_object(payload.get("metadata")).get("event")))
    put(fields, "eventService", service)
    put(fields, "eventName", [event.get("eventName") for event in happened])
    for event in happened:
        for name, value in named_values(event.get("parameter"), name="name", value="value").items():
            put(fields, name.lower(), value)
    return [f"google_workspace.{application}"]


def _entities(fields: dict[str, FieldValue], payload: dict[str, FieldValue]) -> tuple[Entity, ...]:
    found = EntityList()
    who = as_object(payload.get("authenticationInfo"))
    for name in (who.get("principalEmail"), _subject(who)):
        if as_text(name) and not as_text(name).startswith("system:"):
            found.user(name)
            found.email(name)
    found.ip(as_object(payload.get("requestMetadata")).get("callerIp"))
    labels = as_object(as_object(fields.get("resource")).get("labels"))
    found.host(labels.get("instance_id"))
    found.project(labels.get("project_id"))
    return found.found()


def _subject(who: dict[str, FieldValue]) -> str:
    """The subject of a federated identity, without its kind: `serviceAccount:a@b` and the like."""
    subject = as_text(who.get("principalSubject"))
    return subject.partition(":")[2] if "@" in subject else ""


def _summary(fields: dict[str, FieldValue], payload: dict[str, FieldValue]) -> str:
    who = as_object(payload.get("authenticationInfo"))
    name = as_text(who.get("principalEmail")) or as_text(who.get("principalSubject")) or "Someone"
    status = as_object(payload.get("status"))
    failed = bool(status.get("code"))
    where = as_text(as_object(payload.get("requestMetadata")).get("callerIp"))
    what = as_text(payload.get("methodName")) or next(iter(texts(fields.get("eventName"))), "a method")
    on = as_text(payload.get("resourceName"))
    return (
        f"{name} {'failed to call' if failed else 'called'} {what}{f' on {on}' if on else ''}"
        f"{f' from {where}' if where else ''}"
    )
