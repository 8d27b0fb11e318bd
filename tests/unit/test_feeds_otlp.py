"""OTLP's two wire forms as events: the same records come out of both, and none costs another."""

import base64
import contextlib
import json
import random
from typing import Final, cast

import msgspec
import pytest
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import (
    AnyValue,
    ArrayValue,
    InstrumentationScope,
    KeyValue,
    KeyValueList,
)
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from watchfloor.feeds.batch import SentEvent, unpack
from watchfloor.feeds.doors.otlp_json import read_json
from watchfloor.feeds.doors.otlp_protobuf import read_protobuf
from watchfloor.feeds.doors.otlp_records import DEPTH, VALUES, Gathering, ReadRequest
from watchfloor.kernel.errors import Invalid, TooLarge

TIME: Final = 1_795_334_644_444_555_666


def any_value(value: object) -> AnyValue:
    """A value as OTLP's."""
    match value:
        case bool():
            found = AnyValue(bool_value=value)
        case int():
            found = AnyValue(int_value=value)
        case float():
            found = AnyValue(double_value=value)
        case bytes():
            found = AnyValue(bytes_value=value)
        case str():
            found = AnyValue(string_value=value)
        case list():
            members = [any_value(member) for member in cast("list[object]", value)]
            found = AnyValue(array_value=ArrayValue(values=members))
        case dict():
            found = AnyValue(kvlist_value=KeyValueList(values=pairs(cast("dict[str, object]", value))))
        case _:
            found = AnyValue()
    return found


def pairs(values: dict[str, object]) -> list[KeyValue]:
    return [KeyValue(key=name, value=any_value(value)) for name, value in values.items()]


def request(
    *records: LogRecord, resource: dict[str, object] | None = None, scope: InstrumentationScope | None = None
) -> ExportLogsServiceRequest:
    return ExportLogsServiceRequest(
        resource_logs=[
            ResourceLogs(
                resource=Resource(attributes=pairs(resource or {})),
                scope_logs=[ScopeLogs(scope=scope, log_records=records)],
            )
        ]
    )


def as_json(message: ExportLogsServiceRequest) -> bytes:
    """The request in OTLP's JSON, whose ids are hexadecimal and enumerations numbers."""
    document = MessageToDict(message, use_integers_for_enums=True)
    for group in document.get("resourceLogs", []):
        for scoped in group.get("scopeLogs", []):
            for record in scoped.get("logRecords", []):
                for name in ("traceId", "spanId"):
                    if name in record:
                        record[name] = base64.b64decode(record[name]).hex()
    return json.dumps(document).encode()


def events(read: ReadRequest, body: bytes) -> tuple[list[SentEvent], Gathering]:
    gathering = Gathering()
    read(body, gathering)
    batch = gathering.finish()
    return ([] if batch is None else list(unpack(batch.packed, SentEvent))), gathering


def fields(event: SentEvent) -> dict[str, object]:
    return msgspec.json.decode(event.body, type=dict[str, object])


EVERYTHING: Final = request(
    LogRecord(
        time_unix_nano=TIME,
        observed_time_unix_nano=TIME + 1,
        severity_number=9,  # type: ignore[arg-type]  # the enumeration's own number
        severity_text="INFO",
        body=any_value({"host": "from the body", "list": [1, "a", None, {"deep": True}], "big": 2**62}),
        attributes=pairs({"host": "from the record", "plain": 1.5, "raw": b"\x00\xff", "not": float("nan")}),
        trace_id=bytes(range(16)),
        span_id=bytes(range(8)),
        event_name="login",
    ),
    LogRecord(observed_time_unix_nano=TIME, body=any_value("just text")),
    LogRecord(body=any_value([1, 2])),
    resource={"host.name": "web-1", "host": "from the resource"},
    scope=InstrumentationScope(name="library", version="2", attributes=pairs({"of": "scope"})),
)
FIRST: Final = {
    "host": "from the body",
    "list": [1, "a", None, {"deep": True}],
    "big": 2**62,
    "attributes.host": "from the record",
    "plain": 1.5,
    "raw": "AP8=",
    "not": "nan",
    "scope.name": "library",
    "scope.version": "2",
    "scope.of": "scope",
    "host.name": "web-1",
    "resource.host": "from the resource",
    "timeUnixNano": str(TIME),
    "observedTimeUnixNano": str(TIME + 1),
    "severityNumber": 9,
    "severityText": "INFO",
    "traceId": "000102030405060708090a0b0c0d0e0f",
    "spanId": "0001020304050607",
    "eventName": "login",
}


