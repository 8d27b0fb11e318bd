"""A system-call filter for a process that has only to compute: no network, no new process, nothing written.

Owns the classic BPF program (seccomp(2), filter mode); which calls it refuses stands in `walls.syscalls`.
Refused calls fail with EPERM, so that a library sees an error it knows; a call of another architecture kills.
Reading files stays possible here: the list of readable places is `landlock`'s part.
"""

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Iterator
from typing import Final

from watchfloor.kernel.errors import Unavailable
from watchfloor.kernel.walls.syscalls import ABSENT, CLONE, NEWEST, OPENING, REFUSED, TGKILL

_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_SET_SECCOMP: Final = 22
_SECCOMP_MODE_FILTER: Final = 2

# Classic BPF (linux/filter.h) over struct seccomp_data: number at 0, architecture at 4, arguments from 16 on.
_LOAD_WORD: Final = 0x20
_JUMP_EQUAL: Final = 0x15
_JUMP_AT_LEAST: Final = 0x35
_JUMP_ANY_BIT: Final = 0x45
_RETURN: Final = 0x06
_NUMBER_AT: Final = 0
_ARCHITECTURE_AT: Final = 4
_ARGUMENTS_AT: Final = 16  # eight bytes each; both architectures put the low half first

_ALLOW: Final = 0x7FFF0000
_KILL: Final = 0x80000000
_FAIL: Final = 0x00050000

# The columns of the tables in `walls.syscalls`, and what the kernel calls them (linux/audit.h).
_MACHINES: Final = ("linux-x86_64", "linux-aarch64")
_AUDIT_ARCHITECTURES: Final = (0xC000003E, 0xC00000B7)
_X32_NUMBERS: Final = 0x40000000  # a second set of numbers on x86_64, by which all others could be got round

_CLONE_THREAD: Final = 0x00010000
_WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def refuse_side_effects() -> None:
    """From now on, and for ever, this process can neither talk, nor start, nor write to a file it has not open.

    Raises Unavailable where the kernel or the processor does not offer it: without walls nothing is computed.
    """
    code = assemble(f"{sys.platform}-{platform.machine()}", os.getpid())
    filters = ctypes.create_string_buffer(code, len(code))
    program = ctypes.create_string_buffer(struct.pack("@HP", len(code) // 8, ctypes.addressof(filters)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, program, 0, 0):
        raise Unavailable(
            f"The kernel refused the sandbox ({os.strerror(ctypes.get_errno())}).",
            remedy="Allow seccomp filters for the processes that render and search.",
        )


def assemble(machine: str, pid: int) -> bytes:
    """The filter program for the process `pid` on such a machine: "linux-x86_64" or "linux-aarch64".

    Raises Unavailable for any other.
    """
    if machine not in _MACHINES:
        raise Unavailable(
            f"Reports cannot be rendered safely on this machine ({machine}).",
            remedy="Run the workers on Linux with an x86_64 or aarch64 processor.",
        )
    return b"".join(_program(_MACHINES.index(machine), pid))


def _program(column: int, pid: int) -> Iterator[bytes]:
    yield _instruction(_LOAD_WORD, operand=_ARCHITECTURE_AT)
    yield _instruction(_JUMP_EQUAL, when=1, operand=_AUDIT_ARCHITECTURES[column])
    yield _instruction(_RETURN, operand=_KILL)
    yield _instruction(_LOAD_WORD, operand=_NUMBER_AT)
    yield from _answer(_JUMP_AT_LEAST, _X32_NUMBERS, _KILL)
    yield from _answer(_JUMP_AT_LEAST, NEWEST + 1, _FAIL | errno.ENOSYS)
    for absent in ABSENT.values():
        yield from _answer(_JUMP_EQUAL, absent[column], _FAIL | errno.ENOSYS)
    for refused in REFUSED.values():
        number = refused[column]
        if number is not None:
            yield from _answer(_JUMP_EQUAL, number, _FAIL | errno.EPERM)
    for numbers, argument in OPENING.values():
        number = numbers[column]
        if number is not None:
            yield from _decide(number, argument, _JUMP_ANY_BIT, _WRITING, so=_FAIL | errno.EPERM, otherwise=_ALLOW)
    yield from _decide(CLONE[column], 0, _JUMP_ANY_BIT, _CLONE_THREAD, so=_ALLOW, otherwise=_FAIL | errno.EPERM)
    yield from _decide(TGKILL[column], 0, _JUMP_EQUAL, pid, so=_ALLOW, otherwise=_FAIL | errno.EPERM)
    yield _instruction(_RETURN, operand=_ALLOW)


def _answer(test: int, number: int, answer: int) -> Iterator[bytes]:
    yield _instruction(test, otherwise=1, operand=number)
    yield _instruction(_RETURN, operand=answer)


def _decide(number: int, argument: int, test: int, operand: int, *, so: int, otherwise: int) -> Iterator[bytes]:
    """An answer to one call that hangs on the low half of one of its arguments."""
    yield _instruction(_JUMP_EQUAL, otherwise=4, operand=number)
    yield _instruction(_LOAD_WORD, operand=_ARGUMENTS_AT + 8 * argument)
    yield _instruction(test, otherwise=1, operand=operand)
    yield _instruction(_RETURN, operand=so)
    yield _instruction(_RETURN, operand=otherwise)


def _instruction(code: int, *, operand: int, when: int = 0, otherwise: int = 0) -> bytes:
    """A struct sock_filter: what to do, how far to jump if it is so and if not, and the operand."""
    return struct.pack("=HBBI", code, when, otherwise, operand)
