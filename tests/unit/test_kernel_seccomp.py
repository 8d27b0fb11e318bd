"""The system-call filter, run by a small interpreter of classic BPF: the same answers on both architectures."""

import errno
import os
import struct
from typing import Final

import pytest

from watchfloor.kernel.errors import Unavailable
from watchfloor.kernel.walls.seccomp import assemble
from watchfloor.kernel.walls.syscalls import ABSENT, CLONE, NEWEST, OPENING, REFUSED, TGKILL

MACHINES: Final = {"linux-x86_64": 0xC000003E, "linux-aarch64": 0xC00000B7}
PID: Final = 4711
ALLOW: Final = 0x7FFF0000
KILL: Final = 0x80000000
EPERM: Final = 0x00050000 | errno.EPERM
ENOSYS: Final = 0x00050000 | errno.ENOSYS

MACHINE = pytest.mark.parametrize(("column", "machine"), list(enumerate(MACHINES)))


def answer(machine: str, number: int, *arguments: int, architecture: int | None = None) -> int:
    """What the filter answers to a call."""
    program = assemble(machine, PID)
    padded = (*arguments, 0, 0, 0, 0, 0, 0)[:6]
    data = struct.pack("<IIQ6Q", number, MACHINES[machine] if architecture is None else architecture, 0, *padded)
    accumulator = place = 0
    while True:
        code, so, otherwise, operand = struct.unpack_from("=HBBI", program, 8 * place)
        place += 1
        match code:
            case 0x20:
                (accumulator,) = struct.unpack_from("<I", data, operand)
            case 0x15:
                place += so if accumulator == operand else otherwise
            case 0x35:
                place += so if accumulator >= operand else otherwise
            case 0x45:
                place += so if accumulator & operand else otherwise
            case 0x06:
                return int(operand)
            case _:
                raise AssertionError(f"an instruction that the filter should not have: {code:#x}")


@MACHINE
def test_every_refused_call_is_refused(column: int, machine: str) -> None:
    numbers = {name: both[column] for name, both in REFUSED.items()}
    wrong = [name for name, number in numbers.items() if number is not None and answer(machine, number) != EPERM]
    assert wrong == []


@MACHINE
@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (os.O_RDONLY, ALLOW),
        (os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY, ALLOW),
        (os.O_WRONLY, EPERM),
        (os.O_RDWR, EPERM),
        (os.O_RDONLY | os.O_CREAT, EPERM),
        (os.O_RDONLY | os.O_TRUNC, EPERM),
        (os.O_WRONLY | os.O_APPEND, EPERM),
        (os.O_RDWR | os.O_TMPFILE, EPERM),
    ],
)
def test_files_may_be_opened_to_read_only(column: int, machine: str, flags: int, expected: int) -> None:
    for numbers, argument in OPENING.values():
        number = numbers[column]
        if number is not None:
            assert answer(machine, number, *([0] * argument), flags) == expected


@MACHINE
def test_threads_may_start_and_processes_may_not(column: int, machine: str) -> None:
    thread = 0x3D0F00
    assert answer(machine, CLONE[column], thread) == ALLOW
    assert answer(machine, CLONE[column], 17) == EPERM
    assert answer(machine, ABSENT["clone3"][column]) == ENOSYS


@MACHINE
def test_a_signal_may_go_to_itself_only(column: int, machine: str) -> None:
    assert answer(machine, TGKILL[column], PID, PID, 6) == ALLOW
    assert answer(machine, TGKILL[column], PID + 1, PID, 6) == EPERM


@MACHINE
def test_calls_that_came_later_are_answered_as_unknown(column: int, machine: str) -> None:
    assert answer(machine, NEWEST + 1) == ENOSYS
    assert answer(machine, ABSENT["openat2"][column]) == ENOSYS


@MACHINE
def test_calls_of_another_architecture_kill(column: int, machine: str) -> None:
    other = list(MACHINES.values())[1 - column]
    assert answer(machine, 0, architecture=other) == KILL
    assert answer(machine, 0x40000000 + 41) == KILL


def test_reading_writing_and_memory_stay() -> None:
    calls = {"linux-x86_64": (0, 1, 9, 11, 12, 202, 231), "linux-aarch64": (63, 64, 222, 215, 214, 98, 94)}
    for machine, numbers in calls.items():
        assert [answer(machine, number) for number in numbers] == [ALLOW] * len(numbers)


@pytest.mark.parametrize("machine", ["linux-riscv64", "linux-i686", "darwin-arm64", "win32-AMD64"])
def test_without_walls_nothing_is_rendered(machine: str) -> None:
    with pytest.raises(Unavailable, match=machine):
        assemble(machine, PID)
