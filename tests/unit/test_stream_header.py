"""What the door takes out of a message, and how it reads a time that names no zone."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchfloor.feeds.doors.stream.header import local_time, without_token

HEAD = b"<34>1 2026-11-22T08:00:00Z host app 12 ID "
TOKEN = b'[wf@32473 token="wf_abc_DEF"]'
NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("message", "stored", "token"),
    [
        (HEAD + TOKEN + b" hello", HEAD + b"- hello", "wf_abc_DEF"),
        (HEAD + b'[a@1 b="c"]' + TOKEN + b" hello", HEAD + b'[a@1 b="c"] hello', "wf_abc_DEF"),
        (HEAD + TOKEN + b'[a@1 b="c"] hello', HEAD + b'[a@1 b="c"] hello', "wf_abc_DEF"),
        (HEAD + b'[a@1 b="\\"\\]x"]' + TOKEN, HEAD + b'[a@1 b="\\"\\]x"]', "wf_abc_DEF"),
        (HEAD + TOKEN + TOKEN + b" twice", HEAD + b"- twice", "wf_abc_DEF"),
        (HEAD + b"- " + TOKEN + b" in the text", HEAD + b"- " + TOKEN + b" in the text", None),
        (b"<34>Nov 22 08:00:00 host app: " + TOKEN, b"<34>Nov 22 08:00:00 host app: " + TOKEN, None),
        (HEAD + b'[wf@32473 other="x"] hello', HEAD + b'[wf@32473 other="x"] hello', None),
        (HEAD + b"- \xef\xbb\xbfhello", HEAD + b"- hello", None),
        (b"\xef\xbb\xbf" + HEAD + TOKEN + b" \xef\xbb\xbfhello", HEAD + b"- hello", "wf_abc_DEF"),
    ],
)
def test_a_token_and_a_byte_order_mark_are_taken_out(message: bytes, stored: bytes, token: str | None) -> None:
    assert without_token(message) == (stored, token)


@given(st.binary(max_size=300))
def test_any_bytes_can_be_looked_at(rest: bytes) -> None:
    for message in (rest, HEAD + rest, HEAD + b"[wf@" + rest, HEAD + TOKEN + rest):
        without_token(message)
        local_time(message, zone="Europe/Berlin", now=NOW)


@pytest.mark.parametrize(
    ("message", "zone", "time"),
    [
        (b"<34>Nov 22 09:30:00 host app: x", "Europe/Berlin", datetime(2026, 11, 22, 8, 30, tzinfo=UTC)),
        (b"<34>Jul  1 09:30:00 host app: x", "Europe/Berlin", datetime(2026, 7, 1, 7, 30, tzinfo=UTC)),
        (b"Nov 22 03:00:00 host app: x", "America/New_York", datetime(2026, 11, 22, 8, tzinfo=UTC)),
        (b"<189>45: *Nov 22 09:30:00.125: %SYS-5-CONFIG_I: x", "Europe/Berlin",
         datetime(2026, 11, 22, 8, 30, 0, 125_000, tzinfo=UTC)),
        (b"<189>45: sw1: Nov 22 09:30:00 UTC: %SYS-5-CONFIG_I: x", "Europe/Berlin",
         datetime(2026, 11, 22, 9, 30, tzinfo=UTC)),
        (b"<166>Nov 22 2025 09:30:00 asa : %ASA-6-302013: x", "Europe/Berlin",
         datetime(2025, 11, 22, 8, 30, tzinfo=UTC)),
        (b"<166>Nov 22 2026 09:30:00: %ASA-6-302013: x", "Asia/Kolkata", datetime(2026, 11, 22, 4, tzinfo=UTC)),
        (b"<34>2026-11-22T09:30:00.5 host app: x", "Europe/Berlin",
         datetime(2026, 11, 22, 8, 30, 0, 500_000, tzinfo=UTC)),
        (b"<34>2026-11-22T09:30:00Z host app: x", "Europe/Berlin", None),
        (b"<34>2026-11-22T09:30:00+02:00 host app: x", "Europe/Berlin", None),
        (HEAD + b"- x", "Europe/Berlin", None),
        (b"<34>Foo 22 09:30:00 host app: x", "Europe/Berlin", None),
        (b"<34>Nov 31 09:30:00 host app: x", "Europe/Berlin", None),
        (b"nothing", "Europe/Berlin", None),
        (b"<34>Nov 22 09:30:00 host app: x", "Nowhere/Atall", datetime(2026, 11, 22, 9, 30, tzinfo=UTC)),
        (b"<34>Nov 22 09:30:00 host app: x", "../../etc/passwd", datetime(2026, 11, 22, 9, 30, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_a_time_without_a_zone_is_read_in_the_zone_of_the_feed(
    message: bytes, zone: str, time: datetime | None
) -> None:
    assert local_time(message, zone=zone, now=NOW) == time


@pytest.mark.parametrize(
    ("now", "written", "year"),
    [
        (datetime(2026, 1, 1, 0, 5, tzinfo=UTC), b"Dec 31 23:59:00", 2025),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), b"Jan  1 00:10:00", 2027),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), b"Jan  3 00:10:00", 2026),
        (datetime(2026, 3, 1, tzinfo=UTC), b"Feb 29 12:00:00", None),
        (datetime(2025, 3, 1, tzinfo=UTC), b"Feb 29 12:00:00", 2024),
    ],
)
def test_a_missing_year_is_the_last_that_is_no_later_than_tomorrow(
    now: datetime, written: bytes, year: int | None
) -> None:
    time = local_time(b"<34>" + written + b" host app: x", zone="UTC", now=now)
    assert (None if time is None else time.year) == year
