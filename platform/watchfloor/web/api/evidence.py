"""`/tenants/{tenant}/alerts`, `/feeds`, `/quarantine`: what came in, what it was taken for, what could not be read."""

import base64
from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter

from watchfloor.access.principal import NOBODY_HERE
from watchfloor.access.roles import Permission
from watchfloor.alerts import listing
from watchfloor.alerts.alert import Severity
from watchfloor.feeds.feed import Door, FeedState
from watchfloor.feeds.registry import list_feeds
from watchfloor.kernel import ids
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import AlertId, FeedId
from watchfloor.normalise.event import EntityKind
from watchfloor.web.api import queries
from watchfloor.web.api.given import IN_TENANT, Cursor, InTenant, Page, PageSize
from watchfloor.web.cursors import ById, ByTime
from watchfloor.web.declaration import in_tenant

LAST_MOMENT: Final = datetime.max.replace(tzinfo=UTC)
LAST_ID: Final = UUID(int=2**128 - 1)

_ALERTS: Final = "alerts"
_QUARANTINE: Final = "quarantine"
_AlertName = Annotated[str, PathParameter(description="An alert's id (`alr_...`).", max_length=64)]
_QuarantineName = Annotated[str, PathParameter(description="The id of what was put aside (`qua_...`).", max_length=64)]


class AlertLine(msgspec.Struct, frozen=True, kw_only=True):
    """An alert. `events` counts those that it is made of.

    `held_alerts` is null but for the standing alert of a throttled rule: how many alerts it stands for.
    """

    id: str
    rule: str
    title: str
    severity: Severity
    techniques: list[str]
    first_seen: datetime
    last_seen: datetime
    created_at: datetime
    events: int
    held_alerts: int | None
    incident: str | None


class EntityView(msgspec.Struct, frozen=True, kw_only=True):
    """A thing that an event names."""

    kind: EntityKind
    value: str


class EventView(msgspec.Struct, frozen=True, kw_only=True):
    """An event that is kept whole."""

    key: str
    at: datetime
    source: str
    summary: str
    fields: dict[str, object]


class AlertView(msgspec.Struct, frozen=True, kw_only=True):
    """An alert with the rule that fired, what it concerns, and the first of its events."""

    alert: AlertLine
    why: str
    false_positives: list[str]
    runbook: list[str]
    author: str
    licence: str
    link: str | None
    entities: list[EntityView]
    evidence: list[EventView]


class FeedView(msgspec.Struct, frozen=True, kw_only=True):
    """A feed, with its last 24 hours."""

    id: str
    name: str
    door: Door
    source_hint: str | None
    state: FeedState
    batches: int
    events: int
    unparsed: int
    quarantined: int
    matches: int
    last_event_at: datetime | None


class QuarantineLine(msgspec.Struct, frozen=True, kw_only=True):
    """Something that could not be read, and why. `event_index` is its place in its batch, -1 for all of it."""

    id: str
    feed: str
    event_index: int
    code: str
    reason: str
    received_at: datetime


class QuarantineView(msgspec.Struct, frozen=True, kw_only=True):
    """Something that could not be read, with its bytes."""

    line: QuarantineLine
    body_base64: str


@get("/alerts", access=in_tenant(Permission.ALERT_READ, "alert"), dependencies=IN_TENANT, tags=["alerts"])
async def list_alerts(call: InTenant, cursor: Cursor = None, limit: PageSize = 50) -> Page[AlertLine]:
    """Alerts, the newest first."""
    place = ByTime(LAST_MOMENT, LAST_ID)
    if cursor is not None:
        place = call.services.cursors.read(call.tenant_id, _ALERTS, cursor, ByTime)
    async with call.records() as tx:
        found = await listing.list_alerts(tx, before=(place.at, AlertId(place.id)), limit=limit + 1)
    more = None
    if len(found) > limit:
        last = found[limit - 1]
        more = call.services.cursors.make(call.tenant_id, _ALERTS, ByTime(last.created_at, last.id))
    return Page(items=[_alert(alert) for alert in found[:limit]], next_cursor=more)


