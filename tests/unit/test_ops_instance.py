"""One Watchfloor a home."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from watchfloor.kernel.errors import Conflict, Unavailable
from watchfloor.ops.instance import is_running, only_instance

HOLDER = """
import sys
from pathlib import Path
from watchfloor.ops.instance import only_instance
with only_instance(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_instance_is_refused_and_told_who_holds_the_home_until_that_is_killed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        assert is_running(home)
        with pytest.raises(Conflict, match=rf"already runs on this directory \(process {holder.pid}\)") as refusal:
            only_instance(home).__enter__()
        assert refusal.value.where == str(home)
        holder.kill()
    assert not is_running(home)
    with only_instance(home):
        assert is_running(home)


def test_a_home_is_made_with_the_same_modes_whatever_the_umask(tmp_path: Path) -> None:
    home = tmp_path / "a" / "b" / "home"
    before = os.umask(0o777)
    try:
        with only_instance(home):
            pass
    finally:
        os.umask(before)
    expected = 0o711 if os.geteuid() == 0 else 0o700
    assert [step.stat().st_mode & 0o777 for step in (home, home.parent, home.parent.parent)] == [expected] * 3


def test_a_home_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable, match="cannot be used: Not a directory") as refusal:
        only_instance(tmp_path / "file" / "home").__enter__()
    assert refusal.value.where == str(tmp_path / "file" / "home")


def test_asking_about_a_home_that_is_not_there_makes_nothing(tmp_path: Path) -> None:
    assert not is_running(tmp_path / "home")
    assert not (tmp_path / "home").exists()
