"""Reading a log by windows of time, for vendors that give no cursor that lasts.

Owns where a stream stands, and the rules that keep it from losing what comes late: what is new is read first, and then
a sweep goes over what was read before, a short past each time and a longer one now and then. A place moves only when
all of a window was read, and never back. What is read twice is stored once, by its key. A window that cannot be
finished is cut, so that something is finished each time, however much happened.
"""

import contextlib
import logging
from collections.abc import AsyncGenerator, Callable
from datetime import datetime, timedelta
from typing import Final, TypeAlias, cast

import msgspec

from watchfloor.feeds.connectors.connector import Cursor, Malformed, Page
from watchfloor.kernel.clock import Clock
from watchfloor.kernel.errors import WatchfloorError
from watchfloor.kernel.ids import new_uuid

_SHORTEST: Final = timedelta(seconds=1)
_FEW_PAGES: Final = 2

_log: Final = logging.getLogger(__name__)


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """How one vendor's log is read.

    `first` is how far back a new stream begins, `floor` how close to now a window may end, `keeps` how far back one may
    begin. Each turn sweeps over `overlap` before the place where it began, and every `sweep_every` over `sweep_back`.
    """

    longest: timedelta
    overlap: timedelta
    floor: timedelta
    first: timedelta
    keeps: timedelta
    sweep_every: timedelta
    sweep_back: timedelta


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the log, from `start` to before `end`. `is_least`: it cannot be cut.

    `run` is the backfill's own name, if it is part of one.
    """

    start: datetime
    end: datetime
    is_least: bool
    run: str | None = None


class Unfinished(Exception):
    """There is too much in the window: it is to be cut."""


Read: TypeAlias = Callable[[Window], AsyncGenerator[Page]]
"""Reads a window: pages without cursors. Raises Unfinished, and whatever a connector may raise."""


class Standing(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a stream stands: all from `since` to `to` was read once. `step` is the longest window to try, in seconds.

    `sweep` is where a sweep has come to, `sweep_to` where it ends, and `swept` when the last long one began. A backfill
    has an end, `until`.
    """

    since: datetime
    to: datetime
    step: float
    swept: datetime | None = None
    sweep: datetime | None = None
    sweep_to: datetime | None = None
    until: datetime | None = None
    run: str | None = None

    def cursor(self) -> Cursor:
        """The same as a cursor."""
        return cast("Cursor", msgspec.to_builtins(self))


def backfill(rules: Rules, *, start: datetime, end: datetime) -> Cursor:
    """The cursor of a window of the past."""
    step = rules.longest.total_seconds()
    return Standing(since=start, to=start, step=step, until=end, run=str(new_uuid())).cursor()


async def walk(clock: Clock, cursor: Cursor | None, rules: Rules, read: Read) -> AsyncGenerator[Page]:
    """All that there is from a cursor on. Raises Malformed when it is none, and what `read` raises."""
    walker = _Walker(clock, _standing(clock, cursor, rules), rules, read)
    began = walker.standing.to
    async with contextlib.aclosing(walker.tail()) as pages:
        async for page in pages:
            yield page
    if walker.standing.until is None:
        async with contextlib.aclosing(walker.sweep(before=began)) as pages:
            async for page in pages:
                yield page


def _standing(clock: Clock, cursor: Cursor | None, rules: Rules) -> Standing:
    if cursor is None:
        now = clock.now()
        begin = now - rules.first
        return Standing(since=begin, to=begin, swept=now, step=rules.longest.total_seconds())
    try:
        return msgspec.convert(cursor, Standing)
    except msgspec.ValidationError:
        raise Malformed("The cursor is none of this connector's.", where="cursor") from None


class _Walker:
    def __init__(self, clock: Clock, standing: Standing, rules: Rules, read: Read) -> None:
        self.standing = standing
        self._clock = clock
        self._rules = rules
        self._read = read

    async def tail(self) -> AsyncGenerator[Page]:
        """From the place on, up to now."""
        now = self._clock.now()
        end = now - self._rules.floor if self.standing.until is None else min(self.standing.until, now)
        if self.standing.to < (oldest := now - self._rules.keeps):
            _log.warning("the vendor does not keep what happened before %s", oldest.isoformat())
            self._put(to=oldest)
        while self.standing.to < end:
            stop = min(self.standing.to + self._step, end)
            async with contextlib.aclosing(self._window(self.standing.to, stop)) as pages:
                async for page in pages:
                    yield page
            if self._is_finished:
                self._put(to=stop)
                behind = max(self._clock.now() - stop - self._rules.floor, timedelta())
                yield Page(cursor=self.standing.cursor(), behind=behind)

    async def sweep(self, *, before: datetime) -> AsyncGenerator[Page]:
        """Over what was read before; goes on where an earlier turn left off."""
        now = self._clock.now()
        if self.standing.sweep is None:
            self._begin_sweep(now, before)
        at, end = max(self.standing.sweep or before, now - self._rules.keeps), self.standing.sweep_to or before
        while at < end:
            stop = min(at + self._step, end)
            async with contextlib.aclosing(self._window(at, stop)) as pages:
                async for page in pages:
                    yield page
            if self._is_finished:
                at = stop
                self._put(sweep=at)
                yield Page(cursor=self.standing.cursor())
        self._put(sweep=None, sweep_to=None)
        yield Page(cursor=self.standing.cursor())

    def _begin_sweep(self, now: datetime, before: datetime) -> None:
        is_long = self.standing.swept is None or now - self.standing.swept >= self._rules.sweep_every
        back = self._rules.sweep_back if is_long else self._rules.overlap
        start = max(self.standing.since, before - back)
        self._put(sweep=start, sweep_to=before, swept=now if is_long else self.standing.swept)

    async def _window(self, start: datetime, stop: datetime) -> AsyncGenerator[Page]:
        """A window; `_is_finished` says whether it came to its end."""
        self._is_finished = False
        count, length = 0, stop - start
        window = Window(start=start, end=stop, is_least=length <= _SHORTEST, run=self.standing.run)
        try:
            async with contextlib.aclosing(self._read(window)) as pages:
                async for page in pages:
                    yield page
                    count += 1
        except Unfinished:
            yield self._cut(length / 2)
            return
        except WatchfloorError:
            if count:
                yield self._cut(length / 4)
            raise
        self._is_finished = True
        if count <= _FEW_PAGES:
            self._put(step=min(self.standing.step * 2, self._rules.longest.total_seconds()))

    def _cut(self, length: timedelta) -> Page:
        """The cursor by which the next attempt is at so much of the window, whoever makes it."""
        self._put(step=max(length, _SHORTEST).total_seconds())
        return Page(cursor=self.standing.cursor())

    def _put(self, **changed: datetime | float | None) -> None:
        self.standing = msgspec.structs.replace(self.standing, **changed)

    @property
    def _step(self) -> timedelta:
        return timedelta(seconds=self.standing.step)
