"""How common needles are in events of a type: what was counted in real events, and a guess for the rest.

The counts come from `infra/census.py`. A wrong estimate costs time, never a match.
"""

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Final

import msgspec

from watchfloor.normalise.event import LogSource

LEAST: Final = 0.005
"""Shares below this are not written down: such needles are rare enough."""

_UNCOUNTED_SHORT: Final = 0.5
_UNCOUNTED: Final = 0.02
_SHORT: Final = 4

Shares = Mapping[str, float]
"""The share of events (0 to 1) that have a needle."""


class Counted(msgspec.Struct, frozen=True):
    """The common needles of an event type, in thousandths of its `events`."""

    events: int
    common: dict[str, int]


class Census:
    """What is known of one event type."""

    def __init__(self, counted: Counted | None) -> None:
        """None: nothing was counted."""
        self._counted = counted

    def share(self, needle: str) -> float:
        """The share of events (0 to 1) that are likely to have the needle."""
        if self._counted is not None and needle in self._counted.common:
            return self._counted.common[needle] / 1000
        if not needle.isascii():
            return LEAST / 5
        guess = _UNCOUNTED_SHORT if len(needle.strip('"')) < _SHORT else _UNCOUNTED
        return guess if self._counted is None else min(guess, LEAST)


def kind_of(logsources: tuple[LogSource, ...], event_id: int | None) -> str:
    """The name under which events of a type were counted."""
    parts = sorted({f"{source.product}/{source.category or ''}/{source.service or ''}" for source in logsources})
    return " ".join(parts) + ("" if event_id is None else f" {event_id}")


def is_counted(kind: str) -> bool:
    """Whether such events were counted."""
    return kind in _counts()


def census_of(kind: str) -> Census:
    """What is known of the event type `kind`."""
    return Census(_counts().get(kind))


@lru_cache(maxsize=1)
def _counts() -> dict[str, Counted]:
    data = files("watchfloor.detect.prefilter").joinpath("census.json").read_bytes()
    return msgspec.json.decode(data, type=dict[str, Counted])
