"""The watch over feeds, over real tables and with a clock of its own: raised once, cleared by itself, in time."""

import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias
from uuid import UUID

import asyncpg
import msgspec
import pytest

from tests.domain.workplace import Count, MakeTenant, Tenant
from watchfloor.audit.append import Actor
from watchfloor.feeds.alarms.alarm import Alarm, list_alarms, open_alarms
from watchfloor.feeds.alarms.watch import Watched, watch
from watchfloor.feeds.feed import Feed, FeedOptions
from watchfloor.feeds.hours import FeedHour, count, count_repeat
from watchfloor.feeds.registry import change_feed, create_feed
from watchfloor.feeds.trust.histogram import tally
from watchfloor.feeds.trust.learning import learn_feeds
from watchfloor.feeds.trust.queries import select_blind_hours, select_hours
from watchfloor.feeds.trust.recent import RecentKeys
from watchfloor.kernel import outbox
from watchfloor.kernel.clock import FixedClock
from watchfloor.kernel.config import Settings
from watchfloor.kernel.db import Database, tenant_tx
from watchfloor.kernel.ids import AlarmId, BatchId, new_uuid
from watchfloor.ops.chores import Chores
from watchfloor.ops.consumers import Resources
from watchfloor.ops.feed_alarms import open_feed_alarms
from watchfloor.ops.relay import Relay

ACTOR: Final = Actor(kind="system", id="test", role="system", request_id="-")
MINUTE: Final = timedelta(minutes=1)
HOUR: Final = timedelta(hours=1)
Superuser: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
NOW: Final = (datetime.now(UTC) + timedelta(days=30)).replace(hour=12, minute=0, second=0, microsecond=0)
"""A noon ahead of the database's own clock, which says since when a feed is in its state."""
LAST: Final = AlarmId(UUID(int=2**128 - 1))


class Watchtower:
    """A tenant's feeds, and the hands of the clock."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.now = NOW

    async def feed(self, name: str = "edr", options: FeedOptions | None = None) -> Feed:
        async with tenant_tx(self.tenant.database, self.tenant.id) as tx:
            return await create_feed(tx, ACTOR, name=name, door="hec", options=options or FeedOptions())

    async def live(self, feed: Feed, *, days: float, every: int, start: int = 0, stop: int = 24) -> None:
        """The feed's past up to now: something every so many minutes, between these hours of each day."""
        hour = NOW - timedelta(days=days)
        async with tenant_tx(self.tenant.database, self.tenant.id) as tx:
            while hour < NOW:
                if start <= hour.hour < stop:
                    arrivals = [hour + minute * MINUTE for minute in range(0, 60, every)]
                    await count(
                        tx,
                        [self.batch(feed, at) for at in arrivals],
                        worked_at=arrivals[-1],
                        recent=RecentKeys(),
                    )
                hour += HOUR
            await tx.execute("delete from wf.feed_trust where tenant_id = $1 and profile is null", tx.tenant_id)
            await learn_feeds(tx, at=NOW)

    def batch(self, feed: Feed, at: datetime, events: int = 50, *, lag: float = 1.0, unparsed: int = 0) -> FeedHour:
        return FeedHour(
            feed_id=feed.id,
            received_at=at,
            events=events,
            raw_bytes=events * 100,
            unparsed=unparsed,
            quarantined=0,
            matches=0,
            last_event_at=at - timedelta(seconds=lag),
            first_event_at=at - timedelta(seconds=lag),
            event_lag=tally([lag] * events),
        )

    async def send(self, feed: Feed, *, events: int = 50, lag: float = 1.0, unparsed: int = 0) -> None:
        """Something comes now."""
        async with tenant_tx(self.tenant.database, self.tenant.id) as tx:
            batch = self.batch(feed, self.now, events, lag=lag, unparsed=unparsed)
            await count(tx, [batch], worked_at=self.now, recent=RecentKeys())

    async def look(self) -> Watched:
        async with tenant_tx(self.tenant.database, self.tenant.id) as tx:
            return await watch(tx, at=self.now)

    async def wait(self, length: timedelta) -> list[Alarm]:
        """Time passes, with a look every minute; the alarms raised meanwhile."""
        raised: list[Alarm] = []
        until = self.now + length
        while self.now < until:
            self.now += MINUTE
            raised += (await self.look()).raised
        return raised

    async def alarms(self) -> list[Alarm]:
        async with tenant_tx(self.tenant.database, self.tenant.id) as tx:
            return await open_alarms(tx)

    async def history(self) -> list[Alarm]:
        async with tenant_tx(self.tenant.database, self.tenant.id) as tx:
            return await list_alarms(tx, before=LAST)


