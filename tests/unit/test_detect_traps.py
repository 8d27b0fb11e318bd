"""The traps that other engines fall into: values that come in another shape than the rule's author had in mind.

Where the shape comes from a source, the event goes through the normaliser as the source writes it.
"""

from typing import Final

import msgspec
import pytest

from watchfloor.detect.compilation import compile_condition
from watchfloor.detect.condition import Condition
from watchfloor.detect.engine import PlainEngine
from watchfloor.detect.lists import fill, widen
from watchfloor.detect.rule import Rule
from watchfloor.detect.samples import normalise_sample
from watchfloor.detect.translation import translate
from watchfloor.detect.view import EventView
from watchfloor.normalise.event import FieldValue, LogSource

Fields = dict[str, FieldValue]

SYSMON: Final[Fields] = {
    "Channel": "Microsoft-Windows-Sysmon/Operational",
    "Provider_Name": "Microsoft-Windows-Sysmon",
    "Computer": "ws-17.nordwind.example",
    "EventRecordID": 4711,
    "UtcTime": "2026-03-02 08:14:27.381",
}


def rule(logsource: LogSource, selection: object, condition: str = "s", **more: object) -> Rule:
    return Rule(
        id="x",
        title="x",
        level="high",
        status="test",
        author="x",
        references=(),
        tags=(),
        why="x",
        false_positives=(),
        runbook=(),
        dedup=(),
        window_seconds=60,
        licence="x",
        link=None,
        logsource=logsource,
        path="x",
        content_hash="00" * 32,
        condition=translate({"s": selection, **more, "condition": condition}, {}),
    )


def hits(logsource: LogSource, selection: object, event: Fields) -> bool:
    """Whether a rule fires on an event as its source writes it."""
    body = msgspec.json.encode(event)
    return bool(PlainEngine([rule(logsource, selection)]).match([normalise_sample(body)]).rule)


def holds(condition: Condition, fields: Fields) -> bool:
    return compile_condition(condition)(EventView(fields))


def fires(selection: object, fields: Fields) -> bool:
    return holds(translate({"s": selection, "condition": "s"}, {}), fields)


def test_objects_are_rendered_for_string_modifiers() -> None:
    trail: Fields = {
        "eventVersion": "1.08",
        "eventSource": "s3.amazonaws.com",
        "eventName": "PutBucketVersioning",
        "eventTime": "2026-03-02T08:14:27Z",
        "awsRegion": "eu-central-1",
        "eventID": "5b7c1f5e-7b0e-4a5c-8a3e-1f2d3c4b5a69",
        "userIdentity": {"type": "IAMUser", "accountId": "123456789012"},
        "requestParameters": {"VersioningConfiguration": {"Status": "Suspended"}, "bucketName": "b"},
    }
    cloudtrail = LogSource("aws", None, "cloudtrail")
    assert hits(cloudtrail, {"requestParameters|contains": "suspended"}, trail)
    assert hits(cloudtrail, {"requestParameters|contains": '"Status":"Suspended"'}, trail)
    assert hits(cloudtrail, {"requestParameters.VersioningConfiguration.Status": "suspended"}, trail)
    assert not hits(cloudtrail, {"requestParameters": "suspended"}, trail)


def test_field_names_with_spaces_find_fields_without() -> None:
    detected: Fields = {
        "Channel": "Microsoft-Windows-Windows Defender/Operational",
        "Provider_Name": "Microsoft-Windows-Windows Defender",
        "EventID": 1116,
        "Computer": "ws-17.nordwind.example",
        "EventRecordID": 1,
        "Threat Name": "HackTool:Win64/Mikatz!dha",
        "Source Name": "AMSI",
    }
    defender = LogSource("windows", None, "windefend")
    for name in ("Threat Name", "ThreatName", "threat name"):
        assert hits(defender, {f"{name}|startswith": "hacktool:"}, detected)
    assert hits(defender, {"SourceName": "AMSI"}, detected)


def test_booleans_are_their_words() -> None:
    for initiated in (True, "true", "True"):
        connected: Fields = {**SYSMON, "EventID": 3, "Initiated": initiated, "Image": "C:\\x.exe"}
        network = LogSource("windows", "network_connection")
        assert hits(network, {"Initiated": "true"}, connected)
        assert hits(network, {"Initiated": True}, connected)
        assert not hits(network, {"Initiated": "false"}, connected)
        assert not hits(network, {"Initiated": 1}, connected)