def test_both_forms_give_the_same_flat_events() -> None:
    binary, _ = events(read_protobuf, EVERYTHING.SerializeToString())
    written, _ = events(read_json, as_json(EVERYTHING).replace(b'"NaN"', b'"nan"'))
    assert fields(binary[0]) == FIRST
    assert list(fields(binary[0])) == list(FIRST)
    assert [fields(event) for event in binary] == [fields(event) for event in written]
    assert [event.time for event in binary] == [event.time for event in written]
    assert fields(binary[1])["body"] == "just text"
    assert fields(binary[2])["body"] == [1, 2]


def test_the_time_is_the_records_own_or_when_it_was_observed() -> None:
    found, _ = events(read_protobuf, EVERYTHING.SerializeToString())
    shown = [event.time.isoformat() if event.time else None for event in found]
    assert shown == ["2026-11-22T08:04:04.444555+00:00", "2026-11-22T08:04:04.444555+00:00", None]


def test_only_a_request_whose_records_all_have_times_can_be_known_again() -> None:
    timed = request(LogRecord(time_unix_nano=1), LogRecord(observed_time_unix_nano=2))
    assert events(read_protobuf, timed.SerializeToString())[1].request_key == "otlp"
    assert events(read_protobuf, EVERYTHING.SerializeToString())[1].request_key is None


def test_an_exporter_for_browsers_writes_numbers_where_others_write_text() -> None:
    body = (
        b'{"resourceLogs":[{"resource":{"attributes":[],"droppedAttributesCount":0},"scopeLogs":[{"scope":{"name":"x"},'
        b'"logRecords":[{"timeUnixNano":"1795334644444555666","observedTimeUnixNano":1795334644444555666,'
        b'"severityNumber":9,"body":{"kvlistValue":{"values":[{"key":"a","value":{"intValue":5}},'
        b'{"key":"b","value":{"intValue":"-7"}},{"key":"c","value":{}},{"key":"d","value":{"doubleValue":3}},'
        b'{"key":"e","value":{"bytesValue":"AP8="}},{"key":"f","value":{"arrayValue":{}}}]}},'
        b'"unheardOf":{"x":[1]},"flags":1}]}],"schemaUrl":"s"}]}'
    )
    found, gathering = events(read_json, body)
    assert gathering.rejected == 0
    shown = fields(found[0])
    assert {name: shown[name] for name in "abcdef"} == {"a": 5, "b": -7, "c": None, "d": 3, "e": "AP8=", "f": []}
    assert shown["timeUnixNano"] == shown["observedTimeUnixNano"] == str(TIME)


@pytest.mark.parametrize("body", [b"", ExportLogsServiceRequest().SerializeToString(), request().SerializeToString()])
def test_a_request_without_records_is_in_order(body: bytes) -> None:
    assert events(read_protobuf, body)[0] == []


@pytest.mark.parametrize("body", [b"{}", b'{"resourceLogs":null}', b' {"resourceLogs":[{"scopeLogs":[{}]}]} '])
def test_a_request_without_records_is_in_order_in_json_too(body: bytes) -> None:
    assert events(read_json, body)[0] == []


def nested(levels: int) -> AnyValue:
    value = any_value("x")
    for _ in range(levels):
        value = AnyValue(array_value=ArrayValue(values=[value]))
    return value


BAD_RECORDS: Final[dict[str, LogRecord]] = {
    "too deep": LogRecord(body=nested(DEPTH + 1)),
    "much too deep": LogRecord(body=nested(45)),
    "too many keys": LogRecord(attributes=pairs({f"k{number}": 1 for number in range(2_001)})),
}


@pytest.mark.parametrize("name", BAD_RECORDS)
def test_a_record_that_cannot_be_read_costs_no_other(name: str) -> None:
    whole = request(LogRecord(body=any_value("before")), BAD_RECORDS[name], LogRecord(body=any_value("after")))
    for read, body in ((read_protobuf, whole.SerializeToString()), (read_json, as_json(whole))):
        found, gathering = events(read, body)
        assert [fields(event)["body"] for event in found] == ["before", "after"]
        assert gathering.rejected == 1
        assert gathering.fault.endswith(".")
        with pytest.raises(Invalid, match="None of the 1 log records"):
            events(read, request(BAD_RECORDS[name]).SerializeToString() if read is read_protobuf else as_json(
                request(BAD_RECORDS[name])
            ))  # fmt: skip


