r"""Where a filter over JSON text may lose what a rule matches: each trap by name.

Each case is asked of both engines, as an event and as lines in all ways of writing them. What is expected is stated
too, so that a case that fires nowhere is not taken for agreement.
"""

import base64
from typing import Final

import pytest

from tests.unit.prefilter_cases import DEFENDER, POWERSHELL, SYSMON, Fields, agreed, fires, windows_rule
from tests.unit.sigma_oracle import Plain
from watchfloor.detect.folding import fold, forms_of
from watchfloor.detect.prefilter.engine import PrefilteredEngine
from watchfloor.normalise.event import FieldValue, LogSource

KELVIN: Final = "\N{KELVIN SIGN}"
LONG_S: Final = "\N{LATIN SMALL LETTER LONG S}"
ANGSTROM: Final = "\N{ANGSTROM SIGN}"

TEXTS: Final[dict[str, tuple[str, Plain, FieldValue]]] = {
    "a backslash": ("Image|endswith", "\\cmd.exe", "C:\\Windows\\cmd.exe"),
    "two backslashes": ("Image|startswith", "\\\\\\\\host", "\\\\host\\share"),
    "a backslash at the end": ("Image|contains", "system32\\", "C:\\System32\\cmd.exe"),
    "a backslash before a quotation mark": ("f|contains", '\\"', 'say \\"x'),
    "a quotation mark": ("f|contains", '"quoted"', 'a "QUOTED" word'),
    "a quotation mark at the beginning": ("f|startswith", '"C:\\', '"C:\\Program Files\\x.exe" -a'),
    "a quotation mark at the end": ("f|endswith", '.exe"', 'run "x.exe"'),
    "a line's end": ("f|contains", "one\ntwo", "xone\ntwox"),
    "a tab at the beginning": ("f|startswith", "\tx", "\tX"),
    "a control character": ("f|contains", "\x1fx", "a\x1fX"),
    "a delete": ("f|contains", "a\x7fb", "A\x7fB"),
    "a slash": ("f|contains", "http://x/y", "see HTTP://X/Y"),
    "the Kelvin sign in the event": ("f|contains", "mimikatz", f"MIMI{KELVIN}ATZ"),
    "the Kelvin sign in the rule": ("f|contains", f"mimi{KELVIN}atz", "mimikatz"),
    "the long s in the event": ("f|endswith", "\\lsass.exe", f"C:\\l{LONG_S}a{LONG_S}{LONG_S}.exe"),
    "the long s in the rule": ("f|startswith", f"{LONG_S}e", "Sekurlsa"),
    "the Kelvin sign beside other letters": ("f|contains", "ék\u00e9", f"É{KELVIN}É"),
    "an umlaut": ("f|contains", "müller", "MÜLLER"),
    "a sharp s": ("f|contains", "straße", "STRA\u1e9eE"),
    "an Angstrom sign": ("f|contains", "x\u00e5x", f"X{ANGSTROM}X"),
    "a final sigma": ("f|contains", "\u03bf\u03c3", "\u039f\u03c2"),
    "a letter of two UTF-16 units": ("f|contains", "\U00010400", "a\U00010428b"),
    "a face": ("f|contains", "\U0001f600", "a\U0001f600b"),
    "a line separator": ("f|contains", "a\u2028b", "A\u2028B"),
    "a wildcard": ("f|contains", "net*user", "net1.exe user"),
    "a wildcard for one letter": ("f|contains", "net?user", "net\u00dfuser"),
    "a wildcard for an escaped letter": ("f|contains", "a?b", "a\\b"),
    "a wildcard for a line's end": ("f", "a*b", "a\nb"),
    "an escaped wildcard": ("f|contains", "a\\*b", "xA*Bx"),
    "wildcards alone": ("f", "*", "anything"),
    "a wildcard for one letter alone": ("f", "?", "x"),
    "an empty text": ("f", "", ""),
    "a dash of another kind": ("f|contains|windash", " -enc ", "x \u2013enc y"),
    "a slash for a dash": ("f|contains|windash", " -enc ", "x /ENC y"),
    "base64 at an offset": ("f|base64offset|contains", "http://evil", base64.b64encode(b"xx http://evil y").decode()),
    "wide base64": ("f|wide|base64offset|contains", "IEX", base64.b64encode("a IEX b".encode("utf-16-le")).decode()),
    "letter case that counts": ("f|contains|cased", "AbC", "xAbCx"),
    "a text longer than a needle": ("f|contains", "word " * 40, "x" + "WORD " * 40),
    "a dash that is none of ASCII's": ("f|contains|windash", " -enc", "powershell \u2015ENC x"),
    "a symbol in another case": ("f|contains", "\u24d4vil", "an \u24baVIL"),
    "an emoji": ("f|contains", "x\N{FIRE}", "a X\N{FIRE}"),
    "a letter above the basic plane, in capitals": ("f", "\U00010428", "\U00010400"),
    "a sign": ("f|contains", "<", "a < b"),
    "a sign at the beginning": ("f|startswith", ">", ">x"),
}

