"""Entra ID and Azure: the same record in each of its shapes says the same, under Graph's names and Sigma's."""

from typing import Final

import msgspec
import pytest

from tests.unit.cloud_events import Fields, event_of, has, names, services
from watchfloor.detect.view import EventView
from watchfloor.normalise.event import Event, FieldValue, LogSource

TENANT: Final = "4f1d9c52-6b7e-4c1a-9a70-2f0e5d8b3c11"
USER: Final = "j.berger@nordwind.example"


def sign_in(**changes: FieldValue) -> Fields:
    return {
        "id": "aaaaaaaa-0000-4000-8000-000000000001",
        "createdDateTime": "2026-03-02T08:14:27Z",
        "userPrincipalName": USER,
        "appDisplayName": "OfficeHome",
        "ipAddress": "203.0.113.77",
        "clientAppUsed": "Browser",
        "conditionalAccessStatus": "success",
        "authenticationRequirement": "multiFactorAuthentication",
        "authenticationProtocol": "deviceCode",
        "riskState": "none",
        "riskEventTypes_v2": ["anonymizedIPAddress"],
        "networkLocationDetails": [],
        "status": {"errorCode": 0, "failureReason": "Other.", "additionalDetails": None},
        "deviceDetail": {"deviceId": "", "displayName": "WS-17", "isCompliant": False, "trustType": ""},
        "location": {"city": "Hamburg", "countryOrRegion": "DE"},
        **changes,
    }


def diagnostic(record: Fields, category: str) -> Fields:
    """The record as diagnostic settings send it."""
    return {
        "time": "2026-03-02T08:15:31.2094183Z",
        "resourceId": f"/tenants/{TENANT}/providers/Microsoft.aadiam",
        "operationName": str(record.get("activityDisplayName", "Sign-in activity")),
        "category": category,
        "tenantId": TENANT,
        "resultType": "0",
        "callerIpAddress": "203.0.113.77",
        "Level": 4,
        "properties": record,
    }


def row(record: Fields, table: str) -> Fields:
    """The record as a row of Log Analytics: Pascal case, objects as JSON text."""
    columns: Fields = {"TimeGenerated": "2026-03-02T08:14:27Z", "Type": table, "AADTenantId": TENANT}
    for name, value in record.items():
        column = {"ipAddress": "IPAddress", "location": "LocationDetails"}.get(name, name[0].upper() + name[1:])
        columns[column] = msgspec.json.encode(value).decode() if isinstance(value, (dict, list)) else value
    return columns


def shapes(record: Fields, category: str, table: str) -> list[Fields]:
    return [record, diagnostic(record, category), row(record, table)]


def value(event: Event, name: str) -> tuple[str, ...]:
    return EventView(event.fields).texts(name)


each_sign_in = pytest.mark.parametrize("shape", range(3), ids=["graph", "diagnostic", "table"])


@each_sign_in
def test_a_sign_in_says_the_same_in_each_shape(shape: int) -> None:
    event = event_of(shapes(sign_in(), "SignInLogs", "SigninLogs")[shape])
    assert (event.source, event.logsources) == ("entra.signin", (LogSource("azure", None, "signinlogs"),))
    assert event.time_quality == "parsed"
    assert names(event, "user") == [USER]
    assert names(event, "email") == [USER]
    assert names(event, "ip") == ["203.0.113.77"]
    assert names(event, "host") == ["ws-17"]
    assert event.summary == f"{USER} signed in to OfficeHome from 203.0.113.77 (DE)"
    assert value(event, "ResultType") == ("0",)
    assert value(event, "status.errorCode") == ("0",)
    assert "Success" in value(event, "Status")
    assert value(event, "authenticationRequirement") == ("multiFactorAuthentication",)
    assert value(event, "AuthenticationRequirement") == ("multiFactorAuthentication",)
    assert value(event, "DeviceDetail.trusttype") == ("",)
    assert value(event, "location.countryOrRegion") == ("DE",)
    assert value(event, "ClientApp") == ("Browser",)
    assert value(event, "properties.message") == ("Device Code",)
    assert value(event, "NetworkLocationDetails") == ("[]",)


def test_the_same_sign_in_has_one_key_in_graph_and_diagnostic_settings() -> None:
    graph, diagnosed, table = (event_of(shape) for shape in shapes(sign_in(), "SignInLogs", "SigninLogs"))
    assert graph.key == diagnosed.key == table.key
    assert event_of(sign_in(id="b")).key != graph.key


@pytest.mark.parametrize(
    "category", ["NonInteractiveUserSignInLogs", "ServicePrincipalSignInLogs", "ManagedIdentitySignInLogs"]
)
def test_each_kind_of_sign_in_is_one(category: str) -> None:
    record = sign_in(userPrincipalName=None, servicePrincipalName="Backup Connector")
    event = event_of(diagnostic(record, category))
    assert services(event) == ["signinlogs"]
    assert names(event, "user") == ["backup connector"]


