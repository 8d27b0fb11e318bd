"""What feeds brought in a period, and the hours in which nothing could be seen. Pure but for the reading."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from watchfloor.kernel import ids
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import AlarmId, FeedId
from watchfloor.measures.basis import Days, Share, Stock
from watchfloor.measures.feeds import queries
from watchfloor.measures.feeds.queries import AlarmRow, FeedRow, HourRow, RefusedRow
from watchfloor.measures.period import Period
from watchfloor.measures.reading import Reading, Record

_HOUR: Final = timedelta(hours=1)


class FeedCoverage(msgspec.Struct, frozen=True, kw_only=True):
    """A feed in the period.

    `hours` are those in which it should have been seen: since it was created, until it was paused. `dark_hours` are
    those of them in which nothing came, though the feed is not usually silent then, was in alarm for its silence, or
    never brought anything yet. `silent_seconds` is how long alarms for silence stood in the period.
    """

    id: FeedId
    name: str
    is_paused: bool
    hours: int
    hours_with_data: int
    dark_hours: tuple[datetime, ...]
    events: int
    unparsed: int
    quarantined: int
    refused: int
    silent_seconds: int
    last_hour: datetime | None


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """All feeds in the period, with the rows that the figures are made of. `oldest_at` is of the oldest event kept."""

    period: Period
    read_at: datetime
    feeds: tuple[FeedCoverage, ...]
    hours: tuple[HourRow, ...]
    refused: tuple[RefusedRow, ...]
    alarms: tuple[AlarmRow, ...]
    oldest_at: datetime | None

    @property
    def has_data(self) -> bool:
        """Whether anything came in at all. Without it, nothing that was not seen is known not to have happened."""
        return any(feed.events for feed in self.feeds)


async def read_coverage(tx: TenantTx, period: Period, *, at: datetime) -> Coverage:
    """What feeds brought in the period, as far as it has gone by `at`."""
    begin, end = period.begin, min(period.until, at)
    feeds = await queries.select_feeds(tx)
    hours = await queries.select_hours(tx, begin=begin, end=end)
    refused = await queries.select_refused(tx, begin=begin, end=end)
    blind = {(row.feed_id, row.hour) for row in await queries.select_blind(tx, begin=begin, end=end)}
    alarms = await queries.select_alarms(tx, begin=begin, end=end)
    by_feed: dict[UUID, list[HourRow]] = {}
    for row in hours:
        by_feed.setdefault(row.feed_id, []).append(row)
    return Coverage(
        period=period,
        read_at=at,
        feeds=tuple(
            _feed(
                feed,
                period,
                by_feed.get(feed.id, []),
                blind=blind,
                silences=[alarm for alarm in alarms if alarm.feed_id == feed.id and alarm.kind == "silent"],
                refused=sum(row.events for row in refused if row.feed_id == feed.id),
                at=at,
            )
            for feed in feeds
            if feed.created_at < end
        ),
        hours=tuple(hours),
        refused=tuple(refused),
        alarms=tuple(alarms),
        oldest_at=await queries.select_oldest(tx),
    )


def readings(coverage: Coverage) -> Iterator[Reading]:
    """The figures of the feeds."""
    feeds = coverage.feeds
    names = {feed.id: feed.name for feed in feeds}

    def counted(measure: str, size: Callable[[HourRow], int]) -> Reading:
        rows = [(row, size(row)) for row in coverage.hours]
        sums = _by_day(coverage, ((row.hour, number) for row, number in rows))
        return Reading(
            measure=measure,
            basis=sums,
            records=lambda: [_hour(names, row.feed_id, row.hour, number) for row, number in rows if number],
        )

    yield counted("events", lambda row: row.events)
    yield counted("matches", lambda row: row.matches)
    yield counted("coverage.unparsed", lambda row: row.unparsed)
    yield counted("coverage.quarantined", lambda row: row.quarantined)
    yield Reading(
        measure="coverage.refused",
        basis=_by_day(coverage, ((row.hour, row.events) for row in coverage.refused)),
        records=lambda: [_hour(names, row.feed_id, row.hour, row.events) for row in coverage.refused if row.events],
    )
    yield from _seen(feeds, coverage, names)
    yield Reading(
        measure="outages",
        basis=_by_day(coverage, ((row.since, 1) for row in begun_in(coverage))),
        records=lambda: [
            Record(
                kind="alarm",
                id=ids.show("fal", AlarmId(row.id)),
                at=row.since,
                label=f"{names.get(FeedId(row.feed_id), '')}: {row.kind}",
            )
            for row in begun_in(coverage)
        ],
    )
    days = None if coverage.oldest_at is None else (coverage.read_at - coverage.oldest_at).days
    yield Reading(measure="retention.days", basis=Stock(number=days), records=list)


def begun_in(coverage: Coverage) -> list[AlarmRow]:
    """The alarms that began in the period."""
    return [row for row in coverage.alarms if row.since >= coverage.period.begin]


def _seen(feeds: Sequence[FeedCoverage], coverage: Coverage, names: Mapping[FeedId, str]) -> Iterator[Reading]:
    dark = [(feed.id, hour) for feed in feeds for hour in feed.dark_hours]
    hours = sum(feed.hours for feed in feeds)
    watched = [feed for feed in feeds if feed.hours]

    def list_dark() -> list[Record]:
        return [_hour(names, feed_id, hour, 1, counts=False) for feed_id, hour in dark]

    yield Reading(measure="coverage.seen", basis=Share(part=hours - len(dark), whole=hours), records=list_dark)
    yield Reading(
        measure="coverage.dark_hours", basis=_by_day(coverage, ((hour, 1) for _, hour in dark)), records=list_dark
    )
    yield Reading(
        measure="coverage.feeds",
        basis=Share(part=sum(feed.hours_with_data > 0 for feed in watched), whole=len(watched)),
        records=lambda: [
            Record(
                kind="feed",
                id=ids.show("feed", feed.id),
                at=feed.last_hour or coverage.period.begin,
                label=feed.name,
                quantity=feed.events,
                counts=feed.hours_with_data > 0,
            )
            for feed in watched
        ],
    )


def _feed(
    feed: FeedRow,
    period: Period,
    rows: Sequence[HourRow],
    *,
    blind: Collection[tuple[UUID, datetime]],
    silences: Sequence[AlarmRow],
    refused: int,
    at: datetime,
) -> FeedCoverage:
    until = min(at, feed.state_since) if feed.state == "paused" else at
    hours = tuple(period.hours(feed.created_at, until))
    with_data = {row.hour for row in rows if row.events}
    first = min(with_data, default=None)
    dark = tuple(
        hour
        for hour in hours
        if hour not in with_data
        and (first is None or (feed.id, hour) in blind or any(_covers(alarm, hour) for alarm in silences))
    )
    return FeedCoverage(
        id=FeedId(feed.id),
        name=feed.name,
        is_paused=feed.state == "paused",
        hours=len(hours),
        hours_with_data=sum(hour in with_data for hour in hours),
        dark_hours=dark,
        events=sum(row.events for row in rows),
        unparsed=sum(row.unparsed for row in rows),
        quarantined=sum(row.quarantined for row in rows),
        refused=refused,
        silent_seconds=sum(_standing(alarm, period, at) for alarm in silences),
        last_hour=max(with_data, default=None),
    )


def _covers(alarm: AlarmRow, hour: datetime) -> bool:
    """Whether the alarm stood for the whole hour, or for as much of it as there was."""
    return alarm.since < hour + _HOUR and (alarm.cleared_at is None or alarm.cleared_at > hour)


def _standing(alarm: AlarmRow, period: Period, at: datetime) -> int:
    since = max(alarm.since, period.begin)
    until = min(alarm.cleared_at or at, period.until, at)
    return max(0, int((until - since).total_seconds()))


def _by_day(coverage: Coverage, numbers: Iterable[tuple[datetime, int]]) -> Days:
    counts = [0] * coverage.period.elapsed_days(coverage.read_at)
    days: dict[datetime, int] = {}
    for at, number in numbers:
        day = days.get(at)
        if day is None:
            day = days[at] = coverage.period.day_of(at)
        counts[day] += number
    return Days(counts=tuple(counts))


def _hour(names: Mapping[FeedId, str], feed_id: UUID, hour: datetime, number: int, *, counts: bool = True) -> Record:
    name = names.get(FeedId(feed_id), "")
    return Record(
        kind="feed_hour", id=ids.show("feed", FeedId(feed_id)), at=hour, label=name, quantity=number, counts=counts
    )
