"""Findings of AWS: GuardDuty's own, and Security Hub's (ASFF).

They are detections already: rules here choose which of them a person must see. Owns EventBridge's envelopes of both.
"""

from typing import Final

from watchfloor.normalise.cloud.reading import first_text, objects, put, texts
from watchfloor.normalise.entities import EntityList
from watchfloor.normalise.event import Entity, FieldValue, LogSource
from watchfloor.normalise.parsed import Parsed, as_object, as_text
from watchfloor.normalise.timestamps import parse_time

PARSER: Final = "aws.findings/1"
GUARDDUTY: Final = "aws.guardduty"
SECURITY_HUB: Final = "aws.securityhub"
SOURCES: Final = {
    GUARDDUTY: (LogSource(product="aws", service="guardduty"),),
    SECURITY_HUB: (LogSource(product="aws", service="securityhub"),),
}
"""What events of each source belong to."""

_ACTIONS: Final = ("networkConnectionAction", "awsApiCallAction", "kubernetesApiCallAction", "rdsLoginAttemptAction")


def parse_finding(fields: dict[str, FieldValue]) -> Parsed | None:
    """One finding, alone or in its envelope; None if this is none."""
    detail = fields.get("detail")
    record = detail if isinstance(detail, dict) and "detail-type" in fields else fields
    service = record.get("service")
    if isinstance(service, dict) and "schemaVersion" in record and "arn" in record:
        return _guardduty(record, service)
    findings = record.get("findings")
    hub = findings[0] if isinstance(findings, list) and findings else record
    if isinstance(hub, dict) and "ProductArn" in hub and "AwsAccountId" in hub:
        return _security_hub(record, hub)
    return None


def _guardduty(fields: dict[str, FieldValue], service: dict[str, FieldValue]) -> Parsed:
    finding_id, updated = as_text(fields.get("id")), as_text(fields.get("updatedAt"))
    severity = fields.get("severity")
    title = as_text(fields.get("title")) or as_text(fields.get("type"))
    if isinstance(severity, (int, float)) and not isinstance(severity, bool):
        put(fields, "severityLabel", _label(severity))
    return Parsed(
        source=GUARDDUTY,
        logsources=SOURCES[GUARDDUTY],
        time=parse_time(service.get("eventLastSeen")) or parse_time(updated) or parse_time(fields.get("createdAt")),
        # The same finding is sent again, with a higher count, as long as it goes on.
        identity=("aws.guardduty", finding_id, updated) if finding_id else None,
        fields=fields,
        entities=_guardduty_entities(fields, service),
        summary=f"GuardDuty, severity {as_text(severity)}: {title}",
        parser=PARSER,
    )


def _label(severity: float) -> str:
    """GuardDuty's bands of severity."""
    bands = ((9.0, "CRITICAL"), (7.0, "HIGH"), (4.0, "MEDIUM"))
    return next((label for least, label in bands if severity >= least), "LOW")


def _arn(fields: dict[str, FieldValue], key: dict[str, FieldValue]) -> str:
    """The owner of an access key as CloudTrail names it."""
    kinds = {"IAMUser": "user", "Role": "role", "AssumedRole": "role"}
    kind, name = kinds.get(as_text(key.get("userType"))), as_text(key.get("userName"))
    partition = as_text(fields.get("partition")) or "aws"
    return f"arn:{partition}:iam::{as_text(fields.get('accountId'))}:{kind}/{name}" if kind and name else ""


def _guardduty_entities(fields: dict[str, FieldValue], service: dict[str, FieldValue]) -> tuple[Entity, ...]:
    found = EntityList()
    resource = as_object(fields.get("resource"))
    key = as_object(resource.get("accessKeyDetails"))
    found.principal(_arn(fields, key))
    found.host(as_object(resource.get("instanceDetails")).get("instanceId"))
    kubernetes = as_object(as_object(resource.get("kubernetesDetails")).get("kubernetesUserDetails"))
    found.user(kubernetes.get("username"))
    action = as_object(service.get("action"))
    for name in _ACTIONS:
        found.ip(as_object(as_object(action.get(name)).get("remoteIpDetails")).get("ipAddressV4"))
    for probe in objects(as_object(action.get("portProbeAction")).get("portProbeDetails")):
        found.ip(as_object(probe.get("remoteIpDetails")).get("ipAddressV4"))
    found.domain(as_object(action.get("dnsRequestAction")).get("domain"))
    found.account(fields.get("accountId"))
    return found.found()


def _security_hub(fields: dict[str, FieldValue], finding: dict[str, FieldValue]) -> Parsed:
    finding_id, updated = as_text(finding.get("Id")), as_text(finding.get("UpdatedAt"))
    severity = as_object(finding.get("Severity"))
    return Parsed(
        source=SECURITY_HUB,
        logsources=SOURCES[SECURITY_HUB],
        time=parse_time(finding.get("LastObservedAt")) or parse_time(updated) or parse_time(finding.get("CreatedAt")),
        identity=("aws.securityhub", finding_id, updated) if finding_id else None,
        fields=fields,
        entities=_security_hub_entities(finding),
        summary=f"Security Hub, {as_text(severity.get('Label')) or 'no severity'}: {as_text(finding.get('Title'))}",
        parser=PARSER,
    )


def _security_hub_entities(finding: dict[str, FieldValue]) -> tuple[Entity, ...]:
    found = EntityList()
    for resource in objects(finding.get("Resources")):
        arn = as_text(resource.get("Id"))
        if ":instance/" in arn:
            found.host(arn.rpartition("/")[2])
        elif arn.startswith("arn:aws:iam:"):
            found.principal(arn)
    network = as_object(finding.get("Network"))
    for name in ("SourceIpV4", "DestinationIpV4"):
        found.ip(network.get(name))
    found.domain(first_text(network, "SourceDomain", "DestinationDomain"))
    for account in texts(finding.get("AwsAccountId")):
        found.account(account)
    return found.found()
