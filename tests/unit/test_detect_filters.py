"""Sigma filters: what they hide, which rules they are for, and what is refused, with its place."""

from itertools import product
from pathlib import Path
from typing import Final

import pytest
from sigma.types import SigmaString, SpecialChars

from tests.unit.overlay_cases import make_event
from watchfloor.detect.condition import Not, Wildcard
from watchfloor.detect.engine import PlainEngine
from watchfloor.detect.filters import hidden_by, is_blunt, parse_filter
from watchfloor.detect.lists import join, pattern_of
from watchfloor.detect.load import load_rules
from watchfloor.detect.rule import LoadReport
from watchfloor.kernel.errors import Invalid
from watchfloor.normalise.event import FieldValue

SPECIFICATION: Final = Path("../shared/data/sigma-specification/tests/schema/filter")
RULE: Final = """\
title: Archive made
id: 6f3e2987-db24-4c78-a860-b4f4095a7095
name: archive_made
logsource: {category: process_creation, product: windows}
detection:
    selection: {Image|endswith: '\\rar.exe'}
    condition: selection
level: low
---
title: Shell started
id: df0841c0-9846-4e9f-ad8a-7df91571771b
logsource: {category: process_creation, product: windows}
detection:
    selection: {Image|endswith: '\\cmd.exe'}
    condition: selection
level: low
---
title: Record read
id: 0d7a1f3c-7d64-4f33-8f04-0a1c2b3d4e5f
logsource: {product: aws, service: cloudtrail}
detection:
    selection: {eventName: GetObject}
    condition: selection
level: low
"""
FILTER: Final = """\
title: Administrators
logsource:
    category: process_creation
    product: windows
filter:
    rules:
        - 6f3e2987-db24-4c78-a860-b4f4095a7095
    selection:
        User|startswith: 'adm_'
    condition: selection
"""
RAR: Final[dict[str, FieldValue]] = {"Image": "C:\\rar.exe", "User": "adm_kim"}
CMD: Final[dict[str, FieldValue]] = {"Image": "C:\\cmd.exe", "User": "adm_kim"}


def load(folder: Path, text: str) -> LoadReport:
    (folder / "a_filter.yml").write_text(text)
    (folder / "rules.yml").write_text(RULE)
    return load_rules([folder])


def fired(report: LoadReport, fields: dict[str, FieldValue]) -> list[str]:
    engine = PlainEngine(report.rules)
    return [engine.rules[place].title for place in engine.match([make_event(fields)]).rule]


def test_a_filter_hides_what_its_condition_describes_and_nothing_else(tmp_path: Path) -> None:
    report = load(tmp_path, FILTER)
    assert report.faults == ()
    assert fired(report, RAR) == []
    assert fired(report, RAR | {"User": "kim"}) == ["Archive made"]
    assert fired(report, {"Image": "C:\\rar.exe"}) == ["Archive made"]
    assert fired(report, CMD) == ["Shell started"]


def test_a_rule_with_a_filter_is_another_rule_and_the_others_stay_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    before = {rule.id: rule for rule in load(tmp_path / "plain", FILTER.replace("6f3e", "7f3e")).rules}
    after = {rule.id: rule for rule in load(tmp_path, FILTER).rules}
    changed = [rule.title for rule in after.values() if before[rule.id].content_hash != rule.content_hash]
    assert changed == ["Archive made"]
    assert [rule.title for rule in after.values() if before[rule.id].condition != rule.condition] == changed


@pytest.mark.parametrize(
    ("rules", "hidden"),
    [
        ("any", ["Archive made", "Shell started"]),
        ("[any]", ["Archive made", "Shell started"]),
        ("archive_made", ["Archive made"]),
        ("[archive_made, DF0841C0-9846-4E9F-AD8A-7DF91571771B]", ["Archive made", "Shell started"]),
    ],
)
def test_rules_are_named_by_id_or_name_or_all_at_once(tmp_path: Path, rules: str, hidden: list[str]) -> None:
    text = FILTER.replace("rules:\n        - 6f3e2987-db24-4c78-a860-b4f4095a7095", f"rules: {rules}")
    report = load(tmp_path, text)
    assert report.faults == ()
    silent = [title for title, event in (("Archive made", RAR), ("Shell started", CMD)) if not fired(report, event)]
    assert silent == hidden


def test_several_selections_and_patterns_work_as_in_a_rule(tmp_path: Path) -> None:
    text = FILTER.replace("condition: selection", "computer: {Computer: build-1}\n    condition: all of them")
    report = load(tmp_path, text)
    assert fired(report, RAR) == ["Archive made"]
    assert fired(report, RAR | {"Computer": "BUILD-1"}) == []


def test_a_filter_that_other_tools_join_as_it_stands_says_so_and_means_the_same(tmp_path: Path) -> None:
    joined = FILTER.replace("condition: selection", "condition: not selection")
    (fault,) = load(tmp_path, joined).faults
    assert str(fault).startswith("a_filter.yml:10:5: The filter would hide every event that it says nothing of.")
    report = load(tmp_path, joined + "watchfloor: {reading: restrict}\n")
    assert report.faults == ()
    assert fired(report, RAR) == []
    assert fired(report, RAR | {"User": "kim"}) == ["Archive made"]


