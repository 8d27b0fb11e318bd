"""The one place where the time of day is read. Everything else is handed a `Clock` or a time.

Ordering and SLA arithmetic use the database's clock (Q8); this one stamps what has no row yet.
"""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The current instant, with UTC as its zone."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The current instant, with UTC as its zone."""
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until it is set: for replays and tests."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """The instant it was last set to."""
        return self.at
