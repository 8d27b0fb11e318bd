"""The pages on rules and on scanning say what the commands do: findings, keys of a match, what is refused."""

import re
from pathlib import Path

import click
import pytest

from tests.layout.test_docs import page, section, tables
from watchfloor.ops.commands.match import match
from watchfloor.ops.rulesets.folders import read_lists
from watchfloor.ops.rulesets.lint import CODES
from watchfloor.ops.scan.tally import FAULTS_KEPT
from watchfloor.ops.scan.verdict import Match


def test_each_finding_of_lint_is_explained_in_its_own_words() -> None:
    rows = tables(section(page("rules.md"), "## Looking rules over"))[0][1:]
    assert [tuple(row) for row in rows] == list(CODES.items())


def test_each_key_of_a_match_is_explained() -> None:
    rows = tables(section(page("match.md"), "## What it says"))[0][1:]
    assert {key for row in rows for key in row[0].split(", ")} == set(Match.__struct_fields__)


def test_each_option_of_match_that_chooses_is_explained() -> None:
    options = {option for parameter in match.params if isinstance(parameter, click.Option) for option in parameter.opts}
    assert options == set(re.findall(r"--[a-z]+", page("match.md")))


def test_the_number_of_faults_that_are_named_is_said() -> None:
    assert f"up to {FAULTS_KEPT} of a file" in page("match.md")


def test_the_example_of_lists_is_sound(tmp_path: Path) -> None:
    (tmp_path / "lists.yml").write_text(page("match.md").partition("```yaml\n")[2].partition("```")[0])
    assert read_lists(tmp_path / "lists.yml") == {"admins": ("root", "adm_*"), "known_hosts": ("dc-1.example",)}


@pytest.mark.parametrize("name", ["rules.md", "match.md"])
def test_the_pages_name_no_place_of_ours(name: str) -> None:
    assert "shared/data" not in page(name)
