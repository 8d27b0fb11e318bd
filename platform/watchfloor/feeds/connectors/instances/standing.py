"""How each stream of a connector stands: how late it is, and if it does not work, why and what to do.

Owns the judgement. A stream is as late as the last moment up to which it had all that its vendor had: what happened
later, nobody has seen. It only looks.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

import msgspec

from watchfloor.feeds.connectors.catalogue import Catalogue
from watchfloor.feeds.connectors.connector import Stream
from watchfloor.feeds.connectors.instances.queries import StreamRow, WatchedStream

Health: TypeAlias = Literal["ok", "waiting", "behind", "stopped", "failing", "off", "done"]
"""waiting: it never had all that there was; behind: not for too long; stopped: the vendor does not let us."""

STOPS: Final = frozenset({"denied", "expired"})
LEAST_LATE: Final = timedelta(minutes=15)
"""Less than this late is nobody's trouble."""

_INTERVALS: Final = 3
_UNKNOWN: Final = Stream(name="", title="", source_hint=None, every=timedelta(minutes=5), lag=timedelta(minutes=15))


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a stream stands. `late_seconds` is for how long nobody has seen all that happened; None where none asks."""

    row: StreamRow
    title: str
    health: Health
    late_seconds: float | None


def standing_of(row: StreamRow, stream: Stream, *, is_active: bool, at: datetime) -> Standing:
    """How one stream stands; `is_active`: its connector is not paused."""
    is_watched = row.state == "active" and row.window_start is None and is_active
    return Standing(
        row=row,
        title=stream.title or row.name,
        health=_health(row, stream, is_active=is_active, at=at),
        late_seconds=max(unseen(row, at=at).total_seconds(), 0.0) if is_watched else None,
    )


def standings(
    rows: Sequence[StreamRow], catalogue: Catalogue, kind: str, *, is_active: bool, at: datetime
) -> list[Standing]:
    """How the streams of a connector of this kind stand."""
    return [standing_of(row, known_stream(catalogue, kind, row.name), is_active=is_active, at=at) for row in rows]


def known_stream(catalogue: Catalogue, kind: str, name: str) -> Stream:
    """What is said of a stream; usual values for one that is not known any more."""
    connector = catalogue.get(kind)
    streams = () if connector is None else connector.manifest.streams
    return next((stream for stream in streams if stream.name == name), _UNKNOWN)


def unseen(row: StreamRow | WatchedStream, *, at: datetime) -> timedelta:
    """For how long nobody has seen all that happened."""
    return at - (row.reached_at or row.begun_at)


def is_behind(row: StreamRow | WatchedStream, stream: Stream, *, at: datetime) -> bool:
    """Whether a live stream is later than it may be."""
    return unseen(row, at=at) > max(_INTERVALS * stream.every + stream.lag, LEAST_LATE)


def _health(row: StreamRow, stream: Stream, *, is_active: bool, at: datetime) -> Health:
    if row.state == "done":
        return "done"
    if row.state == "off" or not is_active:
        return "off"
    if row.fault in STOPS:
        return "stopped"
    if row.window_start is None and is_behind(row, stream, at=at):
        return "behind"
    if row.fault is not None:
        return "failing"
    return "ok" if row.reached_at is not None else "waiting"
