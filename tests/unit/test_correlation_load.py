"""Correlation documents: what they become, what they may leave out, and where the fault is in those that are wrong."""

from pathlib import Path
from typing import Final

import pytest

from watchfloor.detect.correlation import Alias, Bound
from watchfloor.detect.load import load_rules
from watchfloor.detect.rule import LoadReport, Rule
from watchfloor.detect.samples import check_samples

FAILED: Final = """\
title: Failed
id: 53ba33fd-3a50-4468-a5ef-c583635cfa92
name: failed
logsource:
    product: windows
detection:
    selection:
        EventID: 4625
    condition: selection
"""
WORKED: Final = """\
title: Worked
id: 4d0a2c83-c62c-4ed4-b475-c7e23a9269b8
name: worked
level: high
logsource:
    product: windows
detection:
    selection:
        EventID: 4624
    condition: selection
"""
COUNT: Final = """\
title: Many
id: a8418a5a-5fc4-46b5-b23b-6c73beb19d41
name: many
correlation:
    type: event_count
    rules:
        - failed
    group-by:
        - User
    timespan: 10m
    condition:
        gte: 10
level: medium
"""
ORDERED: Final = """\
title: Guessed
id: b180ead8-d58f-40b2-ae54-c8940995b9b6
correlation:
    type: temporal_ordered
    rules:
        - many
        - worked
    group-by:
        - who
    timespan: 1h
    aliases:
        who:
            many: User
            worked: TargetUserName
"""
ALL: Final = (ORDERED, COUNT, FAILED, WORKED)


def load(folder: Path, *documents: str, shared: bool = False, **files: str) -> LoadReport:
    (folder / "rules.yml").write_text("---\n".join(documents))
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text)
    return load_rules([folder], require_samples=shared)


def by_title(report: LoadReport) -> dict[str, Rule]:
    assert [str(fault) for fault in report.faults] == []
    return {rule.title: rule for rule in report.rules}


def faults(report: LoadReport) -> list[str]:
    return [str(fault) for fault in report.faults]


def test_a_chain_loads_in_whatever_order_it_is_written(tmp_path: Path) -> None:
    for number, documents in enumerate((ALL, ALL[::-1])):
        folder = tmp_path / str(number)
        folder.mkdir()
        rules = by_title(load(folder, *documents))
        many, guessed = rules["Many"].correlation, rules["Guessed"].correlation
        assert many is not None
        assert guessed is not None
        assert (many.kind, many.rules, many.group_by) == ("event_count", (rules["Failed"].id,), ("User",))
        assert (many.timespan_seconds, many.bounds) == (600, (Bound("gte", 10),))
        assert guessed.rules == (rules["Many"].id, rules["Worked"].id)
        assert guessed.bounds == (Bound("gte", 2),)
        fields = ((rules["Many"].id, "User"), (rules["Worked"].id, "TargetUserName"))
        assert guessed.aliases == (Alias("who", fields),)


def test_rules_in_the_file_of_a_correlation_serve_it_and_rules_elsewhere_go_on_alerting(tmp_path: Path) -> None:
    rules = by_title(load(tmp_path, ORDERED, COUNT, FAILED, elsewhere=WORKED))
    assert {title: rule.alerts for title, rule in rules.items()} == {
        "Guessed": True,
        "Many": False,
        "Failed": False,
        "Worked": True,
    }


@pytest.mark.parametrize("generate", ["generate: true\n", "    generate: true\n"])
def test_rules_that_a_correlation_generates_alert_and_need_what_others_need(tmp_path: Path, generate: str) -> None:
    text = COUNT.replace("level: medium\n", generate if generate[0] == "g" else "") + "level: medium\n"
    text = text.replace(
        "        gte: 10\n", f"        gte: 10\n{generate}" if generate[0] == " " else "        gte: 10\n"
    )
    leveled = FAILED.replace("name: failed\n", "name: failed\nlevel: low\n")
    assert by_title(load(tmp_path, text, leveled))["Failed"].alerts
    shared = faults(load(tmp_path, text, FAILED, shared=True))
    assert [fault for fault in shared if fault.endswith("A shared rule has an id and a level.")] != []


def test_one_correlation_cannot_silence_what_another_one_generates(tmp_path: Path) -> None:
    other = COUNT.replace("title: Many", "title: More").replace("a8418a5a", "a8418a5b").replace("name: many\n", "")
    leveled = FAILED.replace("name: failed\n", "name: failed\nlevel: low\n")
    assert by_title(load(tmp_path, COUNT, other + "generate: true\n", leveled))["Failed"].alerts


def test_a_correlation_without_id_and_level_gets_the_same_ones_each_time(tmp_path: Path) -> None:
    text = ORDERED.replace("id: b180ead8-d58f-40b2-ae54-c8940995b9b6\n", "")
    first, second = (by_title(load(tmp_path, text, COUNT, FAILED, elsewhere=WORKED))["Guessed"] for _ in range(2))
    assert first.id == second.id
    assert first.level == "high"