@pytest.fixture
async def tower(acme: Tenant) -> Watchtower:
    return Watchtower(acme)


@pytest.fixture
async def resources(settings: Settings) -> AsyncGenerator[Resources]:
    async with AsyncExitStack() as opened:
        yield Resources(settings, opened)


async def test_silence_is_raised_once_in_time_told_once_and_cleared_by_the_next_event(tower: Watchtower) -> None:
    feed = await tower.feed()
    await tower.live(feed, days=14, every=10)
    raised = await tower.wait(timedelta(minutes=120))
    assert [(alarm.kind, alarm.feed_id, alarm.since) for alarm in raised] == [("silent", feed.id, NOW - 10 * MINUTE)]
    assert 10 * MINUTE < raised[0].raised_at - raised[0].since <= 20 * MINUTE
    assert "silent since" in raised[0].words(feed.name)
    await tower.send(feed)
    cleared = (await tower.look()).cleared
    assert [(alarm.id, alarm.state, alarm.cleared_because) for alarm in cleared] == [
        (raised[0].id, "cleared", "recovered")
    ]
    assert (await tower.look()) == Watched(raised=[], cleared=[])
    assert await tower.history() == cleared
    async with tenant_tx(tower.tenant.database, tower.tenant.id) as tx:
        messages = await outbox.take(tx, topic=outbox.FEED_ALARM)
        actions = await tx.values(
            str, "select action from wf.audit_entries where action like 'feed.%alarm' order by seq"
        )
    assert len(messages) == 2
    assert len({message.key for message in messages}) == 1
    assert actions == ["feed.raise_alarm", "feed.clear_alarm"]


async def test_a_feed_that_is_quiet_at_night_is_not_missed_before_the_morning(tower: Watchtower) -> None:
    feed = await tower.feed()
    await tower.live(feed, days=21, every=5, start=8, stop=18)
    while tower.now.hour < 17 or tower.now.minute < 55:
        await tower.send(feed)
        tower.now += 5 * MINUTE
    await tower.send(feed)
    assert await tower.wait(timedelta(hours=14)) == []
    raised = await tower.wait(timedelta(minutes=30))
    assert [alarm.kind for alarm in raised] == ["silent"]


async def test_a_new_feed_raises_nothing_before_it_has_a_past(tower: Watchtower) -> None:
    await tower.feed("never-sent")
    await tower.live(await tower.feed("young"), days=2, every=1)
    assert await tower.wait(timedelta(hours=3)) == []


async def test_a_pause_for_maintenance_clears_and_silences(tower: Watchtower, superuser: Superuser) -> None:
    feed = await tower.feed()
    await tower.live(feed, days=14, every=10)
    assert len(await tower.wait(timedelta(minutes=30))) == 1
    await _set_state(tower, feed, "paused")
    assert [alarm.cleared_because for alarm in (await tower.look()).cleared] == ["paused"]
    assert await tower.wait(timedelta(hours=2)) == []
    await _set_state(tower, feed, "active")
    await superuser.execute("update wf.feeds set state_since = $1", tower.now)
    assert await tower.wait(timedelta(minutes=8)) == [], "silence is not counted from before the feed was resumed"
    assert len(await tower.wait(timedelta(minutes=12))) == 1


