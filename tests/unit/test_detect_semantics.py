"""What each part of a Sigma rule means, as the specification 2.1 says it: one small rule, one event, fires or not."""

from typing import Final

import pytest

from watchfloor.detect.compilation import compile_condition
from watchfloor.detect.condition import (
    AllOf,
    AnyOf,
    Keyword,
    Listed,
    ListName,
    Not,
    OnField,
    Selection,
    Text,
    Wildcard,
)
from watchfloor.detect.lists import fill, names_of
from watchfloor.detect.translation import translate
from watchfloor.detect.view import EventView
from watchfloor.kernel.errors import Invalid
from watchfloor.normalise.event import FieldValue

Search = dict[str, object]
Fields = dict[str, FieldValue]


def fires(selection: object, fields: Fields, condition: str = "selection", **more: object) -> bool:
    detection = {"selection": selection, **more, "condition": condition}
    return compile_condition(translate(detection, {}))(EventView(fields))


STRINGS: Final[list[tuple[Search, Fields, bool]]] = [
    ({"f": "Abc"}, {"f": "aBC"}, True),
    ({"f": "abc"}, {"f": "abcd"}, False),
    ({"f": "a*c"}, {"f": "a\nxc"}, True),
    ({"f": "a?c"}, {"f": "abc"}, True),
    ({"f": "a?c"}, {"f": "ac"}, False),
    ({"f": "a?c"}, {"f": "aßc"}, True),
    ({"f": "a?c"}, {"f": "a\U0001f600c"}, True),
    ({"f": "a\\*c"}, {"f": "a*c"}, True),
    ({"f": "a\\*c"}, {"f": "abc"}, False),
    ({"f": "a\\?c"}, {"f": "a?c"}, True),
    ({"f": "a\\\\*c"}, {"f": "a\\xyc"}, True),
    ({"f": "a\\\\\\*c"}, {"f": "a\\*c"}, True),
    ({"f": "a\\\\\\*c"}, {"f": "a\\xc"}, False),
    ({"f": "C:\\Windows\\a.exe"}, {"f": "c:\\windows\\A.EXE"}, True),
    ({"f": "\\\\host\\share"}, {"f": "\\host\\share"}, True),
    ({"f": "\\\\\\\\host\\share"}, {"f": "\\\\host\\share"}, True),
    ({"f": "a.c"}, {"f": "abc"}, False),
    ({"f": "*"}, {"f": ""}, True),
    ({"f": "ΟΔΟΣ"}, {"f": "οδος"}, True),
    ({"f": "STRASSE"}, {"f": "straße"}, False),
    ({"f": "ÄÖ"}, {"f": "äö"}, True),
    ({"f": "sk"}, {"f": "\u017f\u212a"}, True),
    ({"f": "\u017f\u212a"}, {"f": "SK"}, True),
    ({"f": "i"}, {"f": "\u0131"}, False),
    ({"f": "i"}, {"f": "\u0130"}, False),
    ({"f": "\u0130"}, {"f": "\u0130"}, True),
    ({"f": "ss"}, {"f": "ß"}, False),
    ({"f": "ß"}, {"f": "\u1e9e"}, True),
    ({"f": "\u0390"}, {"f": "\u1fd3"}, False),
    ({"f": "\u00e5"}, {"f": "\u212b"}, True),
    ({"f": "\U00010400"}, {"f": "\U00010428"}, True),
    ({"f|startswith": "a\x00"}, {"f": "A\x00b"}, True),
    ({"f": "a\\"}, {"f": "a\\"}, True),
    ({"f": "a\\\\b"}, {"f": "a\\b"}, True),
    ({"f": "a\\\\\\b"}, {"f": "a\\\\b"}, True),
    ({"f": "a\\b"}, {"f": "a\\b"}, True),
    ({"f|contains": "a\\"}, {"f": "xA\\x"}, True),
    ({"f|contains": "a\\*"}, {"f": "xa*x"}, True),
    ({"f|contains": "a\\*"}, {"f": "xabx"}, False),
    ({"f|endswith": "a\\\\*b"}, {"f": "xa\\zb"}, True),
    ({"f|startswith": "*b"}, {"f": "xbz"}, True),
    ({"f": "**a"}, {"f": "xa"}, True),
    ({"f": ["a", "b"]}, {"f": "B"}, True),
    ({"f": ""}, {"f": ""}, True),
    ({"f": ""}, {"f": None}, False),
    ({"f": ""}, {}, False),
    ({"a": "1", "b": "2"}, {"a": "1", "b": "3"}, False),
]
MODIFIERS: Final[list[tuple[Search, Fields, bool]]] = [
    ({"f|contains": "B"}, {"f": "abc"}, True),
    ({"f|contains": "a*c"}, {"f": "xabcx"}, True),
    ({"f|contains": ""}, {"f": "x"}, True),
    ({"f|startswith": "AB"}, {"f": "abc"}, True),
    ({"f|startswith": "bc"}, {"f": "abc"}, False),
    ({"f|endswith": "BC"}, {"f": "abc"}, True),
    ({"f|endswith": "1?"}, {"f": "0x1a"}, True),
    ({"f|endswith": "1?"}, {"f": "0x1"}, False),
    ({"f|contains|all": ["a", "c"]}, {"f": "abc"}, True),
    ({"f|contains|all": ["a", "d"]}, {"f": "abc"}, False),
    ({"f|contains|all": ["x", "y"]}, {"f": ["ax", "ay"]}, True),
    ({"f|cased": "Abc"}, {"f": "Abc"}, True),
    ({"f|cased": "Abc"}, {"f": "abc"}, False),
    ({"f|contains|cased": "B"}, {"f": "abc"}, False),
    ({"f|neq": "a"}, {"f": "b"}, True),
    ({"f|neq": "a"}, {"f": "A"}, False),
    ({"f|neq": ["a", "b"]}, {"f": "b"}, False),
    ({"f|neq": "a"}, {}, True),
    ({"f|exists": True}, {"f": None}, True),
    ({"f|exists": True}, {"f": ""}, True),
    ({"f|exists": True}, {}, False),
    ({"f|exists": False}, {}, True),
    ({"f|exists": False}, {"f": 0}, False),
    ({"f": None}, {}, True),
    ({"f": None}, {"f": None}, True),
    ({"f": None}, {"f": ""}, False),
    ({"f": None}, {"f": []}, True),
    ({"f|windash|contains": " -enc"}, {"f": "x /enc"}, True),
    ({"f|windash|contains": " /accepteula"}, {"f": "x -accepteula"}, True),
    ({"f|windash|contains": " -enc"}, {"f": "x \u2013enc"}, True),
    ({"f|windash|contains": " -enc"}, {"f": "x \u2014enc"}, True),
    ({"f|windash|contains": " -enc"}, {"f": "x \u2015enc"}, True),
    ({"f|contains|windash": ["-a b-c"]}, {"f": "/a b-c"}, True),
    ({"f|contains|windash": " -a -b"}, {"f": "x /a -b"}, True),
    ({"f|base64": "foobar"}, {"f": "Zm9vYmFy"}, True),
    ({"f|base64offset|contains": "foobar"}, {"f": "eGZvb2Jhcg=="}, True),
    ({"f|base64offset|contains": "foobar"}, {"f": "eHhmb29iYXI="}, True),
    ({"f|wide|base64offset|contains": "IEX"}, {"f": "SQBFAFgA"}, True),
    ({"f|wide|base64": "ab"}, {"f": "YQBiAA=="}, True),
    ({"f|utf16be|base64": "ab"}, {"f": "AGEAYg=="}, True),
    ({"f|utf16|base64": "ab"}, {"f": "//5hAGIA"}, True),
    ({"f|fieldref": "g"}, {"f": "Same", "g": "sAME"}, True),
    ({"f|fieldref": "g"}, {"f": "a", "g": "b"}, False),
    ({"f|fieldref": "g"}, {"f": "a"}, False),
    ({"f|fieldref": "g"}, {"f": 5, "g": "5"}, True),
    ({"f|fieldref|neq": "g"}, {"f": "a", "g": "b"}, True),
    ({"f|fieldref|startswith": "g"}, {"f": "abc", "g": "AB"}, True),
    ({"f|fieldref|endswith": "g"}, {"f": "abc", "g": "BC"}, True),
    ({"f|fieldref|contains": "g"}, {"f": "abc", "g": "B"}, True),
    ({"f|fieldref": ["g", "h"]}, {"f": "a", "h": "a"}, True),
    ({"f|fieldref|all": ["g", "h"]}, {"f": "a", "h": "a"}, False),
    ({"f|fieldref|startswith|neq": "g"}, {"f": "abc", "g": "b"}, True),
    ({"f|fieldref": "Threat Name"}, {"f": "a", "ThreatName": "A"}, True),
    ({"f|fieldref": "g.h"}, {"f": "a", "g": {"h": ["b", "a"]}}, True),
]
NUMBERS: Final[list[tuple[Search, Fields, bool]]] = [
    ({"f": 42}, {"f": "42"}, True),
    ({"f": 42}, {"f": 42.0}, True),
    ({"f": 42}, {"f": "042"}, False),
    ({"f": 42}, {"f": "0x2a"}, False),
    ({"f": "42"}, {"f": 42}, True),
    ({"f": 1}, {"f": True}, False),
    ({"f": "true"}, {"f": True}, True),
    ({"f": True}, {"f": "True"}, True),
    ({"f": False}, {"f": False}, True),
    ({"f": False}, {"f": None}, False),
    ({"f": 1.5}, {"f": "1.5"}, True),
    ({"f|gt": 10}, {"f": 11}, True),
    ({"f|gt": 10}, {"f": "11"}, True),
    ({"f|gt": 10}, {"f": "9"}, False),
    ({"f|gte": 10}, {"f": "10"}, True),
    ({"f|lt": 1.5}, {"f": "1.25"}, True),
    ({"f|lte": -1}, {"f": -1}, True),
    ({"f|lt": 10}, {"f": "abc"}, False),
    ({"f|lt": 10}, {"f": True}, False),
    ({"f|lt": 10}, {}, False),
    ({"f|gt": 18446744073709551616}, {"f": "18446744073709551617"}, True),
    ({"f|gt": 18446744073709551616}, {"f": "18446744073709551616"}, False),
    ({"f|contains": "2"}, {"f": 42}, True),
    ({"f|contains": 2}, {"f": "421"}, True),
    ({"f|startswith": 4}, {"f": 421}, True),
    ({"f|endswith": 4}, {"f": 421}, False),
    ({"f": 18446744073709551615}, {"f": "18446744073709551615"}, True),
    ({"f": 9007199254740993}, {"f": 9007199254740992}, False),
    ({"f|gt": 9007199254740992}, {"f": 9007199254740993}, True),
    ({"f": [1, "b"]}, {"f": "1"}, True),
    ({"f": "1.0"}, {"f": 1}, False),
    ({"f|neq": 42}, {"f": "42"}, False),
    ({"f|neq": 42}, {"f": 41}, True),
    ({"f|gt|neq": 42}, {"f": 41}, True),
    ({"f|neq": True}, {"f": "true"}, False),
    ({"f|neq": None}, {"f": "x"}, True),
    ({"f|neq": None}, {}, False),
]
SPECIAL: Final[list[tuple[Search, Fields, bool]]] = [
    ({"f|re": "a.c"}, {"f": "xabcx"}, True),
    ({"f|re": "^a.c$"}, {"f": "xabc"}, False),
    ({"f|re": "A"}, {"f": "a"}, False),
    ({"f|re|i": "A"}, {"f": "a"}, True),
    ({"f|re": "a.c"}, {"f": "a\nc"}, False),
    ({"f|re|s": "a.c"}, {"f": "a\nc"}, True),
    ({"f|re": "^b$"}, {"f": "a\nb\nc"}, False),
    ({"f|re|m": "^b$"}, {"f": "a\nb\nc"}, True),
    ({"f|re": "b$"}, {"f": "ab\n"}, True),
    ({"f|re": "b$"}, {"f": "ab\n\n"}, False),
    ({"f|re": "^\\d+$"}, {"f": 42}, True),
    ({"f|re": "\\\\a\\*"}, {"f": "x\\a*"}, True),
    ({"f|cidr": "10.0.0.0/8"}, {"f": "10.1.2.3"}, True),
    ({"f|cidr": "10.0.0.0/8"}, {"f": "::ffff:10.1.2.3"}, True),
    ({"f|cidr": "10.0.0.0/8"}, {"f": "11.1.2.3"}, False),
    ({"f|cidr": "10.0.0.0/8"}, {"f": "10.1"}, False),
    ({"f|cidr": "10.0.0.0/8"}, {"f": 167772161}, False),
    ({"f|cidr": ["192.0.2.0/24", "2001:db8::/32"]}, {"f": "2001:DB8::1"}, True),
    ({"f|cidr": "::/0"}, {"f": "10.1.2.3"}, False),
    ({"f|hour": 3}, {"f": "2026-03-02T03:14:00Z"}, True),
    ({"f|hour": 3}, {"f": "2026-03-02 03:14:00.1234567"}, True),
    ({"f|hour": 3}, {"f": "2026-03-02T03:14:00+09:00"}, True),
    ({"f|hour|gte": 22}, {"f": "2026-03-02T23:14:00Z"}, True),
    ({"f|minute": 14}, {"f": "2026-03-02T03:14:00Z"}, True),
    ({"f|day": 2}, {"f": "2026-03-02"}, True),
    ({"f|week": 10}, {"f": "2026-03-02"}, True),
    ({"f|month": 3}, {"f": "2026-03-02"}, True),
    ({"f|year": 2026}, {"f": "2026-03-02"}, True),
    ({"f|year": 2026}, {"f": "soon"}, False),
    ({"f|hour": [2, 3]}, {"f": "2026-03-02T03:14:00Z"}, True),
    ({"f|hour|neq": 3}, {"f": "2026-03-02T03:14:00Z"}, False),
    ({"f|minute|lt": 15}, {"f": "2026-03-02T03:14:59Z"}, True),
    ({"f|day|lte": 1}, {"f": "2026-03-02"}, False),
    ({"f|month|gt": 2}, {"f": "2026-03-02"}, True),
    ({"f|week": 53}, {"f": "2026-12-31"}, True),
    ({"f|cidr": "::ffff:10.0.0.0/104"}, {"f": "10.1.2.3"}, True),
    ({"f|cidr": "10.1.2.3"}, {"f": "10.1.2.3"}, True),
    ({"f|cidr|neq": "10.0.0.0/8"}, {"f": "11.1.2.3"}, True),
    ({"f|re|neq": "^a"}, {"f": "ba"}, True),
    ({"f|re|all": ["a", "b"]}, {"f": "ba"}, True),
    ({"f|re|all": ["a", "c"]}, {"f": "ba"}, False),
    ({"f|re|i|m|s": "^B.C$"}, {"f": "a\nb\nc"}, True),
    ({"f|exists|neq": True}, {}, True),
]
FIELDS: Final[list[tuple[Search, Fields, bool]]] = [
    ({"a.b": "x"}, {"a": {"b": "x"}}, True),
    ({"a.b": "x"}, {"a.b": "x"}, True),
    ({"a.b": "x"}, {"a.b": "y", "a": {"b": "x"}}, False),
    ({"a.b.c": "x"}, {"a.b": {"c": "x"}}, True),
    ({"a.b": "x"}, {"a": [{"b": "y"}, {"b": "x"}]}, True),
    ({"a.b": "x"}, {"a": {"b": ["y", "x"]}}, True),
    ({"A.B": "x"}, {"a": {"b": "x"}}, True),
    ({"image": "x"}, {"Image": "x"}, True),
    ({"image": "x"}, {"Image": "y", "image": "x"}, True),
    ({"Threat Name": "x"}, {"ThreatName": "x"}, True),
    ({"a|contains": '"k":"v"'}, {"a": {"k": "v"}}, True),
    ({"a|contains": "Suspended"}, {"a": {"x": {"Status": "Suspended"}}}, True),
    ({"a.b": None}, {"a": {}}, True),
    ({"a.b|exists": True}, {"a": {"b": None}}, True),
]
KEYWORDS: Final[list[tuple[object, Fields, bool]]] = [
    (["sekurlsa::"], {"a": {"b": ["x SEKURLSA::logon"]}}, True),
    (["a*c"], {"f": "xxabbcx"}, True),
    (["*a*c*"], {"f": "xxabbcx"}, True),
    (["a?c"], {"f": "xabcx"}, True),
    (["a?c"], {"f": "acx"}, False),
    ({"|startswith": "b"}, {"f": "abc"}, False),
    ({"|startswith": "b"}, {"g": "bc"}, True),
    ({"|endswith": "b*c"}, {"f": "abxc"}, True),
    ({"|endswith": "b*c"}, {"f": "abxcd"}, False),
    ({"|cased": "One"}, {"f": "a One b"}, True),
    ({"|cased": "One"}, {"f": "a one b"}, False),
    ({"|re": "^o.e$"}, {"f": "one"}, True),
    ({"|re|i": "^O.E$"}, {"f": {"g": ["x", "one"]}}, True),
    ({"|contains|all": ["one", "two"]}, {"a": "one", "b": {"c": "two"}}, True),
    ({"|all": ["one", 2]}, {"a": "one", "b": 12}, True),
    ({"|base64offset|contains": "foobar"}, {"f": "eGZvb2Jhcg=="}, True),
    ({"a": "1", "|all": ["one", "two"]}, {"a": "1", "b": "one two"}, True),
    ({"a": "1", "|all": ["one", "two"]}, {"a": "2", "b": "one two"}, False),
    ("one", {"f": "xonex"}, True),
    (12, {"f": 3124}, True),
    (["tru"], {"f": True}, True),
    ([{"a": "1"}, "key"], {"f": "a key"}, True),
    ([{"a": "1"}, "key"], {"a": "1"}, True),
    ([{"a": "1"}, 5], {"a": "2"}, False),
    ([4625], {"f": "code 4625"}, True),
    (["nothing"], {"nothing": "x"}, False),
    ({"|all": ["one", "two"]}, {"a": "one", "b": "two"}, True),
    ({"|all": ["one", "two"]}, {"a": "one"}, False),
    ([{"a": "1"}, {"b": "2"}], {"b": "2"}, True),
    ([{"a": "1", "b": "3"}, {"b": "2"}], {"a": "1"}, False),
]