def test_a_name_means_the_rule_beside_before_any_other_of_that_name(tmp_path: Path) -> None:
    other = FAILED.replace("53ba33fd", "53ba33fe").replace("name: failed\n", "name: failed\nlevel: low\n")
    rules = by_title(load(tmp_path, COUNT, FAILED, elsewhere=other.replace("title: Failed", "title: Other")))
    assert rules["Many"].correlation is not None
    assert rules["Many"].correlation.rules == (rules["Failed"].id,)
    report = load(tmp_path, COUNT, elsewhere=other, third=other.replace("53ba33fe", "53ba33ff"))
    assert faults(report) == ["rules.yml:7:11: More than one rule is named failed: elsewhere.yml, third.yml."]


BAD_TIMESPAN: Final = "10:5: A timespan is a number and s, m, h or d, and at most 30d, such as 15m."
COUNT_FAULTS: Final = [
    ("- failed", "- unknown", "7:11: There is no rule unknown, or it has a fault of its own."),
    ("- failed", "- failed\n        - failed", "8:11: The rule failed stands here twice."),
    (
        "- failed",
        "- failed\n        - 53ba33fd-3a50-4468-a5ef-c583635cfa92",
        "8:11: The rule 53ba33fd-3a50-4468-a5ef-c583635cfa92 stands here twice.",
    ),
    ("        - failed\n", "        []\n", "6:5: A correlation names at least one rule."),
    ("type: event_count", "type: near", "5:5: Invalid enum value 'near'."),
    ("timespan: 10m", "timespan: 10 minutes", BAD_TIMESPAN),
    ("timespan: 10m", "timespan: 0m", BAD_TIMESPAN),
    ("timespan: 10m", "timespan: 31d", BAD_TIMESPAN),
    ("timespan: 10m", "timespan: 10", "10:5: Expected `str`, got `int`."),
    ("    timespan: 10m\n", "", "4:1: Object missing required field `timespan`."),
    ("    group-by:\n        - User\n", "", "4:1: Object missing required field `group-by`."),
    ("- User", "- User\n        - User", "10:11: A field of `group-by` is named, and once."),
    ("    condition:\n        gte: 10\n", "", "4:1: A event_count correlation has a condition."),
    ("gte: 10", "gte: many", "12:9: A condition compares with a number."),
    ("gte: 10", "gte: true", "12:9: A condition compares with a number."),
    ("gte: 10", "at_least: 10", "12:9: A condition has no key `at_least`."),
    ("gte: 10", "gte: 10\n        lt: 5", "11:5: No count can meet this condition."),
    ("gte: 10", "lt: 1", "11:5: No count can meet this condition."),
    (
        "gte: 10",
        "gte: 10\n        lt: 50\n        neq: 20",
        "11:5: A condition has one of gt, gte, lt, lte, eq and neq, or two for a range.",
    ),
    ("gte: 10", "gte: 10\n        field: User", "13:9: A event_count correlation looks at no field."),
    ("gte: 10", "gte: 10\n        percentile: 5", "13:9: A event_count correlation has no percentile."),
    ("type: event_count", "type: value_count", "11:5: The condition of a value_count correlation names a field."),
    ("    timespan: 10m", "    timespam: 10m\n    timespan: 10m", "10:5: Object contains unknown field `timespam`."),
    (
        "    timespan: 10m",
        "    aliases:\n        u:\n            other: X\n    timespan: 10m",
        "12:13: The alias u names the rule other, which the correlation does not list.",
    ),
    (
        "    timespan: 10m",
        "    aliases:\n        u: {}\n    timespan: 10m",
        "11:9: The alias u says nothing of the rule failed.",
    ),
    (
        "id: a8418a5a-5fc4-46b5-b23b-6c73beb19d41",
        "id: one",
        "2:1: An id is a UUID, such as 929a690e-bef0-4204-a928-ef5e620d6fcc.",
    ),
    ("level: medium", "status: unsupported", "13:1: The rule says of itself that it is unsupported."),
]


@pytest.mark.parametrize(("old", "new", "expected"), COUNT_FAULTS)
def test_a_fault_has_its_place_and_reason(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in COUNT
    leveled = FAILED.replace("name: failed\n", "name: failed\nlevel: low\n")
    report = load(tmp_path, COUNT.replace(old, new, 1), leveled)
    assert faults(report) == [f"rules.yml:{expected}"]
    assert [rule.title for rule in report.rules] == ["Failed"]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("{field: X, percentile: 101, gt: 5}", "A percentile is a number from 0 to 100."),
        ("{field: [X, Y], gt: 5}", "A value_percentile correlation looks at one field."),
        ("{field: 5, gt: 5}", "A field is a name, or a list of names."),
        ("{percentile: 5, gt: 5}", "The condition of a value_percentile correlation names a field."),
    ],
)
def test_a_fault_in_a_condition_on_values_is_named(tmp_path: Path, condition: str, expected: str) -> None:
    text = COUNT.replace("event_count", "value_percentile").replace(
        "condition:\n        gte: 10", f"condition: {condition}"
    )
    (fault,) = load(tmp_path, text, FAILED).faults
    assert fault.reason == expected


