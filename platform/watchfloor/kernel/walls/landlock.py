"""A list of the only places in the file system that a process may read (landlock(7)).

Owns the three system calls. Where the kernel has no Landlock (before 5.13, or switched off) nothing is changed
and the caller is told: the fetcher that gives only assets and the system-call filter stand all the same.
"""

import ctypes
import os
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_CREATE_RULESET: Final = 444
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_VERSION_FLAG: Final = 1
_PATH_BENEATH: Final = 1
_PR_SET_NO_NEW_PRIVS: Final = 38

_EXECUTE: Final = 1 << 0
_READ_FILE: Final = 1 << 2
_READ_DIR: Final = 1 << 3
_ALL_OF_VERSION_1: Final = (1 << 13) - 1


def read_only_beneath(places: Iterable[Path]) -> bool:
    """Let this process read below `places` only, and write nowhere; False where the kernel cannot do that."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(_CREATE_RULESET, None, 0, _VERSION_FLAG) < 1:
        return False
    attributes = struct.pack("=Q", _ALL_OF_VERSION_1)  # struct landlock_ruleset_attr, as version 1 has it
    ruleset = libc.syscall(_CREATE_RULESET, attributes, len(attributes), 0)
    if ruleset < 0:
        return False
    try:
        for place in places:
            _allow_reading(libc, ruleset, place)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        return bool(libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(ruleset)


def _allow_reading(libc: ctypes.CDLL, ruleset: int, place: Path) -> None:
    if not place.exists():
        return
    access = _READ_FILE | _READ_DIR | _EXECUTE if place.is_dir() else _READ_FILE
    parent = os.open(place, os.O_PATH | os.O_CLOEXEC)
    try:
        beneath = struct.pack("=Qi", access, parent)  # struct landlock_path_beneath_attr, which is packed
        libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, beneath, 0)
    finally:
        os.close(parent)
