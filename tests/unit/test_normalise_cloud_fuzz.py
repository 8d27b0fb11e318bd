"""Whatever stands in a cloud's event: an event comes out, of the source that its marks name, fit for every store."""

import json
import random
from typing import Final

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from tests.unit.cloud_events import Fields, body_event

# The marks by which a source is known, and the names that its parser reads: both in their place and out of it.
MARKS: Final[dict[str, Fields]] = {
    "entra.signin": {"createdDateTime": "2026-03-02T08:14:27Z", "appDisplayName": "x", "ipAddress": "203.0.113.7"},
    "entra.audit": {"activityDisplayName": "x", "activityDateTime": "2026-03-02T08:14:27Z"},
    "entra.risk": {"riskEventType": "x", "riskState": "atRisk"},
    "azure.activity": {"operationName": "X/Y/WRITE", "category": "Administrative", "resourceId": "/SUBSCRIPTIONS/"},
    "m365": {"Operation": "x", "Workload": "Exchange", "RecordType": 1},
    "m365.defender": {"ActionType": "ProcessCreated", "Timestamp": "2026-03-02T08:14:27Z", "DeviceId": "d"},
    "okta": {"eventType": "x", "published": "2026-03-02T08:14:27Z", "uuid": "u"},
    "github": {"action": "a.b", "_document_id": "d"},
    "gcp.audit": {"protoPayload": {"methodName": "x"}},
    "google_workspace": {"id": {"applicationName": "admin"}, "events": []},
    "kubernetes.audit": {"auditID": "a", "verb": "get", "requestURI": "/"},
    "aws.guardduty": {"schemaVersion": "2.0", "arn": "a", "service": {}},
    "aws.securityhub": {"ProductArn": "a", "AwsAccountId": "111122223333"},
    "aws.vpcflow": {"srcaddr": "203.0.113.7", "dstaddr": "10.0.0.1", "account_id": "111122223333"},
    "wazuh": {"agent": {}, "manager": {}, "rule": {}},
}
NAMES: Final = [
    "status", "errorCode", "failureReason", "deviceDetail", "displayName", "location", "countryOrRegion", "userAgent",
    "userPrincipalName", "initiatedBy", "user", "app", "targetResources", "modifiedProperties", "oldValue", "newValue",
    "additionalDetails", "key", "value", "properties", "identity", "claims", "Parameters", "Name", "Value", "Target",
    "ExtendedProperties", "ClientIP", "UserId", "Recipients", "actor", "alternateId", "type", "client", "outcome",
    "target", "request", "ipChain", "ip", "detail", "actor_ip", "repo", "resource", "labels", "authenticationInfo",
    "principalEmail", "requestMetadata", "callerIp", "metadata", "event", "parameter", "parameters", "name", "policy",
    "objectRef", "requestObject", "spec", "template", "containers", "volumes", "hostPath", "securityContext", "add",
    "sourceIPs", "username", "action", "severity", "accessKeyDetails", "userName", "Severity", "Resources", "Network",
    "srcport", "protocol", "end", "data", "win", "system", "eventdata", "eventID", "channel", "computer", "syscheck",
    "wazuh", "host", "source", "related", "hash", "file", "FolderPath", "FileName", "AccountName", "RegistryKey",
]  # fmt: skip
VALUES: Final = [
    "k.lang@nordwind.example", "203.0.113.7", "[2001:db8::1]:443", "-", '{"a":{"b":[1]}}', "[" * 40, '["x"]', '"q"',
    "{", "system:node:n", "arn:aws:iam::1:user/x", "4688", "Security", "\x00", "\u202e", "True", "MFA denied",
    "UserType",
]  # fmt: skip

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(VALUES)
    | st.text(max_size=12)
)
names = st.sampled_from(NAMES) | st.text(max_size=6)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=6),
    max_leaves=25,
)
objects = st.dictionaries(names, values, max_size=12)
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
each_source = pytest.mark.parametrize("source", MARKS)


def merged(marks: Fields, drawn: dict[str, object]) -> dict[str, object]:
    """The drawn object with a source's marks; where both have an object, with both's names."""
    whole = {**drawn, **marks}
    for name, mark in marks.items():
        other = drawn.get(name)
        if isinstance(mark, dict) and isinstance(other, dict):
            whole[name] = {**other, **mark}
    return whole


def check(source: str, drawn: dict[str, object]) -> None:
    event = body_event(json.dumps(merged(MARKS[source], drawn), allow_nan=False).encode())
    assert event.logsources or event.source == "unparsed"
    encoded = msgspec.json.encode(event.fields)
    assert b"\\u0000" not in encoded.replace(b"\\\\", b"")
    assert event.summary.isprintable()
    assert 1 <= len(event.summary) <= 300
    assert all(entity.value.strip() for entity in event.entities)


@each_source
def test_the_marks_alone_name_the_source(source: str) -> None:
    assert body_event(json.dumps(MARKS[source]).encode()).source == source


@each_source
@quick
@given(drawn=objects)
def test_any_content_becomes_an_event(source: str, drawn: dict[str, object]) -> None:
    check(source, drawn)


def rolled(dice: random.Random, depth: int = 0) -> object:
    """Any JSON value, most often of the names and words above."""
    roll = dice.random()
    if depth < 5 and roll < 0.35:
        return {dice.choice(NAMES): rolled(dice, depth + 1) for _ in range(dice.randrange(6))}
    if depth < 5 and roll < 0.5:
        return [rolled(dice, depth + 1) for _ in range(dice.randrange(4))]
    if roll < 0.8:
        return dice.choice(VALUES)
    return dice.choice((None, True, 0, -1, 2**70, 1e300, 1772439267381, "", chr(dice.randrange(0xD800)), "\ud800"))


@pytest.mark.slow
@each_source
def test_any_content_becomes_an_event_ten_thousand_times(source: str) -> None:
    dice = random.Random(source)
    reads = [*NAMES, *MARKS[source]]
    for _ in range(10_000):
        check(source, {dice.choice(reads): rolled(dice) for _ in range(dice.randrange(12))})
