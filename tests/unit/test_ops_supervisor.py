"""The supervisor and its children: started step by step, kept alive, stopped in reverse, never left behind."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from watchfloor.kernel.errors import Unavailable
from watchfloor.ops.child import spawn
from watchfloor.ops.logfile import LIMIT_BYTES, bound, keep_bounded
from watchfloor.ops.service import Program
from watchfloor.ops.supervisor import Supervisor

if TYPE_CHECKING:
    from tests.conftest import Eventually

# Says that it is ready, notes its start and its end in a file, and waits to be told to stop.
STEADY = """
import os, signal, sys
journal, name = sys.argv[1:3]
def note(word):
    with open(journal, "a") as file:
        file.write(f"{word} {name}\\n")
def end(*_):
    note("end")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
note("start")
os.write(int(sys.argv[4]), b"ready\\n")
while True:
    signal.pause()
"""

# Starts a supervisor of two programs in a process of its own, to be killed.
KEEPER = """
import asyncio, sys
from pathlib import Path
from watchfloor.ops.service import Program
from watchfloor.ops.supervisor import Supervisor

async def main():
    steady, journal, home = sys.argv[1:]
    programs = [Program(n, [sys.executable, "-c", steady, journal, n], log_dir=Path(home)) for n in ("a", "b")]
    await Supervisor(print).start(programs)
    print(*(program.pid for program in programs), flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Where the programs note what happens."""
    path = tmp_path / "journal"
    path.touch()
    return path


@pytest.fixture
def steady(journal: Path, tmp_path: Path) -> Callable[[str], Program]:
    """Makes a program that runs until it is stopped."""
    return lambda name: Program(name, [sys.executable, "-c", STEADY, str(journal), name], log_dir=tmp_path / "log")


def script(name: str, text: str, log_dir: Path) -> Program:
    """A program that is a shell script."""
    return Program(name, ["/bin/sh", "-c", text, name], log_dir=log_dir, ready_seconds=5)


@pytest.fixture
def told() -> list[str]:
    """What the supervisor tells people."""
    return []


@pytest.fixture
async def supervisor(told: list[str]) -> AsyncGenerator[Supervisor]:
    """A supervisor that is stopped at the end."""
    supervisor = Supervisor(told.append)
    yield supervisor
    await supervisor.stop()


def is_alive(pid: int) -> bool:
    """Whether the process runs; one that has ended and was not waited for does not."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def none_alive(pids: Sequence[int]) -> bool:
    """Whether all these processes have ended."""
    return not any(map(is_alive, pids))


async def test_steps_start_in_order_and_stop_in_reverse(
    supervisor: Supervisor, steady: Callable[[str], Program], journal: Path
) -> None:
    await supervisor.start([steady("a"), steady("b")])
    await supervisor.start([steady("c")])
    noted = journal.read_text().splitlines()
    assert (sorted(noted[:2]), noted[2:]) == (["start a", "start b"], ["start c"])
    await supervisor.stop()
    noted = journal.read_text().splitlines()[3:]
    assert (noted[0], sorted(noted[1:])) == ("end c", ["end a", "end b"])


async def test_a_killed_program_is_started_again_at_once(
    supervisor: Supervisor, steady: Callable[[str], Program], told: list[str], eventually: "Eventually"
) -> None:
    program = steady("a")
    await supervisor.start([program])
    before = program.pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    await eventually(lambda: program.pid not in (None, before), within=5)
    await eventually(lambda: len(told) == 2)
    assert told == ["a ended (signal 9); starting it again", "a is back"]


async def test_a_program_that_keeps_ending_is_started_ever_more_slowly(
    supervisor: Supervisor, tmp_path: Path, told: list[str], eventually: "Eventually"
) -> None:
    state = tmp_path / "state"
    dies = script(
        "dies", f'test -e {state} && exit 3; touch {state}; echo ready >/proc/self/fd/"$2"; exec sleep 600', tmp_path
    )
    await supervisor.start([dies])
    assert dies.pid is not None
    os.kill(dies.pid, signal.SIGKILL)
    await eventually(lambda: len(told) >= 4, within=20)
    assert told[0] == "dies ended (signal 9); starting it again"
    assert [line.split(": ")[0] for line in told[1:4]] == [
        f"dies cannot be started, trying again in {pause} s" for pause in ("0.25", "0.5", "1")
    ]


async def test_a_first_start_that_fails_stops_everything_and_is_told(
    supervisor: Supervisor, steady: Callable[[str], Program], journal: Path, tmp_path: Path
) -> None:
    await supervisor.start([steady("a")])
    broken = script("broken", "echo the disk ate it; exit 7", tmp_path)
    with pytest.raises(Unavailable, match="The broken process ended with code 7: the disk ate it") as failure:
        await supervisor.start([broken, script("slow", "exec sleep 600", tmp_path)])
    assert failure.value.where == str(tmp_path / "broken.log")
    assert journal.read_text() == "start a\nend a\n"


async def test_a_program_that_never_gets_ready_is_ended_and_told(tmp_path: Path) -> None:
    slow = Program("slow", ["/bin/sh", "-c", "sleep 600"], log_dir=tmp_path, ready_seconds=0.2)
    with pytest.raises(Unavailable, match="The slow process was not ready within"):
        await slow.start()
    assert slow.pid is None


async def test_a_start_that_is_cancelled_leaves_no_process(tmp_path: Path, eventually: "Eventually") -> None:
    slow = script("slow", "sleep 600", tmp_path)
    start = asyncio.create_task(slow.start())
    pid = int(str(await eventually(lambda: slow.pid)))
    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await start
    assert not is_alive(pid)


async def test_a_stop_in_the_middle_of_a_restart_leaves_no_process(
    supervisor: Supervisor, tmp_path: Path, eventually: "Eventually"
) -> None:
    state = tmp_path / "state"
    program = script(
        "a", f'test -e {state} && sleep 600; touch {state}; echo ready >/proc/self/fd/"$2"; sleep 600', tmp_path
    )
    await supervisor.start([program])
    first = program.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    second = int(str(await eventually(lambda: program.pid if program.pid != first else None)))
    await supervisor.stop()
    assert not is_alive(second)


async def test_a_program_that_ignores_the_request_to_stop_is_killed(tmp_path: Path, eventually: "Eventually") -> None:
    child = spawn(["/bin/sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 1; done"], name="a", log=tmp_path / "a")
    await eventually(lambda: child.said() == ["deaf"])
    assert await child.stop(((signal.SIGTERM, 0.2), (signal.SIGKILL, 5.0))) == -signal.SIGKILL


async def test_what_a_program_started_does_not_outlive_it(tmp_path: Path, eventually: "Eventually") -> None:
    child = spawn(["/bin/sh", "-c", "sleep 600 & echo $!; exec sleep 600"], name="a", log=tmp_path / "a")
    (grandchild,) = await eventually(child.said)
    assert is_alive(int(grandchild))
    os.kill(child.pid, signal.SIGKILL)
    await child.wait()
    await eventually(lambda: not is_alive(int(grandchild)))


async def test_a_child_has_default_signals_an_empty_input_and_a_private_umask(tmp_path: Path) -> None:
    child = spawn(["/bin/sh", "-c", "cat; umask; cat /proc/self/status; exit 5"], name="a", log=tmp_path / "a")
    assert await child.wait() == 5
    said = child.said()
    assert said[0] == "0077"
    status = dict(line.split(":\t", 1) for line in said[1:] if ":\t" in line)
    # 32 and 33 are the C library's own, and nobody else's to set.
    assert int(status["SigIgn"], 16) & ~(1 << 31 | 1 << 32) == 0
    assert int(status["SigBlk"], 16) == 0


async def test_a_program_that_cannot_be_started_says_so(tmp_path: Path) -> None:
    child = spawn(["/nonexistent/program"], name="a", log=tmp_path / "a")
    assert await child.wait() == 71
    assert child.said() == ["FATAL:  cannot start /nonexistent/program: No such file or directory"]


@pytest.mark.crash
async def test_ten_killed_supervisors_leave_no_process(journal: Path, tmp_path: Path, eventually: "Eventually") -> None:
    for _ in range(10):
        with subprocess.Popen(
            [sys.executable, "-c", KEEPER, STEADY, str(journal), str(tmp_path)], stdout=subprocess.PIPE, text=True
        ) as keeper:
            assert keeper.stdout is not None
            pids = [int(word) for word in keeper.stdout.readline().split()]
            assert len(pids) == 2
            assert all(map(is_alive, pids))
            keeper.kill()
        await eventually(partial(none_alive, pids), within=5)


def test_a_log_that_grew_too_large_is_moved_aside_under_its_writer(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    with log.open("ab", buffering=0) as writer:
        writer.write(b"old\n" * 100)
        bound(log, limit_bytes=100)
        writer.write(b"new\n")
    assert log.read_bytes() == b"new\n"
    assert (tmp_path / "a.log.1").read_bytes() == b"old\n" * 100
    bound(log, limit_bytes=100)
    assert log.read_bytes() == b"new\n"


async def test_logs_stay_bounded_while_their_writers_run(tmp_path: Path, eventually: "Eventually") -> None:
    log = tmp_path / "a.log"
    log.touch()
    os.truncate(log, LIMIT_BYTES + 1)
    keeping = asyncio.create_task(keep_bounded(tmp_path, pause_seconds=0.01))
    await eventually(lambda: log.stat().st_size == 0)
    keeping.cancel()
    assert (tmp_path / "a.log.1").stat().st_size == LIMIT_BYTES + 1
