"""The walls around this process, put up by itself before it reads what others wrote (O3).

Owns their order, as each takes away what the next would need: limits of time, memory and files; no descendants; death
with its parent; reading only what Python needs and the places named; no network and no writing.
"""

import ctypes
import resource
import signal
import site
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path
from typing import Final
from zoneinfo import TZPATH

from watchfloor.kernel.walls.landlock import read_only_beneath
from watchfloor.kernel.walls.seccomp import refuse_side_effects

_PR_SET_PDEATHSIG: Final = 1
_LIBRARIES: Final = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/dev/null", "/dev/urandom")


def limit_resources(*, seconds: int, memory_bytes: int, files: int = 64) -> None:
    """Bounds seconds of processor, bytes of address space and open files, before anything large is loaded.

    The process dies with its parent and leaves no core dump.
    """
    die_with_parent()
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))


def die_with_parent() -> None:
    """From now on this process is killed when the one that started it ends."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def confine(places: Iterable[Path]) -> None:
    """Takes away network, writing, starting, and all files but those below `places` and what Python needs.

    Raises Unavailable where the system-call filter cannot be had.
    """
    readable = [*places, *(Path(place) for place in (*_LIBRARIES, *TZPATH))]
    readable += [Path(place) for place in (sys.prefix, sys.base_prefix, *sysconfig.get_paths().values())]
    readable += [Path(place) for place in site.getsitepackages()]
    read_only_beneath(readable)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    refuse_side_effects()
