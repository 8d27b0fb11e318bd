"""The shapes in which Entra ID and Azure write their logs, told apart and brought to one.

Shapes: Microsoft Graph (`createdDateTime`, `activityDisplayName`), diagnostic settings (Event Hub, storage: `category`
and `properties`), tables of Log Analytics (`Type`, columns in Pascal case, objects as JSON text), and the activity
log's REST and Event Grid form (`operationName.value`). Never interprets a value.
"""

from typing import Final, Literal

import msgspec

from watchfloor.normalise.cloud.reading import open_text
from watchfloor.normalise.event import FieldValue
from watchfloor.normalise.parsed import as_object, as_text

Kind = Literal["signin", "audit", "activity", "risk", "pim"]

_CATEGORIES: Final[dict[str, Kind]] = {
    "SignInLogs": "signin",
    "NonInteractiveUserSignInLogs": "signin",
    "ServicePrincipalSignInLogs": "signin",
    "ManagedIdentitySignInLogs": "signin",
    "ADFSSignInLogs": "signin",
    "AuditLogs": "audit",
    "UserRiskEvents": "risk",
    "ServicePrincipalRiskEvents": "risk",
    "RiskyUsers": "risk",
    "Administrative": "activity",
    "Security": "activity",
    "Policy": "activity",
    "Alert": "activity",
    "Autoscale": "activity",
    "Recommendation": "activity",
    "ServiceHealth": "activity",
    "ResourceHealth": "activity",
}
_TABLES: Final[dict[str, Kind]] = {
    "SigninLogs": "signin",
    "AADNonInteractiveUserSignInLogs": "signin",
    "AADServicePrincipalSignInLogs": "signin",
    "AADManagedIdentitySignInLogs": "signin",
    "ADFSSignInLogs": "signin",
    "AuditLogs": "audit",
    "AADUserRiskEvents": "risk",
    "AADServicePrincipalRiskEvents": "risk",
    "AADRiskyUsers": "risk",
    "AzureActivity": "activity",
}
_JSON_COLUMNS: Final = (
    "Status",
    "DeviceDetail",
    "LocationDetails",
    "MfaDetail",
    "AuthenticationDetails",
    "InitiatedBy",
    "TargetResources",
    "AdditionalDetails",
    "Authorization",
    "Claims",
    "HTTPRequest",
    "Properties",
)


class AzureRecord(msgspec.Struct, frozen=True):
    """One record. `fields` is the event as it came; `inner` is where the record's own names stand.

    `inner` is `fields` itself, or its `properties`. Names are looked up with `get`, because the shapes differ in case.
    """

    kind: Kind
    fields: dict[str, FieldValue]
    inner: dict[str, FieldValue]
    folded: dict[str, FieldValue]

    def get(self, *names: str) -> FieldValue:
        """The first of these names (in lower case) that has a value; the record's own names before the envelope's."""
        for name in names:
            value = self.folded.get(name)
            if value is not None and value != "":
                return value
        return None

    def text(self, *names: str) -> str:
        """The first of these names that has a scalar, as text."""
        for name in names:
            text = as_text(self.folded.get(name))
            if text:
                return text
        return ""

    def object(self, *names: str) -> dict[str, FieldValue]:
        """The first of these names, if it is an object; else an empty one."""
        return as_object(self.get(*names))


def recognise(fields: dict[str, FieldValue]) -> AzureRecord | None:
    """The record, if this is one of Entra ID or Azure."""
    kind = _kind(fields)
    if kind is None:
        return None
    if "TimeGenerated" in fields:
        open_text(fields, *_JSON_COLUMNS)
    open_text(fields, "properties", "identity", "operationName")
    properties = fields.get("properties")
    in_properties = isinstance(properties, dict) and "category" in fields and kind != "activity"
    inner = as_object(properties) if in_properties else fields
    folded = {name.lower(): value for name, value in reversed(fields.items())}
    if in_properties:
        folded.update((name.lower(), value) for name, value in reversed(inner.items()))
    return AzureRecord(kind, fields, inner, folded)


def _kind(fields: dict[str, FieldValue]) -> Kind | None:
    category = fields.get("category")
    if isinstance(category, str) and "operationName" in fields and ("resourceId" in fields or "tenantId" in fields):
        kind = _CATEGORIES.get(category)
        if kind is not None:
            return kind
    return _table_kind(fields) if "TimeGenerated" in fields else _graph_kind(fields)


def _table_kind(fields: dict[str, FieldValue]) -> Kind | None:
    """The kind of a row of a table. A query may have given `Type` another meaning; then columns tell."""
    table = fields.get("Type")
    if isinstance(table, str) and table in _TABLES:
        return _TABLES[table]
    if "TargetResources" in fields and "InitiatedBy" in fields:
        return "audit"
    if "AppDisplayName" in fields and "ResultType" in fields:
        return "signin"
    return "activity" if "OperationNameValue" in fields and "CategoryValue" in fields else None


def _graph_kind(fields: dict[str, FieldValue]) -> Kind | None:
    """The kind of a record of Graph, or of an activity log without category and table."""
    if "activityDisplayName" in fields and "activityDateTime" in fields:
        return "audit"
    if "createdDateTime" in fields and "appDisplayName" in fields and "ipAddress" in fields:
        return "signin"
    if "riskEventType" in fields and ("riskLevel" in fields or "riskState" in fields):
        return "risk"
    if _is_activity(fields):
        return "activity"
    return "pim" if _odata_type(fields).endswith("AlertIncident") else None


def _is_activity(fields: dict[str, FieldValue]) -> bool:
    return "eventTimestamp" in fields and "resourceId" in fields and isinstance(fields.get("operationName"), dict)


def _odata_type(fields: dict[str, FieldValue]) -> str:
    text = fields.get("@odata.type")
    return text if isinstance(text, str) and text.startswith("#microsoft.graph.") else ""