def test_correlations_that_lead_back_to_themselves_are_refused(tmp_path: Path) -> None:
    circle = COUNT.replace("- failed", "- b").replace("name: many", "name: a")
    back = COUNT.replace("- failed", "- a").replace("name: many", "name: b").replace("a8418a5a", "a8418a5b")
    own = COUNT.replace("- failed", "- many").replace("a8418a5a", "a8418a5c")
    report = load(tmp_path, circle, back, own)
    assert report.rules == ()
    reasons = [fault.reason for fault in report.faults]
    assert "The rule a leads back to this correlation." in reasons
    assert "The rule many leads back to this correlation." in reasons
    assert len(reasons) == 3


def test_what_refers_to_a_rule_with_a_fault_is_refused_too(tmp_path: Path) -> None:
    report = load(tmp_path, *ALL[:2], FAILED.replace("condition: selection", "condition: none"), WORKED)
    assert [rule.title for rule in report.rules] == ["Worked"]
    assert len(report.faults) == 3


def test_two_correlations_with_one_id_are_one_too_many(tmp_path: Path) -> None:
    report = load(tmp_path, COUNT, COUNT.replace("name: many\n", ""), FAILED)
    assert faults(report) == ["rules.yml:16:1: The rule rules.yml has this id too."]


def test_the_schema_examples_of_the_specification_load_with_the_rules_that_they_name(tmp_path: Path) -> None:
    folder = Path(__file__).parents[2].parent / "shared/data/sigma-specification/tests/schema/correlation"
    if not folder.is_dir():
        pytest.skip("the Sigma specification is not here (../shared/data/sigma-specification)")
    names = ("recon_cmd_a", "recon_cmd_b", "recon_cmd_c", "rule_a_id", "process_creation", "website_access")
    bases = [
        FAILED.replace("53ba33fd", f"53ba33{number:02}").replace("name: failed", f"name: {name}\nlevel: low")
        for number, name in enumerate(names)
    ]
    bases.append(
        FAILED.replace("53ba33fd-3a50-4468-a5ef-c583635cfa92", "5638f7c0-ac70-491d-8465-2a65075e0d86\nlevel: low")
    )
    (tmp_path / "bases.yml").write_text("---\n".join(bases))
    for example in sorted(folder.glob("*.yml")):
        report = load_rules([tmp_path, example])
        if "ecs" in example.stem:
            assert "taxonomy" in faults(report)[0]
            continue
        assert faults(report) == [], example.name
        assert any(rule.correlation is not None for rule in report.rules)


BLOCK: Final = """\
description: Many failed.
author: Watchfloor
license: Apache-2.0
tags: [attack.t1110]
falsepositives: [None known]
watchfloor:
    why: Because it matters.
    runbook: [Look.]
    dedup: [host]
    samples:
        fires:
            - common: {Channel: Security, Computer: a.example, User: kim, x: {y: 1}}
              events:
"""


def events(count: int, *, minutes: int = 0) -> str:
    times = [(n, f"2026-03-02T08:{n * minutes:02}:{n:02}Z") for n in range(count)]
    blanks = " " * 18
    return "".join(f"{blanks}- {{EventID: 4625, EventRecordID: {n}, SystemTime: '{time}'}}\n" for n, time in times)


def test_a_shared_correlation_proves_itself_by_sequences(tmp_path: Path) -> None:
    common = "common: {Channel: Security, Computer: a.example, User: kim}"
    silent = f"        silent:\n            - {common}\n              events:\n"
    good = COUNT + BLOCK + events(10) + silent + events(10, minutes=2)
    report = load(tmp_path, good, FAILED, shared=True)
    assert faults(report) == []
    assert check_samples(report.rules, report.samples) == ()
    wrong = COUNT + BLOCK + events(9) + silent + events(10)
    report = load(tmp_path, wrong, FAILED, shared=True)
    assert [str(fault) for fault in check_samples(report.rules, report.samples)] == [
        "rules.yml: samples.fires[0]: It does not fire the rule.",
        "rules.yml: samples.silent[0]: It fires the rule.",
    ]


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        ("{EventID: 1}", "A correlation's sample is a list of events, or a map of `common` and `events`."),
        ("{common: {}, events: []}", "A correlation's sample has a list of events."),
        ("[5]", "An event is a map, or the text of a line."),
    ],
)
def test_a_sample_that_is_no_sequence_is_refused(tmp_path: Path, sample: str, expected: str) -> None:
    text = (
        COUNT
        + BLOCK.partition("            - common")[0]
        + f"            - {sample}\n        silent:\n            - [{{a: 1}}]\n"
    )
    (fault,) = load(tmp_path, text, FAILED, shared=True).faults
    assert fault.reason == expected
