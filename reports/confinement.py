"""What a rendering process may use and read: the limits of one report, and its fonts and templates (O3)."""

from importlib.resources import files
from pathlib import Path

import msgspec

from watchfloor.kernel.walls import confinement


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one rendering may use: seconds of processor and of wall clock, bytes of address space and of PDF."""

    seconds: int = 30
    memory_bytes: int = 512 * 1024 * 1024
    pdf_bytes: int = 32 * 1024 * 1024


def limit_resources(limits: Limits) -> None:
    """Bound this process before it loads anything large."""
    confinement.limit_resources(seconds=limits.seconds, memory_bytes=limits.memory_bytes)


def confine(own: Path) -> None:
    """Take away network, writing, starting and foreign files. `own` is the temporary directory with the fonts.

    Raises Unavailable where the system-call filter cannot be had.
    """
    confinement.confine([own, Path(str(files("reports")))])
