"""The way in: what is known is parsed, what is unknown is kept, poison is named."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Final
from uuid import UUID

import msgspec
import pytest

from watchfloor.kernel.ids import BatchId, FeedId
from watchfloor.normalise.body import MAX_BYTES, MAX_DEPTH, MAX_KEYS
from watchfloor.normalise.dispatch import normalise
from watchfloor.normalise.event import Event
from watchfloor.normalise.failure import ParseFailed
from watchfloor.normalise.raw import RawEvent

FEED: Final = FeedId(UUID(int=1))
OTHER_FEED: Final = FeedId(UUID(int=2))
BATCH: Final = BatchId(UUID(int=3))
OTHER_BATCH: Final = BatchId(UUID(int=4))
NOW: Final = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LOGON: Final = (
    b'{"EventID":4624,"Channel":"Security","Computer":"DC01","EventRecordID":7,"SystemTime":"2026-03-02T11:59:00Z"}'
)
RECORD: Final = (
    b'{"eventSource":"iam.amazonaws.com","eventName":"X","userIdentity":{},"eventID":"e1",'
    b'"eventTime":"2026-03-02T11:00:00Z"}'
)


def event_of(
    body: bytes,
    *,
    hint: str | None = None,
    sourcetype: str | None = None,
    time: datetime | None = None,
    fields: dict[str, str] | None = None,
    feed: FeedId = FEED,
    batch: BatchId = BATCH,
    index: int = 0,
) -> Event:
    raw = RawEvent(body=body, sourcetype=sourcetype, time=time, fields=fields or {})
    return normalise(raw, feed_id=feed, batch_id=batch, index=index, source_hint=hint, received_at=NOW)


def reason_of(body: bytes, *, hint: str | None = None, sourcetype: str | None = None) -> str:
    with pytest.raises(ParseFailed) as caught:
        event_of(body, hint=hint, sourcetype=sourcetype)
    return caught.value.reason


@pytest.mark.parametrize("hint", [None, "windows", "aws.cloudtrail", "json", "some word"])
def test_the_content_decides_whatever_the_feed_says(hint: str | None) -> None:
    assert event_of(LOGON, hint=hint).source == "windows.security"
    assert event_of(RECORD, hint=hint).source == "aws.cloudtrail"


def test_unknown_json_is_kept_as_it_came() -> None:
    event = event_of(b'{"message": "door 3 opened", "n": 4, "timestamp": "2026-03-02T11:58:00+01:00"}')
    assert (event.source, event.logsources, event.entities) == ("unparsed", (), ())
    assert event.fields == {"message": "door 3 opened", "n": 4, "timestamp": "2026-03-02T11:58:00+01:00"}
    assert event.summary == "door 3 opened"
    assert event.time == datetime(2026, 3, 2, 10, 58, tzinfo=UTC)


@pytest.mark.parametrize("body", [b"door 3 opened at noon", b"{not json", b"[1,2]", b"42", b"\xff\xfetext", b'{"a": }'])
def test_text_is_kept_in_message(body: bytes) -> None:
    event = event_of(body)
    assert event.source == "unparsed"
    assert event.raw == body
    assert isinstance(event.fields["message"], str)


def test_json_under_the_hint_text_stays_text() -> None:
    assert event_of(LOGON, hint="text").fields == {"message": LOGON.decode()}


def test_a_promise_of_json_is_kept_to() -> None:
    assert reason_of(b"plain text", hint="windows") == "not_json"
    assert reason_of(b"plain text", sourcetype="aws:cloudtrail") == "not_json"
    assert reason_of(b"[]", hint="json") == "wrong_shape"
    assert reason_of(b'{"a":"\xff"}', hint="json") == "not_utf8"


@pytest.mark.parametrize("body", [b"", b"  \n\t "])
def test_an_empty_event_is_refused(body: bytes) -> None:
    assert reason_of(body) == "empty"


def test_size_depth_and_keys_have_limits_that_include_themselves() -> None:
    filler = b'{"a":"' + b"x" * (MAX_BYTES - 8) + b'"}'
    assert event_of(filler).source == "unparsed"
    assert reason_of(filler + b" ") == "too_large"
    assert event_of(b'{"a":' * MAX_DEPTH + b"1" + b"}" * MAX_DEPTH).source == "unparsed"
    assert reason_of(b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1)) == "too_deep"
    assert reason_of(b'{"a":' + b"[" * 60_000 + b"]" * 60_000 + b"}") == "too_deep"
    assert event_of(msgspec.json.encode({str(n): n for n in range(MAX_KEYS)})).source == "unparsed"
    assert reason_of(msgspec.json.encode({"a": {str(n): n for n in range(MAX_KEYS)}})) == "too_many_keys"


def test_what_no_store_takes_is_made_storable() -> None:
    body = (
        b'\xef\xbb\xbf{"nul\\u0000":"a\\u0000b","half":"\\ud800x","big":' + b"9" * 5_000 + b',"vast":1e999,"wide":'
        b"18446744073709551616}"
    )
    fields = event_of(body, hint="json").fields
    assert fields == {
        "nul␀": "a␀b",
        "half": "\N{REPLACEMENT CHARACTER}x",
        "big": "9" * 5_000,
        "vast": "1e999",
        "wide": "18446744073709551616",
    }


@pytest.mark.parametrize(
    ("written", "quality"),
    [
        ("2026-03-02T11:59:00Z", "parsed"),
        ("2026-03-02T12:05:00Z", "parsed"),
        ("2026-03-02T12:05:01Z", "clamped"),
        ("2025-12-02T12:00:00Z", "parsed"),
        ("2025-12-02T11:59:59Z", "clamped"),
        ("0001-01-01T00:00:00+14:00", "received"),
        ("yesterday", "received"),
    ],
)
def test_a_time_out_of_bounds_gives_way_to_the_time_of_receipt(written: str, quality: str) -> None:
    event = event_of(LOGON.replace(b"2026-03-02T11:59:00Z", written.encode()))
    assert event.time_quality == quality
    assert (event.time == NOW) is (quality != "parsed")
    assert event.fields["SystemTime"] == written


def test_the_doors_time_counts_if_the_event_has_none() -> None:
    at = datetime(2026, 3, 2, 12, 30, tzinfo=timezone(timedelta(hours=1)))
    event = event_of(b"a line", time=at)
    assert (event.time, event.time_quality) == (at, "parsed")
    assert event.time.tzinfo is UTC


def test_an_event_sent_twice_has_one_key_and_feeds_do_not_share_keys() -> None:
    assert event_of(LOGON).key == event_of(LOGON, batch=OTHER_BATCH, index=5).key
    assert event_of(LOGON).key != event_of(LOGON, feed=OTHER_FEED).key
    assert len(event_of(LOGON).key) == 16


def test_equal_lines_are_different_events() -> None:
    keys = {
        event_of(b"failed password", batch=batch, index=index).key for batch in (BATCH, OTHER_BATCH) for index in (0, 1)
    }
    assert len(keys) == 4


def test_the_doors_fields_never_overwrite_the_events() -> None:
    fields = event_of(LOGON, fields={"Channel": "System", "site": "hamburg\0"}).fields
    assert (fields["Channel"], fields["site"]) == ("Security", "hamburg␀")


def test_a_summary_is_one_printable_line() -> None:
    summary = event_of(b"a\r\nb\x1b[31m\tc \xe2\x80\xae" + b"d" * 1_000).summary
    assert summary.startswith("a b [31m c ddd")
    assert len(summary) == 300
    assert summary.isprintable()
