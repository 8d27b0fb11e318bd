"""A connector as people see it, at a terminal and over the API: how it is, its streams, strangers, no secrets."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal, TypeAlias

import msgspec

from watchfloor.feeds.connectors.catalogue import Catalogue
from watchfloor.feeds.connectors.connector import Tier
from watchfloor.feeds.connectors.instances import queries
from watchfloor.feeds.connectors.instances.registry import Instance
from watchfloor.feeds.connectors.instances.standing import Health, Standing, standings
from watchfloor.feeds.feed import FeedState
from watchfloor.kernel import ids
from watchfloor.kernel.db import TenantTx

STRANGERS_SHOWN: Final = 100

Overall: TypeAlias = Literal["ok", "waiting", "behind", "stopped", "failing", "off", "paused"]

_WORST: Final[tuple[Overall, ...]] = ("stopped", "behind", "failing", "waiting", "ok")


class FaultView(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong last, since when, and what to do."""

    code: str
    message: str
    where: str | None
    remedy: str | None
    since: datetime | None


class StreamView(msgspec.Struct, frozen=True, kw_only=True):
    """A stream, or a backfill of one if it has a window.

    `reached_at` is when it last had all that there was, `late_seconds` for how long nobody has seen all that happened,
    `behind_seconds` how much was known to wait when it was last asked.
    """

    name: str
    title: str
    health: Health
    window_start: datetime | None
    window_end: datetime | None
    late_seconds: float | None
    behind_seconds: float | None
    due_at: datetime | None
    reached_at: datetime | None
    stored_at: datetime | None
    newest_at: datetime | None
    records: int
    repeats: int
    pages: int
    fault: FaultView | None


class StrangerView(msgspec.Struct, frozen=True, kw_only=True):
    """A foreign account whose records were seen, as often as they were seen, and not stored."""

    account: str
    stream: str
    place: str
    records: int
    first_at: datetime
    last_at: datetime


class ConnectorView(msgspec.Struct, frozen=True, kw_only=True):
    """A connector of a tenant. `id` is that of its feed. Of secrets there are names only."""

    id: str
    name: str
    connector: str
    title: str
    tier: Tier | None
    state: FeedState
    health: Overall
    late_seconds: float | None
    settings: dict[str, str]
    secrets: list[str]
    secrets_at: datetime
    retry_at: datetime | None
    created_at: datetime
    streams: list[StreamView]
    strangers: list[StrangerView]


async def overview(
    tx: TenantTx, instances: Sequence[Instance], catalogue: Catalogue, *, at: datetime
) -> list[ConnectorView]:
    """These connectors, without their strangers."""
    rows = await queries.select_streams(tx, [instance.feed.id for instance in instances])
    return [
        _view(instance, [row for row in rows if row.feed_id == instance.feed.id], catalogue, at, [])
        for instance in instances
    ]


async def inspect(tx: TenantTx, instance: Instance, catalogue: Catalogue, *, at: datetime) -> ConnectorView:
    """One connector with all that is known of it."""
    rows = await queries.select_streams(tx, [instance.feed.id])
    strangers = await queries.select_strangers(tx, instance.feed.id, limit=STRANGERS_SHOWN)
    return _view(instance, rows, catalogue, at, strangers)


def _view(
    instance: Instance,
    rows: Sequence[queries.StreamRow],
    catalogue: Catalogue,
    at: datetime,
    strangers: Sequence[queries.StrangerRow],
) -> ConnectorView:
    feed, row = instance.feed, instance.row
    connector = catalogue.get(row.kind)
    is_active = feed.state == "active"
    found = standings(rows, catalogue, row.kind, is_active=is_active, at=at)
    late = [one.late_seconds for one in found if one.late_seconds is not None]
    return ConnectorView(
        id=ids.show("feed", feed.id),
        name=feed.name,
        connector=row.kind,
        title=row.kind if connector is None else connector.manifest.title,
        tier=None if connector is None else connector.manifest.tier,
        state=feed.state,
        health=_overall(found) if is_active else "paused",
        late_seconds=max(late, default=None),
        settings=dict(instance.told.settings),
        secrets=sorted(instance.told.secrets),
        secrets_at=row.secrets_at,
        retry_at=row.retry_at if row.retry_at is not None and row.retry_at > at else None,
        created_at=row.created_at,
        streams=[_stream(one) for one in found],
        strangers=[msgspec.convert(one, StrangerView, from_attributes=True) for one in strangers],
    )


def _overall(found: Sequence[Standing]) -> Overall:
    there: set[str] = {one.health for one in found if one.row.window_start is None}
    for health in _WORST:
        if health in there:
            return health
    return "off"


def _stream(one: Standing) -> StreamView:
    row = one.row
    fault = None
    if row.fault is not None:
        fault = FaultView(
            code=row.fault,
            message=row.fault_message or "",
            where=row.fault_where,
            remedy=row.fault_remedy,
            since=row.fault_at,
        )
    return StreamView(
        name=row.name,
        title=one.title,
        health=one.health,
        window_start=row.window_start,
        window_end=row.window_end,
        late_seconds=one.late_seconds,
        behind_seconds=row.behind_seconds,
        due_at=row.due_at if row.state == "active" else None,
        reached_at=row.reached_at,
        stored_at=row.stored_at,
        newest_at=row.newest_at,
        records=row.records,
        repeats=row.repeats,
        pages=row.pages,
        fault=fault,
    )