@each_sign_in
def test_a_failure_has_its_reason_and_the_words_of_sigmas_rules(shape: int) -> None:
    reason = "Authentication failed during strong authentication request."
    status: Fields = {
        "errorCode": 500121,
        "failureReason": reason,
        "additionalDetails": "MFA denied; user declined the authentication",
    }
    record = sign_in(status=status)
    event = event_of(shapes(record, "SignInLogs", "SigninLogs")[shape])
    assert value(event, "ResultType") == ("500121",)
    assert {"Failure", "MFA denied; user declined the authentication"} <= set(value(event, "Status"))
    assert {reason, "Failure"} == set(value(event, "ResultDescription"))
    assert event.summary == f"{USER} was not let in (500121) to OfficeHome from 203.0.113.77 (DE)"


def audit(activity: str = "Add member to role", **changes: FieldValue) -> Fields:
    return {
        "id": "Directory_1",
        "category": "RoleManagement",
        "result": "success",
        "resultReason": "",
        "activityDisplayName": activity,
        "activityDateTime": "2026-03-02T08:14:27.3812345Z",
        "loggedByService": "Core Directory",
        "initiatedBy": {"user": {"userPrincipalName": "m.keller@nordwind.example", "ipAddress": "203.0.113.77"}},
        "targetResources": [
            {
                "displayName": None,
                "type": "User",
                "userPrincipalName": "k.lang@nordwind.example",
                "modifiedProperties": [
                    {"displayName": "Role.DisplayName", "oldValue": None, "newValue": '"Global Administrator"'},
                    {"displayName": "ConsentContext.IsAdminConsent", "oldValue": None, "newValue": '"False"'},
                    {"displayName": "UserType", "oldValue": '["Guest"]', "newValue": '["Member"]'},
                    {"displayName": "KeyDescription", "oldValue": '["a"]', "newValue": "[]"},
                ],
            }
        ],
        "additionalDetails": [{"key": "AdditionalInfo", "value": "done"}, {"key": "User-Agent", "value": "curl/8"}],
        **changes,
    }


@each_sign_in
def test_a_change_in_the_directory_says_the_same_in_each_shape(shape: int) -> None:
    event = event_of(shapes(audit(), "AuditLogs", "AuditLogs")[shape])
    assert (event.source, event.logsources) == ("entra.audit", (LogSource("azure", None, "auditlogs"),))
    assert names(event, "user") == ["m.keller@nordwind.example", "k.lang@nordwind.example"]
    assert names(event, "ip") == ["203.0.113.77"]
    assert event.summary == "m.keller@nordwind.example: Add member to role (k.lang@nordwind.example)"
    for name in ("OperationName", "operationName", "ActivityDisplayName", "activityType"):
        assert value(event, name) == ("Add member to role",)
    assert value(event, "properties.message")[0] == "Add member to role"
    assert '"displayName":"UserType","oldValue":"[\\"Guest\\"]","newValue":"[\\"Member\\"]"' in value(
        event, "properties.message"
    )
    assert value(event, "properties.result") == ("success",)
    assert value(event, "Status") == ("success",)
    assert value(event, "Category") == ("RoleManagement",)
    assert "RoleManagement" in value(event, "category")
    assert value(event, "newValues.Role.DisplayName") == ("Global Administrator",)
    assert value(event, "oldValues.UserType") == ("Guest",)
    assert value(event, "newValues.KeyDescription") == ("[]",)
    assert value(event, "ConsentContext.IsAdminConsent") == ("False",)
    assert value(event, "TargetResources.ModifiedProperties.DisplayName")[0] == "Role.DisplayName"
    assert value(event, "additionalDetails.additionalInfo") == ("done",)
    assert value(event, "userAgent") == ("curl/8",)


def test_a_blank_after_the_activity_does_not_count() -> None:
    event = event_of(audit("Update application \N{EN DASH} Certificates and secrets management "))
    assert value(event, "properties.message")[0] == "Update application \N{EN DASH} Certificates and secrets management"


def test_a_row_whose_type_a_query_replaced_is_told_by_its_columns() -> None:
    assert event_of({**row(audit(), "AuditLogs"), "Type": "Application"}).source == "entra.audit"
    signed = {**row(sign_in(), "SigninLogs"), "Type": 5, "ResultType": "0"}
    assert event_of(signed).source == "entra.signin"


