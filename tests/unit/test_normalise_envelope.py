"""The envelope says the same of an event in the same words, whatever source it is of; OCSF is a view of it."""

import json
from datetime import timedelta
from typing import Final

import msgspec
import pytest

from tests.unit.cloud_events import RECEIVED, Fields, body_event, event_of
from tests.unit.ocsf_schema import faults
from tests.unit.parser_samples import BATCHES, LINES, MARKS
from watchfloor.detect.load import load_shared_rules
from watchfloor.detect.samples import normalise_sample
from watchfloor.normalise.envelope.envelope import envelope_of
from watchfloor.normalise.event import Event
from watchfloor.normalise.failure import ParseFailed
from watchfloor.normalise.ocsf.classes import CLASSES, VERSION
from watchfloor.normalise.ocsf.document import document_of, line_of
from watchfloor.normalise.shapes import shape_of

SYSMON: Final[Fields] = {
    "EventID": 1,
    "Channel": "Microsoft-Windows-Sysmon/Operational",
    "Computer": "ws-17.nordwind.example",
    "EventRecordID": 5,
    "UtcTime": "2026-03-02 08:14:27.381",
    "Image": "C:\\Windows\\System32\\cmd.exe",
    "CommandLine": "cmd /c whoami",
    "ProcessId": 4711,
    "ProcessGuid": "{11111111-2222-3333-4444-555555555555}",
    "ParentImage": "C:\\Office\\winword.exe",
    "ParentProcessId": 99,
    "User": "NORDWIND\\bob",
    "Hashes": f"MD5={'a' * 32},SHA256={'b' * 64}",
    "Level": 4,
}
LOGON: Final[Fields] = {
    "EventID": 4625,
    "Channel": "Security",
    "Computer": "dc1.nordwind.example",
    "SystemTime": "2026-03-02T08:14:27Z",
    "TargetUserName": "bob",
    "TargetDomainName": "NORDWIND",
    "IpAddress": "::ffff:203.0.113.9",
    "IpPort": "50000",
}


def test_a_process_has_its_names() -> None:
    found = envelope_of(event_of(SYSMON))
    assert (found.process_path, found.process_name) == ("C:\\Windows\\System32\\cmd.exe", "cmd.exe")
    assert (found.process_pid, found.parent_pid, found.command_line) == (4711, 99, "cmd /c whoami")
    assert (found.user_realm, found.user) == ("NORDWIND", "bob")
    assert (found.md5, found.sha256, found.sha1) == ("a" * 32, "b" * 64, None)
    assert (found.parser, found.parser_version, found.parse_status) == ("windows", "1", "ok")
    assert (found.severity, found.late, found.host) == (1, False, "ws-17.nordwind.example")


def test_a_failed_logon_is_a_failure_from_an_address() -> None:
    found = envelope_of(event_of(LOGON))
    assert (found.outcome, found.src_ip, found.src_port, found.user) == ("failure", "203.0.113.9", 50_000, "bob")


@pytest.mark.parametrize(
    ("fields", "outcome", "severity"),
    [
        ({**MARKS["entra.signin"], "status": {"errorCode": 0}}, "success", 0),
        ({**MARKS["entra.signin"], "status": {"errorCode": 50126}}, "failure", 0),
        ({**MARKS["okta"], "outcome": {"result": "SUCCESS"}}, "success", 0),
        ({**MARKS["m365"], "Operation": "UserLoginFailed"}, "failure", 0),
        ({**MARKS["kubernetes.audit"], "responseStatus": {"code": 403}}, "failure", 0),
        ({**MARKS["wazuh"], "rule": {"level": 12}}, "unknown", 4),
        ({**MARKS["suricata"], "event_type": "alert", "alert": {"severity": 1, "action": "blocked"}}, "failure", 4),
        ({**MARKS["aws.guardduty"], "severity": 8.0}, "unknown", 4),
        ({"some": "thing"}, "unknown", 0),
    ],
)
def test_outcome_and_severity_are_what_the_source_says(fields: Fields, outcome: str, severity: int) -> None:
    found = envelope_of(event_of(fields))
    assert (found.outcome, found.severity) == (outcome, severity)


def test_how_well_an_event_was_read_is_said() -> None:
    assert envelope_of(event_of({"some": "thing"})).parse_status == "raw"
    assert envelope_of(event_of({"EventID": 1, "Channel": "Security"})).parse_status == "partial"
    late = {**LOGON, "SystemTime": (RECEIVED - timedelta(hours=3)).isoformat()}
    assert envelope_of(event_of(late)).late
    assert not envelope_of(event_of(LOGON)).late


