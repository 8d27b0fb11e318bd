"""What each feed brought, by hour of receipt: the numbers behind feed health.

Owns the adding up. The figures are written in the transaction that takes the batches off the queue, one row a feed and
hour whatever a turn holds, so they count each batch once. Requests that were stored before are added by the intake.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from watchfloor.feeds.trust import queries
from watchfloor.feeds.trust.histogram import add, same
from watchfloor.feeds.trust.recent import RecentKeys
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import FeedId


class FeedHour(msgspec.Struct, frozen=True, kw_only=True):
    """What one batch adds to the figures of its feed.

    `first_event_at` and `last_event_at` are the oldest and the newest event's own times, `event_lag` the histogram of
    how long after its own time each event with one was received. `keys` are the identities of its events.
    """

    feed_id: FeedId
    received_at: datetime
    events: int
    raw_bytes: int
    unparsed: int
    quarantined: int
    matches: int
    last_event_at: datetime | None
    first_event_at: datetime | None = None
    event_lag: tuple[int, ...] = ()
    keys: Sequence[bytes] = ()


async def count(tx: TenantTx, batches: Sequence[FeedHour], *, worked_at: datetime, recent: RecentKeys) -> None:
    """Adds the batches to the figures of their feeds and hours.

    `recent` knows the events that this process has just worked: an identity among them is a duplicate. The caller
    tells it of these batches once they are committed.
    """
    groups: dict[tuple[FeedId, datetime], list[FeedHour]] = {}
    for batch in batches:
        groups.setdefault((batch.feed_id, hour_of(batch.received_at)), []).append(batch)
    seen = set[bytes]()
    rows = [
        _row(feed_id, hour, members, worked_at=worked_at, duplicates=_duplicates(members, recent, seen))
        for (feed_id, hour), members in groups.items()
    ]
    await queries.add_to_hours(tx, rows)


async def count_repeat(tx: TenantTx, feed_id: FeedId, *, events: int) -> None:
    """Counts a request that was stored before, with so many events. For the intake, in the transaction of the put."""
    await queries.add_repeats(tx, feed_id, events=events)


def hour_of(moment: datetime) -> datetime:
    """The beginning of the hour that a moment lies in."""
    return moment.replace(minute=0, second=0, microsecond=0)


def _duplicates(members: Sequence[FeedHour], recent: RecentKeys, seen: set[bytes]) -> int:
    """How many events of these batches came before: in an earlier turn, or in this one (`seen`)."""
    duplicates = 0
    for member in members:
        for key in member.keys:
            duplicates += key in seen or key in recent
            seen.add(key)
    return duplicates


def _row(
    feed_id: FeedId, hour: datetime, members: Sequence[FeedHour], *, worked_at: datetime, duplicates: int
) -> queries.HourRow:
    minutes = 0
    event_lag: tuple[int, ...] = ()
    work_lag: tuple[int, ...] = ()
    for member in members:
        if not member.events:
            continue  # put back from the quarantine: it was counted when it came
        minutes |= 1 << member.received_at.minute
        event_lag = add(event_lag, member.event_lag)
        work_lag = add(work_lag, same((worked_at - member.received_at).total_seconds(), count=member.events))
    return queries.HourRow(
        feed_id=feed_id,
        hour=hour,
        batches=sum(member.events > 0 for member in members),
        events=sum(member.events for member in members),
        raw_bytes=sum(member.raw_bytes for member in members),
        unparsed=sum(member.unparsed for member in members),
        quarantined=sum(member.quarantined for member in members),
        matches=sum(member.matches for member in members),
        duplicates=duplicates,
        minutes=minutes,
        first_event_at=min((m.first_event_at for m in members if m.first_event_at is not None), default=None),
        last_event_at=max((m.last_event_at for m in members if m.last_event_at is not None), default=None),
        last_received_at=max((member.received_at for member in members if member.events), default=None),
        event_lag=event_lag or None,
        work_lag=work_lag or None,
    )