def test_a_risk_detection_is_a_finding_again_when_its_state_changes() -> None:
    risk: Fields = {
        "id": "r1",
        "riskEventType": "leakedCredentials",
        "riskLevel": "high",
        "riskState": "atRisk",
        "activityDateTime": "2026-03-02T08:14:27Z",
        "lastUpdatedDateTime": "2026-03-02T08:31:02Z",
        "userPrincipalName": USER,
        "ipAddress": "198.51.100.23",
    }
    event = event_of(risk)
    assert (event.source, services(event)) == ("entra.risk", ["riskdetection"])
    assert event.summary == f"Entra ID reports leakedCredentials for {USER} from 198.51.100.23, level high"
    assert has(event, "user", USER)
    diagnosed = event_of(diagnostic(risk, "UserRiskEvents"))
    assert diagnosed.key == event.key
    assert value(diagnosed, "riskEventType") == ("leakedCredentials",)
    assert event_of({**risk, "lastUpdatedDateTime": "2026-03-03T08:31:02Z"}).key != event.key


def test_an_alert_of_privileged_identities_has_its_kind_as_risk() -> None:
    event = event_of(
        {"@odata.type": "#microsoft.graph.noMfaOnRoleActivationAlertIncident", "assigneeUserPrincipalName": USER}
    )
    assert services(event) == ["pim"]
    assert value(event, "riskEventType") == ("noMfaOnRoleActivationAlertIncident",)


SUBSCRIPTION: Final = "8c2f7d1e-3b4a-4f60-9a15-6e0d2c9b7f43"
RESOURCE: Final = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/prod/providers/Microsoft.KeyVault/vaults/kv"
OPERATION: Final = "Microsoft.KeyVault/vaults/delete"
ACTIVITIES: Final[list[Fields]] = [
    {
        "time": "2026-03-02T08:14:27.5230041Z",
        "resourceId": RESOURCE.upper(),
        "operationName": OPERATION.upper(),
        "category": "Administrative",
        "resultType": "Success",
        "callerIpAddress": "203.0.113.77",
        "identity": {
            "claims": {"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn": "m.keller@nordwind.example"}
        },
        "properties": {"statusCode": "OK"},
    },
    {
        "eventTimestamp": "2026-03-02T08:14:27.5230041Z",
        "resourceId": RESOURCE,
        "operationName": {"value": OPERATION, "localizedValue": "Delete vault"},
        "category": {"value": "Administrative"},
        "resourceProviderName": {"value": "Microsoft.KeyVault"},
        "status": {"value": "Success"},
        "caller": "m.keller@nordwind.example",
        "httpRequest": {"clientIpAddress": "203.0.113.77"},
        "eventDataId": "1",
    },
    {
        "TimeGenerated": "2026-03-02T08:14:27.5230041Z",
        "Type": "AzureActivity",
        "OperationName": "Delete vault",
        "OperationNameValue": OPERATION,
        "CategoryValue": "Administrative",
        "_ResourceId": RESOURCE,
        "ActivityStatusValue": "Success",
        "Caller": "m.keller@nordwind.example",
        "CallerIpAddress": "203.0.113.77",
        "Authorization": '{"action": "Microsoft.KeyVault/vaults/delete"}',
    },
]


@pytest.mark.parametrize("fields", ACTIVITIES, ids=["diagnostic", "rest", "table"])
def test_an_operation_in_azure_says_the_same_in_each_shape(fields: Fields) -> None:
    event = event_of(fields)
    assert (event.source, event.logsources) == ("azure.activity", (LogSource("azure", None, "activitylogs"),))
    assert names(event, "user") == ["m.keller@nordwind.example"]
    assert names(event, "ip") == ["203.0.113.77"]
    assert names(event, "account") == [SUBSCRIPTION]
    assert event.time_quality == "parsed"
    for name in ("operationName", "OperationNameValue"):
        assert OPERATION.lower() in {text.lower() for text in value(event, name)}
    assert value(event, "CategoryValue") == ("Administrative",)
    assert value(event, "ResourceProviderValue")[0].lower() == "microsoft.keyvault"
    assert value(event, "ActivityStatusValue") == ("Success",)
    assert value(event, "ResourceId")[0].lower() == RESOURCE.lower()


def test_json_text_that_nests_too_deep_stays_text() -> None:
    deep = "[" * 40 + "]" * 40
    event = event_of({**row(audit(), "AuditLogs"), "AdditionalDetails": deep})
    assert event.fields["AdditionalDetails"] == deep


@pytest.mark.parametrize("odd", [None, 5, "x", [], {}, [[1]], {"a": []}])
def test_odd_parts_cost_only_what_hangs_on_them(odd: FieldValue) -> None:
    for name in ("status", "deviceDetail", "location", "createdDateTime", "userPrincipalName"):
        assert event_of(sign_in(**{name: odd})).source == "entra.signin"
    for name in ("initiatedBy", "targetResources", "additionalDetails", "result", "category"):
        assert event_of({**audit(), name: odd}).source == "entra.audit"
