"""How each feed is: its last day beside what is usual, its alarms, and its hours one by one.

Owns the reading; the figures are written by `hours`, learned by `trust` and judged by `alarms`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, Protocol, TypeAlias, TypeVar

import msgspec

from watchfloor.feeds.alarms import queries as alarm_queries
from watchfloor.feeds.alarms.alarm import Alarm, open_alarms
from watchfloor.feeds.feed import Feed
from watchfloor.feeds.hours import hour_of
from watchfloor.feeds.intake.refusals.ledger import list_refused
from watchfloor.feeds.intake.refusals.queries import RefusedHour
from watchfloor.feeds.registry import get_feed, list_feeds
from watchfloor.feeds.trust import queries
from watchfloor.feeds.trust.histogram import add, quantile
from watchfloor.feeds.trust.profile import Profile, hour_of_week
from watchfloor.feeds.trust.queries import BlindHour, Hour
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import FeedId

DAY: Final = timedelta(days=1)
_HOUR: Final = timedelta(hours=1)
_WEEK: Final = timedelta(days=7)

Standing: TypeAlias = Literal["ok", "alarm", "learning", "waiting", "paused"]
"""waiting: nothing came yet; learning: too new to be judged."""


class _OfFeed(Protocol):
    @property
    def feed_id(self) -> FeedId: ...


T = TypeVar("T", bound=_OfFeed)


class Lag(msgspec.Struct, frozen=True, kw_only=True):
    """How late events are, in seconds: half of them are no later than `p50`, 99 of a hundred no later than `p99`."""

    p50: float | None
    p99: float | None

    @classmethod
    def of(cls, histogram: Sequence[int]) -> "Lag":
        """The lag of a histogram."""
        return cls(p50=quantile(histogram, 0.5), p99=quantile(histogram, 0.99))


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """What a feed brought in some hours.

    `dropped` are events of refused requests that had been read, `refused` all requests that were turned away.
    """

    batches: int
    events: int
    raw_bytes: int
    unparsed: int
    quarantined: int
    matches: int
    duplicates: int
    repeats: int
    refused: int
    dropped: int
    first_event_at: datetime | None
    last_event_at: datetime | None
    event_lag: Lag
    work_lag: Lag


class FeedHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How a feed is. `day` sums up 24 hours, of which `expected_events` is usual; None while that is not known.

    `usual_seconds` is how long it is usually silent at most at this time, None when that is unknown or when it is
    usually quiet now. `blind_hours` counts those of seven days.
    """

    feed: Feed
    standing: Standing
    day: Sums
    expected_events: int | None
    usual_seconds: int | None
    last_received_at: datetime | None
    silent_since: datetime | None
    blind_hours: int
    alarms: list[Alarm]


class Trust(msgspec.Struct, frozen=True, kw_only=True):
    """The trust ledger of a feed: what it brought, hour by hour, and the hours that are blind."""

    feed: Feed
    profile: Profile | None
    learned_at: datetime | None
    sums: Sums
    hours: list[Hour]
    refused: list[RefusedHour]
    blind: list[BlindHour]


async def health_of_feeds(tx: TenantTx, *, at: datetime) -> list[FeedHealth]:
    """All feeds of the tenant, by name."""
    feeds = await list_feeds(tx)
    wanted = [feed.id for feed in feeds]
    until = hour_of(at) + _HOUR
    hours = _by_feed(await queries.select_hours(tx, wanted, since=until - DAY, until=until))
    refused = _by_feed(await list_refused(tx, since=until - DAY))
    blind = _by_feed(await queries.select_blind_hours(tx, wanted, since=until - _WEEK, until=until))
    profiles = {row.feed_id: _profile(row.profile) for row in await queries.select_trust(tx, wanted)}
    alarms = _by_feed(await open_alarms(tx))
    last = {row.id: row.last_received_at for row in await alarm_queries.select_watched(tx)}
    return [
        _health(
            feed,
            profiles.get(feed.id),
            sums=sum_up(hours.get(feed.id, []), refused.get(feed.id, [])),
            alarms=alarms.get(feed.id, []),
            last_received_at=last.get(feed.id),
            blind_hours=len(blind.get(feed.id, [])),
            at=at,
        )
        for feed in feeds
    ]


