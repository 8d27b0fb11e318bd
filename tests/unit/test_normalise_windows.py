"""Windows events: one event in every shippers' shape reads the same, and has the names that Sigma rules look for."""

from typing import Final

import msgspec
import pytest

from watchfloor.normalise.body import read_object
from watchfloor.normalise.event import FieldValue, LogSource
from watchfloor.normalise.parsed import Parsed
from watchfloor.normalise.windows.parser import parse_windows
from watchfloor.normalise.windows.shapes import flatten

SYSMON: Final = "Microsoft-Windows-Sysmon/Operational"
PROVIDER: Final = "Microsoft-Windows-Sysmon"
DATA: Final[dict[str, FieldValue]] = {
    "UtcTime": "2026-03-02 08:14:27.381",
    "ProcessGuid": "{8f2c1d5e-1c33-65e2-9a02-000000003200}",
    "Image": "C:\\Windows\\System32\\cmd.exe",
    "CommandLine": "cmd.exe /c whoami",
    "ParentImage": "C:\\Windows\\explorer.exe",
    "User": "NORDWIND\\j.berger",
    "Hashes": "MD5=352B525E9C26CB92693899528FE007C2,SHA256=1F1D918EC49E0B7C59B704FF412E1A6E"
    "224DA81C08CDA657E1CB482ABAAC146C,IMPHASH=94F3EFC2DF40ECD7229B904540DD83CF",
}


def as_evtx() -> dict[str, FieldValue]:
    return {
        "Event": {
            "#attributes": {"xmlns": "http://schemas.microsoft.com/win/2004/08/events/event"},
            "System": {
                "Provider": {"#attributes": {"Name": PROVIDER, "Guid": "5770385F-C22A-43E0-BF4C-06F5698FFBD9"}},
                "EventID": {"#attributes": {"Qualifiers": 0}, "#text": 1},
                "TimeCreated": {"#attributes": {"SystemTime": "2026-03-02T08:14:27.3812345Z"}},
                "EventRecordID": 67583,
                "Correlation": None,
                "Execution": {"#attributes": {"ProcessID": 3904, "ThreadID": 4272}},
                "Channel": SYSMON,
                "Computer": "WS01.nordwind.example",
            },
            "EventData": {**DATA},
        }
    }


def as_winlogbeat() -> dict[str, FieldValue]:
    return {
        "@timestamp": "2026-03-02T08:14:27.381Z",
        "message": "Process Create:",
        "event": {"code": "1"},
        "winlog": {
            "channel": SYSMON,
            "computer_name": "WS01.nordwind.example",
            "event_id": "1",
            "provider_name": PROVIDER,
            "record_id": 67583,
            "process": {"pid": 3904, "thread": {"id": 4272}},
            "event_data": {**DATA},
        },
    }


def as_nxlog() -> dict[str, FieldValue]:
    return {
        "EventTime": "2026-03-02 08:14:27",
        "Hostname": "WS01.nordwind.example",
        "EventID": 1,
        "SourceName": PROVIDER,
        "RecordNumber": 67583,
        "ExecutionProcessID": 3904,
        "ExecutionThreadID": 4272,
        "Channel": SYSMON,
        **DATA,
    }


def as_flat() -> dict[str, FieldValue]:
    return {
        "EventID": "1",
        "Channel": SYSMON,
        "Computer": "WS01.nordwind.example",
        "Provider_Name": PROVIDER,
        "EventRecordID": 67583,
        "SystemTime": "2026-03-02T08:14:27.381Z",
        "Execution_ProcessID": 3904,
        "Execution_ThreadID": 4272,
        **DATA,
    }


SHAPES: Final = {"evtx": as_evtx, "winlogbeat": as_winlogbeat, "nxlog": as_nxlog, "flat": as_flat}


def parse(fields: dict[str, FieldValue]) -> Parsed:
    flat = flatten(read_object(msgspec.json.encode(fields)))
    assert flat is not None
    return parse_windows(flat)


def security(event_id: int, **data: FieldValue) -> Parsed:
    return parse({"EventID": event_id, "Channel": "Security", "Computer": "DC01", "EventRecordID": 7, **data})


