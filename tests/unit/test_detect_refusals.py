"""What cannot be run exactly is refused, with the line and column of the very part, and the reason."""

from pathlib import Path
from typing import Final

import pytest

from watchfloor.detect.load import load_rules

HEAD: Final = """\
title: Refused
id: 929a690e-bef0-4204-a928-ef5e620d6fcc
level: high
logsource:
    product: windows
detection:
"""


def faults(folder: Path, detection: str) -> list[str]:
    (folder / "r.yml").write_text(HEAD + detection, encoding="utf-8")
    return [str(fault) for fault in load_rules([folder]).faults]


ITEMS: Final[list[tuple[str, str, str]]] = [
    # modifiers
    ("f|contain: a", "8:9", "The modifier `contain` is unknown."),
    ("f|Contains: a", "8:9", "The modifier `Contains` is unknown."),
    ("'f|': a", "8:9", "The modifier `` is unknown."),
    ("f|contains|contains: a", "8:9", "The modifier `contains` stands here twice."),
    ("f|neq|neq: a", "8:9", "The modifier `neq` stands here twice."),
    ("f|contains|re: a", "8:9", "The modifier `re` takes a value as it is written; it stands first."),
    ("f|re|contains: a", "8:9", "The modifier `contains` does not apply to a regular expression."),
    ("f|re|cased: a", "8:9", "The modifier `cased` does not apply to a regular expression."),
    ("f|i: a", "8:9", "The modifier `i` does not apply to text."),
    ("f|windash|cidr: 10.0.0.0/8", "8:9", "The modifier `cidr` takes a value as it is written; it stands first."),
    ("f|cidr|contains: 10.0.0.0/8", "8:9", "The modifier `contains` does not apply to a network."),
    ("f|startswith|fieldref: g", "8:9", "The modifier `fieldref` takes a value as it is written; it stands first."),
    ("f|fieldref|cased: g", "8:9", "The modifier `cased` does not apply to a field's name."),
    ("f|gt|lt: 5", "8:9", "The modifier `lt` does not apply to a comparison."),
    ("f|gte|hour: 5", "8:9", "The modifier `hour` takes a value as it is written; it stands first."),
    ("f|hour|minute: 5", "8:9", "The modifier `minute` takes a value as it is written; it stands first."),
    ("f|base64offset|windash|gt: ab", "8:9", "The modifier `gt` does not apply to text."),
    # values of the wrong type
    ("f|contains: true", "8:9", "The modifier `contains` does not apply to a boolean."),
    ("f|contains: null", "8:9", "The modifier `contains` does not apply to null."),
    ("f|windash: [-a, 5]", "8:25", "The modifier `windash` does not apply to a number."),
    ("f|base64: 5", "8:9", "The modifier `base64` does not apply to a number."),
    ("f|re: 5", "8:9", "The modifier `re` does not apply to a number."),
    ("f|cidr: 5", "8:9", "The modifier `cidr` does not apply to a number."),
    ("f|fieldref: 5", "8:9", "The modifier `fieldref` does not apply to a number."),
    ("f|exists: 'true'", "8:9", "The modifier `exists` does not apply to text."),
    ("f|exists: 1", "8:9", "The modifier `exists` does not apply to a number."),
    ("f|gt: '5'", "8:9", "The modifier `gt` does not apply to text."),
    ("f|lte: [5, x]", "8:20", "The modifier `lte` does not apply to text."),
    ("f|hour: '5'", "8:9", "The modifier `hour` does not apply to text."),
    # values out of their range, or of the wrong form
    ("f|minute: 60", "8:9", "The modifier `minute` takes a whole number from 0 to 59."),
    ("f|hour|lt: 24", "8:9", "The modifier `hour` takes a whole number from 0 to 23."),
    ("f|day: 0", "8:9", "The modifier `day` takes a whole number from 1 to 31."),
    ("f|week: 54", "8:9", "The modifier `week` takes a whole number from 1 to 53."),
    ("f|month: [12, 13]", "8:23", "The modifier `month` takes a whole number from 1 to 12."),
    ("f|year: 0", "8:9", "The modifier `year` takes a whole number from 1 to 9999."),
    ("f|hour: 2.5", "8:9", "The modifier `hour` takes a whole number from 0 to 23."),
    (
        "f|cidr: 10.0.0.0/33",
        "8:9",
        "Invalid CIDR expression: '10.0.0.0/33' does not appear to be an IPv4 or IPv6 network.",
    ),
    ("f|cidr: 10.0.0.1/8", "8:9", "Invalid CIDR expression: 10.0.0.1/8 has host bits set."),
    ("f: .nan", "8:9", "Invalid number."),
    ("f|gt: .inf", "8:9", "Invalid number."),
    ("f|re: '(?=a)b'", "8:9", "The regular expression is not supported: invalid perl operator: (?=."),
    ("f|re: '(?<!a)b'", "8:9", "The regular expression is not supported: invalid perl operator: (?<!."),
    ("f|re: 'a++'", "8:9", "The regular expression is not supported: bad repetition operator: ++."),
    ("f|re: '(?>a)'", "8:9", "The regular expression is not supported: invalid perl operator: (?>."),
    ("f|re: ['a', '(a)\\1']", "8:21", "The regular expression is not supported: invalid escape sequence: \\1."),
    ("f|re: 'a{2000}'", "8:9", "The regular expression is not supported: invalid repetition size: {2000}."),
    ("f|re: '['", "8:9", "The regular expression is not supported: missing ]: [."),
    ("f|fieldref: 'a*'", "8:9", "The name of a field has no wildcards and no placeholders."),
    ("f|fieldref: ''", "8:9", "The name of a field has no wildcards and no placeholders."),
    ("' ': a", "8:9", "A field has a name."),
    # encodings
    ("f|base64: 'a*'", "8:9", "Wildcards and placeholders cannot be encoded in Base64."),
    ("f|expand|base64: '%a%'", "8:9", "Wildcards and placeholders cannot be encoded in Base64."),
    ("f|base64|expand: '%a%'", "8:9", "Wildcards and placeholders cannot be encoded in Base64."),
    ("f|expand|wide: '%a%'", "8:9", "A placeholder cannot be encoded."),
    (
        "f|base64offset|contains: [ab, a]",
        "8:39",
        "A value under `base64offset` has two bytes or more; of fewer, nothing is sure to be found.",
    ),
    (
        "f|utf16: a",
        "8:9",
        "The encoded value is not text; write `base64` or `base64offset` after the encoding.",
    ),
    (
        "f|wide: \u00e9",
        "8:9",
        "The encoded value is not text; write `base64` or `base64offset` after the encoding.",
    ),
    # placeholders, dashes
    ("f|re|expand: '%a%'", "8:9", "Placeholders in regular expressions are not supported."),
    ("f|expand|re: '%a%'", "8:9", "Placeholders in regular expressions are not supported."),
    ("f|fieldref|expand: '%a%'", "8:9", "The name of a field has no wildcards and no placeholders."),
    (
        "f|windash: '-a -b -c -d -e'",
        "8:9",
        "The dashes of one value stand for more than 1000 texts; write several values.",
    ),
    # keywords that need a field
    ("'|exists': true", "8:9", "Exists modifier must be applied to field."),
    ("'|cidr': 10.0.0.0/8", "8:9", "A keyword is text, a number or a regular expression."),
    ("'|fieldref': g", "8:9", "A keyword is text, a number or a regular expression."),
    ("'|gt': 5", "8:9", "A keyword is text, a number or a regular expression."),
    ("'': null", "8:9", "A keyword is text, a number or a regular expression."),
    # shape
    ("f: []", "8:9", "The list is empty."),
    ("f: [a, null]", "8:16", "A list may not hold null; write a search identifier of its own for it."),
    ("f: [null]", "8:13", "A list may not hold null; write a search identifier of its own for it."),
    ("f: [[a]]", "8:13", "A value is text, a number, a boolean or null."),
    ("f: {a: b}", "8:9", "A value is text, a number, a boolean or null."),
    ("f: !!binary aGk=", "8:9", "A value is text, a number, a boolean or null."),
    # YAML that means two things
    ("f: no", "8:12", "YAML 1.1 and 1.2 read no differently; put it in quotes."),
    ("f: [0x1f, 012]", "8:19", "YAML 1.1 and 1.2 read 012 differently; put it in quotes."),
    ("f: 1_000", "8:12", "YAML 1.1 and 1.2 read 1_000 differently; put it in quotes."),
    ("f: 12:30:45", "8:12", "YAML 1.1 and 1.2 read 12:30:45 differently; put it in quotes."),
]


