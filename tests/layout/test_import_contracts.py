"""Each import contract of pyproject.toml catches a planted violation, and so does the rule that nothing is left out.

The contracts run over a skeleton of empty packages with the real names, so that only the planted import can break
them. `make check` runs them over the real tree.
"""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.layout.sources import ROOT

CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
NAMES = {contract["id"]: contract["name"] for contract in CONFIG["contracts"]}
CORE = [
    name
    for contract in CONFIG["contracts"]
    if contract["id"] == "flow"
    for layer in contract["layers"]
    for name in layer.split(" | ")
]

PLANTED = {
    "a surface imports another": ("surfaces", "bot/plant.py", "import reports"),
    "the core imports a surface": ("surfaces", "platform/watchfloor/incidents/plant.py", "import bot"),
    "the kernel imports what stands on it": (
        "flow",
        "platform/watchfloor/kernel/plant.py",
        "import watchfloor.tenancy",
    ),
    "detecting imports alerts": ("flow", "platform/watchfloor/detect/plant.py", "import watchfloor.alerts"),
    "an import within a function counts": (
        "flow",
        "platform/watchfloor/feeds/plant.py",
        "def late():\n    import watchfloor.web",
    ),
    "siblings stay apart": ("flow", "platform/watchfloor/assets/plant.py", "import watchfloor.intel"),
    "the core speaks discord": ("chat", "platform/watchfloor/web/plant.py", "import discord"),
    "the tenants render pdf": ("pdf", "tenants/plant.py", "import weasyprint"),
    "the desk knows the web framework": ("http", "platform/watchfloor/incidents/plant.py", "import litestar"),
    "the intake knows the web framework": (
        "http",
        "platform/watchfloor/feeds/plant.py",
        "from litestar import Litestar",
    ),
    "normalising queries": ("pure", "platform/watchfloor/normalise/plant.py", "import asyncpg"),
    "detecting fetches": ("pure", "platform/watchfloor/detect/plant.py", "import httpx"),
    "detecting fetches through egress": (
        "pure",
        "platform/watchfloor/detect/plant.py",
        "from watchfloor.kernel import egress",
    ),
}
ALLOWED = {
    "platform/watchfloor/ops/plant.py": "import watchfloor.web\nimport watchfloor.kernel.db",
    "platform/watchfloor/web/plant.py": "import litestar\nimport watchfloor.incidents",
    "platform/watchfloor/feeds/doors/plant.py": "import litestar",
    "platform/watchfloor/normalise/plant.py": "import watchfloor.kernel.ids\nimport watchfloor.feeds",
    "reports/plant.py": "import weasyprint\nimport watchfloor.incidents",
    "bot/plant.py": "import discord\nimport watchfloor.incidents",
}


@pytest.fixture
def skeleton(tmp_path: Path) -> Path:
    """Empty packages with the real names, and the real contracts."""
    packages = ["bot", "reports", "tenants", "platform/watchfloor", "platform/watchfloor/feeds/doors"]
    for package in packages + [f"platform/watchfloor/{name}" for name in CORE]:
        (tmp_path / package).mkdir(parents=True, exist_ok=True)
        (tmp_path / package / "__init__.py").write_text('"""Empty."""\n')
    for name in ("config", "db", "egress", "ids", "outbox"):
        (tmp_path / "platform/watchfloor/kernel" / f"{name}.py").write_text('"""Empty."""\n')
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def broken(skeleton: Path) -> set[str]:
    """The names of the contracts that do not hold."""
    run = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
        ],
        cwd=skeleton,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": f"{skeleton / 'platform'}:{skeleton}", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    found = {name for name in NAMES.values() if re.search(rf"^{re.escape(name)}\s+BROKEN", run.stdout, re.MULTILINE)}
    kept = {name for name in NAMES.values() if re.search(rf"^{re.escape(name)}\s+KEPT", run.stdout, re.MULTILINE)}
    assert found | kept == set(NAMES.values()), run.stdout + run.stderr
    assert (run.returncode == 0) == (not found)
    return found


def plant(skeleton: Path, path: str, text: str) -> None:
    (skeleton / path).parent.mkdir(parents=True, exist_ok=True)
    (skeleton / path).write_text(f'"""Planted."""\n\n{text}\n')


def test_the_skeleton_and_what_is_allowed_keep_all_contracts(skeleton: Path) -> None:
    for path, text in ALLOWED.items():
        plant(skeleton, path, text)
    assert broken(skeleton) == set()


@pytest.mark.parametrize(("contract", "path", "text"), PLANTED.values(), ids=PLANTED)
def test_each_planted_import_breaks_exactly_its_contract(skeleton: Path, contract: str, path: str, text: str) -> None:
    plant(skeleton, path, text)
    assert broken(skeleton) == {NAMES[contract]}


def test_each_contract_has_a_planted_violation() -> None:
    assert {contract for contract, _, _ in PLANTED.values()} == set(NAMES)


def test_a_part_of_the_core_that_no_layer_names_is_found(skeleton: Path) -> None:
    plant(skeleton, "platform/watchfloor/novelty/__init__.py", "")
    assert broken(skeleton) == {NAMES["flow"]}


def test_the_layers_name_every_part_of_the_core() -> None:
    parts = {path.parent.name for path in (ROOT / "platform" / "watchfloor").glob("*/__init__.py")}
    assert parts == set(CORE)
