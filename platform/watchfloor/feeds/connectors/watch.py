"""The watch over connectors: says as alarms of their feeds what their streams know, and notes the hours without sight.

Owns which stream's trouble becomes which alarm. A stream that its vendor does not let in, or that is far behind, is the
feed's trouble whatever the others bring. It runs every minute in every tenant.
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from watchfloor.feeds.alarms.alarm import Figures
from watchfloor.feeds.alarms.judgement import Trouble
from watchfloor.feeds.alarms.queries import AlarmKind
from watchfloor.feeds.alarms.watch import Watched, open_look
from watchfloor.feeds.connectors.catalogue import Catalogue
from watchfloor.feeds.connectors.instances import queries
from watchfloor.feeds.connectors.instances.queries import FreshStrangers, WatchedStream
from watchfloor.feeds.connectors.instances.standing import STOPS, is_behind, known_stream, unseen
from watchfloor.feeds.hours import hour_of
from watchfloor.feeds.trust.queries import BlindHour, insert_blind_hours
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import FeedId

STRANGERS_FOR: Final = timedelta(hours=24)
"""For how long after they were last seen strangers are worth an alarm."""

_HOUR: Final = timedelta(hours=1)
_MOST_HOURS: Final = 48
_PLAIN: Final = re.compile(r"[A-Za-z0-9._:@/-]{1,64}")


async def watch_connectors(tx: TenantTx, catalogue: Catalogue, *, at: datetime) -> Watched:
    """Raises and clears the alarms of all connectors of the tenant."""
    streams = await queries.select_watched(tx)
    look = await open_look(tx, at=at)
    by_feed = {feed_id: list(group) for feed_id, group in groupby(streams, key=lambda one: one.feed_id)}
    if not by_feed:
        return look.seen()
    fresh = await queries.select_fresh_strangers(tx, list(by_feed), seen_after=at - STRANGERS_FOR)
    strangers = {one.feed_id: one for one in fresh}
    blind: list[BlindHour] = []
    for feed_id, group in by_feed.items():
        late = [one for one in group if _is_late(one, catalogue, at)]
        await look.settle(feed_id, "denied", _stopped(group, "denied"))
        await look.settle(feed_id, "expired", _stopped(group, "expired"))
        await look.settle(feed_id, "behind", _behind([one for one in late if one.fault not in STOPS], at))
        await look.settle(feed_id, "strangers", _strange(strangers.get(feed_id)))
        blind += _blind(feed_id, late, at)
    if blind:
        await insert_blind_hours(tx, blind)
    return look.seen()


def _is_late(one: WatchedStream, catalogue: Catalogue, at: datetime) -> bool:
    return is_behind(one, known_stream(catalogue, one.kind, one.name), at=at)


def _stopped(group: Sequence[WatchedStream], code: AlarmKind) -> Trouble | None:
    stopped = [one for one in group if one.fault == code]
    if not stopped:
        return None
    return _trouble(stopped, lambda one: one.fault_at or one.begun_at)


def _behind(late: Sequence[WatchedStream], at: datetime) -> Trouble | None:
    if not late:
        return None
    longest = max(unseen(one, at=at) for one in late)
    return _trouble(late, lambda one: one.reached_at or one.begun_at, lag_seconds=longest.total_seconds())


def _strange(found: FreshStrangers | None) -> Trouble | None:
    if found is None:
        return None
    name = found.account if _PLAIN.fullmatch(found.account) else "one with an odd name"
    others = f" and {found.accounts - 1} others" if found.accounts > 1 else ""
    return Trouble(since=found.first_at, figures=Figures(what=name + others))


def _trouble(
    group: Sequence[WatchedStream], since: Callable[[WatchedStream], datetime], *, lag_seconds: float | None = None
) -> Trouble:
    names = ", ".join(one.name for one in group)
    return Trouble(since=min(since(one) for one in group), figures=Figures(what=names[:500], lag_seconds=lag_seconds))


def _blind(feed_id: FeedId, late: Sequence[WatchedStream], at: datetime) -> list[BlindHour]:
    """The whole hours in which a stream saw nothing. How many events they would have brought is not known."""
    if not late:
        return []
    begin = min(one.reached_at or one.begun_at for one in late)
    hours, hour = list[BlindHour](), hour_of(at) - _HOUR
    while hour >= begin and len(hours) < _MOST_HOURS:
        hours.append(BlindHour(feed_id=feed_id, hour=hour, expected_events=0))
        hour -= _HOUR
    return hours
