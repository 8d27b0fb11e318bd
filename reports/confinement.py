"""The walls around a rendering process, which it puts up around itself before it reads a report (O3).

Owns which walls there are and their order: limits of time, memory and files; no descendants; death with its
parent; reading only below the interpreter, the libraries and its own fonts; no network and no writing. Made
in this order because each takes away what the next would need. It never loosens anything.
"""

import ctypes
import resource
import signal
import site
import sys
import sysconfig
from importlib.resources import files
from pathlib import Path
from typing import Final
from zoneinfo import TZPATH

import msgspec

from reports.landlock import read_only_beneath
from reports.seccomp import refuse_side_effects

_PR_SET_PDEATHSIG: Final = 1
_LIBRARIES: Final = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/dev/null", "/dev/urandom")


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one rendering may use: seconds of processor and of wall clock, bytes of address space and of PDF."""

    seconds: int = 30
    memory_bytes: int = 512 * 1024 * 1024
    pdf_bytes: int = 32 * 1024 * 1024


def limit_resources(limits: Limits) -> None:
    """Bound this process before it loads anything large. It dies with its parent and leaves no core dump."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def confine(own: Path) -> None:
    """Take away network, writing, starting and foreign files. `own` is the temporary directory with the fonts.

    Raises Unavailable where the system-call filter cannot be had.
    """
    places = [own, Path(str(files("reports"))), *(Path(place) for place in (*_LIBRARIES, *TZPATH))]
    places += [Path(place) for place in (sys.prefix, sys.base_prefix, *sysconfig.get_paths().values())]
    places += [Path(place) for place in site.getsitepackages()]
    read_only_beneath(places)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    refuse_side_effects()
