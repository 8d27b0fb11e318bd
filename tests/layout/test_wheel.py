"""The wheel holds the product, whole, and nothing else."""

import subprocess
import sys
import zipfile

import pytest

from tests.layout.sources import PRODUCT, ROOT

DATA = {".sql", ".yml", ".yaml", ".html", ".css", ".md", ".ttf", ".otf", ".txt", ".svg", ".json", ".typed"}


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    directory = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(directory)],
        cwd=ROOT, check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    (wheel,) = directory.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.mark.slow
def test_the_wheels_top_level_is_the_four_packages(contents: list[str]) -> None:
    tops = {name.partition("/")[0] for name in contents}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"watchfloor", "tenants", "bot", "reports"}


@pytest.mark.slow
def test_the_wheel_holds_every_module_and_every_data_file(contents: list[str]) -> None:
    wanted = {
        path.relative_to(ROOT / ("platform" if place.startswith("platform") else ".")).as_posix()
        for place in PRODUCT
        for path in (ROOT / place).rglob("*")
        if path.is_file() and (path.suffix == ".py" or path.suffix in DATA) and "__pycache__" not in path.parts
    }
    assert sorted(wanted - set(contents)) == []
    assert any(name.startswith("watchfloor/migrations/") for name in contents)
    assert any(name.startswith("watchfloor/content/rules/") for name in contents)


@pytest.mark.slow
def test_the_wheel_holds_no_tests_and_no_caches(contents: list[str]) -> None:
    assert [name for name in contents if name.startswith("tests/") or "__pycache__" in name or "/." in name] == []


@pytest.mark.slow
def test_the_wheel_says_how_to_start(contents: list[str]) -> None:
    assert any(name.endswith(".dist-info/entry_points.txt") for name in contents)
