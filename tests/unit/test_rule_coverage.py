"""Coverage counts rules only as far as their log sources come in, and says which are missing."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec
import pytest

from watchfloor.detect.attack import Attack, attack
from watchfloor.detect.condition import Keyword, Text
from watchfloor.detect.correlation import Correlation, CorrelationKind
from watchfloor.detect.coverage import Coverage, Missing, cover, reach_of_all
from watchfloor.detect.load import load_shared_rules
from watchfloor.detect.navigator import layer
from watchfloor.detect.rule import Level, Rule
from watchfloor.normalise.event import LogSource

ROOT: Final = Path(__file__).parents[2]
SIGMAHQ: Final = ROOT.parent / "shared/data/sigmahq"

SYSMON: Final = LogSource(product="windows", category="process_creation", service="sysmon")
CLOUDTRAIL: Final = LogSource(product="aws", service="cloudtrail")
PROCESSES: Final = LogSource(product="windows", category="process_creation")
UNREADABLE: Final = LogSource(product="abacus", service="beads")


def rule(
    title: str,
    logsource: LogSource,
    *tags: str,
    of: Sequence[Rule] = (),
    kind: CorrelationKind = "event_count",
    level: Level = "medium",
    alerts: bool = True,
) -> Rule:
    digest = hashlib.sha256(title.encode()).hexdigest()
    correlation = Correlation(kind=kind, rules=tuple(one.id for one in of), group_by=(), timespan_seconds=60)
    return Rule(
        id=str(UUID(digest[:32])),
        title=title,
        level=level,
        status="stable",
        author="Watchfloor",
        references=(),
        tags=tuple(f"attack.{tag}" for tag in tags),
        why="",
        false_positives=(),
        runbook=(),
        dedup=("host",),
        window_seconds=60,
        licence="Apache-2.0",
        link=None,
        logsource=logsource,
        path="x.yml",
        content_hash=digest,
        condition=Keyword(test=Text(("x",))),
        correlation=correlation if of else None,
        alerts=alerts,
    )


def covered(*rules: Rule, seen: Sequence[LogSource] = (SYSMON,), off: Sequence[str] = ()) -> Coverage:
    return cover(rules, seen=seen, attack=attack(), off=off)


def test_a_rule_counts_where_its_log_source_comes_in_and_is_missing_elsewhere() -> None:
    shell = rule("shell", PROCESSES, "execution", "t1059.001")
    cloud = rule("cloud", CLOUDTRAIL, "t1059.001", "t1078")
    beads = rule("beads", UNREADABLE, "t1059.001")
    found = covered(shell, cloud, beads)
    assert found.reaches == {"ready": 1, "off": 0, "no_feed": 1, "no_parser": 1}
    technique = found.techniques["T1059.001"]
    assert (technique.name, technique.rules, technique.ready) == (
        "Command and Scripting Interpreter: PowerShell",
        3,
        1,
    )
    assert technique.missing == (
        Missing(logsource=UNREADABLE, readable=False, rules=1),
        Missing(logsource=CLOUDTRAIL, readable=True, rules=1),
    )
    tactics = {one.tag: (one.rules, one.ready) for one in found.tactics}
    assert tactics["execution"] == (3, 1)
    assert tactics["initial-access"] == (1, 0), "T1078 serves four tactics"
    assert [one.logsource for one in found.missing] == [UNREADABLE, CLOUDTRAIL]


def test_a_rule_of_two_techniques_of_a_tactic_counts_once_there() -> None:
    found = covered(rule("both", PROCESSES, "t1059.001", "t1047"))
    (execution,) = (one for one in found.tactics if one.tag == "execution")
    assert (execution.rules, len(execution.techniques)) == (1, 2)


def test_a_retired_technique_counts_as_its_successor() -> None:
    assert set(covered(rule("old", PROCESSES, "t1562.001", "t1070.001")).techniques) == {"T1685", "T1685.005"}


def test_what_has_no_technique_is_said_and_counts_in_no_row() -> None:
    found = covered(rule("plain", PROCESSES), rule("odd", PROCESSES, "t9999"))
    assert (found.untagged, found.tactics, found.reaches["ready"]) == (2, (), 2)


def test_a_rule_that_is_switched_off_covers_nothing() -> None:
    shell = rule("shell", PROCESSES, "t1059.001")
    found = covered(shell, off=[shell.id])
    assert (found.reaches["off"], found.techniques["T1059.001"].ready) == (1, 0)
    assert found.techniques["T1059.001"].missing == ()


@pytest.mark.parametrize(
    ("kind", "reach"),
    [("event_count", "ready"), ("value_sum", "ready"), ("temporal", "no_feed"), ("temporal_ordered", "no_feed")],
)
def test_a_correlation_needs_all_its_rules_only_where_it_waits_for_each(kind: CorrelationKind, reach: str) -> None:
    here, there = rule("here", PROCESSES), rule("there", CLOUDTRAIL)
    both = rule("both", LogSource(), of=[here, there], kind=kind)
    assert reach_of_all([here, there, both], seen=[SYSMON])[both.id] == reach


def test_a_correlation_over_a_rule_that_is_off_cannot_fire() -> None:
    here = rule("here", PROCESSES)
    above = rule("above", LogSource(), of=[here])
    assert reach_of_all([here, above], seen=[SYSMON], off=[here.id])[above.id] == "off"


def test_a_chain_of_correlations_reaches_as_far_as_its_end() -> None:
    here = rule("here", CLOUDTRAIL, "t1110", alerts=False)
    above = rule("above", LogSource(), of=[here])
    top = rule("top", LogSource(), "t1110", of=[above], kind="temporal")
    found = covered(here, above, top, seen=[SYSMON])
    assert found.rules == 2, "a rule that only serves others opens no alerts"
    assert found.techniques["T1110"].missing == (Missing(logsource=CLOUDTRAIL, readable=True, rules=1),)


def test_the_layer_is_one_that_the_navigator_reads() -> None:
    found = covered(rule("shell", PROCESSES, "t1059.001"), rule("cloud", CLOUDTRAIL, "t1078"))
    made = json.loads(msgspec.json.encode(layer(found, name="acme", description="")))
    assert (made["versions"]["layer"], made["domain"]) == ("4.5", "enterprise-attack")
    shell, cloud = made["techniques"]
    assert (shell["techniqueID"], shell["score"]) == ("T1059.001", 1)
    assert "color" not in shell
    assert (cloud["techniqueID"], cloud["score"], cloud["color"]) == ("T1078", 0, "#f6c177")
    assert cloud["comment"] == "0 of 1 rules can fire. Missing: aws / cloudtrail (1)."
    assert made["gradient"]["minValue"] < made["gradient"]["maxValue"]
    assert layer(covered(), name="", description="").techniques == []


def unknown_tags(rules: Sequence[Rule], words: Attack) -> set[str]:
    """The tags of ATT&CK that we have no word for. Groups and software (`g0016`, `s0002`) are no techniques."""
    tags = {tag for one in rules for tag in one.tags if tag.startswith("attack.")}
    return {tag for tag in tags if not (tag[7:8] in {"g", "s"} and tag[8:].isdigit()) and not words.knows(tag)}


def test_each_tag_of_the_shared_content_is_known() -> None:
    assert unknown_tags(load_shared_rules().rules, attack()) == set()


@pytest.mark.skipif(not SIGMAHQ.is_dir(), reason="the folder shared/data/sigmahq is not there")
def test_each_technique_that_sigmahq_uses_is_known() -> None:
    found: set[str] = set()
    for file in SIGMAHQ.glob("rules*/**/*.yml"):
        for line in file.read_text("utf-8").splitlines():
            mark = line.partition("#")[0].strip().removeprefix("- ").strip()
            if mark.startswith("attack.t") and mark[8:12].isdigit():
                found.add(mark)
    assert len(found) > 300
    assert {mark for mark in found if not attack().knows(mark)} == set()


def test_the_words_of_attack_hang_together() -> None:
    words = attack()
    tags = {tactic.tag for tactic in words.tactics}
    assert (len(tags), words.version) == (15, 19)
    for mark in ("T1003", "T1003.001", "t1685.005", "T1562.001"):
        technique = words.technique(mark)
        assert technique is not None
        assert technique.tactics
        assert set(technique.tactics) <= tags
    assert words.technique("T0000") is None
    assert words.knows("attack.defense-evasion")
    assert not words.knows("attack.defence")
