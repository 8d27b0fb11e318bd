"""What an alarm about a feed is, and its words.

Owns the shapes and the sentences; when one is raised is the business of `watch`.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from watchfloor.audit.append import Actor
from watchfloor.feeds.alarms import queries
from watchfloor.feeds.alarms.queries import AlarmKind, AlarmState, ClearedBecause
from watchfloor.kernel.db import TenantTx
from watchfloor.kernel.errors import NotFound
from watchfloor.kernel.ids import AlarmId, FeedId, IncidentId

WATCH: Final = Actor(kind="system", id="feed-watch", role="system", request_id="-")
"""Who raises and clears alarms, in the audit log."""

_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)


class Figures(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was seen, and what was expected. Which of them an alarm has depends on its kind.

    silent: `usual_seconds`, how long it is usually silent at most, or may be; volume: `events`, `expected_events` and
    `least_events` of an hour; lag: `lag_seconds`, `usual_lag_seconds`, medians of an hour; clock, unparsed: `share` of
    an hour's events, `usual_share`; expiry: `expires_at` of `what`; denied, expired: the streams in `what`; behind: the
    streams in `what`, and `lag_seconds` when it was raised; strangers: the accounts in `what`.
    """

    usual_seconds: int | None = None
    events: int | None = None
    expected_events: int | None = None
    least_events: int | None = None
    lag_seconds: float | None = None
    usual_lag_seconds: float | None = None
    share: float | None = None
    usual_share: float | None = None
    expires_at: datetime | None = None
    what: str | None = None


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm. `since` is when the trouble began, `raised_at` when it was noticed."""

    id: AlarmId
    feed_id: FeedId
    kind: AlarmKind
    state: AlarmState
    since: datetime
    raised_at: datetime
    cleared_at: datetime | None
    cleared_because: ClearedBecause | None
    figures: Figures
    incident_id: IncidentId | None

    def words(self, feed: str) -> str:
        """The alarm as a sentence about the feed of this name."""
        return _WORDS[self.kind].format(feed=feed, since=_moment(self.since), **_figures(self.figures))


async def find_alarm(tx: TenantTx, alarm_id: AlarmId) -> Alarm:
    """One alarm. Raises NotFound."""
    row = await queries.select_alarm(tx, alarm_id)
    if row is None:
        raise NotFound("There is no such alarm.")
    return opened(row)


async def list_alarms(tx: TenantTx, *, before: AlarmId, feed_id: FeedId | None = None, limit: int = 50) -> list[Alarm]:
    """Alarms of one feed or of all, the newest first, from just behind `before`."""
    return [opened(row) for row in await queries.select_alarms(tx, before=before, feed_id=feed_id, limit=limit)]


async def open_alarms(tx: TenantTx) -> list[Alarm]:
    """The alarms that are raised now."""
    return [opened(row) for row in await queries.select_open_alarms(tx)]


def opened(row: queries.AlarmRow) -> Alarm:
    """An alarm from its row."""
    return Alarm(
        id=row.id,
        feed_id=row.feed_id,
        kind=row.kind,
        state=row.state,
        since=row.since,
        raised_at=row.raised_at,
        cleared_at=row.cleared_at,
        cleared_because=row.cleared_because,
        figures=msgspec.json.decode(row.figures, type=Figures),
        incident_id=row.incident_id,
    )


_WORDS: Final[dict[AlarmKind, str]] = {
    "silent": "The feed {feed} is silent since {since}; it is usually heard of within {usual}.",
    "volume": "The feed {feed} brought {events} events in the hour from {since}, where {expected} are usual.",
    "lag": "The events of the feed {feed} come {lag} late since {since}; {usual_lag} is usual.",
    "clock": "{share} of the events of the feed {feed} have times in the future since {since}.",
    "unparsed": "{share} of the events of the feed {feed} are in no known form since {since}; {usual_share} is usual.",
    "expiry": "The {what} of the feed {feed} ends at {expires}.",
    "denied": "The vendor does not let the connector {feed} read {what} since {since}.",
    "expired": "The credentials of the connector {feed} are not good any more since {since} ({what}).",
    "behind": "The connector {feed} has not seen all that happened since {since} ({what}).",
    "strangers": "The connector {feed} is offered records of accounts that are not the customer's: {what}.",
}


def span(seconds: float) -> str:
    """A length of time for people."""
    length = timedelta(seconds=seconds)
    if length < _MINUTE:
        return f"{max(seconds, 0):.0f} s"
    if length < 2 * _HOUR:
        return f"{round(length / _MINUTE)} min"
    return f"{round(length / _HOUR)} h" if length < 48 * _HOUR else f"{length.days} days"


def _figures(figures: Figures) -> dict[str, str]:
    return {
        "usual": span(figures.usual_seconds or 0),
        "events": f"{figures.events or 0:,}",
        "expected": f"{figures.expected_events or 0:,}",
        "lag": span(figures.lag_seconds or 0),
        "usual_lag": span(figures.usual_lag_seconds or 0),
        "share": f"{figures.share or 0:.0%}",
        "usual_share": f"{figures.usual_share or 0:.0%}",
        "what": figures.what or "credential",
        "expires": "" if figures.expires_at is None else _moment(figures.expires_at),
    }


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
