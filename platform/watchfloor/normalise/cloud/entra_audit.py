"""Entra ID's directory audit: users, groups, roles, applications, policies, devices.

Adds the names under which Sigma's auditlogs rules look, and what each changed property was and is now, by its name
(`oldValues`, `newValues`). Never judges a change.
"""

from typing import Final

from watchfloor.normalise.body import read_embedded
from watchfloor.normalise.cloud.azure_shapes import AzureRecord
from watchfloor.normalise.cloud.reading import MOST_OBJECTS, objects, put
from watchfloor.normalise.entities import EntityList
from watchfloor.normalise.event import Entity, FieldValue, LogSource
from watchfloor.normalise.parsed import Parsed, as_object, as_text
from watchfloor.normalise.timestamps import parse_time

SOURCE: Final = "entra.audit"
PARSER: Final = "entra.audit/1"

LOGSOURCES: Final = (LogSource(product="azure", service="auditlogs"),)
"""What its events belong to."""
_LIFTED: Final = (
    "activityDisplayName",
    "initiatedBy",
    "targetResources",
    "additionalDetails",
    "loggedByService",
    "result",
    "resultReason",
    "operationType",
)


def parse_audit(record: AzureRecord) -> Parsed:
    """One change in the directory, or the try of one."""
    activity = record.text("activitydisplayname", "operationname").strip()
    _add_names(record, activity)
    audit_id = record.text("id")
    return Parsed(
        source=SOURCE,
        logsources=LOGSOURCES,
        time=parse_time(record.get("activitydatetime", "time", "timegenerated")),
        identity=("entra.audit", audit_id) if audit_id else None,
        fields=record.fields,
        entities=_entities(record),
        summary=_summary(record, activity),
        parser=PARSER,
    )


def _add_names(record: AzureRecord, activity: str) -> None:
    fields = record.fields
    present = {name.lower() for name in fields}
    for name in _LIFTED:
        if name.lower() not in present:
            put(fields, name, record.folded.get(name.lower()))
    changes = list(_changes(record))
    for name, put_name in (("operationname", "operationName"), ("activitytype", "activityType")):
        if name not in present:
            put(fields, put_name, activity)
    category = record.text("category")
    if category:
        fields["Category"] = category
        fields["category"] = [*dict.fromkeys((as_text(fields.get("category")) or category, category))]
    reason = record.text("resultreason", "resultdescription")
    put(fields, "failure_status_reason", reason)
    result = record.text("result")
    put(fields, "Status", [word for word in (result, reason) if word])
    put(fields, "properties.message", _messages(activity, changes))
    if record.inner is fields:
        put(fields, "properties.result", result)
        put(fields, "properties.targetResources", record.get("targetresources"))
    _add_changes(fields, changes)
    _add_details(record)


def _messages(activity: str, changes: list[dict[str, FieldValue]]) -> list[FieldValue]:
    """The activity; and the change of a user's type in the form in which a rule quotes it."""
    messages: list[FieldValue] = [activity] if activity else []
    for change in changes:
        if as_text(_of(change, "displayName")) == "UserType":
            old, new = (as_text(_of(change, name)).replace('"', r"\"") for name in ("oldValue", "newValue"))
            messages.append(f'"displayName":"UserType","oldValue":"{old}","newValue":"{new}"')
    return messages


def _changes(record: AzureRecord) -> list[dict[str, FieldValue]]:
    found: list[dict[str, FieldValue]] = []
    for target in objects(record.get("targetresources")):
        found.extend(objects(_of(target, "modifiedProperties")))
    return found[:MOST_OBJECTS]


def _add_changes(fields: dict[str, FieldValue], changes: list[dict[str, FieldValue]]) -> None:
    old: dict[str, list[FieldValue]] = {}
    new: dict[str, list[FieldValue]] = {}
    for change in changes:
        name = as_text(_of(change, "displayName"))
        if name:
            old.setdefault(name, []).append(_bare(_of(change, "oldValue")))
            new.setdefault(name, []).append(_bare(_of(change, "newValue")))
    for side, values in (("oldValues", old), ("newValues", new)):
        if values and side not in fields:
            fields[side] = {name: found[0] if len(found) == 1 else found for name, found in values.items()}
    for name, found in new.items():
        if name.startswith("ConsentContext."):
            put(fields, name, found)


def _bare(value: FieldValue) -> FieldValue:
    """A property's value: Entra writes each as JSON text, a name with its quotes."""
    if not isinstance(value, str):
        return value
    if len(value) >= 2 and value[0] == value[-1] == '"':
        return value[1:-1].replace(r"\"", '"')
    return read_embedded(value) or value


def _add_details(record: AzureRecord) -> None:
    for detail in objects(record.get("additionaldetails")):
        key = as_text(detail.get("key"))
        if key.lower() == "additionalinfo":
            put(record.fields, "additionalDetails.additionalInfo", detail.get("value"))
        elif key.lower() == "user-agent":
            put(record.fields, "userAgent", detail.get("value"))


def _of(node: dict[str, FieldValue], name: str) -> FieldValue:
    """A property in Graph's case, or in the Pascal case of exports."""
    return node[name] if name in node else node.get(name[:1].upper() + name[1:])


def _entities(record: AzureRecord) -> tuple[Entity, ...]:
    found = EntityList()
    initiator = record.object("initiatedby")
    user, app = as_object(initiator.get("user")), as_object(initiator.get("app"))
    found.user(user.get("userPrincipalName"))
    found.email(user.get("userPrincipalName"))
    found.user(app.get("displayName"))
    for target in objects(record.get("targetresources")):
        found.user(_of(target, "userPrincipalName"))
        found.email(_of(target, "userPrincipalName"))
        if as_text(_of(target, "type")) == "Device":
            found.host(_of(target, "displayName"))
    found.ip(user.get("ipAddress"))
    found.account(record.text("aadtenantid", "tenantid"))
    return found.found()


def _summary(record: AzureRecord, activity: str) -> str:
    initiator = record.object("initiatedby")
    user, app = as_object(initiator.get("user")), as_object(initiator.get("app"))
    who = as_text(user.get("userPrincipalName")) or as_text(app.get("displayName")) or "Someone"
    targets = [
        name
        for target in objects(record.get("targetresources"))
        if (name := as_text(_of(target, "userPrincipalName")) or as_text(_of(target, "displayName")))
    ]
    outcome = "" if record.text("result").lower() in {"success", ""} else f", result: {record.text('result')}"
    named = f" ({', '.join(targets[:3])})" if targets else ""
    return f"{who}: {activity or 'a change'}{named}{outcome}"
