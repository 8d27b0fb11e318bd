"""The catalogue of connectors, its folders and the table of tiers in the documentation say the same."""

import re
from importlib.resources import files
from pathlib import Path
from typing import Final

from click.testing import CliRunner

import watchfloor.feeds.connectors
from watchfloor.feeds.connectors.catalogue import NAMES, known_connectors
from watchfloor.feeds.connectors.tiers import tiers_table
from watchfloor.ops.cli import command_line

HERE: Final = Path(watchfloor.feeds.connectors.__path__[0])
FILES: Final = {"__init__.py", "manifest.py", "client.py", "parse.py", "policy.py"}


def test_each_folder_with_a_manifest_is_a_connector_of_the_catalogue_and_has_the_same_files() -> None:
    folders = {path.parent.name: path.parent for path in HERE.glob("*/manifest.py")}
    assert set(NAMES) == set(folders)
    for folder in folders.values():
        assert {path.name for path in folder.glob("*.py")} >= FILES
        assert list((folder / "samples").glob("*.json*")), folder.name


def test_each_connector_is_called_as_its_folder_and_its_page_exists() -> None:
    pages = files("watchfloor").joinpath("docs")
    for name, connector in known_connectors().items():
        manifest = connector.manifest
        assert manifest.name == name
        assert manifest.why.endswith(".")
        assert re.fullmatch(r"[^|\n]+", manifest.why + manifest.title)
        page, _, _ = manifest.page.partition("#")
        assert pages.joinpath(page).is_file()
        names = [stream.name for stream in manifest.streams]
        assert len(names) == len(set(names))
        assert all(len(stream) <= 64 for stream in names)


def test_the_page_has_the_table_that_the_command_prints() -> None:
    page = files("watchfloor").joinpath("docs", "connectors.md").read_text("utf-8")
    table = page.partition("<!-- tiers -->\n")[2].partition("<!-- /tiers -->")[0]
    printed = CliRunner().invoke(command_line, ["connector", "tiers"])
    assert printed.exit_code == 0
    assert printed.output == tiers_table(known_connectors()) == table
