"""Packages, names and what Python finds under them."""

import ast
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from tests.layout.sources import PRODUCT, ROOT, Source, expect_none, planted, product, suite

VAGUE = frozenset("util utils helper helpers common misc manager managers lib base shared stuff tools".split())  # noqa: SIM905


def not_only_a_docstring(source: Source) -> list[str]:
    if not source.path.endswith("__init__.py"):
        return []
    body = source.tree.body
    has_docstring = ast.get_docstring(source.tree) is not None
    if has_docstring and len(body) == 1:
        return []
    message = "holds a docstring and nothing else; import from the module itself"
    return [source.fault(body[1] if has_docstring else None, message)]


def vaguely_named(source: Source) -> list[str]:
    parts = source.path.removesuffix(".py").split("/")
    return [source.fault(None, f"{part!r} says nothing; name what it holds") for part in parts if part in VAGUE]


def undescribed(source: Source) -> list[str]:
    return [] if ast.get_docstring(source.tree) else [source.fault(None, "a module says what it owns")]


def test_package_files_hold_a_docstring_only() -> None:
    expect_none(fault for source in product() for fault in not_only_a_docstring(source))


def test_no_module_has_a_vague_name() -> None:
    expect_none(fault for source in (*product(), *suite()) for fault in vaguely_named(source))


def test_every_module_says_what_it_owns() -> None:
    expect_none(fault for source in product() for fault in undescribed(source))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x = 1",
        '"""Alerts."""\nfrom watchfloor.alerts.record import record',
        '"""Alerts."""\n__all__ = []',
        "# comment",
    ],
)
def test_each_planted_package_file_is_found(text: str) -> None:
    assert not_only_a_docstring(planted("platform/watchfloor/alerts/__init__.py", text))


@pytest.mark.parametrize("name", ["utils", "helpers", "common", "misc", "manager"])
def test_each_planted_name_is_found(name: str) -> None:
    assert vaguely_named(planted(f"platform/watchfloor/alerts/{name}.py", '"""X."""'))
    assert vaguely_named(planted(f"platform/watchfloor/{name}/record.py", '"""X."""'))


def test_a_planted_module_without_description_is_found() -> None:
    assert undescribed(planted("bot/card.py", "x = 1"))


def test_lookalikes_pass() -> None:
    assert not_only_a_docstring(planted("platform/watchfloor/alerts/__init__.py", '"""Alerts."""\n')) == []
    assert not_only_a_docstring(planted("platform/watchfloor/alerts/record.py", "x = 1")) == []
    assert vaguely_named(planted("platform/watchfloor/alerts/commonalities.py", "")) == []


def test_every_folder_of_modules_is_a_package() -> None:
    folders = {Path(source.path).parent for source in product()}
    assert [str(folder) for folder in folders if not (ROOT / folder / "__init__.py").is_file()] == []


def test_the_source_root_is_no_package_and_the_standard_library_keeps_its_name() -> None:
    assert not (ROOT / "platform" / "__init__.py").exists()
    assert Path(platform.__file__).name == "platform.py"
    assert platform.system()


def test_test_folders_are_no_packages() -> None:
    assert [str(path) for path in (ROOT / "tests").rglob("__init__.py")] == []


@pytest.mark.parametrize("folder", ["/", str(ROOT)])
def test_everything_imports_from_anywhere_and_platform_stays_the_standard_librarys(folder: str) -> None:
    code = (
        "import platform, watchfloor, bot, reports, tenants\n"
        "assert platform.__file__.endswith('platform.py') and platform.system()\n"
        "assert all(m.__file__ for m in (watchfloor, bot, reports, tenants))"
    )
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True, timeout=60)


def test_the_source_root_cannot_be_imported_through() -> None:
    run = subprocess.run(
        [sys.executable, "-c", "import platform.watchfloor"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode != 0
    assert "is not a package" in run.stderr


def test_the_product_is_where_this_file_thinks() -> None:
    assert all((ROOT / place / "__init__.py").is_file() for place in PRODUCT)
    assert (ROOT / "platform" / "watchfloor" / "py.typed").is_file()
