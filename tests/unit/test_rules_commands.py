"""`watchfloor rules lint`, `test`, `import` and `explain`: what a detection engineer is told, and what is done."""

import fcntl
import json
import os
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from watchfloor.detect.load import load_shared_rules
from watchfloor.kernel.config import Settings, load_settings
from watchfloor.ops.cli import command_line
from watchfloor.ops.rulesets.installed import load_ruleset, ruleset_stamp
from watchfloor.ops.rulesets.manifest import Manifest, manifests, read_manifest

IDS = [f"1a1d1f84-6f0c-4b52-9a4e-2d5b8a9c7e{number:02}" for number in range(10)]
COMMIT = "8eaafff1f2845a696050e05e72ba1140ee190698"
WHOAMI = f"""\
title: Whoami
id: {IDS[1]}
status: test
author: Somebody
tags: [attack.t1033]
logsource:
    product: windows
    category: process_creation
detection:
    picked:
        Image|endswith: '\\whoami.exe'
    filter:
        ParentImage|contains: '\\good\\'
    condition: picked and not filter
falsepositives: [Administrators]
level: low
"""
NET = WHOAMI.replace("Whoami", "Net").replace(IDS[1], IDS[2]).replace("whoami", "net").replace("low", "high")
WRONG = NET.replace(IDS[2], IDS[3]).replace("endswith", "endwith")
EVENT = {
    "Channel": "Microsoft-Windows-Sysmon/Operational",
    "EventID": 1,
    "Computer": "ws-17.example",
    "Image": "C:\\Windows\\whoami.exe",
    "ParentImage": "C:\\good\\x.exe\x1b[2J",
}


def run(*arguments: object, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(command_line, ["rules", *map(str, arguments)], input=stdin)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A small collection as SigmaHQ's is built."""
    root = tmp_path / "Collection"
    for name, text in {
        "LICENSE": "The rules are released under the Detection Rule License (DRL) 1.1.",
        "rules/windows/whoami.yml": WHOAMI,
        "rules-threat-hunting/net.yml": NET,
        "rules/wrong.yml": WRONG,
        "tests/no_rule.yml": "a: b\n",
        ".git/HEAD": "ref: refs/heads/main\n",
        ".git/packed-refs": f"# pack-refs\n{COMMIT} refs/heads/main\n",
        ".git/config": '[core]\n\tbare = false\n[remote "origin"]\n\turl = git@github.com:Somebody/rules.git\n',
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WATCHFLOOR_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def settings(home: Path) -> Settings:
    return load_settings({"WATCHFLOOR_HOME": str(home)})


# lint


def test_a_rule_that_cannot_be_run_is_a_fault_with_file_line_and_column(checkout: Path) -> None:
    result = run("lint", checkout / "rules")
    assert result.exit_code == 1
    assert f"{checkout / 'rules/wrong.yml'}:11:9: fault: " in result.stdout
    assert "1 rule can be run, 1 cannot" in result.stdout


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        (("tags: [attack.t1033]", "tags: [attack.discovery]"), "attack", (5, 1)),
        (("product: windows\n    category: process_creation", "product: toaster"), "logsource", (6, 1)),
        (("status: test", "status: deprecated"), "deprecated", (3, 1)),
        (("ParentImage|", "ParentImgae|"), "field", (13, 9)),
        (("condition: picked and not filter", "condition: not filter and not picked"), "empty", (14, 5)),
        (("Image|endswith: '\\whoami.exe'", "Image|re: '^.{80,}$'"), "prefilter", (9, 1)),
        (("'\\whoami.exe'", "'x'\n        User|expand: '%admins%'"), "list", (9, 1)),
        (("author: Somebody\n", ""), "author", (1, 1)),
        (("falsepositives: [Administrators]\n", ""), "falsepositives", (1, 1)),
    ],
)
def test_what_is_odd_is_a_warning_at_its_place(
    tmp_path: Path, change: tuple[str, str], code: str, place: tuple[int, int]
) -> None:
    (tmp_path / "rule.yml").write_text(WHOAMI.replace(*change))
    result = run("lint", tmp_path, "--json")
    assert result.exit_code == 0
    (finding,) = json.loads(result.stdout)["findings"]
    assert (finding["code"], (finding["line"], finding["column"])) == (code, place)
    assert run("lint", tmp_path, "--faults-only").stdout.strip() == "1 rule can be run, 0 cannot; 0 warnings"


