"""What a fault of a connector means: for how long nobody asks, and whether that holds for all of its streams.

Owns the waits. A vendor's own word (`Retry-After`) is a lower bound, and everybody waits a little longer, each by
another part, so that those who were turned away together do not come back together. Pure, but for chance.
"""

import random
from typing import Final

import msgspec

from watchfloor.feeds.connectors.connector import Denied, Expired, Throttled
from watchfloor.feeds.connectors.running.queries import FaultRow
from watchfloor.kernel.errors import WatchfloorError

STOPPED_SECONDS: Final = 3600.0
"""How often a stream is looked at again whose vendor does not let us."""

SHORTEST_SECONDS: Final = 5.0
LONGEST_SECONDS: Final = 900.0
LONGEST_THROTTLE_SECONDS: Final = 3600.0

FAILURES_OF_ONE: Final = 3
"""After so many failures without a success between them, the connector as a whole waits."""

_SHARE: Final = 0.25
_DOUBLINGS: Final = 10


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """For how long the stream waits, and for how long all streams of its connector do (0: not at all)."""

    stream_seconds: float
    connector_seconds: float
    is_failure: bool = True
    """Whether it speaks against the connector as a whole."""


def wait_after(fault: WatchfloorError, *, stream_failures: int, connector_failures: int, chance: random.Random) -> Wait:
    """The waits after a fault. The failures are those before it."""
    if isinstance(fault, Throttled):
        asked = min(max(float(fault.retry_after_seconds), 1.0), LONGEST_THROTTLE_SECONDS)
        seconds = _longer(asked, chance)
        return Wait(stream_seconds=seconds, connector_seconds=seconds)
    if isinstance(fault, Expired):
        return Wait(stream_seconds=STOPPED_SECONDS, connector_seconds=STOPPED_SECONDS)
    if isinstance(fault, Denied):
        return Wait(stream_seconds=STOPPED_SECONDS, connector_seconds=0.0, is_failure=False)
    together = _back_off(connector_failures) if connector_failures + 1 >= FAILURES_OF_ONE else 0.0
    return Wait(
        stream_seconds=_longer(_back_off(stream_failures), chance),
        connector_seconds=_longer(together, chance),
    )


def shown(fault: WatchfloorError) -> FaultRow:
    """What is kept of a fault for people. Its words may be the vendor's: whoever shows them makes them harmless."""
    return FaultRow(
        code=fault.code[:32],
        message=_storable(fault.message)[:1000],
        where=None if fault.where is None else _storable(fault.where)[:300],
        remedy=None if fault.remedy is None else _storable(fault.remedy)[:2000],
    )


def _back_off(failures: int) -> float:
    return min(SHORTEST_SECONDS * 2.0 ** min(failures, _DOUBLINGS), LONGEST_SECONDS)


def _longer(seconds: float, chance: random.Random) -> float:
    return seconds * (1.0 + _SHARE * chance.random())


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", "")
