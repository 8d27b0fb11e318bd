"""Reads the System Log by its own cursor, as Okta came to know what happened.

Without an end Okta filters by when it stored an event, not by when that happened, and promises each event once; there
is always a link to the next page. So the link is where we stand, a page that is not full is the last one now, and an
event that comes late comes behind all others. A window of the past has an end, is filtered by when things happened,
and its links end.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlencode

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
from watchfloor.feeds.connectors.okta import policy
from watchfloor.feeds.connectors.okta.faults import LIMIT, error_of, is_bad_cursor, spent
from watchfloor.feeds.connectors.okta.manifest import MANIFEST, SCOPE, STREAM
from watchfloor.feeds.connectors.okta.parse import PLACE, limit_of, next_query, read_events
from watchfloor.feeds.connectors.okta.position import Position
from watchfloor.feeds.connectors.okta.session import Session, open_session
from watchfloor.kernel.clock import Clock, SystemClock
from watchfloor.kernel.egress import Reply
from watchfloor.kernel.errors import Invalid, NotFound

PAGE_RECORDS: Final = 1_000
"""The most that Okta gives; with fewer its limit is soon used up."""

FIRST: Final = timedelta(hours=24)
KEPT: Final = timedelta(days=90)
_MARGIN: Final = timedelta(hours=1)


class Okta:
    """The connector."""

    manifest = MANIFEST

    def __init__(self, *, page_records: int = PAGE_RECORDS, clock: Clock | None = None) -> None:
        """`clock` judges how old a backfill may be."""
        self._page_records = page_records
        self._clock = clock or SystemClock()

    async def pull(self, remote: Remote, stream: str, cursor: Cursor | None) -> AsyncGenerator[Page]:
        """What is new behind the cursor; without one the last 24 hours."""
        _check_stream(stream)
        now = remote.clock.now()
        position = Position(since=now - FIRST) if cursor is None else Position.read(cursor)
        async with open_session(remote) as session:
            has_more, was_lost = True, False
            while has_more:
                query = position.query or self._query(position)
                reply = await session.get(f"{PLACE}?{query}")
                if position.query and not was_lost and is_bad_cursor(reply):
                    position, was_lost = position.lost(oldest=now - KEPT + _MARGIN), True
                    continue
                page, has_more = self._read(session, reply, position, query, now=now)
                position = Position.read(page.cursor or {})
                yield page
                budget = budget_of(reply, LIMIT, now=remote.clock.now())
                if has_more and budget is not None and budget.is_spent:
                    raise spent(budget)

    async def settle(self, remote: Remote, stream: str, receipts: Sequence[str]) -> None:
        """There is nothing to settle: Okta keeps no account of what was read."""

    async def check(self, remote: Remote) -> list[Finding]:
        """Makes sure whose domain it is, signs in and reads one event."""
        try:
            async with open_session(remote) as session:
                await session.sign_in()
                since = _written(remote.clock.now() - FIRST)
                query = urlencode({"since": since, "limit": "1", "sortOrder": "ASCENDING"})
                reply = await session.get(f"{PLACE}?{query}")
                if reply.status != 200:
                    raise error_of(reply, now=remote.clock.now(), is_token=session.is_token)
                read_events(reply.body)
        except (Denied, Expired, Malformed) as fault:
            return [Finding(what=fault.message, is_good=False, remedy=fault.remedy or "")]
        found = [
            Finding(what="The domain is the organisation's.", is_good=True),
            Finding(what=f"The System Log can be read ({SCOPE}).", is_good=True),
        ]
        if session.is_token:
            remedy = "An application with the one scope can do less, and does not depend on a person's account."
            found.append(Finding(what="It works with an API token.", is_good=True, remedy=remedy))
        return found

    def policies(self, settings: Mapping[str, str]) -> list[Policy]:
        """What to make in the Admin Console: an application, its key, its scope and its role."""
        return policy.policies(settings)

    def window(self, stream: str, *, start: datetime, end: datetime) -> Cursor:
        """Any window of the last 90 days. Raises Invalid for an older one."""
        _check_stream(stream)
        now = self._clock.now()
        oldest = now - KEPT + _MARGIN
        if start < oldest:
            remedy = f"Begin at {oldest:%Y-%m-%d %H:%M} or later."
            raise Invalid("Okta keeps its log for 90 days.", where=stream, remedy=remedy)
        if start >= end:
            raise Invalid("The window ends before it begins.", where=stream)
        return Position(since=start.astimezone(UTC), until=min(end, now).astimezone(UTC)).cursor()

    def _query(self, position: Position) -> str:
        query = {"since": _written(position.since), "limit": str(self._page_records), "sortOrder": "ASCENDING"}
        if position.until is not None:
            query["until"] = _written(position.until)
        return urlencode(query)

    def _read(
        self, session: Session, reply: Reply, position: Position, query: str, *, now: datetime
    ) -> tuple[Page, bool]:
        """A page, and whether more is to be asked for now."""
        if reply.status != 200:
            raise error_of(reply, now=now, is_token=session.is_token)
        records = read_events(reply.body)
        following = next_query(reply.headers.get("link", ""), origins=session.origins)
        newest = max((one.at for one in records if one.at is not None), default=None)
        if position.until is None:
            if following is None:
                raise Malformed("Okta's answer has no link to what comes next.", where=PLACE)
            has_more = len(records) >= (limit_of(query) or self._page_records)
        else:
            has_more = following is not None and bool(records)
        if has_more and following == query:
            raise Malformed("A page of Okta's says that it is its own next one.", where=PLACE)
        moved = position.moved(following or query, newest=newest, now=now)
        behind = max(now - newest, timedelta()) if has_more and newest is not None else timedelta()
        return Page(records=records, cursor=moved.cursor(), newest=newest, behind=behind), has_more


def _check_stream(stream: str) -> None:
    if stream != STREAM:
        raise NotFound(f"{MANIFEST.title} has no stream {stream}.")


def _written(at: datetime) -> str:
    """A time as Okta writes it: to the millisecond."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


CONNECTOR: Final = Okta()
