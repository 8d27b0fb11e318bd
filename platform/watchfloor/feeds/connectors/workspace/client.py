"""Reads the activities of a Workspace, application by application.

Owns the requests and the order of the walks; which time they lead through is `walk`'s.
"""

import contextlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote, urlencode

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
from watchfloor.feeds.connectors.google.session import Need, Session, delegated_session
from watchfloor.feeds.connectors.workspace import policy
from watchfloor.feeds.connectors.workspace.manifest import (
    ADMIN,
    APPLICATIONS,
    CUSTOMER,
    MANIFEST,
    SCOPE,
    Application,
)
from watchfloor.feeds.connectors.workspace.parse import Activities, read_page
from watchfloor.feeds.connectors.workspace.walk import (
    KEPT,
    MARGIN,
    Standing,
    Walk,
    backfill,
    first_standing,
    standing_of,
)
from watchfloor.kernel.clock import Clock, SystemClock
from watchfloor.kernel.errors import Invalid, NotFound

ORIGIN: Final = "https://admin.googleapis.com"
PAGE_RECORDS: Final = 1_000
SWEEP_PAGES: Final = 50
"""At most so many pages of a sweep are read before what is new has its turn again."""

_CUTS: Final = 3
"""How often one pull begins a step again."""

_ANSWER_BYTES: Final = 64_000_000
_EARLIER: Final = timedelta(seconds=1)
"""Steps lap over by so much: what happened in the very millisecond between two is in both."""

_REMEDY: Final = "Give the administrator the privilege Reports, as `watchfloor connector policy` prints."


class Workspace:
    """The connector."""

    manifest = MANIFEST

    def __init__(self, clock: Clock | None = None) -> None:
        """`clock` judges how old a backfill may be."""
        self._clock = clock or SystemClock()

    async def pull(self, remote: Remote, stream: str, cursor: Cursor | None) -> AsyncGenerator[Page]:
        """What is new and what may have come late; without a cursor the last 24 hours."""
        application, now = _application(stream), remote.clock.now()
        standing = (standing_of(cursor) if cursor else first_standing(now)).begun(application, now)
        swept = cuts = 0
        async with _open(remote) as session:
            while (under_way := standing.next()) is not None:
                kind, walk = under_way
                swept += kind == "sweep"
                if swept > SWEEP_PAGES:
                    return
                try:
                    page = await _read(remote, session, application, walk)
                except Malformed:
                    if walk.token is None or cuts == _CUTS:
                        raise
                    cuts += 1
                    standing = standing.cut(kind, walk)  # the token is too old: its window was too large
                    continue
                standing = standing.moved(kind, walk, page.token)
                if standing.is_behind(now):
                    standing = standing.begun(application, now)
                yield _page(page, standing, now)

    async def settle(self, remote: Remote, stream: str, receipts: Sequence[str]) -> None:
        """There is nothing to settle: Google keeps no account of what was read."""

    async def check(self, remote: Remote) -> list[Finding]:
        """Signs in, and reads one activity of each application that is on by default."""
        try:
            async with _open(remote) as session:
                return [await _checked(remote, session, one) for one in APPLICATIONS if one.is_on]
        except (Denied, Expired, Malformed) as fault:
            return [Finding(what=fault.message, is_good=False, remedy=fault.remedy or "")]

    def policies(self, settings: Mapping[str, str]) -> list[Policy]:
        """What to make in Google Cloud, what to delegate in the Admin console, and which role the administrator has."""
        return policy.policies(settings)

    def window(self, stream: str, *, start: datetime, end: datetime) -> Cursor:
        """Any window of the last 180 days. Raises Invalid for an older one."""
        _application(stream)
        now = self._clock.now()
        oldest = now - KEPT + MARGIN
        if start < oldest:
            raise Invalid(
                "Google keeps activities for 180 days.",
                where=stream,
                remedy=f"Begin at {oldest:%Y-%m-%d %H:%M} or later.",
            )
        if start >= end:
            raise Invalid("The window ends before it begins.", where=stream)
        return backfill(start.astimezone(UTC), min(end.astimezone(UTC), now)).cursor()


@contextlib.asynccontextmanager
async def _open(remote: Remote) -> AsyncGenerator[Session]:
    async with delegated_session(
        remote,
        ORIGIN,
        purpose="connector.workspace",
        max_bytes=_ANSWER_BYTES,
        scope=SCOPE,
        subject=remote.settings[ADMIN],
    ) as session:
        yield session


async def _read(remote: Remote, session: Session, application: Application, walk: Walk) -> Activities:
    query = {"startTime": _written(walk.at - _EARLIER), "endTime": _written(walk.step_end)}
    if walk.token is not None:
        query["pageToken"] = walk.token
    page = await _activities(remote, session, application, query | {"maxResults": str(PAGE_RECORDS)})
    if walk.token is not None and page.token == walk.token:
        raise Malformed("A page of Google's says that it is its own next one.", where=application.name)
    return page


async def _activities(
    remote: Remote, session: Session, application: Application, query: Mapping[str, str]
) -> Activities:
    customer = remote.settings[CUSTOMER]
    asked = urlencode({"customerId": customer, **query})
    target = f"/admin/reports/v1/activity/users/all/applications/{quote(application.name, safe='')}?{asked}"
    need = Need(permission=f"{SCOPE} ({application.name})", place=f"the application {application.name}", remedy=_REMEDY)
    return read_page(await session.ask("GET", target, need=need), application=application.name, customer=customer)


async def _checked(remote: Remote, session: Session, application: Application) -> Finding:
    what = f"{application.title} ({application.name}) can be read."
    try:
        page = await _activities(remote, session, application, {"maxResults": "1"})
    except Denied as fault:
        if fault.where in (SCOPE, ADMIN):  # nobody is signed in: the others would say the same
            raise
        return Finding(what=fault.message, is_good=False, remedy=fault.remedy or "")
    if page.strangers:
        other = page.strangers[0].account
        remedy = f"Look at the setting {CUSTOMER}: the administrator's Workspace is {other}."
        return Finding(what=f"{application.title}: the records are of {other}.", is_good=False, remedy=remedy)
    return Finding(what=what, is_good=True)


def _page(page: Activities, standing: Standing, now: datetime) -> Page:
    return Page(
        records=page.records,
        cursor=standing.cursor(),
        strangers=page.strangers,
        newest=max((one.at for one in page.records if one.at is not None), default=None),
        behind=timedelta() if standing.tail is None else max(now - standing.done, timedelta()),
    )


def _application(stream: str) -> Application:
    found = next((one for one in APPLICATIONS if one.name == stream), None)
    if found is None:
        raise NotFound(f"{MANIFEST.title} has no stream {stream}.")
    return found


def _written(at: datetime) -> str:
    """A time as Google writes it: to the millisecond."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


CONNECTOR: Final = Workspace()
