"""Google Workspace: one activity of the Reports API, with all its events.

Adds `eventService`, `eventName` and the events' parameters by name on the top level, as Sigma's google_workspace rules
expect, and the names under which Cloud Logging carries the same. Never splits an activity.
"""

from typing import Final

from watchfloor.normalise.cloud.reading import objects, put
from watchfloor.normalise.entities import EntityList
from watchfloor.normalise.event import Entity, FieldValue, LogSource
from watchfloor.normalise.parsed import Parsed, as_object, as_text
from watchfloor.normalise.timestamps import parse_time

SOURCE: Final = "google_workspace"
PARSER: Final = "google_workspace/1"

_APPLICATIONS: Final = frozenset(
    {
        "access_transparency", "admin", "calendar", "chat", "chrome", "context_aware_access", "data_studio", "drive",
        "gcp", "gmail", "groups", "groups_enterprise", "keep", "login", "meet", "mobile", "rules", "saml", "token",
        "user_accounts", "vault",
    }
)  # fmt: skip
_OTHER: Final = LogSource(product="gcp", service="google_workspace")
LOGSOURCES: Final = (
    _OTHER,
    *(LogSource(product="gcp", service=f"google_workspace.{name}") for name in sorted(_APPLICATIONS)),
)
"""What its events belong to: one log source an application, and one for those that we have no word for."""

_VALUES: Final = ("value", "multiValue", "boolValue", "intValue")
_OURS: Final = frozenset({"id", "kind", "etag", "actor", "events", "ipAddress", "ownerDomain"})


def is_workspace(fields: dict[str, FieldValue]) -> bool:
    """Whether an object is an activity of the Reports API."""
    place = fields.get("id")
    return isinstance(place, dict) and "applicationName" in place and isinstance(fields.get("events"), list)


def parse_workspace(fields: dict[str, FieldValue]) -> Parsed:
    """One activity."""
    place = as_object(fields["id"])
    application = as_text(place.get("applicationName")).lower()
    _add_names(fields, application)
    qualifier, time = as_text(place.get("uniqueQualifier")), as_text(place.get("time"))
    return Parsed(
        source=SOURCE,
        logsources=(_logsource(application),),
        time=parse_time(time),
        identity=("google_workspace", application, time, qualifier) if qualifier else None,
        fields=fields,
        entities=_entities(fields),
        summary=_summary(fields, application),
        parser=PARSER,
    )


def _logsource(application: str) -> LogSource:
    known = application in _APPLICATIONS
    return LogSource(product="gcp", service=f"google_workspace.{application}") if known else _OTHER


def _add_names(fields: dict[str, FieldValue], application: str) -> None:
    service = f"{application}.googleapis.com"
    names: list[FieldValue] = [event.get("name") for event in objects(fields["events"])]
    put(fields, "eventService", service)
    put(fields, "eventName", names)
    put(fields, "protoPayload.serviceName", service)
    put(fields, "protoPayload.metadata.event.eventName", list(names))
    found: dict[str, list[FieldValue]] = {}
    for event in objects(fields["events"]):
        for parameter in objects(event.get("parameters")):
            name = as_text(parameter.get("name")).lower()
            value = next((parameter[kind] for kind in _VALUES if kind in parameter), None)
            if name and name not in _OURS and value is not None:
                found.setdefault(name, []).append(value)
    for name, values in found.items():
        put(fields, name, values[0] if len(values) == 1 else values)


def _entities(fields: dict[str, FieldValue]) -> tuple[Entity, ...]:
    found = EntityList()
    for name in (as_object(fields.get("actor")).get("email"), fields.get("user_email")):
        found.user(name)
        found.email(name)
    found.ip(fields.get("ipAddress"))
    return found.found()


def _summary(fields: dict[str, FieldValue], application: str) -> str:
    actor = as_object(fields.get("actor"))
    who = as_text(actor.get("email")) or as_text(actor.get("key")) or "Someone"
    names = [as_text(event.get("name")) for event in objects(fields["events"])]
    where = as_text(fields.get("ipAddress"))
    return f"{who}: {', '.join(names[:4]) or 'an event'} in {application}{f' from {where}' if where else ''}"