async def test_changing_its_state_is_remembered_with_its_time_and_nothing_else_is(
    tower: Watchtower, superuser: Superuser
) -> None:
    feed = await tower.feed()
    before = await superuser.fetchval("select state_since from wf.feeds")
    async with tenant_tx(tower.tenant.database, tower.tenant.id) as tx:
        await change_feed(tx, ACTOR, feed_id=feed.id, source_hint="windows", state="active")
    assert await superuser.fetchval("select state_since from wf.feeds") == before
    await _set_state(tower, feed, "paused")
    assert await superuser.fetchval("select state_since from wf.feeds") > before


async def _set_state(tower: Watchtower, feed: Feed, state: str) -> None:
    async with tenant_tx(tower.tenant.database, tower.tenant.id) as tx:
        await change_feed(
            tx, ACTOR, feed_id=feed.id, source_hint=None, state="paused" if state == "paused" else "active"
        )


async def test_an_option_says_how_long_a_feed_may_be_silent_before_it_has_a_past(
    tower: Watchtower, superuser: Superuser
) -> None:
    feed = await tower.feed(options=FeedOptions(expected_seconds=1800))
    await superuser.execute("update wf.feeds set state_since = $1", NOW)
    assert await tower.wait(timedelta(minutes=29)) == []
    (alarm,) = await tower.wait(timedelta(minutes=1))
    assert (alarm.feed_id, alarm.figures.usual_seconds) == (feed.id, 1800)


async def test_what_waits_in_our_own_queue_is_not_missed(tower: Watchtower, superuser: Superuser) -> None:
    feed = await tower.feed()
    await tower.live(feed, days=14, every=10)
    await superuser.execute(
        "insert into wf.intake_batches (tenant_id, id, feed_id, door, remote, user_agent, metadata, events, raw_bytes,"
        " body) values ($1, $2, $3, 'hec', '', '', '', 1, 1, '')",
        tower.tenant.id,
        BatchId(new_uuid()),
        feed.id,
    )
    assert await tower.wait(timedelta(hours=1)) == []
    await superuser.execute("delete from wf.intake_batches")
    assert len(await tower.wait(MINUTE)) == 1


async def test_a_drop_in_volume_late_misdated_and_unknown_events_are_raised_by_the_hour_and_cleared_by_a_good_one(
    tower: Watchtower,
) -> None:
    feeds = {name: await tower.feed(name) for name in ("volume", "lag", "clock", "unparsed")}
    for feed in feeds.values():
        await tower.live(feed, days=22, every=5)
    for good in (False, True):
        for _ in range(12):
            for name, feed in feeds.items():
                await tower.send(
                    feed,
                    events=50 if good or name != "volume" else 2,
                    lag=1.0 if good else {"lag": 4000.0, "clock": -4000.0}.get(name, 1.0),
                    unparsed=0 if good or name != "unparsed" else 30,
                )
            assert (await tower.look()).raised == []
            tower.now += 5 * MINUTE
        tower.now += 2 * MINUTE
        for feed in feeds.values():
            await tower.send(feed)
        seen = await tower.look()
        by_kind = {alarm.kind: alarm.feed_id for alarm in (seen.cleared if good else seen.raised)}
        assert by_kind == {name: feed.id for name, feed in feeds.items()}
        tower.now -= 2 * MINUTE
    assert await tower.alarms() == []


async def test_blind_hours_are_listed_exactly_and_one_that_is_filled_late_is_taken_back(tower: Watchtower) -> None:
    feed = await tower.feed()
    await tower.live(feed, days=21, every=10, start=8, stop=18)
    await tower.look()
    tower.now += timedelta(hours=23, minutes=5)  # nobody looked meanwhile
    await tower.look()

    async def blind() -> list[int]:
        async with tenant_tx(tower.tenant.database, tower.tenant.id) as tx:
            found = await select_blind_hours(tx, [feed.id], since=NOW, until=tower.now)
        assert all(hour.expected_events == 300 for hour in found)
        return [hour.hour.hour for hour in found]

    assert await blind() == [12, 13, 14, 15, 16, 17, 8, 9, 10]
    tower.now = NOW + timedelta(hours=2)
    await tower.send(feed)
    tower.now = NOW + timedelta(hours=24)
    assert await blind() == [12, 13, 15, 16, 17, 8, 9, 10]


