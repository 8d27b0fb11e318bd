"""The one command: everything at once, in a home and on ports of its own."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from infra.ports import free_port

ROOT = Path(__file__).parents[2]


def environment() -> dict[str, str]:
    api = free_port()
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("WATCHFLOOR_")},
        "WATCHFLOOR_POSTGRES_PORT": str(free_port()),
        "WATCHFLOOR_VALKEY_PORT": str(free_port()),
        "WATCHFLOOR_DOOR_PORT": str(free_port()),
        "WATCHFLOOR_SYSLOG_PORT": str(free_port()),
        "WATCHFLOOR_RELP_PORT": str(free_port()),
        "WATCHFLOOR_API_PORT": str(api),
        "WATCHFLOOR_PUBLIC_URL": f"http://127.0.0.1:{api}",
    }


def run_demo(home: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "watchfloor.ops.cli", "demo", "--oneshot", "--home", str(home)]
    return subprocess.run(
        command, cwd=ROOT, env=environment(), text=True, capture_output=True, timeout=240, check=False
    )


@pytest.mark.slow
def test_the_demo_goes_as_it_must_twice_in_the_same_home(open_dir: Path) -> None:
    home = open_dir / "the-whole-demo"
    for _ in range(2):
        done = run_demo(home)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "NORDKAI-1" in done.stdout
        assert (home / "NORDKAI-1.pdf").read_bytes().startswith(b"%PDF-")
        assert re.search(r"4,[12]\d\d +events came in, 0 of them unreadable", done.stdout)


@pytest.mark.slow
def test_a_directory_with_something_else_in_it_is_left_alone(open_dir: Path) -> None:
    home = open_dir / "letters"
    home.mkdir()
    (home / "letter.txt").write_text("dear")
    done = run_demo(home)
    assert done.returncode == 1
    assert "something else than a demo" in done.stderr
    assert (home / "letter.txt").read_text() == "dear"
