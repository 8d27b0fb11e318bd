"""Reads the audit log of an organisation or an enterprise, oldest first, by GitHub's own cursor.

Owns the requests and their order: what is new comes before what is read again. Where each stands is `standing`'s.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from watchfloor.feeds.connectors.budget import budget_of
from watchfloor.feeds.connectors.connector import (
    Cursor,
    Denied,
    Expired,
    Finding,
    Malformed,
    Page,
    Policy,
    Remote,
)
from watchfloor.feeds.connectors.github import policy
from watchfloor.feeds.connectors.github.faults import LIMIT, error_of, spent
from watchfloor.feeds.connectors.github.manifest import EVENTS, MANIFEST, SCOPE, STREAM
from watchfloor.feeds.connectors.github.parse import Entries, read_page
from watchfloor.feeds.connectors.github.session import Session, open_session
from watchfloor.feeds.connectors.github.standing import Kind, Reading, Standing
from watchfloor.kernel.clock import Clock, SystemClock
from watchfloor.kernel.egress import Reply
from watchfloor.kernel.errors import Invalid, NotFound

PAGE_RECORDS: Final = 100
"""The most that GitHub gives."""

AGAIN_AN_HOUR: Final = 900
"""At most so many of the 1,750 requests that GitHub allows in an hour read the last hour again."""

SWEEP_PAGES: Final = 5
"""At most so many pages of the last day are read again at one look."""

KEPT: Final = timedelta(days=180)
_MARGIN: Final = timedelta(hours=1)


class GitHub:
    """The connector."""

    manifest = MANIFEST

    def __init__(
        self, *, page_records: int = PAGE_RECORDS, again_an_hour: int = AGAIN_AN_HOUR, clock: Clock | None = None
    ) -> None:
        """`clock` judges how old a backfill may be."""
        self._page_records = page_records
        self._seconds_a_page = 3_600 / again_an_hour
        self._clock = clock or SystemClock()

    async def pull(self, remote: Remote, stream: str, cursor: Cursor | None) -> AsyncGenerator[Page]:
        """What is new and what may have come late; without a cursor the last 24 hours."""
        _check_stream(stream)
        now = remote.clock.now()
        standing = (Standing.first(now) if cursor is None else Standing.read(cursor)).begun(now)
        kind: Kind = "tail"
        swept = losses = 0
        async with open_session(remote) as session:
            while (reading := standing.reading(kind)) is not None and swept < SWEEP_PAGES:
                reply = await self._ask(remote, session, reading)
                if reading.after is not None and reply.status in (400, 422) and not losses:
                    standing, losses = standing.lost(kind), losses + 1
                    continue
                entries = _read(session, reply, reading, now=now)
                standing = standing.moved(
                    kind, entries.after, newest=entries.newest, now=now, seconds_a_page=self._seconds_a_page
                )
                yield _page(entries, standing, kind, now=now)
                if kind == "sweep":
                    swept += 1
                elif entries.after is None:
                    if standing.is_window:
                        return
                    kind = "sweep"
                budget = budget_of(reply, LIMIT, now=remote.clock.now())
                if budget is not None and budget.is_spent:
                    if kind == "tail":
                        raise spent(budget)
                    return

    async def settle(self, remote: Remote, stream: str, receipts: Sequence[str]) -> None:
        """There is nothing to settle: GitHub keeps no account of what was read."""

    async def check(self, remote: Remote) -> list[Finding]:
        """Signs in and reads one entry."""
        try:
            async with open_session(remote) as session:
                now = remote.clock.now()
                reply = await session.entries({"include": _events(remote), "order": "desc", "per_page": "1"})
                entries = _read(session, reply, Reading(begin=0), now=now)
        except (Denied, Expired, Malformed) as fault:
            return [Finding(what=fault.message, is_good=False, remedy=fault.remedy or "")]
        need = session.need
        found = [Finding(what=f"The audit log of {need.place} can be read ({need.permission}).", is_good=True)]
        if entries.strangers:
            other = entries.strangers[0].account
            remedy = "Look at the settings: entries of others are counted and thrown away."
            found.append(Finding(what=f"The newest entry is of {other}.", is_good=False, remedy=remedy))
        more = sorted(_scopes(reply) - {SCOPE})
        if more:
            remedy = f"Make one with {SCOPE} alone, and rotate it in."
            found.append(Finding(what=f"The token may do more: {', '.join(more[:10])}.", is_good=True, remedy=remedy))
        return found

    def policies(self, settings: Mapping[str, str]) -> list[Policy]:
        """What to make at GitHub: an App with one permission, or a token with one scope."""
        return policy.policies(settings)

    def window(self, stream: str, *, start: datetime, end: datetime) -> Cursor:
        """Any window of the last 180 days; Git events of the last 7 days alone. Raises Invalid for an older one."""
        _check_stream(stream)
        now = self._clock.now()
        oldest = now - KEPT + _MARGIN
        if start < oldest:
            remedy = f"Begin at {oldest:%Y-%m-%d %H:%M} or later."
            raise Invalid("GitHub keeps its audit log for 180 days.", where=stream, remedy=remedy)
        if start >= end:
            raise Invalid("The window ends before it begins.", where=stream)
        return Standing.window(start.astimezone(UTC), min(end, now).astimezone(UTC)).cursor()

    async def _ask(self, remote: Remote, session: Session, reading: Reading) -> Reply:
        query = {
            "phrase": reading.phrase,
            "include": _events(remote),
            "order": "asc",
            "per_page": str(self._page_records),
        }
        if reading.after is not None:
            query["after"] = reading.after
        return await session.entries(query)


def _read(session: Session, reply: Reply, reading: Reading, *, now: datetime) -> Entries:
    if reply.status != 200:
        raise error_of(reply, session.need, now=now)
    links = reply.headers.get("link", "")
    entries = read_page(reply.body, links, owners=session.owners, origins=session.origins)
    if entries.after is not None and entries.after == reading.after:
        raise Malformed("A page of GitHub's says that it is its own next one.", where="audit-log")
    return entries


def _page(entries: Entries, standing: Standing, kind: Kind, *, now: datetime) -> Page:
    behind: timedelta | None = None
    if kind == "tail":
        waits = entries.after is not None
        behind = max(now - datetime.fromtimestamp(standing.newest, UTC), timedelta()) if waits else timedelta()
    return Page(
        records=entries.records,
        cursor=standing.cursor(),
        strangers=entries.strangers,
        newest=entries.newest,
        behind=behind,
    )


def _events(remote: Remote) -> str:
    return remote.settings.get(EVENTS, "all")


def _scopes(reply: Reply) -> set[str]:
    """What a classic token may do. An App's and a fine-grained token's answers do not say."""
    said = reply.headers.get("x-oauth-scopes", "")
    return {scope for part in said.split(",") if (scope := part.strip()) and scope.isascii() and len(scope) <= 40}


def _check_stream(stream: str) -> None:
    if stream != STREAM:
        raise NotFound(f"{MANIFEST.title} has no stream {stream}.")


CONNECTOR: Final = GitHub()