async def test_silence_is_never_learned(tower: Watchtower) -> None:
    feed = await tower.feed()
    await tower.live(feed, days=14, every=10)
    assert len(await tower.wait(timedelta(minutes=30))) == 1
    tower.now += timedelta(days=60)
    async with tenant_tx(tower.tenant.database, tower.tenant.id) as tx:
        assert await learn_feeds(tx, at=tower.now) == 0
    assert await tower.look() == Watched(raised=[], cleared=[])
    assert [alarm.kind for alarm in await tower.alarms()] == ["silent"]


async def test_an_hours_figures_add_up_over_turns_and_duplicates_are_counted(tower: Watchtower) -> None:
    feed, recent = await tower.feed(), RecentKeys()
    keys = [bytes([number] * 16) for number in range(5)]
    first = msgspec.structs.replace(tower.batch(feed, NOW, 5, lag=2.0), keys=[*keys, keys[0]])
    again = msgspec.structs.replace(tower.batch(feed, NOW + 3 * MINUTE, 5, lag=100.0), keys=keys)
    for batches in ([first], [again]):
        async with tenant_tx(tower.tenant.database, tower.tenant.id) as tx:
            await count(tx, batches, worked_at=NOW + 4 * MINUTE, recent=recent)
        recent.remember(key for batch in batches for key in batch.keys)
    async with tenant_tx(tower.tenant.database, tower.tenant.id) as tx:
        for _ in range(2):
            await count_repeat(tx, feed.id, events=7)
        repeated, hour = await select_hours(tx, [feed.id], since=NOW - timedelta(days=31), until=NOW + 2 * HOUR)
    assert (hour.batches, hour.events, hour.duplicates, hour.repeats) == (2, 10, 6, 0)
    assert (repeated.batches, repeated.repeats, repeated.last_received_at) == (0, 14, None)
    assert hour.minutes == 0b1001
    assert hour.event_lag == list(tally([2.0] * 5 + [100.0] * 5))
    assert hour.work_lag == list(tally([240.0] * 5 + [60.0] * 5))
    assert hour.last_received_at == NOW + 3 * MINUTE


async def test_recent_identities_are_bounded() -> None:
    recent = RecentKeys(most=100)
    keys = [number.to_bytes(16, "big") for number in range(1000)]
    recent.remember(keys)
    assert all(key in recent for key in keys[-50:])
    assert sum(key in recent for key in keys) <= 100


async def test_an_alarm_becomes_an_incident_once_and_its_end_is_noted_there(
    tower: Watchtower, resources: Resources, count: Count
) -> None:
    feed = await tower.feed()
    await tower.live(feed, days=14, every=10)
    relay = Relay(open_feed_alarms(resources), resources)
    await tower.wait(timedelta(minutes=20))
    await relay.turn([tower.tenant.id])
    (alarm,) = await tower.alarms()
    assert alarm.incident_id is not None
    assert await count("wf.incidents where title = 'Feed silent' and severity = 'medium'") == 1
    await tower.send(feed)
    await tower.look()
    await relay.turn([tower.tenant.id])
    await relay.turn([tower.tenant.id])
    assert await count("wf.incident_timeline where kind = 'note'") == 1
    await tower.wait(timedelta(minutes=30))
    await relay.turn([tower.tenant.id])
    assert await count("wf.incidents") == 1, "a feed that flickers for a day is one incident"
    assert {alarm.incident_id for alarm in await tower.history()} == {alarm.incident_id}


async def test_a_feeds_option_says_how_severe_its_silence_is(
    tower: Watchtower, resources: Resources, count: Count
) -> None:
    feed = await tower.feed(options=FeedOptions(alarm_level="critical"))
    await tower.live(feed, days=14, every=10)
    await tower.wait(timedelta(minutes=20))
    await Relay(open_feed_alarms(resources), resources).turn([tower.tenant.id])
    assert await count("wf.incidents where severity = 'critical'") == 1


