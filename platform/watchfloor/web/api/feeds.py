"""`/tenants/{tenant}/feeds`: how each feed is, what it brought hour by hour, its alarms, and the clients we know."""

from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter, QueryParameter

from watchfloor.access.roles import Permission
from watchfloor.feeds.alarms.alarm import Alarm, list_alarms
from watchfloor.feeds.alarms.queries import AlarmKind, AlarmState, ClearedBecause
from watchfloor.feeds.enrolment.clients import known_clients
from watchfloor.feeds.enrolment.enrol import find_feed
from watchfloor.feeds.feed import Door, FeedOptions, FeedState
from watchfloor.feeds.health import FeedHealth, Lag, Standing, health_of, health_of_feeds, trust_of
from watchfloor.feeds.registry import list_feeds
from watchfloor.feeds.trust.histogram import BUCKETS
from watchfloor.feeds.trust.queries import Hour
from watchfloor.kernel import ids
from watchfloor.kernel.ids import AlarmId
from watchfloor.web.api.given import IN_TENANT, Cursor, InTenant, Page, PageSize
from watchfloor.web.cursors import ById
from watchfloor.web.declaration import in_tenant

LONGEST_DAYS: Final = 400
FeedName = Annotated[str, PathParameter(description="A feed's id (`feed_...`) or its name.", max_length=64)]

_ALARMS: Final = "feed_alarms"
_LAST_ID: Final = UUID(int=2**128 - 1)
_Days = Annotated[int, QueryParameter(description="How many days to look back.", ge=1, le=LONGEST_DAYS)]


