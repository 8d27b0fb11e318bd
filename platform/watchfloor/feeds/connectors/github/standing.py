"""Where a reading of the audit log stands, and what of it is to be read again.

Owns the form of the cursor. A reading begins at a time and goes from page to page by GitHub's own cursor. At its end
it keeps the cursor that led to the last page, which is asked for again: what is new comes behind it, and what was
there is known by its key. GitHub adds some entries late, before those that were read. So the last hour is read again
as often as a share of GitHub's hourly limit allows, which is at every look unless there is very much; and once a day
the last day, a few pages at each look.
"""

from datetime import UTC, datetime, timedelta
from typing import Final, Literal, Self, TypeAlias, cast

import msgspec

from watchfloor.feeds.connectors.connector import Cursor

FIRST: Final = timedelta(hours=24)
AGAIN: Final = timedelta(minutes=75)
DAILY_AGAIN: Final = timedelta(hours=26)
_DAY: Final = timedelta(days=1)

Kind: TypeAlias = Literal["tail", "sweep"]


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """From `begin` on, both in seconds, to `end` where there is one; behind `after` where some pages were read."""

    begin: int
    end: int | None = None
    after: str | None = None

    @property
    def phrase(self) -> str:
        """What is searched for."""
        return f"created:>={_written(self.begin)}" if self.end is None else self._between

    @property
    def _between(self) -> str:
        return f"created:{_written(self.begin)}..{_written(self.end or self.begin)}"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """The reading of what is new, that of the last day while there is one, and when each is to begin anew.

    `newest` is the time of the newest entry, `pages` how many the reading had; times are in seconds.
    """

    tail: Reading
    newest: int
    pages: int = 0
    due: int | None = None
    sweep: Reading | None = None
    sweep_due: int

    @classmethod
    def first(cls, now: datetime) -> Self:
        """Without a cursor: the last 24 hours."""
        begin = _seconds(now - FIRST)
        return cls(tail=Reading(begin=begin), newest=begin, sweep_due=_seconds(now + _DAY))

    @classmethod
    def window(cls, start: datetime, end: datetime) -> Self:
        """A window of the past."""
        begin = _seconds(start)
        return cls(tail=Reading(begin=begin, end=_seconds(end)), newest=begin, sweep_due=0)

    @classmethod
    def read(cls, cursor: Cursor) -> Self:
        """The standing that a cursor holds."""
        return msgspec.convert(cursor, cls)

    def cursor(self) -> Cursor:
        """The standing as it is stored."""
        return cast("Cursor", msgspec.to_builtins(self))

    @property
    def is_window(self) -> bool:
        """Whether it is one of the past."""
        return self.tail.end is not None

    def begun(self, now: datetime) -> Self:
        """At the beginning of a look: what is due begins anew."""
        if self.is_window:
            return self
        changed, at = self, _seconds(now)
        if changed.due is not None and changed.due <= at:
            begin = min(changed.newest, at) - int(AGAIN.total_seconds())
            changed = msgspec.structs.replace(changed, tail=Reading(begin=begin), pages=0, due=None)
        if changed.sweep is None and changed.sweep_due <= at:
            sweep = Reading(begin=at - int(DAILY_AGAIN.total_seconds()), end=at)
            changed = msgspec.structs.replace(changed, sweep=sweep, sweep_due=at + int(_DAY.total_seconds()))
        return changed

    def reading(self, kind: Kind) -> Reading | None:
        """The reading of a kind."""
        return self.tail if kind == "tail" else self.sweep

    def lost(self, kind: Kind) -> Self:
        """When GitHub does not know the cursor: the reading begins anew."""
        return self._with(kind, after=None)

    def moved(
        self, kind: Kind, after: str | None, *, newest: datetime | None, now: datetime, seconds_a_page: float
    ) -> Self:
        """Behind a page; without `after` it was the last one."""
        if kind == "sweep":
            return self._with("sweep", after=after) if after else msgspec.structs.replace(self, sweep=None)
        seen = self.newest if newest is None else max(self.newest, min(_seconds(newest), _seconds(now)))
        pages, due = self.pages + 1, self.due
        if after is None and due is None:
            due = _seconds(now) + int(pages * seconds_a_page)
        tail = self.tail if after is None else msgspec.structs.replace(self.tail, after=after)
        return msgspec.structs.replace(self, tail=tail, newest=seen, pages=pages, due=due)

    def _with(self, kind: Kind, *, after: str | None) -> Self:
        if kind == "tail":
            return msgspec.structs.replace(self, tail=msgspec.structs.replace(self.tail, after=after))
        sweep = None if self.sweep is None else msgspec.structs.replace(self.sweep, after=after)
        return msgspec.structs.replace(self, sweep=sweep)


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _written(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
