"""What is wrong with bundles: each fault with its file, line and column, and all of them in one error.

Nothing here reads a file or knows what a bundle is.
"""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Final

import msgspec

from watchfloor.kernel.errors import Invalid

_CLOSE_ENOUGH: Final = 0.6


class Place(msgspec.Struct, frozen=True, order=True):
    """A place in a file. Lines and columns count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Fault(msgspec.Struct, frozen=True, order=True):
    """One fault: where, what, and what to do."""

    place: Place
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.message}{' ' if self.remedy else ''}{self.remedy}"


class BundleFaults(Invalid):
    """Bundles that cannot be used. The message lists every fault, in the order of the files."""

    code = "bundle_faults"

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        count = "One thing is" if len(faults) == 1 else f"{len(faults)} things are"
        super().__init__(
            f"{count} wrong:\n" + "\n".join(f"  {fault}" for fault in self.faults),
            remedy="\nNothing was changed.",
        )


def nearest(word: str, known: Iterable[str]) -> str:
    """A question that names the known word nearest to `word`, or nothing when none is near."""
    names = {name.lower(): name for name in known}
    found = get_close_matches(word.lower(), names, n=1, cutoff=_CLOSE_ENOUGH)
    return f"Did you mean {names[found[0]]}?" if found else ""
