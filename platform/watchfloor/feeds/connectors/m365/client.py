"""The connector for Microsoft 365: content blobs, by the time at which they became available."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from watchfloor.feeds.connectors.connector import (
    Cursor,
    Denied,
    Expired,
    Finding,
    Malformed,
    Manifest,
    Page,
    Policy,
    Remote,
)
from watchfloor.feeds.connectors.m365.feed import ActivityFeed, permission_for, service
from watchfloor.feeds.connectors.m365.manifest import CONTENT_TYPES, MANIFEST
from watchfloor.feeds.connectors.m365.parse import Content, read_records
from watchfloor.feeds.connectors.m365.policy import policies_for
from watchfloor.feeds.connectors.microsoft.sign_in import Tokens
from watchfloor.feeds.connectors.microsoft.windows import Rules, Window, backfill, walk
from watchfloor.kernel.clock import Clock, SystemClock
from watchfloor.kernel.errors import Invalid

RULES: Final = Rules(
    longest=timedelta(hours=6),
    overlap=timedelta(hours=3),
    floor=timedelta(),
    first=timedelta(hours=24),
    keeps=timedelta(days=7) - timedelta(hours=1),
    sweep_every=timedelta(hours=6),
    sweep_back=timedelta(days=7) - timedelta(hours=1),
)
"""A day is the most that may be asked for at once, and seven days back; both were seen to be refused when they were
exact. Blobs come up to half a day late, and some are offered anew after days."""

_AT_ONCE: Final = 4


class M365:
    """Keeps what may be forgotten at any moment only: tokens that are still good."""

    def __init__(self, *, rules: Rules = RULES, clock: Clock | None = None) -> None:
        """`rules` are for tests, which cannot wait for a day; the clock says what the vendor still keeps."""
        self._rules = rules
        self._clock = clock or SystemClock()
        self._tokens = Tokens()

    @property
    def manifest(self) -> Manifest:
        """What is said of it."""
        return MANIFEST

    async def pull(self, remote: Remote, stream: str, cursor: Cursor | None) -> AsyncGenerator[Page]:
        """What became available since the cursor, a little of what was before it, and now and then all that is kept."""
        async with service(remote, self._tokens) as opened:
            feed = ActivityFeed(opened, CONTENT_TYPES[stream])

            def read(window: Window) -> AsyncGenerator[Page]:
                return _read(remote, feed, stream, window)

            async with contextlib.aclosing(walk(remote.clock, cursor, self._rules, read)) as pages:
                async for page in pages:
                    yield page

    async def settle(self, remote: Remote, stream: str, receipts: Sequence[str]) -> None:
        """There is nothing to settle: the vendor keeps its content for a week."""

    async def check(self, remote: Remote) -> list[Finding]:
        """Signs in, and lists the last hour of each content type; subscribes to nothing."""
        async with service(remote, self._tokens) as opened:
            try:
                await opened.sign_in()
            except (Denied, Expired) as fault:
                return [Finding(what=fault.message, is_good=False, remedy=fault.remedy or "")]
            now = remote.clock.now()
            looked = [await _look(ActivityFeed(opened, one), one, now) for one in CONTENT_TYPES.values()]
            return [Finding(what="sign-in", is_good=True), *looked]

    def policies(self, settings: Mapping[str, str]) -> list[Policy]:
        """The application's permissions, the link to consent to them, and how auditing is switched on."""
        return policies_for(settings)

    def window(self, stream: str, *, start: datetime, end: datetime) -> Cursor:
        """What became available in the window. Raises Invalid when it begins before the vendor's seven days."""
        if start < self._clock.now() - self._rules.keeps:
            raise Invalid("Microsoft 365 keeps its content for seven days.", where=stream)
        return backfill(self._rules, start=start, end=end)


async def _read(remote: Remote, feed: ActivityFeed, stream: str, window: Window) -> AsyncGenerator[Page]:
    """The blobs of a window that were not read yet, some at a time."""
    tenant_id = remote.settings["tenant_id"]
    async with contextlib.aclosing(feed.listing(window.start, window.end)) as listing:
        async for contents in listing:
            marks = {content.id: f"blob:{window.run or ''}:{content.id}" for content in contents}
            known = await remote.known(list(marks.values()))
            fresh = {content.id: content for content in contents if marks[content.id] not in known}
            for group in _groups(list(fresh.values())):
                answers = await asyncio.gather(*(feed.fetch(content) for content in group), return_exceptions=True)
                pairs = list(zip(group, answers, strict=True))
                found = read_records(
                    [(content, body) for content, body in pairs if isinstance(body, bytes)],
                    tenant_id=tenant_id,
                    place=stream,
                )
                done = tuple(marks[content.id] for content, body in pairs if not isinstance(body, BaseException))
                yield Page(records=found.own, marks=done, strangers=found.strangers, newest=found.newest)
                for answer in answers:
                    if isinstance(answer, BaseException):
                        raise answer


def _groups(contents: Sequence[Content]) -> Iterator[Sequence[Content]]:
    for at in range(0, len(contents), _AT_ONCE):
        yield contents[at : at + _AT_ONCE]


async def _look(feed: ActivityFeed, content_type: str, now: datetime) -> Finding:
    what = f"{permission_for(content_type)} for {content_type}"
    try:
        is_subscribed = await feed.look(now - timedelta(hours=1), now)
    except (Denied, Malformed) as fault:
        is_needed = content_type != "DLP.All"
        named = what if is_needed else f"{what} (only for the stream dlp)"
        return Finding(what=named, is_good=not is_needed, remedy=f"{fault.message} {fault.remedy or ''}".strip())
    if not is_subscribed:
        what = f"{what}; the subscription begins with the first turn, and its content up to 12 hours later"
    return Finding(what=what, is_good=True)


CONNECTOR: Final = M365()
"""The connector."""
