"""The language of queries: what is written means what detection means by it; what cannot be read says where."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchfloor.detect.compilation import compile_condition
from watchfloor.detect.condition import (
    AllOf,
    AnyOf,
    Cidr,
    Comparison,
    Condition,
    Exists,
    Not,
    OnField,
    Regex,
    Text,
    Wildcard,
)
from watchfloor.detect.view import EventView
from watchfloor.kernel.errors import Invalid
from watchfloor.normalise.event import FieldValue
from watchfloor.search.grammar import parse

ANY = Wildcard.ANY


def on(field: str, *parts: str | Wildcard) -> Condition:
    return OnField(field, Text(parts))


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("", AllOf(())),
        ("   ", AllOf(())),
        ("EventID:4688", on("EventID", "4688")),
        (r"Image:*\powershell.exe", on("Image", ANY, "\\powershell.exe")),
        ('CommandLine:"* -enc *"', on("CommandLine", ANY, " -enc ", ANY)),
        (r"Name:a\*b", on("Name", "a*b")),
        ("EventID:(4624 or 4625 4634)", AnyOf((on("EventID", "4624"), on("EventID", "4625"), on("EventID", "4634")))),
        ("ParentImage:*", OnField("ParentImage", Exists(present=True))),
        ('Empty:""', on("Empty")),
        ("src_ip:10.0.0.0/8", OnField("src_ip", Cidr("10.0.0.0/8"))),
        ("src_ip:10.1.2.3/8", OnField("src_ip", Cidr("10.0.0.0/8"))),
        ("path:a/8", on("path", "a/8")),
        ("bytes:>1000", OnField("bytes", Comparison("gt", 1000))),
        ("bytes:<=0.5", OnField("bytes", Comparison("lte", 0.5))),
        (r"User:/^adm\/.*$/", OnField("User", Regex("^adm/.*$", "i"))),
        ("a:1 b:2", AllOf((on("a", "1"), on("b", "2")))),
        ("a:1 and b:2 or c:3", AnyOf((AllOf((on("a", "1"), on("b", "2"))), on("c", "3")))),
        ("a:1 and (b:2 or c:3)", AllOf((on("a", "1"), AnyOf((on("b", "2"), on("c", "3")))))),
        ("not a:1", Not(on("a", "1"))),
        ("-a:1 b:2", AllOf((Not(on("a", "1")), on("b", "2")))),
        ("a:1 OR NOT b:2", AnyOf((on("a", "1"), Not(on("b", "2"))))),
        ("@source:windows.*", on(":source", "windows.", ANY)),
        ("@host:WS-7", on(":host", "WS-7")),
        ("userIdentity.type:Root", on("userIdentity.type", "Root")),
        ("mimikatz", on(":raw", ANY, "mimikatz", ANY)),
        ("mimi*katz", on(":raw", ANY, "mimi", ANY, "katz", ANY)),
        ("http://evil.example/x", on(":raw", ANY, "http://evil.example/x", ANY)),
        ('"failed password"', on(":raw", ANY, "failed password", ANY)),
        ("-", on(":raw", ANY, "-", ANY)),
    ],
)
def test_a_query_means(text: str, condition: Condition) -> None:
    assert parse(text) == condition


def test_words_are_looked_for_as_json_and_xml_write_them() -> None:
    assert parse(r"C:\Windows") == AnyOf((on(":raw", ANY, "C:\\Windows", ANY), on(":raw", ANY, r"C:\\Windows", ANY)))
    assert parse("a&b") == AnyOf((on(":raw", ANY, "a&b", ANY), on(":raw", ANY, "a&amp;b", ANY)))


def test_a_thing_is_found_under_the_form_that_events_have_defanged_or_not() -> None:
    assert parse("@ip:203.0.113[.]9") == OnField(":entities", Text((ANY, '["ip","203.0.113.9"]', ANY), cased=True))
    assert parse("@domain:EVIL.example") == OnField(
        ":entities", Text((ANY, '["domain","evil.example"]', ANY), cased=True)
    )
    with pytest.raises(Invalid, match="is no ip"):
        parse("@ip:evil.example")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a:", "No value is named for a"),
        ("(a:1", "closing parenthesis is missing"),
        ("a:1)", "Column 4: Here is a closing parenthesis too many"),
        ('a:"x', "quote is not closed"),
        ("a:1 or", "A term is missing"),
        ("and a:1", "Column 1: A term is missing"),
        ("a:()", "No value is named"),
        ("bytes:>many", "comes a number"),
        ("User:/(/", "regular expression is not supported"),
        ("@nothing:x", "There is no @nothing"),
        ("(" * 30 + "a" + ")" * 30, "within each other"),
        ("not " * 40 + "a", "within each other"),
        ("a " * 300, "200 terms"),
        ("x" * 5_000, "4,000 characters"),
    ],
)
def test_what_cannot_be_read_says_where_and_what_to_do(text: str, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(text)
    assert said in refused.value.message
    assert refused.value.where is not None or "regular" in said


@given(st.text(alphabet=st.sampled_from('ab*?\\":()/<>@-. \n\u202eß') | st.characters(), max_size=60))
def test_whatever_is_written_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(Invalid):
        compile_condition(parse(text))


VALUES = st.text(alphabet="abcXYZ 019.\\/-_", min_size=1, max_size=12)


@given(value=VALUES, other=VALUES)
def test_a_quoted_value_holds_for_itself_in_any_case_and_for_nothing_else(value: str, other: str) -> None:
    holds = compile_condition(parse('f:"' + value.replace("\\", "\\\\") + '"'))

    def of(text: FieldValue) -> bool:
        return holds(EventView({"f": text}))

    assert of(value)
    assert of(value.swapcase())
    assert of(other) == (value.lower() == other.lower())
