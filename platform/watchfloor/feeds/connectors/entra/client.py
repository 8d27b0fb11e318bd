"""The connector for Entra ID: each log by windows of the time at which things happened."""

import contextlib
from collections.abc import AsyncGenerator, Mapping, Sequence
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
from watchfloor.feeds.connectors.entra.faults import error_of
from watchfloor.feeds.connectors.entra.logs import LOGS, Log
from watchfloor.feeds.connectors.entra.manifest import MANIFEST
from watchfloor.feeds.connectors.entra.parse import GraphPage, read_page, records_of
from watchfloor.feeds.connectors.entra.policy import policies_for
from watchfloor.feeds.connectors.microsoft.service import Service
from watchfloor.feeds.connectors.microsoft.sign_in import Tokens
from watchfloor.feeds.connectors.microsoft.windows import Rules, Unfinished, Window, backfill, walk
from watchfloor.kernel.clock import Clock, SystemClock
from watchfloor.kernel.errors import Invalid

ORIGIN: Final = "https://graph.microsoft.com"

RULES: Final = Rules(
    longest=timedelta(hours=1),
    overlap=timedelta(hours=2),
    floor=timedelta(minutes=2),
    first=timedelta(hours=24),
    keeps=timedelta(days=30) - timedelta(hours=1),
    sweep_every=timedelta(hours=4),
    sweep_back=timedelta(hours=24),
)
"""Sign-ins come minutes late, on bad days hours; the sweep is for those days."""

MOST_PAGES: Final = 8
"""A window of more pages is halved: links to further pages expire, and Graph allows about five requests in ten seconds,
so that a window of more would not be finished within a turn."""

_OPTIONAL: Final = {name for name in LOGS if name not in {"sign-ins", "audits"}}


class Entra:
    """Keeps what may be forgotten at any moment only: tokens that are still good."""

    def __init__(self, *, rules: Rules = RULES, most_pages: int = MOST_PAGES, clock: Clock | None = None) -> None:
        """`rules` and `most_pages` are for tests; the clock says what the vendor still keeps."""
        self._rules = rules
        self._most_pages = most_pages
        self._clock = clock or SystemClock()
        self._tokens = Tokens()

    @property
    def manifest(self) -> Manifest:
        """What is said of it."""
        return MANIFEST

    async def pull(self, remote: Remote, stream: str, cursor: Cursor | None) -> AsyncGenerator[Page]:
        """What happened since the cursor, a little of what was before it, and now and then all of the last day."""
        log, tenant_id = LOGS[stream], remote.settings["tenant_id"]
        async with self._open(remote) as graph:

            async def read(window: Window) -> AsyncGenerator[Page]:
                async with contextlib.aclosing(_pages(graph, log, window)) as pages:
                    count = 0
                    async for page in pages:
                        yield records_of(page, log, tenant_id=tenant_id, stream=stream)
                        count += 1
                        if count >= self._most_pages and page.link is not None and not window.is_least:
                            raise Unfinished

            async with contextlib.aclosing(walk(remote.clock, cursor, self._rules, read)) as pages:
                async for page in pages:
                    yield page

    async def settle(self, remote: Remote, stream: str, receipts: Sequence[str]) -> None:
        """There is nothing to settle: the vendor keeps its logs for a month."""

    async def check(self, remote: Remote) -> list[Finding]:
        """Signs in, and asks for one record of each log."""
        async with self._open(remote) as graph:
            try:
                await graph.sign_in()
            except (Denied, Expired) as fault:
                return [Finding(what=fault.message, is_good=False, remedy=fault.remedy or "")]
            return [Finding(what="sign-in", is_good=True), *[await self._look(graph, name) for name in LOGS]]

    def policies(self, settings: Mapping[str, str]) -> list[Policy]:
        """The application's permissions, and the link to consent to them."""
        return policies_for(settings)

    def window(self, stream: str, *, start: datetime, end: datetime) -> Cursor:
        """What happened in the window. Raises Invalid when it begins before the vendor's thirty days."""
        if start < self._clock.now() - self._rules.keeps:
            raise Invalid("Entra ID keeps its logs for 30 days, and for 7 without a licence P1.", where=stream)
        return backfill(self._rules, start=start, end=end)

    def _open(self, remote: Remote) -> Service:
        return Service(remote, self._tokens, usual=ORIGIN, purpose="connector.entra")

    async def _look(self, graph: Service, stream: str) -> Finding:
        log, now = LOGS[stream], graph.remote.clock.now()
        what = f"{log.permission} for {stream}"
        try:
            reply = await graph.ask(log.place(now - timedelta(minutes=10), now))
            if reply.status != 200:
                raise error_of(reply, log)
        except (Denied, Malformed) as fault:
            named = f"{what} (only where the stream is on)" if stream in _OPTIONAL else what
            remedy = f"{fault.message} {fault.remedy or ''}".strip()
            return Finding(what=named, is_good=stream in _OPTIONAL, remedy=remedy)
        return Finding(what=what, is_good=True)


async def _pages(graph: Service, log: Log, window: Window) -> AsyncGenerator[GraphPage]:
    """The pages of a window. Raises what `error_of` makes."""
    place: str | None = log.place(window.start, window.end)
    while place is not None:
        reply = await graph.ask(place)
        if reply.status != 200:
            raise error_of(reply, log)
        page = read_page(reply.body, log)
        yield page
        place = graph.place_of(page.link, below=log.path) if page.link is not None else None


CONNECTOR: Final = Entra()
"""The connector."""
