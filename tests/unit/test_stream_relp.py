"""RELP: frames, the order in which they may come, and what is answered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchfloor.feeds.doors.stream import relp
from watchfloor.feeds.doors.stream.fault import StreamFault
from watchfloor.feeds.doors.stream.relp import Command, Frames

OFFERS = b"relp_version=0\nrelp_software=librelp,1.11.0\ncommands=syslog"


def frame(number: int, name: bytes, data: bytes = b"") -> bytes:
    return b"%d %s %d%s\n" % (number, name, len(data), b" " + data if data else b"")


OPEN = frame(1, b"open", OFFERS)


def heard(*chunks: bytes) -> list[Command]:
    frames = Frames()
    return [command for chunk in chunks for command in frames.hear(chunk)]


def test_a_session_is_read_whatever_the_pieces() -> None:
    stream = OPEN + frame(2, b"syslog", b"<13>a\nb 3 close 0") + frame(3, b"syslog") + frame(4, b"close")
    names = [(1, b"open"), (2, b"syslog"), (3, b"syslog"), (4, b"close")]
    for size in (len(stream), 1, 2, 5, 11):
        found = heard(*(stream[at : at + size] for at in range(0, len(stream), size)))
        assert [(command.number, command.name) for command in found] == names
        assert [command.data for command in found[1:3]] == [b"<13>a\nb 3 close 0", b""]


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "malformed"),
        (b"\x16\x03\x01\x02\x00", "malformed"),
        (b"0 open 0\n", "malformed"),
        (b"1  open 0\n", "malformed"),
        (b"1 open x\n", "malformed"),
        (b"1 open 3 abcd\n", "malformed"),
        (b"1 open 3\nabc\n", "malformed"),
        (b"1 open 0 \n", "malformed"),
        (b"1 open -5 abc\n", "malformed"),
        (b"1 open 0999 abc\n", "malformed"),
        (b"1 o\xc3\xb6pen 0\n", "malformed"),
        (b"1 " + b"x" * 60 + b" 0\n", "malformed"),
        (b"9" * 60, "malformed"),
        (b"1 syslog 3 abc\n", "malformed"),
        (OPEN + OPEN, "malformed"),
        (OPEN + frame(2, b"open", OFFERS), "malformed"),
        (OPEN + frame(1, b"syslog", b"again"), "malformed"),
        (OPEN + frame(5, b"syslog", b"x") + frame(4, b"syslog", b"back"), "malformed"),
        (OPEN + b"2 syslog 262145 x", "oversized"),
        (OPEN + b"2 syslog 999999999 x", "oversized"),
    ],
)
def test_what_is_no_session_is_a_fault(stream: bytes, reason: str) -> None:
    with pytest.raises(StreamFault) as caught:
        heard(stream)
    assert caught.value.reason == reason
    with pytest.raises(StreamFault):
        heard(*(stream[at : at + 1] for at in range(len(stream))))


@given(st.binary(max_size=200))
def test_any_bytes_are_frames_or_a_fault(rest: bytes) -> None:
    for stream in (rest, OPEN + rest, OPEN + b"2 syslog " + rest):
        try:
            heard(stream)
        except StreamFault as fault:
            assert fault.reason in ("malformed", "oversized")  # noqa: PT017 - most streams are no fault


def test_numbers_begin_again_behind_the_last() -> None:
    found = heard(OPEN + frame(999_999_999, b"syslog", b"a") + frame(1, b"syslog", b"b"))
    assert [command.number for command in found] == [1, 999_999_999, 1]


def test_answers_are_as_the_protocol_has_them() -> None:
    assert relp.accepted(7) == b"7 rsp 6 200 OK\n"
    assert relp.answer(8, b"") == b"8 rsp 0\n"
    said = relp.greeting(Command(number=1, name=b"open", data=OFFERS))
    text = b"200 OK\nrelp_version=0\nrelp_software=watchfloor\ncommands=syslog"
    assert said == b"1 rsp %d %s\n" % (len(text), text)
    assert relp.software_of(Command(number=1, name=b"open", data=OFFERS)) == "librelp,1.11.0"


@pytest.mark.parametrize(
    "offers", [b"relp_version=2", b"relp_version=x\ncommands=syslog", b"commands=other", b"x" * 5_000]
)
def test_offers_that_we_cannot_meet_are_refused(offers: bytes) -> None:
    with pytest.raises(StreamFault):
        relp.greeting(Command(number=1, name=b"open", data=offers))