@pytest.mark.parametrize(
    ("selection", "fields", "expected"), [*STRINGS, *MODIFIERS, *NUMBERS, *SPECIAL, *FIELDS, *KEYWORDS]
)
def test_a_selection_means_what_the_specification_says(selection: object, fields: Fields, expected: bool) -> None:
    assert fires(selection, fields) is expected


@pytest.mark.parametrize(
    ("condition", "present", "expected"),
    [
        ("a and b or c", "c", True),
        ("a and (b or c)", "c", False),
        ("not a and b", "b", True),
        ("not (a or b)", "c", True),
        ("not a or b", "ab", True),
        ("1 of x_*", "x_1", True),
        ("all of x_*", "x_1", False),
        ("any of them", "a", True),
        ("all of them", "abc", False),
        ("1 of *_1", "x_1", True),
        ("1 of x*_1", "x_1", True),
        ("all of *", "abc", False),
        ("1 of *idden", "_hidden", None),
        ("1 of _*", "_hidden", True),
        ("_hidden", "_hidden", True),
        ("not 1 of x_* and a", "a", True),
        ("not all of x_*", "x_1", True),
        ("not not a", "a", True),
        ("a or b and c", "a", True),
        ("(a or b) and c", "a", False),
        ("all of them or a", "a", True),
        ("1 of a", "a", True),
        ("((((a))))", "a", True),
        ("a\n  and not\tb", "a", True),
        ("a and not 1 of x_*", "a", True),
    ],
)
def test_a_condition_binds_as_the_specification_says(condition: str, present: str, expected: bool | None) -> None:
    names = ("a", "b", "c", "x_1", "x_2", "_hidden")
    detection: dict[str, object] = {**{name: {name: "1"} for name in names}, "condition": condition}
    marks = [present] if "_" in present else list(present)
    if expected is None:
        with pytest.raises(Invalid, match="which no search identifier"):
            translate(detection, {})
        return
    predicate = compile_condition(translate(detection, {}))
    assert predicate(EventView(dict.fromkeys(marks, "1"))) is expected


