"""The watch over a tenant's feeds: raises each alarm once, and clears it by itself.

Owns the comparing of what is wrong with what is said already. It runs every minute in every tenant, so a look at a
tenant whose feeds are well costs two small queries; hours are read once each, when they are over. A feed of which
something still waits in the queue is judged later: it is we who are late then. Each change is in the tenant's audit
log, and a message tells the platform's rules of it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from watchfloor.audit.append import append
from watchfloor.feeds.alarms import queries
from watchfloor.feeds.alarms.alarm import WATCH, Alarm, opened
from watchfloor.feeds.alarms.judgement import HOURLY, Trouble, hourly, is_blind, silence
from watchfloor.feeds.alarms.queries import AlarmKind, ClearedBecause, WatchedRow
from watchfloor.feeds.hours import hour_of
from watchfloor.feeds.trust.profile import KEPT, Profile, hour_of_week
from watchfloor.feeds.trust.queries import BlindHour, Hour, insert_blind_hours, select_hours
from watchfloor.kernel import ids
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.ids import AlarmId, FeedId, new_uuid
from watchfloor.kernel.outbox import FEED_ALARM, publish

GRACE: Final = timedelta(minutes=2)
"""How long after its end an hour is judged: what was received in it is worked by then, or waits."""

_HOUR: Final = timedelta(hours=1)


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """What a look at a tenant's feeds changed."""

    raised: list[Alarm]
    cleared: list[Alarm]


class Look:
    """One look at one tenant: compares what is wrong with what is said already."""

    def __init__(self, tx: TenantTx, at: datetime, alarms: Sequence[Alarm]) -> None:
        self.tx = tx
        self.at = at
        self.open = {(alarm.feed_id, alarm.kind): alarm for alarm in alarms}
        self.raised: list[Alarm] = []
        self.cleared: list[Alarm] = []

    def seen(self) -> Watched:
        """What this look changed."""
        return Watched(raised=self.raised, cleared=self.cleared)

    async def settle(self, feed_id: FeedId, kind: AlarmKind, trouble: Trouble | None) -> None:
        """Raises or clears the feed's alarm of this kind, if what is wrong is not what is said."""
        alarm = self.open.get((feed_id, kind))
        if trouble is not None and alarm is None:
            await self._raise(feed_id, kind, trouble)
        elif trouble is None and alarm is not None:
            await self.clear(alarm, because="recovered")

    async def clear(self, alarm: Alarm, *, because: ClearedBecause) -> None:
        """Clears an alarm, once."""
        if await queries.clear_alarm(self.tx, alarm.id, at=self.at, because=because):
            cleared = msgspec.structs.replace(alarm, state="cleared", cleared_at=self.at, cleared_because=because)
            await self._tell(alarm, cleared)
            self.cleared.append(cleared)

    async def _raise(self, feed_id: FeedId, kind: AlarmKind, trouble: Trouble) -> None:
        row = queries.AlarmRow(
            id=AlarmId(new_uuid()),
            feed_id=feed_id,
            kind=kind,
            state="raised",
            since=trouble.since,
            raised_at=self.at,
            cleared_at=None,
            cleared_because=None,
            figures=msgspec.json.encode(trouble.figures).decode(),
            incident_id=None,
        )
        if await queries.insert_alarm(self.tx, row):
            alarm = opened(row)
            await self._tell(None, alarm)
            self.raised.append(alarm)

    async def _tell(self, before: Alarm | None, after: Alarm) -> None:
        await append(
            self.tx,
            WATCH,
            action="feed.raise_alarm" if before is None else "feed.clear_alarm",
            object_kind="feed",
            object_id=ids.show("feed", after.feed_id),
            before=before,
            after=after,
        )
        await publish(self.tx, topic=FEED_ALARM, key=ids.show("fal", after.id))


async def open_look(tx: TenantTx, *, at: datetime) -> Look:
    """A look at the tenant's feeds, with the alarms that are raised now."""
    return Look(tx, at, [opened(row) for row in await queries.select_open_alarms(tx)])


async def watch(tx: TenantTx, *, at: datetime) -> Watched:
    """Looks at all feeds of the tenant."""
    feeds = await queries.select_watched(tx)
    look = await open_look(tx, at=at)
    names = {feed.id: feed for feed in feeds}
    for alarm in list(look.open.values()):
        if names[alarm.feed_id].state != "active":
            await look.clear(alarm, because="paused")
    judged = [feed for feed in feeds if feed.state == "active" and not feed.is_waiting]
    profiles = {feed.id: _profile(feed) for feed in judged}
    for feed in judged:
        await look.settle(feed.id, "silent", _silence(look, feed, profiles[feed.id]))
    await _judge_hours(look, judged, profiles)
    return look.seen()


def _silence(look: Look, feed: WatchedRow, profile: Profile | None) -> Trouble | None:
    """Silence; one that is said already lasts until something comes, whatever is usual by then."""
    alarm = look.open.get((feed.id, "silent"))
    if alarm is not None and (feed.last_received_at is None or feed.last_received_at <= alarm.since):
        return Trouble(since=alarm.since, figures=alarm.figures)
    return silence(feed, profile, at=look.at)


def _profile(feed: WatchedRow) -> Profile | None:
    return None if feed.profile is None else msgspec.msgpack.decode(feed.profile, type=Profile)


async def _judge_hours(look: Look, feeds: Sequence[WatchedRow], profiles: Mapping[FeedId, Profile | None]) -> None:
    """Judges the hours that are over and were not judged yet: blind ones are noted, the last one may be alarming."""
    until = hour_of(look.at - GRACE)
    due = [feed for feed in feeds if feed.judged_until is None or feed.judged_until < until]
    if not due:
        return
    begins = {feed.id: max(feed.judged_until or until - _HOUR, until - KEPT) for feed in due}
    found: dict[FeedId, dict[datetime, Hour]] = {feed.id: {} for feed in due}
    for hour in await select_hours(look.tx, [feed.id for feed in due], since=min(begins.values()), until=until):
        found[hour.feed_id][hour.hour] = hour
    blind: list[BlindHour] = []
    for feed in due:
        profile = profiles[feed.id]
        if profile is None:
            continue
        blind += _blind(feed, profile, found[feed.id], begins[feed.id], until)
        last = found[feed.id].get(until - _HOUR)
        if last is not None and last.events:
            troubles = hourly(profile, last)
            for kind in HOURLY:
                await look.settle(feed.id, kind, troubles.get(kind))
    if blind:
        await insert_blind_hours(look.tx, blind)
    await queries.mark_judged(look.tx, [feed.id for feed in due], until=until)


def _blind(
    feed: WatchedRow, profile: Profile, found: Mapping[datetime, Hour], begin: datetime, until: datetime
) -> list[BlindHour]:
    hours: list[BlindHour] = []
    hour = begin
    while hour < until:
        brought = found.get(hour)
        if (brought is None or not brought.events) and hour >= feed.state_since and is_blind(profile, hour):
            expected = profile.events[hour_of_week(hour)]
            hours.append(BlindHour(feed_id=feed.id, hour=hour, expected_events=expected))
        hour += _HOUR
    return hours