def test_two_rules_of_one_title_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(WHOAMI)
    (tmp_path / "b.yml").write_text(WHOAMI.replace(IDS[1], IDS[2]).replace("Whoami", "WHOAMI"))
    assert (
        f"{tmp_path / 'b.yml'}:1:1: warning: {tmp_path / 'a.yml'} has this title too." in run("lint", tmp_path).stdout
    )


def test_a_sound_rule_gives_no_finding(tmp_path: Path) -> None:
    (tmp_path / "rule.yml").write_text(WHOAMI)
    assert run("lint", tmp_path).stdout.strip() == "1 rule can be run, 0 cannot; 0 warnings"
    assert run("lint", tmp_path, "--shared").exit_code == 1


def test_the_shared_content_has_no_faults() -> None:
    folder = Path(__file__).parents[2] / "platform/watchfloor/content/rules"
    result = run("lint", folder, "--shared", "--json")
    assert json.loads(result.stdout)["faults"] == 0


# test


def test_a_sample_that_fails_is_shown_with_the_rules_tree(tmp_path: Path) -> None:
    fires = "watchfloor:\n    why: x\n    runbook: [Look.]\n    samples:\n        fires:\n            - "
    (tmp_path / "rule.yml").write_text(WHOAMI + fires + json.dumps({**EVENT, "ParentImage": "\\good\\"}) + "\n")
    result = run("test", tmp_path)
    assert result.exit_code == 1
    assert "samples.fires[0]: It does not fire the rule." in result.stdout
    assert "✗ not filter  ParentImage contains '\\good\\'  ← '\\good\\'" in result.stdout
    assert "1 rule held against 1 sample of their own" in result.stdout
    assert len(json.loads(run("test", tmp_path, "--json").stdout)["failures"]) == 1


def test_a_rule_that_cannot_be_run_fails_the_test(checkout: Path) -> None:
    result = run("test", checkout / "rules")
    assert result.exit_code == 1
    assert "wrong.yml:11:9" in result.stdout


def test_the_shared_content_is_tested_by_default() -> None:
    result = run("test")
    rules = load_shared_rules().rules
    assert f"{len(rules):,} rules held against" in result.stdout
    assert result.exit_code == 0


def test_regression_data_says_which_rule_must_match_what(tmp_path: Path, checkout: Path) -> None:
    folder = tmp_path / "regression" / "whoami"
    folder.mkdir(parents=True)
    (folder / "sample.json").write_bytes(msgspec.json.encode({**EVENT, "ParentImage": "x"}))
    info = (
        f"rule_metadata: [{{id: {IDS[1]}}}]\nregression_tests_info: [{{name: x, type: json, path: a/b/sample.json}}]\n"
    )
    (folder / "info.yml").write_text(info)
    arguments = ("test", checkout / "rules/windows", "--regression", tmp_path / "regression")
    assert run(*arguments).exit_code == 0
    (folder / "info.yml").write_text(
        info.replace("}]\n", ", match_count: 2}]\n", 2).replace(", match_count: 2}]", "}]", 1)
    )
    assert "The rule matches 1 of 1 events; at least 2 must be." in run(*arguments).stdout
    (folder / "info.yml").write_text(info.replace(IDS[1], IDS[9]))
    assert f"The rule {IDS[9]} is not among those that can be run." in run(*arguments).stdout
    (folder / "info.yml").write_text("rule_metadata: 5\n")
    assert "The description cannot be read" in run(*arguments).stdout


# import


def test_an_import_pins_the_commit_keeps_the_licence_and_names_what_is_refused(
    checkout: Path, home: Path, settings: Settings
) -> None:
    result = run("import", checkout)
    assert result.exit_code == 0, result.output
    assert "rules/wrong.yml:11:9" in result.stdout
    manifest = read_manifest(home / "rules" / "collection")
    assert manifest is not None
    assert (manifest.commit, manifest.licence) == (COMMIT, "DRL-1.1")
    assert manifest.source == "https://github.com/Somebody/rules"
    assert (manifest.counts.rules, manifest.counts.refused, manifest.counts.left_out) == (2, 1, 0)
    assert sorted(manifest.files) == ["LICENSE", "rules-threat-hunting/net.yml", "rules/windows/whoami.yml"]
    place = home / "rules" / "collection" / manifest.folder
    for path, digest in manifest.files.items():
        assert sha256((place / path).read_bytes()).hexdigest() == digest
    rules = {rule.id: rule for rule in load_ruleset(settings).rules}
    rule = rules[IDS[1]]
    assert (rule.author, rule.licence, rule.path) == ("Somebody", "DRL-1.1", "collection/rules/windows/whoami.yml")
    assert rule.link == f"https://github.com/Somebody/rules/blob/{COMMIT}/rules/windows/whoami.yml"
    assert len(rules) == len(load_shared_rules().rules) + 2


