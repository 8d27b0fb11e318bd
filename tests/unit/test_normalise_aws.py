"""AWS beside CloudTrail: findings of GuardDuty and Security Hub, flow logs, load balancers."""

from typing import Final

import pytest

from tests.unit.cloud_events import Fields, body_event, event_of, names
from watchfloor.detect.view import EventView
from watchfloor.normalise.event import Event, FieldValue, LogSource

ACCOUNT: Final = "111122223333"


def value(event: Event, name: str) -> tuple[str, ...]:
    return EventView(event.fields).texts(name)


def finding(**changes: FieldValue) -> Fields:
    return {
        "schemaVersion": "2.0",
        "accountId": ACCOUNT,
        "partition": "aws",
        "id": "f1",
        "arn": f"arn:aws:guardduty:eu-central-1:{ACCOUNT}:detector/d/finding/f1",
        "type": "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS",
        "severity": 8,
        "title": "Credentials used from outside",
        "updatedAt": "2026-03-02T08:35:40.118Z",
        "resource": {
            "accessKeyDetails": {"userType": "AssumedRole", "userName": "app-role"},
            "instanceDetails": {"instanceId": "i-0abc1234def567890"},
        },
        "service": {
            "serviceName": "guardduty",
            "eventLastSeen": "2026-03-02T08:31:02.000Z",
            "action": {
                "awsApiCallAction": {"remoteIpDetails": {"ipAddressV4": "198.51.100.23"}},
                "dnsRequestAction": {"domain": "pool.miner.example"},
            },
        },
        **changes,
    }


def test_a_finding_of_guardduty_joins_the_events_of_its_role_and_machine() -> None:
    event = event_of(finding())
    assert (event.source, event.logsources) == ("aws.guardduty", (LogSource("aws", None, "guardduty"),))
    assert names(event, "user") == [f"arn:aws:iam::{ACCOUNT}:role/app-role"]
    assert names(event, "host") == ["i-0abc1234def567890"]
    assert names(event, "ip") == ["198.51.100.23"]
    assert names(event, "domain") == ["pool.miner.example"]
    assert names(event, "account") == [ACCOUNT]
    assert event.summary == "GuardDuty, severity 8: Credentials used from outside"
    assert event.time.isoformat() == "2026-03-02T08:31:02+00:00"


@pytest.mark.parametrize(("severity", "label"), [(9.5, "CRITICAL"), (8, "HIGH"), (4.0, "MEDIUM"), (2, "LOW")])
def test_a_severity_has_a_word(severity: float, label: str) -> None:
    assert value(event_of(finding(severity=severity)), "severityLabel") == (label,)


def test_an_updated_finding_is_another_event() -> None:
    assert event_of(finding()).key != event_of(finding(updatedAt="2026-03-02T09:35:40.118Z")).key
    assert event_of({"detail-type": "GuardDuty Finding", "detail": finding()}).key == event_of(finding()).key


def test_a_finding_of_security_hub_in_its_envelope() -> None:
    found: Fields = {
        "SchemaVersion": "2018-10-08",
        "ProductArn": "arn:aws:securityhub:eu-central-1::product/aws/inspector",
        "AwsAccountId": ACCOUNT,
        "Id": "h1",
        "Title": "Package with a known hole",
        "Severity": {"Label": "CRITICAL"},
        "UpdatedAt": "2026-03-02T08:35:40.118Z",
        "Resources": [{"Id": f"arn:aws:ec2:eu-central-1:{ACCOUNT}:instance/i-0abc1234def567890"}],
        "Network": {"SourceIpV4": "198.51.100.23"},
    }
    event = event_of({"detail-type": "Security Hub Findings - Imported", "detail": {"findings": [found]}})
    assert (event.source, event.logsources) == ("aws.securityhub", (LogSource("aws", None, "securityhub"),))
    assert event.summary == "Security Hub, CRITICAL: Package with a known hole"
    assert names(event, "host") == ["i-0abc1234def567890"]
    assert value(event, "findings.Severity.Label") == ("CRITICAL",)
    assert event_of(found).key == event.key


FLOW: Final = f"2 {ACCOUNT} eni-0abc1234def567890 198.51.100.23 10.0.1.17 52418 22 6 20 4249 1772439200 1772439267"


