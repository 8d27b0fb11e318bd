"""Where pySigma 2.0.1 says something else than the specification 2.1, the specification counts (decision 17).

Each test names one deviation. `modified` is what a value becomes; the rest goes through a whole detection section.
"""

from base64 import b64encode
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sigma.modifiers import modifier_mapping

from watchfloor.detect.compilation import compile_condition
from watchfloor.detect.condition import Condition, Listed, ListName, OnField, Selection, Text, Wildcard
from watchfloor.detect.modifiers import LINKING, MODIFIERS
from watchfloor.detect.translation import translate
from watchfloor.detect.view import EventView
from watchfloor.normalise.event import FieldValue

SPECIFIED = (
    "all startswith endswith contains exists cased neq windash re i m s base64 base64offset utf16le utf16be utf16 wide"
    " lt lte gt gte minute hour day week month year cidr expand fieldref"
)


def item(key: str, value: object) -> Condition:
    condition = translate({"s": {key: value}, "condition": "s"}, {})
    assert isinstance(condition, Selection)
    return condition.item


def fires(key: str, value: object, found: FieldValue) -> bool:
    return compile_condition(item(key, value))(EventView({"f": found}))


def test_the_modifiers_are_those_of_the_specification_and_no_others() -> None:
    assert set(MODIFIERS) | LINKING == set(SPECIFIED.split())
    assert "utf16le" not in modifier_mapping


def test_windash_takes_every_dash_for_every_other_wherever_it_stands() -> None:
    dashes = "-/\u2013\u2014\u2015"
    for one, two in product(dashes, dashes):
        for written in product(dashes, dashes):
            assert fires("f|windash", f"cmd {one}a{two}b", f"CMD {written[0]}a{written[1]}b")
    assert not fires("f|windash", "cmd -a", "cmd +a")


def test_windash_keeps_wildcards_and_letter_case() -> None:
    assert fires("f|windash|contains", "-a*b?", "x /a--b\u20131")
    assert fires("f|cased|windash", "-A", "/A")
    assert not fires("f|cased|windash", "-A", "/a")
    assert not fires("f|windash|cased", "-A", "/a")


def test_encodings_keep_the_letter_case_that_was_asked_for() -> None:
    assert fires("f|cased|base64", "foobar", "Zm9vYmFy")
    assert not fires("f|cased|base64", "foobar", "zm9vymfy")
    assert not fires("f|cased|wide|base64offset|contains", "IEX", "sqbfafga")


@pytest.mark.parametrize(
    ("modifier", "codec", "mark"),
    [
        ("wide", "utf-16-le", b""),
        ("utf16le", "utf-16-le", b""),
        ("utf16be", "utf-16-be", b""),
        ("utf16", "utf-16-le", b"\xff\xfe"),
    ],
)
@pytest.mark.parametrize("text", ["cmd", "é", "stra\u00dfe", "\U0001f600", "ab\\*c"])
def test_text_in_utf16_need_not_be_ascii(modifier: str, codec: str, mark: bytes, text: str) -> None:
    encoded = b64encode(mark + text.replace("\\*", "*").encode(codec)).decode()
    assert item(f"f|{modifier}|base64", text) == OnField("f", Text((encoded,)))


def test_text_in_utf16_without_base64_is_the_text_with_its_zeros() -> None:
    assert item("f|wide|contains", "cmd") == OnField("f", Text((Wildcard.ANY, "c\0m\0d\0", Wildcard.ANY)))
    assert item("f|utf16be", "c*d") == OnField("f", Text(("\0c", Wildcard.ANY, "\0d")))


@given(data=st.binary(max_size=9), text=st.text(min_size=2, max_size=12), after=st.binary(max_size=9))
def test_base64offset_finds_a_text_wherever_it_was_encoded(data: bytes, text: str, after: bytes) -> None:
    plain = "".join(f"\\{letter}" if letter in "*?\\" else letter for letter in text)
    encoded = b64encode(data + text.encode() + after).decode()
    assert fires("f|base64offset|contains|cased", plain, encoded)


def test_a_percent_sign_is_plain_behind_a_backslash_and_without_expand() -> None:
    assert item("f|expand", "\\%plain%name%") == OnField("f", Listed(("%plain", ListName("name"))))
    assert item("f", "%name%") == OnField("f", Text(("%name%",)))
    assert item("f", "\\%name%") == OnField("f", Text(("\\%name%",)))
    assert item("f|expand", "\\\\%name%") == OnField("f", Listed(("\\", ListName("name"))))
    assert item("f|expand", "100%") == OnField("f", Text(("100%",)))
    assert item("f|expand", "%%") == OnField("f", Text(("%%",)))
    assert item("f|expand|contains", "\\*%a%*") == OnField(
        "f", Listed((Wildcard.ANY, "*", ListName("a"), Wildcard.ANY))
    )


def test_the_name_that_fieldref_gives_is_taken_as_it_is() -> None:
    detection = {"s": {"f|fieldref": "a\\?b"}, "condition": "s"}
    assert compile_condition(translate(detection, {}))(EventView({"f": "1", "a?b": "1"}))


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("\\Aa", "a", True),
        ("(?i)A", "a", True),
        ("a(?i)B", "ab", True),
        ("[[:digit:]]", "5", True),
        ("\\pL", "\u00e9", True),
        ("\\*\\?", "*?", True),
        ("a\\\\b", "a\\b", True),
        ("a\\z", "a\n", False),
    ],
)
def test_a_regular_expression_is_taken_as_it_is_written(pattern: str, text: str, *, expected: bool) -> None:
    """PySigma lets Python's parser decide what is an expression; we ask the library that runs it."""
    assert fires("f|re", pattern, text) is expected


def test_numbers_are_not_rounded() -> None:
    assert fires("f", 18446744073709551615, "18446744073709551615")
    assert not fires("f", 18446744073709551615, "18446744073709551616")
    assert fires("f|gt", 9007199254740992, 9007199254740993)
    assert not fires("f|gte", 9007199254740993, 9007199254740992)


def test_a_field_is_named_without_blanks() -> None:
    assert item("Threat Name|contains", "x") == OnField("ThreatName", Text((Wildcard.ANY, "x", Wildcard.ANY)))


def test_a_pattern_of_search_identifiers_may_have_a_hyphen() -> None:
    detection: dict[str, object] = {"sel-a": {"a": "1"}, "sel-b": {"b": "1"}, "other": {"c": "1"}}
    for pattern, quantifier, marks, expected in [
        ("sel-*", "1", "b", True),
        ("sel-*", "all", "b", False),
        ("sel-*", "all", "ab", True),
        ("*-a", "any", "a", True),
        ("sel-*", "1", "c", False),
    ]:
        condition = translate(
            {**detection, "condition": f"{quantifier} of {pattern} and not missing", "missing": {"x": 1}}, {}
        )
        assert compile_condition(condition)(EventView(dict.fromkeys(marks, "1"))) is expected


def test_generic_modifiers_apply_to_numbers() -> None:
    assert item("f|startswith", 46) == OnField("f", Text(("46", Wildcard.ANY)))
    assert item("f|contains", [1.5, "a"]) == item("f|contains", ["1.5", "a"])