@pytest.mark.parametrize(("item", "place", "reason"), ITEMS)
def test_an_item_is_refused_where_it_stands(tmp_path: Path, item: str, place: str, reason: str) -> None:
    assert faults(tmp_path, f"    s:\n        {item}\n    condition: s\n") == [f"r.yml:{place}: {reason}"]


@pytest.mark.parametrize(("item", "place", "reason"), [case for case in ITEMS if "YAML" not in case[2]])
def test_an_item_is_refused_even_where_no_condition_uses_it(tmp_path: Path, item: str, place: str, reason: str) -> None:
    detection = f"    unused:\n        {item}\n    s: {{f: a}}\n    condition: s\n"
    assert faults(tmp_path, detection) == [f"r.yml:{place}: {reason}"]


@pytest.mark.parametrize(
    ("searches", "place", "reason"),
    [
        ("s: {}", "7:5", "The map is empty."),
        ("s: []", "7:5", "The list is empty."),
        ("s: null", "7:5", "A keyword is text, a number or a regular expression."),
        ("s: [word, null]", "7:15", "A list may not hold null; write a search identifier of its own for it."),
        ("s: [{a: b}, {c|ends: d}]", "7:18", "The modifier `ends` is unknown."),
        ("s: [{a: b}, {}]", "7:17", "The map is empty."),
        ("s: [{a: b}, [c]]", "7:17", "A list of maps and keywords holds no lists."),
        ("s: [[a]]", "7:9", "A value is text, a number, a boolean or null."),
        ("s: {a: b}\n    timeframe: 5m", "8:5", "`timeframe` is Sigma version 1; write a correlation rule."),
    ],
)
def test_a_search_identifier_is_refused_where_it_stands(tmp_path: Path, searches: str, place: str, reason: str) -> None:
    assert faults(tmp_path, f"    {searches}\n    condition: s\n") == [f"r.yml:{place}: {reason}"]


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("s and t", "The condition names `t`, which the rule does not have."),
        ("S", "The condition names `S`, which the rule does not have."),
        ("them", "The condition names `them`, which the rule does not have."),
        ("1 of t*", "The condition asks for `t*`, which no search identifier of the rule fits."),
        ("s or not all of t-*", "The condition asks for `t-*`, which no search identifier of the rule fits."),
        ("1 of *hidden", "The condition asks for `*hidden`, which no search identifier of the rule fits."),
        ("s and", "The condition ends too early."),
        ("s s", "The condition cannot be read from 's' on, character 3."),
        ("s AND s", "The condition cannot be read from 'AND' on, character 3."),
        ("2 of s*", "The condition cannot be read from 'of' on, character 3."),
        ("(s", "The condition ends too early."),
        ("s)", "The condition cannot be read from ')' on, character 2."),
        ("s | count() > 5", "A condition with `|` is Sigma version 1; write a correlation rule."),
        ("(" * 25 + "s" + ")" * 25, "A condition has at most 8000 characters and 24 parentheses."),
        ("s or " * 1_600 + "s", "A condition has at most 8000 characters and 24 parentheses."),
        ("not " * 60 + "s", "The condition nests more than 50 operators."),
        ("not " * 1_900 + "s", "The condition nests more than 50 operators."),
    ],
)
def test_a_condition_is_refused(tmp_path: Path, condition: str, reason: str) -> None:
    head = "    s: {f: a}\n    _hidden: {f: a}\n"
    assert faults(tmp_path, f"{head}    condition: {condition}\n") == [f"r.yml:9:5: {reason}"]
    assert faults(tmp_path, f"{head}    condition:\n      - s\n      - {condition}\n") == [f"r.yml:11:9: {reason}"]


@pytest.mark.parametrize("condition", ["''", "[]", "5", "{a: b}", "[s, 5]", "[s, '']", "null"])
def test_a_condition_is_text_or_a_list_of_it(tmp_path: Path, condition: str) -> None:
    found = faults(tmp_path, f"    s: {{f: a}}\n    condition: {condition}\n")
    assert found == ["r.yml:8:5: A detection has a condition, or a list of them."]


def test_what_only_looks_odd_is_taken(tmp_path: Path) -> None:
    odd = ["f: 0x10", "f: True", "f: ~", "f:", "f: 2026-01-01", "f: +5", "f: 1e5", "f: 00000429", "f|all: a", "'': a"]
    for item in odd:
        assert faults(tmp_path, f"    s:\n        {item}\n    condition: s\n") == [], item
