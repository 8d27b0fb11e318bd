"""Wazuh: alerts of version 4 with what is inside of them, findings of version 5."""

import json

import pytest

from tests.unit.cloud_events import Fields, event_of, names
from watchfloor.detect.view import EventView
from watchfloor.normalise.event import Event, FieldValue, LogSource

WAZUH = LogSource(product="wazuh")


def value(event: Event, name: str) -> tuple[str, ...]:
    return EventView(event.fields).texts(name)


def alert(**changes: FieldValue) -> Fields:
    return {
        "timestamp": "2026-03-02T08:14:27.381+0000",
        "id": "1772439267.4711",
        "rule": {"id": "5710", "level": 5, "description": "sshd: attempt to use a name that does not exist"},
        "agent": {"id": "001", "name": "web-01", "ip": "10.0.1.17"},
        "manager": {"name": "wazuh-1"},
        "decoder": {"name": "sshd"},
        "data": {"srcip": "198.51.100.23", "srcuser": "admin"},
        "full_log": "Mar  2 08:14:27 web-01 sshd[811]: Invalid user admin from 198.51.100.23",
        "location": "/var/log/auth.log",
        **changes,
    }


def test_an_alert_is_a_finding_of_its_agent() -> None:
    event = event_of(alert())
    assert (event.source, event.logsources, event.time_quality) == ("wazuh", (WAZUH,), "parsed")
    assert names(event, "host") == ["web-01"]
    assert names(event, "ip") == ["198.51.100.23"]
    assert value(event, "rule.id") == ("5710",)
    assert event.summary == "Wazuh, level 5, web-01: sshd: attempt to use a name that does not exist"


def test_an_alert_in_filebeats_message_is_the_same_event() -> None:
    shipped: Fields = {
        "@timestamp": "2026-03-02T08:14:30Z",
        "event": {"dataset": "wazuh.alerts"},
        "message": json.dumps(alert()),
    }
    assert event_of(shipped).key == event_of(alert()).key


def test_an_alert_counts_within_its_manager() -> None:
    assert event_of(alert()).key != event_of(alert(manager={"name": "wazuh-2"})).key


def test_a_windows_event_inside_of_an_alert_is_one_for_windows_rules_too() -> None:
    windows: Fields = {
        "win": {
            "system": {
                "providerName": "Microsoft-Windows-Sysmon",
                "eventID": "1",
                "channel": "Microsoft-Windows-Sysmon/Operational",
                "computer": "WS-17.nordwind.example",
                "eventRecordID": "4711",
                "systemTime": "2026-03-02T08:14:27.3812345Z",
            },
            "eventdata": {
                "image": "C:\\Windows\\System32\\cmd.exe",
                "parentImage": "C:\\Program Files\\Office\\winword.exe",
                "commandLine": "cmd /c whoami",
                "user": "NORDWIND\\k.lang",
            },
        }
    }
    event = event_of(alert(data=windows, agent={"id": "003", "name": "WS-17"}))
    assert event.logsources[0] == WAZUH
    assert LogSource("windows", "process_creation", "sysmon") in event.logsources
    assert value(event, "Image") == ("C:\\Windows\\System32\\cmd.exe",)
    assert value(event, "ParentImage") == ("C:\\Program Files\\Office\\winword.exe",)
    assert value(event, "CommandLine") == ("cmd /c whoami",)
    assert value(event, "rule.level") == ("5",)
    assert names(event, "user") == ["nordwind\\k.lang"]
    assert names(event, "host") == ["ws-17.nordwind.example", "ws-17"]


@pytest.mark.parametrize(
    ("data", "source"),
    [
        (
            {"aws": {"eventSource": "iam.amazonaws.com", "eventName": "CreateUser", "awsRegion": "us-east-1"}},
            LogSource("aws", None, "cloudtrail"),
        ),
        (
            {"office365": {"Operation": "New-InboxRule", "Workload": "Exchange", "RecordType": "1"}},
            LogSource("m365", None, "exchange"),
        ),
        ({"github": {"action": "repo.access", "_document_id": "d"}}, LogSource("github", None, "audit")),
        ({"gcp": {"protoPayload": {"methodName": "SetIamPolicy"}}}, LogSource("gcp", None, "gcp.audit")),
    ],
    ids=["cloudtrail", "m365", "github", "gcp"],
)
def test_a_clouds_event_inside_of_an_alert_is_one_for_its_rules_too(data: Fields, source: LogSource) -> None:
    event = event_of(alert(data=data))
    assert event.logsources[0] == WAZUH
    assert source in event.logsources
    assert value(event, "rule.level") == ("5",)


def test_a_finding_of_version_5_keeps_the_common_schema() -> None:
    event = event_of(
        {
            "@timestamp": "2026-03-02T08:14:27.165573205Z",
            "wazuh": {
                "agent": {"id": "002", "name": "web-01", "host": {"hostname": "web-01"}},
                "integration": {"name": "linux", "category": "system-activity"},
                "rule": {"id": "r", "title": "Failed SSH log-in", "level": "medium"},
            },
            "event": {"action": "authentication-failure", "original": "Failed password for admin"},
            "host": {"hostname": "web-01"},
            "source": {"ip": "198.51.100.23"},
            "user": {"name": "admin"},
            "file": {"path": "/opt/x", "hash": {"md5": "44d88612fea8a8f36de82e1278abb02f"}},
        }
    )
    assert (event.source, event.logsources, event.time_quality) == ("wazuh", (WAZUH,), "parsed")
    assert event.summary == "Wazuh, medium, web-01: Failed SSH log-in"
    assert names(event, "ip") == ["198.51.100.23"]
    assert names(event, "hash") == ["44d88612fea8a8f36de82e1278abb02f"]
    assert value(event, "wazuh.rule.title") == ("Failed SSH log-in",)


@pytest.mark.parametrize("odd", [None, 5, "x", [], {}, [[1]], {"a": []}])
def test_odd_parts_cost_only_what_hangs_on_them(odd: FieldValue) -> None:
    for name in ("rule", "agent", "manager", "data", "id", "timestamp"):
        assert event_of(alert(**{name: odd})).source == "wazuh"
    assert event_of(alert(data={"win": {"system": odd, "eventdata": odd}})).source == "wazuh"
