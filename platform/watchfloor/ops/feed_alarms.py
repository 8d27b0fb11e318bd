"""From a feed's alarm to an incident, as from any match: the platform's rules, the tenant's overlay, alert, incident.

Takes the messages of the feed watch off the outbox. A cleared alarm leaves a note on its incident; closing it is for
people. An alarm is told once, however often its message comes.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from watchfloor.access.roles import Permission
from watchfloor.audit.append import Actor
from watchfloor.desk import work
from watchfloor.detect.engine import PlainEngine
from watchfloor.feeds.alarms.alarm import Alarm, find_alarm
from watchfloor.feeds.alarms.queries import attach_incident
from watchfloor.feeds.feed import Feed
from watchfloor.feeds.registry import get_feed
from watchfloor.kernel import ids
from watchfloor.kernel.crypto import TenantCipher
from watchfloor.kernel.db import Role, TenantTx
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import AlarmId, IncidentId, TenantId
from watchfloor.kernel.outbox import FEED_ALARM, INCIDENT_CHANGED
from watchfloor.kernel.queries import Message
from watchfloor.normalise.event import Event, FieldValue, LogSource
from watchfloor.ops.consumers import Resources
from watchfloor.ops.pipeline_alerting import Alerting
from watchfloor.ops.platform_rules import platform_engine
from watchfloor.paging.pages import PAGES

_SOURCE: Final = LogSource(product="watchfloor", service="feeds")
_NOTES: Final = frozenset({Permission.INCIDENT_READ, Permission.INCIDENT_NOTE})


class FeedAlarms:
    """The consumer of feed alarms."""

    name = "feed_alarms"
    topic = FEED_ALARM
    role = Role.APP
    batch = 20

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._alerting = Alerting(platform_engine())

    async def handle(self, tx: TenantTx, message: Message) -> None:
        """Opens what the alarm is worth; notes on it that the alarm is cleared. Of a feed that is gone, nothing."""
        try:
            alarm = await find_alarm(tx, AlarmId(ids.parse("fal", message.key)))
            feed = await get_feed(tx, alarm.feed_id)
        except NotFound:
            return
        cipher = await self._resources.keyring.cipher(tx)
        incident_id = alarm.incident_id or await self._open(tx, cipher, feed, alarm)
        if incident_id is not None and alarm.cleared_at is not None:
            await _note(tx, cipher, feed, alarm, incident_id)

    async def committed(self, tenant_id: TenantId, messages: Sequence[Message]) -> None:
        """Says that incidents changed."""
        del messages  # the incidents' own messages say which
        await self._resources.wake.hint(INCIDENT_CHANGED, tenant_id)
        await self._resources.wake.hint(PAGES, tenant_id)

    async def _open(self, tx: TenantTx, cipher: TenantCipher, feed: Feed, alarm: Alarm) -> IncidentId | None:
        """The incident that the alarm is part of; None when the tenant has switched the rule off."""
        event = _event(feed, alarm)
        alerting = self._at_level(feed)
        matches = alerting.engine.match([event])
        alerted = await alerting.alert(tx, cipher, events=[event], matches=matches, at=alarm.raised_at)
        if not alerted.incidents:
            return None
        await attach_incident(tx, alarm.id, alerted.incidents[0])
        return alerted.incidents[0]

    def _at_level(self, feed: Feed) -> Alerting:
        """The way to incidents, with the level that the feed's options ask for."""
        level = feed.options.alarm_level
        if level is None:
            return self._alerting
        rules = [msgspec.structs.replace(rule, level=level) for rule in self._alerting.engine.rules]
        return self._alerting.with_rules(PlainEngine(rules))


def open_feed_alarms(resources: Resources) -> FeedAlarms:
    """The consumer, for the worker."""
    return FeedAlarms(resources)


def _event(feed: Feed, alarm: Alarm) -> Event:
    """The alarm as an event of the platform's own log."""
    fields: dict[str, FieldValue] = {
        "Alarm": alarm.kind,
        "Feed": feed.name,
        "FeedId": ids.show("feed", feed.id),
        "Door": feed.door,
        "Since": alarm.since.isoformat(),
        "RaisedAt": alarm.raised_at.isoformat(),
    }
    fields |= msgspec.to_builtins(alarm.figures)
    words = alarm.words(feed.name)
    return Event(
        key=hashlib.sha256(b"feed alarm" + alarm.id.bytes).digest()[:16],
        source="watchfloor.feeds",
        logsources=(_SOURCE,),
        time=alarm.raised_at,
        time_quality="parsed",
        received_at=alarm.raised_at,
        fields=fields,
        entities=(),
        summary=words,
        raw=words.encode(),
        parser="watchfloor/1",
    )


async def _note(tx: TenantTx, cipher: TenantCipher, feed: Feed, alarm: Alarm, incident_id: IncidentId) -> None:
    shown = ids.show("fal", alarm.id)
    actor = Actor(kind="system", id="feed-watch", role="system", request_id=shown)
    text = f"The feed {feed.name} was paused." if alarm.cleared_because == "paused" else _recovered(feed, alarm)
    await work.note(tx, cipher, actor, _NOTES, incident=ids.show("inc", incident_id), text=text)


def _recovered(feed: Feed, alarm: Alarm) -> str:
    return f"The feed {feed.name} is well again since {_minute(alarm.cleared_at)} ({alarm.kind})."


def _minute(at: datetime | None) -> str:
    return "now" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"
