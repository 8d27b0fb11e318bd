"""Azure's activity log: what was done to resources of a subscription.

Adds `operationName`, `CategoryValue`, `OperationNameValue`, `ResourceProviderValue` and `ResourceId` where a shape
writes them otherwise: Sigma's activitylogs rules use all of them. Never reads the changed resource.
"""

import re
from typing import Final

from watchfloor.normalise.cloud.azure_shapes import AzureRecord
from watchfloor.normalise.cloud.reading import put
from watchfloor.normalise.entities import EntityList
from watchfloor.normalise.event import Entity, FieldValue, LogSource
from watchfloor.normalise.parsed import Parsed, as_object, as_text
from watchfloor.normalise.timestamps import parse_time

SOURCE: Final = "azure.activity"
PARSER: Final = "azure.activity/1"

LOGSOURCES: Final = (LogSource(product="azure", service="activitylogs"),)
"""What its events belong to."""
_SUBSCRIPTION: Final = re.compile(r"/subscriptions/([0-9a-f\-]{36})(?:/|$)", re.IGNORECASE)
_PROVIDER: Final = re.compile(r"/providers/([\w.]{1,100})/", re.IGNORECASE)
_NAME_CLAIMS: Final = (
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
    "name",
    "appid",
)


def parse_activity(record: AzureRecord) -> Parsed:
    """One operation on a resource, or one of its stages."""
    operation = _value(record, "operationnamevalue", "operationname")
    _add_names(record, operation)
    event_id = record.text("eventdataid")
    return Parsed(
        source=SOURCE,
        logsources=LOGSOURCES,
        time=parse_time(record.get("eventtimestamp", "time", "timegenerated")),
        identity=("azure.activity", event_id) if event_id else None,
        fields=record.fields,
        entities=_entities(record),
        summary=_summary(record, operation),
        parser=PARSER,
    )


def _add_names(record: AzureRecord, operation: str) -> None:
    fields = record.fields
    resource = record.text("resourceid", "_resourceid")
    own = fields.get("operationName")
    fields["operationName"] = [own, operation] if isinstance(own, dict) else operation or own
    put(fields, "OperationNameValue", operation)
    put(fields, "CategoryValue", _value(record, "categoryvalue", "category"))
    put(fields, "ResourceId", resource)
    provider = _value(record, "resourceprovidervalue", "resourceprovidername")
    if not provider:
        named = _PROVIDER.search(resource)
        provider = named[1] if named else operation.partition("/")[0]
    put(fields, "ResourceProviderValue", provider)
    put(fields, "Caller", _caller(record))
    put(fields, "CallerIpAddress", _address(record))
    put(fields, "ActivityStatusValue", _value(record, "activitystatusvalue", "resulttype", "status"))


def _value(record: AzureRecord, *names: str) -> str:
    """The first of these names, as text; `{value, localizedValue}` stands for its value."""
    for name in names:
        value = record.folded.get(name)
        text = as_text(as_object(value).get("value") if isinstance(value, dict) else value)
        if text:
            return text
    return ""


def _claims(record: AzureRecord) -> dict[str, FieldValue]:
    return record.object("claims") or as_object(record.object("identity").get("claims"))


def _caller(record: AzureRecord) -> str:
    claims = _claims(record)
    own = record.text("caller")
    return own or next((text for name in _NAME_CLAIMS if (text := as_text(claims.get(name)))), "")


def _address(record: AzureRecord) -> str:
    request = record.object("httprequest")
    return (
        record.text("calleripaddress")
        or as_text(request.get("clientIpAddress"))
        or as_text(_claims(record).get("ipaddr"))
    )


def _entities(record: AzureRecord) -> tuple[Entity, ...]:
    found = EntityList()
    caller = _caller(record)
    found.user(caller)
    found.email(caller)
    found.ip(_address(record))
    subscription = _SUBSCRIPTION.match(record.text("resourceid", "_resourceid"))
    found.account(subscription[1] if subscription else record.text("subscriptionid"))
    return found.found()


def _summary(record: AzureRecord, operation: str) -> str:
    resource = record.text("resourceid", "_resourceid").rpartition("/")[2]
    status = as_text(record.fields.get("ActivityStatusValue"))
    where = _address(record)
    return (
        f"{_caller(record) or 'Someone'}: {operation or 'an operation'}{f' on {resource}' if resource else ''}"
        f"{f' from {where}' if where else ''}{f' ({status})' if status else ''}"
    )
