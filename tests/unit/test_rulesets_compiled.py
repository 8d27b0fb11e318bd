"""Compiled rule sets on disk: found again, never trusted when they are damaged or another machine's, and few."""

import os
import shutil
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.unit.prefilter_cases import PROCESS, agreed, canonical, of_kind, windows_rule
from watchfloor.detect.load import load_shared_rules
from watchfloor.detect.prefilter.artifact import compile_frames, open_frames
from watchfloor.detect.prefilter.engine import PrefilteredEngine
from watchfloor.kernel.config import Settings, load_settings
from watchfloor.kernel.errors import Invalid
from watchfloor.ops.rulesets.compiled import (
    KEPT,
    fingerprint,
    open_ruleset,
    path_of,
    read_compiled,
    signature,
)
from watchfloor.ops.rulesets.importing import Wish, import_rules
from watchfloor.ops.rulesets.manifest import Choice

RULES = [windows_rule({"f|contains": f"evil{number}"}) for number in range(5)]
RULE = """\
title: Evil {number}
id: 6e2f1f0e-5b0a-4f6e-9c57-0000000000{number:02d}
status: test
level: high
author: kim
logsource: {{product: windows, category: process_creation}}
detection:
    selection: {{CommandLine|contains: evil{number}}}
    condition: selection
"""


def settings_in(home: Path) -> Settings:
    return load_settings({"WATCHFLOOR_HOME": str(home), "WATCHFLOOR_ENVIRONMENT": "test"})


def imported(home: Path, folder: Path, *numbers: int) -> None:
    """Imports a set of so many rules."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for number in numbers:
        (folder / f"evil{number}.yml").write_text(RULE.format(number=number))
    wish = Wish(name="mine", choice=Choice(), licence="CC0-1.0")
    import_rules(folder, home, wish, now=datetime(2026, 3, 2, tzinfo=UTC))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the compiled shared rules."""
    home = tmp_path_factory.mktemp("home")
    open_ruleset(settings_in(home))
    return home


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    """A home like that, to be damaged."""
    return Path(shutil.copytree(made, tmp_path / "home"))


def the_file(home: Path) -> Path:
    (found,) = (home / "cache").iterdir()
    return found


def test_frames_give_the_same_engine() -> None:
    engine = open_frames(compile_frames(RULES))
    assert engine.rules == tuple(RULES)
    assert engine.version == PrefilteredEngine(RULES).version
    lines = [canonical(of_kind(PROCESS, {"f": f"an evil{number}"})) for number in (3, 0, 9)]
    assert agreed(RULES, lines, engine) == {(0, 3), (1, 0)}


def test_frames_without_rules_are_an_engine_that_matches_nothing() -> None:
    assert agreed([], [canonical(of_kind(PROCESS, {"f": "x"}))], open_frames(compile_frames([]))) == set()


def test_frames_that_are_cut_mixed_up_or_none_are_refused() -> None:
    frames = list(compile_frames(RULES))
    turned = [frames[0], *reversed(frames[1:])]
    for broken in ([], frames[:-1], frames[:1], frames[1:], [*frames, frames[-1]], turned, [b"x"], [b""]):
        with pytest.raises(Invalid, match="compiled rules cannot be used"):
            open_frames(broken)


def test_the_scanners_of_another_machine_are_refused() -> None:
    engine = PrefilteredEngine(RULES)
    scanner = next(engine.program(kind).scanner for kind in engine.event_types((RULES[0].logsource,), None) if RULES)
    frames = list(compile_frames(RULES))
    places = [place for place, frame in enumerate(frames) if scanner in frame]
    assert places
    # Bytes 12 to 19 of a serialized database say for which processor it is.
    foreign = scanner[:12] + bytes(byte ^ 0xFF for byte in scanner[12:20]) + scanner[20:]
    first = next(place for place, frame in enumerate(frames) if b"scanner" in frame or scanner[:8] in frame)
    frames = [
        frame.replace(scanner, foreign).replace(scanner[:20], foreign[:20]) if place >= first else frame
        for place, frame in enumerate(frames)
    ]
    with pytest.raises(Invalid, match="compiled rules cannot be used"):
        open_frames(frames)


def test_what_was_compiled_is_opened_and_not_compiled_again(home: Path) -> None:
    settings = settings_in(home)
    path = the_file(home)
    before = path.stat().st_mtime_ns
    engine = open_ruleset(settings)
    assert engine.rules == load_shared_rules().rules
    assert path == path_of(settings, fingerprint(settings))
    assert path.stat().st_mtime_ns == before


def test_files_are_private_and_nothing_else_is_left(home: Path) -> None:
    path = the_file(home)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 1.0])
def test_a_file_that_is_cut_off_is_not_opened(home: Path, share: float) -> None:
    path = the_file(home)
    size = path.stat().st_size
    os.truncate(path, min(int(size * share), size - 1))
    assert read_compiled(path) is None


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.99])
def test_a_file_with_a_wrong_byte_is_not_opened(home: Path, share: float) -> None:
    path = the_file(home)
    content = bytearray(path.read_bytes())
    content[int(len(content) * share)] ^= 0x10
    path.write_bytes(content)
    assert read_compiled(path) is None


def test_a_missing_file_is_no_fault(tmp_path: Path) -> None:
    assert read_compiled(tmp_path / "nothing.rules") is None


def test_a_changed_rule_is_another_rule_set(home: Path, tmp_path: Path) -> None:
    settings = settings_in(home)
    seen = [(signature(settings), fingerprint(settings))]
    for numbers in ((1,), (1, 2), (2,)):
        imported(home, tmp_path / "rules", *numbers)
        seen.append((signature(settings), fingerprint(settings)))
    assert len({one for one, _ in seen}) == len({other for _, other in seen}) == 4
    imported(home, tmp_path / "rules", 1)
    assert (signature(settings), fingerprint(settings)) == seen[1]


def test_an_imported_rule_is_compiled_with_the_shared_ones_and_only_the_newest_files_are_kept(
    home: Path, tmp_path: Path
) -> None:
    first = the_file(home)
    for age in range(1, KEPT + 3):
        older = first.with_name(f"{age:064x}.rules")
        shutil.copyfile(first, older)
        os.utime(older, (1_000_000 - age, 1_000_000 - age))
    imported(home, tmp_path / "rules", 1)
    settings = settings_in(home)
    path = path_of(settings, fingerprint(settings))
    path.write_bytes(first.read_bytes()[:-1])  # damaged: it is made anew
    engine = open_ruleset(settings)
    assert {rule.title for rule in engine.rules} - {rule.title for rule in load_shared_rules().rules} == {"Evil 1"}
    line = canonical(of_kind(PROCESS, {"CommandLine": "x evil1 y"}))
    assert {engine.rules[rule].title for _, rule in agreed(engine.rules, [line], engine)} == {"Evil 1"}
    assert read_compiled(path) is not None
    left = {path.name, first.name, *(f"{age:064x}.rules" for age in range(1, KEPT - 1))}
    assert {found.name for found in path.parent.iterdir()} == left