def sysmon(event_id: int, **data: FieldValue) -> Parsed:
    return parse({"EventID": event_id, "Channel": SYSMON, "Computer": "WS01", "EventRecordID": 7, **data})


def values(parsed: Parsed, kind: str) -> list[str]:
    return [entity.value for entity in parsed.entities if entity.kind == kind]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_gives_the_same_names(shape: str) -> None:
    fields = parse(SHAPES[shape]()).fields
    expected: dict[str, FieldValue] = {
        "EventID": 1,
        "Channel": SYSMON,
        "Computer": "WS01.nordwind.example",
        "Provider_Name": PROVIDER,
        "EventRecordID": 67583,
        "Execution_ProcessID": 3904,
        "Execution_ThreadID": 4272,
        **DATA,
    }
    assert {name: fields[name] for name in expected} == expected


def test_every_shape_gives_the_same_identity_log_source_and_entities() -> None:
    parsed = [parse(make()) for make in SHAPES.values()]
    assert len({one.identity for one in parsed}) == 1
    assert len({one.entities for one in parsed}) == 1
    assert {one.logsources for one in parsed} == {(LogSource("windows", "process_creation", "sysmon"),)}
    assert {one.source for one in parsed} == {"windows.sysmon"}


def test_hashes_stay_and_are_split_by_algorithm() -> None:
    fields = parse(as_flat()).fields
    assert fields["Hashes"] == DATA["Hashes"]
    assert fields["md5"] == "352B525E9C26CB92693899528FE007C2"
    assert fields["Imphash"] == "94F3EFC2DF40ECD7229B904540DD83CF"


def test_blanks_leave_field_names() -> None:
    event = as_evtx()
    event["Event"]["System"]["Channel"] = "Microsoft-Windows-Windows Defender/Operational"  # type: ignore[index,call-overload]  # nested JSON
    event["Event"]["System"]["EventID"] = 1116  # type: ignore[index,call-overload]  # nested JSON
    event["Event"]["EventData"] = {"Threat Name": "HackTool", "Path": "file:_C:\\a.exe"}  # type: ignore[index,call-overload]  # nested JSON
    parsed = parse(event)
    assert parsed.fields["ThreatName"] == "HackTool"
    assert parsed.fields["Signature"] == "HackTool"
    assert parsed.fields["Filename"] == "file:_C:\\a.exe"
    assert LogSource("windows", "antivirus", "windefend") in parsed.logsources


def test_a_4688_reads_as_a_process_creation() -> None:
    parsed = security(
        4688,
        NewProcessName="C:\\a.exe",
        ParentProcessName="C:\\b.exe",
        NewProcessId="0x1a2c",
        ProcessId="0x64",
        SubjectUserName="j.berger",
        SubjectDomainName="NORDWIND",
        MandatoryLabel="S-1-16-12288",
        CommandLine="a.exe -x",
    )
    expected: dict[str, FieldValue] = {
        "Image": "C:\\a.exe",
        "ParentImage": "C:\\b.exe",
        "ProcessId": 0x1A2C,
        "ParentProcessId": 0x64,
        "User": "NORDWIND\\j.berger",
        "IntegrityLevel": "High",
        "NewProcessName": "C:\\a.exe",
        "NewProcessId": "0x1a2c",
    }
    assert {name: parsed.fields[name] for name in expected} == expected
    assert parsed.logsources == (LogSource("windows", "process_creation", "security"),)


def test_a_4657_reads_as_a_registry_event() -> None:
    parsed = security(
        4657, ObjectName="\\REGISTRY\\MACHINE\\SOFTWARE\\Run", ObjectValueName="Upd", NewValue="C:\\a.exe"
    )
    assert parsed.fields["TargetObject"] == "HKLM\\SOFTWARE\\Run\\Upd"
    assert parsed.fields["Details"] == "C:\\a.exe"


@pytest.mark.parametrize(
    ("event_id", "event_type", "categories"),
    [
        (3, "", ["network_connection"]),
        (10, "", ["process_access"]),
        (12, "CreateKey", ["registry_event", "registry_add"]),
        (12, "DeleteValue", ["registry_event", "registry_delete"]),
        (13, "SetValue", ["registry_event", "registry_set"]),
        (22, "", ["dns_query"]),
        (99, "", [None]),
    ],
)
def test_a_sysmon_event_belongs_to_all_its_categories(
    event_id: int, event_type: str, categories: list[str | None]
) -> None:
    parsed = sysmon(event_id, EventType=event_type)
    assert parsed.logsources == tuple(LogSource("windows", category, "sysmon") for category in categories)