NUMBERS: Final[dict[str, tuple[str, Plain, FieldValue]]] = {
    "a number as a number": ("f", 4104, 4104),
    "a number as text": ("f", 4104, "4104"),
    "text as a number": ("f", "4104", 4104),
    "the beginning of a number": ("f|startswith", "41", 4104),
    "the end of a number": ("f|endswith", "04", 4104),
    "the inside of a number": ("f|contains", "10", 4104),
    "a number with a minus": ("f|startswith", "-15", -154),
    "a fraction": ("f|contains", "0.2", 10.25),
    "the end of a fraction": ("f|endswith", "25", 10.25),
    "a number of many digits": ("f", 2**53 + 1, 2**53 + 1),
    "a number beyond 64 bits": ("f", 2**64, 2**64),
    "more than": ("f|gt", 40, 41.5),
    "less than, as text": ("f|lt", 40, " 39 "),
    "true as a boolean": ("f", True, True),
    "true as text": ("f", "true", True),
    "false in capitals": ("f", False, "FALSE"),
    "the beginning of a boolean": ("f|startswith", "tru", True),
    "the end of a boolean": ("f|endswith", "lse", False),
    "the inside of a boolean": ("f|contains", "als", False),
    "null": ("f", None, None),
    "a text in a list": ("f|endswith", "\\b.exe", ["C:\\a.exe", "C:\\B.exe"]),
    "a number in a list": ("f", 17, [16, 17, 18]),
    "a number first in a list": ("f", 16, [16, 17]),
    "a boolean in a list of lists": ("f", True, [[False], [True]]),
    "an object as text": ("f|contains", '"Status":"Suspended"', {"a": {"Status": "Suspended"}}),
    "an object from its beginning": ("f|startswith", '{"a"', {"A": 1}),
    "an object to its end": ("f|endswith", 'x"}', {"a": "X"}),
    "a backslash in an object": ("f|contains", "c:\\\\\\\\win", {"path": "C:\\Win"}),
    "a quotation mark in an object": ("f|contains", '\\\\"x', {"a": '"X'}),
    "a number in an object": ("f|contains", '"n":17', {"n": 17}),
    "a field in an object": ("f.a.b|endswith", "evil", {"a": {"b": "very EVIL"}}),
    "an address": ("f|cidr", "10.0.0.0/8", "10.1.2.3"),
    "an address in a list": ("f|cidr", "2001:db8::/32", ["::1", "2001:DB8::7"]),
    "a part of a time": ("f|hour", 3, "2026-03-02T03:14:00Z"),
    "a field that is there": ("f|exists", True, None),
}

