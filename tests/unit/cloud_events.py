"""What the tests of cloud sources share: an event made of an object or a line, the way it comes through a door."""

import json
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from watchfloor.kernel.ids import BatchId, FeedId
from watchfloor.normalise.dispatch import normalise
from watchfloor.normalise.event import Entity, EntityKind, Event, FieldValue
from watchfloor.normalise.raw import RawEvent

RECEIVED: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)

Fields = dict[str, FieldValue]


def event_of(fields: Fields, *, feed: int = 1) -> Event:
    return body_event(json.dumps(fields).encode(), feed=feed)


def body_event(body: bytes, *, feed: int = 1) -> Event:
    return normalise(
        RawEvent(body=body),
        feed_id=FeedId(UUID(int=feed)),
        batch_id=BatchId(UUID(int=2)),
        index=0,
        source_hint=None,
        received_at=RECEIVED,
    )


def names(event: Event, kind: EntityKind) -> list[str]:
    """The values of an event's entities of one kind, in their order."""
    return [entity.value for entity in event.entities if entity.kind == kind]


def services(event: Event) -> list[str | None]:
    return [source.service for source in event.logsources]


def has(event: Event, kind: EntityKind, value: str) -> bool:
    return Entity(kind, value) in event.entities
