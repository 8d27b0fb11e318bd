"""Where a stream stands: how far all is read, and the walks through time that are under way.

Records come newest first and late, so a time is read up to only when the last page of its window is in, and its end is
read again. A walk goes through its time in steps, oldest first, and through a step's pages by the vendor's tokens; a
step that could not be finished is made shorter. Pure.
"""

from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias, cast

import msgspec
from msgspec.structs import replace

from watchfloor.feeds.connectors.connector import Cursor
from watchfloor.feeds.connectors.workspace.manifest import Application

KEPT: Final = timedelta(days=180)
"""For how long Google keeps records."""

MARGIN: Final = timedelta(hours=1)
"""So much younger than the oldest is what we ask for: it must be good still when the request arrives."""

FIRST: Final = timedelta(hours=24)
"""How far back a new stream begins."""

STEP_SECONDS: Final = 6 * 3_600
SHORTEST_STEP_SECONDS: Final = 300
_SWEEPS: Final = (timedelta(hours=1), timedelta(days=1))

Kind: TypeAlias = Literal["tail", "sweep", "past"]


class Walk(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A walk from `at` to `until`. `token` is the next page of the step that begins at `at`."""

    at: datetime
    until: datetime
    seconds: int = STEP_SECONDS
    token: str | None = None

    @property
    def step_end(self) -> datetime:
        """Where the present step ends."""
        return min(self.at + timedelta(seconds=self.seconds), self.until)

    def turned(self, token: str | None) -> "Walk | None":
        """After a page that named this next one; None at the end of the walk."""
        if token is not None:
            return replace(self, token=token)
        if self.step_end >= self.until:
            return None
        return replace(self, at=self.step_end, token=None, seconds=min(self.seconds * 2, STEP_SECONDS))

    def cut(self) -> "Walk":
        """The same step from its beginning, half as long: its pages cannot be had any more."""
        return replace(self, token=None, seconds=max(self.seconds // 2, SHORTEST_STEP_SECONDS))


class Standing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a stream stands. All that happened before `done` was read once; `past` is a backfill's walk, if it is one.

    `swept` says when the hourly and the daily sweep began last that came to its end.
    """

    done: datetime
    swept: tuple[datetime, datetime]
    tail: Walk | None = None
    sweep: Walk | None = None
    sweeping: int = 0
    past: Walk | None = None
    is_backfill: bool = False

    def cursor(self) -> Cursor:
        """As it is stored."""
        return cast("Cursor", msgspec.to_builtins(self))

    def begun(self, application: Application, now: datetime) -> "Standing":
        """With everything that is due now under way."""
        if self.is_backfill:
            return self
        hourly, daily = self.swept  # a clock that was ahead would have us wait for it
        begun = replace(self, done=min(self.done, now), swept=(min(hourly, now), min(daily, now)))
        if begun.tail is None:
            begun = replace(begun, tail=_walk(begun.done - application.again[0], now, now))
        if begun.sweep is None:
            for index in (1, 0):  # the longer one has the shorter one in it
                if now - begun.swept[index] >= _SWEEPS[index]:
                    walk = _walk(now - application.again[index + 1], now, now)
                    return replace(begun, sweep=walk, sweeping=index)
        return begun

    def is_behind(self, now: datetime) -> bool:
        """Whether a walk of an earlier turn has ended, and what happened since is still to be read."""
        return not self.is_backfill and self.tail is None and self.done < now

    def next(self) -> tuple[Kind, Walk] | None:
        """The walk to go on with; None when there is none."""
        walks: tuple[tuple[Kind, Walk | None], ...] = (("past", self.past), ("tail", self.tail), ("sweep", self.sweep))
        return next(((kind, walk) for kind, walk in walks if walk is not None), None)

    def moved(self, kind: Kind, walk: Walk, token: str | None) -> "Standing":
        """After a page of this walk that named this next one."""
        turned = walk.turned(token)
        if kind == "past":
            return replace(self, past=turned)
        if kind == "tail":
            return replace(self, tail=turned, done=max(self.done, walk.step_end) if token is None else self.done)
        if turned is not None:
            return replace(self, sweep=turned)
        hourly, daily = self.swept
        swept = (max(hourly, walk.until), walk.until if self.sweeping == 1 else daily)
        return replace(self, sweep=None, swept=swept)

    def cut(self, kind: Kind, walk: Walk) -> "Standing":
        """With the step of this walk begun again, and shorter."""
        if kind == "past":
            return replace(self, past=walk.cut())
        return replace(self, tail=walk.cut()) if kind == "tail" else replace(self, sweep=walk.cut())


def first_standing(now: datetime) -> Standing:
    """Where a new stream stands."""
    return Standing(done=now - FIRST, swept=(now, now))


def standing_of(cursor: Cursor) -> Standing:
    """What was stored."""
    return msgspec.convert(cursor, Standing)


def backfill(start: datetime, end: datetime) -> Standing:
    """Where a backfill of this window stands at its beginning."""
    return Standing(done=start, swept=(start, start), past=Walk(at=start, until=end), is_backfill=True)


def _walk(at: datetime, until: datetime, now: datetime) -> Walk:
    return Walk(at=max(at, now - KEPT + MARGIN), until=until)
