"""Correlations over scanned files: windows in memory, over all files of one scan together.

What it keeps grows with the matches that correlations look at, not with the files. An event without a time of its own
belongs to no window.
"""

from collections.abc import Sequence
from hashlib import sha256

import msgspec

from watchfloor.detect.correlate.correlator import Correlator
from watchfloor.detect.correlate.memory import MemoryWindows
from watchfloor.detect.engine import Matches
from watchfloor.detect.rule import Rule
from watchfloor.normalise.event import Event
from watchfloor.normalise.identity import KEY_BYTES, key_by_place
from watchfloor.ops.scan.matching import NO_BATCH, Hit


class Placed(msgspec.Struct, frozen=True):
    """A hit and where it is: the index of the event in its file."""

    file: str
    index: int
    hit: Hit


class Correlations:
    """The correlations among `rules`, and their windows so far."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._windows = MemoryWindows(Correlator(rules))
        referred = {rule_id for rule in rules if rule.correlation is not None for rule_id in rule.correlation.rules}
        self.carried = frozenset(number for number, rule in enumerate(rules) if rule.id in referred)
        """The rules whose matches correlations look at."""

    def add(self, found: Sequence[Placed]) -> list[tuple[int, Placed]]:
        """The correlations that these hits complete: the rule, and the hit that completed it."""
        carried = [placed for placed in found if placed.hit.event is not None]
        if not carried:
            return []
        events = [_marked(placed) for placed in carried]
        matches = Matches(list(range(len(events))), [placed.hit.rule for placed in carried])
        added = self._windows.correlate(events, matches)
        return [(rule, carried[event]) for event, rule in zip(added.event, added.rule, strict=True)]

    def close(self) -> list[tuple[int, Placed]]:
        """At the end of all files: the correlations that had to wait for it (absence, exact counts)."""
        events, added = self._windows.close()
        return [(rule, _unmarked(events[event])) for event, rule in zip(added.event, added.rule, strict=True)]


class _Mark(msgspec.Struct, frozen=True):
    """Where an event stands, kept in its raw text, which nothing else is in."""

    file: str
    index: int
    line: int | None
    host: str | None


def _marked(placed: Placed) -> Event:
    """The event with a key that is unique in the scan, and with its place."""
    hit, event = placed.hit, placed.hit.event
    if event is None:
        raise AssertionError("only hits with events are correlated")
    key = event.key
    if key == key_by_place(NO_BATCH, 0):
        place = f"{placed.index}:{placed.file}".encode("utf-8", "surrogateescape")
        key = sha256(place).digest()[:KEY_BYTES]
    mark = _Mark(placed.file, placed.index, hit.line, hit.host)
    return msgspec.structs.replace(event, key=key, raw=msgspec.json.encode(mark))


def _unmarked(event: Event) -> Placed:
    mark = msgspec.json.decode(event.raw, type=_Mark)
    hit = Hit(rule=0, index=mark.index, line=mark.line, time=event.time, host=mark.host, summary=event.summary)
    return Placed(mark.file, mark.index, hit)
