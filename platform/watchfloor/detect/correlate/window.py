"""What is kept of one group of a correlation, and how what arrives is added to it.

What is kept hangs only on the set of matches that arrived, never on their order, and the same match twice is the same
as once. Times are microseconds since 1970; `until` is in seconds.
"""

from bisect import bisect_left
from collections.abc import Iterable
from typing import Final

import msgspec

MAX_ENTRIES: Final = 10_000
"""How many matches a group keeps. Past it, see `thinning.coarsen`."""

MAX_COPIES: Final = 128
"""How many events a group of a correlation that closes keeps whole, so that one of them can carry its alert."""

Value = bytes | int | float | None
"""What a match is counted by: the digest of a field's value, or a number."""


class Onward(msgspec.Struct, frozen=True, array_like=True):
    """What a match brings to a correlation that looks at this one: `way` numbers the way that leads there."""

    way: int
    group: bytes
    value: Value
    onward: tuple["Onward", ...]


class Entry(msgspec.Struct, array_like=True):
    """One match. `rules` has a bit for each rule that matched the event, `weight` counts the matches that it is.

    It must be kept until `until`; `used` says that it has met the condition and was handed on.
    """

    at: int
    key: bytes
    rules: int
    until: int
    value: Value
    onward: tuple[Onward, ...] = ()
    weight: int = 1
    used: bool = False


class Copy(msgspec.Struct, frozen=True, array_like=True):
    """An event kept whole, packed."""

    at: int
    body: bytes


class Window(msgspec.Struct, array_like=True):
    """What is kept of a group. `entries` are in the order of time, then key.

    `fired` are the numbers of the timespans since 1970 in which the condition was met already. `closed` is the end of
    the last closed window. `lost` counts the matches that had to be let go though they might have mattered.
    """

    entries: list[Entry] = []
    fired: list[int] = []
    closed: int | None = None
    copies: list[Copy] = []
    lost: int = 0


def add(window: Window, arriving: Iterable[Entry]) -> list[Entry]:
    """Adds matches, each once, and returns those that were not there, or not by all of these rules."""
    known = {(entry.key, entry.value): entry for entry in window.entries}
    fresh: dict[int, Entry] = {}
    for entry in arriving:
        if window.closed is not None and entry.at <= window.closed:
            continue
        kept = known.get((entry.key, entry.value))
        if kept is None:
            known[entry.key, entry.value] = entry
            window.entries.append(entry)
            fresh[id(entry)] = entry
            continue
        kept.until = max(kept.until, entry.until)
        onward = (*kept.onward, *(way for way in entry.onward if way not in kept.onward))
        if kept.rules | entry.rules != kept.rules or onward != kept.onward:
            kept.rules |= entry.rules
            kept.onward, kept.used = onward, False
            fresh[id(kept)] = kept
    window.entries.sort(key=place_of)
    return sorted(fresh.values(), key=place_of)


def prune(window: Window, *, horizon: int) -> None:
    """Lets go of what nothing can still meet, seen from `horizon` (seconds)."""
    window.entries = [entry for entry in window.entries if entry.until >= horizon]


def place_of(entry: Entry) -> tuple[int, bytes]:
    """Where an entry stands in its group."""
    return entry.at, entry.key


def slice_of(entries: list[Entry], since: int, until: int) -> list[Entry]:
    """The entries from `since` to `until`, both included."""
    return entries[bisect_left(entries, since, key=_at) : bisect_left(entries, until + 1, key=_at)]


def expiry_of(window: Window) -> int:
    """The second until which the group must be kept; 0 if it holds nothing."""
    return max((entry.until for entry in window.entries), default=0)


def _at(entry: Entry) -> int:
    return entry.at