def test_them_leaves_out_names_that_begin_with_an_underscore() -> None:
    detection: dict[str, object] = {"a": {"a": "1"}, "_b": {"b": "1"}, "condition": "1 of them"}
    assert not compile_condition(translate(detection, {}))(EventView({"b": "1"}))


def test_several_conditions_are_alternatives() -> None:
    detection: dict[str, object] = {"a": {"a": "1"}, "b": {"b": "1"}, "condition": ["a", "b"]}
    assert compile_condition(translate(detection, {}))(EventView({"b": "1"}))


def test_a_placeholder_stands_for_its_values_and_they_may_have_wildcards() -> None:
    detection: dict[str, object] = {"s": {"f|expand": "x-%servers%"}, "condition": "s"}
    predicate = compile_condition(translate(detection, {"servers": ("srv*", "db1")}))
    assert predicate(EventView({"f": "X-SRV7"}))
    assert predicate(EventView({"f": "x-db1"}))
    assert not predicate(EventView({"f": "x-db2"}))


def test_a_placeholder_without_values_is_left_to_the_tenants_lists() -> None:
    detection: dict[str, object] = {"s": {"f|expand": "x-%servers%", "g": "1"}, "condition": "s"}
    condition = translate(detection, {})
    assert names_of(condition) == {"servers"}
    filled = compile_condition(fill(condition, {"servers": [("srv", Wildcard.ANY)]}))
    assert filled(EventView({"f": "X-SRV7", "g": "1"}))
    assert not filled(EventView({"f": "x-db2", "g": "1"}))


