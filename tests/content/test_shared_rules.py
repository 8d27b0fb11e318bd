"""The shared rules: each is valid, proves itself by its samples, and says what an analyst needs."""

import re
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Final

import pytest

from watchfloor.detect.dedup import dedup_values
from watchfloor.detect.load import load_shared_rules
from watchfloor.detect.sample_documents import events_of
from watchfloor.detect.samples import check_samples, normalise_sample

ROOT: Final = Path(str(files("watchfloor.content"))) / "rules"
FILES: Final = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*") if path.is_file())
REPORT: Final = load_shared_rules()
RULES: Final = {rule.path: rule for rule in REPORT.rules if rule.alerts}

TACTICS: Final = {
    "reconnaissance",
    "resource-development",
    "initial-access",
    "execution",
    "persistence",
    "privilege-escalation",
    "defense-evasion",
    "credential-access",
    "discovery",
    "lateral-movement",
    "collection",
    "command-and-control",
    "exfiltration",
    "impact",
}

SOURCES: Final = {
    "windows",
    "sysmon",
    "linux",
    "network",
    "web",
    "aws",
    "entra",
    "m365",
    "okta",
    "github",
    "gcp",
    "workspace",
    "kubernetes",
    "supply_chain",
    "policy",
}

each_rule = pytest.mark.parametrize("path", FILES)


def slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")


def test_every_file_loads_as_a_shared_rule() -> None:
    assert [str(fault) for fault in REPORT.faults] == []
    assert sorted(RULES) == FILES


def test_no_source_is_an_afterthought() -> None:
    counts = Counter(rule.path.split("/")[0] for rule in REPORT.rules)
    assert set(counts) >= SOURCES
    assert min(counts.values()) >= 3
    assert counts.total() >= 150


@each_rule
def test_a_rule_fires_on_its_firing_samples_and_stays_silent_on_the_others(path: str) -> None:
    beside = [rule for rule in REPORT.rules if rule.path == path]
    assert [str(fault) for fault in check_samples(beside, REPORT.samples)] == []


@each_rule
def test_a_file_is_named_after_its_title(path: str) -> None:
    name = Path(path).name
    assert name == f"{slug(RULES[path].title)}.yml"
    assert 10 <= len(name) <= 70


@each_rule
def test_attack_tags_are_well_formed_and_name_a_tactic_and_a_technique(path: str) -> None:
    tags = RULES[path].tags
    assert all(tag.startswith("attack.") for tag in tags)
    names = [tag.removeprefix("attack.") for tag in tags]
    techniques = [name for name in names if re.fullmatch(r"t\d{4}(\.\d{3})?", name)]
    tactics = [name for name in names if name in TACTICS]
    assert len(techniques) + len(tactics) == len(names)
    assert techniques
    assert tactics
    assert RULES[path].techniques == tuple(name.upper() for name in techniques)


@each_rule
def test_a_rule_tells_an_analyst_what_to_do(path: str) -> None:
    rule = RULES[path]
    assert rule.author == "Watchfloor"
    assert rule.licence == "Apache-2.0"
    assert len(rule.why) >= 60
    assert 3 <= len(rule.runbook) <= 6
    assert all(step[0].isupper() and step.endswith((".", "?")) and len(step) <= 220 for step in rule.runbook)
    assert rule.false_positives


def test_at_least_fifteen_correlations_stand_in_files_of_their_own_with_the_rules_that_serve_them() -> None:
    correlations = [rule for rule in RULES.values() if rule.correlation is not None]
    assert len(correlations) >= 15
    assert {rule.path.split("/")[0] for rule in correlations} == {"correlations"}
    used = {rule_id for rule in REPORT.rules if rule.correlation is not None for rule_id in rule.correlation.rules}
    assert {rule.id for rule in REPORT.rules if not rule.alerts} <= used


@each_rule
def test_an_id_is_a_random_uuid(path: str) -> None:
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", RULES[path].id)


@each_rule
def test_a_firing_sample_has_a_value_for_every_part_of_the_dedup_key(path: str) -> None:
    rule = RULES[path]
    samples = REPORT.samples[rule.id].fires
    for body in samples if rule.correlation is None else [events_of(sample)[-1] for sample in samples]:
        missing = [name for name, value in dedup_values(rule, normalise_sample(body)) if not value]
        # A login that is no person (SYSTEM, a machine) has no user entity; the host alone keys such an alert.
        assert missing in ([], ["user"])
        assert len(missing) < len(rule.dedup)


@each_rule
def test_a_sample_uses_only_names_and_addresses_reserved_for_documentation(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8").partition("samples:")[2].partition("\n---\n")[0]
    public = re.findall(r"(?<![\d.])(\d{1,3}(?:\.\d{1,3}){3})(?![\d.])", text)
    allowed = ("10.", "127.", "192.168.", "172.16.", "203.0.113.", "198.51.100.", "192.0.2.", "0.0.0.")
    assert [address for address in public if not address.startswith(allowed) and not is_version(address, text)] == []


def is_version(number: str, text: str) -> bool:
    return re.search(rf"(v|ersion[^\n]{{0,40}}|/|rv:){re.escape(number)}", text) is not None
