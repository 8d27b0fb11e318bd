"""`watchfloor export ocsf`: recorded files in, documents out, one a line; what cannot be read is said."""

import json
from pathlib import Path

import msgspec
from click.testing import CliRunner, Result

from tests.unit.ocsf_schema import faults
from tests.unit.parser_samples import BATCHES
from watchfloor.ops.cli import command_line

LOGON = {
    "EventID": 4625,
    "Channel": "Security",
    "Computer": "dc1.nordwind.example",
    "EventRecordID": 7,
    "SystemTime": "2019-03-02T08:14:27Z",
    "TargetUserName": "bob",
    "IpAddress": "203.0.113.9",
}


def export(*arguments: object, stdin: str | None = None) -> Result:
    return CliRunner().invoke(command_line, ["export", "ocsf", *map(str, arguments)], input=stdin)


def documents(result: Result) -> list[dict[str, object]]:
    return [msgspec.json.decode(line, type=dict[str, object]) for line in result.stdout.splitlines()]


def test_recorded_events_become_documents_with_their_own_time(tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    file.write_text(json.dumps(LOGON) + "\n" + json.dumps({"_source": {**LOGON, "EventRecordID": 8}}) + "\n")
    result = export(file)
    assert result.exit_code == 0
    found = documents(result)
    assert [(one["class_uid"], one["time"]) for one in found] == [(3002, 1_551_514_467_000)] * 2
    assert [fault for one in found for fault in faults(one)] == []


def test_records_of_one_execution_are_put_together(tmp_path: Path) -> None:
    file = tmp_path / "audit.log"
    file.write_text("\n".join(BATCHES["linux.auditd"]) + "\n")
    assert [one["class_uid"] for one in documents(export(file))][-1] == 1007


def test_the_event_as_it_came_is_added_only_when_asked_for(tmp_path: Path) -> None:
    file, out = tmp_path / "events.ndjson", tmp_path / "out.ndjson"
    file.write_text(json.dumps(LOGON) + "\n")
    assert "raw_data" not in documents(export(file))[0]
    assert export(file, "--raw", "--output", out).stdout == ""
    assert json.loads(out.read_text())["raw_data"] == json.dumps(LOGON)


def test_what_cannot_be_read_is_said_and_ends_with_code_1(tmp_path: Path) -> None:
    file = tmp_path / "events.ndjson"
    file.write_text(json.dumps(LOGON) + "\n{broken\n" + json.dumps(LOGON) + "\n")
    result = export(file)
    assert result.exit_code == 1
    assert len(documents(result)) == 2
    assert "not valid JSON" in result.stderr


def test_neither_files_nor_a_tenant_is_wrong_usage(tmp_path: Path) -> None:
    assert export().exit_code == 2
    assert export(tmp_path, "--tenant", "acme").exit_code == 2
