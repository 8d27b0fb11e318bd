"""E01 log coverage, E04 clocks, E27 network: which feeds brought what they should, and when they were silent.

Silence is counted in whole hours of receipt: from the beginning of the period (or since the feed is switched on) to its
first hour with events, between two such hours, and from the last one to the end.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Final
from uuid import UUID

from watchfloor.controls.measurement import Measurement, Member, Scene, nothing, share
from watchfloor.controls.period import local_day
from watchfloor.controls.result import Gap
from watchfloor.controls.sources import queries
from watchfloor.controls.sources.queries import FeedRow, SilenceRow
from watchfloor.feeds.trust.learning import HOURS_KEPT
from watchfloor.kernel import ids
from watchfloor.kernel.db import TenantTx

MOST_SILENT: Final = timedelta(hours=24)

_HOUR: Final = timedelta(hours=1)
_CRITICAL: Final = ("high", "critical")
_CATEGORIES: Final = ("firewall", "dns", "dns_query", "proxy", "network_connection", "webserver", "ids")
_PRODUCTS: Final = ("zeek", "suricata", "paloalto", "fortinet", "cisco", "huawei", "juniper")
_SERVICES: Final = ("vpcflow", "flow", "dns", "conn")


async def measure(tx: TenantTx, scene: Scene) -> list[Measurement]:
    """The share of feeds that reported, of the critical ones, of those with network records; and of right clocks."""
    feeds = [row for row in await queries.select_feeds(tx, until=scene.until) if _must_log(row)]
    silences = {
        row.feed_id: row for row in await queries.select_silences(tx, begin=scene.period.begin, until=scene.until)
    }
    gaps = _gaps(scene, feeds)
    critical = [feed for feed in feeds if feed.alarm_level in _CRITICAL]
    network = await _network(tx, scene)
    measured = {
        ("E01", "sources"): feeds,
        ("E01", "critical_sources"): critical,
        ("E27", "network_sources"): [feed for feed in feeds if feed.id in network],
    }
    found: list[Measurement] = []
    for (kind, metric), population in measured.items():
        if population:
            found.append(share(scene, kind, metric, _members(scene, population, silences), gaps))
        else:
            found.append(nothing(scene, kind, metric, "no_source"))
    return [*found, await _clocks(tx, scene, feeds, silences, gaps)]


def longest_silence(scene: Scene, feed: FeedRow, seen: SilenceRow | None) -> timedelta:
    """How long a feed was silent at most, as far as it was switched on in the period."""
    begin = max(scene.period.begin, feed.created_at, feed.state_since)
    if seen is None or seen.last_hour + _HOUR <= begin:
        return max(scene.until - begin, timedelta())
    edges = (seen.first_hour - begin, scene.until - (seen.last_hour + _HOUR))
    return max(seen.longest, *edges, timedelta())


def _must_log(feed: FeedRow) -> bool:
    return feed.state == "active" and not feed.is_backfill


def _members(scene: Scene, feeds: Iterable[FeedRow], silences: dict[UUID, SilenceRow]) -> Iterable[Member]:
    for feed in feeds:
        seen = silences.get(feed.id)
        silence = longest_silence(scene, feed, seen)
        name = ids.show("feed", feed.id)
        if silence <= MOST_SILENT:
            if seen is not None:
                yield Member(id=name)
            continue
        if seen is None:
            yield Member(id=name, codes=("never_seen",))
        else:
            yield Member(id=name, codes=("silent",), detail=str(int(silence.total_seconds() // 3600)))


def _gaps(scene: Scene, feeds: list[FeedRow]) -> tuple[Gap, ...]:
    begins = min((feed.created_at for feed in feeds), default=scene.period.begin)
    begins = max(begins, scene.now - HOURS_KEPT)
    if begins <= scene.period.begin:
        return ()
    return (Gap(code="begins_before_records", detail=local_day(begins, scene.period.time_zone).isoformat()),)


async def _network(tx: TenantTx, scene: Scene) -> frozenset[UUID]:
    found = await queries.select_network_feeds(
        tx, first=scene.period.first, until=scene.period.until, sources=(_CATEGORIES, _PRODUCTS, _SERVICES)
    )
    return frozenset(found)


async def _clocks(
    tx: TenantTx, scene: Scene, feeds: list[FeedRow], silences: dict[UUID, SilenceRow], gaps: tuple[Gap, ...]
) -> Measurement:
    ahead = {row.feed_id: row for row in await queries.select_ahead(tx, begin=scene.period.begin, until=scene.until)}
    zone = scene.period.time_zone
    return share(
        scene,
        "E04",
        "clocks",
        [
            Member(
                id=ids.show("feed", feed.id),
                codes=("clock_off",) if feed.id in ahead else (),
                detail=local_day(ahead[feed.id].raised_at, zone).isoformat() if feed.id in ahead else "",
            )
            for feed in feeds
            if feed.id in silences
        ],
        gaps,
    )