def test_importing_the_same_again_changes_no_file(checkout: Path, home: Path, settings: Settings) -> None:
    run("import", checkout, "--as", "mine")
    stamp, before = ruleset_stamp(settings), read_manifest(home / "rules" / "mine")
    assert "before    the same files" in run("import", checkout, "--as", "mine").stdout
    after = read_manifest(home / "rules" / "mine")
    assert before is not None
    assert after is not None
    assert after.folder == before.folder
    assert ruleset_stamp(settings) == stamp


def test_a_new_import_replaces_the_set_in_one_step_and_keeps_the_last_one_for_its_readers(
    checkout: Path, home: Path, settings: Settings
) -> None:
    folder = home / "rules" / "mine"
    seen: list[str] = []
    stamps: set[str] = set()
    for level in ("informational", "high", "low"):
        (checkout / "rules/windows/whoami.yml").write_text(WHOAMI + f"description: {level}\n")
        assert run("import", checkout, "--as", "mine", "--level", level).exit_code == 0
        ((_, manifest),) = manifests(settings.home)
        seen.append(manifest.folder)
        stamps.add(ruleset_stamp(settings))
        assert {path.name for path in folder.iterdir() if path.is_dir()} == set(seen[-2:])
    assert len(stamps) == 3


def test_rules_are_chosen_by_level_and_status(checkout: Path, home: Path) -> None:
    run("import", checkout, "--as", "mine", "--level", "high")
    manifest = read_manifest(home / "rules" / "mine")
    assert manifest is not None
    assert (manifest.counts.rules, manifest.counts.left_out) == (1, 1)
    assert "No rule" not in run("import", checkout, "--as", "mine", "--status", "stable").output


def test_a_dry_run_leaves_nothing_behind(checkout: Path, home: Path) -> None:
    result = run("import", checkout, "--dry-run")
    assert "2 rules would be imported as collection" in result.stdout
    assert not home.exists()


def test_an_import_without_a_licence_is_refused_unless_it_is_named(checkout: Path, home: Path) -> None:
    (checkout / "LICENSE").unlink()
    refused = run("import", checkout)
    assert refused.exit_code == 1
    assert "has no LICENSE" in refused.stderr
    assert run("import", checkout, "--licence", "MIT", "--as", "mine").exit_code == 0
    manifest = read_manifest(home / "rules" / "mine")
    assert manifest is not None
    assert manifest.licence == "MIT"


@pytest.mark.parametrize("name", ["../x", "Shared", "shared", "", "a" * 33, ".x"])
def test_a_name_that_leads_elsewhere_is_refused(checkout: Path, home: Path, name: str) -> None:
    assert run("import", checkout, "--as", name or " ").exit_code == 1
    assert not home.exists()


