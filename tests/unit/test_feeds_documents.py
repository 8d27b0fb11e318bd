"""Finding JSON values in a body, without building them and without trusting it."""

import contextlib
import json
import time
from typing import cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from watchfloor.feeds.documents import NotJson, elements, first_byte, lines, values, without_lone_surrogates
from watchfloor.feeds.trail import split_trail

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.lists(st.dictionaries(st.text(max_size=9), JSON, max_size=4), max_size=8)
SPACE = st.sampled_from(["", " ", "\n", "\r\n", "\n\n\t "])


@given(OBJECTS, SPACE)
def test_values_come_back_whatever_stands_between_them(objects: list[object], space: str) -> None:
    body = space.join(json.dumps(one, ensure_ascii=False) for one in objects).encode()
    assert [json.loads(bytes(value)) for value in values(body)] == objects


@given(st.lists(JSON, max_size=8), SPACE)
def test_elements_of_an_array_come_back(members: list[object], space: str) -> None:
    body = (space + json.dumps(members, indent=1 if space else None) + space).encode()
    begins = first_byte(body)
    assert [json.loads(bytes(element)) for element in elements(body, begins)] == members


@given(st.binary(max_size=60))
@example(b'{"a":1}x')
@example(b"\xef\xbb\xbf")
def test_what_is_found_are_the_values_that_a_json_parser_finds(body: bytes) -> None:
    found: list[object] = []
    with contextlib.suppress(NotJson):
        found.extend(json.loads(bytes(value).decode("utf-8", "replace")) for value in values(body))
    text, place, expected = body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace"), 0, list[object]()
    while text[place:].lstrip(" \t\r\n") and len(expected) < len(found):
        place += len(text[place:]) - len(text[place:].lstrip(" \t\r\n"))
        value, place = cast("tuple[object, int]", json.JSONDecoder().raw_decode(text, place))
        expected.append(value)
    assert found == expected


@given(st.text(alphabet='\\ud8dD0cCaf"x😀', max_size=30))
def test_only_lone_surrogates_are_replaced(text: str) -> None:
    literal = f'"{text}"'
    try:
        wanted = cast("str", json.loads(literal))
    except ValueError:
        return
    mended = json.loads(bytes(without_lone_surrogates(literal.encode())))
    assert mended == "".join("\ufffd" if "\ud800" <= one <= "\udfff" else one for one in wanted)


def test_lines_lose_their_ends_and_blank_ones_are_left_out() -> None:
    assert list(lines(b"\xef\xbb\xbfa\r\n\n  \n b \nc")) == [b"a", b" b ", b"c"]


@pytest.mark.parametrize("body", [b"[" * 1_000_000, b'{"a":' * 200_000, b"[" * 500 + b"]" * 100])
def test_bottomless_nesting_is_no_json(body: bytes) -> None:
    with pytest.raises(NotJson):
        list(values(body))


def test_time_grows_with_the_length_and_no_faster() -> None:
    def seconds(count: int) -> float:
        body = b'{"event":"}{\\"","n":[1,2,3]}' * count
        begun = time.perf_counter()
        assert sum(1 for _ in values(body)) == count
        return time.perf_counter() - begun

    seconds(1_000)
    assert min(seconds(40_000) for _ in range(3)) < 40 * min(seconds(4_000) for _ in range(3)) + 0.1


@given(st.lists(st.dictionaries(st.text(max_size=4), JSON, max_size=3), max_size=6), SPACE)
def test_a_trail_file_becomes_its_records(records: list[object], space: str) -> None:
    body = f'{{{space}"Records"{space}:{space}{json.dumps(records)}{space}}}{space}'.encode()
    assert [json.loads(record) for record in split_trail(body)] == records


@pytest.mark.parametrize(
    "body", [b'{"Records":[1,2', b'{"Records":[1,2]', b'{"Records":[1,,2]}', b'{"Records":{"a":1}}', b'{"a":[1]}', b""]
)
def test_what_is_no_whole_trail_file_stays_as_it_is(body: bytes) -> None:
    assert list(split_trail(body)) == [body]
