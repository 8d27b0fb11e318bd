"""What each feed brought, by hour of receipt: the numbers behind feed health.

Owns the adding up. The figures are written in the transaction that takes the batches off the queue, so they count
each batch once.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from watchfloor.feeds import queries
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import FeedId


class FeedHour(msgspec.Struct, frozen=True, kw_only=True):
    """What one batch adds to the figures of its feed. `last_event_at` is the newest event's own time."""

    feed_id: FeedId
    received_at: datetime
    events: int
    raw_bytes: int
    unparsed: int
    quarantined: int
    matches: int
    last_event_at: datetime | None


async def count(tx: TenantTx, batches: Sequence[FeedHour]) -> None:
    """Adds the batches to the figures of their feeds and hours."""
    groups: dict[tuple[FeedId, datetime], list[FeedHour]] = {}
    for batch in batches:
        hour = batch.received_at.replace(minute=0, second=0, microsecond=0)
        groups.setdefault((batch.feed_id, hour), []).append(batch)
    rows = [_row(feed_id, hour, members) for (feed_id, hour), members in groups.items()]
    await queries.add_to_hours(tx, rows)


def _row(feed_id: FeedId, hour: datetime, members: Sequence[FeedHour]) -> queries.HourRow:
    return queries.HourRow(
        feed_id=feed_id,
        hour=hour,
        batches=len(members),
        events=sum(member.events for member in members),
        raw_bytes=sum(member.raw_bytes for member in members),
        unparsed=sum(member.unparsed for member in members),
        quarantined=sum(member.quarantined for member in members),
        matches=sum(member.matches for member in members),
        last_event_at=max((m.last_event_at for m in members if m.last_event_at is not None), default=None),
    )