def test_a_known_placeholder_beside_an_open_one_is_filled_in() -> None:
    detection: dict[str, object] = {"s": {"f|contains|expand": "%a%-%b%"}, "condition": "s"}
    one, two = (
        Selection("s", AnyOf((OnField("f", first), OnField("f", second))))
        for first, second in [
            (
                Listed((Wildcard.ANY, "1-", ListName("b"), Wildcard.ANY)),
                Listed((Wildcard.ANY, "2-", ListName("b"), Wildcard.ANY)),
            ),
            (
                Listed((Wildcard.ANY, ListName("a"), "-3", Wildcard.ANY)),
                Listed((Wildcard.ANY, ListName("a"), "-4", Wildcard.ANY)),
            ),
        ]
    )
    assert translate(detection, {"a": ("1", "2")}) == one
    assert translate(detection, {"b": ("3", "4")}) == two


def test_each_use_of_a_search_identifier_bears_its_name() -> None:
    detection: dict[str, object] = {
        "sel": {"a": "1"},
        "x-1": {"b": "1"},
        "x-2": ["word"],
        "_off": {"c": "1"},
        "condition": "sel and not (1 of x-* or _off)",
    }
    sel = Selection("sel", OnField("a", Text(("1",))))
    first, second = Selection("x-1", OnField("b", Text(("1",)))), Selection("x-2", Keyword(Text(("word",))))
    off = Selection("_off", OnField("c", Text(("1",))))
    assert translate(detection, {}) == AllOf((sel, Not(AnyOf((AnyOf((first, second)), off)))))


def test_a_rule_over_an_alien_value_does_not_raise() -> None:
    aliens: list[FieldValue] = [None, True, -0.0, 10**18, "", "\ufffd", [], {}, [[["x"]]], {"a": [None]}]
    for selection, _, _ in [*STRINGS, *MODIFIERS, *NUMBERS, *SPECIAL]:
        for alien in aliens:
            fires(selection, {"f": alien, "g": alien})
