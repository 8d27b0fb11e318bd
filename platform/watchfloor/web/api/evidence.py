"""`/tenants/{tenant}/alerts`: what rules fired on, with the evidence."""

from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter

from watchfloor.access.roles import Permission
from watchfloor.alerts import listing
from watchfloor.alerts.alert import Severity
from watchfloor.kernel import ids
from watchfloor.kernel.ids import AlertId
from watchfloor.normalise.event import EntityKind
from watchfloor.web.api.given import IN_TENANT, Cursor, InTenant, Page, PageSize
from watchfloor.web.cursors import ByTime
from watchfloor.web.declaration import in_tenant

LAST_MOMENT: Final = datetime.max.replace(tzinfo=UTC)
LAST_ID: Final = UUID(int=2**128 - 1)

_ALERTS: Final = "alerts"
_AlertName = Annotated[str, PathParameter(description="An alert's id (`alr_...`).", max_length=64)]


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


ROUTES: list[HTTPRouteHandler] = [list_alerts, read_alert]


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
