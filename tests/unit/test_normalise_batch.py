"""What only several bodies of a batch tell together: carried lists, headers of columns, records of one execution."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import pytest

from tests.unit.cloud_events import names
from tests.unit.parser_samples import BATCHES, ZEEK
from watchfloor.kernel.ids import BatchId, FeedId
from watchfloor.normalise.batch import Reading, normalise_batch
from watchfloor.normalise.event import Event, LogSource
from watchfloor.normalise.raw import RawEvent
from watchfloor.normalise.splitting import MOST_PARTS, split_body

NOON: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
SIGN_IN: Final = {
    "id": "s1",
    "createdDateTime": "2026-03-02T08:14:27Z",
    "appDisplayName": "Portal",
    "ipAddress": "203.0.113.7",
    "userPrincipalName": "k.lang@nordwind.example",
}


def read(*bodies: str | bytes, hint: str | None = None, hosts: Sequence[str | None] = (), batch: int = 2) -> Reading:
    raws = [
        RawEvent(body=body.encode() if isinstance(body, str) else body, host=hosts[at] if hosts else None)
        for at, body in enumerate(bodies)
    ]
    return normalise_batch(
        raws, feed_id=FeedId(UUID(int=1)), batch_id=BatchId(UUID(int=batch)), source_hint=hint, received_at=NOON
    )


def sources(reading: Reading) -> list[str]:
    return [event.source for event in reading.events]


@pytest.mark.parametrize(
    "body",
    [
        {"records": [SIGN_IN, {**SIGN_IN, "id": "s2"}]},
        {"@odata.context": "https://graph.example", "value": [SIGN_IN, {**SIGN_IN, "id": "s2"}]},
        [SIGN_IN, {**SIGN_IN, "id": "s2"}],
        {"kind": "admin#reports#activities", "items": [SIGN_IN, {**SIGN_IN, "id": "s2"}]},
        {"node_key": "k", "log_type": "result", "data": [SIGN_IN, {**SIGN_IN, "id": "s2"}]},
    ],
)
def test_a_list_of_records_becomes_an_event_each_with_its_own_bytes(body: object) -> None:
    reading = read(json.dumps(body))
    assert sources(reading) == ["entra.signin", "entra.signin"]
    assert [json.loads(event.raw)["id"] for event in reading.events] == ["s1", "s2"]
    assert len({event.key for event in reading.events}) == 2


@pytest.mark.parametrize(
    "body",
    [
        '{"value": "text"}',
        '{"records": [1, 2]}',
        '{"records": []}',
        '{"data": [{"a": 1}], "x": 1}',
        "[1, {}]",
        '{"value',
    ],
)
def test_what_is_no_list_of_records_stays_whole(body: str) -> None:
    assert split_body(body.encode()) is None


def test_a_body_of_more_parts_than_may_be_stays_whole() -> None:
    parts = ",".join(["{}"] * (MOST_PARTS + 1))
    assert split_body(f'{{"records": [{parts}]}}'.encode()) is None
    assert len(split_body(f'{{"records": [{parts[:-3]}]}}'.encode()) or ()) == MOST_PARTS


def test_a_batch_becomes_no_more_events_than_may_be() -> None:
    body = json.dumps({"records": [{"a": 1}] * 9_000})
    reading = read(body, body, body)
    assert len(reading.events) == 9_000 * 2
    assert [(failure.index, failure.error.reason) for failure in reading.failures] == [(2, "too_many_keys")]


def test_parts_without_an_identity_are_known_by_their_place_and_a_repeat_by_the_same() -> None:
    body = '{"records": [{"a": 1}, {"a": 1}]}'
    keys = [event.key for event in read(body, body).events]
    assert len(set(keys)) == 4
    assert [event.key for event in read(body, body).events] == keys


def test_a_part_that_cannot_be_read_puts_the_body_aside_once_and_the_others_are_taken() -> None:
    deep = "[" * 40 + "]" * 40
    reading = read(f'{{"records": [{{"a": {deep}}}, {{"b": 1}}, {{"c": {deep}}}]}}')
    assert [event.fields for event in reading.events] == [{"b": 1}]
    assert [(failure.index, failure.error.reason) for failure in reading.failures] == [(0, "too_deep")]
    assert b"records" in reading.failures[0].raw.body


def test_zeek_in_columns_is_what_its_json_would_be() -> None:
    first, second = [event for event in read(*ZEEK).events if event.source == "zeek.dns"]
    assert first.fields["id.orig_p"] == 5353
    assert first.fields["answers"] == ["192.0.2.1", "192.0.2.2"]
    assert first.fields["TTLs"] == [60.0, 60.0]
    assert first.fields["AA"] is False
    assert first.time == datetime(2026, 3, 2, 11, 58, 1, 250_000, tzinfo=UTC)
    assert LogSource(product="zeek", category="dns", service="dns") in first.logsources
    assert second.fields["answers"] == []
    assert "qtype_name" not in second.fields


def test_a_row_behind_the_end_of_its_log_has_no_columns_any_more() -> None:
    assert sources(read(*ZEEK, ZEEK[8]))[-1] == "unparsed"


@pytest.mark.parametrize("source", [name for name in BATCHES if name != "linux.auditd"])
def test_rows_are_read_by_the_header_above_them(source: str) -> None:
    found = sources(read(*BATCHES[source]))
    assert source in found
    assert set(found) == {source, "log.header"}
    if BATCHES[source][0].startswith("#"):
        assert sources(read("\n".join(BATCHES[source]))) == found
    assert sources(read(*BATCHES[source], hint="text")) == found


def test_headers_of_one_stream_say_nothing_of_another() -> None:
    header, row = BATCHES["aws.vpcflow"]
    assert sources(read(header, row, hosts=["a", "b"])) == ["log.header", "unparsed"]
    assert sources(read(header, row, hosts=["a", "a"])) == ["log.header", "aws.vpcflow"]


def test_a_web_request_of_iis_has_sigmas_names() -> None:
    event = read(*BATCHES["web.iis"]).events[-1]
    assert event.fields["cs-method"] == "POST"
    assert event.fields["cs-uri-query"] == ["u=%27+or", "/owa/auth.owa?u=%27+or", "/owa/auth.owa?u='+or"]
    assert event.fields["sc-status"] == 403
    assert event.fields["cs-user-agent"] == "curl/8"
    assert event.logsources == (LogSource(product="iis", category="webserver"),)
    assert event.time == datetime(2026, 3, 2, 11, tzinfo=UTC)


def joined(reading: Reading) -> list[Event]:
    return [event for event in reading.events if event.logsources == (AUDIT_EXECUTION,)]


AUDIT_EXECUTION: Final = LogSource(product="linux", category="process_creation")
AUDIT_RECORD: Final = (LogSource(product="linux", service="auditd"),)
AUDIT: Final = BATCHES["linux.auditd"]


def test_the_records_of_one_execution_also_become_one_process_creation() -> None:
    reading = read(*AUDIT)
    (event,) = joined(reading)
    expected = {
        "Image": "/usr/bin/cat",
        "CommandLine": "cat /etc/shadow",
        "CurrentDirectory": "/root",
        "User": "root",
        "ProcessId": "11",
        "ParentProcessId": "10",
        "a1": "/etc/shadow",
        "key": "exec",
    }
    assert {name: event.fields.get(name) for name in expected} == expected
    assert names(event, "host") == ["web1"]
    assert event.time == datetime(2026, 3, 2, 11, 0, 0, 123_000, tzinfo=UTC)
    assert event.summary == "root ran cat /etc/shadow on web1"
    assert len(reading.events) == len(AUDIT) + 1
    assert {one.logsources for one in reading.events[:-1]} == {AUDIT_RECORD}


def test_an_execution_has_the_same_key_however_its_records_were_batched() -> None:
    (whole,) = joined(read(*AUDIT))
    (fewer,) = joined(read(*AUDIT[:3], batch=9))
    assert whole.key == fewer.key
    assert whole.key not in {event.key for event in read(*AUDIT).events[:-1]}


def test_records_of_other_executions_and_other_hosts_are_not_joined() -> None:
    other_serial, other_host = AUDIT[1].replace(":77)", ":78)"), AUDIT[1].replace("web1", "web2")
    assert joined(read(AUDIT[0], other_serial)) == []
    assert joined(read(AUDIT[0], other_host)) == []
    assert len(joined(read(AUDIT[0], other_serial, AUDIT[1]))) == 1


def test_an_execution_record_alone_still_is_a_process_creation() -> None:
    (event,) = read(AUDIT[1]).events
    assert event.logsources == (LogSource(product="linux", category="process_creation", service="auditd"),)


def test_a_failed_execution_and_another_call_are_none() -> None:
    assert joined(read(AUDIT[0].replace("success=yes", "success=no"), AUDIT[1])) == []
    assert joined(read(AUDIT[0].replace("syscall=59", "syscall=2"), AUDIT[4])) == []


def test_an_execution_without_its_arguments_has_its_title() -> None:
    (event,) = joined(read(AUDIT[0], AUDIT[4]))
    assert event.fields["CommandLine"] == "cat /etc/shadow"


def test_a_long_command_line_goes_on_in_the_next_record() -> None:
    first = 'node=web1 type=EXECVE msg=audit(1772449200.123:77): argc=3 a0="sh" a1_len=6 a1[0]=616263'
    second = 'node=web1 type=EXECVE msg=audit(1772449200.123:77): a1[1]=646566 a2="end"'
    (event,) = joined(read(AUDIT[0], first, second))
    assert event.fields["CommandLine"] == "sh abcdef end"


def test_records_in_a_shippers_objects_are_joined_too() -> None:
    bodies = [json.dumps({"message": line.removeprefix("node=web1 "), "host": {"name": "web1"}}) for line in AUDIT]
    (event,) = joined(read(*bodies))
    assert event.fields["CommandLine"] == "cat /etc/shadow"
    assert names(event, "host") == ["web1"]
