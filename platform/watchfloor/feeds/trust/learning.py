"""Learns what feeds usually do, and keeps it: once a day for each feed, more often while its past is too short.

A feed that is silent keeps what was learned before: silence is never learned. A regular job does it.
"""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from watchfloor.feeds.hours import hour_of
from watchfloor.feeds.trust import queries
from watchfloor.feeds.trust.past import PastHour
from watchfloor.feeds.trust.profile import KEPT, learn
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import FeedId

HOURS_KEPT: Final = timedelta(days=400)
"""For how long the hours' figures stay."""

_LEARNED_EVERY: Final = timedelta(hours=20)
_TRIED_EVERY: Final = timedelta(minutes=50)


async def learn_feeds(tx: TenantTx, *, at: datetime) -> int:
    """Learns those of the tenant's feeds whose turn it is; returns how many."""
    feeds = await queries.select_unlearned(tx, learned_before=at - _LEARNED_EVERY, tried_before=at - _TRIED_EVERY)
    if not feeds:
        return 0
    until = hour_of(at)
    pasts: dict[FeedId, list[PastHour]] = {feed_id: [] for feed_id in feeds}
    for hour in await queries.select_hours(tx, feeds, since=until - KEPT, until=until):
        pasts[hour.feed_id].append(
            PastHour(
                hour=hour.hour,
                minutes=hour.minutes,
                events=hour.events,
                unparsed=hour.unparsed,
                event_lag=hour.event_lag,
            )
        )
    learned: list[tuple[FeedId, bytes | None]] = []
    for feed_id, past in pasts.items():
        profile = learn(past, until=until)
        learned.append((feed_id, None if profile is None else msgspec.msgpack.encode(profile)))
    await queries.keep_profiles(tx, learned, at=at)
    return len(feeds)


async def forget_hours(tx: TenantTx, *, at: datetime) -> None:
    """Deletes the figures of hours that nothing asks for any more."""
    await queries.forget_hours(tx, before=at - HOURS_KEPT)
