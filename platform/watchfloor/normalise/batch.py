"""A batch of raw events as `Event`s: what can only be told from several of them together.

Splits bodies that carry several events, follows headers that name the columns of the lines under them, and joins the
records that the audit system writes about one execution. Everything else is `dispatch`'s. Pure; raises nothing.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from watchfloor.kernel.ids import BatchId, FeedId
from watchfloor.normalise.columns import Headers
from watchfloor.normalise.dispatch import finish, normalise
from watchfloor.normalise.event import Event
from watchfloor.normalise.failure import ParseFailed
from watchfloor.normalise.linux import auditd
from watchfloor.normalise.linux.audit_join import Joiner
from watchfloor.normalise.raw import RawEvent
from watchfloor.normalise.splitting import split_body

MOST_PARTS: Final = 20_000
"""How many events more than it has bodies a batch may become; bodies beyond stay whole."""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A body that cannot be read, or one of whose parts cannot. `index` is its place in the batch."""

    index: int
    raw: RawEvent
    error: ParseFailed


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a batch."""

    events: list[Event]
    failures: list[Failure]


class Reader:
    """Reads the bodies of one batch, in their order."""

    def __init__(self, *, feed_id: FeedId, batch_id: BatchId, source_hint: str | None, received_at: datetime) -> None:
        self._feed_id = feed_id
        self._batch_id = batch_id
        self._source_hint = source_hint
        self._received_at = received_at.astimezone(UTC)
        self._headers = Headers()
        self._joiner = Joiner()
        self._places: list[tuple[int, RawEvent]] = []
        self._events: list[Event] = []
        self._failures: list[Failure] = []
        self._room = MOST_PARTS

    def read(self, index: int, raw: RawEvent) -> None:
        """Takes the body that is the `index`-th of its batch (0-based)."""
        parts = split_body(raw.body) if self._source_hint != "text" or raw.body[:1] == b"#" else None
        try:
            if parts is None or len(parts) > self._room:
                self._take(index, raw, None)
                return
        except ParseFailed as error:
            self._failures.append(Failure(index=index, raw=raw, error=error))
            return
        self._room -= len(parts)
        self._read_parts(index, raw, parts)

    def finish(self) -> Reading:
        """Everything that came of the bodies; executions that were joined stand at the end."""
        for joined in self._joiner.joined():
            for place in joined.records:
                self._events[place] = msgspec.structs.replace(self._events[place], logsources=(auditd.RECORD,))
            index, raw = self._places[joined.records[0]]
            event = finish(
                joined.parsed,
                msgspec.structs.replace(raw, body=joined.text.encode("utf-8", errors="replace")),
                feed_id=self._feed_id,
                batch_id=self._batch_id,
                index=index,
                received_at=self._received_at,
                # Without a host there is no identity but the place, which the first record has: a part of its own.
                part=joined.records[0] + MOST_PARTS,
            )
            self._events.append(event)
        return Reading(events=self._events, failures=self._failures)

    def _read_parts(self, index: int, raw: RawEvent, parts: Sequence[bytes]) -> None:
        """One failure stands for all of a body's: the body is put aside whole, once, and the good parts are taken."""
        failed: ParseFailed | None = None
        for number, part in enumerate(parts):
            try:
                self._take(index, msgspec.structs.replace(raw, body=part), number)
            except ParseFailed as error:
                failed = failed or error
        if failed is not None:
            self._failures.append(Failure(index=index, raw=raw, error=failed))

    def _take(self, index: int, raw: RawEvent, part: int | None) -> None:
        columns = None if self._headers.take(raw) else self._headers.columns_of(raw)
        event = normalise(
            raw,
            feed_id=self._feed_id,
            batch_id=self._batch_id,
            index=index,
            source_hint=self._source_hint,
            received_at=self._received_at,
            part=part,
            columns=columns,
        )
        if event.source == auditd.SOURCE:
            self._joiner.take(len(self._events), event)
        # Only audit records are asked for their place again.
        self._places.append((index, raw) if event.source == auditd.SOURCE else (index, _NOTHING))
        self._events.append(event)


_NOTHING: Final = RawEvent(body=b"")


def normalise_batch(
    raws: Iterable[RawEvent],
    *,
    feed_id: FeedId,
    batch_id: BatchId,
    source_hint: str | None,
    received_at: datetime,
) -> Reading:
    """The events of a batch, and the bodies that cannot be read. `received_at` is that of the batch, with a zone."""
    reader = Reader(feed_id=feed_id, batch_id=batch_id, source_hint=source_hint, received_at=received_at)
    for index, raw in enumerate(raws):
        reader.read(index, raw)
    return reader.finish()