def test_empty_missing_and_null_are_three_things() -> None:
    states: dict[str, Fields] = {"missing": {}, "null": {"f": None}, "empty": {"f": ""}, "none of a list": {"f": []}}
    expected = {
        "''": {"empty"},
        "null": {"missing", "null", "none of a list"},
        "exists": {"null", "empty", "none of a list"},
        "not ''": {"missing", "null", "none of a list"},
        "any text": {"empty"},
    }
    selections: dict[str, dict[str, object]] = {
        "''": {"f": ""},
        "null": {"f": None},
        "exists": {"f|exists": True},
        "not ''": {"f|neq": ""},
        "any text": {"f": "*"},
    }
    for name, selection in selections.items():
        assert {state for state, fields in states.items() if fires(selection, fields)} == expected[name], name


def test_a_field_that_no_event_has_does_not_silence_the_rule() -> None:
    process = rule(LogSource("windows"), {"Image|endswith": "\\a.exe"}, "s and not f", f={"NeverThere": "x"})
    assert holds(process.condition, {"Image": "C:\\a.exe"})


@pytest.mark.parametrize(("value", "expected"), [("0x1a", True), ("0x1", False), ("0x10", True), ("0x1ab", False)])
def test_a_question_mark_under_endswith_stands_for_one_letter(value: str, *, expected: bool) -> None:
    assert fires({"AccessMask|endswith": "1?"}, {"AccessMask": value}) is expected


@pytest.mark.parametrize("written", [" -accepteula", " /accepteula", " \u2013accepteula"])
@pytest.mark.parametrize("found", "-/\u2013\u2014\u2015")
def test_windash_reads_a_slash_in_a_rule_as_a_dash_too(written: str, found: str) -> None:
    assert fires({"CommandLine|contains|windash": written}, {"CommandLine": f"x.exe {found}ACCEPTEULA"})
    assert fires(
        {"CommandLine|contains|windash|all": [written, "-y"]}, {"CommandLine": f"x {found}accepteula {found}y"}
    )


def test_an_unresolved_placeholder_never_alerts_by_itself() -> None:
    """Neither where it selects nor where it filters: the tenant's lists decide, and without them nothing fires."""
    selecting = rule(LogSource("windows"), {"User|expand": "%admins%"}).condition
    filtering = rule(LogSource("windows"), {"a": "1"}, "s and not f", f={"User|expand": "%admins%"}).condition
    event: Fields = {"a": "1", "User": "eve"}
    assert holds(widen(selecting), event)
    assert holds(widen(filtering), event)
    known = {"admins": [("adm",)]}
    assert not holds(fill(selecting, known), event)
    assert holds(fill(filtering, known), event)
    assert not holds(fill(filtering, {"admins": [("eve",)]}), event)


def test_an_event_belongs_to_several_log_sources() -> None:
    written: Fields = {**SYSMON, "EventID": 13, "EventType": "SetValue", "TargetObject": "HKLM\\x", "Details": "y"}
    for source in (
        LogSource("windows", "registry_set"),
        LogSource("windows", "registry_event"),
        LogSource("windows", None, "sysmon"),
        LogSource("windows"),
        LogSource(category="registry_event"),
    ):
        assert hits(source, {"TargetObject": "hklm\\x"}, written), source
    for source in (LogSource("windows", "registry_delete"), LogSource("windows", None, "security"), LogSource("linux")):
        assert not hits(source, {"TargetObject": "hklm\\x"}, written), source


def test_unnamed_data_is_found_as_data() -> None:
    shapes: list[FieldValue] = [["engine", "HostName=x powershell -enc x"], "HostName=x powershell -enc x"]
    for data in shapes:
        started: Fields = {
            "Event": {
                "System": {
                    "Provider": {"#attributes": {"Name": "PowerShell"}},
                    "EventID": 400,
                    "Channel": "Windows PowerShell",
                    "Computer": "ws-17.nordwind.example",
                    "EventRecordID": 7,
                },
                "EventData": {"Data": {"#text": data}},
            }
        }
        classic = LogSource("windows", "ps_classic_start")
        assert hits(classic, {"Data|contains|all": ["HostName=", " -enc "]}, started)
        assert not hits(classic, {"Data|contains": " -nothing "}, started)


@pytest.mark.parametrize("channel", ["Security", "security", "SECURITY"])
@pytest.mark.parametrize("event_id", [4625, "4625"])
def test_a_channel_in_lower_case_and_a_number_as_text_are_what_they_say(channel: str, event_id: FieldValue) -> None:
    logon: Fields = {
        "Channel": channel,
        "Provider_Name": "Microsoft-Windows-Security-Auditing",
        "EventID": event_id,
        "Computer": "dc-1.nordwind.example",
        "EventRecordID": 9,
        "Status": "0xC000006D",
    }
    security = LogSource("windows", None, "security")
    assert hits(security, {"EventID": 4625, "Status": "0xc000006d"}, logon)
    assert hits(security, {"EventID": "4625"}, logon)
    assert hits(security, {"Channel": "Security"}, logon)
    assert not hits(security, {"EventID": 4624}, logon)