EXPRESSIONS: Final[dict[str, tuple[str, FieldValue]]] = {
    "letters": ("mimikatz", "x mimikatz y"),
    "alternatives": ("(cmd|powershell)\\.exe", "a powershell.exe"),
    "an alternative without letters": ("(evil|.)x", "ax"),
    "an alternative with an anchor": ("a|^b$", "b"),
    "anchors": ("^start.*end$", "start and end"),
    "a class": ("[kK]ey[0-9]{2}", "Key42"),
    "a class of other letters": ("x[^a-z]y", "x\u00dfy"),
    "a class with a range beyond ASCII": ("x[a-\u00ff]+y", "x\u00e9\u00e9y"),
    "repetitions": ("(ab){3}c?d", "ababABD".lower()),
    "a repetition of many": ("a{200}b", "a" * 200 + "b"),
    "a backslash": ("C:\\\\Users\\\\[a-z]+", "C:\\Users\\kim"),
    "a quotation mark": ('"[a-z]+"', 'say "x"'),
    "a control character": ("a\\tb", "a\tb"),
    "a category": ("\\d{3}-\\w+\\s", "tel 123-abc "),
    "letter case for all": ("(?i)mimi[k]atz", f"MIMI{KELVIN}ATZ"),
    "letter case for a part": ("(?i:LSASS)x", "lsassx"),
    "a letter beyond ASCII": ("gr\u00fc\u00df", "ein gr\u00fc\u00df"),
    "a dot for an escaped letter": ("a.b", 'a"b'),
    "nothing at all": ("^$", ""),
    "an object's escape": ("x \\\\n", {"k": "x \n"}),
    "a backslash in an object": ("c:\\\\\\\\[a-z]+", {"path": "c:\\windows"}),
    "an object's quotation marks": ('"k":"[a-z]+"', {"k": "evil"}),
    "any letters in an object": ("k.*evil", {"k": "evil"}),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_found_in_the_text_of_its_event(name: str) -> None:
    key, wanted, value = TEXTS[name]
    assert fires(windows_rule({key: wanted}), {"f": value, "Image": value})
    assert not fires(windows_rule({key: wanted}), {"f": "no", "Image": "no"}) or wanted == "*"


@pytest.mark.parametrize("name", NUMBERS)
def test_a_value_of_another_kind_is_found_in_the_text_of_its_event(name: str) -> None:
    key, wanted, value = NUMBERS[name]
    assert fires(windows_rule({key: wanted}), {"f": value})


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_is_found_in_the_text_of_its_event(name: str) -> None:
    expression, value = EXPRESSIONS[name]
    assert fires(windows_rule({"f|re": expression}), {"f": value})
    assert fires(windows_rule({"f|re": expression}), {"f": [value, "no"]})


@pytest.mark.parametrize("value", ["evil", ["no", "evil"], {"k": "evil"}, "EVIL", "\\evil", 'ev"il'])
def test_what_speaks_against_a_rule_is_only_taken_from_a_plain_text(value: FieldValue) -> None:
    """A `not` is refuted by a text in the event only if that text is surely the field's value."""
    event: Fields = {"Image": "x.exe", "f": value, "g": "evil"}
    for search in ({"f|contains": "evil"}, {"f": "evil"}, {"f|startswith": "ev"}, {"f|endswith": "il"}, {"f": None}):
        rule = windows_rule({"Image": "x.exe"}, "s and not f", f=search)
        expected = fires(windows_rule(search), event)
        assert fires(rule, event) is not expected


def test_a_field_under_another_name_says_nothing_of_the_field() -> None:
    rule = windows_rule({"Image": "x.exe"}, "s and not f", f={"Parent|contains": "evil"})
    for name in ("parent", "XParent", "Parent2", "Grand Parent"):
        assert fires(rule, {"Image": "x.exe", name: "evil"}) is (name != "parent")
    assert fires(rule, {"Image": "x.exe", "f": 'a,"Parent":"evil"'})
    assert not fires(rule, {"Image": "x.exe", "Parent": "very evil"})


def test_a_missing_field_is_not_one_with_an_object_or_a_list() -> None:
    for value in ({}, [], {"a": "b"}, ["a"], 1, True, "", "a", None):
        event: Fields = {"Image": "x.exe", "Other": value}
        assert fires(windows_rule({"Image": "x.exe", "Other": None}), event) is (value in (None, []))
        assert not fires(windows_rule({"Image": "x.exe", "Other|exists": False}), event)


PROCESS_AUDIT: Final = {
    "SubjectUserName": "kim",
    "SubjectDomainName": "NORDWIND",
    "ProcessId": "0x1f4",
    "NewProcessId": "0xDEAD",
    "NewProcessName": "C:\\Windows\\System32\\whoami.exe",
    "ParentProcessName": "C:\\Windows\\explorer.exe",
    "MandatoryLabel": "S-1-16-12288",
}
REGISTRY_AUDIT: Final = {
    "ObjectName": "\\REGISTRY\\MACHINE\\SOFTWARE\\Run",
    "ObjectValueName": "evil",
    "NewValue": "C:\\evil.exe",
    "ProcessName": "C:\\reg.exe",
}


@pytest.mark.parametrize(
    "search",
    [
        {"User": "nordwind\\kim"},
        {"User|startswith": "NORDWIND\\k"},
        {"User|contains": "WIND\\kim"},
        {"User|re": "^NORDWIND.kim$"},
        {"ProcessId": 0xDEAD},
        {"ProcessId": "57005"},
        {"ProcessId|gt": 57_000},
        {"ParentProcessId": 500},
        {"IntegrityLevel": "High"},
        {"IntegrityLevel|startswith": "hi"},
        {"Image|endswith": "\\whoami.exe"},
        {"ParentImage": "c:\\windows\\EXPLORER.exe"},
        {"User|contains": "nordw"},
        {"User|re": "(?i)wind.{1,2}k\\wm"},
        {"IntegrityLevel|re": "^H[a-i]gh$"},
        ["nordwind\\kim"],
        ["WIND\\ki"],
        ["\\kim"],
        ["57005"],
        ["High"],
    ],
)
def test_what_is_computed_for_a_process_creation_of_the_security_log_is_matched(search: Plain) -> None:
    assert fires(windows_rule(search), PROCESS_AUDIT, (4688, "Security"))
    assert not fires(windows_rule({"NewProcessName": "*"}, "s and not f", f=search), PROCESS_AUDIT, (4688, "Security"))


@pytest.mark.parametrize(
    "search",
    [
        {"TargetObject": "HKLM\\SOFTWARE\\Run\\evil"},
        {"TargetObject|startswith": "HKLM\\"},
        {"TargetObject|contains": "run\\ev"},
        {"TargetObject|re": "^HKLM.*evil$"},
        {"Details|endswith": "evil.exe"},
        {"Image": "C:\\reg.exe"},
        ["HKLM\\SOFTWARE"],
        ["run\\evil"],
    ],
)
def test_what_is_computed_for_a_registry_event_of_the_security_log_is_matched(search: Plain) -> None:
    assert fires(windows_rule(search), REGISTRY_AUDIT, (4657, "Security"))
    assert not fires(windows_rule({"ObjectName": "*"}, "s and not f", f=search), REGISTRY_AUDIT, (4657, "Security"))


@pytest.mark.parametrize("search", [{"EventType": "SetValue"}, {"EventType|contains": "tval"}, ["setvalue"]])
def test_the_action_that_another_program_overwrote_is_matched(search: Plain) -> None:
    assert fires(windows_rule(search), {"EventType": "INFO", "TargetObject": "HKLM\\x"}, (13, SYSMON))
    assert fires(windows_rule(search), {"TargetObject": "HKLM\\x"}, (13, SYSMON))


@pytest.mark.parametrize("written", ["DeleteKey", "INFO", "", None])
def test_a_registry_key_event_is_of_the_log_source_that_its_action_names(written: str | None) -> None:
    event: Fields = {"EventType": written, "Message": "x\nEventType: DeleteKey\ny", "TargetObject": "HKLM\\x"}
    for category, expected in (("registry_delete", True), ("registry_event", True), ("registry_add", False)):
        rule = windows_rule({"TargetObject|startswith": "hklm"}, logsource=LogSource("windows", category))
        assert fires(rule, event, (12, SYSMON)) is expected


def test_a_defender_detection_and_cut_hashes_are_matched() -> None:
    threat: Fields = {"Threat Name": "HackTool:Win64/Mimikatz", "Path": "file:_C:\\x.exe"}
    for search in ({"Signature|startswith": "HackTool"}, {"Threat Name|endswith": "mimikatz"}, {"Filename": "*x.exe"}):
        assert fires(windows_rule(search), threat, (1116, DEFENDER))
    hashes: Fields = {"Hashes": "MD5=0123456789abcdef0123456789abcdef,IMPHASH=ffff"}
    for search in ({"md5|startswith": "0123"}, {"md5": "0123456789ABCDEF0123456789ABCDEF"}, {"Imphash": "FFFF"}):
        assert fires(windows_rule(search), hashes)


def test_keywords_look_at_all_values() -> None:
    for event in ({"f": "a EVIL b"}, {"f": ["x", "evil"]}, {"f": {"g": ["evil"]}}, {"Threat Name": "evil"}):
        assert fires(windows_rule(["evil"]), event, (4104, POWERSHELL))
    assert not fires(windows_rule(["evil"]), {"evil": "x"}, (4104, POWERSHELL))
    assert fires(windows_rule([4104]), {}, (4104, POWERSHELL))
    assert not fires(windows_rule({"|all": ["one", "two"]}), {"f": "one"})
    assert fires(windows_rule({"|all": ["one", "two"]}), {"f": "one", "g": "TWO"})


NUMBERED: Final[list[tuple[Plain, set[int]]]] = [
    ({"EventID": 4688}, {4688}),
    ({"EventID": "4688"}, {4688}),
    ({"EventID": [4688, "1"]}, {4688, 1}),
    ({"EventID|startswith": "46"}, {4688, 4624}),
    ({"EventID|contains": "62"}, {4624}),
    ({"EventID|gt": 4624}, {4688, 70_000}),
    ({"EventID|gte": 4624}, {4624, 4688, 70_000}),
    ({"EventID|lt": 4624.5}, {1, 4624}),
    ({"EventID|neq": 1}, {4624, 4688, 70_000}),
    ({"EventID|re": "^4"}, {4624, 4688}),
    ({"EventID|exists": False}, set()),
    ({"EventID": None}, set()),
    ({"eventid": 4688}, {4688}),
    ([4688], {4688}),
]
"""Searches, and the event numbers on which they hold."""


@pytest.mark.parametrize(("search", "numbers"), NUMBERED)
def test_what_an_event_s_number_decides_is_decided_alike(search: Plain, numbers: set[int]) -> None:
    for number in (1, 4624, 4688, 70_000):
        assert fires(windows_rule(search), {"f": "x"}, (number, "Security")) is (number in numbers)
        negated = windows_rule({"f": "x"}, "s and not f", f=search)
        assert fires(negated, {"f": "x"}, (number, "Security")) is (number not in numbers)


def test_an_event_s_number_may_be_text_or_be_written_oddly() -> None:
    rule = windows_rule({"EventID": 4688, "f": "x"})
    lines = [
        b'{"EventID":"4688","Channel":"Security","f":"x"}',
        b'{"EventID":"04688","Channel":"Security","f":"x"}',
        b'{"EventID":4688.0,"Channel":"Security","f":"x"}',
        b'{"EventID":4.688e3,"Channel":"Security","f":"x"}',
        b'{"EventID":-4688,"Channel":"Security","f":"x"}',
        b'{"EventID":46880000000,"Channel":"Security","f":"x"}',
        b'{"EventID":true,"Channel":"Security","f":"x"}',
    ]
    assert agreed([rule], lines) == {(0, 0), (1, 0)}


@pytest.mark.parametrize("search", [{"f": 1000}, {"f": "1000"}, {"f|contains": "00"}, {"f|startswith": "10"}, [1000]])
def test_a_number_that_is_written_in_another_way_is_the_same_number(search: Plain) -> None:
    ways = ("1000", "1000.0", "1e3", "1E+3", "10000e-1", "0.1e4", '"1000"')
    lines = [f'{{"EventID":1,"Channel":"{SYSMON}","f":{way}}}'.encode() for way in ways]
    assert agreed([windows_rule(search)], lines) == {(number, 0) for number in range(len(ways))}


def test_rules_that_look_for_nothing_are_decided_for_every_event() -> None:
    rules = [windows_rule({"f|fieldref": "g"}), windows_rule({"f|lt": 5}), windows_rule({"f": "*"})]
    scan = PrefilteredEngine(rules).scan((LogSource("windows", "process_creation", "sysmon"),), 1)
    assert scan(b'{"EventID":1}') == (0, 1, 2)
    assert fires(rules[0], {"f": "A", "g": ["b", "a"]})


def test_letters_that_stand_for_each_other_are_found_by_one_needle() -> None:
    """Whatever a folded letter may be written as is in the same block, so one needle finds all of them."""
    blocks = (range(0x2100, 0x2C00), range(0x10000, 0x110000))
    for block in blocks:
        for letter in map(chr, block):
            if fold(letter) == letter:
                assert all(ord(form) in block for form in forms_of(letter)), hex(ord(letter))
