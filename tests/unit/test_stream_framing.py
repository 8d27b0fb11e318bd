"""Where messages begin and end in a stream: octet counts and lines, frame by frame, within limits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchfloor.feeds.doors.stream.fault import StreamFault
from watchfloor.feeds.doors.stream.framing import Framer


def counted(*messages: bytes) -> bytes:
    return b"".join(b"%d %s" % (len(message), message) for message in messages)


def heard(*chunks: bytes) -> list[bytes]:
    framer = Framer()
    return [message for chunk in chunks for message in framer.hear(chunk)]


@pytest.mark.parametrize(
    ("stream", "messages"),
    [
        (b"<34>one\n<34>two\n", [b"<34>one", b"<34>two"]),
        (b"<34>one\r\n<34>two\r\n", [b"<34>one", b"<34>two"]),
        (b"<34>one\0<34>two\0", [b"<34>one", b"<34>two"]),
        (counted(b"<34>1 one", b"<34>1 two"), [b"<34>1 one", b"<34>1 two"]),
        (counted(b"<34>1 one\n", b"<34>1 two\r\n"), [b"<34>1 one", b"<34>1 two"]),
        (counted(b"<34>a\nb\nc"), [b"<34>a\nb\nc"]),
        (counted(b"<34>counted") + b"<34>line\n" + counted(b"<34>counted again"),
         [b"<34>counted", b"<34>line", b"<34>counted again"]),
        (b"\n\n\0\0\r\n<34>one\n\n\n", [b"<34>one"]),
        (b"<34>Traceback\n12 lines follow\n3\n<34>next\n", [b"<34>Traceback", b"12 lines follow", b"3", b"<34>next"]),
    ],
)  # fmt: skip
def test_each_framing_is_read_whatever_the_pieces(stream: bytes, messages: list[bytes]) -> None:
    assert heard(stream) == messages
    for size in (1, 2, 3, 7):
        assert heard(*(stream[at : at + size] for at in range(0, len(stream), size))) == messages


@given(st.lists(st.tuples(st.booleans(), st.text(st.characters(codec="utf-8"), max_size=60)), max_size=12), st.data())
def test_what_was_framed_comes_out_again(messages: list[tuple[bool, str]], data: st.DataObject) -> None:
    stream, expected = b"", list[bytes]()
    for is_counted, text in messages:
        body = b"<13>" + text.encode()
        if not is_counted:
            body = body.translate(None, b"\n\0\r")
        stream += counted(body) if is_counted else body + b"\n"
        expected.append(body.rstrip(b"\r\n\0"))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    pieces = [stream[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert heard(*pieces) == expected


@pytest.mark.parametrize(
    "stream",
    [
        b"12x34 <34>1 one",
        b"1234567890123 x",
        b"5\nhello",
        b"10000000000 x",
        b"99999999999999999999",
        counted(b"<34>1 one") + b"7,",
    ],
)
def test_a_bad_count_is_a_fault(stream: bytes) -> None:
    with pytest.raises(StreamFault) as caught:
        heard(stream)
    assert caught.value.reason == "malformed"


@pytest.mark.parametrize(
    "stream", [b"262145 <34>1", b"999999999 <", b"<34>" + b"x" * 262_144, b"<34>" + b"x" * 262_144 + b"\n"]
)
def test_a_frame_over_the_limit_is_a_fault(stream: bytes) -> None:
    with pytest.raises(StreamFault) as caught:
        heard(*(stream[at : at + 65_536] for at in range(0, len(stream), 65_536)))
    assert caught.value.reason == "oversized"


def test_the_largest_frame_is_taken() -> None:
    message = b"<34>" + b"x" * (262_144 - 4)
    assert heard(counted(message)) == [message]
    assert heard(message + b"\n") == [message]


def test_what_came_before_a_fault_is_given_out() -> None:
    framer = Framer()
    given_out = list[bytes]()
    with pytest.raises(StreamFault):
        given_out.extend(framer.hear(counted(b"<34>good") + b"9x"))
    assert given_out == [b"<34>good"]


def test_a_last_line_without_an_end_is_kept_and_half_a_count_is_not() -> None:
    line, cut = Framer(), Framer()
    assert list(line.hear(b"<34>one\n<34>last")) == [b"<34>one"]
    assert line.rest() == b"<34>last"
    assert list(cut.hear(b"40 <34>half")) == []
    assert cut.rest() == b""


def test_a_flood_of_ends_costs_nothing_and_is_not_kept() -> None:
    framer = Framer()
    for _ in range(100):
        assert list(framer.hear(b"\0" * 65_536)) == []
    assert framer.held == 0


def test_a_frame_in_single_bytes_is_not_searched_anew_with_each() -> None:
    framer = Framer()
    message = b"<34>" + b"x" * 60_000
    pieces = counted(message)
    assert [one for at in range(len(pieces)) for one in framer.hear(pieces[at : at + 1])] == [message]
