"""`infra/bootstrap` on made-up machines: what it does, what it says, and that it does nothing twice."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "infra" / "bootstrap"

# A machine's Python: it can make environments, whose Python notes what it is asked to do.
PYTHON = """#!/bin/sh
case "$*" in
*"import ensurepip"*) exit {fits} ;;
*--version*) echo "Python 3.11.99" ;;
"-m venv --clear "*)
    echo "venv" >> {journal}
    rm -rf "$4"; mkdir -p "$4/bin"
    cp "$0" "$4/bin/python" ;;
"-m pip --version") exit 0 ;;
"-m pip "*) echo "$*" >> {journal} ;;
esac
"""

NEEDED = ("bash", "sh", "cat", "cut", "cp", "mkdir", "rm", "dirname", "sha256sum", "mktemp", "tail", "grep", "touch")


class Machine:
    """A directory with a checkout in it and a PATH of its own."""

    def __init__(self, place: Path) -> None:
        self.checkout = place / "my checkout"
        self.bin = place / "bin"
        self.journal = place / "journal"
        self.journal.touch()
        (self.checkout / "infra").mkdir(parents=True)
        self.bin.mkdir()
        shutil.copy(SCRIPT, self.checkout / "infra" / "bootstrap")
        (self.checkout / "requirements.lock").write_text("click==8.5.1\n")
        (self.checkout / "pyproject.toml").write_text("[project]\n")
        for name in NEEDED:
            (self.bin / name).symlink_to(shutil.which(name) or name)
        self.program("id", "#!/bin/sh\necho 1000\n")
        self.program("ldconfig", "#!/bin/sh\necho libpango-1.0.so.0 libpangoft2-1.0.so.0 libharfbuzz-subset.so.0\n")

    def program(self, name: str, text: str) -> None:
        """Put a program on the machine."""
        path = self.bin / name
        path.unlink(missing_ok=True)
        path.write_text(text.replace("{journal}", f"'{self.journal}'"))
        path.chmod(0o755)

    def python(self, *, fits: bool) -> None:
        """Put a Python on the machine that can make environments, or cannot."""
        self.program("python3", PYTHON.replace("{fits}", "0" if fits else "1"))

    def apt_get(self, text: str = "") -> None:
        """Put an apt-get on the machine that notes what it is asked to do."""
        self.program("apt-get", f'#!/bin/sh\necho "apt-get $*" >> {{journal}}\n{text}')

    def become_root(self) -> None:
        """From now on we are root."""
        self.program("id", "#!/bin/sh\necho 0\n")

    def bootstrap(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run the script with a closed input and no terminal."""
        return subprocess.run(
            [str(self.bin / "bash"), str(self.checkout / "infra" / "bootstrap"), *arguments],
            env={"PATH": str(self.bin), **environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def done(self) -> list[str]:
        """What was done on the machine so far."""
        return self.journal.read_text().splitlines()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine without Python and without apt-get, used by an ordinary user."""
    return Machine(tmp_path)


def test_a_second_run_does_nothing(machine: Machine) -> None:
    machine.python(fits=True)
    assert machine.bootstrap("demo").returncode == 0
    assert machine.done == [
        "venv",
        "-m pip install --quiet --require-hashes --only-binary :all: -r requirements.lock",
        "-m pip install --quiet --no-deps --no-build-isolation --editable .",
    ]
    second = machine.bootstrap("demo")
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert len(machine.done) == 3


def test_new_locked_packages_are_installed_into_the_same_environment(machine: Machine) -> None:
    machine.python(fits=True)
    machine.bootstrap("python")
    (machine.checkout / "requirements.lock").write_text("click==8.5.2\n")
    machine.bootstrap("python")
    assert machine.done[3:] == ["-m pip install --quiet --require-hashes --only-binary :all: -r requirements.lock"]


def test_a_new_entry_point_is_installed_without_the_packages(machine: Machine) -> None:
    machine.python(fits=True)
    machine.bootstrap("python")
    (machine.checkout / "pyproject.toml").write_text("[project]\nname = 'other'\n")
    machine.bootstrap("python")
    assert machine.done[3:] == ["-m pip install --quiet --no-deps --no-build-isolation --editable ."]


def test_an_environment_that_was_moved_is_made_anew(machine: Machine) -> None:
    machine.python(fits=True)
    machine.bootstrap("python")
    machine.checkout = machine.checkout.rename(machine.checkout.with_name("elsewhere"))
    machine.bootstrap("python")
    assert machine.done.count("venv") == 2


def test_an_install_that_failed_is_done_again(machine: Machine) -> None:
    machine.python(fits=True)
    machine.bootstrap("python")
    (machine.checkout / ".venv" / ".done-packages").unlink()
    assert machine.bootstrap("python").returncode == 0
    assert len([line for line in machine.done if "requirements.lock" in line]) == 2
    assert machine.done.count("venv") == 1


def test_without_a_python_one_line_says_what_to_install(machine: Machine) -> None:
    machine.python(fits=False)
    failed = machine.bootstrap("demo")
    assert failed.returncode == 1
    assert failed.stderr.count("\n") == 1
    assert "python3 python3-venv" in failed.stderr


def test_an_ordinary_user_is_told_what_to_ask_apt_for(machine: Machine) -> None:
    machine.python(fits=False)
    machine.apt_get()
    failed = machine.bootstrap("demo")
    assert failed.returncode == 1
    assert failed.stderr == (
        "bootstrap: Watchfloor needs system packages that are missing."
        " Run: sudo apt-get install -y python3 python3-venv\n"
    )
    assert machine.done == []


def test_root_has_missing_libraries_installed_and_the_lists_fetched_only_if_they_are_old(machine: Machine) -> None:
    machine.python(fits=True)
    machine.become_root()
    machine.program("ldconfig", "#!/bin/sh\necho libpango-1.0.so.0\n")
    machine.apt_get("case $1 in update) touch fetched ;; install) test -e fetched ;; esac\n")
    assert machine.bootstrap("demo", HOME=str(machine.checkout)).returncode == 0
    install = "apt-get install -y --no-install-recommends libpangoft2-1.0-0 libharfbuzz-subset0"
    assert machine.done[3:] == [install, "apt-get update", install]


def test_a_failed_system_install_is_told_and_tried_again_next_time(machine: Machine) -> None:
    machine.python(fits=True)
    machine.become_root()
    machine.program("ldconfig", "#!/bin/sh\n")
    machine.apt_get("echo 'E: the mirror is on fire' >&2; exit 100\n")
    for _ in range(2):
        failed = machine.bootstrap("demo")
        assert failed.returncode == 1
        assert "the mirror is on fire" in failed.stderr
        assert "could not install libpango-1.0-0" in failed.stderr.splitlines()[-1]


def test_a_browser_is_installed_for_browser_tests_only(machine: Machine) -> None:
    machine.python(fits=True)
    machine.become_root()
    machine.apt_get()
    machine.bootstrap("demo")
    assert not [line for line in machine.done if line.startswith("apt-get")]
    machine.bootstrap("test")
    assert machine.done[-1].startswith("apt-get install -y --no-install-recommends poppler-utils")
    assert "chromium" not in machine.done[-1]
    browser = machine.checkout / "tests" / "browser"
    browser.mkdir(parents=True)
    (browser / "test_pages.py").touch()
    machine.program("pdftotext", "#!/bin/sh\n")
    machine.bootstrap("test")
    assert machine.done[-1].endswith(" chromium")


def test_wrong_usage_is_told(machine: Machine) -> None:
    wrong = machine.bootstrap("everything")
    assert wrong.returncode == 2
    assert wrong.stderr == "usage: infra/bootstrap [python|demo|test]\n"


def test_nothing_it_makes_is_closed_by_an_odd_umask(machine: Machine) -> None:
    machine.python(fits=True)
    before = os.umask(0o777)
    try:
        machine.bootstrap("python")
    finally:
        os.umask(before)
    assert (machine.checkout / ".venv" / "bin").stat().st_mode & 0o777 == 0o755