class AlarmView(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm about a feed. `since` is when the trouble began, `raised_at` when it was noticed."""

    id: str
    feed: str
    kind: AlarmKind
    state: AlarmState
    text: str
    since: datetime
    raised_at: datetime
    cleared_at: datetime | None
    cleared_because: ClearedBecause | None
    incident: str | None


class FeedView(msgspec.Struct, frozen=True, kw_only=True):
    """A feed with its last 24 hours beside what is usual.

    `health`: ok, alarm, learning (too new to be judged), waiting (nothing came yet), paused. `expected_events` is what
    24 hours usually bring, `usual_seconds` how long the feed is usually silent at most at this time; null while that
    is not known. `repeats` are events of requests that were stored before, `duplicates` events that came in another
    request, `refused` requests that were turned away for want of room, `dropped` their events as far as they had been
    read. `event_lag` runs from an event's own time to its receipt, `work_lag` from there until rules have seen it, in
    seconds. `blind_hours` counts those of seven days in which the feed usually sends and brought nothing.
    """

    id: str
    name: str
    door: Door
    source_hint: str | None
    state: FeedState
    options: FeedOptions
    health: Standing
    batches: int
    events: int
    expected_events: int | None
    unparsed: int
    quarantined: int
    matches: int
    duplicates: int
    repeats: int
    refused: int
    dropped: int
    event_lag: Lag
    work_lag: Lag
    first_event_at: datetime | None
    last_event_at: datetime | None
    last_received_at: datetime | None
    usual_seconds: int | None
    silent_since: datetime | None
    blind_hours: int
    alarms: list[AlarmView]


class HourView(msgspec.Struct, frozen=True, kw_only=True):
    """What a feed brought in an hour of receipt."""

    hour: datetime
    batches: int
    events: int
    bytes: int
    unparsed: int
    quarantined: int
    matches: int
    duplicates: int
    repeats: int
    event_lag: Lag
    work_lag: Lag


class RefusedView(msgspec.Struct, frozen=True, kw_only=True):
    """What was turned away in an hour, and why."""

    hour: datetime
    cause: str
    requests: int
    events: int
    bytes: int


class BlindView(msgspec.Struct, frozen=True, kw_only=True):
    """An hour in which a feed that usually sends brought nothing."""

    hour: datetime
    expected_events: int


class TrustView(msgspec.Struct, frozen=True, kw_only=True):
    """The trust ledger of a feed. An hour without a row is one in which nothing came.

    `usual_events` and `usual_seconds` are by hour of the week, from Monday 00:00 UTC on: the usual number of events,
    and how long the feed is usually silent at most, 0 where it is usually quiet; null while the feed is too new.
    `event_lags` counts events by lag in buckets whose upper bounds double from a sixteenth of a second on; the first
    one counts those from the future.
    """

    feed: str
    since: datetime
    until: datetime
    learned_at: datetime | None
    usual_events: list[int] | None
    usual_seconds: list[int] | None
    events: int
    event_lag: Lag
    work_lag: Lag
    event_lags: list[int]
    hours: list[HourView]
    refused: list[RefusedView]
    blind_hours: list[BlindView]


class ClientLine(msgspec.Struct, frozen=True, kw_only=True):
    """A client that can be connected."""

    client: str
    title: str
    door: Door


@get("/feeds", access=in_tenant(Permission.FEED_READ, "feed"), dependencies=IN_TENANT, tags=["feeds"])
async def list_tenant_feeds(call: InTenant) -> list[FeedView]:
    """The feeds, with their health and what they brought in the last 24 hours."""
    async with call.records() as tx:
        return [feed_view(one) for one in await health_of_feeds(tx, at=call.services.clock.now())]


@get("/feeds/clients", access=in_tenant(Permission.FEED_READ, "feed"), dependencies=IN_TENANT, tags=["feeds"])
async def list_clients(call: InTenant) -> list[ClientLine]:
    """The clients that a feed can be made for."""
    del call  # they are the same for everybody
    return [ClientLine(client=one.name, title=one.title, door=one.door) for one in known_clients().values()]


@get("/feeds/alarms", access=in_tenant(Permission.FEED_READ, "feed"), dependencies=IN_TENANT, tags=["feeds"])
async def list_feed_alarms(call: InTenant, cursor: Cursor = None, limit: PageSize = 50) -> Page[AlarmView]:
    """The alarms about feeds, raised and cleared, the newest first."""
    place = ById(_LAST_ID)
    if cursor is not None:
        place = call.services.cursors.read(call.tenant_id, _ALARMS, cursor, ById)
    async with call.records() as tx:
        found = await list_alarms(tx, before=AlarmId(place.id), limit=limit + 1)
        names = {feed.id: feed.name for feed in await list_feeds(tx)}
    more = None
    if len(found) > limit:
        more = call.services.cursors.make(call.tenant_id, _ALARMS, ById(found[limit - 1].id))
    return Page(items=[_alarm(alarm, names[alarm.feed_id]) for alarm in found[:limit]], next_cursor=more)


@get("/feeds/{feed:str}", access=in_tenant(Permission.FEED_READ, "feed"), dependencies=IN_TENANT, tags=["feeds"])
async def read_feed(call: InTenant, feed: FeedName) -> FeedView:
    """A feed, with its health and what it brought in the last 24 hours."""
    async with call.records() as tx:
        found = await find_feed(tx, feed)
        return feed_view(await health_of(tx, found.id, at=call.services.clock.now()))


@get("/feeds/{feed:str}/trust", access=in_tenant(Permission.FEED_READ, "feed"), dependencies=IN_TENANT, tags=["feeds"])
async def read_trust(call: InTenant, feed: FeedName, days: _Days = 7) -> TrustView:
    """The trust ledger of a feed: its hours, its blind hours, its lag, and what is usual."""
    until = call.services.clock.now()
    async with call.records() as tx:
        found = await find_feed(tx, feed)
        trust = await trust_of(tx, found.id, since=until - timedelta(days=days), until=until)
    usual = trust.profile
    return TrustView(
        feed=ids.show("feed", found.id),
        since=until - timedelta(days=days),
        until=until,
        learned_at=trust.learned_at,
        usual_events=None if usual is None else usual.events,
        usual_seconds=None if usual is None else usual.interval,
        events=trust.sums.events,
        event_lag=trust.sums.event_lag,
        work_lag=trust.sums.work_lag,
        event_lags=_sum(trust.hours),
        hours=[_hour(hour) for hour in trust.hours],
        refused=[
            RefusedView(hour=one.hour, cause=one.cause, requests=one.requests, events=one.events, bytes=one.raw_bytes)
            for one in trust.refused
        ],
        blind_hours=[BlindView(hour=one.hour, expected_events=one.expected_events) for one in trust.blind],
    )


ROUTES: list[HTTPRouteHandler] = [list_tenant_feeds, list_clients, list_feed_alarms, read_feed, read_trust]


def feed_view(one: FeedHealth) -> FeedView:
    """A feed as the API shows it."""
    feed, day = one.feed, one.day
    return FeedView(
        id=ids.show("feed", feed.id),
        name=feed.name,
        door=feed.door,
        source_hint=feed.source_hint,
        state=feed.state,
        options=feed.options,
        health=one.standing,
        batches=day.batches,
        events=day.events,
        expected_events=one.expected_events,
        unparsed=day.unparsed,
        quarantined=day.quarantined,
        matches=day.matches,
        duplicates=day.duplicates,
        repeats=day.repeats,
        refused=day.refused,
        dropped=day.dropped,
        event_lag=day.event_lag,
        work_lag=day.work_lag,
        first_event_at=day.first_event_at,
        last_event_at=day.last_event_at,
        last_received_at=one.last_received_at,
        usual_seconds=one.usual_seconds,
        silent_since=one.silent_since,
        blind_hours=one.blind_hours,
        alarms=[_alarm(alarm, feed.name) for alarm in one.alarms],
    )


def _alarm(alarm: Alarm, feed: str) -> AlarmView:
    return AlarmView(
        id=ids.show("fal", alarm.id),
        feed=ids.show("feed", alarm.feed_id),
        kind=alarm.kind,
        state=alarm.state,
        text=alarm.words(feed),
        since=alarm.since,
        raised_at=alarm.raised_at,
        cleared_at=alarm.cleared_at,
        cleared_because=alarm.cleared_because,
        incident=None if alarm.incident_id is None else ids.show("inc", alarm.incident_id),
    )


def _hour(hour: Hour) -> HourView:
    return HourView(
        hour=hour.hour,
        batches=hour.batches,
        events=hour.events,
        bytes=hour.raw_bytes,
        unparsed=hour.unparsed,
        quarantined=hour.quarantined,
        matches=hour.matches,
        duplicates=hour.duplicates,
        repeats=hour.repeats,
        event_lag=Lag.of(hour.event_lag or ()),
        work_lag=Lag.of(hour.work_lag or ()),
    )


def _sum(hours: list[Hour]) -> list[int]:
    lags = [hour.event_lag for hour in hours if hour.event_lag is not None]
    return [sum(counts) for counts in zip(*lags, strict=True)] if lags else [0] * BUCKETS