def test_a_line_of_a_flow_log_has_the_names_of_a_firewall() -> None:
    event = body_event(f"{FLOW} REJECT OK".encode())
    assert (event.source, event.logsources) == ("aws.vpcflow", (LogSource("aws", "firewall", "vpcflow"),))
    assert (value(event, "src_ip"), value(event, "dst_ip")) == (("198.51.100.23",), ("10.0.1.17",))
    assert (value(event, "dst_port"), value(event, "proto"), value(event, "blocked")) == (("22",), ("tcp",), ("true",))
    assert names(event, "ip") == ["198.51.100.23", "10.0.1.17"]
    assert event.time.isoformat() == "2026-03-02T08:14:27+00:00"
    assert event.summary == "Rejected tcp from 198.51.100.23:52418 to 10.0.1.17:22, 4249 bytes"


def test_a_flow_without_data_is_one_too() -> None:
    event = body_event(f"2 {ACCOUNT} eni-0abc - - - - - - - 1772439200 1772439267 - NODATA".encode())
    assert event.source == "aws.vpcflow"
    assert "srcaddr" not in event.fields


@pytest.mark.parametrize("line", [f"{FLOW} DROP OK", f"{FLOW} ACCEPT", f"{FLOW} ACCEPT OK more", "2 1 x"])
def test_other_lines_are_no_flow(line: str) -> None:
    assert body_event(line.encode()).source != "aws.vpcflow"


@pytest.mark.parametrize("separator", ["_", "-"])
def test_a_flow_as_an_object(separator: str) -> None:
    flow: Fields = {
        f"account{separator}id": ACCOUNT,
        f"interface{separator}id": "eni-1",
        "srcaddr": "198.51.100.23",
        "dstaddr": "10.0.1.17",
        "dstport": "22",
        "protocol": "17",
        "end": "1772439267",
        "action": "ACCEPT",
    }
    event = event_of(flow)
    assert event.source == "aws.vpcflow"
    assert (value(event, "proto"), value(event, "blocked")) == (("udp",), ("false",))
    assert names(event, "account") == [ACCOUNT]
    assert event.time_quality == "parsed"


BALANCER: Final = (
    "https 2026-03-02T08:14:27.186641Z app/shop/50dc6c495c0c9188 198.51.100.23:2817 10.0.0.1:80 0.086 0.048 0.037 200"
    ' 200 34 366 "GET https://shop.nordwind.example:443/a/../b?q=%27or+1 HTTP/1.1" "sqlmap/1.8 \\"x\\"" ECDHE TLSv1.2'
    ' arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/t/1 "Root=1-58337262" "shop.nordwind.example"'
    ' "arn:aws:acm" 0 2026-03-02T08:14:27.100000Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-"'
)


def test_a_line_of_a_load_balancer_has_the_names_of_a_web_server() -> None:
    event = body_event(BALANCER.encode())
    assert (event.source, event.logsources) == ("aws.alb", (LogSource("aws", "webserver", "alb"),))
    assert value(event, "cs-method") == ("GET",)
    assert (value(event, "cs-uri-stem"), value(event, "cs-uri-query")) == (("/a/../b",), ("q=%27or+1",))
    assert (value(event, "sc-status"), value(event, "c-ip")) == (("200",), ("198.51.100.23",))
    assert value(event, "cs-user-agent") == ('sqlmap/1.8 \\"x\\"',)
    assert value(event, "cs-host") == ("shop.nordwind.example",)
    assert names(event, "ip") == ["198.51.100.23"]
    assert event.time_quality == "parsed"


@pytest.mark.parametrize("end", ["", ' "GET', ' "GET http://[::1/ HTTP/1.1"', " " + '"' * 5_000])
def test_a_broken_line_of_a_load_balancer_is_still_an_event(end: str) -> None:
    assert body_event((BALANCER[:110] + end).encode()).source == "aws.alb"


@pytest.mark.parametrize("odd", [None, 5, "x", [], {}, [[1]], {"a": []}])
def test_odd_parts_cost_only_what_hangs_on_them(odd: FieldValue) -> None:
    for name in ("resource", "severity", "title", "updatedAt", "accountId"):
        assert event_of(finding(**{name: odd})).source == "aws.guardduty"
