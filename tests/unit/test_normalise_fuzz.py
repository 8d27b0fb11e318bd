"""Whatever bytes come in: an event, or `ParseFailed`. Nothing else, and nothing that a store or an encoder refuses."""

import json
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings

from watchfloor.kernel.ids import BatchId, FeedId
from watchfloor.normalise.cloudtrail import split_records
from watchfloor.normalise.dispatch import normalise
from watchfloor.normalise.failure import ParseFailed
from watchfloor.normalise.raw import RawEvent

NAMES: Final = [
    "Event", "System", "EventData", "UserData", "Provider", "#attributes", "#text", "EventID", "Channel", "Computer",
    "TimeCreated", "SystemTime", "EventRecordID", "winlog", "event_data", "user_data", "event_id", "channel", "host",
    "@timestamp", "EventTime", "Hashes", "Message", "EventType", "NewProcessId", "ProcessId", "MandatoryLabel", "User",
    "SubjectUserName", "TargetUserName", "IpAddress", "QueryName", "Data", "StringInserts", "eventSource", "eventName",
    "userIdentity", "sessionContext", "sessionIssuer", "principalId", "arn", "accountId", "eventTime", "eventID",
    "sourceIPAddress", "responseElements", "detail", "detail-type", "Records", "message", "timestamp",
]  # fmt: skip
VALUES: Final = [
    "Security", "Microsoft-Windows-Sysmon/Operational", "System", "4688", "0x1a2c", "S-1-16-12288", "NORDWIND\\x",
    "-",
    "2026-03-02T08:14:27.3812345Z", "/Date(99999999999999999)/", "9999-12-31T23:59:59-14:00", "::ffff:10.0.0.1%x",
    "MD5=,SHA256=x,=", "arn:aws:iam::1:user/x", "iam.amazonaws.com", "\x00", "\u202e", "ß", "K",
    "AROA:i-0123456789abcdef0",
]  # fmt: skip


def dump(value: object) -> bytes:
    """JSON with escapes for everything beyond ASCII, lone surrogates too."""
    return json.dumps(value).encode()


names = st.sampled_from(NAMES) | st.text(max_size=8)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(VALUES)
    | st.text(max_size=20)
    | st.sampled_from([1, 13, 4624, 4625, 4657, 4688, 1116, 1e300, 10**18])
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=8),
    max_leaves=30,
)
objects = st.dictionaries(names, values, max_size=14)
bodies = (
    st.binary(max_size=200)
    | objects.map(dump)
    | objects.map(lambda value: dump({"EventID": 4688, "Channel": "Security", **value}))
    | objects.map(lambda value: dump({"Event": {"System": value, "EventData": value}}))
    | objects.map(lambda value: dump({"winlog": value, "@timestamp": 5}))
    | objects.map(lambda value: dump({"eventSource": "a", "eventName": "b", "awsRegion": "c", **value}))
    | st.text(max_size=100).map(lambda text: b'{"a":"' + text.encode() + b'"}')
    | st.from_regex(rb'\{"a":"(\\u[0-9a-f]{4}){1,6}"\}', fullmatch=True)
)


def check(body: bytes, hint: str | None) -> None:
    try:
        event = normalise(
            RawEvent(body=body, fields={"a\x00": "\x00"}),
            feed_id=FeedId(UUID(int=1)),
            batch_id=BatchId(UUID(int=2)),
            index=0,
            source_hint=hint,
            received_at=datetime(2026, 3, 2, tzinfo=UTC),
        )
    except ParseFailed:
        return
    encoded = msgspec.json.encode(event.fields)
    assert b"\\u0000" not in encoded.replace(b"\\\\", b"")
    assert len(event.key) == 16
    assert event.raw == body
    assert event.summary.isprintable()
    assert 1 <= len(event.summary) <= 300
    assert event.time.tzinfo is UTC


hints = st.sampled_from([None, "windows", "aws.cloudtrail", "json", "text"])
quick = settings(max_examples=1_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
thorough = settings(max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@quick
@given(body=bodies, hint=hints)
def test_anything_becomes_an_event_or_a_named_failure(body: bytes, hint: str | None) -> None:
    check(body, hint)


@pytest.mark.slow
@thorough
@given(body=bodies, hint=hints)
def test_anything_becomes_an_event_or_a_named_failure_ten_thousand_times(body: bytes, hint: str | None) -> None:
    check(body, hint)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(body=bodies | st.lists(objects, max_size=3).map(lambda records: dump({"Records": records})))
def test_splitting_gives_records_or_a_named_failure(body: bytes) -> None:
    try:
        records = split_records(body)
    except ParseFailed:
        return
    assert all(record in body for record in records)