def test_a_filter_that_restricts_keeps_what_it_describes(tmp_path: Path) -> None:
    report = load(tmp_path, FILTER + "watchfloor: {reading: restrict}\n")
    assert fired(report, RAR) == ["Archive made"]
    assert fired(report, RAR | {"User": "kim"}) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("title: Administrators\n", "", "1:1: Object missing required field `title`."),
        ("title: Administrators", "title: ''", "1:1: Expected `str` of length >= 1."),
        ("logsource:", "logsources:", "1:1: Object missing required field `logsource`."),
        (
            "    category: process_creation\n    product: windows",
            "    definition: x",
            "2:1: A log source names a product, a category or a service.",
        ),
        ("product: windows", "product: linux", "7:11: The rule rules.yml looks at another log source than the filter."),
        ("- 6f3e", "- 7f3e", "7:11: There is no rule with the id or name '7f3e2987-db24-4c78-a860-b4f4095a7095'."),
        ("- 6f3e2987-db24-4c78-a860-b4f4095a7095", "- 12", "6:5: A filter has `rules`: ids or names"),
        ("rules:\n        - 6f3e2987-db24-4c78-a860-b4f4095a7095", "rules: []", "6:5: A filter has `rules`"),
        ("    rules:\n        - 6f3e2987-db24-4c78-a860-b4f4095a7095\n", "", "5:1: A filter has `rules`"),
        ("rules:\n", "rules:\n        - 6f3e2987-db24-4c78-a860-b4f4095a7095\n", "6:5: A rule is named twice."),
        ("    selection:\n        User|startswith: 'adm_'\n", "", "5:1: A filter has at least one selection."),
        ("    condition: selection\n", "", "5:1: A detection has a condition"),
        ("condition: selection", "condition: selecton", "10:5: The condition names `selecton`"),
        ("condition: selection", "condition: [selection]", "10:5: A filter has one condition."),
        ("User|startswith", "User|begins", "9:9: The modifier `begins`"),
        ("User|startswith: 'adm_'", "User: []", "9:9: The list is empty."),
        ("User|startswith: 'adm_'", "User: '*'", "10:5: The filter would hide every event"),
        ("User|startswith: 'adm_'", "User|re: '.*'", "10:5: The filter would hide every event"),
        ("condition: selection", "condition: selection\nwatchfloor: {reading: hide}", "11:14: Invalid enum"),
        ("condition: selection", "condition: selection\nwatchfloor: {red: suppress}", "11:14: Object contains"),
    ],
)  # fmt: skip
def test_a_fault_says_where_and_what_and_the_rules_load_without_the_filter(
    tmp_path: Path, old: str, new: str, fault: str
) -> None:
    assert old in FILTER
    report = load(tmp_path, FILTER.replace(old, new))
    assert [str(found).removeprefix("a_filter.yml:")[: len(fault)] for found in report.faults] == [fault]
    assert fired(report, RAR) == ["Archive made"]


def test_a_filter_for_all_rules_of_a_source_that_none_has_is_a_fault(tmp_path: Path) -> None:
    text = FILTER.replace("rules:\n        - 6f3e2987-db24-4c78-a860-b4f4095a7095", "rules: any")
    report = load(tmp_path, text.replace("product: windows", "product: plan9"))
    assert [str(fault) for fault in report.faults] == ["a_filter.yml:2:1: No rule looks at this log source."]


def test_two_filters_for_one_rule_both_hold(tmp_path: Path) -> None:
    second = FILTER.replace("'adm_'", "'svc_'").replace("title: Administrators", "title: Services")
    report = load(tmp_path, f"{FILTER}---\n{second}")
    assert [fired(report, RAR | {"User": user}) for user in ("adm_a", "svc_a", "bob")] == [[], [], ["Archive made"]]


def test_the_examples_of_the_specification_are_read_as_what_is_hidden() -> None:
    if not SPECIFICATION.is_dir():
        pytest.skip("the Sigma specification is not in ../shared/data/sigma-specification")
    for path in sorted(SPECIFICATION.glob("*.yml")):
        written = parse_filter(path.read_text())
        assert len(written.rules) == 2
        assert not isinstance(hidden_by(written), Not)


def test_a_text_holds_exactly_one_filter() -> None:
    for text in ("", f"{FILTER}---\n{FILTER}"):
        with pytest.raises(Invalid, match="exactly one"):
            parse_filter(text)


@pytest.mark.parametrize(
    ("selection", "blunt"),
    [
        ("{User|exists: true}", False),
        ("{User|exists: false}", True),
        ("{User: null}", True),
        ("{User|contains: ''}", True),
        ("{User|fieldref: Owner}", False),
        ("{Port|gt: 0}", False),
        ("{User: [a, '*']}", True),
        ("['*']", True),
        ("[needle]", False),
    ],
)
def test_what_hides_everything_is_recognised(selection: str, blunt: bool) -> None:
    text = FILTER.replace("selection:\n        User|startswith: 'adm_'", f"selection: {selection}")
    written = parse_filter(text + "watchfloor: {reading: restrict}\n")
    condition = hidden_by(written)
    assert isinstance(condition, Not)
    assert is_blunt(condition.item) is blunt


def test_an_entry_of_a_list_is_read_as_sigma_reads_texts() -> None:
    signs = {SpecialChars.WILDCARD_MULTI: Wildcard.ANY, SpecialChars.WILDCARD_SINGLE: Wildcard.ONE}
    for length in range(6):
        for letters in product("a*?\\", repeat=length):
            text = "".join(letters)
            parts = [part if isinstance(part, str) else signs[SpecialChars(part)] for part in SigmaString(text).s]
            assert pattern_of(text) == join([parts]), text