def test_a_record_that_is_too_long_costs_no_other() -> None:
    whole = request(LogRecord(body=any_value("x" * 600_000)), LogRecord(body=any_value("short")))
    for read, body in ((read_protobuf, whole.SerializeToString()), (read_json, as_json(whole))):
        found, gathering = events(read, body)
        assert ([fields(event)["body"] for event in found], gathering.rejected) == (["short"], 1)


def test_a_text_that_is_not_utf8_hides_no_record() -> None:
    """A parser refuses the whole message, so whoever writes one byte into a log could make it vanish."""
    good = request(LogRecord(body=any_value("caf?"), attributes=pairs({"user": {"name": ["caf?"]}})))
    body = good.SerializeToString().replace(b"caf?", b"caf\xe9")
    found, gathering = events(read_protobuf, body)
    assert gathering.rejected == 0
    assert fields(found[0]) == {"body": "caf\ufffd", "user": {"name": ["caf\ufffd"]}}
    written, _ = events(read_json, as_json(good).replace(b"caf?", b"caf\xe9"))
    assert fields(written[0]) == fields(found[0])


def test_a_lone_surrogate_hides_no_record() -> None:
    found, _ = events(read_json, as_json(request(LogRecord(body=any_value("a?")))).replace(b"a?", b"a\\ud800"))
    assert fields(found[0]) == {"body": "a\ufffd"}


def test_a_name_that_comes_twice_hides_nothing() -> None:
    twice = LogRecord(attributes=[*pairs({"user": "alice"}), *pairs({"user": "root"})])
    found, _ = events(read_protobuf, request(twice, resource={"user#2": "nobody"}).SerializeToString())
    assert fields(found[0]) == {"user": "alice", "user#2": "root", "resource.user#2": "nobody"}


def test_what_resources_say_may_not_outgrow_a_request() -> None:
    whole = request(*[LogRecord(body=any_value(number)) for number in range(200)], resource={"r": "x" * 200_000})
    for read, body in ((read_protobuf, whole.SerializeToString()), (read_json, as_json(whole))):
        with pytest.raises(TooLarge, match="resources say"):
            events(read, body)


def test_values_are_counted_before_they_are_made() -> None:
    record = LogRecord(body=AnyValue(array_value=ArrayValue(values=[AnyValue()] * 100_000)))
    whole = request(*[record] * (VALUES // 100_000 + 1))
    with pytest.raises(TooLarge, match="values"):
        events(read_protobuf, whole.SerializeToString())


MALFORMED: Final[dict[str, bytes]] = {
    "text": b"just words",
    "a length beyond the end": b"\x0a\xff\x01",
    "an endless number": b"\x0a" + b"\xff" * 20,
    "a group": b"\x0b\x0c",
    "field zero": b"\x02\x00",
    "a wire type that is none": b"\x0f",
    "a cut": request(LogRecord(body=any_value("x"))).SerializeToString()[:-1],
    "random": random.Random(7).randbytes(5_000),
    "a resource that is none": b"\x0a\x07\x0a\x05\xff\xff\xff\xff\xff",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_no_message_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        events(read_protobuf, MALFORMED[name])


WRONG_JSON: Final[dict[str, bytes]] = {
    "nothing": b"",
    "text": b"just words",
    "a list": b"[]",
    "a number for a list": b'{"resourceLogs":1}',
    "an object for a list": b'{"resourceLogs":{}}',
    "a group that is none": b'{"resourceLogs":[1]}',
    "a cut": b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{}',
    "something behind it": b'{"resourceLogs":[]} x',
    "a resource that is none": b'{"resourceLogs":[{"resource":5}]}',
    "levels": b'{"resourceLogs":' + b"[" * 100_000,
    "closed levels": b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
}


@pytest.mark.parametrize("name", WRONG_JSON)
def test_what_is_no_request_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        events(read_json, WRONG_JSON[name])


def test_whatever_is_sent_only_the_declared_errors_come_out() -> None:
    dice = random.Random(11)
    for good, read in ((EVERYTHING.SerializeToString(), read_protobuf), (as_json(EVERYTHING), read_json)):
        for _ in range(5_000):
            body = bytearray(good)
            for _ in range(dice.randint(1, 6)):
                place = dice.randrange(len(body))
                if dice.random() < 0.5:
                    body[place] = dice.randrange(256)
                else:
                    del body[place : place + dice.randint(1, 9)]
            with contextlib.suppress(Invalid):
                events(read, bytes(body))
