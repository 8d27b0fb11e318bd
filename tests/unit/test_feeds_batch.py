"""Packed batches: what goes in comes out; a request of which nothing can be read is refused whole."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchfloor.feeds import limits
from watchfloor.feeds.batch import Packer, SentEvent, unpack
from watchfloor.feeds.limits import EVENTS, fault_of
from watchfloor.kernel.errors import Invalid, TooLarge
from watchfloor.normalise import body as normaliser
from watchfloor.normalise.raw import RawEvent

SENT = st.builds(
    SentEvent,
    body=st.binary(max_size=200),
    time=st.none()
    | st.integers(0, 10**15).map(lambda us: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=us)),
    host=st.none() | st.text(max_size=9),
    source=st.none() | st.text(max_size=9),
    sourcetype=st.none() | st.text(max_size=9),
    fields=st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
)


def packed(events: list[SentEvent]) -> bytes:
    packer = Packer()
    for event in events:
        packer.add(event)
    return packer.finish().packed


@given(st.lists(SENT, min_size=1, max_size=9))
def test_events_come_out_as_they_went_in(events: list[SentEvent]) -> None:
    assert list(unpack(packed(events), SentEvent)) == events


def test_many_and_large_events_come_out_as_they_went_in() -> None:
    events = [SentEvent(body=bytes([number % 256]) * (number * 37 % 5_000 + 1)) for number in range(3_000)]
    assert list(unpack(packed(events), SentEvent)) == events


def test_the_normalisers_raw_event_has_the_same_fields() -> None:
    event = SentEvent(body=b"x", time=datetime(2026, 1, 1, tzinfo=UTC), host="h", fields={"a": "b"})
    assert [field.name for field in msgspec.structs.fields(RawEvent)] == list(SentEvent.__struct_fields__)
    (raw,) = unpack(packed([event]), RawEvent)
    assert msgspec.structs.asdict(raw) == msgspec.structs.asdict(event)


def test_the_limits_on_an_event_are_the_normalisers() -> None:
    assert (limits.EVENT_BYTES, limits.EVENT_DEPTH, limits.EVENT_KEYS) == (
        normaliser.MAX_BYTES,
        normaliser.MAX_DEPTH,
        normaliser.MAX_KEYS,
    )


def test_one_event_too_many_is_refused() -> None:
    packer = Packer()
    for _ in range(EVENTS):
        packer.add(SentEvent(body=b"x"))
    with pytest.raises(TooLarge):
        packer.add(SentEvent(body=b"x"))


def nested(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


BAD = {
    "too long": b'{"a":"' + b"x" * limits.EVENT_BYTES + b'"}',
    "too deep": nested(limits.EVENT_DEPTH + 1),
    "too deep in lists": b'{"a":' + b"[" * limits.EVENT_DEPTH + b"]" * limits.EVENT_DEPTH + b"}",
    "too many keys": b"{" + b",".join(b'"%d":1' % key for key in range(limits.EVENT_KEYS + 1)) + b"}",
}
GOOD = {
    "deep enough": nested(limits.EVENT_DEPTH),
    "brackets in text": b'{"a":"' + b"[{" * 500 + b'\\"[["}',
    "colons in text": b'{"a":"' + b": " * 5_000 + b'"}',
    "as many keys as may be": b"{" + b",".join(b'"%d": 1' % key for key in range(limits.EVENT_KEYS)) + b"}",
}


@pytest.mark.parametrize("name", BAD)
def test_an_event_over_a_limit_is_recognised(name: str) -> None:
    assert fault_of(BAD[name])


@pytest.mark.parametrize("name", GOOD)
def test_an_event_within_the_limits_is_not_accused(name: str) -> None:
    assert fault_of(GOOD[name]) is None


def test_bad_events_alone_are_refused_and_among_good_ones_they_are_taken() -> None:
    with pytest.raises(Invalid, match="Nothing in the request can be read"):
        packed([SentEvent(body=body) for body in BAD.values()])
    mixed = [*(SentEvent(body=body) for body in BAD.values()), SentEvent(body=b'{"a":1}')]
    assert list(unpack(packed(mixed), SentEvent)) == mixed


@pytest.mark.parametrize("damaged", [b"", b"\x01", b"\x02abc", b"\x01rubbish"])
def test_what_is_no_packed_batch_is_refused(damaged: bytes) -> None:
    with pytest.raises(Invalid):
        list(unpack(damaged, SentEvent))


def test_a_packed_batch_that_is_cut_off_is_refused() -> None:
    whole = packed([SentEvent(body=bytes([number])) for number in range(200)])
    for length in range(len(whole)):
        with pytest.raises(Invalid):
            list(unpack(whole[:length], SentEvent))
