"""Where a reading of the System Log stands: Okta's own link, and from when to begin anew should Okta not know it.

Owns the form of the cursor, and the one use of a time: how far to go back when a link is lost. Then some events come
a second time, and are known by their keys.
"""

from datetime import datetime, timedelta
from typing import Final, Self, cast

import msgspec

from watchfloor.feeds.connectors.connector import Cursor

AGAIN: Final = timedelta(hours=6)
"""So much is read again when a link is lost: an event is stored after it happened, seldom by hours."""


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """`query` is that of the link; None before the first page. `since` is the newest event's time, or a beginning.

    `until` is the end of a window of the past.
    """

    since: datetime
    query: str | None = None
    until: datetime | None = None

    @classmethod
    def read(cls, cursor: Cursor) -> Self:
        """The position that a cursor holds."""
        return msgspec.convert(cursor, cls)

    def cursor(self) -> Cursor:
        """The position as it is stored."""
        return cast("Cursor", msgspec.to_builtins(self))

    def moved(self, query: str, *, newest: datetime | None, now: datetime) -> Self:
        """Behind a page. What says that it happens in the future does not count."""
        seen = self.since if newest is None or self.until is not None else max(self.since, min(newest, now))
        return msgspec.structs.replace(self, query=query, since=seen)

    def lost(self, *, oldest: datetime) -> Self:
        """When Okta does not know the link: a window begins anew, and everything else a while before its newest."""
        begin = self.since if self.until is not None else self.since - AGAIN
        return msgspec.structs.replace(self, query=None, since=max(begin, oldest))
