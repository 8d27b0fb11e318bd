"""Where each container stands. The cursor is all of them, each by itself: one that is busy says nothing of another.

Owns their form. Blobs that may still grow stand there with the byte up to which they were read, under a digest of
their name, for the names are long.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import cast

import msgspec

from watchfloor.feeds.connectors.azure_blob.store import Blob
from watchfloor.feeds.connectors.connector import Cursor, Malformed


class Open(msgspec.Struct, frozen=True, array_like=True):
    """A blob that may grow: the byte that is next, when it was made and the hour it is of, both in Unix time."""

    next: int
    made: int
    hour: int


class Bookmark(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A container's: nothing before `since` is read, all up to `to` was once.

    `roots` are its resources, as they were when it was `looked` at. `is_done` is said of a finished backfill.
    """

    since: datetime
    to: datetime
    swept: datetime
    looked: datetime | None = None
    roots: list[str] = []
    open: dict[str, Open] = {}
    is_done: bool = False


class Position(msgspec.Struct, kw_only=True, omit_defaults=True):
    """All containers. A backfill has an end, and a name of its own."""

    places: dict[str, Bookmark] = {}
    start: datetime | None = None
    end: datetime | None = None
    run: str = ""

    @classmethod
    def read(cls, cursor: Cursor | None) -> "Position":
        """What a cursor says. Raises Malformed when it is none of this connector's."""
        try:
            return msgspec.convert(cursor or {}, cls)
        except msgspec.ValidationError:
            raise Malformed("The cursor is none of this connector's.", where="cursor") from None

    def cursor(self) -> Cursor:
        """The same as a cursor."""
        return cast("Cursor", msgspec.to_builtins(self))

    def open_places(self, places: Iterable[str], *, begin: datetime, now: datetime) -> None:
        """Gives each place that is new a bookmark."""
        for place in places:
            if place not in self.places:
                since = self.start or begin
                self.places[place] = Bookmark(since=since, to=self.end or since, swept=now)


def digest(blob: Blob) -> str:
    """What a blob stands under."""
    return hashlib.sha256(blob.name.encode("utf-8", "surrogatepass")).hexdigest()[:24]