def test_no_text_of_an_envelope_is_unbounded() -> None:
    assert len(envelope_of(event_of({**SYSMON, "CommandLine": "x" * 100_000})).command_line or "") == 8_192


def decoded(event: Event) -> dict[str, object]:
    return msgspec.json.decode(line_of(event), type=dict[str, object])


def test_each_event_of_the_shared_samples_keeps_the_schema_of_its_class() -> None:
    broken: dict[str, list[str]] = {}
    seen: set[object] = set()
    bodies = [body for samples in load_shared_rules().samples.values() for body in (*samples.fires, *samples.silent)]
    own = [line.encode() for lines in (*LINES.values(), *BATCHES.values()) for line in lines]
    for body in (*bodies, *own):
        try:
            event = normalise_sample(body)
        except ParseFailed:
            continue
        document = decoded(event)
        seen.add(document["class_uid"])
        if found := faults(document):
            broken[event.source] = found
    assert broken == {}
    assert seen >= {one.uid for one in CLASSES} - {4007}


@pytest.mark.parametrize(
    ("fields", "uid", "activity"),
    [
        (SYSMON, 1007, 1),
        (LOGON, 3002, 1),
        ({**LOGON, "EventID": 4720, "SubjectUserName": "admin"}, 3001, 1),
        ({**LOGON, "EventID": 1102, "SubjectUserName": "admin"}, 1008, 1),
        ({**SYSMON, "EventID": 11, "TargetFilename": "C:\\x.exe"}, 1001, 1),
        ({**SYSMON, "EventID": 7, "ImageLoaded": "C:\\x.dll"}, 1005, 1),
        ({**SYSMON, "EventID": 3, "SourceIp": "10.0.0.5", "DestinationIp": "203.0.113.9"}, 4001, 1),
        ({**SYSMON, "EventID": 22, "QueryName": "evil.example"}, 4003, 1),
        ({**SYSMON, "EventID": 13, "TargetObject": "HKLM\\x"}, 0, 0),
        ({**SYSMON, "ProcessId": None, "ProcessGuid": None}, 0, 0),
        ({**MARKS["okta"], "eventType": "user.session.start", "actor": {"alternateId": "a@b.example"}}, 3002, 1),
        ({"some": "thing"}, 0, 0),
    ],
)
def test_an_event_is_of_the_class_that_speaks_of_it(fields: Fields, uid: int, activity: int) -> None:
    document = decoded(event_of(fields))
    assert (document["class_uid"], document["activity_id"]) == (uid, activity)
    assert document["type_uid"] == uid * 100 + activity
    assert faults(document) == []


def test_a_document_says_what_the_source_said_and_where_it_comes_from() -> None:
    event = event_of(SYSMON)
    document = document_of(event, with_raw=True)
    assert document["time"] == 1_772_439_267_381
    assert document["unmapped"] == event.fields
    assert document["raw_data"] == json.dumps(SYSMON)
    assert "raw_data" not in document_of(event)
    metadata = msgspec.convert(document["metadata"], dict[str, object])
    assert metadata["version"] == VERSION
    assert metadata["uid"] == event.key.hex()
    assert metadata["product"] == {"name": "Sysmon", "vendor_name": "Microsoft"}


def test_the_schema_sees_what_is_wrong() -> None:
    right = decoded(event_of(SYSMON))
    assert faults(right) == []
    assert faults({**right, "process": {}})
    assert faults({name: value for name, value in right.items() if name != "device"}) == ["device: missing"]
    assert faults({**right, "activity_id": 77})
    assert faults({**right, "invented": 1}) == ["invented: unknown attribute"]


def test_lines_of_one_unknown_source_have_one_shape() -> None:
    one = body_event(b"2026-03-02 app[17] user alice logged 5 times")
    other = body_event(b"2026-03-03 app[99] user alice logged 7 times")
    foreign = body_event(b"something else altogether")
    assert shape_of(one).fingerprint == shape_of(other).fingerprint != shape_of(foreign).fingerprint
    assert "2026" not in shape_of(one).sketch


def test_objects_of_one_unknown_source_have_one_shape() -> None:
    one, other = event_of({"a": 1, "b": {"c": "x"}}), event_of({"b": {"c": "secret"}, "a": 2})
    assert shape_of(one) == shape_of(other)
    assert shape_of(one).sketch == "a:number, b:object, b.c"
    assert shape_of(one) != shape_of(event_of({"a": "1", "b": {"c": "x"}}))
