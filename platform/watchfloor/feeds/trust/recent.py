"""The identities of the events that a process has just worked: how an event that comes twice is counted as a duplicate.

Owns a bounded memory: the newest hundred thousand identities or so, and nothing else. Events that only their place in
their batch tells from others never repeat. What is counted by it is a figure for people; that nothing is alerted twice
is the business of `alerts`.
"""

from collections.abc import Iterable
from typing import Final

MOST: Final = 100_000


class RecentKeys:
    """Remembers identities in two generations; the older one is dropped when the newer is full."""

    def __init__(self, *, most: int = MOST) -> None:
        """At most `most` identities are kept, half of it at least."""
        self._half = max(1, most // 2)
        self._newer: set[bytes] = set()
        self._older: set[bytes] = set()

    def __contains__(self, key: object) -> bool:
        return key in self._newer or key in self._older

    def remember(self, keys: Iterable[bytes]) -> None:
        """Adds identities; to be called when their events are committed."""
        for key in keys:
            if len(self._newer) >= self._half:
                self._older, self._newer = self._newer, set()
            self._newer.add(key)