@get("/alerts/{alert:str}", access=in_tenant(Permission.ALERT_READ, "alert"), dependencies=IN_TENANT, tags=["alerts"])
async def read_alert(call: InTenant, alert: _AlertName) -> AlertView:
    """An alert with its evidence."""
    alert_id = AlertId(ids.parse("alr", alert))
    async with call.records() as tx:
        cipher = await call.cipher(tx)
        found = await listing.find_alert(tx, alert_id)
        entities = await listing.entities_of(tx, cipher, alert_id)
        events = await listing.evidence_of(tx, cipher, alert_id)
    return AlertView(
        alert=_alert(found),
        why=found.rule.why,
        false_positives=list(found.rule.false_positives),
        runbook=list(found.rule.runbook),
        author=found.rule.author,
        licence=found.rule.licence,
        link=found.rule.link,
        entities=[EntityView(kind=entity.kind, value=entity.value) for entity in entities],
        evidence=[_event(event) for event in events],
    )


@get("/feeds", access=in_tenant(Permission.FEED_READ, "feed"), dependencies=IN_TENANT, tags=["feeds"])
async def list_tenant_feeds(call: InTenant) -> list[FeedView]:
    """The feeds, with what they brought in the last 24 hours."""
    async with call.records() as tx:
        feeds = await list_feeds(tx)
        figures = {row.feed_id: row for row in await queries.select_feed_figures(tx)}
    nothing = queries.FeedFigures(
        feed_id=LAST_ID, batches=0, events=0, unparsed=0, quarantined=0, matches=0, last_event_at=None
    )
    views: list[FeedView] = []
    for feed in feeds:
        day = figures.get(feed.id, nothing)
        views.append(
            FeedView(
                id=ids.show("feed", feed.id),
                name=feed.name,
                door=feed.door,
                source_hint=feed.source_hint,
                state=feed.state,
                batches=day.batches,
                events=day.events,
                unparsed=day.unparsed,
                quarantined=day.quarantined,
                matches=day.matches,
                last_event_at=day.last_event_at,
            )
        )
    return views


@get("/quarantine", access=in_tenant(Permission.QUARANTINE_READ, "quarantine"), dependencies=IN_TENANT, tags=["feeds"])
async def list_quarantine(call: InTenant, cursor: Cursor = None, limit: PageSize = 50) -> Page[QuarantineLine]:
    """What could not be read, the newest first."""
    place = ById(LAST_ID)
    if cursor is not None:
        place = call.services.cursors.read(call.tenant_id, _QUARANTINE, cursor, ById)
    async with call.records() as tx:
        rows = await queries.select_quarantine(tx, before=place.id, limit=limit + 1)
    more = None
    if len(rows) > limit:
        more = call.services.cursors.make(call.tenant_id, _QUARANTINE, ById(rows[limit - 1].id))
    return Page(items=[_quarantine(row) for row in rows[:limit]], next_cursor=more)


@get(
    "/quarantine/{quarantine:str}",
    access=in_tenant(Permission.QUARANTINE_READ, "quarantine"),
    dependencies=IN_TENANT,
    tags=["feeds"],
)
async def read_quarantined(call: InTenant, quarantine: _QuarantineName) -> QuarantineView:
    """What could not be read, with its bytes."""
    quarantine_id = ids.parse("qua", quarantine)
    async with call.records() as tx:
        row = await queries.select_quarantined(tx, quarantine_id)
        if row is None:
            raise NotFound(NOBODY_HERE)
        body = (await call.cipher(tx)).open_(row.body, table="quarantine", column="body", row=row.id)
    return QuarantineView(line=_quarantine(row), body_base64=base64.b64encode(body).decode())


ROUTES: list[HTTPRouteHandler] = [list_alerts, read_alert, list_tenant_feeds, list_quarantine, read_quarantined]


def _alert(alert: listing.Alert) -> AlertLine:
    return AlertLine(
        id=ids.show("alr", alert.id),
        rule=alert.rule.id,
        title=alert.rule.title,
        severity=alert.severity,
        techniques=list(alert.rule.techniques),
        first_seen=alert.first_seen,
        last_seen=alert.last_seen,
        created_at=alert.created_at,
        events=alert.match_count,
        held_alerts=alert.held_keys,
        incident=None if alert.incident_id is None else ids.show("inc", alert.incident_id),
    )


def _event(event: listing.AlertEvent) -> EventView:
    return EventView(
        key=event.key.hex(),
        at=event.occurred_at,
        source=event.source,
        summary=event.evidence.summary,
        fields=dict(event.evidence.fields),
    )


def _quarantine(row: queries.QuarantineRow | queries.QuarantinedRow) -> QuarantineLine:
    return QuarantineLine(
        id=ids.show("qua", row.id),
        feed=ids.show("feed", FeedId(row.feed_id)),
        event_index=row.event_index,
        code=row.code,
        reason=row.reason,
        received_at=row.received_at,
    )