async def health_of(tx: TenantTx, feed_id: FeedId, *, at: datetime) -> FeedHealth:
    """One feed. Raises NotFound."""
    found = next((one for one in await health_of_feeds(tx, at=at) if one.feed.id == feed_id), None)
    if found is None:
        raise NotFound("There is no such feed.")
    return found


async def trust_of(tx: TenantTx, feed_id: FeedId, *, since: datetime, until: datetime) -> Trust:
    """The ledger of a feed from the hour of `since` on and before `until`. Raises NotFound."""
    feed = await get_feed(tx, feed_id)
    since = hour_of(since)
    hours = await queries.select_hours(tx, [feed_id], since=since, until=until)
    refused = [
        one for one in await list_refused(tx, since=since) if one.feed_id == feed_id and since <= one.hour < until
    ]
    blind = await queries.select_blind_hours(tx, [feed_id], since=since, until=until)
    learned = next(iter(await queries.select_trust(tx, [feed_id])), None)
    return Trust(
        feed=feed,
        profile=None if learned is None else _profile(learned.profile),
        learned_at=None if learned is None else learned.learned_at,
        sums=sum_up(hours, refused),
        hours=hours,
        refused=refused,
        blind=blind,
    )


def sum_up(hours: Sequence[Hour], refused: Sequence[RefusedHour]) -> Sums:
    """What these hours come to."""
    event_lag: tuple[int, ...] = ()
    work_lag: tuple[int, ...] = ()
    for hour in hours:
        event_lag = add(event_lag, hour.event_lag or ())
        work_lag = add(work_lag, hour.work_lag or ())
    return Sums(
        batches=sum(hour.batches for hour in hours),
        events=sum(hour.events for hour in hours),
        raw_bytes=sum(hour.raw_bytes for hour in hours),
        unparsed=sum(hour.unparsed for hour in hours),
        quarantined=sum(hour.quarantined for hour in hours),
        matches=sum(hour.matches for hour in hours),
        duplicates=sum(hour.duplicates for hour in hours),
        repeats=sum(hour.repeats for hour in hours),
        refused=sum(one.requests for one in refused),
        dropped=sum(one.events for one in refused),
        first_event_at=min((hour.first_event_at for hour in hours if hour.first_event_at is not None), default=None),
        last_event_at=max((hour.last_event_at for hour in hours if hour.last_event_at is not None), default=None),
        event_lag=Lag.of(event_lag),
        work_lag=Lag.of(work_lag),
    )


def _health(
    feed: Feed,
    profile: Profile | None,
    *,
    sums: Sums,
    alarms: list[Alarm],
    last_received_at: datetime | None,
    blind_hours: int,
    at: datetime,
) -> FeedHealth:
    silent = next((alarm.since for alarm in alarms if alarm.kind == "silent"), None)
    usual = feed.options.expected_seconds
    if usual is None and profile is not None:
        usual = profile.interval[hour_of_week(at)] or None
    return FeedHealth(
        feed=feed,
        standing=_standing(feed, profile, alarms, last_received_at),
        day=sums,
        expected_events=None
        if profile is None
        else sum(profile.events[hour_of_week(at - n * _HOUR)] for n in range(24)),
        usual_seconds=usual,
        last_received_at=last_received_at,
        silent_since=silent,
        blind_hours=blind_hours,
        alarms=alarms,
    )


def _standing(
    feed: Feed, profile: Profile | None, alarms: Sequence[Alarm], last_received_at: datetime | None
) -> Standing:
    if feed.state == "paused":
        return "paused"
    if alarms:
        return "alarm"
    if last_received_at is None:
        return "waiting"
    return "learning" if profile is None else "ok"


def _profile(packed: bytes | None) -> Profile | None:
    return None if packed is None else msgspec.msgpack.decode(packed, type=Profile)


def _by_feed(rows: Iterable[T]) -> Mapping[FeedId, list[T]]:
    found: dict[FeedId, list[T]] = {}
    for row in rows:
        found.setdefault(row.feed_id, []).append(row)
    return found
