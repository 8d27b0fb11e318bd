"""Microsoft 365: records of the Management Activity API, and of the OfficeActivity table of Log Analytics.

Adds `eventSource`, `eventName` and `status` (the names of Sigma's threat_management and exchange rules), the values of
`ExtendedProperties` on the top level, and a cmdlet's parameters by name (`CmdletParameters`). Never judges a record.
"""

from typing import Final

from watchfloor.normalise.cloud.reading import first_text, named_values, objects, open_text, put, texts
from watchfloor.normalise.entities import EntityList
from watchfloor.normalise.event import Entity, FieldValue, LogSource
from watchfloor.normalise.parsed import Parsed, as_text
from watchfloor.normalise.timestamps import parse_time

SOURCE: Final = "m365"
PARSER: Final = "m365/1"

_JSON_COLUMNS: Final = ("Parameters", "OperationProperties", "ExtendedProperties", "ModifiedProperties", "Folders")
_SERVICES: Final = {
    "exchange": ("exchange",),
    "securitycompliancecenter": ("threat_management", "threat_detection"),
    "threatintelligence": ("threat_management", "threat_detection"),
}
LOGSOURCES: Final = tuple(
    LogSource(product="m365", service=service)
    for service in ("audit", *sorted({name for names in _SERVICES.values() for name in names}))
)
"""What its events belong to."""

_GOOD: Final = frozenset({"success", "succeeded", "true", "partiallysucceeded", "0"})
_ADDRESS_FIELDS: Final = ("ClientIP", "ClientIPAddress", "ActorIpAddress", "Client_IPAddress", "SenderIp")


def is_m365(fields: dict[str, FieldValue]) -> bool:
    """Whether an object is a record of Microsoft 365."""
    if not isinstance(fields.get("Operation"), str):
        return False
    return ("Workload" in fields and ("RecordType" in fields or "CreationTime" in fields)) or (
        "OfficeWorkload" in fields and "TimeGenerated" in fields
    )


def parse_m365(fields: dict[str, FieldValue]) -> Parsed:
    """One record of the unified audit log."""
    if "OfficeWorkload" in fields:
        open_text(fields, *_JSON_COLUMNS)
        put(fields, "Workload", fields["OfficeWorkload"])
    workload = as_text(fields.get("Workload"))
    _add_names(fields, workload)
    record_id = first_text(fields, "Id", "OfficeId")
    services = ("audit", *_SERVICES.get(workload.lower(), ()))
    return Parsed(
        source=SOURCE,
        logsources=tuple(LogSource(product="m365", service=service) for service in services),
        time=parse_time(fields.get("CreationTime") or fields.get("TimeGenerated")),
        identity=("m365", record_id) if record_id else None,
        fields=fields,
        entities=_entities(fields),
        summary=_summary(fields, workload),
        parser=PARSER,
    )


def _add_names(fields: dict[str, FieldValue], workload: str) -> None:
    put(fields, "eventSource", workload)
    operation = as_text(fields.get("Operation"))
    is_alert = operation in {"AlertTriggered", "AlertEntityGenerated", "AlertUpdated"}
    put(fields, "eventName", (as_text(fields.get("Name")) if is_alert else "") or operation)
    result = as_text(fields.get("ResultStatus")).lower()
    fields.setdefault("status", "success" if not result or result in _GOOD else "failure")
    for name, value in named_values(fields.get("ExtendedProperties"), name="Name", value="Value").items():
        put(fields, name, value)
    parameters = named_values(fields.get("Parameters"), name="Name", value="Value")
    if parameters:
        fields.setdefault("CmdletParameters", dict(parameters))


def _entities(fields: dict[str, FieldValue]) -> tuple[Entity, ...]:
    found = EntityList()
    for name in ("UserId", "MailboxOwnerUPN"):
        user = as_text(fields.get(name))
        if "@" in user or "\\" in user:
            found.user(user)
            found.email(user)
    for target in objects(fields.get("Target")):
        found.email(target.get("ID"))
    for recipient in texts(fields.get("Recipients")):
        found.email(recipient)
    found.email(fields.get("P2Sender"))
    for name in _ADDRESS_FIELDS:
        found.ip(fields.get(name))
    found.account(fields.get("OrganizationId"))
    return found.found()


def _summary(fields: dict[str, FieldValue], workload: str) -> str:
    who = as_text(fields.get("UserId")) or "Someone"
    what = first_text(fields, "Name", "ObjectId", "SourceFileName", "OfficeObjectId")
    where = next((text for name in _ADDRESS_FIELDS if (text := as_text(fields.get(name)))), "")
    failed = "" if fields.get("status") == "success" else " (failed)"
    return (
        f"{who}: {as_text(fields.get('Operation'))} in {workload}{f', {what}' if what else ''}"
        f"{f' from {where}' if where else ''}{failed}"
    )
