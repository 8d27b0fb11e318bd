"""Loading: a good rule loads whole; a bad one is refused with its place and a reason; nothing is skipped."""

from pathlib import Path
from typing import Final

import pytest

from watchfloor.detect.load import Origin, load_rules
from watchfloor.detect.rule import LoadReport
from watchfloor.normalise.event import LogSource

ID: Final = "929a690e-bef0-4204-a928-ef5e620d6fcc"
PLAIN: Final = f"""\
title: Whoami
id: {ID}
status: test
description: Somebody asks
    who they are.
author: A. Person
references:
    - https://example.org/whoami
tags:
    - attack.discovery
    - attack.t1033
logsource:
    category: Process_Creation
    product: windows
detection:
    selection:
        Image|endswith: '\\whoami.exe'
        CommandLine|contains:
            - ' /all'
            - ' /priv'
    condition: selection
falsepositives:
    - Administrators
level: high
"""
BLOCK: Final = """\
license: Apache-2.0
watchfloor:
    why: Because it matters.
    runbook:
        - Look.
    dedup: [host, CommandLine]
    window: 30m
    samples:
        fires:
            - {EventID: 1, Channel: Microsoft-Windows-Sysmon/Operational, at: 2026-03-02T08:14:27Z}
        silent:
            - {EventID: 2}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def load(folder: Path, text: str | bytes, *, shared: bool = False, name: str = "rule.yml") -> LoadReport:
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return load_rules([folder], require_samples=shared, origin=Origin(licence="DRL-1.1", link_base="https://x/"))


def the_fault(folder: Path, text: str | bytes, *, shared: bool = False) -> str:
    report = load(folder, text, shared=shared)
    assert report.rules == ()
    assert len(report.faults) == 1
    return str(report.faults[0])


def test_a_plain_sigma_rule_loads_with_defaults(folder: Path) -> None:
    (rule,) = load(folder, PLAIN).rules
    assert (rule.id, rule.title, rule.level, rule.status) == (ID, "Whoami", "high", "test")
    assert (rule.author, rule.licence, rule.link) == ("A. Person", "DRL-1.1", "https://x/rule.yml")
    assert rule.why == "Somebody asks who they are."
    assert (rule.dedup, rule.window_seconds, rule.runbook) == (("host", "user"), 3_600, ())
    assert rule.logsource == LogSource("windows", "process_creation", None)
    assert rule.techniques == ("T1033",)


def test_a_shared_rule_loads_with_its_block_and_samples(folder: Path) -> None:
    report = load(folder, PLAIN + BLOCK, shared=True)
    (rule,) = report.rules
    assert (rule.why, rule.runbook, rule.dedup) == ("Because it matters.", ("Look.",), ("host", "CommandLine"))
    assert (rule.window_seconds, rule.licence) == (1_800, "Apache-2.0")
    assert report.samples[ID].fires == (
        b'{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","at":"2026-03-02T08:14:27Z"}',
    )


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("title: Whoami\n", "", "rule.yml:1:1: Object missing required field `title`."),
        (f"id: {ID}", "id: 12", "rule.yml:2:1: Expected `str | null`, got `int`."),
        (f"id: {ID}", "id: twelve", "rule.yml:2:1: An id is a UUID, such as 929a690e-bef0-4204-a928-ef5e620d6fcc."),
        (
            "status: test",
            "taxonomy: ecs",
            "rule.yml:3:1: Fields and log sources have the names of the taxonomy `sigma` here, no others.",
        ),
        ("level: high", "level: urgent", "rule.yml:24:1: Invalid enum value 'urgent'."),
        ("status: test", "status: unsupported", "rule.yml:3:1: The rule says of itself that it is unsupported."),
        ("- attack.t1033", "- 1033", "rule.yml:11:7: Expected `str`, got `int`."),
        ("- attack.t1033", "- T1033", "rule.yml:11:7: A tag is `namespace.name` in lower case."),
        (
            "    category: Process_Creation\n    product: windows\n",
            "    definition: logs\n",
            "rule.yml:12:1: A log source names a product, a category or a service.",
        ),
        (
            "condition: selection",
            "condition: selecton",
            "rule.yml:21:5: The condition names `selecton`, which the rule does not have.",
        ),
        (
            "condition: selection",
            "condition: selection | count() > 5",
            "rule.yml:21:5: A condition with `|` is Sigma version 1; write a correlation rule.",
        ),
        ("    condition: selection\n", "", "rule.yml:15:1: A detection has a condition, or a list of them."),
        ("endswith: '\\whoami.exe'", "ends: x", "rule.yml:17:9: The modifier `ends` is unknown."),
        (
            "endswith: '\\whoami.exe'",
            "re: '(?!x)y'",
            None,
        ),
        (
            "- ' /priv'",
            "- null",
            "rule.yml:20:15: A list may not hold null; write a search identifier of its own for it.",
        ),
        ("- ' /priv'", "- {a: b}", "rule.yml:20:15: A value is text, a number, a boolean or null."),
        ("        Image|endswith: '\\whoami.exe'\n", "        Image: []\n", "rule.yml:17:9: The list is empty."),
        (
            "    condition: selection",
            "    timeframe: 5m\n    condition: selection",
            "rule.yml:21:5: `timeframe` is Sigma version 1; write a correlation rule.",
        ),
        ("author: A. Person", "author: A. Person\nauthor: B", "rule.yml:7:1: The key 'author' stands here twice."),
        ("    selection:", "    no:", "rule.yml:16:5: This key is not text in YAML; rename it or put it in quotes."),
        (
            "author: A. Person",
            "author: &a A\nfields: [*a]",
            "rule.yml:6:9: YAML aliases are not taken; write the value out.",
        ),
        ("author: A. Person", "author: !!python/name:os.system x", None),
        ("title: Whoami", "title: [Whoami", None),
    ],
)
def test_a_bad_rule_is_refused_with_its_place(folder: Path, old: str, new: str, expected: str | None) -> None:
    assert old in PLAIN
    fault = the_fault(folder, PLAIN.replace(old, new, 1))
    if expected is not None:
        assert fault == expected
    file, line, column, reason = fault.split(":", 3)
    assert (file, int(line) > 0, int(column) > 0, reason.endswith(".")) == ("rule.yml", True, True, True)


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("    why: Because it matters.\n", "", "rule.yml:26:1"),
        ("    why: Because it matters.\n", "    why: ' '\n", "rule.yml:27:5"),
        ("    why:", "    whi: x\n    why:", "rule.yml:27:5"),
        ("window: 30m", "window: soon", "rule.yml:31:5"),
        ("window: 30m", "window: 8d", "rule.yml:31:5"),
        ("window: 30m", "window: 30", "rule.yml:31:5"),
        ("            - {EventID: 2}", "            []", "rule.yml:35:9"),
        ("        - Look.", "        - 5", "rule.yml:29:11"),
        ("        - Look.", "        []", "rule.yml:28:5"),
        ("dedup: [host, CommandLine]", "dedup: []", "rule.yml:30:5"),
        ("license: Apache-2.0\n", "", "rule.yml:1:1"),
    ],
)
def test_a_shared_rule_without_what_an_analyst_needs_is_refused(folder: Path, old: str, new: str, place: str) -> None:
    assert old in BLOCK
    assert the_fault(folder, PLAIN + BLOCK.replace(old, new, 1), shared=True).startswith(f"{place}: ")


def test_a_rule_needs_neither_id_nor_level_unless_it_is_shared(folder: Path) -> None:
    bare = PLAIN.replace(f"id: {ID}\n", "").replace("level: high\n", "").replace("status: test\n", "taxonomy: sigma\n")
    (rule,) = load(folder, bare).rules
    (again,) = load(folder, bare).rules
    assert rule.id == again.id
    assert (rule.level, rule.status) == ("medium", "experimental")
    for part in (f"id: {ID}\n", "level: high\n"):
        fault = the_fault(folder, PLAIN.replace(part, "") + BLOCK, shared=True)
        assert fault == "rule.yml:1:1: A shared rule has an id and a level."


def test_a_plain_rule_is_no_shared_rule(folder: Path) -> None:
    assert "`watchfloor` section" in the_fault(folder, PLAIN, shared=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("title: x\ncorrelation:\n    type: event_count\n", "rule.yml:2:1: Object missing required field `rules`."),
        ("title: x\nfilter: {}\n", "rule.yml:1:1: Object missing required field `logsource`."),
        (
            "action: global\n",
            "rule.yml:1:1: Rule collections with `action` are Sigma version 1 and not supported.",
        ),
        ("- a\n- b\n", "rule.yml:1:1: A rule is a map of sections."),
        (b"title: \xff\n", "rule.yml:1:1: The file is not UTF-8."),
        (b"title: a\x00b\n", None),
        ("[" * 5_000, None),
        (" " * (1024 * 1024 + 1), "rule.yml:1:1: The file is larger than 1048576 bytes."),
    ],
)
def test_what_is_no_rule_is_refused(folder: Path, text: str | bytes, expected: str | None) -> None:
    fault = the_fault(folder, text)
    assert expected is None or fault == expected


def test_a_condition_cannot_nest_without_end(folder: Path) -> None:
    deep = "(" * 200 + "selection" + ")" * 200
    assert "24 parentheses" in the_fault(folder, PLAIN.replace("condition: selection", f"condition: {deep}"))


def test_one_bad_document_does_not_hide_the_others(folder: Path) -> None:
    second = PLAIN.replace(ID, "00000000-0000-4000-8000-000000000001")
    report = load(folder, f"title: x\n---\n{PLAIN}---\n{second}")
    assert [rule.id for rule in report.rules] == [ID, "00000000-0000-4000-8000-000000000001"]
    assert [str(fault) for fault in report.faults] == ["rule.yml:1:1: Object missing required field `logsource`."]


def test_two_rules_cannot_share_an_id(folder: Path) -> None:
    load(folder, PLAIN, name="a.yml")
    report = load(folder, PLAIN, name="b.yaml")
    assert [rule.path for rule in report.rules] == ["a.yml"]
    assert [str(fault) for fault in report.faults] == ["b.yaml:2:1: The rule a.yml has this id too."]


def test_a_file_that_cannot_be_read_is_a_fault(folder: Path) -> None:
    (fault,) = load_rules([folder / "missing.yml"]).faults
    assert str(fault) == "missing.yml:1:1: The file cannot be read: No such file or directory."


def test_the_content_hash_follows_the_content_and_not_the_layout(folder: Path) -> None:
    (first,) = load(folder, PLAIN).rules
    (same,) = load(folder, "# a comment\n" + PLAIN).rules
    (other,) = load(folder, PLAIN.replace("/all", "/groups")).rules
    assert first.content_hash == same.content_hash
    assert first.content_hash != other.content_hash
