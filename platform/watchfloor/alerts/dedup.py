"""Which alert an event belongs to: pure decisions over spans of time.

An alert's span goes from its first to its last event. An event belongs to the alert whose span, widened by the
rule's window on both sides, covers it; to the one that began first if several do; to a new one if none does. So
late and reordered events find their alert as well as punctual ones, and an event that bridges two alerts joins the
earlier: alerts that people have seen are never merged away (their incident holds them together).

A span grows to `MAX_SPAN` at most, so that what goes on for days raises a new alert each day. An alert whose
incident is worked out is sealed: what happens after that moment is news.

Invariants, whatever the order of arrival and however often an event is delivered: each event is counted once for
each rule and dedup key; no two alerts of one key begin at the same instant.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from watchfloor.kernel.ids import AlertId

MAX_SPAN: Final = timedelta(hours=24)


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """An alert's extent in time. `sealed_at` is when its incident was worked out."""

    alert_id: AlertId
    first_seen: datetime
    last_seen: datetime
    sealed_at: datetime | None = None


class Hit(msgspec.Struct, frozen=True, order=True):
    """One matched event: when it happened, its key, and its place in the batch."""

    at: datetime
    key: bytes
    index: int


class Placement(msgspec.Struct, frozen=True, kw_only=True):
    """What one alert gains, in the order of time, and its extent afterwards. A new one has no `alert_id` yet."""

    alert_id: AlertId | None
    first_seen: datetime
    last_seen: datetime
    hits: tuple[Hit, ...]


def place(hits: Iterable[Hit], spans: Iterable[Span], *, window: timedelta, known: frozenset[bytes]) -> list[Placement]:
    """Distributes the hits of one rule and dedup key over its alerts, old and new.

    `spans` are the alerts that may cover a hit; `known` are the keys of the events that any alert of this rule and
    dedup key counts already. Alerts that gain nothing are left out.
    """
    alerts = [_Alert(span.alert_id, span.first_seen, span.last_seen, span.sealed_at) for span in spans]
    for hit in _fresh(hits, known):
        covering = [alert for alert in alerts if alert.covers(hit.at, window)]
        if covering:
            chosen = min(covering, key=lambda alert: alert.first_seen)
        else:
            chosen = _Alert(None, hit.at, hit.at, None)
            alerts.append(chosen)
        chosen.take(hit)
    return [alert.placement() for alert in alerts if alert.hits]


def _fresh(hits: Iterable[Hit], known: frozenset[bytes]) -> list[Hit]:
    """The hits that are not counted yet, each event once, in the order of time."""
    once: dict[bytes, Hit] = {}
    for hit in sorted(hits):
        if hit.key not in known:
            once.setdefault(hit.key, hit)
    return list(once.values())


class _Alert:
    """An alert's extent while a batch is added to it."""

    def __init__(
        self, alert_id: AlertId | None, first_seen: datetime, last_seen: datetime, sealed_at: datetime | None
    ) -> None:
        self.alert_id = alert_id
        self.first_seen = first_seen
        self.last_seen = last_seen
        self.sealed_at = sealed_at
        self.hits: list[Hit] = []

    def covers(self, at: datetime, window: timedelta) -> bool:
        if self.first_seen <= at <= self.last_seen:
            return True
        if not self.first_seen - window <= at <= self.last_seen + window:
            return False
        if self.sealed_at is not None and at > self.sealed_at:
            return False
        return max(at, self.last_seen) - min(at, self.first_seen) <= max(MAX_SPAN, window)

    def take(self, hit: Hit) -> None:
        self.first_seen = min(self.first_seen, hit.at)
        self.last_seen = max(self.last_seen, hit.at)
        self.hits.append(hit)

    def placement(self) -> Placement:
        return Placement(
            alert_id=self.alert_id, first_seen=self.first_seen, last_seen=self.last_seen, hits=tuple(self.hits)
        )
