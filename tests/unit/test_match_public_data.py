"""`watchfloor match` on public data, as somebody who has just installed it would run it.

The data is not part of this repository; see the README of the folder that `DATA` names. Without it these tests skip.
"""

from collections import defaultdict
from pathlib import Path
from typing import Final

import msgspec
import pytest
from click.testing import CliRunner

from watchfloor.ops.cli import command_line

DATA: Final = Path(__file__).parents[2].parent / "shared" / "data"
SIGMAHQ: Final = DATA / "sigmahq"
FOLDERS: Final = ("rules", "rules-emerging-threats", "rules-threat-hunting", "rules-compliance")

Place = tuple[str, int]


class Match(msgspec.Struct, frozen=True):
    rule_id: str
    file: str
    index: int
    author: str
    link: str


class Sample(msgspec.Struct, frozen=True):
    sample: str
    n: int


class Expected(msgspec.Struct, frozen=True):
    all_matches: list[list[str]]


class ExpectedPerEvent(msgspec.Struct, frozen=True):
    per_event: list[list[str]]


def match(tmp_path: Path, events: Path) -> dict[Place, set[str]]:
    """The ids of the rules that `match` finds, by file and index."""
    if not events.exists():
        pytest.skip(f"public data is missing: {events.name}")
    out = tmp_path / "out.jsonl"
    options = [option for folder in FOLDERS for option in ("--rules", str(SIGMAHQ / folder))]
    arguments = ["match", str(events), *options, "--json", "--output", str(out), "--jobs", "1"]
    result = CliRunner().invoke(command_line, arguments)
    assert result.exit_code == 0, result.stderr
    found: dict[Place, set[str]] = defaultdict(set)
    for line in out.read_bytes().splitlines():
        one = msgspec.json.decode(line, type=Match)
        assert one.author
        assert one.link.startswith("https://github.com/SigmaHQ/sigma/blob/")
        assert one.rule_id not in found[one.file, one.index]
        found[one.file, one.index].add(one.rule_id)
    return found


def test_the_regression_samples_match_from_raw_files_what_three_engines_agree_on(tmp_path: Path) -> None:
    found = match(tmp_path, SIGMAHQ / "regression_data")
    lines = (DATA / "sigmahq-expected" / "events.jsonl").read_bytes().splitlines()
    expected = msgspec.json.decode((DATA / "sigmahq-expected" / "expected.json").read_bytes(), type=Expected)
    assert sum(map(len, expected.all_matches)) == 352
    for line, ids in zip(lines, expected.all_matches, strict=True):
        sample = msgspec.json.decode(line, type=Sample)
        path = SIGMAHQ / sample.sample
        assert found.pop((str(path), sample.n), set()) == set(ids), sample
    assert not {file for file, _ in found if file.endswith(".evtx")}


def test_the_regression_samples_pass_as_sigmahqs_own_descriptions_ask(tmp_path: Path) -> None:
    del tmp_path
    if not SIGMAHQ.exists():
        pytest.skip("public data is missing: sigmahq")
    folders = [str(SIGMAHQ / folder) for folder in FOLDERS]
    arguments = ["rules", "test", *folders, "--regression", str(SIGMAHQ / "regression_data")]
    result = CliRunner().invoke(command_line, arguments)
    assert "202 regression samples" in result.stdout
    assert result.exit_code == 0, result.stdout


@pytest.mark.slow
def test_the_attack_events_match_what_independent_engines_agree_on(tmp_path: Path) -> None:
    folder = DATA / "events" / "windows-attacks"
    found = match(tmp_path, folder / "events.jsonl.gz")
    expected = msgspec.json.decode((folder / "expected.json").read_bytes(), type=ExpectedPerEvent).per_event
    assert sum(map(len, expected)) > 1_500
    missing = {
        (index, rule_id)
        for index, ids in enumerate(expected)
        for rule_id in set(ids) - found[str(folder / "events.jsonl.gz"), index]
    }
    # What we match beyond this is argued rule by rule in test_detect_public_data.py.
    assert missing == set()