def test_the_event_type_that_nxlog_overwrote_is_read_from_the_message() -> None:
    parsed = sysmon(
        12, EventType="INFO", Message="Registry object added or deleted:\r\nEventType: DeleteKey\r\nUtcTime: x"
    )
    assert parsed.fields["EventType"] == "DeleteKey"
    assert LogSource("windows", "registry_delete", "sysmon") in parsed.logsources


@pytest.mark.parametrize(
    ("channel", "source"),
    [
        ("security", "windows.security"),
        ("Windows PowerShell", "windows.powershell-classic"),
        ("PowerShellCore/Operational", "windows.powershell"),
        ("Vendor-Thing/Operational", "windows"),
    ],
)
def test_a_channel_names_the_source_in_any_letter_case(channel: str, source: str) -> None:
    assert parse({"EventID": 5, "Channel": channel}).source == source


def test_unnamed_data_is_joined_line_by_line() -> None:
    event = as_evtx()
    event["Event"]["EventData"] = {"Data": {"#text": ["xp_cmdshell", "0", "1"]}, "Binary": None}  # type: ignore[index,call-overload]  # nested JSON
    assert parse(event).fields["Data"] == "xp_cmdshell\n0\n1"
    beat = as_winlogbeat()
    beat["winlog"]["event_data"] = {"param1": "PSEXESVC", "param2": "running"}  # type: ignore[index,call-overload]  # nested JSON
    assert parse(beat).fields["Data"] == "PSEXESVC\nrunning"


def test_data_cannot_overwrite_the_header() -> None:
    event = as_evtx()
    event["Event"]["EventData"] = {"Channel": "Security", "EventID": 4624, "Computer": "OTHER"}  # type: ignore[index,call-overload]  # nested JSON
    fields = parse(event).fields
    assert (fields["Channel"], fields["EventID"], fields["Computer"]) == (SYSMON, 1, "WS01.nordwind.example")


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"EventID": 1},
        {"EventID": True, "Channel": "Security"},
        {"EventID": -4, "Channel": "Security"},
        {"EventID": "٣", "Channel": "Security"},
        {"EventID": "1; drop", "Channel": "Security"},
        {"Event": {"System": "none"}},
        {"Event": {"EventData": {}}},
        {"winlog": {}},
        {"winlog": {"event_id": [], "channel": {}}},
    ],
)
def test_what_only_resembles_a_windows_event_is_none(fields: dict[str, FieldValue]) -> None:
    assert flatten(fields) is None


def test_a_logon_names_its_target_first_and_drops_machines_and_built_in_accounts() -> None:
    parsed = security(
        4624,
        SubjectUserName="DC01$",
        SubjectDomainName="NORDWIND",
        SubjectUserSid="S-1-5-18",
        TargetUserName="j.berger",
        TargetDomainName="NORDWIND",
        WorkstationName="WS-0142",
        IpAddress="::ffff:10.20.4.17",
    )
    assert values(parsed, "user") == ["nordwind\\j.berger"]
    assert values(parsed, "host") == ["dc01", "ws-0142"]
    assert values(parsed, "ip") == ["10.20.4.17"]


def test_a_record_number_that_starts_again_is_another_event() -> None:
    first = security(4624, SystemTime="2026-03-02T08:14:27Z")
    later = security(4624, SystemTime="2026-04-02T08:14:27Z")
    assert first.identity != later.identity


def test_two_libraries_that_cut_the_time_differently_give_one_identity() -> None:
    long = security(4624, SystemTime="2026-03-02T08:14:27.3812345Z")
    short = security(4624, SystemTime="2026-03-02T08:14:27.381Z")
    assert long.identity == short.identity


def test_a_summary_says_who_did_what_where() -> None:
    assert (
        parse(as_flat()).summary
        == "WS01.nordwind.example: explorer.exe started cmd.exe /c whoami as NORDWIND\\j.berger"
    )
    assert security(4740).summary == "DC01: ? was locked out"