def test_two_imports_of_one_set_at_once_do_not_mix(checkout: Path, home: Path) -> None:
    run("import", checkout, "--as", "mine")
    with (home / "rules" / "mine" / ".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = run("import", checkout, "--as", "mine")
    assert refused.exit_code == 1
    assert "Somebody imports this set right now." in refused.stderr


def test_an_import_that_breaks_off_leaves_the_set_as_it_was(
    checkout: Path, home: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("import", checkout, "--as", "mine")
    before = ruleset_stamp(settings)

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    (checkout / "rules/windows/whoami.yml").write_text(WHOAMI.replace("low", "medium"))
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail)
        assert run("import", checkout, "--as", "mine").exit_code == 1
    assert ruleset_stamp(settings) == before
    assert {rule.level for rule in load_ruleset(settings).rules if rule.id == IDS[1]} == {"low"}
    assert run("import", checkout, "--as", "mine").exit_code == 0
    assert {rule.level for rule in load_ruleset(settings).rules if rule.id == IDS[1]} == {"medium"}
    assert not list((home / "rules" / "mine").glob(".new-*"))


def test_a_file_that_was_changed_by_hand_is_not_run_and_said_so(checkout: Path, home: Path, settings: Settings) -> None:
    run("import", checkout, "--as", "mine")
    ((folder, manifest),) = manifests(home)
    (folder / manifest.folder / "rules/windows/whoami.yml").write_text(WHOAMI.replace("whoami.exe", "x.exe"))
    report = load_ruleset(settings)
    assert IDS[1] not in {rule.id for rule in report.rules}
    assert [str(fault) for fault in report.faults] == [
        "mine/rules/windows/whoami.yml:1:1: The file is not as it was imported."
    ]


def test_an_id_that_another_set_has_is_a_fault(checkout: Path, home: Path, settings: Settings) -> None:
    del home
    run("import", checkout, "--as", "aaa")
    run("import", checkout, "--as", "bbb")
    names = ("rules-threat-hunting/net.yml", "rules/windows/whoami.yml")
    assert {str(fault) for fault in load_ruleset(settings).faults} == {
        f"bbb/{name}:1:1: The rule aaa/{name} has this id too." for name in names
    }


def test_log_sources_without_a_parser_are_told(checkout: Path, home: Path) -> None:
    del home
    (checkout / "rules/toaster.yml").write_text(
        NET.replace(IDS[2], IDS[4]).replace("product: windows", "product: toaster")
    )
    result = run("import", checkout, "--dry-run", "--json")
    imported = json.loads(result.stdout)
    assert imported["missing"] == [[{"product": "toaster", "category": "process_creation", "service": None}, 1]]
    assert msgspec.convert(imported["manifest"], Manifest).counts.without_parser == 1
    assert "toaster/process_creation" in run("import", checkout, "--dry-run").stdout


# explain


def test_a_miss_is_explained_with_true_and_false(tmp_path: Path, checkout: Path) -> None:
    (tmp_path / "event.json").write_bytes(msgspec.json.encode(EVENT))
    result = run("explain", "Whoami", tmp_path / "event.json", "--rules", checkout / "rules")
    assert result.exit_code == 0
    shown = [line.rstrip() for line in result.stdout.splitlines()]
    assert shown[0].strip() == f"no match   Whoami  {IDS[1]}"
    assert "✓ log source windows/process_creation  the event is windows/process_creation/sysmon" in shown[1]
    assert "├─ ✓ picked  Image ends with '\\whoami.exe'  ← 'C:\\Windows\\whoami.exe'" in shown
    assert "└─ ✗ not filter  ParentImage contains '\\good\\'  ← 'C:\\good\\x.exe[U+001B][2J'" in shown


def test_a_rule_is_found_by_id_title_part_or_file_and_an_event_by_its_index(tmp_path: Path, checkout: Path) -> None:
    events = msgspec.json.encode({"x": 1}) + b"\n" + msgspec.json.encode({**EVENT, "ParentImage": ""}) + b"\n"
    (tmp_path / "events.jsonl").write_bytes(events)
    for name in (IDS[1], IDS[1].upper(), "whoami", "Who", checkout / "rules/windows/whoami.yml"):
        result = run("explain", name, tmp_path / "events.jsonl", "--index", 1, "--rules", checkout, "--json")
        assert json.loads(result.stdout)["matches"] is True, name
    assert (
        json.loads(run("explain", IDS[1], "-", "--rules", checkout, "--json", stdin=events).stdout)["matches"] is False
    )


def test_what_is_not_found_is_said(tmp_path: Path, checkout: Path) -> None:
    (tmp_path / "event.json").write_bytes(msgspec.json.encode(EVENT))
    nothing = run("explain", "Whaomi", tmp_path / "event.json", "--rules", checkout)
    assert nothing.exit_code == 1
    assert f"Do you mean Whoami ({IDS[1]})?" in nothing.stderr
    assert "2 rules are called so" in run("explain", IDS[1][:20], tmp_path / "event.json", "--rules", checkout).stderr
    assert "no such event" in run("explain", "Net", tmp_path / "event.json", "--index", 1, "--rules", checkout).stderr
    wrong = run("explain", checkout / "rules/wrong.yml", tmp_path / "event.json")
    assert "endwith" in wrong.stderr


def test_the_installations_own_rules_are_explained_without_a_folder(tmp_path: Path, home: Path) -> None:
    del home
    (tmp_path / "event.json").write_bytes(msgspec.json.encode(EVENT))
    rule = load_shared_rules().rules[0]
    assert rule.title in run("explain", rule.id, tmp_path / "event.json").stdout
