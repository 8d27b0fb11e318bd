"""Lines of text and small objects as events, through the way in that production uses."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import msgspec

from watchfloor.kernel.ids import BatchId, FeedId
from watchfloor.normalise.dispatch import normalise
from watchfloor.normalise.event import Event, LogSource
from watchfloor.normalise.raw import RawEvent

NOW: Final = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def event_of(
    body: str | dict[str, object], *, host: str | None = None, time: datetime | None = None, hint: str | None = None
) -> Event:
    """The event of a line, or of an object as JSON, received at `NOW`."""
    raw = body.encode() if isinstance(body, str) else msgspec.json.encode(body)
    return normalise(
        RawEvent(body=raw, host=host, time=time),
        feed_id=FeedId(UUID(int=1)),
        batch_id=BatchId(UUID(int=2)),
        index=0,
        source_hint=hint,
        received_at=NOW,
    )


def entities(event: Event) -> set[tuple[str, str]]:
    """The event's entities as pairs."""
    return {(entity.kind, entity.value) for entity in event.entities}


def has(event: Event, *, product: str | None = None, category: str | None = None, service: str | None = None) -> bool:
    """Whether the event has just this log source."""
    return LogSource(product=product, category=category, service=service) in event.logsources
