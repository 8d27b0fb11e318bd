"""SigmaHQ's cloud and identity rules on what the parsers make of cloud logs: all load, and fire where they should.

The data is not part of this repository; see the README of the folder that `DATA` names. Without it these tests skip.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec
import pytest

from tests.unit.cloud_events import Fields, body_event, event_of
from watchfloor.detect.engine import PlainEngine
from watchfloor.detect.load import Origin, load_rules, load_shared_rules
from watchfloor.detect.rule import LoadReport
from watchfloor.normalise.event import UNPARSED, Event, FieldValue, LogSource

DATA: Final = Path(__file__).parents[2].parent / "shared" / "data"
FOLDERS: Final = ("cloud", "identity", "application/bitbucket", "application/github", "application/kubernetes")

# What each recorded technique must fire. Others are seen by no rule of SigmaHQ's.
STRATUS: Final = {
    "aws.defense-evasion.cloudtrail-stop": "aws_cloudtrail_disable_logging",
    "aws.defense-evasion.cloudtrail-delete": "aws_cloudtrail_disable_logging",
    "aws.defense-evasion.vpc-remove-flow-logs": "aws_cloudtrail_vpc_flow_logs_deleted",
    "aws.execution.ssm-send-command": "aws_cloudtrail_ssm_malicious_usage",
    "aws.exfiltration.ec2-security-group-open-port-22-ingress": "aws_cloudtrail_security_group_change_ingress_egress",
    "aws.exfiltration.ec2-share-ebs-snapshot": "aws_snapshot_backup_exfiltration",
    "aws.initial-access.console-login-without-mfa": "aws_cloudtrail_console_login_success_without_mfa",
    "aws.persistence.iam-backdoor-user": "aws_iam_backdoor_users_keys",
    "aws.persistence.lambda-layer-extension": "aws_new_lambda_layer_attached",
    "aws.privilege-escalation.iam-update-user-login-profile": "aws_update_login_profile",
}
# Rules that name fields as no log writes them: they fire only through the names that the parsers add.
BY_ADDED_NAMES: Final[dict[str, Fields]] = {
    "azure_app_device_code_authentication": {"authenticationProtocol": "deviceCode"},
    "azure_app_ropc_authentication": {"authenticationProtocol": "ropc"},
    "azure_mfa_denies": {"status": {"errorCode": 500121, "additionalDetails": "MFA denied; user declined"}},
    "azure_ad_only_single_factor_auth_required": {"authenticationRequirement": "singleFactorAuthentication"},
    "azure_blocked_account_attempt": {"status": {"errorCode": 50057, "failureReason": "User account is disabled."}},
    "azure_conditional_access_failure": {"status": {"errorCode": 53003, "failureReason": "Blocked."}},
    "azure_unusual_authentication_interruption": {"status": {"errorCode": 50158, "failureReason": "x"}},
    "azure_account_lockout": {"status": {"errorCode": 50053, "failureReason": "x"}},
    "azure_ad_sign_ins_from_unknown_devices": {
        "authenticationRequirement": "singleFactorAuthentication",
        "networkLocationDetails": [],
        "deviceDetail": {"deviceId": ""},
    },
}


def change(activity: str, **more: FieldValue) -> Fields:
    """A change in a directory as Graph gives it."""
    return {
        "id": "1", "activityDisplayName": activity, "activityDateTime": "2026-03-02T08:14:27Z", "result": "success",
        "category": "UserManagement", **more,
    }  # fmt: skip


def target(**properties: str) -> list[FieldValue]:
    """A target whose properties were changed: each value is `old -> new`."""
    changes: list[FieldValue] = []
    for name, text in properties.items():
        old, _, new = text.partition(" -> ")
        changes.append({"displayName": name.replace("__", "."), "oldValue": old, "newValue": new})
    return [{"type": "User", "displayName": None, "modifiedProperties": changes}]


def record(operation: str, workload: str, **more: FieldValue) -> Fields:
    return {
        "Id": "1", "CreationTime": "2026-03-02T08:14:27", "RecordType": 1, "Operation": operation,
        "Workload": workload, "ResultStatus": "Success", **more,
    }  # fmt: skip


def entry(method: str, **payload: FieldValue) -> Fields:
    return {
        "logName": "projects/p/logs/cloudaudit.googleapis.com%2Factivity",
        "protoPayload": {"methodName": method, **payload},
    }


def activity(application: str, name: str, **parameters: str) -> Fields:
    listed: list[FieldValue] = [{"name": key, "value": value} for key, value in parameters.items()]
    return {"id": {"applicationName": application}, "events": [{"name": name, "parameters": listed}]}


def request(resource: str, *, group: str | None = None, spec: Fields | None = None) -> Fields:
    return {
        "auditID": "a", "verb": "create", "requestURI": "/", "objectRef": {"resource": resource, "apiGroup": group},
        "requestObject": {"spec": spec},
    }  # fmt: skip


ROLE: Final = "Add member to role"
OTHERS_BY_ADDED_NAMES: Final[dict[str, Fields]] = {
    "azure_guest_to_member": change("Update user", targetResources=target(UserType='["Guest"] -> ["Member"]')),
    "azure_app_end_user_consent": change(
        "Consent to application", targetResources=target(ConsentContext__IsAdminConsent='"" -> "False"')
    ),
    "azure_tap_added": change(
        "Admin registered security info", resultReason="Admin registered temporary access pass method for user"
    ),
    "azure_mfa_disabled": change("Disable Strong Authentication"),
    "azure_ad_user_added_to_admin_role": change(
        ROLE, targetResources=target(Role__DisplayName=' -> "Helpdesk Administrator"')
    ),
    "azure_auditlogs_laps_credential_dumping": change(
        "Recover device local administrator password",
        category="Device",
        additionalDetails=[{"key": "AdditionalInfo", "value": "Successfully recovered local credential by device id"}],
    ),
    "azure_pim_role_no_mfa_required": {"@odata.type": "#microsoft.graph.noMfaOnRoleActivationAlertIncident"},
    "azure_aadhybridhealth_adfs_new_server": {
        "time": "2026-03-02T08:14:27Z",
        "category": "Administrative",
        "operationName": "Microsoft.ADHybridHealthService/services/servicemembers/action",
        "resourceId": "/providers/Microsoft.ADHybridHealthService/services/AdFederationService-x",
    },
    "microsoft365_activity_from_anonymous_ip_addresses": record(
        "AlertTriggered", "SecurityComplianceCenter", Name="Activity from anonymous IP addresses"
    ),
    "microsoft365_bypass_conditional_access": record(
        "UserLoggedIn",
        "AzureActiveDirectory",
        ApplicationId="9ba1a5c7-f17a-4de9-a1f1-6178c8d51223",
        ExtendedProperties=[{"Name": "RequestType", "Value": "Cmsi:Cmsi"}],
    ),
    "microsoft365_new_federated_domain_added_exchange": record("Add-FederatedDomain", "Exchange"),
    "gcp_access_policy_deleted": entry(
        "x",
        serviceName="accesscontextmanager.googleapis.com",
        authorizationInfo=[{"permission": "accesscontextmanager.accessPolicies.delete", "granted": True}],
    ),
    "gcp_sql_database_modified_or_deleted": entry("cloudsql.instances.create"),
    "gcp_gworkspace_application_access_levels_modified": activity(
        "admin", "CHANGE_APPLICATION_SETTING", SETTING_NAME="ContextAwareAccessUserScopeApplicationProto"
    ),
    "gcp_gworkspace_suspicious_login": activity("login", "suspicious_login"),
    "gcp_gworkspace_out_of_domain_email_forwarding": activity("login", "email_forwarding_out_of_domain"),
    "kubernetes_audit_hostpath_mount": request(
        "pods", spec={"containers": [], "volumes": [{"hostPath": {"path": "/etc"}}]}
    ),
    "kubernetes_audit_privileged_pod_creation": request(
        "pods", spec={"containers": [{"securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}}}]}
    ),
    "kubernetes_audit_rbac_permisions_listing": request("selfsubjectrulesreviews", group="authorization.k8s.io"),
}


def needs(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"public data is missing: {path.name}")
    return path


@pytest.fixture(scope="module")
def report() -> LoadReport:
    return load_rules(
        [needs(DATA / "sigmahq" / "rules" / folder) for folder in FOLDERS], origin=Origin(licence="DRL-1.1")
    )


@pytest.fixture(scope="module")
def engine(report: LoadReport) -> PlainEngine:
    return PlainEngine(report.rules)


def fired(engine: PlainEngine, events: Iterable[Event]) -> set[str]:
    return {Path(engine.rules[rule].path).stem for rule in engine.match(list(events)).rule}


def recorded(name: str) -> list[Event]:
    body = needs(DATA / "events" / "stratus-detonation-logs" / f"{name}.json").read_bytes()
    return [body_event(bytes(record)) for record in msgspec.json.decode(body, type=list[msgspec.Raw])]


def lines(name: str) -> list[Event]:
    body = needs(DATA / "events" / "otrf-linux-cloud" / f"{name}.json").read_bytes()
    return [body_event(line) for line in body.splitlines() if line.strip()]


def sign_in(changes: Fields) -> Event:
    return event_of(
        {
            "id": "1",
            "createdDateTime": "2026-03-02T08:14:27Z",
            "userPrincipalName": "k.lang@nordwind.example",
            "appDisplayName": "OfficeHome",
            "ipAddress": "203.0.113.77",
            "authenticationRequirement": "multiFactorAuthentication",
            "status": {"errorCode": 0},
            **changes,
        }
    )


def test_every_cloud_rule_loads(report: LoadReport) -> None:
    assert len(report.rules) > 290
    assert report.faults == ()


def test_every_cloud_rule_has_a_log_source_that_some_parser_gives(report: LoadReport) -> None:
    """Bitbucket, OneLogin and Duo have no parser yet."""
    parsers = {
        ("aws", "cloudtrail"), ("azure", "signinlogs"), ("azure", "auditlogs"), ("azure", "activitylogs"),
        ("azure", "riskdetection"), ("azure", "pim"), ("gcp", "gcp.audit"), ("gcp", "google_workspace.admin"),
        ("gcp", "google_workspace.login"), ("github", "audit"), ("kubernetes", "audit"), ("m365", "audit"),
        ("m365", "exchange"), ("m365", "threat_management"), ("m365", "threat_detection"), ("okta", "okta"),
    }  # fmt: skip
    wanted = {(rule.logsource.product, rule.logsource.service) for rule in report.rules}
    assert wanted - parsers == {("bitbucket", "audit"), ("cisco", "duo"), ("onelogin", "onelogin.events")}


@pytest.mark.parametrize("name", STRATUS)
def test_a_recorded_technique_fires_its_rule(engine: PlainEngine, name: str) -> None:
    events = recorded(name)
    assert {event.source for event in events} == {"aws.cloudtrail"}
    assert STRATUS[name] in fired(engine, events)


def test_a_rule_that_asks_whether_a_call_succeeded_gets_its_answer(engine: PlainEngine) -> None:
    call: Fields = {"eventSource": "iam.amazonaws.com", "eventName": "DeleteSAMLProvider", "awsRegion": "us-east-1"}
    assert "aws_delete_saml_provider" in fired(engine, [event_of(call)])
    assert "aws_delete_saml_provider" not in fired(engine, [event_of({**call, "errorCode": "AccessDenied"})])


def test_most_recorded_techniques_fire_shared_rules() -> None:
    ours = PlainEngine(load_shared_rules().rules)
    folder = needs(DATA / "events" / "stratus-detonation-logs")
    seen = {path.stem for path in folder.glob("*.json") if fired(ours, recorded(path.stem))}
    assert len(seen) >= 22


def test_recorded_changes_in_a_directory_fire_their_rules(engine: PlainEngine) -> None:
    events = lines("AADAuditEvents")
    assert {event.source for event in events} == {"entra.audit"}
    assert fired(engine, events) == {
        "azure_app_credential_added",
        "azure_app_appid_uri_changes",
        "azure_app_delegated_permissions_all_users",
        "azure_app_permissions_msft",
    }


@pytest.mark.parametrize("name", ["OfficeActivityEvents", "Microsoft365DefenderEvents"])
def test_recorded_rows_of_microsoft_are_parsed(name: str) -> None:
    events = lines(name)
    assert events
    assert all(event.source != UNPARSED and event.entities and event.logsources for event in events[:-1])
    assert all(LogSource("m365", None, "audit") in event.logsources for event in events if event.source == "m365")


@pytest.mark.parametrize("rule", BY_ADDED_NAMES)
def test_a_rule_fires_through_the_names_that_the_parser_adds(engine: PlainEngine, rule: str) -> None:
    assert rule in fired(engine, [sign_in(BY_ADDED_NAMES[rule])])
    assert rule not in fired(engine, [sign_in({"authenticationProtocol": "none"})])


@pytest.mark.parametrize("rule", OTHERS_BY_ADDED_NAMES)
def test_rules_for_other_sources_fire_through_added_names_too(engine: PlainEngine, rule: str) -> None:
    assert rule in fired(engine, [event_of(OTHERS_BY_ADDED_NAMES[rule])])
