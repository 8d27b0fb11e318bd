"""The command line: every error is a sentence, and no stack trace meets a person who did not ask for one."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from watchfloor.kernel.errors import Conflict
from watchfloor.ops.cli import CommandLine, command_line


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run `watchfloor` as a person would, with nothing in the environment but `environ`."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "watchfloor.ops.cli", *arguments],
        env={"PATH": os.environ["PATH"], **environ},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def faulty() -> CommandLine:
    """A command line with three commands that go wrong."""

    @click.group(cls=CommandLine)
    @click.option("--debug", is_flag=True)
    def group(*, debug: bool) -> None:
        del debug

    @click.command()
    def refuse() -> None:
        raise Conflict("The cow \x1b[31mis out.", where="barn:3:1", remedy="Fetch it.")

    @click.command()
    def crash() -> None:
        raise ZeroDivisionError("by nought")

    @click.command()
    def fill() -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "/var/lib/watchfloor/secrets/context.key")

    commands = {"refuse": refuse, "crash": crash, "fill": fill}
    group.get_command = lambda ctx, cmd_name: commands.get(cmd_name)  # type: ignore[method-assign]  # noqa: ARG005
    assert isinstance(group, CommandLine)
    return group


def test_help_lists_every_command_with_what_it_does() -> None:
    helped = run("--help")
    assert helped.returncode == 0
    for name in ("audit", "doctor", "migrate", "serve", "up"):
        assert f"\n  {name} " in helped.stdout
    for name in command_line.list_commands(click.Context(command_line)):
        result = CliRunner().invoke(command_line, [name, "--help"])
        assert result.exit_code == 0, name
        usage, does, *_ = result.output.split("\n\n")
        assert usage.startswith("Usage: ")
        assert does.strip(), name


def test_wrong_usage_is_told_with_exit_code_2() -> None:
    for arguments in (["no-such-command"], ["serve", "no-such-program"], ["--no-such-option"]):
        wrong = run(*arguments)
        assert wrong.returncode == 2, arguments
        assert "Usage: watchfloor" in wrong.stderr
        assert "Traceback" not in wrong.stderr


def test_wrong_settings_are_all_told_at_once_with_exit_code_1(tmp_path: Path) -> None:
    wrong = run("up", WATCHFLOOR_HOME=str(tmp_path / "home"), WATCHFLOOR_API_PORT="seventy", WATCHFLOOR_TYPO="1")
    assert wrong.returncode == 1
    assert wrong.stderr.startswith("watchfloor: The settings are wrong:")
    assert "WATCHFLOOR_API_PORT" in wrong.stderr
    assert "WATCHFLOOR_TYPO" in wrong.stderr
    assert "Traceback" not in wrong.stderr
    assert not (tmp_path / "home").exists()


def test_an_error_is_one_line_that_says_what_where_and_what_to_do(faulty: CommandLine) -> None:
    result = CliRunner().invoke(faulty, ["refuse"])
    assert result.exit_code == 1
    assert result.stderr == "watchfloor: barn:3:1: The cow [U+001B][31mis out. Fetch it.\n"


def test_a_fault_of_ours_is_a_sentence_too(faulty: CommandLine) -> None:
    result = CliRunner().invoke(faulty, ["crash"])
    assert result.exit_code == 1
    assert result.stderr.startswith("watchfloor: This is a fault in Watchfloor: ZeroDivisionError: by nought. Run it")
    assert "Traceback" not in result.stderr


def test_a_full_disk_is_a_sentence_too(faulty: CommandLine) -> None:
    result = CliRunner().invoke(faulty, ["fill"])
    assert result.exit_code == 1
    assert result.stderr == (
        "watchfloor: /var/lib/watchfloor/secrets/context.key: The disk is full."
        " Free some space and run it again; nothing stored is lost.\n"
    )


@pytest.mark.parametrize(("name", "kind"), [("refuse", Conflict), ("crash", ZeroDivisionError), ("fill", OSError)])
def test_debug_shows_the_stack_trace(faulty: CommandLine, name: str, kind: type[Exception]) -> None:
    result = CliRunner().invoke(faulty, ["--debug", name])
    assert isinstance(result.exception, kind)


def test_a_command_of_a_package_that_was_left_out_is_told(tmp_path: Path) -> None:
    """An installation without one of the packages above the core still has its entry points listed."""
    record = tmp_path / "leftout-1.0.dist-info"
    record.mkdir()
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: leftout\nVersion: 1.0\n")
    (record / "entry_points.txt").write_text("[watchfloor.commands]\nleftout = leftout.command:leftout\n")
    gone = run("leftout", PYTHONPATH=str(tmp_path))
    assert gone.returncode == 1
    assert gone.stderr.startswith("watchfloor: leftout.command:leftout: The command leftout is not part of this")
    assert "(Not part of this installation.)" in run("--help", PYTHONPATH=str(tmp_path)).stdout


def test_the_doctor_names_what_is_wrong_and_what_to_do(tmp_path: Path) -> None:
    home = tmp_path / "home"
    report = run("doctor", WATCHFLOOR_HOME=str(home), DATABASE_URL="postgresql://nobody:none@127.0.0.1:1/none")
    lines = {line.split()[1]: line for line in report.stdout.splitlines()}
    assert report.returncode == 1
    assert lines["database"].startswith("FAULT")
    assert str(home / "secrets") in lines["database"]
    assert lines["python"].startswith("ok")
    assert not home.exists()
