"""`watchfloor up`, as a person runs it: everything comes up, comes back, and goes down together."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Generator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import psutil
import pytest

from infra.ports import free_port
from watchfloor.kernel.config import load_settings
from watchfloor.ops.rulesets.compiled import compile_ruleset

if TYPE_CHECKING:
    from tests.conftest import Eventually

PROGRAMS = ("api", "doors", "syslog", "connectors", "pipeline", "worker")


class Installation:
    """A home with ports of its own, and `watchfloor` commands on it."""

    def __init__(self, home: Path, *, rules: Path | None = None) -> None:
        """`rules` are compiled ones: the home has them as if it had been started before."""
        self.home = home
        if rules is not None:
            (home / "cache").mkdir(parents=True)
            home.chmod(0o711)
            shutil.copy(rules, home / "cache")
        self.api_port = free_port()
        self.environ: Mapping[str, str] = {
            "PATH": os.environ["PATH"],
            "WATCHFLOOR_HOME": str(home),
            "WATCHFLOOR_ENVIRONMENT": "test",
            "WATCHFLOOR_POSTGRES_PORT": str(free_port()),
            "WATCHFLOOR_VALKEY_PORT": str(free_port()),
            "WATCHFLOOR_API_PORT": str(self.api_port),
            "WATCHFLOOR_DOOR_PORT": str(free_port()),
            "WATCHFLOOR_SYSLOG_PORT": str(free_port()),
            "WATCHFLOOR_RELP_PORT": str(free_port()),
        }
        self.started: list[subprocess.Popen[str]] = []

    def up(self, **environ: str) -> subprocess.Popen[str]:
        """Start `watchfloor up` and wait until it says that it is up."""
        up = subprocess.Popen(
            [sys.executable, "-P", "-m", "watchfloor.ops.cli", "up"],
            env={**self.environ, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(up)
        assert up.stdout is not None
        assert up.stderr is not None
        line = up.stdout.readline()
        assert line.startswith("Watchfloor is up"), up.stderr.read()
        return up

    def run(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [sys.executable, "-P", "-m", "watchfloor.ops.cli", *arguments],
            env={**self.environ, **environ},
            capture_output=True,
            text=True,
            check=False,
        )

    def is_healthy(self) -> bool:
        """Whether the API says that it and all that it needs is well."""
        try:
            return httpx.get(f"http://127.0.0.1:{self.api_port}/health/ready", trust_env=False).is_success
        except httpx.TransportError:
            return False

    def end(self) -> None:
        """Kill what a failed test left."""
        for up in self.started:
            up.kill()
            up.communicate()


@pytest.fixture(scope="module")
def rules(open_dir: Path) -> Path:
    """The shared rules, compiled. Else most of the time here would go into compiling the same rules again and again."""
    environ = {"WATCHFLOOR_HOME": str(open_dir / "compiled"), "WATCHFLOOR_ENVIRONMENT": "test"}
    return compile_ruleset(load_settings(environ))


@pytest.fixture
def installation(open_dir: Path, rules: Path, request: pytest.FixtureRequest) -> Generator[Installation]:
    """An installation that was never started, and finds its rules compiled."""
    made = Installation(open_dir / f"up {request.node.name}", rules=rules)
    yield made
    made.end()


@pytest.fixture
def empty_installation(open_dir: Path, request: pytest.FixtureRequest) -> Generator[Installation]:
    """An installation that has nothing yet."""
    made = Installation(open_dir / f"up {request.node.name}")
    yield made
    made.end()


def family(up: subprocess.Popen[str]) -> dict[str, psutil.Process]:
    """The running programs of an installation, by name."""
    found: dict[str, psutil.Process] = {}
    for child in psutil.Process(up.pid).children():
        try:
            words = child.cmdline()
        except psutil.NoSuchProcess:
            continue
        if "serve" in words:
            found[words[words.index("serve") + 1]] = child
        elif words:
            found[Path(words[0]).name] = child
    return found


def is_replaced(up: subprocess.Popen[str], name: str, process: psutil.Process) -> bool:
    """Whether another process runs in its place."""
    return family(up).get(name, process).pid != process.pid


def none_runs(processes: list[psutil.Process]) -> bool:
    """Whether all of them have ended."""
    return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)


def test_everything_comes_up_and_ctrl_c_takes_everything_down(empty_installation: Installation) -> None:
    up = empty_installation.up()
    processes = family(up)
    assert set(processes) == {"postgres", "valkey-server", *PROGRAMS}
    assert empty_installation.is_healthy()
    up.send_signal(signal.SIGINT)
    assert up.wait(60) == 0
    assert none_runs(list(processes.values()))
    assert up.stderr is not None
    assert "Traceback" not in up.stderr.read()
    assert "database system is shut down" in (empty_installation.home / "log" / "postgres.log").read_text()


def test_a_second_start_is_refused_in_one_line_and_the_doctor_is_content(installation: Installation) -> None:
    installation.up()
    second = installation.run("up")
    assert second.returncode == 1
    assert re.fullmatch(
        r"watchfloor: \S.*: Watchfloor already runs on this directory \(process \d+\)\. .*\n", second.stderr
    )
    doctor = installation.run("doctor")
    assert doctor.returncode == 0, doctor.stdout
    assert installation.run("migrate").stdout == "the schema is up to date\n"


def test_commands_on_the_database_bring_its_server_with_them(installation: Installation) -> None:
    migrated = installation.run("migrate")
    assert migrated.returncode == 0, migrated.stderr
    assert migrated.stdout.startswith("applied 0001_")
    assert migrated.stdout.endswith("the schema is up to date\n")
    assert installation.run("migrate").stdout == "the schema is up to date\n"
    assert installation.run("audit", "verify").returncode == 0


def test_other_servers_are_used_by_their_addresses_alone(
    installation: Installation, open_dir: Path, rules: Path, request: pytest.FixtureRequest
) -> None:
    elsewhere = Installation(open_dir / f"elsewhere {request.node.name}", rules=rules)
    try:
        host = elsewhere.up()
        admin = (elsewhere.home / "secrets" / "postgres.admin").read_text()
        valkey = (elsewhere.home / "secrets" / "valkey.default").read_text()
        postgres_port, valkey_port = (elsewhere.environ[f"WATCHFLOOR_{name}_PORT"] for name in ("POSTGRES", "VALKEY"))
        guest = installation.up(
            DATABASE_URL=f"postgresql://postgres:{admin}@127.0.0.1:{postgres_port}/postgres",
            VALKEY_URL=f"redis://:{valkey}@127.0.0.1:{valkey_port}/1",
        )
        assert set(family(guest)) == set(PROGRAMS)
        assert not (installation.home / "postgres").exists()
        assert installation.is_healthy()
        guest.send_signal(signal.SIGTERM)
        assert guest.wait(60) == 0
        host.send_signal(signal.SIGINT)
        assert host.wait(60) == 0
    finally:
        elsewhere.end()


@pytest.mark.crash
async def test_whatever_is_killed_comes_back(installation: Installation, eventually: "Eventually") -> None:
    up = installation.up()
    before = family(up)
    for name, process in before.items():
        process.kill()
        await eventually(partial(is_replaced, up, name, process), within=30)
        await eventually(installation.is_healthy, within=30)
    assert set(family(up)) == set(before)


@pytest.mark.crash
async def test_a_killed_up_leaves_nothing_and_starts_again(
    installation: Installation, eventually: "Eventually"
) -> None:
    for _ in range(4):
        up = installation.up()
        processes = list(family(up).values())
        assert len(processes) == 8
        up.kill()
        up.communicate()
        await eventually(partial(none_runs, processes), within=30)
    installation.up()
    assert installation.is_healthy()


def test_a_port_in_use_ends_the_start_with_one_line_and_nothing_left(
    installation: Installation, open_dir: Path, rules: Path
) -> None:
    other = Installation(open_dir / "the other one", rules=rules)
    try:
        other.up()
        for name in ("POSTGRES", "VALKEY", "API", "DOOR", "SYSLOG", "RELP"):
            variable = f"WATCHFLOOR_{name}_PORT"
            refused = installation.run("up", **{variable: other.environ[variable]})
            assert refused.returncode == 1
            assert "Traceback" not in refused.stderr
            last = refused.stderr.splitlines()[-1]
            assert last.startswith("watchfloor: ")
            assert other.environ[variable] in last
            assert variable in last
    finally:
        other.end()