async def test_a_certificate_that_ends_soon_is_said_until_there_is_a_newer_one(
    tower: Watchtower, resources: Resources, superuser: Superuser
) -> None:
    feed = await tower.feed()
    chores = Chores(resources, consumers=[], clock=FixedClock(NOW))

    async def certify(days: int) -> list[str]:
        await superuser.execute(
            "insert into auth.feed_certificates (fingerprint, tenant_id, feed_id, subject, expires_at)"
            " values (sha256($1), $2, $3, '', $4)",
            str(days).encode(),
            tower.tenant.id,
            feed.id,
            NOW + timedelta(days=days),
        )
        await chores.watch_credentials()
        return [alarm.words(feed.name) for alarm in await tower.alarms()]

    (said,) = await certify(13)
    assert "The client certificate of the feed edr ends at" in said
    assert await certify(300) == []


async def test_the_workers_chores_learn_and_watch(
    tower: Watchtower, resources: Resources, superuser: Superuser
) -> None:
    feed = await tower.feed()
    await tower.live(feed, days=14, every=10)
    await superuser.execute("delete from wf.feed_trust")
    chores = Chores(resources, consumers=[], clock=FixedClock(NOW + 5 * MINUTE))
    await chores.learn_feeds()
    await chores.watch_feeds()
    assert await tower.alarms() == []
    await Chores(resources, consumers=[], clock=FixedClock(NOW + 19 * MINUTE)).watch_feeds()
    assert [alarm.feed_id for alarm in await tower.alarms()] == [feed.id]


@pytest.mark.slow
async def test_five_hundred_tenants_with_ten_feeds_each_are_looked_at_in_five_seconds(
    make_tenant: MakeTenant, superuser: Superuser, db_app: Database
) -> None:
    first = await make_tenant("ACME")
    tower = Watchtower(first)
    feed = await tower.feed()
    await tower.live(feed, days=28, every=10)
    profile = await superuser.fetchval("select profile from wf.feed_trust")
    await superuser.execute("delete from wf.feed_hours; delete from wf.feed_trust; delete from wf.feeds")
    await superuser.execute("set session_replication_role = replica")
    await superuser.execute(
        "insert into auth.tenants (id, slug, code, name, kind, state) select gen_random_uuid(), 't-' || i, 'T' || i,"
        " 'T', 'customer', 'active' from generate_series(1, 499) i"
    )
    await superuser.execute(
        "insert into wf.feeds (tenant_id, id, name, door) select t.id, gen_random_uuid(), 'f-' || i, 'hec'"
        " from auth.tenants t, generate_series(1, 10) i"
    )
    await superuser.execute(
        "insert into wf.feed_trust (tenant_id, feed_id, profile, learned_at, judged_until)"
        " select tenant_id, id, $1, $2, $2::timestamptz - interval '1 hour' from wf.feeds",
        profile,
        NOW,
    )
    await superuser.execute(
        "insert into wf.feed_hours (tenant_id, feed_id, hour, batches, events, raw_bytes, unparsed, quarantined,"
        " matches, minutes, last_received_at) select tenant_id, id, $1::timestamptz - i * interval '1 hour', 6, 300, 1,"
        " 0, 0, 0, 1, $1::timestamptz - interval '7 minutes' - (i - 1) * interval '1 hour'"
        " from wf.feeds, generate_series(1, 48) i",
        NOW,
    )
    await superuser.execute("vacuum analyze")
    tenants = await superuser.fetch("select id from auth.tenants")

    async def look(at: datetime) -> tuple[float, int]:
        began, raised = time.perf_counter(), 0
        for row in tenants:
            async with tenant_tx(db_app, row["id"]) as tx:
                raised += len((await watch(tx, at=at)).raised)
        return time.perf_counter() - began, raised

    hourly, nothing = await look(NOW + 2 * MINUTE)
    quiet, still_nothing = await look(NOW + 3 * MINUTE)
    print(f"500 tenants x 10 feeds: {quiet:.2f} s a look, {hourly:.2f} s once an hour")  # noqa: T201 - the figure
    assert (nothing, still_nothing) == (0, 0)
    assert hourly < 5
    assert quiet < 5
